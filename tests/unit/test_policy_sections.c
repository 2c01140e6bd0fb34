/* SPDX-License-Identifier: Apache-2.0 */
/* Policies for TEEs other than SGX: read from JSON as an owner writes them, matched with claims made by hand. */
#include <criterion/criterion.h>

#include "attestation/policy.h"
#include "base/clock.h"
#include "base/text.h"
#include "pki/hash.h"

#define HEX8(c)  c c c c c c c c
#define A48      HEX8("aaaaaaaaaaaa")
#define B48      HEX8("bbbbbbbbbbbb")
#define C32      HEX8("cccccccc")
#define ZERO48   HEX8("000000000000")

static uint8_t bound[64] = {1, 2, 3}, a48[48], b48[48], c32[32], zero48[48], id8[8], xfam[8] = {0xe7, 0x02, 0x06};
static const int64_t NOW = 1767225600; /* 2026-01-01T00:00:00Z */

static void setup(void)
{
    memset(a48, 0xaa, sizeof a48);
    memset(b48, 0xbb, sizeof b48);
    memset(c32, 0xcc, sizeof c32);
    pki_init();
}

#define SLICE(array) {array, sizeof array}

static struct verdict td(void)
{
    struct verdict v = {.genuine = true, .claims = {.tee = TEE_TDX, .tee_name = "tdx", .bound = SLICE(bound)}};

    v.claims.tdx = (struct tdx_claims){
        .mr_td = SLICE(a48),
        .rtmr = {SLICE(b48), SLICE(b48), SLICE(zero48), SLICE(zero48)},
        .mr_seam = SLICE(b48),
        .mr_config_id = SLICE(zero48),
        .mr_owner = SLICE(zero48),
        .mr_owner_config = SLICE(zero48),
        .td_attributes = SLICE(id8),
        .xfam = SLICE(xfam),
    };
    return v;
}

static struct verdict guest(void)
{
    struct verdict v = {.genuine = true, .claims = {.tee = TEE_SNP, .tee_name = "snp", .bound = SLICE(bound)}};
    const struct snp_tcb tcb = {.bl = 4, .tee = 0, .snp = 24, .ucode = 219};

    v.claims.snp = (struct snp_claims){
        .guest_svn = 2,
        .policy = 0x3001f | 1 << 16 | 1 << 17,
        .platform_info = 0x25,
        .measurement = SLICE(a48),
        .host_data = SLICE(c32),
        .id_key_digest = SLICE(b48),
        .author_key_digest = SLICE(zero48),
        .reported = tcb,
        .committed = tcb,
        .launch = tcb,
        .product = "Milan",
        .signing_key = "VCEK",
    };
    return v;
}

static bool parse(const char *text, struct arena *a, struct package_policy *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct fields f;

    if (!json_parse(slice_str(text), JSON_NO_DUPLICATES, E_MANIFEST_SYNTAX, &json, err))
        return false;
    f = fields_of(json, "$.Packages.p", JSON_FOLD, E_MANIFEST_SYNTAX, a, err);
    return policy_parse(&f, out);
}

static enum err_code match_at(const char *text, const struct verdict *v, int64_t now, struct err *err)
{
    struct arena a = {0};
    struct package_policy p;
    bool ok;

    *err = (struct err){0};
    cr_assert(parse(text, &a, &p, err), "%s: %s", text, err->text);
    ok = policy_match(&p, v, slice_of(bound, sizeof bound), now, err);
    cr_assert_eq(ok, err->code == E_NONE);
    arena_wipe(&a);
    return err->code;
}

struct refused {
    const char *policy;
    enum err_code code;
    const char *words;
};

static void check_rows(const struct verdict *v, const char *const *accepted, const struct refused *refused)
{
    struct err err;

    for (; *accepted != NULL; accepted++)
        cr_expect_eq(match_at(*accepted, v, NOW, &err), E_NONE, "%s: %s", *accepted, err.text);
    for (; refused->policy != NULL; refused++) {
        cr_expect_eq(match_at(refused->policy, v, NOW, &err), refused->code, "%s: %s", refused->policy, err.text);
        cr_expect(strstr(err.text, refused->words) != NULL, "%s: %s", refused->policy, err.text);
    }
}

TestSuite(policy_sections, .init = setup);

Test(policy_sections, a_td_is_what_each_of_the_values_says)
{
    const struct verdict v = td();
    static const char *const accepted[] = {
        "{\"TDX\":{\"MRTD\":\"" A48 "\"}}",
        "{\"tdx\":{\"mrtd\":\"" A48 "\"}}",
        "{\"TDX\":{\"MRTD\":[\"" B48 "\",\"" A48 "\"],\"RTMR0\":\"" B48 "\",\"RTMR2\":\"" ZERO48 "\"}}",
        "{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"NotBefore\":\"2026-01-01T00:00:00Z\"}}}",
        "{\"TDX\":{\"MRTD\":\"" A48 "\",\"XFAM\":\"e702060000000000\",\"TDAttributes\":\"0000000000000000\"}}",
        "{\"TDX\":{\"MRTD\":\"" A48 "\",\"XFAM\":{\"Value\":\"0700000000000000\",\"Mask\":\"0f00000000000000\"}}}",
        "{\"TDX\":{\"MRTD\":\"" A48 "\"},\"UniqueID\":\"00\"}",
        "{\"TDX\":{\"MRTD\":\"" A48 "\",\"MRSEAM\":\"" B48 "\",\"MRCONFIGID\":\"" ZERO48 "\",\"MROWNER\":\"" ZERO48
        "\",\"MROWNERCONFIG\":\"" ZERO48 "\"}}",
        NULL,
    };
    static const struct refused refused[] = {
        {"{\"TDX\":{\"MRTD\":\"" B48 "\"}}", E_MEASUREMENT, "MRTD: expected bbbb"},
        {"{\"TDX\":{\"MRTD\":[\"" B48 "\",\"" ZERO48 "\"]}}", E_MEASUREMENT, "one of 2 accepted values"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"NotAfter\":\"2025-12-31T23:59:59Z\"}}}", E_MEASUREMENT,
         "is accepted until 2025-12-31T23:59:59Z only"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"NotBefore\":\"2026-01-01T00:00:01Z\"}}}", E_MEASUREMENT,
         "is accepted from 2026-01-01T00:00:01Z only"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"RTMR1\":\"" A48 "\"}}", E_RUNTIME_MEASUREMENT, "RTMR1"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"RTMR3\":\"" A48 "\"}}", E_RUNTIME_MEASUREMENT, "RTMR3"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"MROWNER\":\"" A48 "\"}}", E_MEASUREMENT, "MROWNER"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"MRSERVICETD\":\"" A48 "\"}}", E_MEASUREMENT, "does not have it"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"TDAttributes\":\"0000001000000000\"}}", E_TEE_ATTRIBUTES, "TDAttributes"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\",\"XFAM\":\"e702060000000001\"}}", E_TEE_ATTRIBUTES, "XFAM"},
        {"{\"UniqueID\":\"00\"}", E_TEE_KIND, "the policy describes SGX only"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"}}", E_TEE_KIND, "the policy describes SNP only"},
        {"{\"Debug\":true,\"TDX\":{\"MRTD\":\"" A48 "\"}}", E_DEBUG, "Debug"},
        {0},
    };

    check_rows(&v, accepted, refused);
}

Test(policy_sections, a_service_td_is_accepted_only_by_name)
{
    struct verdict v = td();
    struct err err;

    v.claims.tdx.mr_service_td = slice_of(a48, 48);
    cr_expect_eq(match_at("{\"TDX\":{\"MRTD\":\"" A48 "\"}}", &v, NOW, &err), E_MEASUREMENT);
    cr_expect_eq(match_at("{\"TDX\":{\"MRTD\":\"" A48 "\",\"MRSERVICETD\":\"" A48 "\"}}", &v, NOW, &err), E_NONE, "%s",
                 err.text);
}

Test(policy_sections, a_guest_is_what_each_property_says)
{
    const struct verdict v = guest();
    static const char *const accepted[] = {
        "{\"SNP\":{\"Measurement\":\"" A48 "\"}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"HostData\":\"" C32 "\",\"IDKeyDigest\":\"" B48 "\"}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"BL\":4,\"SNP\":24,\"Ucode\":219}}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"FMC\":9}}}", /* Milan has none */
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"Products\":[\"Genoa\",\"Milan\"],\"SigningKey\":\"VCEK\"}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"Policy\":{\"AllowSMT\":true,\"MinimumABI\":\"0.31\"}}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"Platform\":{\"RequireECC\":true,\"RequireAliasCheck\":true}}}",
        "{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumGuestSVN\":2,\"VMPL\":0}}",
        NULL,
    };
    static const struct refused refused[] = {
        {"{\"SNP\":{\"Measurement\":\"" B48 "\"}}", E_MEASUREMENT, "Measurement"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"HostData\":\"00" HEX8("cccccc") "cccccccccccccc\"}}", E_HOST_DATA,
         "HostData"},
        {"{\"SNP\":{\"IDKeyDigest\":\"" A48 "\"}}", E_KEY_DIGEST, "IDKeyDigest"},
        {"{\"SNP\":{\"AuthorKeyDigest\":\"" A48 "\"}}", E_KEY_DIGEST, "AuthorKeyDigest"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"VMPL\":1}}", E_VMPL, "expected 1, found 0"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"BL\":5}}}", E_TCB_MINIMUM, "BL: expected at least 5"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"TEE\":1}}}", E_TCB_MINIMUM, "TEE"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"SNP\":25}}}", E_TCB_MINIMUM, "SNP: expected"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"Ucode\":220}}}", E_TCB_MINIMUM, "Ucode"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"Products\":[\"Turin\"]}}", E_PRODUCT_LINE, "Milan"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"SigningKey\":\"VLEK\"}}", E_PRODUCT_LINE, "VLEK"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"Policy\":{\"AllowSMT\":false}}}", E_TEE_ATTRIBUTES, "AllowSMT"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"Policy\":{\"RequireSingleSocket\":true}}}", E_TEE_ATTRIBUTES,
         "RequireSingleSocket"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"Policy\":{\"MinimumABI\":\"0.32\"}}}", E_TEE_ATTRIBUTES, "ABI"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"Platform\":{\"RequireTSME\":true}}}", E_TEE_ATTRIBUTES, "RequireTSME"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumGuestSVN\":3}}", E_SECURITY_VERSION, "at least 3"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"},\"UVM\":{\"Issuers\":[\"did:x509:0:x\"]}}", E_UVM, "has none"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"},\"VTPM\":{\"PCRs\":{\"0\":\"" C32 "\"}}}", E_RUNTIME_MEASUREMENT,
         "no vTPM quote"},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\"}}", E_TEE_KIND, "TDX"},
        {0},
    };

    check_rows(&v, accepted, refused);
}

Test(policy_sections, migration_and_other_privilege_levels_are_refused_unless_accepted)
{
    struct verdict v = guest();
    struct err err;

    v.claims.snp.policy |= 1 << 18;
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48 "\"}}", &v, NOW, &err), E_TEE_ATTRIBUTES);
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48 "\",\"Policy\":{\"AllowMigration\":true}}}", &v, NOW, &err),
                 E_NONE, "%s", err.text);
    cr_expect_eq(match_at("{}", &v, NOW, &err), E_NONE, "a policy that describes nothing accepts any TEE: %s", err.text);
    v = guest();
    v.claims.snp.vmpl = 1;
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48 "\"}}", &v, NOW, &err), E_VMPL);
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48 "\",\"VMPL\":1}}", &v, NOW, &err), E_NONE, "%s", err.text);
}

Test(policy_sections, each_of_reported_committed_and_launch_tcb_has_to_reach_the_minimum)
{
    struct verdict v[3] = {guest(), guest(), guest()};
    static const char *const words[] = {"reported", "committed", "launch"};
    struct err err;

    v[0].claims.snp.reported.snp = v[1].claims.snp.committed.snp = v[2].claims.snp.launch.snp = 23;
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48 "\",\"MinimumTCB\":{\"SNP\":24}}}", &v[i], NOW, &err),
                     E_TCB_MINIMUM);
        cr_expect(strstr(err.text, words[i]) != NULL, "%s", err.text);
    }
}

Test(policy_sections, host_data_may_be_given_as_the_policy_it_is_the_digest_of)
{
    static const char rego[] = "package policy\n\ndefault allow := false\n";
    struct verdict v = guest();
    struct arena a = {0};
    uint8_t digest[32];
    struct err err;

    sha256(digest, slice_str(rego));
    v.claims.snp.host_data = slice_of(digest, 32);
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48
                          "\",\"CCEPolicy\":\"package policy\\n\\ndefault allow := false\\n\"}}",
                          &v, NOW, &err),
                 E_NONE, "%s", err.text);
    cr_expect_eq(match_at(arena_printf(&a, "{\"SNP\":{\"Measurement\":\"" A48 "\",\"CCEPolicy\":\"%s\"}}",
                                       base64_text(&a, slice_str(rego), BASE64_STD)),
                          &v, NOW, &err),
                 E_NONE, "%s", err.text);
    cr_expect_eq(match_at("{\"SNP\":{\"Measurement\":\"" A48
                          "\",\"CCEPolicy\":\"package policy\\n\\ndefault allow := true\\n\"}}",
                          &v, NOW, &err),
                 E_HOST_DATA);
    arena_wipe(&a);
}

Test(policy_sections, an_endorsement_is_of_an_accepted_issuer_and_new_enough)
{
    struct verdict v = guest();
    static const char *const accepted[] = {
        "{\"UVM\":{\"Issuers\":[\"did:x509:0:other\",\"did:x509:0:x\"]}}",
        "{\"UVM\":{\"Issuers\":[\"did:x509:0:x\"],\"Feed\":\"ContainerPlat-AMD-UVM\",\"MinimumSVN\":101}}",
        NULL,
    };
    static const struct refused refused[] = {
        {"{\"UVM\":{\"Issuers\":[\"did:x509:0:other\"]}}", E_UVM, "issuer did:x509:0:x"},
        {"{\"UVM\":{\"Issuers\":[\"did:x509:0:x\"],\"Feed\":\"Other\"}}", E_UVM, "feed"},
        {"{\"UVM\":{\"Issuers\":[\"did:x509:0:x\"],\"MinimumSVN\":102}}", E_UVM, "at least 102, found 101"},
        {0},
    };

    v.claims.uvm = (struct uvm_claims){
        .there = true, .did = "did:x509:0:x", .feed = "ContainerPlat-AMD-UVM", .svn = "101", .svn_number = 101};
    check_rows(&v, accepted, refused);
}

Test(policy_sections, behind_a_paravisor_the_guest_is_what_its_pcrs_say)
{
    struct verdict v = guest();
    static const char *const accepted[] = {
        "{\"SNP\":{\"Measurement\":\"" A48 "\"},\"VTPM\":{\"PCRs\":{\"0\":\"" C32 "\",\"23\":[\"" C32 "\"]}}}",
        "{\"VTPM\":{\"PCRs\":{\"0\":\"" C32 "\"}}}",
        "{}",
        NULL,
    };
    static const struct refused refused[] = {
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"}}", E_TEE_KIND, "VTPM"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"},\"VTPM\":{\"PCRs\":{\"1\":\"" C32 "\"}}}", E_RUNTIME_MEASUREMENT,
         "VTPM PCR: 1"},
        {"{\"VTPM\":{\"PCRs\":{\"1\":\"" C32 "\"}}}", E_RUNTIME_MEASUREMENT, "VTPM PCR: 1"},
        {0},
    };

    v.claims.tee_name = "az-snp-vtpm";
    v.claims.vtpm.there = v.claims.vtpm.quoted = true;
    v.claims.vtpm.pcrs[0] = v.claims.vtpm.pcrs[23] = slice_of(c32, 32);
    v.claims.vtpm.pcrs[1] = slice_of(a48, 32);
    check_rows(&v, accepted, refused);
}

Test(policy_sections, a_nitro_enclave_is_what_its_pcrs_say)
{
    struct verdict v = {.genuine = true, .claims = {.tee = TEE_NITRO, .tee_name = "nitro", .bound = SLICE(bound)}};
    static const char *const accepted[] = {"{\"Nitro\":{\"PCRs\":{\"0\":\"" A48 "\",\"31\":\"" B48 "\"}}}", NULL};
    static const struct refused refused[] = {
        {"{\"Nitro\":{\"PCRs\":{\"0\":\"" B48 "\"}}}", E_RUNTIME_MEASUREMENT, "Nitro PCR: 0"},
        {"{\"Nitro\":{\"PCRs\":{\"8\":\"" A48 "\"}}}", E_RUNTIME_MEASUREMENT, "8"},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"}}", E_TEE_KIND, "nitro"},
        {"{\"VTPM\":{\"PCRs\":{\"0\":\"" C32 "\"}}}", E_TEE_KIND, "VTPM only"},
        {0},
    };

    v.claims.nitro.pcrs[0] = slice_of(a48, 48);
    v.claims.nitro.pcrs[31] = slice_of(b48, 48);
    check_rows(&v, accepted, refused);
}

/* ---- statuses with conditions -------------------------------------------------------------------- */

Test(policy_sections, a_status_may_be_accepted_for_named_advisories_until_a_date)
{
    static char sa1[] = "INTEL-SA-00001", sa2[] = "INTEL-SA-00002";
    static char *advisories[] = {sa1, sa2};
    static const struct {
        const char *entry;
        enum tcb_status status;
        size_t num_advisories;
        enum err_code code;
    } rows[] = {
        {"{\"Status\":\"OutOfDate\"}", TCB_OUT_OF_DATE, 2, E_NONE},
        {"{\"Status\":\"OutOfDate\"}", TCB_CONFIGURATION_NEEDED, 0, E_TCB_STATUS},
        {"{\"Status\":\"OutOfDate\"}", TCB_REVOKED, 0, E_TCB_STATUS},
        {"{\"Status\":\"OutOfDate\",\"Until\":\"2026-01-01T00:00:00Z\"}", TCB_OUT_OF_DATE, 0, E_NONE},
        {"{\"Status\":\"OutOfDate\",\"Until\":\"2025-12-31T23:59:59Z\"}", TCB_OUT_OF_DATE, 0, E_TCB_STATUS},
        {"{\"Status\":\"OutOfDate\",\"Advisories\":[\"intel-sa-00001\"]}", TCB_OUT_OF_DATE, 1, E_NONE},
        {"{\"Status\":\"OutOfDate\",\"Advisories\":[\"intel-sa-00001\"]}", TCB_OUT_OF_DATE, 2, E_ADVISORY},
        {"{\"Status\":\"OutOfDate\",\"Advisories\":[]}", TCB_OUT_OF_DATE, 1, E_ADVISORY},
        {"{\"Status\":\"OutOfDate\",\"Advisories\":[]}", TCB_OUT_OF_DATE, 0, E_NONE},
        {"{\"Status\":\"SWHardeningNeeded\",\"Advisories\":[\"INTEL-SA-00001\",\"INTEL-SA-00002\"]}",
         TCB_SW_HARDENING_NEEDED, 2, E_NONE},
        {"{\"Status\":\"TDRelaunchAdvised\"}", TCB_TD_RELAUNCH_ADVISED, 0, E_NONE},
    };
    struct arena a = {0};
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v = td();

        v.claims.dcap.tcb_status = rows[i].status;
        v.claims.dcap.advisories = advisories;
        v.claims.dcap.num_advisories = rows[i].num_advisories;
        cr_expect_eq(match_at(arena_printf(&a, "{\"AcceptedAdvisories\":[\"INTEL-SA-9\"],\"AcceptedTCB\":[%s]}",
                                           rows[i].entry),
                              &v, NOW, &err),
                     rows[i].code, "row %zu: %s", i, err.text);
    }
    arena_wipe(&a);
}

Test(policy_sections, collateral_that_is_too_old_is_refused)
{
    struct verdict v = td();
    struct err err;

    v.claims.dcap.tcb_evaluation_data_number = 17;
    cr_expect_eq(match_at("{\"MinimumTCBEvaluationDataNumber\":17}", &v, NOW, &err), E_NONE, "%s", err.text);
    cr_expect_eq(match_at("{\"MinimumTCBEvaluationDataNumber\":18}", &v, NOW, &err), E_TCB_EVALUATION);
}

/* ---- what cannot be read ---------------------------------------------------------------------------- */

Test(policy_sections, what_is_misspelt_or_malformed_is_refused_with_its_path)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"{\"TDX\":{\"MRTDD\":\"" A48 "\"}}", "$.Packages.p.TDX.MRTDD: there is no such member"},
        {"{\"TDX\":{\"MRTD\":\"aa\"}}", "$.Packages.p.TDX.MRTD: expected 96 hexadecimal digits"},
        {"{\"TDX\":{\"MRTD\":[]}}", "$.Packages.p.TDX.MRTD: expected 1 to"},
        {"{\"TDX\":{\"MRTD\":7}}", "$.Packages.p.TDX.MRTD: expected hexadecimal digits, an object"},
        {"{\"TDX\":{\"MRTD\":[[]]}}", "$.Packages.p.TDX.MRTD"},
        {"{\"TDX\":{\"MRTD\":{}}}", "Value"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"Mask\":\"00\"}}}", "Mask: expected 96"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"Until\":\"x\"}}}", "Until: there is no such member"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48 "\",\"NotAfter\":\"tomorrow\"}}}", "expected a time"},
        {"{\"TDX\":{\"MRTD\":{\"Value\":\"" A48
         "\",\"NotBefore\":\"2026-01-02T00:00:00Z\",\"NotAfter\":\"2026-01-01T00:00:00Z\"}}}",
         "no time would be accepted"},
        {"{\"TDX\":[]}", "$.Packages.p.TDX: expected an object"},
        {"{\"SNP\":{\"Measurment\":\"" A48 "\"}}", "$.Packages.p.SNP.Measurment"},
        {"{\"SNP\":{\"VMPL\":4}}", "$.Packages.p.SNP.VMPL"},
        {"{\"SNP\":{\"Products\":[\"Rome\"]}}", "Milan, Genoa or Turin"},
        {"{\"SNP\":{\"SigningKey\":\"vcek\"}}", "VCEK or VLEK"},
        {"{\"SNP\":{\"Policy\":{\"SMT\":true}}}", "$.Packages.p.SNP.Policy.SMT"},
        {"{\"SNP\":{\"Policy\":{\"MinimumABI\":\"1\"}}}", "1.55"},
        {"{\"SNP\":{\"Policy\":{\"MinimumABI\":\"1.256\"}}}", "1.55"},
        {"{\"SNP\":{\"Policy\":{\"MinimumABI\":\"1.5x\"}}}", "1.55"},
        {"{\"SNP\":{\"Platform\":{\"RequireRAM\":true}}}", "RequireRAM"},
        {"{\"SNP\":{\"MinimumTCB\":{\"Bootloader\":1}}}", "Bootloader"},
        {"{\"SNP\":{\"MinimumTCB\":{\"BL\":256}}}", "BL"},
        {"{\"SNP\":{\"HostData\":\"" C32 "\",\"CCEPolicy\":\"package p\"}}", "together with HostData"},
        {"{\"SNP\":{\"CCEPolicy\":\"\"}}", "is empty"},
        {"{\"UVM\":{\"Issuer\":\"x\"}}", "$.Packages.p.UVM.Issuer"},
        {"{\"VTPM\":{\"PCRs\":{\"24\":\"" C32 "\"}}}", "PCRs.24"},
        {"{\"VTPM\":{\"PCRs\":{\"0\":\"" A48 "\"}}}", "64 hexadecimal digits"},
        {"{\"VTPM\":{\"PCR\":{}}}", "$.Packages.p.VTPM.PCR"},
        {"{\"Nitro\":{\"PCRs\":{\"32\":\"" A48 "\"}}}", "PCRs.32"},
        {"{\"AcceptedTCB\":[{\"Status\":\"Old\"}]}", "$.Packages.p.AcceptedTCB[0].Status"},
        {"{\"AcceptedTCB\":[{\"Status\":\"Revoked\"}]}", "never accepted"},
        {"{\"AcceptedTCB\":[{\"Status\":\"OutOfDate\",\"Advisory\":\"x\"}]}", "Advisory"},
        {"{\"AcceptedTCB\":[7]}", "AcceptedTCB[0]"},
        {"{\"AcceptedTCB\":[{\"Status\":\"OutOfDate\",\"Until\":\"soon\"}]}", "expected a time"},
        {"{\"MinimumTCBEvaluationDataNumber\":-1}", "MinimumTCBEvaluationDataNumber"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_policy p;
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!parse(rows[i].text, &a, &p, &err), "row %zu: %s", i, rows[i].text);
        cr_expect_eq(err.code, E_MANIFEST_SYNTAX, "row %zu: %s", i, err.text);
        cr_expect(strstr(err.text, rows[i].words) != NULL, "row %zu: %s", i, err.text);
        arena_wipe(&a);
    }
}

Test(policy_sections, a_section_must_tell_programs_apart)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"{\"TDX\":{\"MRTD\":\"" A48 "\"}}", E_NONE},
        {"{\"TDX\":{\"RTMR0\":\"" A48 "\"}}", E_PACKAGE_INCOMPLETE},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"}}", E_NONE},
        {"{\"SNP\":{\"IDKeyDigest\":\"" A48 "\"}}", E_NONE},
        {"{\"SNP\":{\"AuthorKeyDigest\":\"" A48 "\"}}", E_NONE},
        {"{\"SNP\":{\"HostData\":\"" C32 "\"}}", E_PACKAGE_INCOMPLETE},
        {"{\"SNP\":{\"HostData\":\"" C32 "\"},\"UVM\":{\"Issuers\":[\"did\"]}}", E_NONE},
        {"{\"UVM\":{\"Issuers\":[\"did\"]}}", E_NONE},
        {"{\"UVM\":{\"MinimumSVN\":3}}", E_PACKAGE_INCOMPLETE},
        {"{\"VTPM\":{\"PCRs\":{\"0\":\"" C32 "\"}}}", E_PACKAGE_INCOMPLETE},
        {"{\"SNP\":{\"Measurement\":\"" A48 "\"},\"VTPM\":{}}", E_PACKAGE_INCOMPLETE},
        {"{\"Nitro\":{}}", E_PACKAGE_INCOMPLETE},
        {"{\"Nitro\":{\"PCRs\":{\"0\":\"" A48 "\"}}}", E_NONE},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\"},\"SignerID\":\"aa\"}", E_PACKAGE_INCOMPLETE},
        {"{\"TDX\":{\"MRTD\":\"" A48 "\"},\"UniqueID\":\"aa\"}", E_NONE},
        {"{}", E_PACKAGE_INCOMPLETE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_policy p;
        struct arena a = {0};
        struct err err = {0};
        char *warning;

        cr_assert(parse(rows[i].text, &a, &p, &err), "%s", err.text);
        (void)policy_check(&p, &a, &warning, &err);
        cr_expect_eq(err.code, rows[i].code, "%s: %s", rows[i].text, err.text);
        arena_wipe(&a);
    }
}

Test(policy_sections, what_is_written_is_read_again_as_the_same)
{
    static const char *const texts[] = {
        "{\"Debug\":true,\"TDX\":{\"MRTD\":[{\"Value\":\"" A48 "\"}],\"XFAM\":[{\"Value\":\"e702060000000000\",\"Mask\":"
        "\"ff00000000000000\",\"NotBefore\":\"2026-01-01T00:00:00Z\",\"NotAfter\":\"2027-01-01T00:00:00Z\"}]}}",
        "{\"Debug\":false,\"SNP\":{\"Measurement\":[{\"Value\":\"" A48
        "\"}],\"Policy\":{\"AllowSMT\":false,\"AllowMigration\":true,\"MinimumABI\":\"1.55\"},\"Platform\":{"
        "\"RequireECC\":true},\"MinimumTCB\":{\"FMC\":1,\"BL\":2,\"TEE\":3,\"SNP\":4,\"Ucode\":5},\"MinimumGuestSVN\":6,"
        "\"VMPL\":1,\"Products\":[\"Milan\"],\"SigningKey\":\"VLEK\"},\"UVM\":{\"MinimumSVN\":3,\"Issuers\":[\"did\"],"
        "\"Feed\":\"f\"},\"VTPM\":{\"PCRs\":{\"0\":[{\"Value\":\"" C32 "\"}]}}}",
        "{\"Debug\":false,\"AcceptedTCB\":[{\"Status\":\"OutOfDate\",\"Advisories\":[\"SA\"],\"Until\":"
        "\"2026-01-01T00:00:00Z\"}],\"MinimumTCBEvaluationDataNumber\":17,\"Nitro\":{\"PCRs\":{\"8\":[{\"Value\":\"" A48
        "\"}]}}}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct package_policy p;
        struct arena a = {0};
        struct err err = {0};

        cr_assert(parse(texts[i], &a, &p, &err), "%s", err.text);
        cr_expect_str_eq(policy_json(&p, &a), texts[i]);
        arena_wipe(&a);
    }
}
