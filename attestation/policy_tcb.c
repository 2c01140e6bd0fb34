/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which TCB statuses are accepted. MarbleRun's rules first (its two lists); what they refuse may still be
 * accepted by an entry of AcceptedTCB, which says for which advisories and until when.
 */
#include "attestation/policy_sections.h"
#include "base/clock.h"
#include "base/text.h"

/* ---- reading ---------------------------------------------------------------------------------- */

static bool parse_status(struct fields *f, enum tcb_status *out)
{
    const char *name = field_str(f, "Status");

    if (f->bad || name == NULL || !tcb_status_named(name, out))
        return field_fault(f, "Status", "expected a TCB status as Intel writes it, for example OutOfDate");
    return *out != TCB_REVOKED || field_fault(f, "Status", "Revoked is never accepted");
}

static bool parse_entry(struct fields *f, const json_t *value, size_t i, struct accepted_tcb *out)
{
    static const char *const known[] = {"Status", "Advisories", "Until", NULL};
    const char *path = arena_printf(f->arena, "%s[%zu]", field_path(f, "AcceptedTCB"), i);
    struct fields g = fields_of(value, path, f->names, f->code, f->arena, f->err);
    struct accepted_tcb t = {0};

    (void)parse_status(&g, &t.status);
    t.has_advisories = field_present(&g, "Advisories");
    t.advisories = field_strs(&g, "Advisories", &t.num_advisories);
    t.until = accepted_time(&g, "Until", INT64_MAX);
    fields_only(&g, known);
    f->bad |= g.bad;
    *out = t;
    return !f->bad;
}

bool accepted_tcb_parse(struct fields *f, struct accepted_tcb **out, size_t *num)
{
    const json_t *list = field_array(f, "AcceptedTCB");

    *num = json_array_size(list);
    *out = arena_array(f->arena, *num, sizeof **out);
    for (size_t i = 0; i < *num; i++)
        if (!parse_entry(f, json_array_get(list, i), i, &(*out)[i]))
            return false;
    return fields_done(f);
}

/* ---- matching --------------------------------------------------------------------------------- */

static bool listed(char *const *list, size_t num, const char *word)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/* The first advisory that is not in the list (without regard to case), or NULL. */
static const char *unlisted(const struct dcap_claims *c, char *const *list, size_t num)
{
    for (size_t i = 0; i < c->num_advisories; i++) {
        size_t k = 0;

        while (k < num && !text_equal_fold(slice_str(list[k]), slice_str(c->advisories[i])))
            k++;
        if (k == num)
            return c->advisories[i];
    }
    return NULL;
}

static bool match_status(const struct package_policy *p, const struct dcap_claims *c, struct err *err)
{
    static char only_hardening[] = "SWHardeningNeeded";
    static char *const defaults[] = {only_hardening};
    char *const *list = p->num_tcb_statuses == 0 ? defaults : p->tcb_statuses;
    const size_t num = p->num_tcb_statuses == 0 ? 1 : p->num_tcb_statuses;
    const char *status = tcb_status_name(c->tcb_status);

    if (c->tcb_status == TCB_UP_TO_DATE || (c->tcb_status != TCB_REVOKED && listed(list, num, status)))
        return true;
    return err_set(err, E_TCB_STATUS, "TCB status: expected UpToDate%s%s, found %s",
                   num == 1 ? " or " : " or one of AcceptedTCBStatuses", num == 1 ? list[0] : "", status);
}

static bool match_advisories(const struct package_policy *p, const struct dcap_claims *c, struct err *err)
{
    const char *other;

    if (c->tcb_status != TCB_SW_HARDENING_NEEDED || p->num_advisories == 0)
        return true;
    other = unlisted(c, p->advisories, p->num_advisories);
    return other == NULL ||
           err_set(err, E_ADVISORY, "advisory %s applies to the platform and is not in AcceptedAdvisories", other);
}

/* Says why the entry for this status, if there is one, does not help. */
static bool match_entry(const struct accepted_tcb *t, const struct dcap_claims *c, int64_t now, struct err *err)
{
    char until[RFC3339_LEN + 1];
    const char *other;

    if (t->status != c->tcb_status)
        return false;
    if (now > t->until) {
        rfc3339_format(until, t->until);
        return err_set(err, E_TCB_STATUS, "TCB status: %s was accepted until %s", tcb_status_name(t->status), until);
    }
    other = t->has_advisories ? unlisted(c, t->advisories, t->num_advisories) : NULL;
    return other == NULL || err_set(err, E_ADVISORY,
                                    "advisory %s applies to the platform and is not in AcceptedTCB for %s", other,
                                    tcb_status_name(t->status));
}

bool accepted_tcb_match(const struct package_policy *p, const struct dcap_claims *c, int64_t now, struct err *err)
{
    struct err why;

    if (match_status(p, c, &why) && match_advisories(p, c, &why))
        return true;
    for (size_t i = 0; c->tcb_status != TCB_REVOKED && i < p->num_accepted_tcb; i++)
        if (match_entry(&p->accepted_tcb[i], c, now, &why))
            return true;
    *err = why;
    return false;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_entry(struct buf *b, const struct accepted_tcb *t)
{
    char until[RFC3339_LEN + 1];

    json_put_comma(b);
    buf_printf(b, "{\"Status\":\"%s\"", tcb_status_name(t->status));
    if (t->has_advisories)
        policy_put_strings(b, "Advisories", t->advisories, t->num_advisories);
    if (t->until != INT64_MAX) {
        rfc3339_format(until, t->until);
        json_put_name(b, "Until");
        buf_printf(b, "\"%s\"", until);
    }
    buf_str(b, "}");
}

void accepted_tcb_put(struct buf *b, const struct package_policy *p)
{
    if (p->num_accepted_tcb == 0)
        return;
    json_put_name(b, "AcceptedTCB");
    buf_str(b, "[");
    for (size_t i = 0; i < p->num_accepted_tcb; i++)
        put_entry(b, &p->accepted_tcb[i]);
    buf_str(b, "]");
}
