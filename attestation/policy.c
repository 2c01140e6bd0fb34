/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/policy.h"

#include "base/limits.h"
#include "base/text.h"

const char *const policy_known_fields[] = {"Debug",
                                           "UniqueID",
                                           "SignerID",
                                           "ProductID",
                                           "SecurityVersion",
                                           "AcceptedTCBStatuses",
                                           "AcceptedAdvisories",
                                           NULL};

bool policy_parse(struct fields *f, struct package_policy *out)
{
    struct package_policy p = {.debug = field_bool(f, "Debug")};

    p.unique_id = field_str(f, "UniqueID");
    p.signer_id = field_str(f, "SignerID");
    p.has_product_id = field_present(f, "ProductID");
    p.product_id = field_uint(f, "ProductID", UINT64_MAX);
    p.has_security_version = field_present(f, "SecurityVersion");
    p.security_version = field_uint(f, "SecurityVersion", UINT64_MAX);
    p.tcb_statuses = field_strs(f, "AcceptedTCBStatuses", &p.num_tcb_statuses);
    p.advisories = field_strs(f, "AcceptedAdvisories", &p.num_advisories);
    if (!fields_done(f))
        return false;
    *out = p;
    return true;
}

/* ---- is it complete ----------------------------------------------------------------- */

static bool given(const char *s) { return s != NULL && s[0] != '\0'; }

static bool check_unique_id_alone(const struct package_policy *p, struct err *err)
{
    if (!given(p->signer_id) && !p->has_product_id && !p->has_security_version)
        return true;
    return err_set(err, E_PACKAGE_CONFLICT, "UniqueID is given together with %s",
                   given(p->signer_id) ? "SignerID"
                   : p->has_product_id ? "ProductID"
                                       : "SecurityVersion");
}

static bool check_signer(const struct package_policy *p, struct arena *a, struct err *err)
{
    const char *missing = "";

    if (!given(p->signer_id))
        missing = "SignerID";
    if (!p->has_product_id)
        missing = arena_printf(a, "%s%sProductID", missing, *missing == '\0' ? "" : ", ");
    if (!p->has_security_version)
        missing = arena_printf(a, "%s%sSecurityVersion", missing, *missing == '\0' ? "" : ", ");
    return *missing == '\0' ||
           err_set(err, E_PACKAGE_INCOMPLETE, "UniqueID is not given, and without it these are missing: %s",
                   missing);
}

bool policy_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err)
{
    struct err fault;

    if (given(p->unique_id) ? check_unique_id_alone(p, &fault) : check_signer(p, a, &fault)) {
        *warning = NULL;
        return true;
    }
    if (!p->debug) {
        *err = fault;
        return false;
    }
    *warning = arena_strdup(a, fault.text);
    return true;
}

/* ---- does it match ------------------------------------------------------------------ */

static bool listed(char *const *list, size_t num, const char *word)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

static bool listed_fold(char *const *list, size_t num, const char *word)
{
    for (size_t i = 0; i < num; i++)
        if (text_equal_fold(slice_str(list[i]), slice_str(word)))
            return true;
    return false;
}

static bool match_tcb_status(const struct package_policy *p, const struct verdict *v, struct err *err)
{
    static char only_hardening[] = "SWHardeningNeeded";
    static char *const defaults[] = {only_hardening};
    char *const *list = p->num_tcb_statuses == 0 ? defaults : p->tcb_statuses;
    const size_t num = p->num_tcb_statuses == 0 ? 1 : p->num_tcb_statuses;
    const enum tcb_status found = v->claims.dcap.tcb_status;
    const char *status = tcb_status_name(found);

    if (!claims_have_dcap(&v->claims) || found == TCB_UP_TO_DATE ||
        (found != TCB_REVOKED && listed(list, num, status)))
        return true;
    return err_set(err, E_TCB_STATUS, "TCB status: expected UpToDate%s%s, found %s",
                   num == 1 ? " or " : " or one of AcceptedTCBStatuses", num == 1 ? list[0] : "", status);
}

static bool match_advisories(const struct package_policy *p, const struct verdict *v, struct err *err)
{
    const struct dcap_claims *d = &v->claims.dcap;

    if (!claims_have_dcap(&v->claims) || d->tcb_status != TCB_SW_HARDENING_NEEDED || p->num_advisories == 0)
        return true;
    for (size_t i = 0; i < d->num_advisories; i++)
        if (!listed_fold(p->advisories, p->num_advisories, d->advisories[i]))
            return err_set(err, E_ADVISORY,
                           "advisory %s applies to the platform and is not in AcceptedAdvisories",
                           d->advisories[i]);
    return true;
}

static bool match_report_data(struct slice expected, struct slice found, struct err *err)
{
    char want[129] = "", got[129] = "";

    if (expected.len != 64)
        return err_set(err, E_REPORT_DATA, "report data: asked for %zu bytes, must be asked for 64",
                       expected.len);
    if (slice_equal(expected, found))
        return true;
    hex_encode(want, expected);
    hex_encode(got, found);
    return err_set(err, E_REPORT_DATA, "report data: expected %s, found %s", want, got);
}

static bool match_id(const char *name, enum err_code code, const char *expected, struct slice found,
                     struct err *err)
{
    char got[65];

    if (!given(expected))
        return true;
    hex_encode(got, found);
    return text_equal_fold(slice_str(expected), slice_str(got)) ||
           err_set(err, code, "%s: expected %.64s, found %s", name, expected, got);
}

static bool match_numbers(const struct package_policy *p, const struct claims *c, struct err *err)
{
    if (p->has_product_id && p->product_id != c->sgx.isv_prod_id)
        return err_set(err, E_PRODUCT_ID, "ProductID: expected %llu, found %u",
                       (unsigned long long)p->product_id, c->sgx.isv_prod_id);
    if (p->has_security_version && p->security_version > c->sgx.isv_svn)
        return err_set(err, E_SECURITY_VERSION, "SecurityVersion: expected at least %llu, found %u",
                       (unsigned long long)p->security_version, c->sgx.isv_svn);
    return true;
}

bool policy_match(const struct package_policy *p, const struct verdict *v, struct slice report_data,
                  struct err *err)
{
    if (!v->genuine) {
        *err = v->reason;
        return false;
    }
    if (!match_tcb_status(p, v, err) || !match_advisories(p, v, err) ||
        !match_report_data(report_data, v->claims.bound, err))
        return false;
    if (p->debug != v->claims.debug)
        return err_set(err, E_DEBUG, "Debug: expected %s, found %s", p->debug ? "true" : "false",
                       v->claims.debug ? "true" : "false");
    return match_id("UniqueID", E_UNIQUE_ID, p->unique_id, v->claims.sgx.mr_enclave, err) &&
           match_id("SignerID", E_SIGNER_ID, p->signer_id, v->claims.sgx.mr_signer, err) &&
           match_numbers(p, &v->claims, err);
}

/* ---- written ------------------------------------------------------------------------ */

static void put_name(struct buf *b, const char *name) { buf_printf(b, ",\"%s\":", name); }

static void put_string(struct buf *b, const char *name, const char *value)
{
    if (!given(value))
        return;
    put_name(b, name);
    json_put_string(b, slice_str(value));
}

static void put_list(struct buf *b, const char *name, char *const *list, size_t num)
{
    if (num == 0)
        return;
    put_name(b, name);
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "[" : ",");
        json_put_string(b, slice_str(list[i]));
    }
    buf_str(b, "]");
}

char *policy_json(const struct package_policy *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_MANIFEST);

    buf_printf(&b, "{\"Debug\":%s", p->debug ? "true" : "false");
    put_string(&b, "UniqueID", p->unique_id);
    put_string(&b, "SignerID", p->signer_id);
    if (p->has_product_id)
        buf_printf(&b, ",\"ProductID\":%llu", (unsigned long long)p->product_id);
    if (p->has_security_version)
        buf_printf(&b, ",\"SecurityVersion\":%llu", (unsigned long long)p->security_version);
    put_list(&b, "AcceptedTCBStatuses", p->tcb_statuses, p->num_tcb_statuses);
    put_list(&b, "AcceptedAdvisories", p->advisories, p->num_advisories);
    buf_str(&b, "}");
    return arena_strndup(a, buf_bytes(&b));
}
