/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/policy.h"

#include "attestation/policy_sections.h"
#include "base/limits.h"
#include "base/text.h"

const char *const policy_known_fields[] = {"Debug",
                                           "UniqueID",
                                           "SignerID",
                                           "ProductID",
                                           "SecurityVersion",
                                           "AcceptedTCBStatuses",
                                           "AcceptedAdvisories",
                                           "AcceptedTCB",
                                           "MinimumTCBEvaluationDataNumber",
                                           "CollateralGraceDays",
                                           "RelayProof",
                                           "TDX",
                                           "SNP",
                                           "UVM",
                                           "VTPM",
                                           "Nitro",
                                           NULL};

enum { MAX_GRACE_DAYS = 90 };

static void parse_marblerun(struct fields *f, struct package_policy *p)
{
    p->debug = field_bool(f, "Debug");
    p->unique_id = field_str(f, "UniqueID");
    p->signer_id = field_str(f, "SignerID");
    p->has_product_id = field_present(f, "ProductID");
    p->product_id = field_uint(f, "ProductID", UINT64_MAX);
    p->has_security_version = field_present(f, "SecurityVersion");
    p->security_version = field_uint(f, "SecurityVersion", UINT64_MAX);
    p->tcb_statuses = field_strs(f, "AcceptedTCBStatuses", &p->num_tcb_statuses);
    p->advisories = field_strs(f, "AcceptedAdvisories", &p->num_advisories);
}

bool policy_parse(struct fields *f, struct package_policy *out)
{
    struct package_policy p = {0};

    parse_marblerun(f, &p);
    p.min_tcb_evaluation = field_uint(f, "MinimumTCBEvaluationDataNumber", UINT64_MAX);
    p.collateral_grace_days = field_uint(f, "CollateralGraceDays", MAX_GRACE_DAYS);
    p.relay_proof = field_bool(f, "RelayProof");
    if (!accepted_tcb_parse(f, &p.accepted_tcb, &p.num_accepted_tcb) || !tdx_policy_parse(f, &p.tdx) ||
        !snp_policy_parse(f, &p.snp) || !uvm_policy_parse(f, &p.uvm) || !vtpm_policy_parse(f, &p.vtpm) ||
        !nitro_policy_parse(f, &p.nitro))
        return false;
    *out = p;
    return true;
}

/* ---- is it complete ----------------------------------------------------------------- */

static bool given(const char *s) { return s != NULL && s[0] != '\0'; }

static bool describes_sgx(const struct package_policy *p)
{
    return given(p->unique_id) || given(p->signer_id) || p->has_product_id || p->has_security_version;
}

static bool describes_snp(const struct package_policy *p) { return p->snp.given || p->uvm.given; }

static bool describes_others(const struct package_policy *p)
{
    return p->tdx.given || describes_snp(p) || p->nitro.given || p->vtpm.given;
}

/* A guest behind a paravisor, whatever the hardware. */
static bool describes_vtpm_alone(const struct package_policy *p)
{
    return p->vtpm.given && !p->tdx.given && !describes_snp(p);
}

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

static bool check_sgx(const struct package_policy *p, struct arena *a, struct err *err)
{
    if (given(p->unique_id))
        return check_unique_id_alone(p, err);
    return (describes_others(p) && !describes_sgx(p)) || check_signer(p, a, err);
}

static bool check_vtpm_alone(const struct package_policy *p, struct err *err)
{
    return !p->vtpm.given || p->tdx.given || describes_snp(p) ||
           err_set(err, E_PACKAGE_INCOMPLETE,
                   "VTPM: expected a section SNP or TDX beside it, which says what runs the vTPM");
}

bool policy_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err)
{
    struct err fault;

    if (check_sgx(p, a, &fault) && sections_check(p, &fault) && check_vtpm_alone(p, &fault)) {
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

static bool match_tcb(const struct package_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    const struct dcap_claims *d = &c->dcap;

    if (!claims_have_dcap(c))
        return true; /* AMD's is compared with a minimum, in the section SNP */
    if (!accepted_tcb_match(p, d, now, err))
        return false;
    return d->tcb_evaluation_data_number >= p->min_tcb_evaluation ||
           err_set(err, E_TCB_EVALUATION, "TCB evaluation data number: expected at least %llu, found %llu",
                   (unsigned long long)p->min_tcb_evaluation, (unsigned long long)d->tcb_evaluation_data_number);
}

bool policy_match_report_data(const struct verdict *v, struct slice expected, struct err *err)
{
    const struct slice found = v->claims.bound;
    scoped(arena_wipe) struct arena scratch = {0};

    if (expected.len != 64)
        return err_set(err, E_REPORT_DATA, "report data: asked for %zu bytes, must be asked for 64",
                       expected.len);
    return slice_equal(expected, found) ||
           err_set(err, E_REPORT_DATA, "report data: expected %s, found %s", hex_text(&scratch, expected),
                   hex_text(&scratch, found));
}

static bool match_kind(const struct package_policy *p, const struct claims *c, struct err *err)
{
    const bool described = c->tee == TEE_SGX   ? describes_sgx(p)
                           : c->tee == TEE_TDX ? p->tdx.given || describes_vtpm_alone(p)
                           : c->tee == TEE_SNP ? describes_snp(p) || describes_vtpm_alone(p)
                                               : p->nitro.given;

    return described || !(describes_sgx(p) || describes_others(p)) ||
           err_set(err, E_TEE_KIND, "the evidence is of %s, and the policy describes%s%s%s%s%s only", c->tee_name,
                   describes_sgx(p) ? " SGX" : "", p->tdx.given ? " TDX" : "", describes_snp(p) ? " SNP" : "",
                   p->nitro.given ? " Nitro" : "", describes_vtpm_alone(p) ? " VTPM" : "");
}

static bool match_id(const char *name, enum err_code code, const char *expected, struct slice found,
                     struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *got = hex_text(&scratch, found);

    return !given(expected) || text_equal_fold(slice_str(expected), slice_str(got)) ||
           err_set(err, code, "%s: expected %.64s, found %s", name, expected, got);
}

static bool match_sgx(const struct package_policy *p, const struct sgx_claims *s, struct err *err)
{
    if (!match_id("UniqueID", E_UNIQUE_ID, p->unique_id, s->mr_enclave, err) ||
        !match_id("SignerID", E_SIGNER_ID, p->signer_id, s->mr_signer, err))
        return false;
    if (p->has_product_id && p->product_id != s->isv_prod_id)
        return err_set(err, E_PRODUCT_ID, "ProductID: expected %llu, found %u",
                       (unsigned long long)p->product_id, s->isv_prod_id);
    if (p->has_security_version && p->security_version > s->isv_svn)
        return err_set(err, E_SECURITY_VERSION, "SecurityVersion: expected at least %llu, found %u",
                       (unsigned long long)p->security_version, s->isv_svn);
    return true;
}

bool policy_match(const struct package_policy *p, const struct verdict *v, struct slice report_data,
                  int64_t now, struct err *err)
{
    const struct claims *c = &v->claims;

    if (!v->genuine) {
        *err = v->reason;
        return false;
    }
    if (!match_tcb(p, c, now, err) || !policy_match_report_data(v, report_data, err))
        return false;
    if (p->debug != c->debug)
        return err_set(err, E_DEBUG, "Debug: expected %s, found %s", p->debug ? "true" : "false",
                       c->debug ? "true" : "false");
    if (!match_kind(p, c, err))
        return false;
    if (c->tee == TEE_SGX)
        return match_sgx(p, &c->sgx, err);
    return !describes_others(p) || sections_match(p, c, now, err);
}

bool policy_read(struct slice text, struct arena *a, struct package_policy *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct package_policy p = {0};
    struct fields f;

    if (text.len > LIMIT_MANIFEST)
        return err_set(err, E_JSON_SYNTAX, "policy: expected %d bytes at most, found %zu", LIMIT_MANIFEST, text.len);
    if (!json_parse(text, JSON_NO_DUPLICATES, E_JSON_SYNTAX, &json, err))
        return false;
    f = fields_of(json, "$", JSON_FOLD, E_JSON_SYNTAX, a, err);
    if (policy_parse(&f, &p))
        fields_only(&f, policy_known_fields);
    if (!fields_done(&f))
        return false;
    *out = p;
    return true;
}

/* ---- written ------------------------------------------------------------------------ */

static void put_string(struct buf *b, const char *name, const char *value)
{
    if (!given(value))
        return;
    json_put_name(b, name);
    json_put_string(b, slice_str(value));
}

void policy_put_strings(struct buf *b, const char *name, char *const *list, size_t num)
{
    json_put_name(b, name);
    buf_str(b, "[");
    for (size_t i = 0; i < num; i++) {
        json_put_comma(b);
        json_put_string(b, slice_str(list[i]));
    }
    buf_str(b, "]");
}

static void put_number(struct buf *b, const char *name, uint64_t n)
{
    json_put_name(b, name);
    buf_printf(b, "%llu", (unsigned long long)n);
}

char *policy_json(const struct package_policy *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_MANIFEST);

    buf_printf(&b, "{\"Debug\":%s", p->debug ? "true" : "false");
    put_string(&b, "UniqueID", p->unique_id);
    put_string(&b, "SignerID", p->signer_id);
    if (p->has_product_id)
        put_number(&b, "ProductID", p->product_id);
    if (p->has_security_version)
        put_number(&b, "SecurityVersion", p->security_version);
    if (p->num_tcb_statuses > 0)
        policy_put_strings(&b, "AcceptedTCBStatuses", p->tcb_statuses, p->num_tcb_statuses);
    if (p->num_advisories > 0)
        policy_put_strings(&b, "AcceptedAdvisories", p->advisories, p->num_advisories);
    accepted_tcb_put(&b, p);
    if (p->min_tcb_evaluation > 0)
        put_number(&b, "MinimumTCBEvaluationDataNumber", p->min_tcb_evaluation);
    if (p->collateral_grace_days > 0)
        put_number(&b, "CollateralGraceDays", p->collateral_grace_days);
    if (p->relay_proof)
        buf_str(&b, ",\"RelayProof\":true");
    sections_put(&b, p);
    buf_str(&b, "}");
    return arena_strndup(a, buf_bytes(&b));
}
