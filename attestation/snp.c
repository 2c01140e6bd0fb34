/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP reports, those of Azure Container Instances included. The order of the steps is that of
 * docs/attestation.md: form, chain, names, dates, revocation, then what report and certificate say of each other, then
 * the signature, then what was sent along. */
#include "attestation/chain.h"
#include "attestation/claims_out.h"
#include "attestation/crls.h"
#include "attestation/snp_vek.h"
#include "attestation/thim.h"
#include "attestation/uvm.h"
#include "attestation/verifiers.h"
#include "base/text.h"
#include "pki/hash.h"

struct snp {
    struct appraising x;
    struct snp_report report;
    struct thim thim; /* empty: none was sent */
    struct vek_chain chain;
};

static struct snp_claims *claims_of(struct snp *s) { return &s->x.v->claims.snp; }

/* ---- the report --------------------------------------------------------------------- */

static bool report_format(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    struct claims *c = &s->x.v->claims;

    if (!snp_report_parse(s->x.in->evidence->report, &s->report, err))
        return false;
    c->tee = TEE_SNP;
    c->tee_name = "snp";
    c->debug = snp_policy_has(s->report.says.policy, SNP_POLICY_DEBUG);
    c->report_data = c->bound = s->report.report_data;
    c->snp = s->report.says;
    s->x.found = arena_printf(s->x.arena, "version %u, signed by a %s", c->snp.report_version, c->snp.signing_key);
    return true;
}

/* ---- certificates ------------------------------------------------------------------- */

static bool thim_format(void *ctx, struct err *err)
{
    struct snp *s = ctx;

    return thim_parse(s->x.in->evidence->thim_json, s->x.arena, &s->thim, err);
}

static struct slice first_of(struct slice a, struct slice b, struct slice c)
{
    return a.len > 0 ? a : b.len > 0 ? b : c;
}

/* From the vendor's service, or else as the attester sent them. */
static bool vek_certificates(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    const struct collateral *c = s->x.in->collateral;
    const struct evidence *e = s->x.in->evidence;
    const struct slice vek = first_of(c->vek, e->vek, s->thim.vek),
                       chain = first_of(c->vek_chain, e->vek_chain, s->thim.vek_chain);

    if (vek.len == 0 && chain.len == 0)
        return err_set(err, E_COLLATERAL_MISSING,
                       "VEK chain: neither the evidence nor the collateral has the %s that signed the report, its "
                       "ASK or ASVK, and the ARK",
                       s->report.says.signing_key);
    return vek_chain_parse(vek, chain, s->x.arena, &s->chain, err);
}

static void tell_parts(struct snp *s)
{
    struct snp_claims *c = claims_of(s);

    c->current = snp_tcb_parts(c->current_tcb, s->chain.product);
    c->reported = snp_tcb_parts(c->reported_tcb, s->chain.product);
    c->committed = snp_tcb_parts(c->committed_tcb, s->chain.product);
    c->launch = snp_tcb_parts(c->launch_tcb, s->chain.product);
}

static bool vek_root(void *ctx, struct err *err)
{
    struct snp *s = ctx;

    if (!vek_chain_root(&s->chain, s->x.in->roots, err))
        return false;
    claims_of(s)->product = s->x.found = s->chain.product;
    tell_parts(s);
    return true;
}

static bool vek_chain(void *ctx, struct err *err)
{
    struct snp *s = ctx;

    return vek_chain_verify(&s->chain, &s->x, err);
}

static bool vek_names(void *ctx, struct err *err)
{
    struct snp *s = ctx;

    return vek_chain_named(&s->chain, s->report.says.signing_key, s->x.arena, err);
}

static bool vek_dates(void *ctx, struct err *err)
{
    struct snp *s = ctx;

    return step_cert_in_time(&s->x, &s->chain.ark, err) && step_cert_in_time(&s->x, &s->chain.ask, err) &&
           step_cert_in_time(&s->x, &s->chain.vek, err);
}

static bool vek_revocation(void *ctx, struct err *err)
{
    static const char name[] = "AMD's revocation list";
    struct snp *s = ctx;
    struct crl crl;

    if (!crl_read(s->x.in->collateral->vek_crl, s->x.arena, &crl, err))
        return err_in(err, "%s", name);
    if (!crl_verify(s->x.in, &crl, &s->chain.ark, name, err))
        return false;
    window_narrow(&s->x.window, crl.this_update, crl.next_update + s->x.in->grace);
    if (!crl_valid_at(&crl, s->x.in->now, s->x.in->grace, name, err))
        return false;
    return (!crl_lists(&crl, s->chain.ask.serial) && !crl_lists(&crl, s->chain.ark.serial)) ||
           err_set(err, E_CERT_REVOKED, "%s lists the ASK or ASVK of this chain, or its ARK", name);
}

/* ---- report and certificate --------------------------------------------------------- */

static bool processor(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    const char *product;

    if (!snp_report_product(&s->report, &product, err))
        return false;
    if (product == NULL) {
        s->x.found = "not said in version 2: the chain's";
        return true;
    }
    s->x.found = product;
    return strcmp(product, s->chain.product) == 0 ||
           err_set(err, E_VEK_MISMATCH, "the report is by a processor of the product %s, the chain is for %s", product,
                   s->chain.product);
}

static bool vek_platform(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    struct vek_platform p;

    if (!vek_platform_parse(&s->chain, s->report.says.signing_key, &p, err))
        return false;
    if (p.csp_id.ptr != NULL)
        claims_of(s)->csp_id = arena_strndup(s->x.arena, p.csp_id);
    return vek_platform_matches(&p, &s->report, s->chain.product, err);
}

static bool thim_tcb(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    const struct slice reported = s->report.says.reported_tcb;

    return slice_equal(s->thim.tcb, reported) ||
           err_set(err, E_VEK_MISMATCH, "THIM: its certificate is for the TCB %s, the report says %s",
                   hex_text(s->x.arena, s->thim.tcb), hex_text(s->x.arena, reported));
}

static bool report_signature(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    struct slice raw;

    if (!snp_report_signature(&s->report, s->x.arena, &raw, err))
        return false;
    return spki_verify(s->chain.vek.spki, SIG_ECDSA_SHA384, s->report.signed_part, signature_from_raw(s->x.arena, raw),
                       err) ||
           (err_in(err, "SNP report"), err_as(err, E_REPORT_SIGNATURE));
}

/* ---- what was sent along ------------------------------------------------------------ */

static bool has_digest(struct slice bytes, struct slice digest)
{
    uint8_t computed[SHA256_LEN];

    sha256(computed, bytes);
    return slice_equal(slice_of(computed, sizeof computed), digest);
}

/* The parameter of the container group is the policy in base64; its digest is over what that decodes to. */
static bool host_data(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    const struct slice policy = s->x.in->evidence->cce_policy, expected = s->report.says.host_data;
    struct slice decoded;

    if (has_digest(policy, expected))
        return true;
    if (base64_decode(policy, BASE64_STD, s->x.arena, &decoded) && has_digest(decoded, expected))
        return err_set(err, E_HOST_DATA,
                       "host data: the policy was sent as base64 text; expected the text that it decodes to");
    return err_set(err, E_HOST_DATA, "host data: expected the SHA-256 of the policy that was sent, found %s",
                   hex_text(s->x.arena, expected));
}

static bool runtime_data(void *ctx, struct err *err)
{
    struct snp *s = ctx;
    struct cursor c = cursor_over(s->report.report_data);
    const struct slice digest = cursor_take(&c, SHA256_LEN);

    return (has_digest(s->x.in->evidence->runtime_data, digest) && slice_is_zero(c.rest)) ||
           err_set(err, E_REPORT_DATA,
                   "report data: expected the SHA-256 of the runtime data that were sent and 32 zeros, found %s",
                   hex_text(s->x.arena, s->report.report_data));
}

/* ---- the tables --------------------------------------------------------------------- */

static const struct step report_steps[] = {
    {"report_format", report_format, "an SNP report of version 2 to 5, bare or as the firmware answers"},
};
static const struct step thim_steps[] = {
    {"thim_format", thim_format, "what Azure's host says of the chip, as JSON"},
};
static const struct step chain_steps[] = {
    {"vek_certificates", vek_certificates, "a VEK, its ASK or ASVK, and the ARK"},
    {"vek_root", vek_root, "an ARK that is a trust anchor"},
    {"vek_chain", vek_chain, "names, uses and signatures from the ARK to the VEK"},
    {"vek_names", vek_names, "the certificates that go with the report's signing key"},
    {"vek_dates", vek_dates, "three certificates that are valid now"},
};
static const struct step revocation_steps[] = {
    {"vek_revocation", vek_revocation, "a valid list, signed by the ARK, that does not name the chain"},
};
static const struct step vek_steps[] = {
    {"processor", processor, "a processor of the product that the chain is for"},
    {"vek_platform", vek_platform, "a certificate for this product, chip and reported TCB"},
};
static const struct step thim_tcb_steps[] = {
    {"thim_tcb", thim_tcb, "a certificate for the reported TCB"},
};
static const struct step signature_steps[] = {
    {"report_signature", report_signature, "report as the VEK signed it"},
};
static const struct step host_data_steps[] = {
    {"host_data", host_data, "the SHA-256 of the policy as host data"},
};
static const struct step runtime_data_steps[] = {
    {"runtime_data", runtime_data, "the SHA-256 of the runtime data as report data"},
};

#define TAKE(s, steps) (void)steps_take(&(s)->x, steps, sizeof(steps) / sizeof(steps)[0])

void snp_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    const struct evidence *e = what->evidence;
    struct snp s = {.x = appraising_begin(what, a, v)};

    TAKE(&s, report_steps);
    if (e->thim_json.len > 0)
        TAKE(&s, thim_steps);
    TAKE(&s, chain_steps);
    if (what->collateral->vek_crl.len > 0)
        TAKE(&s, revocation_steps);
    TAKE(&s, vek_steps);
    if (e->thim_json.len > 0)
        TAKE(&s, thim_tcb_steps);
    TAKE(&s, signature_steps);
    if (e->cce_policy.len > 0)
        TAKE(&s, host_data_steps);
    if (e->uvm_endorsements.len > 0)
        (void)uvm_appraise(&s.x, e->uvm_endorsements);
    if (e->runtime_data.len > 0)
        TAKE(&s, runtime_data_steps);
    appraising_end(&s.x);
}

/* ---- claims, written ---------------------------------------------------------------- */

static void put_parts(struct claims_out *o, const struct snp_tcb *t)
{
    claim_object(o, "reported_tcb_parts");
    if (t->has_fmc)
        claim_uint(o, "fmc", t->fmc);
    claim_uint(o, "bl", t->bl);
    claim_uint(o, "tee", t->tee);
    claim_uint(o, "snp", t->snp);
    claim_uint(o, "ucode", t->ucode);
    claim_end(o);
}

static void put_numbers(struct claims_out *o, const struct snp_claims *s)
{
    claim_uint(o, "report_version", s->report_version);
    claim_uint(o, "guest_svn", s->guest_svn);
    claim_uint(o, "policy", s->policy);
    claim_bool(o, "smt_allowed", snp_policy_has(s->policy, SNP_POLICY_SMT));
    claim_bool(o, "migrate_ma_allowed", snp_policy_has(s->policy, SNP_POLICY_MIGRATE_MA));
    claim_uint(o, "vmpl", s->vmpl);
    claim_uint(o, "sig_algo", s->signature_algorithm);
    claim_uint(o, "platform_info", s->platform_info);
    claim_uint(o, "key_info", s->key_info);
}

static void put_bytes(struct claims_out *o, const struct snp_claims *s)
{
    claim_hex(o, "family_id", s->family_id);
    claim_hex(o, "image_id", s->image_id);
    claim_hex(o, "measurement", s->measurement);
    claim_hex(o, "host_data", s->host_data);
    claim_hex(o, "id_key_digest", s->id_key_digest);
    claim_hex(o, "author_key_digest", s->author_key_digest);
    claim_hex(o, "report_id", s->report_id);
    claim_hex(o, "report_id_ma", s->report_id_ma);
    claim_hex(o, "chip_id", s->chip_id);
    claim_hex(o, "fms", s->cpuid);
    claim_hex(o, "current_tcb", s->current_tcb);
    claim_hex(o, "reported_tcb", s->reported_tcb);
    claim_hex(o, "committed_tcb", s->committed_tcb);
    claim_hex(o, "launch_tcb", s->launch_tcb);
    claim_hex(o, "current_version", s->current_version);
    claim_hex(o, "committed_version", s->committed_version);
    claim_hex(o, "launch_mit_vector", s->launch_mit_vector);
    claim_hex(o, "current_mit_vector", s->current_mit_vector);
}

void claims_put_snp(const struct claims *c, struct claims_out *o)
{
    if (c->tee != TEE_SNP)
        return;
    put_numbers(o, &c->snp);
    put_bytes(o, &c->snp);
    claim_str(o, "signing_key", c->snp.signing_key);
    if (c->snp.product == NULL) /* the chain was not trusted */
        return;
    claim_str(o, "product", c->snp.product);
    put_parts(o, &c->snp.reported);
    claim_str(o, "csp_id", c->snp.csp_id);
}
