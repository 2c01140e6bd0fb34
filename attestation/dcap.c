/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX and TDX quotes. The order of the steps is that of Intel's own verification (Intel SGX DCAP quote
 * verification library), so the first refusal is the same.
 */
#include "attestation/dcap.h"

#include "attestation/memo.h"
#include "attestation/verifiers.h"
#include "base/text.h"
#include "pki/hash.h"

/* ---- the quote ---------------------------------------------------------------------- */

static void claim_sgx(struct claims *c, const struct dcap_quote *q)
{
    enum { ATTRIBUTE_DEBUG = 2 };

    c->tee_name = "sgx";
    c->sgx = q->report.claims;
    c->debug = (c->sgx.attributes.ptr[0] & ATTRIBUTE_DEBUG) != 0;
}

/* The first byte of TDATTRIBUTES is the group "TD under debug": any of its bits lets the host look in. */
static void claim_tdx(struct claims *c, const struct dcap_quote *q)
{
    c->tee_name = "tdx";
    c->tdx = q->td.claims;
    c->debug = c->tdx.td_attributes.ptr[0] != 0;
}

static void claim_quote(struct dcap *d)
{
    static const char *const framings[] = {[OE_REPORT] = "oe-report", [OE_EVIDENCE] = "oe-evidence"};
    const struct dcap_quote *q = &d->quote;
    struct claims *c = &d->x.v->claims;

    c->tee = q->tee;
    if (q->tee == TEE_TDX)
        claim_tdx(c, q);
    else
        claim_sgx(c, q);
    c->report_data = c->bound = dcap_quote_report_data(q);
    c->dcap.quote_version = q->version;
    c->dcap.body_type = q->body_type;
    c->dcap.trailing_bytes = d->framed.has_claims ? 0 : q->trailing.len;
    c->framing.name = framings[d->framed.form];
}

static bool quote_format(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    if (!oe_unframe(d->x.in->evidence->quote, &d->framed, err) ||
        !dcap_quote_parse(d->framed.quote, &d->quote, err))
        return false;
    if (d->framed.form == OE_EVIDENCE && d->framed.is_tdx_format != (d->quote.tee == TEE_TDX))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "Open Enclave evidence: its format is of %s quotes, the quote of %s",
                       d->framed.is_tdx_format ? "TDX" : "SGX", d->quote.tee == TEE_TDX ? "TDX" : "SGX");
    claim_quote(d);
    d->x.found = arena_printf(d->x.arena, "%s, version %u, certification data of type %u",
                              d->quote.tee == TEE_TDX ? "TDX" : "SGX", d->quote.version, d->quote.cert_type);
    return true;
}

/* ---- the platform's chain ----------------------------------------------------------- */

static bool pck_certificates(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    struct slice serial;

    if (!pck_chain_of(&d->quote, d->x.in->collateral, d->x.arena, &d->pck, err))
        return false;
    serial = d->pck.leaf.serial;
    while (serial.len > 1 && serial.ptr[0] == 0)
        serial = slice_of(serial.ptr + 1, serial.len - 1);
    d->x.v->claims.dcap.pck_serial = serial;
    d->x.found = arena_printf(d->x.arena, "serial number %s", hex_text(d->x.arena, serial));
    return true;
}

static bool pck_root(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return root_is_trusted(d->x.in, &d->pck.root, err);
}

static bool pck_chain(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    struct dcap_claims *c = &d->x.v->claims.dcap;

    if (!pck_chain_verify(d->x.in, &d->pck, err) || !pck_platform_parse(&d->pck.leaf, &d->platform, err))
        return false;
    c->pck_ca = pck_ca_name(&d->pck);
    c->fmspc = d->platform.fmspc;
    c->pce_id = d->platform.pce_id;
    c->ppid = d->platform.ppid;
    d->x.found = arena_printf(d->x.arena, "%s CA, FMSPC %s", c->pck_ca, hex_text(d->x.arena, c->fmspc));
    return true;
}

static bool pck_dates(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return step_cert_in_time(&d->x, &d->pck.leaf, err) &&
           step_cert_in_time(&d->x, &d->pck.intermediate, err) && step_cert_in_time(&d->x, &d->pck.root, err);
}

/* ---- from the platform's key to the report ------------------------------------------ */

static bool qe_report_signature(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    struct slice xy;

    return (spki_p256_xy(d->pck.leaf.spki, &xy, err) &&
            memo_p256_verify_raw(d->x.in->memo, d->x.in->now, d->pck.leaf.not_after, xy,
                                 d->quote.qe_report.raw, d->quote.qe_signature, err)) ||
           err_as(err, E_QE_REPORT_SIGNATURE);
}

/* The only link between the platform and the key that signed the quote. */
static bool qe_report_data(void *dcap, struct err *err)
{
    const struct dcap *d = dcap;
    const struct slice signed_key[] = {d->quote.attestation_key, d->quote.qe_auth};
    uint8_t expected[64] = {0};

    sha256_of(expected, signed_key, 2);
    if (slice_equal(d->quote.qe_report.report_data, slice_of(expected, sizeof expected)))
        return true;
    return err_set(err, E_QE_REPORT_DATA,
                   "QE report data: expected %s (SHA-256 of attestation key and QE authentication data, "
                   "zeroes), found %s",
                   hex_text(d->x.arena, slice_of(expected, sizeof expected)),
                   hex_text(d->x.arena, d->quote.qe_report.report_data));
}

static bool qe_identity(void *dcap, struct err *err)
{
    const struct dcap *d = dcap;

    return qe_identity_match(&d->qe_identity, &d->quote.qe_report, err);
}

/* Never remembered: an attester can make as many as he likes. */
static bool quote_signature(void *dcap, struct err *err)
{
    const struct dcap *d = dcap;

    if (p256_verify_raw(d->quote.attestation_key, d->quote.signed_part, d->quote.signature, err))
        return true;
    if (err->code == E_KEY_FORMAT) {
        (void)err_in(err, "attestation key");
        return err_as(err, E_EVIDENCE_FORMAT);
    }
    return err_as(err, E_QUOTE_SIGNATURE);
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct step steps[] = {
    {"quote_format", quote_format,
     "an SGX or TDX quote of version 3, 4 or 5, bare or in Open Enclave's header"},
    {"pck_certificates", pck_certificates, "a PCK certificate, its intermediate and its root"},
    {"pck_root", pck_root, "a root certificate of a trusted key"},
    {"pck_chain", pck_chain, "names, uses and signatures from the root to the PCK certificate"},
    {"pck_dates", pck_dates, "three certificates that are valid now"},
    {"root_ca_crl", dcap_root_ca_crl, "a valid list, signed by the root"},
    {"pck_crl", dcap_pck_crl, "a valid list, signed by the PCK certificate's issuer"},
    {"pck_revocation", dcap_pck_revocation, "a chain of which nothing is revoked"},
    {"tcb_info_issuer", dcap_tcb_info_issuer, "a valid TCB signing certificate under a trusted root"},
    {"tcb_info_signature", dcap_tcb_info_signature, "TCB info as it was signed"},
    {"tcb_info_dates", dcap_tcb_info_dates, "TCB info that is valid now"},
    {"qe_identity_issuer", dcap_qe_identity_issuer, "a valid TCB signing certificate under a trusted root"},
    {"qe_identity_signature", dcap_qe_identity_signature, "QE identity as it was signed"},
    {"qe_identity_dates", dcap_qe_identity_dates, "QE identity that is valid now"},
    {"collateral_match", dcap_collateral_match, "collateral for this platform"},
    {"tcb_evaluation_number", dcap_tcb_evaluation_number, "no older collateral than demanded"},
    {"tdx_module", dcap_tdx_module, "a TDX module of Intel's, or no TD"},
    {"qe_report_signature", qe_report_signature, "QE report as the platform signed it"},
    {"qe_report_data", qe_report_data, "QE report that vouches for the attestation key"},
    {"qe_identity", qe_identity, "the quoting enclave that the identity describes"},
    {"quote_signature", quote_signature, "quote as the attestation key signed it"},
    {"platform_tcb", dcap_platform_tcb, "a TCB level that the platform reaches"},
    {"tdx_module_tcb", dcap_module_tcb, "a TCB level that the TDX module reaches, or no module with levels"},
    {"qe_tcb", dcap_qe_tcb, "a TCB level that the quoting enclave reaches"},
    {"tcb_status", dcap_tcb_status, "any status but Revoked"},
};

/* Open Enclave: what follows the quote is bound by it. Only of evidence that has such claims. */
static bool oe_claims(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    struct framing_claims *f = &d->x.v->claims.framing;
    struct framing_claim *claim = arena_alloc(d->x.arena, sizeof *claim);
    uint8_t expected[64] = {0};

    sha256(expected, d->quote.trailing);
    if (!slice_equal(d->quote.report.report_data, slice_of(expected, sizeof expected)))
        return err_set(
            err, E_KEY_BINDING,
            "Open Enclave evidence: report data is not the SHA-256 of the %zu bytes of claims behind "
            "the quote, and zeroes",
            d->quote.trailing.len);
    *claim = (struct framing_claim){.name = "custom_claims", .value = d->quote.trailing};
    f->claims = claim;
    f->num_claims = d->quote.trailing.len > 0;
    return true;
}

static const struct step claims_steps[] = {
    {"oe_claims", oe_claims, "claims that the quote's report data speaks of"},
};

void dcap_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    struct dcap *d = arena_alloc(a, sizeof *d);

    d->x = appraising_begin(what, a, v);
    (void)steps_take(&d->x, steps, sizeof steps / sizeof steps[0]);
    if (d->framed.has_claims)
        (void)steps_take(&d->x, claims_steps, 1);
    appraising_end(&d->x);
}
