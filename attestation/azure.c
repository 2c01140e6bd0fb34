/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Azure confidential VMs. The VM talks to a paravisor, not to the hardware: the hardware's report measures
 * the paravisor and carries the digest of its runtime data; these name the attestation key of the paravisor's
 * virtual TPM; this key signs quotes over PCRs and over what the attester binds itself to. Each link is a
 * step, from the hardware down. The certificate that Azure issues for the key is no link: it has been had for
 * foreign keys (CVE-2025-49707).
 *
 * Source: Microsoft, "Confidential VM guest attestation"; TCG, "TPM 2.0 Library", part 1, "Attestation".
 */
#include "attestation/claims_out.h"
#include "attestation/hcl_report.h"
#include "attestation/steps.h"
#include "attestation/tpm_quote.h"
#include "attestation/verifiers.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/key.h"

struct azure {
    struct appraising x;
    struct hcl_report hcl;
    struct hcl_runtime runtime;
    struct td_local_report td;
    struct tpm_quote quote;
    uint8_t report_data[64]; /* what the hardware must have signed */
};

/* ---- the report --------------------------------------------------------------------- */

static const char *hardware_name(const struct azure *z)
{
    return z->hcl.hardware == HCL_SNP ? "SEV-SNP" : "TDX";
}

static bool hcl_report(void *azure, struct err *err)
{
    struct azure *z = azure;

    if (!hcl_report_parse(z->x.in->evidence->hcl_report, &z->hcl, err))
        return false;
    hcl_report_data(&z->hcl, z->report_data);
    z->x.found = arena_printf(z->x.arena, "%s, version %u, %zu bytes of runtime data", hardware_name(z),
                              z->hcl.version, z->hcl.runtime_data.len);
    return true;
}

static bool binds_runtime_data(const struct azure *z, const char *whose, struct slice report_data,
                               struct err *err)
{
    const struct slice expected = slice_of(z->report_data, sizeof z->report_data);

    return slice_equal(report_data, expected) ||
           err_set(err, E_REPORT_DATA,
                   "report data of the %s: expected %s (digest of the runtime data), found %s", whose,
                   hex_text(z->x.arena, expected), hex_text(z->x.arena, report_data));
}

/* ---- SEV-SNP under it --------------------------------------------------------------- */

/* The paravisor has the highest privilege; the guest system, with VMPL 2, gets such reports as well. */
static bool vmpl(void *azure, struct err *err)
{
    struct azure *z = azure;
    const unsigned found = z->x.v->claims.snp.vmpl;

    z->x.found = arena_printf(z->x.arena, "%u", found);
    return found == 0 || err_set(err, E_VMPL, "VMPL: expected 0, the paravisor's, found %u", found);
}

static bool snp_runtime_data(void *azure, struct err *err)
{
    const struct azure *z = azure;

    return binds_runtime_data(z, "SNP report", z->x.v->claims.report_data, err);
}

/* ---- TDX under it ------------------------------------------------------------------- */

/* The TDREPORT's MAC is for its own processor: it proves nothing here, the quote does. */
static bool td_report(void *azure, struct err *err)
{
    struct azure *z = azure;

    return td_local_report_parse(z->hcl.report, &z->td, err) &&
           binds_runtime_data(z, "TDREPORT", z->td.report_data, err);
}

static bool tdx_runtime_data(void *azure, struct err *err)
{
    const struct azure *z = azure;

    return binds_runtime_data(z, "TD quote", z->x.v->claims.report_data, err);
}

static bool td_match(void *azure, struct err *err)
{
    const struct azure *z = azure;
    const struct tdx_claims *r = &z->td.claims, *q = &z->x.v->claims.tdx;
    const struct {
        const char *name;
        struct slice report, quote;
    } rows[] = {
        {"MRTD", r->mr_td, q->mr_td},
        {"RTMR0", r->rtmr[0], q->rtmr[0]},
        {"RTMR1", r->rtmr[1], q->rtmr[1]},
        {"RTMR2", r->rtmr[2], q->rtmr[2]},
        {"RTMR3", r->rtmr[3], q->rtmr[3]},
        {"TDATTRIBUTES", r->td_attributes, q->td_attributes},
        {"XFAM", r->xfam, q->xfam},
        {"MRCONFIGID", r->mr_config_id, q->mr_config_id},
        {"MROWNER", r->mr_owner, q->mr_owner},
        {"MROWNERCONFIG", r->mr_owner_config, q->mr_owner_config},
        {"MRSEAM", r->mr_seam, q->mr_seam},
        {"MRSIGNERSEAM", r->mr_signer_seam, q->mr_signer_seam},
        {"SEAMATTRIBUTES", r->seam_attributes, q->seam_attributes},
        {"TEE_TCB_SVN", r->tee_tcb_svn, q->tee_tcb_svn},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!slice_equal(rows[i].report, rows[i].quote))
            return err_set(err, E_TD_MISMATCH, "%s: the report has %s, the TD quote %s", rows[i].name,
                           hex_text(z->x.arena, rows[i].report), hex_text(z->x.arena, rows[i].quote));
    return true;
}

/* ---- the virtual TPM ---------------------------------------------------------------- */

/* Read after the hardware's word for them has been verified. */
static bool runtime_data(void *azure, struct err *err)
{
    struct azure *z = azure;
    struct vtpm_claims *c = &z->x.v->claims.vtpm;
    uint8_t *digest = arena_alloc(z->x.arena, SHA256_LEN);

    if (!hcl_runtime_parse(z->hcl.runtime_data, z->x.arena, &z->runtime, err))
        return false;
    sha256(digest, z->runtime.ak_modulus);
    c->there = true;
    c->ak_modulus_sha256 = slice_of(digest, SHA256_LEN);
    c->user_data = z->runtime.user_data;
    c->vm_configuration = z->runtime.vm_configuration;
    z->x.found = arena_printf(z->x.arena, "RSA, %zu bits", 8 * z->runtime.ak_modulus.len);
    return true;
}

/* Never remembered: an attester can make as many as he likes. */
static bool tpm_signature(void *azure, struct err *err)
{
    const struct azure *z = azure;
    const struct evidence *e = z->x.in->evidence;
    struct slice signature;

    if (e->tpm_quote_msg.len == 0 || e->tpm_quote_sig.len == 0)
        return err_set(err, E_EVIDENCE_FORMAT, "TPM quote: the %s is missing",
                       e->tpm_quote_msg.len == 0 ? "message" : "signature");
    return tpm_signature_parse(e->tpm_quote_sig, z->runtime.ak_modulus.len, &signature, err) &&
           (spki_verify(z->runtime.ak_spki, SIG_RSA_PKCS1_SHA256, e->tpm_quote_msg, signature, err) ||
            err_as(err, E_TPM_SIGNATURE));
}

/* 64 bytes with zeroes behind; what is longer (66 at most) is no report data. */
static struct slice padded(struct slice s, struct arena *a)
{
    uint8_t *out = arena_alloc(a, 64);

    if (s.len == 0 || s.len > 64)
        return (struct slice){0};
    memcpy(out, s.ptr, s.len);
    return slice_of(out, 64);
}

static bool tpm_quote(void *azure, struct err *err)
{
    struct azure *z = azure;
    struct claims *c = &z->x.v->claims;

    if (!tpm_quote_parse(z->x.in->evidence->tpm_quote_msg, &z->quote, err))
        return false;
    c->vtpm.quoted = true;
    c->vtpm.extra_data = z->quote.extra_data;
    c->vtpm.pcr_selection = z->quote.pcr_selection;
    c->vtpm.pcr_digest = z->quote.pcr_digest;
    c->vtpm.firmware_version = z->quote.firmware_version;
    c->bound = padded(z->quote.extra_data, z->x.arena);
    z->x.found = arena_printf(z->x.arena, "extra data %s", hex_text(z->x.arena, z->quote.extra_data));
    return true;
}

static bool tpm_nonce(void *azure, struct err *err)
{
    struct azure *z = azure;
    const struct slice nonce = z->x.in->nonce;

    if (nonce.len == 0)
        z->x.expected = "any extra data: no nonce was demanded";
    return nonce.len == 0 || slice_equal(z->quote.extra_data, nonce) ||
           err_set(err, E_NONCE, "extra data of the TPM quote: expected the nonce %s, found %s",
                   hex_text(z->x.arena, nonce), hex_text(z->x.arena, z->quote.extra_data));
}

static bool tpm_pcrs(void *azure, struct err *err)
{
    struct azure *z = azure;
    const struct slice values = z->x.in->evidence->tpm_pcrs;

    if (values.len == 0) {
        z->x.found = "no values: only their digest is known";
        return true;
    }
    return tpm_pcrs_verify(values, &z->quote, z->x.arena, z->x.v->claims.vtpm.pcrs, err);
}

/* Without a quote the report speaks of the time of boot, or of when its user data were written; so user data
 * are all that it can be bound to. */
static bool no_tpm_quote(void *azure, struct err *err)
{
    struct azure *z = azure;
    uint8_t *user_data = arena_alloc(z->x.arena, 64);
    const char *text = z->runtime.user_data;

    if (z->x.in->nonce.len > 0)
        return err_set(err, E_NONCE, "a TPM quote over the nonce was demanded, there is none");
    z->x.v->claims.bound = (struct slice){0};
    if (text != NULL && hex_decode_exact(slice_str(text), user_data, 64))
        z->x.v->claims.bound = slice_of(user_data, 64);
    z->x.found =
        "no TPM quote: the report is of boot time, or of when its user data were written; it can be a replay";
    return true;
}

/* ---- the tables --------------------------------------------------------------------- */

static const struct step report_steps[] = {
    {"hcl_report", hcl_report, "a paravisor's report around an SNP report or a TDREPORT"},
};
static const struct step snp_steps[] = {
    {"hcl_runtime_data", snp_runtime_data, "an SNP report over the digest of the runtime data"},
    {"vmpl", vmpl, "0"},
};
static const struct step tdx_steps[] = {
    {"td_report", td_report, "a TDREPORT over the digest of the runtime data"},
    {"hcl_runtime_data", tdx_runtime_data, "a TD quote over the digest of the runtime data"},
    {"td_match", td_match, "a TD quote of the TD of the TDREPORT"},
};
static const struct step key_steps[] = {
    {"attestation_key", runtime_data, "runtime data that name one attestation key"},
};
static const struct step quote_steps[] = {
    {"tpm_signature", tpm_signature, "a quote as the attestation key signed it"},
    {"tpm_quote", tpm_quote, "a quote that the TPM made over PCRs of the SHA-256 bank"},
    {"tpm_nonce", tpm_nonce, "the nonce as extra data"},
    {"tpm_pcrs", tpm_pcrs, "PCR values of the quoted digest"},
};
static const struct step no_quote_steps[] = {
    {"tpm_quote", no_tpm_quote, "a TPM quote, or no demand for freshness"},
};

#define TAKE(z, table) steps_take(&(z)->x, table, sizeof(table) / sizeof(table)[0])

/* The hardware's own verifier goes first, on the same verdict. */
static void hardware(struct azure *z)
{
    const struct evidence *e = z->x.in->evidence;
    const bool snp = z->hcl.hardware == HCL_SNP;
    struct evidence *inside = arena_alloc(z->x.arena, sizeof *inside);
    struct appraisal what = *z->x.in;

    if (snp)
        *inside = (struct evidence){.kind = EVIDENCE_SNP,
                                    .report = z->hcl.report,
                                    .vek = e->vek,
                                    .vek_chain = e->vek_chain,
                                    .thim_json = e->thim_json};
    else
        *inside = (struct evidence){.kind = EVIDENCE_DCAP, .quote = e->quote};
    what.evidence = inside;
    appraising_end(&z->x);
    (snp ? snp_appraise : dcap_appraise)(&what, z->x.arena, z->x.v);
    z->x.window = (struct window){z->x.v->not_before, z->x.v->not_after};
    z->x.v->claims.tee_name = snp ? "az-snp-vtpm" : "az-tdx-vtpm";
}

void azure_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    const struct evidence *e = what->evidence;
    struct azure *z = arena_alloc(a, sizeof *z);

    z->x = appraising_begin(what, a, v);
    if (TAKE(z, report_steps))
        hardware(z);
    if (z->hcl.hardware == HCL_TDX)
        (void)TAKE(z, tdx_steps);
    else
        (void)TAKE(z, snp_steps);
    (void)TAKE(z, key_steps);
    if (e->tpm_quote_msg.len > 0 || e->tpm_quote_sig.len > 0 || e->tpm_pcrs.len > 0)
        (void)TAKE(z, quote_steps);
    else
        (void)TAKE(z, no_quote_steps);
    appraising_end(&z->x);
}

/* ---- claims, written ---------------------------------------------------------------- */

static void put_quote(const struct vtpm_claims *c, struct claims_out *o)
{
    if (c->extra_data.len == 0)
        claim_str(o, "tpm_extra_data", "");
    claim_hex(o, "tpm_extra_data", c->extra_data);
    claim_bits(o, "tpm_pcr_selection", c->pcr_selection);
    claim_hex(o, "tpm_pcr_digest", c->pcr_digest);
    claim_hex(o, "tpm_firmware_version", c->firmware_version);
}

void claims_put_vtpm(const struct claims *c, struct claims_out *o)
{
    const struct vtpm_claims *t = &c->vtpm;

    if (!t->there)
        return;
    claim_hex(o, "ak_modulus_sha256", t->ak_modulus_sha256);
    claim_str(o, "hcl_user_data", t->user_data);
    if (t->vm_configuration == NULL)
        claim_null(o, "vm_configuration");
    else
        claim_json(o, "vm_configuration", t->vm_configuration);
    if (t->quoted)
        put_quote(t, o);
}
