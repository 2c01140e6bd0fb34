/* SPDX-License-Identifier: Apache-2.0 */
/* TDs: what their quotes say, which TDX modules count, and how launch and now are judged together. */
#include "tests/support/dcap_scene.h"

#include "base/text.h"

static const struct sim_collateral_options usual;
static const struct sim_quote_options plain;

static struct sim_td td_with_svn(uint8_t module_svn, uint8_t module_version, uint8_t loader)
{
    struct sim_td td = sim_td_default;

    td.tee_tcb_svn[0] = td.tee_tcb_svn2[0] = module_svn;
    td.tee_tcb_svn[1] = td.tee_tcb_svn2[1] = module_version;
    td.tee_tcb_svn[2] = td.tee_tcb_svn2[2] = loader;
    return td;
}

/* ---- formats ------------------------------------------------------------------------ */

static void expect_td_claims(const struct verdict *v, const struct sim_td *td)
{
    const struct tdx_claims *t = &v->claims.tdx;
    const struct {
        const char *name;
        struct slice got;
        const void *want;
        size_t len;
    } rows[] = {
        {"TEE_TCB_SVN", t->tee_tcb_svn, td->tee_tcb_svn, 16},
        {"MRSEAM", t->mr_seam, td->mr_seam, 48},
        {"MRSIGNERSEAM", t->mr_signer_seam, td->mr_signer_seam, 48},
        {"SEAMATTRIBUTES", t->seam_attributes, td->seam_attributes, 8},
        {"TDATTRIBUTES", t->td_attributes, td->attributes, 8},
        {"XFAM", t->xfam, td->xfam, 8},
        {"MRTD", t->mr_td, td->mr_td, 48},
        {"MRCONFIGID", t->mr_config_id, td->mr_config_id, 48},
        {"MROWNER", t->mr_owner, td->mr_owner, 48},
        {"MROWNERCONFIG", t->mr_owner_config, td->mr_owner_config, 48},
        {"RTMR0", t->rtmr[0], td->rtmr[0], 48},
        {"RTMR1", t->rtmr[1], td->rtmr[1], 48},
        {"RTMR2", t->rtmr[2], td->rtmr[2], 48},
        {"RTMR3", t->rtmr[3], td->rtmr[3], 48},
        {"TEE_TCB_SVN2", t->tee_tcb_svn2, td->tee_tcb_svn2, td->is_td15 ? 16 : 0},
        {"MRSERVICETD", t->mr_service_td, td->mr_service_td, td->is_td15 ? 48 : 0},
        {"REPORTDATA", v->claims.report_data, scene_report_data, 64},
        {"what it is bound to", v->claims.bound, scene_report_data, 64},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(slice_equal(rows[i].got, slice_of(rows[i].want, rows[i].len)), "%s", rows[i].name);
}

/* Every member another value, so that none is taken for another. */
static struct sim_td distinct_td(bool is_td15)
{
    struct sim_td td = sim_td_default;
    uint8_t *const members[] = {td.mr_td,   td.mr_config_id, td.mr_owner, td.mr_owner_config,
                                td.rtmr[0], td.rtmr[1],      td.rtmr[2],  td.rtmr[3],
                                td.mr_seam, td.mr_service_td};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        memset(members[i], (int)(0x40 + i), 48);
    memset(td.xfam, 0x5a, sizeof td.xfam);
    td.is_td15 = is_td15;
    return td;
}

Test(tdx, quotes_of_version_4_and_5_with_both_bodies_are_genuine)
{
    static const struct {
        unsigned version;
        bool is_td15;
        unsigned body_type;
    } rows[] = {{4, false, 0}, {5, false, 2}, {5, true, 3}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_td td = distinct_td(rows[i].is_td15);
        const struct sim_quote_options q = {.version = rows[i].version};
        struct scene s;

        scene_of_td(&s, &td, &q, &usual);
        cr_assert_eq(judge(&s), E_NONE, "row %zu: %s", i, s.v.reason.text);
        cr_expect(s.v.claims.tee == TEE_TDX && s.v.claims.simulated && !s.v.claims.debug);
        cr_expect_str_eq(s.v.claims.tee_name, "tdx");
        cr_expect_eq(s.v.claims.dcap.quote_version, rows[i].version);
        cr_expect_eq(s.v.claims.dcap.body_type, rows[i].body_type);
        cr_expect(s.v.claims.dcap.has_module_status);
        cr_expect_eq(s.v.claims.dcap.tcb_status, TCB_UP_TO_DATE);
        expect_td_claims(&s.v, &td);
        scene_close(&s);
    }
}

Test(tdx, a_td_1_5_report_fits_no_quote_of_version_4)
{
    const struct sim_td td = distinct_td(true);
    const struct sim_quote_options q = {.version = 4};
    struct scene s;

    scene_of_td(&s, &td, &q, &usual);
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "bytes do not hold the ");
    scene_close(&s);
}

Test(tdx, an_enclave_may_have_a_quote_of_version_4_or_5_too)
{
    for (unsigned version = 4; version <= 5; version++) {
        const struct sim_quote_options q = {.version = version};
        struct scene s;
        struct err err;

        scene_usual(&s);
        cr_assert(sim_sgx_quote(&sim_platform_default, &scene_enclave, scene_report_data, &q, &s.a,
                                &s.evidence.quote, &err),
                  "%s", err.text);
        cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
        cr_expect_eq(s.v.claims.tee, TEE_SGX);
        scene_close(&s);
    }
}

Test(tdx, padding_behind_the_quote_and_any_authentication_data_change_nothing)
{
    static const uint16_t lengths[] = {0, 1, 1000};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const struct sim_quote_options q = {.has_auth_len = true, .auth_len = lengths[i], .trailing = 3000};
        struct scene s;

        scene_of_td(&s, &sim_td_default, &q, &usual);
        cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
        cr_expect_eq(s.v.claims.dcap.trailing_bytes, 3000);
        scene_close(&s);
    }
}

Test(tdx, certification_data_of_each_type_is_judged_with_the_chain_it_leaves_open)
{
    static const struct {
        unsigned type;
        bool chain, issuers; /* in the collateral */
        enum err_code code;
    } rows[] = {
        {1, true, true, E_NONE},
        {2, true, true, E_NONE},
        {3, true, true, E_NONE},
        {7, true, true, E_NONE},
        {5, false, false, E_NONE},
        {4, false, true, E_NONE},
        {4, true, false, E_NONE},
        {1, false, true, E_EVIDENCE_FORMAT},
        {2, false, true, E_EVIDENCE_FORMAT},
        {3, false, true, E_EVIDENCE_FORMAT},
        {4, false, false, E_EVIDENCE_FORMAT},
        {7, false, true, E_EVIDENCE_FORMAT},
        {6, true, true, E_EVIDENCE_FORMAT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_quote_options q = {.cert_type = rows[i].type};
        const struct sim_collateral_options o = {.pck_chain = rows[i].chain};
        struct scene s;

        scene_of_td(&s, &sim_td_default, &q, &o);
        if (!rows[i].issuers)
            s.collateral.pck_crl_issuer_chain = (struct slice){0};
        cr_expect_eq(judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
        scene_close(&s);
    }
}

Test(tdx, each_bit_of_the_group_td_under_debug_is_debug)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        struct sim_td td = sim_td_default;
        struct scene s;

        memset(td.attributes, 0, sizeof td.attributes);
        td.attributes[bit / 8] = (uint8_t)(1u << bit % 8);
        scene_of_td(&s, &td, &plain, &usual);
        cr_expect_eq(judge(&s), E_NONE, "bit %u: %s", bit, s.v.reason.text);
        cr_expect_eq(s.v.claims.debug, bit < 8, "bit %u", bit);
        scene_close(&s);
    }
}

/* ---- collateral of the other TEE ---------------------------------------------------- */

Test(tdx, collateral_of_sgx_is_none_of_tdx_and_the_reverse)
{
    struct scene td, enclave;

    scene_of_td(&td, &sim_td_default, &plain, &usual);
    scene_usual(&enclave);
    const struct {
        struct scene *judged;
        struct slice *part, with;
        const char *text;
    } rows[] = {
        {&td, &td.collateral.tcb_info, enclave.collateral.tcb_info,
         "tcbInfo: id: expected \"TDX\", found \"SGX\""},
        {&td, &td.collateral.qe_identity, enclave.collateral.qe_identity,
         "enclaveIdentity: expected id \"TD_QE\" of version 2, found \"QE\""},
        {&enclave, &enclave.collateral.tcb_info, td.collateral.tcb_info,
         "tcbInfo: id: expected \"SGX\", found \"TDX\""},
        {&enclave, &enclave.collateral.qe_identity, td.collateral.qe_identity,
         "enclaveIdentity: expected id \"QE\" of version 2, found \"TD_QE\""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct slice was = *rows[i].part;

        *rows[i].part = rows[i].with;
        EXPECT_REFUSED(rows[i].judged, E_COLLATERAL_MISMATCH, rows[i].text);
        *rows[i].part = was;
        cr_expect_eq(judge(rows[i].judged), E_NONE);
    }
    scene_close(&td);
    scene_close(&enclave);
}

/* The quoting enclave of TDs has another product number, so SGX's does not pass for it. */
Test(tdx, a_quote_of_the_other_quoting_enclave_is_refused)
{
    struct scene td, enclave;
    uint8_t *spliced;

    scene_of_td(&td, &sim_td_default, &plain, &usual);
    scene_usual(&enclave);
    spliced = arena_alloc(&td.a, td.quote.len);
    memcpy(spliced, td.quote.ptr, td.quote.len); /* report and signature of SGX's into the TD's quote */
    memcpy(spliced + 48 + 584 + 4 + 128 + 6, enclave.quote.ptr + 564, 384 + 64);
    td.evidence.quote = slice_of(spliced, td.quote.len);
    EXPECT_REFUSED(&td, E_QE_IDENTITY, "quoting enclave: ISVPRODID: expected 2, found 1");
    scene_close(&td);
    scene_close(&enclave);
}

/* ---- the TDX module ----------------------------------------------------------------- */

Test(tdx, only_intels_modules_count)
{
    static const struct {
        uint8_t version, signer, attributes; /* bytes that differ */
        bool no_module;
        enum err_code code;
        const char *text;
    } rows[] = {
        {.version = 1},
        {.version = 3},
        {.version = 0},
        {.version = 2, .code = E_TDX_MODULE, .text = "TDX module: tcbInfo knows no module of version 2"},
        {.version = 255, .code = E_TDX_MODULE, .text = "TDX module: tcbInfo knows no module of version 255"},
        {.version = 1, .signer = 1, .code = E_TDX_MODULE, .text = "TDX module: MRSIGNERSEAM: expected 00"},
        {.version = 0, .signer = 1, .code = E_TDX_MODULE, .text = "TDX module: MRSIGNERSEAM: expected 00"},
        {.version = 1,
         .attributes = 1,
         .code = E_TDX_MODULE,
         .text = "TDX module: SEAMATTRIBUTES: expected 00"},
        {.version = 0, .attributes = 0x80, .code = E_TDX_MODULE, .text = "TDX module: SEAMATTRIBUTES"},
        {.version = 1, .no_module = true, .code = E_TDX_MODULE, .text = "tcbInfo: tdxModule is missing"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_collateral_options o = {.no_module = rows[i].no_module};
        struct sim_td td = td_with_svn(5, rows[i].version, 2);
        struct scene s;

        td.mr_signer_seam[47] = rows[i].signer;
        td.seam_attributes[7] = rows[i].attributes;
        scene_of_td(&s, &td, &plain, &o);
        cr_expect_eq(judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
        cr_expect(rows[i].text == NULL || strstr(s.v.reason.text, rows[i].text) != NULL, "row %zu: %s", i,
                  s.v.reason.text);
        scene_close(&s);
    }
}

/* Levels of the simulated collateral: platform {5, 0, 2} UpToDate, {3, 0, 1} OutOfDate; module 5 UpToDate, 3
 * OutOfDate, 1 Revoked. */
Test(tdx, a_module_with_a_version_has_levels_of_its_own_and_the_platform_skips_two_components)
{
    static const struct {
        uint8_t svn, version, loader;
        enum err_code code;
        bool has_module;
        enum tcb_status platform, module, all;
    } rows[] = {
        {5, 1, 2, E_NONE, true, TCB_UP_TO_DATE, TCB_UP_TO_DATE, TCB_UP_TO_DATE},
        {200, 1, 200, E_NONE, true, TCB_UP_TO_DATE, TCB_UP_TO_DATE, TCB_UP_TO_DATE},
        {4, 1, 2, E_NONE, true, TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE},
        {3, 3, 2, E_NONE, true, TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_OUT_OF_DATE},
        {2, 1, 2, E_TCB_REVOKED, true, TCB_UP_TO_DATE, TCB_REVOKED, TCB_REVOKED},
        {0, 1, 2, E_TCB_NOT_SUPPORTED, false, 0, 0, 0},
        {5, 1, 1, E_NONE, true, TCB_OUT_OF_DATE, TCB_UP_TO_DATE, TCB_OUT_OF_DATE},
        {5, 1, 0, E_TCB_NOT_SUPPORTED, false, 0, 0, 0},
        {5, 0, 2, E_NONE, false, TCB_UP_TO_DATE, 0, TCB_UP_TO_DATE},
        {4, 0, 2, E_NONE, false, TCB_OUT_OF_DATE, 0, TCB_OUT_OF_DATE},
        {2, 0, 2, E_TCB_NOT_SUPPORTED, false, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_td td = td_with_svn(rows[i].svn, rows[i].version, rows[i].loader);
        const struct dcap_claims *c;
        struct scene s;

        scene_of_td(&s, &td, &plain, &usual);
        cr_expect_eq(judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
        c = &s.v.claims.dcap;
        cr_expect_eq(c->has_status, rows[i].code != E_TCB_NOT_SUPPORTED, "row %zu", i);
        if (c->has_status) {
            cr_expect_eq(c->has_module_status, rows[i].has_module, "row %zu", i);
            cr_expect_eq(c->platform_tcb_status, rows[i].platform, "row %zu", i);
            cr_expect_eq(c->tdx_module_tcb_status, rows[i].module, "row %zu", i);
            cr_expect_eq(c->tcb_status, rows[i].all, "row %zu: %s", i, tcb_status_name(c->tcb_status));
        }
        scene_close(&s);
    }
}

Test(tdx, the_date_is_the_earliest_of_platform_module_and_enclave)
{
    const struct sim_td old_module = td_with_svn(3, 1, 2);
    struct scene s;

    scene_of_td(&s, &old_module, &plain, &usual);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect_not_null(strstr(verdict_json(&s.v, &s.a), "\"tcb_date\":\"2023-08-09T00:00:00Z\""));
    scene_close(&s);
    scene_of_td(&s, &sim_td_default, &plain, &usual);
    (void)judge(&s);
    cr_expect_not_null(strstr(verdict_json(&s.v, &s.a), "\"tcb_date\":\"2025-05-14T00:00:00Z\""));
    scene_close(&s);
}

/* ---- launch and now ----------------------------------------------------------------- */

Test(tdx, a_td_that_was_launched_on_an_old_platform_is_to_be_launched_again)
{
    static const struct {
        uint8_t launch, now; /* SVNs of the module */
        const char *platform;
        enum err_code code;
        enum tcb_status status;
    } rows[] = {
        {5, 5, NULL, E_NONE, TCB_UP_TO_DATE},
        {4, 5, NULL, E_NONE, TCB_TD_RELAUNCH_ADVISED},
        {4, 5, "SWHardeningNeeded", E_NONE, TCB_TD_RELAUNCH_ADVISED},
        {4, 5, "ConfigurationNeeded", E_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
        {4, 5, "ConfigurationAndSWHardeningNeeded", E_NONE, TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED},
        {4, 4, NULL, E_NONE, TCB_OUT_OF_DATE},
        {4, 5, "OutOfDate", E_NONE, TCB_OUT_OF_DATE},
        {5, 4, NULL, E_NONE, TCB_UP_TO_DATE},
        {2, 5, NULL, E_TCB_REVOKED, TCB_REVOKED},
        {5, 2, NULL, E_TCB_REVOKED, TCB_REVOKED},
        {5, 0, NULL, E_TCB_NOT_SUPPORTED, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_collateral_options o = {.tcb_status = rows[i].platform};
        struct sim_td td = sim_td_default;
        struct scene s;

        td.is_td15 = true;
        td.tee_tcb_svn[0] = rows[i].launch;
        td.tee_tcb_svn2[0] = rows[i].now;
        scene_of_td(&s, &td, &plain, &o);
        cr_expect_eq(judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
        cr_expect_eq(s.v.claims.dcap.tcb_status, rows[i].status, "row %zu: %s", i,
                     tcb_status_name(s.v.claims.dcap.tcb_status));
        scene_close(&s);
    }
}

Test(tdx, what_runs_now_must_be_known_as_well)
{
    struct sim_td td = sim_td_default;
    struct scene s;

    td.is_td15 = true;
    td.tee_tcb_svn2[1] = 2;
    scene_of_td(&s, &td, &plain, &usual);
    EXPECT_REFUSED(&s, E_TDX_MODULE, "TEE_TCB_SVN2: TDX module: tcbInfo knows no module of version 2");
    scene_close(&s);
    td.tee_tcb_svn2[1] = 1;
    td.tee_tcb_svn2[2] = 0;
    scene_of_td(&s, &td, &plain, &usual);
    EXPECT_REFUSED(&s, E_TCB_NOT_SUPPORTED, "TEE_TCB_SVN2: platform: components ");
    scene_close(&s);
}

Test(tdx, statuses_that_are_none_of_a_level_are_refused)
{
    static const struct sim_collateral_options rows[] = {
        {.tcb_status = "TDRelaunchAdvised"},    {.tcb_status = "Fine"},
        {.module_status = "SWHardeningNeeded"}, {.module_status = "ConfigurationNeeded"},
        {.qe_status = "SWHardeningNeeded"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;

        scene_of_td(&s, &sim_td_default, &plain, &rows[i]);
        EXPECT_REFUSED(&s, E_TCB_STATUS_UNKNOWN, "tcbStatus: expected ");
        scene_close(&s);
    }
}

/* ---- written ------------------------------------------------------------------------ */

Test(tdx, text_and_json_say_the_same)
{
    const char *text, *json;
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    (void)judge(&s);
    text = verdict_text(&s.v, &s.a);
    json = verdict_json(&s.v, &s.a);
    cr_expect_eq(
        strncmp(json,
                "{\"outcome\":\"genuine\",\"reason\":null,\"message\":null,\"tee\":\"tdx\",\"checks\":[{",
                72),
        0, "%s", json);
    cr_expect_not_null(strstr(json, "\"simulated\":true,\"debug\":false"), "%s", json);
    cr_expect_not_null(strstr(json, "\"tdx_module_tcb_status\":\"UpToDate\",\"advisory_ids\":[]"), "%s",
                       json);
    cr_expect_not_null(strstr(json, "\"window\":{\"not_before\":\"2026-01-01T03:04:05Z\","), "%s", json);
    cr_expect_not_null(strstr(text, "\ngenuine, SIMULATED\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\ntdx_module_tcb_status         UpToDate\n"), "%s", text);
    s.what.roots = roots_production();
    (void)judge(&s);
    json = verdict_json(&s.v, &s.a);
    cr_expect_not_null(
        strstr(json, "{\"outcome\":\"rejected\",\"reason\":\"root\",\"message\":\"root certificate: "));
    cr_expect_not_null(strstr(json, "\"window\":null}"), "%s", json);
    cr_expect_null(strstr(json, "tcb_status\":"), "what was not reached is not claimed: %s", json);
    scene_close(&s);
}
