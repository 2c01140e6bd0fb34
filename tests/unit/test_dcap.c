/* SPDX-License-Identifier: Apache-2.0 */
/* Whole appraisals, on evidence and collateral that the simulated TEE makes: every step's refusal. What
 * becomes of changed evidence is in test_dcap_changed.c. */
#include "tests/support/dcap_scene.h"

#include "attestation/sim/pki.h"
#include "base/text.h"
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
