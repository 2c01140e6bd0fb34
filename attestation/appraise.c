/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of an appraisal are a table. Each reads what earlier ones left in struct appraising, and either
 * holds or refuses; the first refusal ends the appraisal. Parsing, verifying and evaluating stand in files of
 * their own and know nothing of the steps.
 */
#include "attestation/crls.h"
#include "attestation/pck.h"
#include "attestation/qe_identity.h"
#include "attestation/signed_json.h"
#include "attestation/tcb_info.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"

/* One of the two signed documents. */
struct document {
    struct signed_json json;
    struct tcb_signer signer;
};

struct appraising {
    const struct appraisal *in;
    struct arena *arena;
    struct verdict *v;
    struct window window;

    struct sgx_quote quote;
    struct pck_chain pck;
    struct pck_platform platform;
    struct crl root_crl, pck_crl;
    struct document tcb_doc, qe_doc;
    struct tcb_info tcb_info;
    struct qe_identity qe_identity;
    const struct tcb_level *platform_level, *qe_level;

    const char *expected,
        *found; /* of the step at hand, where it has more to say than the table or the error */
};

static const char *time_text(struct arena *a, int64_t t)
{
    char *text = arena_alloc(a, RFC3339_LEN + 1);

    rfc3339_format(text, t);
    return text;
}

/* ---- the quote and the platform's chain --------------------------------------------- */

static bool quote_format(struct appraising *x, struct err *err)
{
    struct slice quote;

    if (!evidence_unwrap(x->in->evidence, &quote, err) || !sgx_quote_parse(quote, &x->quote, err))
        return false;
    x->found = arena_printf(x->arena, "version %u, certification data of type %u", x->quote.version,
                            x->quote.cert_type);
    return true;
}

static bool pck_certificates(struct appraising *x, struct err *err)
{
    struct slice pem;

    if (!pck_chain_text(&x->quote, x->in->collateral, &pem, err) ||
        !pck_chain_parse(pem, x->arena, &x->pck, err))
        return false;
    x->v->pck_serial = x->pck.leaf.serial;
    while (x->v->pck_serial.len > 1 && x->v->pck_serial.ptr[0] == 0)
        x->v->pck_serial = slice_of(x->v->pck_serial.ptr + 1, x->v->pck_serial.len - 1);
    x->found = arena_printf(x->arena, "serial number %s", hex_text(x->arena, x->v->pck_serial));
    return true;
}

static bool pck_root(struct appraising *x, struct err *err)
{
    return root_is_trusted(&x->pck.root, x->in->roots, err);
}

static bool pck_chain(struct appraising *x, struct err *err)
{
    if (!pck_chain_verify(&x->pck, err) || !pck_platform_parse(&x->pck.leaf, &x->platform, err))
        return false;
    x->v->pck_ca = pck_ca_name(&x->pck);
    x->v->fmspc = x->platform.fmspc;
    x->v->pce_id = x->platform.pce_id;
    x->v->ppid = x->platform.ppid;
    x->found = arena_printf(x->arena, "%s CA, FMSPC %s", x->v->pck_ca, hex_text(x->arena, x->platform.fmspc));
    return true;
}

static bool cert_in_time(struct appraising *x, const struct cert *c, struct err *err)
{
    window_narrow(&x->window, c->not_before, c->not_after);
    return cert_valid_at(c, x->in->now, err);
}

static bool pck_dates(struct appraising *x, struct err *err)
{
    return cert_in_time(x, &x->pck.leaf, err) && cert_in_time(x, &x->pck.intermediate, err) &&
           cert_in_time(x, &x->pck.root, err);
}

/* ---- revocation lists --------------------------------------------------------------- */

static bool take_crl(struct appraising *x, struct slice text, const struct cert *issuer, const char *name,
                     struct crl *out, struct err *err)
{
    if (!crl_read(text, x->arena, out, err))
        return err_in(err, "%s", name);
    if (!crl_verify(out, issuer, name, err))
        return false;
    window_narrow(&x->window, out->this_update, out->next_update);
    if (!crl_valid_at(out, x->in->now, name, err))
        return false;
    x->found = arena_printf(x->arena, "%zu revoked, valid until %s", out->num_revoked,
                            time_text(x->arena, out->next_update));
    return true;
}

static bool root_ca_crl(struct appraising *x, struct err *err)
{
    return take_crl(x, x->in->collateral->root_ca_crl, &x->pck.root, "root CA CRL", &x->root_crl, err);
}

static bool pck_crl(struct appraising *x, struct err *err)
{
    return take_crl(x, x->in->collateral->pck_crl, &x->pck.intermediate, "PCK CRL", &x->pck_crl, err);
}

static bool not_revoked(struct appraising *x, const struct crl *crl, const struct cert *c, const char *name,
                        struct err *err)
{
    if (!crl_lists(crl, c->serial))
        return true;
    return err_set(err, E_CERT_REVOKED, "%s: its serial number %s is revoked", name,
                   hex_text(x->arena, c->serial));
}

static bool pck_revocation(struct appraising *x, struct err *err)
{
    return not_revoked(x, &x->root_crl, &x->pck.intermediate, "intermediate certificate", err) &&
           not_revoked(x, &x->pck_crl, &x->pck.leaf, "PCK certificate", err);
}

/* ---- TCB info and QE identity ------------------------------------------------------- */

static bool document_issuer(struct appraising *x, struct slice chain, struct document *doc, struct err *err)
{
    struct tcb_signer *s = &doc->signer;

    if (!tcb_signer_parse(chain, x->arena, s, err) || !tcb_signer_verify(s, x->in->roots, err))
        return false;
    if (!cert_in_time(x, &s->leaf, err) || !cert_in_time(x, &s->root, err)) {
        (void)err_in(err, "issuer chain");
        return err_as(err, E_COLLATERAL_EXPIRED);
    }
    return not_revoked(x, &x->root_crl, &s->leaf, "TCB signing certificate", err);
}

static bool document_signature(struct appraising *x, struct slice text, const char *member,
                               struct document *doc, struct err *err)
{
    if (!signed_json_split(text, member, x->arena, &doc->json, err))
        return false;
    return signed_json_verify(&doc->json, &doc->signer, err) || err_in(err, "%s", member);
}

static bool document_dates(struct appraising *x, const char *member, int64_t from, int64_t to,
                           struct err *err)
{
    struct arena *a = x->arena;

    window_narrow(&x->window, from, to);
    x->found = arena_printf(a, "valid from %s to %s", time_text(a, from), time_text(a, to));
    if (from <= x->in->now && x->in->now <= to)
        return true;
    return err_set(err, E_COLLATERAL_EXPIRED, "%s: %s, the time is %s", member, x->found,
                   time_text(a, x->in->now));
}

static bool tcb_info_issuer(struct appraising *x, struct err *err)
{
    return document_issuer(x, x->in->collateral->tcb_issuer_chain, &x->tcb_doc, err) ||
           err_in(err, "tcbInfo");
}

static bool tcb_info_signature(struct appraising *x, struct err *err)
{
    return document_signature(x, x->in->collateral->tcb_info, "tcbInfo", &x->tcb_doc, err);
}

static bool tcb_info_dates(struct appraising *x, struct err *err)
{
    const struct tcb_info *t = &x->tcb_info;

    return tcb_info_parse(x->tcb_doc.json.body, x->arena, &x->tcb_info, err) &&
           document_dates(x, "tcbInfo", t->issue_date, t->next_update, err);
}

static bool qe_identity_issuer(struct appraising *x, struct err *err)
{
    return document_issuer(x, x->in->collateral->qe_issuer_chain, &x->qe_doc, err) ||
           err_in(err, "enclaveIdentity");
}

static bool qe_identity_signature(struct appraising *x, struct err *err)
{
    return document_signature(x, x->in->collateral->qe_identity, "enclaveIdentity", &x->qe_doc, err);
}

static bool qe_identity_dates(struct appraising *x, struct err *err)
{
    const struct qe_identity *q = &x->qe_identity;

    return qe_identity_parse(x->qe_doc.json.body, x->arena, &x->qe_identity, err) &&
           document_dates(x, "enclaveIdentity", q->issue_date, q->next_update, err);
}

/* ---- does it belong together -------------------------------------------------------- */

static bool same_bytes(struct appraising *x, const char *what, struct slice expected, struct slice found,
                       struct err *err)
{
    if (slice_equal(expected, found))
        return true;
    return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: %s: expected the platform's %s, found %s", what,
                   hex_text(x->arena, expected), hex_text(x->arena, found));
}

static bool collateral_match(struct appraising *x, struct err *err)
{
    const struct tcb_info *t = &x->tcb_info;
    const struct qe_identity *q = &x->qe_identity;

    x->expected =
        arena_printf(x->arena, "TCB info of SGX for FMSPC %s and PCEID %s, QE identity \"QE\" of version 2",
                     hex_text(x->arena, x->platform.fmspc), hex_text(x->arena, x->platform.pce_id));
    if (strcmp(t->id, "SGX") != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: id: expected \"SGX\", found \"%s\"",
                       text_shown(x->arena, slice_str(t->id)));
    if (t->tcb_type != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: tcbType: expected 0, found %u", t->tcb_type);
    if (!same_bytes(x, "FMSPC", x->platform.fmspc, t->fmspc, err) ||
        !same_bytes(x, "PCEID", x->platform.pce_id, t->pce_id, err))
        return false;
    if (strcmp(q->id, "QE") == 0 && q->version == 2)
        return true;
    return err_set(err, E_COLLATERAL_MISMATCH,
                   "enclaveIdentity: expected id \"QE\" of version 2, found \"%s\" of version %u",
                   text_shown(x->arena, slice_str(q->id)), q->version);
}

static bool tcb_evaluation_number(struct appraising *x, struct err *err)
{
    const uint64_t t = x->tcb_info.tcb_evaluation_data_number, q = x->qe_identity.tcb_evaluation_data_number;
    const uint64_t least = x->in->min_tcb_evaluation_data_number, found = t < q ? t : q;

    x->v->tcb_evaluation_data_number = found;
    x->expected = arena_printf(x->arena, "at least %llu", (unsigned long long)least);
    x->found = arena_printf(x->arena, "%llu", (unsigned long long)found);
    return found >= least ||
           err_set(err, E_TCB_EVALUATION, "TCB evaluation data number: expected at least %llu, found %llu",
                   (unsigned long long)least, (unsigned long long)found);
}

/* ---- from the platform's key to the report ------------------------------------------ */

static bool qe_report_signature(struct appraising *x, struct err *err)
{
    struct slice xy;

    return (spki_p256_xy(x->pck.leaf.spki, &xy, err) &&
            p256_verify_raw(xy, x->quote.qe_report.raw, x->quote.qe_signature, err)) ||
           err_as(err, E_QE_REPORT_SIGNATURE);
}

/* The only link between the platform and the key that signed the quote. */
static bool qe_report_data(struct appraising *x, struct err *err)
{
    const struct slice signed_key[] = {x->quote.attestation_key, x->quote.qe_auth};
    uint8_t expected[64] = {0};

    sha256_of(expected, signed_key, 2);
    if (slice_equal(x->quote.qe_report.report_data, slice_of(expected, sizeof expected)))
        return true;
    return err_set(err, E_QE_REPORT_DATA,
                   "QE report data: expected %s (SHA-256 of attestation key and QE authentication data, "
                   "zeroes), found %s",
                   hex_text(x->arena, slice_of(expected, sizeof expected)),
                   hex_text(x->arena, x->quote.qe_report.report_data));
}

static bool qe_identity(struct appraising *x, struct err *err)
{
    return qe_identity_match(&x->qe_identity, &x->quote.qe_report, err);
}

static bool quote_signature(struct appraising *x, struct err *err)
{
    if (p256_verify_raw(x->quote.attestation_key, x->quote.signed_part, x->quote.signature, err))
        return true;
    if (err->code == E_KEY_FORMAT) {
        (void)err_in(err, "attestation key");
        return err_as(err, E_EVIDENCE_FORMAT);
    }
    return err_as(err, E_QUOTE_SIGNATURE);
}

/* ---- how good is the platform ------------------------------------------------------- */

static const char *level_text(struct arena *a, const struct tcb_level *level)
{
    return arena_printf(a, "%s since %s", tcb_status_name(level->status), time_text(a, level->date));
}

static bool platform_tcb(struct appraising *x, struct err *err)
{
    const struct pck_platform *p = &x->platform;

    x->platform_level =
        tcb_platform_level(x->tcb_info.levels, x->tcb_info.num_levels, p->components, p->pce_svn);
    if (x->platform_level == NULL)
        return err_set(err, E_TCB_NOT_SUPPORTED,
                       "platform: components %s with PCESVN %u are below each of the %zu levels listed",
                       hex_text(x->arena, slice_of(p->components, sizeof p->components)), p->pce_svn,
                       x->tcb_info.num_levels);
    x->v->platform_tcb_status = x->platform_level->status;
    x->found = level_text(x->arena, x->platform_level);
    return true;
}

static bool qe_tcb(struct appraising *x, struct err *err)
{
    const unsigned svn = x->quote.qe_report.isv_svn;

    x->v->qe_isv_svn = svn;
    x->qe_level = tcb_enclave_level(x->qe_identity.levels, x->qe_identity.num_levels, svn);
    if (x->qe_level == NULL)
        return err_set(err, E_TCB_NOT_SUPPORTED,
                       "quoting enclave: ISVSVN %u is below each of the %zu levels listed", svn,
                       x->qe_identity.num_levels);
    x->v->qe_tcb_status = x->qe_level->status;
    x->found = level_text(x->arena, x->qe_level);
    return true;
}

static bool tcb_status(struct appraising *x, struct err *err)
{
    const struct tcb_level *p = x->platform_level, *q = x->qe_level;

    x->v->tcb_status = tcb_converge(p->status, q->status);
    x->v->tcb_date = p->date < q->date ? p->date : q->date;
    x->v->advisories = tcb_advisories(p, q, x->arena, &x->v->num_advisories);
    x->found = tcb_status_name(x->v->tcb_status);
    return x->v->tcb_status != TCB_REVOKED ||
           err_set(err, E_TCB_REVOKED, "TCB status: Revoked (platform %s, quoting enclave %s)",
                   tcb_status_name(p->status), tcb_status_name(q->status));
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct step {
    const char *name;
    bool (*holds)(struct appraising *x, struct err *err);
    const char *expected;
} steps[] = {
    {"quote_format", quote_format, "an SGX quote of version 3, 4 or 5, bare or in Open Enclave's header"},
    {"pck_certificates", pck_certificates, "a PCK certificate, its intermediate and its root"},
    {"pck_root", pck_root, "a root certificate of a trusted key"},
    {"pck_chain", pck_chain, "names, uses and signatures from the root to the PCK certificate"},
    {"pck_dates", pck_dates, "three certificates that are valid now"},
    {"root_ca_crl", root_ca_crl, "a valid list, signed by the root"},
    {"pck_crl", pck_crl, "a valid list, signed by the PCK certificate's issuer"},
    {"pck_revocation", pck_revocation, "a chain of which nothing is revoked"},
    {"tcb_info_issuer", tcb_info_issuer, "a valid TCB signing certificate under a trusted root"},
    {"tcb_info_signature", tcb_info_signature, "TCB info as it was signed"},
    {"tcb_info_dates", tcb_info_dates, "TCB info that is valid now"},
    {"qe_identity_issuer", qe_identity_issuer, "a valid TCB signing certificate under a trusted root"},
    {"qe_identity_signature", qe_identity_signature, "QE identity as it was signed"},
    {"qe_identity_dates", qe_identity_dates, "QE identity that is valid now"},
    {"collateral_match", collateral_match, "collateral for this platform"},
    {"tcb_evaluation_number", tcb_evaluation_number, "no older collateral than demanded"},
    {"qe_report_signature", qe_report_signature, "QE report as the platform signed it"},
    {"qe_report_data", qe_report_data, "QE report that vouches for the attestation key"},
    {"qe_identity", qe_identity, "the quoting enclave that the identity describes"},
    {"quote_signature", quote_signature, "quote as the attestation key signed it"},
    {"platform_tcb", platform_tcb, "a TCB level that the platform reaches"},
    {"qe_tcb", qe_tcb, "a TCB level that the quoting enclave reaches"},
    {"tcb_status", tcb_status, "any status but Revoked"},
};
enum { NUM_STEPS = sizeof steps / sizeof steps[0] };

static bool take_step(struct appraising *x, const struct step *step, struct check *check, struct err *err)
{
    bool held;

    x->expected = step->expected;
    x->found = NULL;
    held = step->holds(x, err);
    *check = (struct check){.name = step->name,
                            .outcome = held ? CHECK_PASSED : CHECK_FAILED,
                            .code = held ? E_NONE : err->code,
                            .expected = x->expected,
                            .found = held ? x->found : arena_strdup(x->arena, err->text)};
    return held;
}

static struct claims claims_of(const struct sgx_quote *q, const struct roots *roots)
{
    enum { ATTRIBUTE_DEBUG = 2 };
    const struct sgx_report *r = &q->report;

    return (struct claims){
        .tee = TEE_SGX,
        .simulated = roots->simulated,
        .debug = (r->attributes.ptr[0] & ATTRIBUTE_DEBUG) != 0,
        .report_data = r->report_data,
        .unique_id = r->mr_enclave,
        .signer_id = r->mr_signer,
        .product_id = r->isv_prod_id,
        .security_version = r->isv_svn,
        .quote_version = q->version,
        .body_type = q->body_type,
        .cpu_svn = r->cpu_svn,
        .misc_select = r->misc_select,
        .isv_ext_prod_id = r->isv_ext_prod_id,
        .attributes = r->attributes,
        .config_id = r->config_id,
        .isv_family_id = r->isv_family_id,
        .config_svn = r->config_svn,
        .trailing_bytes = q->trailing_bytes,
    };
}

void appraise(const struct appraisal *what, struct arena *a, struct verdict *out)
{
    struct verdict v = {.checks = arena_array(a, NUM_STEPS, sizeof *v.checks), .num_checks = NUM_STEPS};
    struct appraising x = {.in = what, .arena = a, .v = &v, .window = window_all()};
    bool holds = true;

    for (size_t i = 0; i < NUM_STEPS; i++) {
        if (holds)
            holds = take_step(&x, &steps[i], &v.checks[i], &v.reason);
        else
            v.checks[i] = (struct check){.name = steps[i].name,
                                         .outcome = CHECK_SKIPPED,
                                         .expected = steps[i].expected,
                                         .found = NULL};
    }
    if (holds) {
        v.genuine = true;
        v.claims = claims_of(&x.quote, what->roots);
        v.not_before = x.window.from;
        v.not_after = x.window.to;
    }
    *out = v;
}
