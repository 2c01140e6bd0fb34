/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of simulated Azure VMs: what holds, and each link of the chain broken. */
#include <criterion/criterion.h>

#include "attestation/sim/azure.h"
#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"

enum { NOW = 1790000000 };

struct scene {
    struct arena a;
    enum hcl_hardware hardware;
    struct sim_identity id;
    uint8_t wanted[64];
    struct evidence e;
    struct collateral collateral;
    struct slice nonce;
};

static struct scene s;

static void must(bool ok, const struct err *err) { cr_assert(ok, "%s", err->text); }

static void begin(enum hcl_hardware hardware)
{
    const struct sim_collateral_options intel = {.tdx = true};
    const struct sim_snp_options amd = {0};
    struct err err;

    json_init();
    secret_init();
    pki_init();
    s = (struct scene){.hardware = hardware};
    memset(s.wanted, 0x5a, sizeof s.wanted);
    must(sim_azure_evidence(hardware, &s.id, NULL, s.wanted, &s.a, &s.e, &err), &err);
    must(hardware == HCL_TDX ? sim_collateral(&sim_platform_default, &intel, NOW, &s.a, &s.collateral, &err)
                             : sim_snp_collateral(sim_chip_here, &amd, NOW, &s.a, &s.collateral, &err),
         &err);
}
static void begin_snp(void) { begin(HCL_SNP); }
static void begin_tdx(void) { begin(HCL_TDX); }
static void end(void) { arena_wipe(&s.a); }

static struct verdict judged(void)
{
    const struct appraisal what = {
        .evidence = &s.e, .collateral = &s.collateral, .roots = sim_roots(), .now = NOW, .nonce = s.nonce};
    struct verdict v;

    appraise(&what, &s.a, &v);
    return v;
}

static void expect_refusal(enum err_code code, const char *check)
{
    const struct verdict v = judged();
    const char *failed = "none";

    for (size_t i = 0; i < v.num_checks; i++)
        if (v.checks[i].outcome == CHECK_FAILED)
            failed = v.checks[i].name;
    cr_expect_not(v.genuine, "not refused: %s", check);
    cr_expect_eq(v.reason.code, code, "%s: %s", reason_of(v.reason.code)->name, v.reason.text);
    cr_expect_str_eq(failed, check);
}

static struct slice changed(struct slice in, size_t at)
{
    uint8_t *copy = (uint8_t *)(uintptr_t)arena_copy(&s.a, in).ptr;

    copy[at] ^= 1;
    return slice_of(copy, in.len);
}

/* The evidence, made anew with another runtime data, another report or another quote. */
struct making {
    struct key ak;
    struct slice runtime;
    struct sim_guest guest;
    uint8_t report_data[64];
};

static struct making made(void)
{
    struct making m = {.guest = sim_guest_running(&s.id)};
    struct hcl_report h;
    struct err err;

    must(hcl_report_parse(s.e.hcl_report, &h, &err) && sim_azure_ak(&m.ak, &err), &err);
    m.runtime = h.runtime_data;
    sha256(m.report_data, m.runtime);
    return m;
}

static void make(struct making *m)
{
    struct slice report;
    struct err err;

    must(sim_snp_report(sim_chip_here, &m->guest, m->report_data, &s.a, &report, &err), &err);
    s.e.hcl_report = sim_hcl_report(HCL_SNP, report, m->runtime, SIM_HCL_NV_LEN, &s.a);
}

static void sign(struct making *m, struct slice message)
{
    struct err err;

    s.e.tpm_quote_msg = message;
    must(key_sign(&m->ak, message, &s.a, &s.e.tpm_quote_sig, &err), &err);
}

/* ---- what holds --------------------------------------------------------------------- */

Test(azure_sim, evidence_on_snp_holds, .init = begin_snp, .fini = end)
{
    const struct verdict v = judged();

    cr_assert(v.genuine, "%s", v.reason.text);
    cr_expect_str_eq(v.claims.tee_name, "az-snp-vtpm");
    cr_expect(v.claims.simulated && v.claims.vtpm.there && v.claims.vtpm.quoted);
    cr_expect(slice_equal(v.claims.bound, slice_of(s.wanted, 64)));
    cr_expect_not(slice_equal(v.claims.report_data, v.claims.bound));
    cr_expect_not(v.claims.debug);
}

Test(azure_sim, evidence_on_tdx_holds, .init = begin_tdx, .fini = end)
{
    const struct verdict v = judged();

    cr_assert(v.genuine, "%s", v.reason.text);
    cr_expect_str_eq(v.claims.tee_name, "az-tdx-vtpm");
    cr_expect(slice_equal(v.claims.bound, slice_of(s.wanted, 64)));
}

Test(azure_sim, a_debug_vm_says_so, .init = begin_tdx, .fini = end)
{
    struct err err;

    s.id.debug = true;
    must(sim_azure_evidence(HCL_TDX, &s.id, NULL, s.wanted, &s.a, &s.e, &err), &err);
    cr_expect(judged().genuine && judged().claims.debug);
    must(sim_azure_evidence(HCL_SNP, &s.id, NULL, s.wanted, &s.a, &s.e, &err), &err);
}

Test(azure_sim, short_extra_data_is_bound_with_zeroes_behind, .init = begin_snp, .fini = end)
{
    uint8_t expected[64] = "short", pcrs[TPM_NUM_PCRS][TPM_PCR_LEN];
    struct making m = made();
    struct sim_tpm_quote q;
    struct err err;

    sim_azure_pcrs(NULL, pcrs);
    must(sim_tpm_quote(&m.ak, slice_str("short"), pcrs, &s.a, &q, &err), &err);
    s.e.tpm_quote_msg = q.message, s.e.tpm_quote_sig = q.signature, s.e.tpm_pcrs = q.pcrs;
    cr_expect(slice_equal(judged().claims.bound, slice_of(expected, 64)));
    key_wipe(&m.ak);
}

/* ---- freshness ---------------------------------------------------------------------- */

Test(azure_sim, the_demanded_nonce_is_the_extra_data, .init = begin_snp, .fini = end)
{
    s.nonce = slice_of(s.wanted, 64);
    cr_expect(judged().genuine, "%s", judged().reason.text);
    s.nonce.len = 63;
    expect_refusal(E_NONCE, "tpm_nonce");
    s.nonce = slice_str("another");
    expect_refusal(E_NONCE, "tpm_nonce");
}

static void without_quote(void) { s.e.tpm_quote_msg = s.e.tpm_quote_sig = s.e.tpm_pcrs = (struct slice){0}; }

Test(azure_sim, without_a_quote_the_report_is_of_boot_time, .init = begin_snp, .fini = end)
{
    static const uint8_t zeroes[64];
    struct verdict v;

    without_quote();
    v = judged();
    cr_assert(v.genuine, "%s", v.reason.text);
    cr_expect_not(v.claims.vtpm.quoted);
    cr_expect(slice_equal(v.claims.bound, slice_of(zeroes, 64)));
    cr_expect_str_eq(v.checks[v.num_checks - 1].name, "tpm_quote");
    cr_expect_str_eq(v.checks[v.num_checks - 1].found, "no TPM quote: the report is of boot time, or of when "
                                                       "its user data were written; it can be a replay");
    s.nonce = slice_str("demanded");
    expect_refusal(E_NONCE, "tpm_quote");
}

Test(azure_sim, without_a_quote_user_data_are_what_it_is_bound_to, .init = begin_snp, .fini = end)
{
    struct making m = made();
    struct err err;

    must(sim_hcl_runtime_data(key_spki(&m.ak, &s.a), s.wanted, &s.a, &m.runtime, &err), &err);
    sha256(m.report_data, m.runtime);
    make(&m);
    without_quote();
    cr_expect(judged().genuine, "%s", judged().reason.text);
    cr_expect(slice_equal(judged().claims.bound, slice_of(s.wanted, 64)));
    key_wipe(&m.ak);
}

Test(azure_sim, a_part_of_a_quote_is_none, .init = begin_snp, .fini = end)
{
    const struct evidence whole = s.e;

    s.e.tpm_quote_sig = (struct slice){0};
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_signature");
    s.e = whole;
    s.e.tpm_quote_msg = (struct slice){0};
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_signature");
    without_quote();
    s.e.tpm_pcrs = whole.tpm_pcrs;
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_signature");
    s.e = whole;
    s.e.tpm_pcrs = (struct slice){0};
    cr_expect(judged().genuine);
    cr_expect_eq(judged().claims.vtpm.pcrs[0].len, 0);
}

/* ---- links broken ------------------------------------------------------------------- */

Test(azure_sim, the_hardware_must_have_signed_these_runtime_data, .init = begin_snp, .fini = end)
{
    struct making m = made();
    struct hcl_report h;
    struct err err;

    s.e.hcl_report = changed(s.e.hcl_report, 1236 + m.runtime.len - 3); /* a digit of the user data */
    expect_refusal(E_REPORT_DATA, "hcl_runtime_data");
    m.report_data[32] = 1; /* what should be zero behind the digest */
    make(&m);
    expect_refusal(E_REPORT_DATA, "hcl_runtime_data");
    must(hcl_report_parse(s.e.hcl_report, &h, &err), &err);
    key_wipe(&m.ak);
}

Test(azure_sim, a_report_of_another_privilege_level_is_refused, .init = begin_snp, .fini = end)
{
    struct making m = made();

    m.guest.vmpl = 1;
    make(&m);
    expect_refusal(E_VMPL, "vmpl");
    key_wipe(&m.ak);
}

Test(azure_sim, the_quote_must_be_by_the_key_of_the_runtime_data, .init = begin_snp, .fini = end)
{
    s.e.tpm_quote_msg = changed(s.e.tpm_quote_msg, 50);
    expect_refusal(E_TPM_SIGNATURE, "tpm_signature");
    begin_snp();
    s.e.tpm_quote_sig = changed(s.e.tpm_quote_sig, 0);
    expect_refusal(E_TPM_SIGNATURE, "tpm_signature");
    s.e.tpm_quote_sig.len--;
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_signature");
}

/* What an attacker can have a TPM sign: anything that does not begin with the magic. */
Test(azure_sim, a_signature_over_anything_else_is_no_quote, .init = begin_snp, .fini = end)
{
    struct making m = made();

    sign(&m, changed(s.e.tpm_quote_msg, 0));
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_quote");
    sign(&m, slice_str("hello"));
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_quote");
    key_wipe(&m.ak);
}

Test(azure_sim, values_of_other_pcrs_are_refused, .init = begin_snp, .fini = end)
{
    uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN];

    sim_azure_pcrs(&s.id, pcrs);
    pcrs[11][0] ^= 1;
    s.e.tpm_pcrs = tpm_pcrs_text(pcrs, &s.a);
    expect_refusal(E_PCR_DIGEST, "tpm_pcrs");
    s.e.tpm_pcrs = slice_str("[]");
    expect_refusal(E_EVIDENCE_FORMAT, "tpm_pcrs");
}

Test(azure_sim, runtime_data_without_an_attestation_key_are_refused, .init = begin_snp, .fini = end)
{
    struct making m = made();

    m.runtime = slice_str("{\"keys\":[]}");
    sha256(m.report_data, m.runtime);
    make(&m);
    expect_refusal(E_EVIDENCE_FORMAT, "attestation_key");
    key_wipe(&m.ak);
}

Test(azure_sim, a_quote_of_another_td_is_refused, .init = begin_tdx, .fini = end)
{
    static const struct sim_quote_options o = {0};
    const struct slice quote = s.e.quote;
    struct sim_td td = sim_td_running(&s.id);
    uint8_t report_data[64] = {0};
    struct hcl_report h;
    struct err err;

    must(hcl_report_parse(s.e.hcl_report, &h, &err), &err);
    must(sim_td_quote(&sim_platform_default, &td, s.wanted, &o, &s.a, &s.e.quote, &err), &err);
    expect_refusal(E_REPORT_DATA, "hcl_runtime_data");
    hcl_report_data(&h, report_data);
    must(sim_td_quote(&sim_platform_default, &td, report_data, &o, &s.a, &s.e.quote, &err), &err);
    expect_refusal(E_TD_MISMATCH, "td_match");
    s.e.quote = quote;
    cr_expect(judged().genuine);
    s.e.quote = (struct slice){0};
    cr_expect_not(judged().genuine);
}

/* Offsets of TDINFO and TEE_TCB_INFO in the TDREPORT, one in each field that a quote has too. */
Test(azure_sim, every_field_of_the_tdreport_is_compared, .init = begin_tdx, .fini = end)
{
    static const size_t at[] = {264, 280, 328, 376, 512, 520, 528, 576, 624, 672, 720, 768, 816, 864};
    const struct slice whole = s.e.hcl_report;

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        s.e.hcl_report = changed(whole, 32 + at[i]);
        expect_refusal(E_TD_MISMATCH, "td_match");
    }
    s.e.hcl_report = changed(whole, 32 + 128);
    expect_refusal(E_REPORT_DATA, "td_report");
    s.e.hcl_report = changed(whole, 32);
    expect_refusal(E_EVIDENCE_FORMAT, "td_report");
}

Test(azure_sim, hardware_of_the_other_kind_is_refused, .init = begin_snp, .fini = end)
{
    s.e.hcl_report = changed(s.e.hcl_report, 1224);
    expect_refusal(E_EVIDENCE_FORMAT, "hcl_report");
    begin_snp();
    s.e.hcl_report = changed(changed(s.e.hcl_report, 1224), 1224);
    ((uint8_t *)(uintptr_t)s.e.hcl_report.ptr)[1224] = HCL_TDX;
    cr_expect_not(judged().genuine);
}

/* ---- every byte --------------------------------------------------------------------- */

/* A header's size, status and reserved bytes, and the TDREPORT's MAC structure, are signed by nobody and read
 * by nobody. */
static bool is_read(size_t at, size_t len)
{
    return !((at >= 8 && at < 12) || (at >= 16 && at < 32) || at >= len);
}

Test(azure_sim, a_changed_byte_anywhere_in_the_report_is_refused, .init = begin_snp, .fini = end,
     .timeout = 300)
{
    const struct slice whole = s.e.hcl_report;
    struct making m = made();

    for (size_t at = 0; at < whole.len; at += at < 1216 ? 7 : 3) {
        s.e.hcl_report = changed(whole, at);
        if (at == 4) /* version 2 becomes 3 */
            continue;
        cr_expect_neq(judged().genuine, is_read(at, whole.len), "byte %zu", at);
    }
    key_wipe(&m.ak);
}

Test(azure_sim, every_truncation_of_a_part_is_refused, .init = begin_snp, .fini = end, .timeout = 300)
{
    const struct evidence whole = s.e;
    struct making m = made();

    for (size_t n = 0; n < 1236 + m.runtime.len; n += 5) {
        s.e.hcl_report.len = n;
        cr_expect_not(judged().genuine, "report of %zu bytes", n);
    }
    s.e = whole;
    for (size_t n = 0; n < whole.tpm_quote_msg.len; n++) {
        s.e.tpm_quote_msg.len = n;
        cr_expect_not(judged().genuine, "message of %zu bytes", n);
    }
    s.e = whole;
    for (size_t n = 0; n < whole.tpm_quote_sig.len; n++) {
        s.e.tpm_quote_sig.len = n;
        cr_expect_not(judged().genuine, "signature of %zu bytes", n);
    }
    key_wipe(&m.ak);
}
