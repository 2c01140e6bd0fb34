/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine evidence of SGX, mutations of it and evidence of synthetic PKIs, with what an independent verifier
 * says of each. The vectors are data of others and no part of the project: they are looked for in the folder
 * MARBLEMESH_VECTORS names, then in ../shared/vectors beside the source. Without them only the other tests
 * speak for the verifier. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "attestation/certificate_evidence.h"
#include "attestation/policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

/* ---- the folder --------------------------------------------------------------------- */

static const char *folder; /* NULL: they are not there */

struct vector {
    struct arena a;
    char *id;
    json_t *expected;
    struct collateral collateral;
    struct roots roots;
    struct slice anchor;
};

static struct slice read_at(struct arena *a, const char *path)
{
    struct slice s = {0};
    struct err err;

    cr_assert(file_read(path, LIMIT_FILE, a, &s, &err), "%s", err.text);
    return s;
}

static json_t *read_json(struct arena *a, const char *path)
{
    struct err err;
    json_t *v = NULL;

    cr_assert(json_parse(read_at(a, path), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err), "%s: %s", path,
              err.text);
    return v;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Empty if the vector has no such input. */
static struct slice input(struct vector *v, const char *role)
{
    const char *file = text_of(json_object_get(v->expected, "inputs"), role);

    return file == NULL ? (struct slice){0}
                        : read_at(&v->a, arena_printf(&v->a, "%s/%s/%s", folder, v->id, file));
}

static int64_t time_of(const json_t *object, const char *name)
{
    const char *text = text_of(object, name);
    int64_t t = 0;

    cr_assert(text != NULL && rfc3339_parse(slice_str(text), &t), "%s: no time", name);
    return t;
}

static bool first_cert(struct arena *a, struct slice text, struct cert *out, struct err *err)
{
    struct pem_block block = {0};

    if (text.len > 0 && text.ptr[0] == '-') {
        if (!pem_next(&text, a, &block, err))
            return false;
        text = block.der;
    }
    return cert_parse(text, a, out, err);
}

static void use_roots(struct vector *v)
{
    const struct slice pem = input(v, "trust_root");
    struct cert root = {0};
    struct err err;

    v->roots = *roots_production();
    if (pem.len == 0)
        return;
    cr_assert(first_cert(&v->a, pem, &root, &err), "%s", err.text);
    cr_assert(spki_p256_xy(root.spki, &v->anchor, &err), "%s", err.text);
    v->roots = (struct roots){.intel = &v->anchor, .num_intel = 1};
}

static void vector_open(struct vector *v, const char *id)
{
    *v = (struct vector){0};
    v->id = arena_strdup(&v->a, id);
    v->expected = read_json(&v->a, arena_printf(&v->a, "%s/%s/expected.json", folder, id));
    v->collateral = (struct collateral){
        .tcb_info = input(v, "tcb_info"),
        .tcb_issuer_chain = input(v, "tcb_issuer_chain"),
        .qe_identity = input(v, "qe_identity"),
        .qe_issuer_chain = input(v, "qe_issuer_chain"),
        .pck_crl = input(v, "pck_crl"),
        .root_ca_crl = input(v, "root_ca_crl"),
        .pck_chain = input(v, "pck_chain"),
    };
    use_roots(v);
}

static void vector_close(struct vector *v)
{
    json_decref(v->expected);
    arena_wipe(&v->a);
}

static const char *verifier_of(const struct vector *v) { return text_of(v->expected, "verifier"); }

struct judged {
    bool ok;
    struct err err;
    struct verdict verdict;
    struct certificate_evidence in_cert;
    const char *framing; /* NULL: none */
};

/* ---- fields ------------------------------------------------------------------------- */

static void put_hex(json_t *o, const char *name, struct slice s, struct arena *a)
{
    json_object_set_new(o, name, json_string(hex_text(a, s)));
}

static void put_uint(json_t *o, const char *name, uint64_t n)
{
    json_object_set_new(o, name, json_integer((json_int_t)n));
}

static void put_word(json_t *o, const char *name, const char *word)
{
    json_object_set_new(o, name, json_string(word));
}

static void put_report(json_t *o, const struct claims *c, struct arena *a)
{
    put_word(o, "tee", c->tee == TEE_SGX ? "sgx" : "another");
    put_uint(o, "quote_version", c->quote_version);
    put_uint(o, "body_type", c->body_type);
    json_object_set_new(o, "debug", json_boolean(c->debug));
    put_hex(o, "cpusvn", c->cpu_svn, a);
    put_hex(o, "miscselect", c->misc_select, a);
    put_hex(o, "isv_ext_prod_id", c->isv_ext_prod_id, a);
    put_hex(o, "attributes", c->attributes, a);
    put_hex(o, "mrenclave", c->unique_id, a);
    put_hex(o, "mrsigner", c->signer_id, a);
    put_hex(o, "config_id", c->config_id, a);
    put_uint(o, "isvprodid", c->product_id);
    put_uint(o, "isvsvn", c->security_version);
    put_uint(o, "config_svn", c->config_svn);
    put_hex(o, "isv_family_id", c->isv_family_id, a);
    put_hex(o, "report_data", c->report_data, a);
    if (c->trailing_bytes > 0)
        put_uint(o, "trailing_bytes", c->trailing_bytes);
}

static void put_platform(json_t *o, const struct verdict *v, struct arena *a)
{
    const char *serial = hex_text(a, v->pck_serial);
    char date[RFC3339_LEN + 1];
    json_t *advisories = json_array();

    for (size_t i = 0; i < v->num_advisories; i++)
        json_array_append_new(advisories, json_string(v->advisories[i]));
    json_object_set_new(o, "advisory_ids", advisories);
    rfc3339_format(date, v->tcb_date);
    put_word(o, "tcb_date", date);
    put_word(o, "tcb_status", tcb_status_name(v->tcb_status));
    put_word(o, "platform_tcb_status", tcb_status_name(v->platform_tcb_status));
    put_word(o, "qe_tcb_status", tcb_status_name(v->qe_tcb_status));
    put_hex(o, "fmspc", v->fmspc, a);
    put_hex(o, "pceid", v->pce_id, a);
    put_hex(o, "ppid", v->ppid, a);
    put_word(o, "pck_serial", serial + (serial[0] == '0')); /* theirs is a number */
    put_word(o, "pck_ca", v->pck_ca);
    put_uint(o, "tcb_evaluation_data_number", v->tcb_evaluation_data_number);
    put_uint(o, "qe_isvsvn", v->qe_isv_svn);
}

static void put_certificate(json_t *o, const struct certificate_evidence *e, struct arena *a)
{
    json_t *claims = json_object();

    for (size_t i = 0; i < e->num_claims; i++)
        put_hex(claims, arena_strndup(a, e->claims[i].name), e->claims[i].value, a);
    json_object_set_new(o, "claims", claims);
    put_hex(o, "certificate_spki_sha256", e->spki_sha256, a);
}

static json_t *shown(struct vector *v, const struct judged *j)
{
    json_t *o = json_object();

    put_report(o, &j->verdict.claims, &v->a);
    put_platform(o, &j->verdict, &v->a);
    if (j->framing != NULL)
        put_word(o, "framing", j->framing);
    if (j->in_cert.framing != 0)
        put_certificate(o, &j->in_cert, &v->a);
    return o;
}

/* What a vector requires beyond what a package can. */
static bool meets_fields(struct vector *v, struct judged *j, const json_t *require)
{
    json_t *got = shown(v, j), *want;
    bool meets = true;
    const char *name;

    json_object_foreach((json_t *)(uintptr_t)require, name,
                        want) if (!json_equal(want, json_object_get(got, name))) meets =
        err_set(&j->err, E_REPORT_DATA, "%s: not as the vector requires", name);
    json_decref(got);
    return meets;
}

/* ---- judging as the vector asks ----------------------------------------------------- */

static struct appraisal appraisal_of(struct vector *v, struct slice evidence, int64_t now)
{
    const json_t *least = json_object_get(json_object_get(v->expected, "policy"), "min_tcb_eval_data_number");

    return (struct appraisal){.evidence = evidence,
                              .collateral = &v->collateral,
                              .roots = &v->roots,
                              .now = now,
                              .min_tcb_evaluation_data_number = (uint64_t)json_integer_value(least)};
}

static bool judge_certificate(struct vector *v, int64_t now, struct judged *j)
{
    const char *framing = text_of(json_object_get(v->expected, "policy"), "framing");
    const unsigned asked = framing == NULL ? FRAMINGS_DEFAULT | FRAMING_GRAMINE_LEGACY
                           : strcmp(framing, "gramine-legacy") == 0 ? FRAMING_GRAMINE_LEGACY
                                                                    : FRAMINGS_DEFAULT;
    struct cert *c = arena_alloc(&v->a, sizeof *c);
    struct appraisal what;

    if (!first_cert(&v->a, input(v, "certificate"), c, &j->err) ||
        !certificate_evidence_read(c, asked, now, &v->a, &j->in_cert, &j->err))
        return false;
    what = appraisal_of(v, j->in_cert.evidence, now);
    appraise(&what, &v->a, &j->verdict);
    j->framing = j->in_cert.framing_name;
    return certificate_evidence_bound(&j->in_cert, &j->verdict, &j->err);
}

static bool judge_quote(struct vector *v, int64_t now, struct judged *j)
{
    const bool oe = strcmp(verifier_of(v), "oe") == 0;
    const struct appraisal what = appraisal_of(v, input(v, oe ? "oe_report" : "quote"), now);

    appraise(&what, &v->a, &j->verdict);
    j->err = j->verdict.reason;
    j->framing = oe ? "oe-report" : NULL;
    return j->verdict.genuine;
}

static char **strings_of(struct arena *a, const json_t *list, size_t *num)
{
    char **out = arena_array(a, json_array_size(list) + 1, sizeof *out);

    for (*num = 0; *num < json_array_size(list); ++*num)
        out[*num] = arena_strdup(a, json_string_value(json_array_get(list, *num)));
    return out;
}

/* What a relying party demands in this vector, through the policy that packages have. */
static bool apply_policy(struct vector *v, struct judged *j)
{
    const json_t *policy = json_object_get(v->expected, "policy"),
                 *require = json_object_get(policy, "require");
    char *status = arena_strdup(&v->a, tcb_status_name(j->verdict.tcb_status));
    struct package_policy p = {
        .debug = j->verdict.claims.debug, .tcb_statuses = &status, .num_tcb_statuses = 1};
    struct slice report_data = j->verdict.claims.report_data;

    if (json_is_array(json_object_get(policy, "accepted_tcb")))
        p.tcb_statuses = strings_of(&v->a, json_object_get(policy, "accepted_tcb"), &p.num_tcb_statuses);
    if (json_is_false(json_object_get(policy, "allow_debug")))
        p.debug = false;
    p.unique_id = text_of(require, "mrenclave");
    p.signer_id = text_of(require, "mrsigner");
    if (text_of(require, "report_data") != NULL)
        cr_assert(hex_decode(slice_str(text_of(require, "report_data")), &v->a, &report_data));
    p.has_product_id = json_is_integer(json_object_get(require, "isvprodid"));
    p.product_id = (uint64_t)json_integer_value(json_object_get(require, "isvprodid"));
    return policy_match(&p, &j->verdict, report_data, time_of(v->expected, "time"), &j->err) && meets_fields(v, j, require);
}

static struct judged judge(struct vector *v, int64_t now)
{
    struct judged j = {0};

    j.ok = strcmp(verifier_of(v), "ratls") == 0 ? judge_certificate(v, now, &j) : judge_quote(v, now, &j);
    if (j.ok && json_object_get(v->expected, "policy") != NULL)
        j.ok = apply_policy(v, &j);
    return j;
}

/* ---- reasons ------------------------------------------------------------------------ */

enum { MAX_CODES = 8 };
static const struct {
    const char *theirs;
    enum err_code ours[MAX_CODES];
} reasons[] = {
    {"format", {E_EVIDENCE_FORMAT, E_COLLATERAL_FORMAT, E_EVIDENCE_MISSING, E_CERT_FORMAT}},
    {"root", {E_ROOT}},
    {"pck_chain", {E_PCK_CHAIN}},
    {"cert_sig", {E_SIGNATURE}},
    {"cert_expired", {E_CERT_EXPIRED}},
    {"crl", {E_CRL}},
    {"crl_expired", {E_CRL_EXPIRED}},
    {"revoked", {E_CERT_REVOKED}},
    {"collateral_sig", {E_COLLATERAL_SIGNATURE}},
    {"collateral_expired", {E_COLLATERAL_EXPIRED}},
    {"collateral_mismatch", {E_COLLATERAL_MISMATCH}},
    {"qe_report_sig", {E_QE_REPORT_SIGNATURE}},
    {"qe_report_data", {E_QE_REPORT_DATA}},
    {"qe_identity", {E_QE_IDENTITY}},
    {"quote_sig", {E_QUOTE_SIGNATURE}},
    {"tcb_not_supported", {E_TCB_NOT_SUPPORTED}},
    {"tcb_unknown_status", {E_TCB_STATUS_UNKNOWN}},
    {"tcb_revoked", {E_TCB_REVOKED}},
    {"tcb_eval_data_number", {E_TCB_EVALUATION}},
    {"report_data", {E_REPORT_DATA, E_KEY_BINDING}},
    {"pubkey_binding", {E_KEY_BINDING}},
    {"policy",
     {E_TCB_STATUS, E_ADVISORY, E_REPORT_DATA, E_DEBUG, E_UNIQUE_ID, E_SIGNER_ID, E_PRODUCT_ID,
      E_SECURITY_VERSION}},
};

static bool stands_for(const char *theirs, enum err_code ours)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        for (size_t k = 0; strcmp(reasons[i].theirs, theirs) == 0 && k < MAX_CODES; k++)
            if (ours != E_NONE && reasons[i].ours[k] == ours)
                return true;
    return false;
}

static bool is_expected_reason(const struct vector *v, enum err_code code)
{
    const json_t *reason = json_object_get(v->expected, "reason");

    for (size_t i = 0; i < json_array_size(reason); i++)
        if (stands_for(json_string_value(json_array_get(reason, i)), code))
            return true;
    return json_is_string(reason) && stands_for(json_string_value(reason), code);
}

/* ---- fields, compared ----------------------------------------------------------------- */

static bool check_fields(struct vector *v, const struct judged *j, const json_t *fields)
{
    json_t *got = shown(v, j), *want;
    const char *name;
    bool same = true;

    json_object_foreach((json_t *)(uintptr_t)fields, name,
                        want) if (!json_equal(want, json_object_get(got, name)))
    {
        char *w = json_dumps(want, JSON_ENCODE_ANY),
             *g = json_dumps(json_object_get(got, name), JSON_ENCODE_ANY);

        cr_expect(false, "%s: %s: expected %s, found %s", v->id, name, w, g == NULL ? "nothing" : g);
        free(w);
        free(g);
        same = false;
    }
    json_decref(got);
    return same;
}

/* ---- one vector --------------------------------------------------------------------- */

static void check_window(struct vector *v, const struct judged *j, const json_t *window)
{
    const int64_t from = time_of(window, "not_before"), to = time_of(window, "not_after");
    const struct {
        int64_t at;
        bool ok;
    } edges[] = {{from - 1, false}, {from, true}, {to, true}, {to + 1, false}};

    cr_expect_eq(j->verdict.not_before, from, "%s: not before", v->id);
    cr_expect_eq(j->verdict.not_after, to, "%s: not after", v->id);
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        const struct judged at = judge(v, edges[i].at);

        cr_expect_eq(at.ok, edges[i].ok, "%s: edge %zu of its window: %s", v->id, i, at.err.text);
        if (!edges[i].ok)
            cr_expect(at.err.code == E_CERT_EXPIRED || at.err.code == E_CRL_EXPIRED ||
                          at.err.code == E_COLLATERAL_EXPIRED,
                      "%s: edge %zu: %s: %s", v->id, i, reason_of(at.err.code)->name, at.err.text);
    }
}

static void check_acceptance(struct vector *v, const struct judged *j, const json_t *accept)
{
    static char up_to_date[] = "UpToDate";
    static char *only_up_to_date[] = {up_to_date};
    const struct package_policy strict = {.tcb_statuses = only_up_to_date, .num_tcb_statuses = 1},
                                usual = {0};
    struct err err = {0};

    cr_expect_eq(policy_match(&strict, &j->verdict, j->verdict.claims.report_data, time_of(v->expected, "time"), &err),
                 json_is_true(json_object_get(accept, "strict")), "%s: strict: %s", v->id, err.text);
    cr_expect_eq(policy_match(&usual, &j->verdict, j->verdict.claims.report_data, time_of(v->expected, "time"), &err),
                 json_is_true(json_object_get(accept, "marblerun_default")), "%s: MarbleRun's default: %s",
                 v->id, err.text);
}

static void check_good(struct vector *v, const struct judged *j)
{
    cr_expect(j->ok, "%s: refused: %s: %s", v->id, reason_of(j->err.code)->name, j->err.text);
    if (!j->ok)
        return;
    (void)check_fields(v, j, json_object_get(v->expected, "fields"));
    check_window(v, j, json_object_get(v->expected, "window"));
    check_acceptance(v, j, json_object_get(v->expected, "accept_under"));
}

static void check_vector(const char *id, size_t *num_ok, size_t *num_refused)
{
    struct vector v;
    struct judged j, again;

    vector_open(&v, id);
    j = judge(&v, time_of(v.expected, "time"));
    again = judge(&v, time_of(v.expected, "time"));
    cr_expect_str_eq(verdict_text(&j.verdict, &v.a), verdict_text(&again.verdict, &v.a), "%s: judged twice",
                     id);
    if (strcmp(text_of(v.expected, "verdict"), "ok") == 0) {
        check_good(&v, &j);
        ++*num_ok;
    } else {
        cr_expect(!j.ok, "%s: accepted", id);
        cr_expect(is_expected_reason(&v, j.err.code), "%s: refused for %s: %s", id,
                  reason_of(j.err.code)->name, j.err.text);
        ++*num_refused;
    }
    vector_close(&v);
}

/* ---- all of them -------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (word != NULL && strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool are_absent(struct arena *a)
{
    folder = vectors_folder(a);
    if (folder == NULL)
        fprintf(
            stderr,
            "vectors: the genuine vectors were NOT present: nothing was checked here. Name their folder with "
            "MARBLEMESH_VECTORS\n");
    return folder == NULL;
}

Test(vectors, evidence_of_sgx_is_judged_as_an_independent_verifier_judges_it, .timeout = 280)
{
    static const char *const verifiers[] = {"dcap", "oe", "ratls", NULL};
    size_t num_ok = 0, num_refused = 0, i;
    struct arena a = {0};
    json_t *index, *entry;

    pki_init();
    if (are_absent(&a))
        return;
    index = read_json(&a, arena_printf(&a, "%s/index.json", folder));
    json_array_foreach(json_object_get(index, "vectors"), i,
                       entry) if (strcmp(text_of(entry, "tee"), "sgx") == 0 &&
                                  is_one_of(text_of(entry, "verifier"), verifiers))
        check_vector(text_of(entry, "id"), &num_ok, &num_refused);
    fprintf(stderr, "vectors: %zu of SGX checked: %zu genuine, %zu to be refused\n", num_ok + num_refused,
            num_ok, num_refused);
    cr_assert(num_ok > 0 && num_refused > 0, "the index names no vectors of SGX");
    json_decref(index);
    arena_wipe(&a);
}

Test(vectors, evidence_of_tdx_is_refused_by_its_form, .timeout = 280)
{
    static const char *const verifiers[] = {"dcap", NULL};
    struct arena a = {0};
    size_t num = 0, i;
    json_t *index, *entry;

    pki_init();
    if (are_absent(&a))
        return;
    index = read_json(&a, arena_printf(&a, "%s/index.json", folder));
    json_array_foreach(json_object_get(index, "vectors"), i, entry)
    {
        struct vector v;
        struct judged j;

        if (strcmp(text_of(entry, "tee"), "tdx") != 0 || !is_one_of(text_of(entry, "verifier"), verifiers))
            continue;
        vector_open(&v, text_of(entry, "id"));
        j = judge(&v, time_of(v.expected, "time"));
        cr_expect(!j.ok && j.err.code == E_EVIDENCE_FORMAT, "%s: %s", v.id, j.err.text);
        vector_close(&v);
        num++;
    }
    fprintf(stderr, "vectors: %zu of TDX refused\n", num);
    cr_assert(num > 0, "the index names no vectors of TDX");
    json_decref(index);
    arena_wipe(&a);
}
