/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info, QE identity, the choice of a level and what comes of two. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "attestation/qe_identity.h"
#include "attestation/signed_json.h"
#include "attestation/tcb_info.h"
#include "base/limits.h"

/* ---- the exact bytes that were signed ----------------------------------------------- */

#define SIG                                                                                                  \
    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"                                       \
    "000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"

Test(signed_json, the_signed_bytes_are_cut_out_as_they_stand)
{
    static const struct {
        const char *text, *body;
    } rows[] = {
        {"{\"tcbInfo\":{},\"signature\":\"" SIG "\"}", "{}"},
        {"{\"tcbInfo\":{\"a\":{\"b\":[1,{}]}},\"signature\":\"" SIG "\"}", "{\"a\":{\"b\":[1,{}]}}"},
        {" {\r\n\t\"tcbInfo\" : { \"a\" : 1 } ,\"signature\":\"" SIG "\" }\n", "{ \"a\" : 1 }"},
        {"{\"signature\":\"" SIG "\",\"tcbInfo\":{\"x\":\"y\"}}", "{\"x\":\"y\"}"},
        {"{\"tcbInfo\":{\"}\":\"{[\\\"}\\\\\"},\"signature\":\"" SIG "\"}", "{\"}\":\"{[\\\"}\\\\\"}"},
        {"{\"n\":-1.5e3,\"t\":true,\"s\":\"tcbInfo\",\"l\":[\"]\"],\"tcbInfo\":{\"a\":2},\"signature\":\"" SIG
         "\"}",
         "{\"a\":2}"},
        {"{\"o\":{\"tcbInfo\":{\"a\":1}},\"tcbInfo\":{\"a\":2},\"signature\":\"" SIG "\"}", "{\"a\":2}"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signed_json j = {0};
        struct arena a = {0};
        struct err err;

        cr_assert(signed_json_split(slice_str(rows[i].text), "tcbInfo", &a, &j, &err), "row %zu: %s", i,
                  err.text);
        cr_expect(slice_equal(j.body, slice_str(rows[i].body)), "row %zu: %.*s", i, (int)j.body.len,
                  (const char *)j.body.ptr);
        cr_expect_eq(j.signature.len, 64);
        cr_expect_eq(j.signature.ptr[63], 15);
        arena_wipe(&a);
    }
}

Test(signed_json, what_is_not_such_a_document_is_refused)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "tcbInfo: is missing"},
        {"[]", "tcbInfo: $: expected an object"},
        {"{\"signature\":\"" SIG "\"}", "tcbInfo: $.tcbInfo: is missing"},
        {"{\"tcbInfo\":1,\"signature\":\"" SIG "\"}",
         "tcbInfo: $.tcbInfo: expected an object, found a whole number"},
        {"{\"tcbInfo\":{}}", "tcbInfo: $.signature: is missing"},
        {"{\"tcbInfo\":{},\"signature\":\"00\"}", "tcbInfo: $.signature: expected 128 hexadecimal digits"},
        {"{\"tcbInfo\":{},\"signature\":\"" SIG "\"} x",
         "tcbInfo: line 1, column 159: end of file expected near 'x'"},
        {"{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"" SIG "\"}",
         "tcbInfo: line 1, column 23: duplicate object key near '\"tcbInfo\"'"},
        {"{\"tcbInfo\":{},\"tcb\\u0049nfo\":{},\"signature\":\"" SIG "\"}",
         "tcbInfo: line 1, column 28: duplicate object key near '\"tcb\\u0049nfo\"'"},
        {"{\"tcb\\u0049nfo\":{},\"signature\":\"" SIG "\"}", "tcbInfo: its name is spelled with escapes"},
        {"{\"tcbInfo\":{\"a\":[{\"b\":1,\"b\":2}]},\"signature\":\"" SIG "\"}",
         "tcbInfo: line 1, column 27: duplicate object key near '\"b\"'"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signed_json j = {0};
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!signed_json_split(slice_str(rows[i].text), "tcbInfo", &a, &j, &err), "row %zu", i);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_str_eq(err.text, rows[i].why, "row %zu: %s", i, err.text);
        cr_expect_null(j.body.ptr);
        arena_wipe(&a);
    }
}

Test(signed_json, a_terminating_nul_is_no_part_of_it_and_sizes_are_bounded)
{
    static const char text[] = "{\"tcbInfo\":{},\"signature\":\"" SIG "\"}";
    struct arena a = {0};
    char *many = arena_alloc(&a, LIMIT_COLLATERAL_JSON + 1);
    struct signed_json j;
    struct err err;

    cr_expect(signed_json_split(slice_of(text, sizeof text), "tcbInfo", &a, &j, &err), "%s", err.text);
    memset(many, ' ', LIMIT_COLLATERAL_JSON + 1);
    cr_expect(!signed_json_split(slice_of(many, LIMIT_COLLATERAL_JSON + 1), "tcbInfo", &a, &j, &err));
    cr_expect_str_eq(err.text, "tcbInfo: 262145 bytes, more than the 262144 allowed");
    arena_wipe(&a);
}

Test(signed_json, every_truncation_is_refused)
{
    const struct slice text = slice_str("{\"tcbInfo\":{\"a\":[\"}\"]},\"signature\":\"" SIG "\"}");

    for (size_t len = 0; len < text.len; len++) {
        struct arena a = {0};
        struct signed_json j;
        struct err err = {0};

        cr_expect(!signed_json_split(slice_of(text.ptr, len), "tcbInfo", &a, &j, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        arena_wipe(&a);
    }
}

/* ---- TCB info ----------------------------------------------------------------------- */

#define HEAD3                                                                                                \
    "\"id\":\"SGX\",\"version\":3,\"issueDate\":\"2026-01-02T03:04:05Z\",\"nextUpdate\":\"2026-02-01T03:04:" \
    "05Z\","                                                                                                 \
    "\"fmspc\":\"00A067110000\",\"pceId\":\"0100\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17"
#define C(n) "{\"svn\":" #n "}"
#define C14                                                                                                  \
    C(0)                                                                                                     \
    "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(0) "," C(         \
        0) "," C(0) "," C(0)
#define LEVEL3(a, b, pce, status, more)                                                                      \
    "{\"tcb\":{\"sgxtcbcomponents\":[" C(a) "," C(b) "," C14 "],\"pcesvn\":" #pce "},\"tcbDate\":"           \
                                                     "\"2025-0" #b "-01T00:00:00Z\",\"tcbStatus\":\"" status \
                                                     "\"" more "}"

static bool parse_info(const char *text, struct arena *a, struct tcb_info *out, struct err *err)
{
    return tcb_info_parse(slice_str(text), a, out, err);
}

Test(tcb_info, levels_are_sorted_from_the_highest_down)
{
    static const char text[] = "{" HEAD3 ",\"tcbLevels\":[" LEVEL3(1, 9, 5, "OutOfDate", "") "," LEVEL3(
        2, 1, 5, "ConfigurationNeeded",
        ",\"advisoryIDs\":[\"INTEL-SA-2\",\"INTEL-SA-1\"]") "," LEVEL3(2, 1, 7, "UpToDate", "") "]}";
    struct arena a = {0};
    struct tcb_info info;
    struct err err;

    cr_assert(parse_info(text, &a, &info, &err), "%s", err.text);
    cr_expect_eq(info.version, 3);
    cr_expect_str_eq(info.id, "SGX");
    cr_expect_eq(info.issue_date, 1767323045);
    cr_expect_eq(info.next_update, info.issue_date + 30 * 86400);
    cr_expect(slice_equal(info.fmspc, slice_of("\x00\xa0\x67\x11\x00\x00", 6)));
    cr_expect(slice_equal(info.pce_id, slice_of("\x01\x00", 2)));
    cr_expect_eq(info.tcb_evaluation_data_number, 17);
    cr_assert_eq(info.num_levels, 3);
    cr_expect_eq(info.levels[0].status, TCB_UP_TO_DATE);
    cr_expect_eq(info.levels[0].pce_svn, 7);
    cr_expect_eq(info.levels[1].status, TCB_CONFIGURATION_NEEDED);
    cr_expect_eq(info.levels[1].num_advisories, 2);
    cr_expect_eq(info.levels[2].status, TCB_OUT_OF_DATE);
    cr_expect_eq(info.levels[2].components[1], 9);
    arena_wipe(&a);
}

Test(tcb_info, version_2_spells_components_out_and_has_no_id)
{
    static const char text[] =
        "{\"version\":2,\"issueDate\":\"2026-01-02T03:04:05Z\",\"nextUpdate\":\"2026-02-01T03:04:05Z\","
        "\"fmspc\":"
        "\"00a067110000\",\"pceId\":\"0000\",\"tcbEvaluationDataNumber\":12,\"tcbLevels\":[{\"tcb\":{"
        "\"sgxtcbcomp01svn\":1,\"sgxtcbcomp02svn\":2,\"sgxtcbcomp03svn\":3,\"sgxtcbcomp04svn\":4,"
        "\"sgxtcbcomp05svn\":5,"
        "\"sgxtcbcomp06svn\":6,\"sgxtcbcomp07svn\":7,\"sgxtcbcomp08svn\":8,\"sgxtcbcomp09svn\":9,"
        "\"sgxtcbcomp10svn\":10,"
        "\"sgxtcbcomp11svn\":11,\"sgxtcbcomp12svn\":12,\"sgxtcbcomp13svn\":13,\"sgxtcbcomp14svn\":14,"
        "\"sgxtcbcomp15svn\":15,\"sgxtcbcomp16svn\":255,\"pcesvn\":65535},\"tcbDate\":\"2021-11-10T00:00:"
        "00Z\","
        "\"tcbStatus\":\"SWHardeningNeeded\"}]}";
    struct arena a = {0};
    struct tcb_info info;
    struct err err;

    cr_assert(parse_info(text, &a, &info, &err), "%s", err.text);
    cr_expect_str_eq(info.id, "SGX");
    cr_assert_eq(info.num_levels, 1);
    for (unsigned i = 0; i < 15; i++)
        cr_expect_eq(info.levels[0].components[i], i + 1);
    cr_expect_eq(info.levels[0].components[15], 255);
    cr_expect_eq(info.levels[0].pce_svn, 65535);
    cr_expect_eq(info.levels[0].num_advisories, 0);
    arena_wipe(&a);
}

#define INFO3(levels) "{" HEAD3 ",\"tcbLevels\":[" levels "]}"

Test(tcb_info, one_wrong_member_is_refused_and_named)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *why;
    } rows[] = {
        {"[]", E_COLLATERAL_FORMAT, "$.tcbInfo: expected an object"},
        {"{}", E_COLLATERAL_FORMAT, "$.tcbInfo.version: is missing"},
        {"{\"version\":4}", E_COLLATERAL_MISMATCH, "$.tcbInfo.version: expected 2 or 3, found 4"},
        {"{\"version\":3}", E_COLLATERAL_FORMAT, "$.tcbInfo.id: is missing"},
        {"{\"version\":2,\"tdxModule\":{}}", E_COLLATERAL_FORMAT,
         "$.tcbInfo.tdxModule: does not belong into TCB info of SGX"},
        {"{\"version\":2,\"issueDate\":\"2026-01-02\"}", E_COLLATERAL_FORMAT,
         "$.tcbInfo.issueDate: expected YYYY-MM-DDThh:mm:ssZ, found \"2026-01-02\""},
        {INFO3(""), E_COLLATERAL_FORMAT, "$.tcbInfo.tcbLevels: expected 1 to 256 levels, found 0"},
        {INFO3("3"), E_COLLATERAL_FORMAT, "$.tcbInfo.tcbLevels[0]: expected an object"},
        {INFO3("{}"), E_COLLATERAL_FORMAT, "$.tcbInfo.tcbLevels[0].tcb: is missing"},
        {INFO3("{\"tcb\":{}}"), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents: is missing"},
        {INFO3("{\"tcb\":{\"sgxtcbcomponents\":[" C14 "]}}"), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents: expected 16 components, found 14"},
        {INFO3("{\"tcb\":{\"sgxtcbcomponents\":[" C14 "," C14 "]}}"), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents: expected 16 components, found 28"},
        {INFO3(LEVEL3(65536, 1, 1, "UpToDate", "")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents[0].svn: 65536 is not between 0 and 65535"},
        {INFO3(LEVEL3(-1, 1, 1, "UpToDate", "")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents[0].svn: -1 is not between 0 and 65535"},
        {INFO3(LEVEL3(1.0, 1, 1, "UpToDate", "")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.sgxtcbcomponents[0].svn: expected a whole number, found a fractional "
         "number"},
        {INFO3(LEVEL3(1, 1, 65536, "UpToDate", "")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].tcb.pcesvn: 65536 is not between 0 and 65535"},
        {INFO3(LEVEL3(1, 1, 1, "Perfect", "")), E_TCB_STATUS_UNKNOWN,
         "$.tcbInfo.tcbLevels[0].tcbStatus: expected one of the 7 TCB statuses from UpToDate to Revoked, "
         "found \"Perfect\""},
        {INFO3(LEVEL3(1, 1, 1, "UpToDate", "") "," LEVEL3(1, 1, 1, "OutOfDate", "")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels: two levels demand the same"},
        {INFO3(LEVEL3(1, 1, 1, "UpToDate", ",\"advisoryIDs\":[1]")), E_COLLATERAL_FORMAT,
         "$.tcbInfo.tcbLevels[0].advisoryIDs: element 0: expected a string, found a whole number"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tcb_info info = {.version = 77};
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!parse_info(rows[i].text, &a, &info, &err), "row %zu", i);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.text);
        cr_expect_str_eq(err.text, rows[i].why, "row %zu: %s", i, err.text);
        cr_expect_eq(info.version, 77, "row %zu: the output was touched", i);
        arena_wipe(&a);
    }
}

/* Each member that must be there, left out. */
Test(tcb_info, no_member_may_be_missing)
{
    static const char *const names[] = {
        "issueDate", "nextUpdate", "fmspc", "pceId", "tcbEvaluationDataNumber", "version", "id"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *doc = json_loads(INFO3(LEVEL3(1, 1, 1, "UpToDate", "")), 0, NULL);
        struct arena a = {0};
        struct tcb_info info;
        struct err err = {0};
        char *text;

        cr_assert_eq(json_object_del(doc, names[i]), 0);
        text = json_dumps(doc, JSON_COMPACT);
        cr_expect(!parse_info(text, &a, &info, &err));
        cr_expect_str_eq(err.text, arena_printf(&a, "$.tcbInfo.%s: is missing", names[i]), "%s", err.text);
        free(text);
        json_decref(doc);
        arena_wipe(&a);
    }
}

/* ---- TCB info of TDX ---------------------------------------------------------------- */

#define SIXTEEN(first)                                                                                       \
    "[{\"svn\":" first "},{\"svn\":0},{\"svn\":2},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"  \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}]"
#define ZEROS48                                                                                              \
    "\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\""
#define MODULE "\"mrsigner\":" ZEROS48 ",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define ISV(svn, status)                                                                                     \
    "{\"tcb\":{\"isvsvn\":" svn "},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"
#define TDX_LEVEL(sgx, tdx)                                                                                  \
    "{\"tcb\":{\"sgxtcbcomponents\":" SIXTEEN(sgx) ",\"pcesvn\":11,\"tdxtcbcomponents\":" SIXTEEN(tdx) "},"   \
    "\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}"
static const char tdx_info[] =
    "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2026-01-02T03:04:05Z\",\"nextUpdate\":\"2026-02-01T03:04:05Z\","
    "\"fmspc\":\"00A067110000\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17,"
    "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":["
    "{\"id\":\"TDX_01\"," MODULE ",\"tcbLevels\":[" ISV("2", "OutOfDate") "," ISV("5", "UpToDate") "]},"
    "{\"id\":\"tdx_0a\"," MODULE ",\"tcbLevels\":[" ISV("1", "UpToDate") "]}],"
    "\"tcbLevels\":[" TDX_LEVEL("3", "7") "," TDX_LEVEL("3", "9") "," TDX_LEVEL("4", "1") "]}";

Test(tcb_info, of_tdx_has_modules_and_components_of_its_own)
{
    struct arena a = {0};
    struct tcb_info info;
    struct err err;

    cr_assert(parse_info(tdx_info, &a, &info, &err), "%s", err.text);
    cr_assert_eq(info.num_levels, 3);
    cr_expect(info.levels[0].components[0] == 4 && info.levels[1].tdx_components[0] == 9 &&
              info.levels[2].tdx_components[0] == 7);
    cr_assert(info.has_module && info.num_modules == 2);
    cr_expect_eq(tcb_info_module(&info, 0), &info.module);
    cr_expect_eq(tcb_info_module(&info, 1), &info.modules[0]);
    cr_expect_eq(tcb_info_module(&info, 10), &info.modules[1], "compared without case");
    cr_expect_null(tcb_info_module(&info, 2));
    cr_expect_null(tcb_info_module(&info, 0xa0));
    cr_expect(info.modules[0].levels[0].isv_svn == 5 && info.modules[0].levels[1].status == TCB_OUT_OF_DATE);
    arena_wipe(&a);
}

Test(tcb_info, of_tdx_one_wrong_member_is_refused_and_named)
{
    static const struct {
        const char *what, *with, *text;
    } rows[] = {
        {"\"version\":3", "\"version\":2", "$.tcbInfo.id: version 2 is of SGX only, found \"TDX\""},
        {"\"tdxtcbcomponents\":[{\"svn\":7},", "\"tdxtcbcomponents\":[",
         "$.tcbInfo.tcbLevels[0].tcb.tdxtcbcomponents: expected 16 components, found 15"},
        {"\"tdxtcbcomponents\"", "\"tdxcomponents\"", "$.tcbInfo.tcbLevels[0].tcb.tdxtcbcomponents: is missing"},
        {"{\"svn\":7}", "{\"svn\":65536}", "$.tcbInfo.tcbLevels[0].tcb.tdxtcbcomponents[0].svn: "},
        {"{\"svn\":9}", "{\"svn\":7}", "$.tcbInfo.tcbLevels: two levels demand the same"},
        {"\"tdxModule\":{\"mrsigner\":\"00", "\"tdxModule\":{\"mrsigner\":\"", "$.tcbInfo.tdxModule.mrsigner: "},
        {"\"tdxModule\":{", "\"tdxModule\":{\"attributes\":1,\"x\":{", ""},
        {"\"tdx_0a\"", "\"TDX_01\"", "$.tcbInfo.tdxModuleIdentities: two identities have the id \"TDX_01\""},
        {"\"tdx_0a\"", "null", "$.tcbInfo.tdxModuleIdentities[1].id: is missing"},
        {"{\"isvsvn\":2}", "{\"isvsvn\":5}", "$.tcbInfo.tdxModuleIdentities[0].tcbLevels: two levels demand the same"},
        {"{\"isvsvn\":2}", "{\"isvsvn\":-1}", "$.tcbInfo.tdxModuleIdentities[0].tcbLevels[0].tcb.isvsvn: "},
        {"\"OutOfDate\"", "\"Outdated\"", "$.tcbInfo.tdxModuleIdentities[0].tcbLevels[0].tcbStatus: expected one of"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = strstr(tdx_info, rows[i].what);
        struct arena a = {0};
        struct tcb_info info;
        struct err err = {0};

        cr_assert_not_null(at, "row %zu", i);
        cr_expect(!parse_info(arena_printf(&a, "%.*s%s%s", (int)(at - tdx_info), tdx_info, rows[i].with,
                                           at + strlen(rows[i].what)),
                              &a, &info, &err),
                  "row %zu", i);
        cr_expect_not_null(strstr(err.text, rows[i].text), "row %zu: %s", i, err.text);
        arena_wipe(&a);
    }
}

/* ---- QE identity -------------------------------------------------------------------- */

#define IDENTITY(levels)                                                                                     \
    "{\"id\":\"QE\",\"version\":2,\"issueDate\":\"2026-01-02T03:04:05Z\",\"nextUpdate\":\"2026-02-01T03:04:" \
    "05Z\","                                                                                                 \
    "\"tcbEvaluationDataNumber\":17,\"miscselect\":\"D1000000\",\"miscselectMask\":\"FFFF0000\","            \
    "\"attributes\":"                                                                                        \
    "\"11000000000000000000000000000000\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","          \
    "\"mrsigner\":"                                                                                          \
    "\"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF\",\"isvprodid\":1,\"tcbLevels\":"    \
    "[" levels "]}"
#define QE(svn, status)                                                                                      \
    "{\"tcb\":{\"isvsvn\":" #svn "},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

static const uint8_t qe_signer[32] = {0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
                                      0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
                                      0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff};

Test(qe_identity, is_read_and_its_levels_sorted)
{
    struct arena a = {0};
    struct qe_identity id;
    struct err err;

    cr_assert(
        qe_identity_parse(slice_str(IDENTITY(QE(4, "Revoked") "," QE(8, "UpToDate") "," QE(6, "OutOfDate"))),
                          &a, &id, &err),
        "%s", err.text);
    cr_expect_str_eq(id.id, "QE");
    cr_expect_eq(id.version, 2);
    cr_expect_eq(id.isv_prod_id, 1);
    cr_expect(slice_equal(id.mr_signer, slice_of(qe_signer, 32)));
    cr_assert_eq(id.num_levels, 3);
    cr_expect_eq(id.levels[0].isv_svn, 8);
    cr_expect_eq(id.levels[1].status, TCB_OUT_OF_DATE);
    cr_expect_eq(id.levels[2].status, TCB_REVOKED);
    cr_expect_eq(tcb_enclave_level(id.levels, id.num_levels, 9), &id.levels[0]);
    cr_expect_eq(tcb_enclave_level(id.levels, id.num_levels, 8), &id.levels[0]);
    cr_expect_eq(tcb_enclave_level(id.levels, id.num_levels, 7), &id.levels[1]);
    cr_expect_eq(tcb_enclave_level(id.levels, id.num_levels, 4), &id.levels[2]);
    cr_expect_null(tcb_enclave_level(id.levels, id.num_levels, 3));
    arena_wipe(&a);
}

Test(qe_identity, a_wrong_level_is_refused)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *why;
    } rows[] = {
        {IDENTITY(""), E_COLLATERAL_FORMAT, "$.enclaveIdentity.tcbLevels: expected 1 to 256 levels, found 0"},
        {IDENTITY(QE(1, "UpToDate") "," QE(1, "Revoked")), E_COLLATERAL_FORMAT,
         "$.enclaveIdentity.tcbLevels: two levels demand the same"},
        {IDENTITY(QE(65536, "UpToDate")), E_COLLATERAL_FORMAT,
         "$.enclaveIdentity.tcbLevels[0].tcb.isvsvn: 65536 is not between 0 and 65535"},
        {IDENTITY(QE(1, "Fine")), E_TCB_STATUS_UNKNOWN,
         "$.enclaveIdentity.tcbLevels[0].tcbStatus: expected one of the 7 TCB statuses from UpToDate to "
         "Revoked, found "
         "\"Fine\""},
        {IDENTITY(QE(1, "SWHardeningNeeded")), E_TCB_STATUS_UNKNOWN,
         "$.enclaveIdentity.tcbLevels[0].tcbStatus: expected a status of an enclave, found "
         "SWHardeningNeeded"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct qe_identity id;
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!qe_identity_parse(slice_str(rows[i].text), &a, &id, &err), "row %zu", i);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.text);
        cr_expect_str_eq(err.text, rows[i].why, "row %zu: %s", i, err.text);
        arena_wipe(&a);
    }
}

/* MISCSELECT reads D1 00 00 00 under a mask of its first two bytes: memory order, not a number. */
Test(qe_identity, masks_select_what_is_compared)
{
    enum { MISC = 16, ATTRIBUTES = 48, SIGNER = 128, PROD_ID = 256 };
    static const struct {
        size_t at;
        uint8_t flip;
        const char *why; /* NULL: still Intel's */
    } rows[] = {
        {MISC + 2, 0xff, NULL},
        {MISC + 3, 0xff, NULL},
        {ATTRIBUTES, 0x04, NULL},
        {ATTRIBUTES + 8, 0xe7, NULL},
        {0, 0xff, NULL},
        {MISC, 0x01, "quoting enclave: MISCSELECT under its mask: expected d1000000, found d0000000"},
        {MISC + 1, 0x80, "quoting enclave: MISCSELECT under its mask: expected d1000000, found d1800000"},
        {ATTRIBUTES, 0x02,
         "quoting enclave: ATTRIBUTES under their mask: expected 11000000000000000000000000000000, found "
         "13000000000000000000000000000000"},
        {SIGNER + 31, 0x01,
         "quoting enclave: MRSIGNER: expected "
         "8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff, found "
         "8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bfe"},
        {PROD_ID, 0x03, "quoting enclave: ISVPRODID: expected 1, found 2"},
        {PROD_ID + 1, 0x01, "quoting enclave: ISVPRODID: expected 1, found 257"},
    };
    struct arena a = {0};
    struct qe_identity id;
    struct err err;

    cr_assert(qe_identity_parse(slice_str(IDENTITY(QE(1, "UpToDate"))), &a, &id, &err), "%s", err.text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t raw[SGX_REPORT_LEN] = {[MISC] = 0xd1, [ATTRIBUTES] = 0x11, [PROD_ID] = 1};
        struct sgx_report qe;

        memcpy(raw + SIGNER, qe_signer, 32);
        raw[rows[i].at] ^= rows[i].flip;
        cr_assert(sgx_report_parse(slice_of(raw, sizeof raw), &qe, &err));
        cr_expect_eq(qe_identity_match(&id, &qe, &err), rows[i].why == NULL, "row %zu: %s", i, err.text);
        if (rows[i].why == NULL)
            continue;
        cr_expect_eq(err.code, E_QE_IDENTITY);
        cr_expect_str_eq(err.text, rows[i].why, "row %zu: %s", i, err.text);
    }
    arena_wipe(&a);
}

/* ---- choosing and merging ----------------------------------------------------------- */

Test(tcb, the_highest_level_that_is_reached_in_everything_counts)
{
    static const struct tcb_level levels[] = {
        {.components = {5, 5}, .pce_svn = 10, .status = TCB_UP_TO_DATE},
        {.components = {5, 0, 9}, .pce_svn = 0, .status = TCB_SW_HARDENING_NEEDED},
        {.components = {3, 3}, .pce_svn = 10, .status = TCB_OUT_OF_DATE},
        {.components = {3, 3}, .pce_svn = 5, .status = TCB_REVOKED},
    };
    static const struct {
        uint8_t components[16];
        unsigned pce_svn;
        int level; /* -1: none */
    } rows[] = {
        {{5, 5}, 10, 0},   {{255, 255, 255, 255}, 99, 0},
        {{5, 4}, 10, 2},   {{5, 5}, 9, 3},
        {{5, 5, 9}, 9, 1}, {{4, 255, 255}, 10, 2},
        {{3, 3}, 5, 3},    {{3, 3}, 4, -1},
        {{3, 2}, 99, -1},  {{2, 255}, 99, -1},
        {{0}, 0, -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct tcb_platform has = {rows[i].components, rows[i].pce_svn, {0}};
        const struct tcb_level *got = tcb_platform_level(levels, 4, &has);

        cr_expect_eq(got == NULL ? -1 : got - levels, rows[i].level, "row %zu", i);
    }
    for (size_t i = 0; i < 16; i++) { /* what no byte can hold is reached by none */
        struct tcb_level level = {0};
        uint8_t most[16];
        const struct tcb_platform has = {most, UINT16_MAX, {0}};

        memset(most, 0xff, sizeof most);
        level.components[i] = 256;
        cr_expect_null(tcb_platform_level(&level, 1, &has), "component %zu", i);
    }
    for (size_t i = 0; i < 16; i++) { /* each component counts, the last too */
        struct tcb_level level = {0};
        uint8_t mine[16] = {0};
        const struct tcb_platform has = {mine, 0, {0}};

        level.components[i] = 128;
        mine[i] = 127;
        cr_expect_null(tcb_platform_level(&level, 1, &has), "component %zu", i);
        mine[i] = 128;
        cr_expect_eq(tcb_platform_level(&level, 1, &has), &level);
    }
}

Test(tcb, an_old_enclave_makes_the_whole_old_and_a_revoked_one_revoked)
{
#define U TCB_UP_TO_DATE
#define S TCB_SW_HARDENING_NEEDED
#define N TCB_CONFIGURATION_NEEDED
#define B TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED
#define O TCB_OUT_OF_DATE
#define X TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
#define R TCB_REVOKED
    static const struct {
        enum tcb_status platform, with_up_to_date, with_old, with_configuration, with_old_configuration;
    } rows[] = {
        {U, U, O, U, O}, {S, S, O, S, O}, {N, N, X, N, X}, {B, B, X, B, X},
        {O, O, O, O, O}, {X, X, X, X, X}, {R, R, R, R, R},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const enum tcb_status p = rows[i].platform;

        cr_expect_eq(tcb_converge(p, U), rows[i].with_up_to_date, "%s", tcb_status_name(p));
        cr_expect_eq(tcb_converge(p, O), rows[i].with_old, "%s", tcb_status_name(p));
        cr_expect_eq(tcb_converge(p, N), rows[i].with_configuration, "%s", tcb_status_name(p));
        cr_expect_eq(tcb_converge(p, X), rows[i].with_old_configuration, "%s", tcb_status_name(p));
        cr_expect_eq(tcb_converge(p, R), R, "%s", tcb_status_name(p));
    }
}

Test(tcb, advisories_are_united_sorted_and_named_once)
{
    char one[] = "INTEL-SA-1", two[] = "INTEL-SA-2", three[] = "INTEL-SA-3", two_again[] = "INTEL-SA-2";
    char *left[] = {three, two}, *right[] = {two_again, one};
    const struct tcb_level a = {.advisories = left, .num_advisories = 2},
                           b = {.advisories = right, .num_advisories = 2}, none = {0};
    const struct tcb_level *const some[] = {&a, NULL, &b}, *const empty[] = {&none, &none};
    struct arena arena = {0};
    size_t num;
    char **got = tcb_advisories(some, 3, &arena, &num);

    cr_assert_eq(num, 3);
    cr_expect_str_eq(got[0], "INTEL-SA-1");
    cr_expect_str_eq(got[1], "INTEL-SA-2");
    cr_expect_str_eq(got[2], "INTEL-SA-3");
    (void)tcb_advisories(empty, 2, &arena, &num);
    cr_expect_eq(num, 0);
    arena_wipe(&arena);
}
