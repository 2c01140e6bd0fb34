/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/attestation.h"
#include "attestation/claims_out.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"

/* Checks, advisories and runtime data came in that much text, and quoting makes at most six bytes of one. */
enum { MAX_TEXT = 6 * LIMIT_COLLATERAL_JSON + 6 * LIMIT_EVIDENCE_PARTS };

static const char *const outcomes[] = {
    [CHECK_PASSED] = "passed", [CHECK_FAILED] = "failed", [CHECK_SKIPPED] = "skipped"};

/* ---- for people --------------------------------------------------------------------- */

static void put_check(struct buf *b, const struct check *c)
{
    static const char *const marks[] = {
        [CHECK_PASSED] = "ok", [CHECK_FAILED] = "FAILED", [CHECK_SKIPPED] = "-"};

    buf_printf(b, "%-6s  %-21s  ", marks[c->outcome], c->name);
    if (c->outcome == CHECK_FAILED)
        buf_printf(b, "expected %s; %s: %s\n", c->expected, reason_of(c->code)->name, c->found);
    else if (c->outcome == CHECK_PASSED)
        buf_printf(b, "%s%s%s\n", c->expected, c->found == NULL ? "" : ": ",
                   c->found == NULL ? "" : c->found);
    else
        buf_str(b, "not reached\n");
}

static void put_refusal(struct buf *b, const struct verdict *v)
{
    const struct reason *r = reason_of(v->reason.code);

    buf_printf(b, "not genuine: %s: %s\n%s %s\n", r->name, v->reason.text, r->cause, r->remedy);
    if (v->claims.tee != TEE_NONE)
        buf_str(b, "it claims, and this is not to be believed:\n");
}

static void put_genuine(struct buf *b, const struct verdict *v)
{
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

    rfc3339_format(from, v->not_before);
    rfc3339_format(to, v->not_after);
    buf_printf(b, "genuine%s\nthe same verdict holds from %s to %s\n",
               v->claims.simulated ? ", SIMULATED" : "", from, to);
}

char *verdict_text(const struct verdict *v, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_TEXT);
    struct claims_out o = {.b = &b};

    for (size_t i = 0; i < v->num_checks; i++)
        put_check(&b, &v->checks[i]);
    if (v->genuine)
        put_genuine(&b, v);
    else
        put_refusal(&b, v);
    claims_put(&v->claims, &o);
    return arena_strndup(a, buf_bytes(&b));
}

/* ---- for programs ------------------------------------------------------------------- */

static void put_check_json(struct claims_out *o, const struct check *c)
{
    buf_str(o->b, o->first ? "{" : ",{");
    o->first = true;
    claim_str(o, "name", c->name);
    claim_str(o, "outcome", outcomes[c->outcome]);
    if (c->outcome == CHECK_FAILED)
        claim_str(o, "reason", reason_of(c->code)->name);
    claim_str(o, "expected", c->expected);
    claim_str(o, "found", c->found);
    buf_str(o->b, "}");
    o->first = false;
}

static void put_checks_json(struct claims_out *o, const struct verdict *v)
{
    buf_str(o->b, ",\"checks\":[");
    o->first = true;
    for (size_t i = 0; i < v->num_checks; i++)
        put_check_json(o, &v->checks[i]);
    buf_str(o->b, "]");
    o->first = false;
}

char *verdict_json(const struct verdict *v, struct arena *a)
{
    return verdict_json_as(v, v->genuine ? "genuine" : "rejected", a);
}

char *verdict_json_as(const struct verdict *v, const char *outcome, struct arena *a)
{
    const bool refused = v->reason.code != E_NONE;
    scoped(buf_wipe) struct buf b = buf_max(MAX_TEXT);
    struct claims_out o = {.b = &b, .json = true, .first = true};

    buf_str(&b, "{");
    claim_str(&o, "outcome", outcome);
    claim_str(&o, "reason", refused ? reason_of(v->reason.code)->name : NULL);
    claim_str(&o, "message", refused ? v->reason.text : NULL);
    claim_str(&o, "tee", v->claims.tee == TEE_NONE ? NULL : v->claims.tee_name);
    put_checks_json(&o, v);
    claim_object(&o, "claims");
    claims_put(&v->claims, &o);
    claim_end(&o);
    if (!v->genuine) {
        claim_null(&o, "window");
    } else {
        claim_object(&o, "window");
        claim_time(&o, "not_before", v->not_before);
        claim_time(&o, "not_after", v->not_after);
        claim_end(&o);
    }
    buf_str(&b, "}");
    return arena_strndup(a, buf_bytes(&b));
}
