/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/policy.h"

#include <criterion/criterion.h>

#include "base/text.h"

static char UP_TO_DATE[] = "UpToDate", OUT_OF_DATE[] = "OutOfDate", SWH[] = "SWHardeningNeeded",
            SWH_OTHER_CASE[] = "swhardeningneeded", REVOKED[] = "Revoked", CONFIG[] = "ConfigurationNeeded",
            SA1[] = "INTEL-SA-00001", SA2[] = "INTEL-SA-00002", SA1_LOW[] = "intel-sa-00001";

static const int64_t NOW = 1767225600;
static const uint8_t data[64] = {1, 2, 3}, other_data[64] = {1, 2, 4}, enclave[32] = {0xab, 0xcd},
                     signer[32] = {0xef};
static const char *const enclave_hex = "abcd000000000000000000000000000000000000000000000000000000000000";
static const char *const enclave_upper = "ABCD000000000000000000000000000000000000000000000000000000000000";
static const char *const signer_hex = "ef00000000000000000000000000000000000000000000000000000000000000";

static struct verdict genuine(void)
{
    return (struct verdict){
        .genuine = true,
        .claims =
            {.tee = TEE_SGX,
             .report_data = {data, 64},
             .bound = {data, 64},
             .sgx = {.mr_enclave = {enclave, 32}, .mr_signer = {signer, 32}, .isv_prod_id = 7, .isv_svn = 3}},
    };
}

/* ---- TCB status: MarbleRun's table -------------------------------------------------- */

Test(policy, up_to_date_is_always_accepted_and_others_if_listed_but_never_revoked)
{
    char *const swh[] = {SWH}, *const up[] = {UP_TO_DATE}, *const old[] = {OUT_OF_DATE},
                *const low[] = {SWH_OTHER_CASE}, *const revoked[] = {REVOKED},
                *const several[] = {CONFIG, OUT_OF_DATE, SWH};
    const struct {
        char *const *list;
        size_t num;
        bool accepted[NUM_TCB_STATUSES]; /* in the order of enum tcb_status */
    } rows[] = {
        {NULL, 0, {true, true, false, false, false, false, false}},
        {swh, 1, {true, true, false, false, false, false, false}},
        {up, 1, {true, false, false, false, false, false, false}},
        {old, 1, {true, false, false, false, true, false, false}},
        {low, 1, {true, false, false, false, false, false, false}},
        {revoked, 1, {true, false, false, false, false, false, false}},
        {several, 3, {true, true, true, false, true, false, false}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned s = 0; s < NUM_TCB_STATUSES; s++) {
            struct package_policy p = {.num_tcb_statuses = rows[i].num,
                                       .tcb_statuses = (char **)(uintptr_t)rows[i].list};
            struct verdict v = genuine();
            struct err err = {0};

            v.claims.dcap.tcb_status = (enum tcb_status)s;
            cr_expect_eq(policy_match(&p, &v, slice_of(data, 64), NOW, &err), rows[i].accepted[s],
                         "row %zu, %s: %s", i, tcb_status_name(v.claims.dcap.tcb_status), err.text);
            if (!rows[i].accepted[s])
                cr_expect_eq(err.code, E_TCB_STATUS);
        }
}

Test(policy, every_status_has_a_name_that_names_it)
{
    enum tcb_status got;

    for (unsigned s = 0; s < NUM_TCB_STATUSES; s++) {
        cr_assert(tcb_status_named(tcb_status_name((enum tcb_status)s), &got));
        cr_expect_eq(got, (enum tcb_status)s);
    }
    cr_expect(!tcb_status_named("uptodate", &got));
    cr_expect(!tcb_status_named("", &got));
    cr_expect_str_eq(tcb_status_name(NUM_TCB_STATUSES), "unknown");
}

Test(policy, advisories_count_only_with_sw_hardening_needed_and_a_list)
{
    char *const one[] = {SA1}, *const one_low[] = {SA1_LOW}, *const both[] = {SA1, SA2};
    const struct {
        enum tcb_status status;
        char *const *accepted;
        size_t num_accepted;
        char *const *found;
        size_t num_found;
        bool ok;
    } rows[] = {
        {TCB_SW_HARDENING_NEEDED, NULL, 0, both, 2, true},
        {TCB_SW_HARDENING_NEEDED, one, 1, one, 1, true},
        {TCB_SW_HARDENING_NEEDED, one, 1, both, 2, false},
        {TCB_SW_HARDENING_NEEDED, both, 2, one, 1, true},
        {TCB_SW_HARDENING_NEEDED, one_low, 1, one, 1, true},
        {TCB_SW_HARDENING_NEEDED, one, 1, NULL, 0, true},
        {TCB_UP_TO_DATE, one, 1, both, 2, true},
        {TCB_OUT_OF_DATE, one, 1, both, 2, true},
    };
    char *const statuses[] = {SWH, OUT_OF_DATE};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_policy p = {.tcb_statuses = (char **)(uintptr_t)statuses,
                                   .num_tcb_statuses = 2,
                                   .advisories = (char **)(uintptr_t)rows[i].accepted,
                                   .num_advisories = rows[i].num_accepted};
        struct verdict v = genuine();
        struct err err = {0};

        v.claims.dcap.tcb_status = rows[i].status;
        v.claims.dcap.advisories = (char **)(uintptr_t)rows[i].found;
        v.claims.dcap.num_advisories = rows[i].num_found;
        cr_expect_eq(policy_match(&p, &v, slice_of(data, 64), NOW, &err), rows[i].ok, "row %zu: %s", i,
                     err.text);
        if (!rows[i].ok) {
            cr_expect_eq(err.code, E_ADVISORY);
            cr_expect_str_eq(
                err.text, "advisory INTEL-SA-00002 applies to the platform and is not in AcceptedAdvisories");
        }
    }
}

/* ---- the rest of a package ---------------------------------------------------------- */

Test(policy, all_that_is_demanded_must_hold)
{
    const struct {
        struct package_policy p;
        enum err_code code;
        const char *text;
    } rows[] = {
        {{0}, E_NONE, ""},
        {{.unique_id = "", .signer_id = ""}, E_NONE, ""},
        {{.unique_id = enclave_hex}, E_NONE, ""},
        {{.unique_id = enclave_upper, .signer_id = signer_hex}, E_NONE, ""},
        {{.signer_id = signer_hex,
          .has_product_id = true,
          .product_id = 7,
          .has_security_version = true,
          .security_version = 3},
         E_NONE,
         ""},
        {{.has_security_version = true, .security_version = 0}, E_NONE, ""},
        {{.debug = true}, E_DEBUG, "Debug: expected true, found false"},
        {{.unique_id = signer_hex},
         E_UNIQUE_ID,
         "UniqueID: expected ef00000000000000000000000000000000000000000000000000000000000000, found "
         "abcd000000000000000000000000000000000000000000000000000000000000"},
        {{.unique_id = "abcd"},
         E_UNIQUE_ID,
         "UniqueID: expected abcd, found abcd000000000000000000000000000000000000000000000000000000000000"},
        {{.unique_id = enclave_hex, .signer_id = enclave_hex},
         E_SIGNER_ID,
         "SignerID: expected abcd000000000000000000000000000000000000000000000000000000000000, found "
         "ef00000000000000000000000000000000000000000000000000000000000000"},
        {{.has_product_id = true, .product_id = 8}, E_PRODUCT_ID, "ProductID: expected 8, found 7"},
        {{.has_product_id = true}, E_PRODUCT_ID, "ProductID: expected 0, found 7"},
        {{.has_security_version = true, .security_version = 4},
         E_SECURITY_VERSION,
         "SecurityVersion: expected at least 4, found 3"},
        {{.has_security_version = true, .security_version = UINT64_MAX},
         E_SECURITY_VERSION,
         "SecurityVersion: expected at least 18446744073709551615, found 3"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct verdict v = genuine();
        struct err err = {0};

        cr_expect_eq(policy_match(&rows[i].p, &v, slice_of(data, 64), NOW, &err), rows[i].code == E_NONE,
                     "row %zu: %s", i, err.text);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.text);
        cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);
    }
}

Test(policy, a_debug_package_refuses_production_and_the_reverse)
{
    for (int wanted = 0; wanted < 2; wanted++)
        for (int found = 0; found < 2; found++) {
            const struct package_policy p = {.debug = wanted};
            struct verdict v = genuine();
            struct err err;

            v.claims.debug = found;
            cr_expect_eq(policy_match(&p, &v, slice_of(data, 64), NOW, &err), wanted == found);
        }
}

Test(policy, all_64_bytes_of_report_data_count)
{
    const struct package_policy p = {0};
    const struct verdict v = genuine();
    struct err err = {0};
    uint8_t changed[64];

    cr_expect(!policy_match(&p, &v, slice_of(other_data, 64), NOW, &err));
    cr_expect_eq(err.code, E_REPORT_DATA);
    cr_expect(strstr(err.text, "report data: expected 010204000000") == err.text, "%s", err.text);
    for (size_t i = 0; i < sizeof changed; i++) {
        memcpy(changed, data, sizeof changed);
        changed[i] ^= 0x80;
        cr_expect(!policy_match(&p, &v, slice_of(changed, 64), NOW, &err), "byte %zu", i);
    }
    cr_expect(!policy_match(&p, &v, slice_of(data, 32), NOW, &err));
    cr_expect_str_eq(err.text, "report data: asked for 32 bytes, must be asked for 64");
    cr_expect(!policy_match(&p, &v, (struct slice){0}, NOW, &err));
    cr_expect_eq(err.code, E_REPORT_DATA);
}

Test(policy, what_is_not_genuine_matches_nothing)
{
    const struct package_policy p = {0};
    struct verdict v = genuine();
    struct err err = {0};

    v.genuine = false;
    (void)err_set(&v.reason, E_QUOTE_SIGNATURE, "changed");
    cr_expect(!policy_match(&p, &v, slice_of(data, 64), NOW, &err));
    cr_expect_eq(err.code, E_QUOTE_SIGNATURE);
    cr_expect_str_eq(err.text, "changed");
}

Test(policy, the_status_is_judged_first_and_the_properties_last)
{
    char *const one[] = {SA1}, *const both[] = {SA1, SA2};
    struct package_policy p = {.debug = true,
                               .unique_id = "00",
                               .signer_id = "00",
                               .has_product_id = true,
                               .has_security_version = true,
                               .security_version = 9,
                               .advisories = (char **)(uintptr_t)one,
                               .num_advisories = 1};
    static const enum err_code order[] = {E_TCB_STATUS, E_ADVISORY,  E_REPORT_DATA, E_DEBUG,
                                          E_UNIQUE_ID,  E_SIGNER_ID, E_PRODUCT_ID,  E_SECURITY_VERSION};
    struct verdict v = genuine();
    struct slice asked = slice_of(other_data, 64);

    v.claims.dcap.tcb_status = TCB_OUT_OF_DATE;
    v.claims.dcap.advisories = (char **)(uintptr_t)both;
    v.claims.dcap.num_advisories = 2;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        struct err err = {0};

        cr_expect(!policy_match(&p, &v, asked, NOW, &err));
        cr_expect_eq(err.code, order[i], "step %zu: %s", i, err.text);
        switch (order[i]) { /* mend what was refused */
        case E_TCB_STATUS:
            v.claims.dcap.tcb_status = TCB_SW_HARDENING_NEEDED;
            break;
        case E_ADVISORY:
            v.claims.dcap.num_advisories = 1;
            break;
        case E_REPORT_DATA:
            asked = slice_of(data, 64);
            break;
        case E_DEBUG:
            p.debug = false;
            break;
        case E_UNIQUE_ID:
            p.unique_id = NULL;
            break;
        case E_SIGNER_ID:
            p.signer_id = signer_hex;
            break;
        case E_PRODUCT_ID:
            p.product_id = 7;
            break;
        default:
            p.security_version = 3;
            break;
        }
    }
    struct err err = {0};
    cr_expect(policy_match(&p, &v, asked, NOW, &err), "%s", err.text);
}

/* ---- the rule of sets --------------------------------------------------------------- */

Test(policy, unique_id_stands_alone_or_signer_product_and_version_together)
{
    const struct {
        struct package_policy p;
        enum err_code code;
        const char *text;
    } rows[] = {
        {{.unique_id = "ab"}, E_NONE, NULL},
        {{.unique_id = "ab", .signer_id = ""}, E_NONE, NULL},
        {{.signer_id = "ab", .has_product_id = true, .has_security_version = true}, E_NONE, NULL},
        {{.unique_id = "ab", .signer_id = "cd"},
         E_PACKAGE_CONFLICT,
         "UniqueID is given together with SignerID"},
        {{.unique_id = "ab", .has_product_id = true},
         E_PACKAGE_CONFLICT,
         "UniqueID is given together with ProductID"},
        {{.unique_id = "ab", .has_security_version = true},
         E_PACKAGE_CONFLICT,
         "UniqueID is given together with SecurityVersion"},
        {{0},
         E_PACKAGE_INCOMPLETE,
         "UniqueID is not given, and without it these are missing: SignerID, ProductID, SecurityVersion"},
        {{.unique_id = "", .has_product_id = true, .has_security_version = true},
         E_PACKAGE_INCOMPLETE,
         "UniqueID is not given, and without it these are missing: SignerID"},
        {{.signer_id = "ab", .has_security_version = true},
         E_PACKAGE_INCOMPLETE,
         "UniqueID is not given, and without it these are missing: ProductID"},
        {{.signer_id = "ab", .has_product_id = true},
         E_PACKAGE_INCOMPLETE,
         "UniqueID is not given, and without it these are missing: SecurityVersion"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_policy debug = rows[i].p;
        char unset[] = "unset", *warning = unset;
        struct arena a = {0};
        struct err err = {0};

        cr_expect_eq(policy_check(&rows[i].p, &a, &warning, &err), rows[i].code == E_NONE, "row %zu: %s", i,
                     err.text);
        cr_expect_eq(err.code, rows[i].code, "row %zu", i);
        if (rows[i].code == E_NONE)
            cr_expect_null(warning);
        else
            cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);

        debug.debug = true;
        cr_expect(policy_check(&debug, &a, &warning, &err), "row %zu: with Debug it is only a warning", i);
        if (rows[i].text == NULL)
            cr_expect_null(warning);
        else
            cr_expect_str_eq(warning, rows[i].text);
        arena_wipe(&a);
    }
}

/* ---- reading and writing ------------------------------------------------------------ */

static bool parse(const char *text, struct arena *a, struct package_policy *out, struct err *err)
{
    json_t *doc = NULL;
    struct fields f;
    bool ok;

    cr_assert(json_parse(slice_str(text), JSON_LAST_WINS, E_JSON_SYNTAX, &doc, err), "%s", err->text);
    f = fields_of(doc, "$.Packages.p", JSON_FOLD, E_JSON_SYNTAX, a, err);
    ok = policy_parse(&f, out);
    json_decref(doc);
    return ok;
}

Test(policy, what_is_written_is_what_was_read)
{
    static const char *const texts[] = {
        "{\"Debug\":false}",
        "{\"Debug\":true,\"UniqueID\":\"AB\"}",
        "{\"Debug\":false,\"SignerID\":\"cd\",\"ProductID\":0,\"SecurityVersion\":3}",
        "{\"Debug\":false,\"UniqueID\":\"a\\\"b\",\"AcceptedTCBStatuses\":[\"OutOfDate\","
        "\"SWHardeningNeeded\"],"
        "\"AcceptedAdvisories\":[\"INTEL-SA-00615\"]}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct package_policy p;
        struct arena a = {0};
        struct err err;

        cr_assert(parse(texts[i], &a, &p, &err), "%s", err.text);
        cr_expect_str_eq(policy_json(&p, &a), texts[i]);
        arena_wipe(&a);
    }
}

Test(policy, names_are_folded_absent_is_not_zero_and_wrong_types_are_told)
{
    static const struct {
        const char *json, *text;
    } bad[] = {
        {"{\"Debug\":1}", "$.Packages.p.Debug: expected true or false, found a whole number"},
        {"{\"ProductID\":-1}", "$.Packages.p.ProductID: -1 is not between 0 and 18446744073709551615"},
        {"{\"SecurityVersion\":\"1\"}",
         "$.Packages.p.SecurityVersion: expected a whole number, found a string"},
        {"{\"AcceptedTCBStatuses\":\"x\"}",
         "$.Packages.p.AcceptedTCBStatuses: expected an array of strings, found a string"},
        {"{\"AcceptedAdvisories\":[1]}",
         "$.Packages.p.AcceptedAdvisories: element 0: expected a string, found a whole number"},
    };
    struct package_policy p;
    struct arena a = {0};
    struct err err;

    cr_assert(parse("{\"securityversion\":0,\"PRODUCTID\":null}", &a, &p, &err), "%s", err.text);
    cr_expect(p.has_security_version && p.security_version == 0);
    cr_expect(!p.has_product_id && p.unique_id == NULL && !p.debug);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect(!parse(bad[i].json, &a, &p, &err), "row %zu", i);
        cr_expect_str_eq(err.text, bad[i].text, "row %zu: %s", i, err.text);
    }
    arena_wipe(&a);
}

Test(policy, its_fields_are_the_known_ones)
{
    static const char *const names[] = {"Debug",
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
                                        "Nitro"};
    size_t num = 0;

    while (policy_known_fields[num] != NULL)
        num++;
    cr_assert_eq(num, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < num; i++)
        cr_expect_str_eq(policy_known_fields[i], names[i]);
}
