/* SPDX-License-Identifier: Apache-2.0 */
/* Whole appraisals, on evidence and collateral that the simulated TEE makes: every step's refusal, and that
 * no changed byte goes unnoticed. */
#include "tests/support/dcap_scene.h"

#include "attestation/sim/pki.h"
#include "attestation/sim/seed.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

/* ---- what is in order --------------------------------------------------------------- */

Test(dcap, genuine_evidence_passes_every_step_and_says_what_it_says)
{
    struct scene s;
    const struct claims *c;

    scene_usual(&s);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    c = &s.v.claims;
    cr_assert(s.v.genuine);
    cr_expect(c->simulated && !c->debug && c->tee == TEE_SGX && c->dcap.quote_version == 3);
    cr_expect(slice_equal(c->sgx.mr_enclave, slice_of(scene_enclave.mr_enclave, 32)));
    cr_expect(slice_equal(c->sgx.mr_signer, slice_of(scene_enclave.mr_signer, 32)));
    cr_expect(slice_equal(c->report_data, slice_of(scene_report_data, 64)));
    cr_expect_eq(c->sgx.isv_prod_id, 7);
    cr_expect_eq(c->sgx.isv_svn, 3);
    cr_expect_eq(s.v.claims.dcap.tcb_status, TCB_UP_TO_DATE);
    cr_expect_str_eq(s.v.claims.dcap.pck_ca, "platform");
    cr_expect(slice_equal(s.v.claims.dcap.fmspc, slice_of(sim_platform_default.fmspc, 6)));
    cr_expect(slice_equal(s.v.claims.dcap.pce_id, slice_of(sim_platform_default.pce_id, 2)));
    cr_expect(slice_equal(s.v.claims.dcap.ppid, slice_of(sim_platform_default.ppid, 16)));
    cr_expect_eq(s.v.claims.dcap.qe_isv_svn, sim_platform_default.qe_isv_svn);
    cr_expect_eq(s.v.num_checks, 25);
    for (size_t i = 0; i < s.v.num_checks; i++) {
        cr_expect_eq(s.v.checks[i].outcome, CHECK_PASSED, "%s", s.v.checks[i].name);
        cr_expect_not_null(s.v.checks[i].expected);
    }
    scene_close(&s);
}

Test(dcap, the_names_of_the_steps_and_their_order_are_interface)
{
    static const char *const names[] = {
        "quote_format",
        "pck_certificates",
        "pck_root",
        "pck_chain",
        "pck_dates",
        "root_ca_crl",
        "pck_crl",
        "pck_revocation",
        "tcb_info_issuer",
        "tcb_info_signature",
        "tcb_info_dates",
        "qe_identity_issuer",
        "qe_identity_signature",
        "qe_identity_dates",
        "collateral_match",
        "tcb_evaluation_number",
        "tdx_module",
        "qe_report_signature",
        "qe_report_data",
        "qe_identity",
        "quote_signature",
        "platform_tcb",
        "tdx_module_tcb",
        "qe_tcb",
        "tcb_status",
    };
    struct scene s;

    scene_usual(&s);
    (void)judge(&s);
    cr_assert_eq(s.v.num_checks, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < s.v.num_checks; i++)
        cr_expect_str_eq(s.v.checks[i].name, names[i]);
    scene_close(&s);
}

Test(dcap, the_same_input_gives_the_same_verdict)
{
    struct scene s;
    const char *first;

    scene_usual(&s);
    (void)judge(&s);
    first = verdict_text(&s.v, &s.a);
    (void)judge(&s);
    cr_expect_str_eq(verdict_text(&s.v, &s.a), first);
    cr_expect_not_null(strstr(first, "\ngenuine, "), "%s", first);
    cr_expect_not_null(strstr(first, "genuine, SIMULATED\n"), "%s", first);
    cr_expect_not_null(strstr(first, "ok      quote_signature"), "%s", first);
    scene_close(&s);
}

Test(dcap, a_refusal_ends_it_and_says_what_was_not_reached)
{
    struct scene s;
    const char *text;

    scene_usual(&s);
    s.what.roots = roots_production();
    EXPECT_REFUSED(&s, E_ROOT,
                   "root certificate: its key is none of the 1 trust anchors of this program's trust domain "
                   "(production)");
    cr_expect_eq(s.v.checks[1].outcome, CHECK_PASSED);
    cr_expect_eq(s.v.checks[2].outcome, CHECK_FAILED);
    cr_expect_eq(s.v.checks[2].code, E_ROOT);
    cr_expect_str_eq(s.v.checks[2].found, s.v.reason.text);
    for (size_t i = 3; i < s.v.num_checks; i++)
        cr_expect_eq(s.v.checks[i].outcome, CHECK_SKIPPED);
    cr_expect_null(s.v.claims.dcap.pck_ca, "nothing is claimed that was not read");
    text = verdict_text(&s.v, &s.a);
    cr_expect_not_null(strstr(text, "FAILED  pck_root"), "%s", text);
    cr_expect_not_null(strstr(text, "-       tcb_status             not reached\nnot genuine: root: "), "%s",
                       text);
    scene_close(&s);
}

Test(dcap, debug_is_told)
{
    struct sim_identity debug = scene_enclave;
    struct scene s;
    struct err err;

    scene_usual(&s);
    debug.debug = true;
    cr_assert(sim_quote(&sim_platform_default, &debug, scene_report_data, &s.a, &s.evidence.quote, &err),
              "%s", err.text);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect(s.v.claims.debug);
    scene_close(&s);
}

Test(dcap, open_enclaves_header_and_padding_change_nothing)
{
    struct scene s;
    uint8_t *padded;

    scene_usual(&s);
    s.evidence.quote = evidence_wrap_oe(&s.a, s.quote);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect_eq(s.v.claims.dcap.trailing_bytes, 0);
    padded = arena_alloc(&s.a, s.quote.len + 100);
    memcpy(padded, s.quote.ptr, s.quote.len);
    s.evidence.quote = slice_of(padded, s.quote.len + 100);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect_eq(s.v.claims.dcap.trailing_bytes, 100);
    scene_close(&s);
}

/* ---- TCB ---------------------------------------------------------------------------- */

Test(dcap, statuses_of_platform_and_enclave_are_merged)
{
    static const struct {
        const char *platform, *qe;
        enum tcb_status status;
    } rows[] = {
        {NULL, NULL, TCB_UP_TO_DATE},
        {"SWHardeningNeeded", NULL, TCB_SW_HARDENING_NEEDED},
        {"SWHardeningNeeded", "OutOfDate", TCB_OUT_OF_DATE},
        {"ConfigurationNeeded", "OutOfDate", TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
        {"OutOfDate", NULL, TCB_OUT_OF_DATE},
    };
    static const char *const advisories[] = {"INTEL-SA-00615", "INTEL-SA-00289", NULL};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_collateral_options o = {
            .tcb_status = rows[i].platform, .qe_status = rows[i].qe, .advisories = advisories};
        struct scene s;

        scene_of(&s, &sim_platform_default, &sim_platform_default, &o);
        cr_expect_eq(judge(&s), E_NONE, "row %zu: %s", i, s.v.reason.text);
        cr_expect_eq(s.v.claims.dcap.tcb_status, rows[i].status, "row %zu: %s", i,
                     tcb_status_name(s.v.claims.dcap.tcb_status));
        cr_assert_eq(s.v.claims.dcap.num_advisories, 2);
        cr_expect_str_eq(s.v.claims.dcap.advisories[0], "INTEL-SA-00289");
        scene_close(&s);
    }
}

Test(dcap, revoked_is_never_genuine)
{
    static const struct sim_collateral_options rows[] = {{.tcb_status = "Revoked"}, {.qe_status = "Revoked"}};

    for (size_t i = 0; i < 2; i++) {
        struct scene s;

        scene_of(&s, &sim_platform_default, &sim_platform_default, &rows[i]);
        EXPECT_REFUSED(&s, E_TCB_REVOKED, "TCB status: Revoked");
        scene_close(&s);
    }
}

Test(dcap, a_platform_older_than_the_collateral_is_out_of_date_or_not_supported)
{
    static const struct sim_collateral_options usual = {0};
    struct sim_platform lower = sim_platform_default;
    struct scene s;

    for (size_t i = 0; i < sizeof lower.components; i++)
        lower.components[i] = (uint8_t)(lower.components[i] > 0 ? lower.components[i] - 1 : 0);
    lower.pce_svn--;
    scene_of(&s, &lower, &sim_platform_default, &usual);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect_eq(s.v.claims.dcap.tcb_status, TCB_OUT_OF_DATE);
    scene_close(&s);

    memset(lower.components, 0, sizeof lower.components);
    scene_of(&s, &lower, &sim_platform_default, &usual);
    EXPECT_REFUSED(&s, E_TCB_NOT_SUPPORTED,
                   "platform: components 00000000000000000000000000000000 with PCESVN ");
    scene_close(&s);

    lower = sim_platform_default;
    lower.qe_isv_svn = 0;
    scene_of(&s, &lower, &sim_platform_default, &usual);
    EXPECT_REFUSED(&s, E_TCB_NOT_SUPPORTED, "quoting enclave: ISVSVN 0 is below each of the ");
    scene_close(&s);
}

Test(dcap, collateral_must_be_new_enough_for_the_caller)
{
    struct scene s;

    scene_usual(&s);
    (void)judge(&s);
    s.what.min_tcb_evaluation_data_number = s.v.claims.dcap.tcb_evaluation_data_number;
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.what.min_tcb_evaluation_data_number++;
    EXPECT_REFUSED(&s, E_TCB_EVALUATION, "TCB evaluation data number: expected at least ");
    scene_close(&s);
}

/* ---- revocation and time ------------------------------------------------------------ */

Test(dcap, what_is_revoked_is_refused)
{
    static const struct {
        struct sim_collateral_options o;
        const char *text;
    } rows[] = {
        {{.revoke_pck = true}, "PCK certificate: its serial number"},
        {{.revoke_platform_ca = true}, "intermediate certificate: its serial number"},
        {{.revoke_tcb_signing = true}, "tcbInfo: TCB signing certificate: its serial number"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;

        scene_of(&s, &sim_platform_default, &sim_platform_default, &rows[i].o);
        EXPECT_REFUSED(&s, E_CERT_REVOKED, rows[i].text);
        scene_close(&s);
    }
}

Test(dcap, one_second_outside_the_window_is_too_early_or_too_late)
{
    struct scene s;
    int64_t from, to;

    scene_usual(&s);
    (void)judge(&s);
    from = s.v.not_before;
    to = s.v.not_after;
    cr_expect_eq(from, NOW - DAY);
    cr_expect_eq(to, NOW + 29 * DAY);
    s.what.now = from;
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.what.now = to;
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.what.now = from - 1;
    EXPECT_REFUSED(&s, E_CRL_EXPIRED,
                   "root CA CRL: valid from 2026-01-01T03:04:05Z to 2026-01-31T03:04:05Z, the time is "
                   "2026-01-01T03:04:04Z");
    s.what.now = to + 1;
    EXPECT_REFUSED(&s, E_CRL_EXPIRED, "the time is 2026-01-31T03:04:06Z");
    s.what.now = 0;
    EXPECT_REFUSED(&s, E_CERT_EXPIRED, "");
    s.what.now = INT64_MAX / 2;
    EXPECT_REFUSED(&s, E_CERT_EXPIRED, "");
    scene_close(&s);
}

Test(dcap, documents_have_dates_of_their_own)
{
    static const struct sim_collateral_options old = {.valid_from = NOW - 20 * DAY,
                                                      .valid_to = NOW - 10 * DAY};
    struct collateral stale;
    struct scene s;
    struct err err;

    scene_usual(&s);
    cr_assert(sim_collateral(&sim_platform_default, &old, NOW, &s.a, &stale, &err), "%s", err.text);
    s.collateral.tcb_info = stale.tcb_info;
    EXPECT_REFUSED(&s, E_COLLATERAL_EXPIRED, "tcbInfo: valid from ");
    scene_close(&s);
    scene_usual(&s);
    cr_assert(sim_collateral(&sim_platform_default, &old, NOW, &s.a, &stale, &err), "%s", err.text);
    s.collateral.qe_identity = stale.qe_identity;
    EXPECT_REFUSED(&s, E_COLLATERAL_EXPIRED, "enclaveIdentity: valid from ");
    scene_close(&s);
    scene_usual(&s);
    cr_assert(sim_collateral(&sim_platform_default, &old, NOW, &s.a, &stale, &err), "%s", err.text);
    s.collateral.pck_crl = stale.pck_crl;
    EXPECT_REFUSED(&s, E_CRL_EXPIRED, "PCK CRL: valid from ");
    scene_close(&s);
}

/* ---- collateral that does not fit --------------------------------------------------- */

Test(dcap, collateral_of_another_platform_is_refused)
{
    static const struct sim_collateral_options usual = {0};
    struct sim_platform other = sim_platform_default;
    struct scene s;

    other.fmspc[5] ^= 1;
    scene_of(&s, &sim_platform_default, &other, &usual);
    EXPECT_REFUSED(&s, E_COLLATERAL_MISMATCH, "tcbInfo: FMSPC: expected the platform's ");
    scene_close(&s);
    other = sim_platform_default;
    other.pce_id[0] ^= 1;
    scene_of(&s, &sim_platform_default, &other, &usual);
    EXPECT_REFUSED(&s, E_COLLATERAL_MISMATCH, "tcbInfo: PCEID: expected the platform's ");
    scene_close(&s);
}

Test(dcap, each_part_of_the_collateral_is_needed_and_none_stands_for_another)
{
    struct scene s;

    scene_usual(&s);
    const struct {
        struct slice *part, with;
        enum err_code code;
        const char *text;
    } rows[] = {
        {&s.collateral.tcb_info, {0}, E_COLLATERAL_FORMAT, "tcbInfo: is missing"},
        {&s.collateral.tcb_issuer_chain,
         {0},
         E_COLLATERAL_SIGNATURE,
         "tcbInfo: issuer chain: expected 2 certificates"},
        {&s.collateral.qe_identity, {0}, E_COLLATERAL_FORMAT, "enclaveIdentity: is missing"},
        {&s.collateral.qe_issuer_chain,
         {0},
         E_COLLATERAL_SIGNATURE,
         "enclaveIdentity: issuer chain: expected 2"},
        {&s.collateral.pck_crl, {0}, E_CRL, "PCK CRL: the list is missing"},
        {&s.collateral.root_ca_crl, {0}, E_CRL, "root CA CRL: the list is missing"},
        {&s.collateral.root_ca_crl, {(const uint8_t *)" \n", 3}, E_CRL, "root CA CRL: the list is missing"},
        {&s.collateral.root_ca_crl,
         {(const uint8_t *)"not a list", 10},
         E_CRL,
         "root CA CRL: expected a CRL in DER, PEM"},
        {&s.collateral.pck_crl, s.collateral.root_ca_crl, E_CRL, "PCK CRL: "},
        {&s.collateral.root_ca_crl, s.collateral.pck_crl, E_CRL, "root CA CRL: "},
        {&s.collateral.tcb_info, s.collateral.qe_identity, E_COLLATERAL_FORMAT, "$.tcbInfo: is missing"},
        {&s.collateral.tcb_issuer_chain, slice_str("-----BEGIN CERTIFICATE-----\n!\n"), E_COLLATERAL_FORMAT,
         "tcbInfo: issuer chain: "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct slice was = *rows[i].part;

        *rows[i].part = rows[i].with;
        EXPECT_REFUSED(&s, rows[i].code, rows[i].text);
        *rows[i].part = was;
    }
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    scene_close(&s);
}

static struct slice with_nul(struct arena *a, struct slice s)
{
    uint8_t *p = arena_alloc(a, s.len + 1);

    memcpy(p, s.ptr, s.len);
    return slice_of(p, s.len + 1);
}

Test(dcap, lists_are_read_as_der_pem_and_hex_with_and_without_nul)
{
    struct scene s;
    struct slice der;

    scene_usual(&s);
    der = s.collateral.root_ca_crl;
    cr_assert_eq(der.ptr[0], 0x30, "the simulated service serves DER");
    const struct slice forms[] = {
        der,
        slice_str(hex_text(&s.a, der)),
        slice_str(arena_printf(&s.a, "%s\r\n", hex_text(&s.a, der))),
        slice_str(pem_text(&s.a, "X509 CRL", der)),
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        s.collateral.root_ca_crl = forms[i];
        cr_expect_eq(judge(&s), E_NONE, "form %zu: %s", i, s.v.reason.text);
        s.collateral.root_ca_crl = with_nul(&s.a, forms[i]);
        cr_expect_eq(judge(&s), E_NONE, "form %zu with NUL: %s", i, s.v.reason.text);
        s.collateral.root_ca_crl = slice_of(forms[i].ptr, forms[i].len / 2);
        EXPECT_REFUSED(&s, E_CRL, "root CA CRL: ");
    }
    s.collateral.root_ca_crl = with_nul(&s.a, with_nul(&s.a, der));
    EXPECT_REFUSED(&s, E_CRL, "root CA CRL: ");
    scene_close(&s);
}

/* ---- the evidence, changed ---------------------------------------------------------- */

Test(dcap, each_part_of_a_quote_is_protected_by_its_own_step)
{
    static const struct {
        size_t at;
        enum err_code code;
    } rows[] = {
        {8, E_QUOTE_SIGNATURE},        /* header, QE SVN */
        {47, E_QUOTE_SIGNATURE},       /* header, user data */
        {48, E_QUOTE_SIGNATURE},       /* report, CPUSVN */
        {48 + 64, E_QUOTE_SIGNATURE},  /* MRENCLAVE */
        {48 + 383, E_QUOTE_SIGNATURE}, /* report data */
        {436, E_QUOTE_SIGNATURE},      /* r */
        {436 + 63, E_QUOTE_SIGNATURE}, /* s */
        {436 + 64, E_QE_REPORT_DATA},  /* attestation key */
        {564, E_QE_REPORT_SIGNATURE},  /* QE report */
        {564 + 383, E_QE_REPORT_SIGNATURE},
        {948, E_QE_REPORT_SIGNATURE}, /* its signature */
        {1014, E_QE_REPORT_DATA},     /* authentication data */
    };
    struct scene s;

    scene_usual(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.evidence.quote = changed(&s.a, s.quote, rows[i].at, 0x40);
        cr_expect_eq(judge(&s), rows[i].code, "byte %zu: %s", rows[i].at, s.v.reason.text);
    }
    scene_close(&s);
}

/* Only base64 has room for a change that means nothing. */
Test(dcap, a_changed_byte_is_refused_or_changes_nothing, .timeout = 250)
{
    size_t num_refused = 0, num = 0;
    const char *usual;
    struct scene s;

    scene_usual(&s);
    (void)judge(&s);
    usual = verdict_text(&s.v, &s.a);
    struct slice *const parts[] = {
        &s.evidence.quote,         &s.collateral.tcb_info,        &s.collateral.tcb_issuer_chain,
        &s.collateral.qe_identity, &s.collateral.qe_issuer_chain, &s.collateral.pck_crl,
        &s.collateral.root_ca_crl};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        const struct slice was = *parts[p];

        for (size_t at = 0; at < was.len; at += at < 1100 ? 1 : 5) {
            struct arena a = {0};
            struct verdict v;

            *parts[p] = changed(&a, was, at, 0x01);
            appraise(&s.what, &a, &v);
            num++;
            num_refused += !v.genuine;
            cr_expect(v.reason.code != E_NONE || strcmp(verdict_text(&v, &a), usual) == 0,
                      "part %zu, byte %zu", p, at);
            arena_wipe(&a);
        }
        *parts[p] = was;
    }
    /* The last digit of base64 may have bits that say nothing: of seven certificates in three texts. */
    cr_expect(num - num_refused <= 7, "%zu of %zu changes changed nothing", num - num_refused, num);
    scene_close(&s);
}

Test(dcap, every_truncation_is_refused_by_its_form)
{
    struct scene s;

    scene_usual(&s);
    for (size_t len = 0; len < s.quote.len; len++) {
        struct arena a = {0};
        struct verdict v;

        s.evidence.quote = slice_of(s.quote.ptr, len);
        appraise(&s.what, &a, &v);
        cr_expect_eq(v.reason.code, E_EVIDENCE_FORMAT, "%zu bytes", len);
        arena_wipe(&a);
    }
    scene_close(&s);
}

/* The quote with another certification data record at its end. */
static struct slice recertified(struct scene *s, unsigned type, struct slice data)
{
    struct buf b = buf_max(LIMIT_EVIDENCE);
    struct dcap_quote q;
    struct slice out;
    struct err err;
    size_t before;

    cr_assert(dcap_quote_parse(s->quote, &q, &err));
    before = (size_t)(q.cert_data.ptr - s->quote.ptr) - 6;
    buf_put(&b, slice_of(s->quote.ptr, 432));
    buf_u32le(&b, (uint32_t)(before - 436 + 6 + data.len));
    buf_put(&b, slice_of(s->quote.ptr + 436, before - 436));
    buf_u16le(&b, (uint16_t)type);
    buf_u32le(&b, (uint32_t)data.len);
    buf_put(&b, data);
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

Test(dcap, the_three_certificates_may_come_in_any_order_and_must_be_three)
{
    static const struct {
        const char *order; /* indices; anything else is put between as it is */
        enum err_code code;
        const char *text;
    } rows[] = {
        {"012", E_NONE, ""},
        {"021", E_NONE, ""},
        {"210", E_NONE, ""},
        {"1 \n\t\r\n02", E_NONE, ""},
        {"01", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 2"},
        {"", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 0"},
        {"0122", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 4"},
        {"011", E_PCK_CHAIN,
         "PCK chain: expected one PCK certificate, one intermediate and one self-issued root"},
        {"002", E_PCK_CHAIN, "PCK chain: expected one PCK certificate"},
        {"01x\n2", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: text between the PEM blocks (before certificate 3)"},
        {"x\n012", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: text between the PEM blocks (before certificate 1)"},
        {"012x", E_EVIDENCE_FORMAT, "PCK chain: certificate chain: text after the last PEM block"},
        {"01201201201", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: more than the 10 certificates allowed"},
    };
    struct dcap_quote q;
    struct cert *certs;
    struct scene s;
    struct err err;
    size_t num;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    cr_assert(cert_parse_pem(q.cert_data, &s.a, &certs, &num, &err) && num == 3, "%s", err.text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_max(LIMIT_EVIDENCE);

        for (const char *c = rows[i].order; *c != '\0'; c++)
            if (*c >= '0' && *c <= '2')
                pem_put(&b, "CERTIFICATE", certs[*c - '0'].der);
            else
                buf_u8(&b, (uint8_t)*c);
        s.evidence.quote = recertified(&s, 5, buf_bytes(&b));
        cr_expect_eq(judge(&s), rows[i].code, "\"%s\": %s", rows[i].order, s.v.reason.text);
        cr_expect_not_null(strstr(s.v.reason.text, rows[i].text), "\"%s\": %s", rows[i].order,
                           s.v.reason.text);
        buf_wipe(&b);
    }
    scene_close(&s);
}

Test(dcap, evidence_without_chain_takes_it_from_the_collateral)
{
    struct dcap_quote q;
    struct scene s;
    struct err err;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    s.evidence.quote = recertified(&s, 3, slice_str("encrypted platform id"));
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT,
                   "certification data type 3 holds no PCK chain, and the collateral has none");
    s.collateral.pck_chain = q.cert_data;
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote = recertified(&s, 5, slice_str("no PEM"));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote = recertified(&s, 7, slice_str("manifest"));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    scene_close(&s);
}

/* An attacker's own key signs a report of his choice: the signature holds, the key is not the quoting
 * enclave's. */
Test(dcap, a_quote_signed_with_another_key_is_refused)
{
    struct slice signature, spki, xy;
    uint8_t *forged;
    struct key k = {0};
    struct scene s;
    struct err err;

    scene_usual(&s);
    forged = arena_alloc(&s.a, s.quote.len);
    memcpy(forged, s.quote.ptr, s.quote.len);
    forged[48 + 64] ^= 0xff;
    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    spki = key_spki(&k, &s.a);
    cr_assert(spki_p256_xy(spki, &xy, &err) &&
              key_sign_raw(&k, slice_of(forged, 432), &s.a, &signature, &err));
    memcpy(forged + 436, signature.ptr, 64);
    memcpy(forged + 436 + 64, xy.ptr, 64);
    s.evidence.quote = slice_of(forged, s.quote.len);
    EXPECT_REFUSED(&s, E_QE_REPORT_DATA, "QE report data: expected ");
    key_wipe(&k);
    scene_close(&s);
}

/* A quoting enclave that vouches for something that is no key: every other step holds. */
Test(dcap, an_attestation_key_off_the_curve_is_refused_by_its_form)
{
    enum {
        KEY_AT = 500,
        REPORT_AT = 564,
        REPORT_DATA_AT = REPORT_AT + 320,
        QE_SIGNATURE_AT = 948,
        AUTH_AT = 1014
    };
    struct key pck = {0};
    struct slice bound[2], signature;
    uint8_t *forged;
    struct scene s;
    struct err err;

    scene_usual(&s);
    forged = arena_alloc(&s.a, s.quote.len);
    memcpy(forged, s.quote.ptr, s.quote.len);
    memset(forged + KEY_AT, 1, 64);
    bound[0] = slice_of(forged + KEY_AT, 64);
    bound[1] = slice_of(forged + AUTH_AT, 32);
    sha256_of(forged + REPORT_DATA_AT, bound, 2);
    cr_assert(sim_key("PCK", sim_platform_bytes(&sim_platform_default, &s.a), &pck, &err) &&
                  key_sign_raw(&pck, slice_of(forged + REPORT_AT, 384), &s.a, &signature, &err),
              "%s", err.text);
    memcpy(forged + QE_SIGNATURE_AT, signature.ptr, 64);
    s.evidence.quote = slice_of(forged, s.quote.len);
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "attestation key: public key: expected a point on its curve");
    key_wipe(&pck);
    scene_close(&s);
}

/* Quoting services end the chain with a NUL, with or without a newline before it. */
Test(dcap, nothing_but_white_space_and_nul_may_stand_around_the_certificates)
{
    struct scene s;
    struct dcap_quote q;
    struct slice pem;
    struct err err;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    pem = slice_of(q.cert_data.ptr, q.cert_data.len - 2); /* a newline and a NUL less */
    s.evidence.quote = recertified(
        &s, 5, slice_of(arena_printf(&s.a, " \n%.*s", (int)pem.len, (const char *)pem.ptr), pem.len + 3));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote =
        recertified(&s, 5, slice_str(arena_printf(&s.a, "%.*s.", (int)pem.len, (const char *)pem.ptr)));
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "PCK chain: ");
    scene_close(&s);
}

Test(dcap, a_signature_of_zeroes_is_refused)
{
    uint8_t *zeroed;
    struct scene s;

    scene_usual(&s);
    zeroed = arena_alloc(&s.a, s.quote.len);
    memcpy(zeroed, s.quote.ptr, s.quote.len);
    memset(zeroed + 436, 0, 64);
    s.evidence.quote = slice_of(zeroed, s.quote.len);
    cr_expect_eq(judge(&s), E_QUOTE_SIGNATURE, "%s", s.v.reason.text);
    scene_close(&s);
}
