/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "attestation/sim/azure.h"
#include "base/text.h"
#include "pki/hash.h"

static struct arena a;
static struct slice report, runtime;
static uint8_t hardware[HCL_HARDWARE_LEN];

static void begin(void)
{
    uint8_t user_data[64];
    scoped(key_wipe) struct key ak = {0};
    struct err err;

    pki_init();
    memset(user_data, 0xab, sizeof user_data);
    for (size_t i = 0; i < sizeof hardware; i++)
        hardware[i] = (uint8_t)i;
    cr_assert(sim_azure_ak(&ak, &err), "%s", err.text);
    cr_assert(sim_hcl_runtime_data(key_spki(&ak, &a), user_data, &a, &runtime, &err), "%s", err.text);
    report = sim_hcl_report(HCL_SNP, slice_of(hardware, sizeof hardware), runtime, SIM_HCL_NV_LEN, &a);
}
static void end(void) { arena_wipe(&a); }

static struct slice with(struct slice s, size_t at, uint8_t value)
{
    uint8_t *copy = (uint8_t *)(uintptr_t)arena_copy(&a, s).ptr;

    copy[at] = value;
    return slice_of(copy, s.len);
}

static void expect_refusal(struct slice in, const char *text)
{
    struct hcl_report h;
    struct err err = {0};

    cr_assert_not(hcl_report_parse(in, &h, &err), "not refused: %s", text);
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
    cr_expect_str_eq(err.text, text);
}

Test(hcl_report, is_taken_apart, .init = begin, .fini = end)
{
    uint8_t expected[64] = {0}, found[64];
    struct hcl_report h;
    struct err err;

    cr_assert(hcl_report_parse(report, &h, &err), "%s", err.text);
    cr_expect_eq(h.version, 2);
    cr_expect_eq(h.hardware, HCL_SNP);
    cr_expect(slice_equal(h.report, slice_of(hardware, sizeof hardware)));
    cr_expect(slice_equal(h.runtime_data, runtime));
    sha256(expected, runtime);
    hcl_report_data(&h, found);
    cr_expect_arr_eq(found, expected, 64);
    cr_assert(hcl_report_parse(with(report, 4, 1), &h, &err), "%s", err.text);
    cr_expect_eq(h.version, 1);
}

Test(hcl_report, names_the_digest_that_the_hardware_signs, .init = begin, .fini = end)
{
    uint8_t sha384_then_zeroes[64] = {0}, sha512_alone[64], found[64];
    struct hcl_report h;
    struct err err;

    sha384(sha384_then_zeroes, runtime);
    sha512(sha512_alone, runtime);
    cr_assert(hcl_report_parse(with(report, 1228, 2), &h, &err), "%s", err.text);
    hcl_report_data(&h, found);
    cr_expect_arr_eq(found, sha384_then_zeroes, 64);
    cr_assert(hcl_report_parse(with(report, 1228, 3), &h, &err), "%s", err.text);
    hcl_report_data(&h, found);
    cr_expect_arr_eq(found, sha512_alone, 64);
}

/* What is cut off behind the runtime data are zeroes of the NV index. */
Test(hcl_report, every_truncation_into_its_contents_is_refused, .init = begin, .fini = end)
{
    const size_t whole = 1236 + runtime.len;
    struct hcl_report h;
    struct err err;

    for (size_t n = 0; n < whole; n++)
        cr_expect_not(hcl_report_parse(slice_of(report.ptr, n), &h, &err), "%zu bytes", n);
    cr_expect(hcl_report_parse(slice_of(report.ptr, whole), &h, &err), "%s", err.text);
}

Test(hcl_report, what_is_wrong_is_named, .init = begin, .fini = end)
{
    expect_refusal((struct slice){0}, "HCL report: shorter than its header of 32 bytes");
    expect_refusal(with(report, 0, 'I'), "HCL report: does not start with \"HCLA\"");
    expect_refusal(with(report, 4, 3), "HCL report version: expected 1 or 2, found 3");
    expect_refusal(with(report, 12, 1), "HCL report request type: expected 2 (attestation), found 1");
    expect_refusal(slice_of(report.ptr, 1235), "HCL report: ends inside its request data");
    expect_refusal(with(report, 1220, 2), "HCL request data version: expected 1, found 2");
    expect_refusal(with(report, 1224, 3), "HCL report type: expected 2 (SNP) or 4 (TDX), found 3");
    expect_refusal(with(report, 1228, 9),
                   "HCL hash type: expected 1, 2 or 3 (SHA-256, SHA-384, SHA-512), found 9");
    expect_refusal(with(report, 1228, 0),
                   "HCL hash type: expected 1, 2 or 3 (SHA-256, SHA-384, SHA-512), found 0");
    expect_refusal(with(report, report.len - 1, 1),
                   "HCL report: something other than zeroes follows the runtime data");
}

Test(hcl_report, lengths_that_do_not_agree_are_refused, .init = begin, .fini = end)
{
    static const uint32_t sizes[] = {0, 1, 19, 20, 21, 0x7fffffff, 0x80000000, 0xffffffff};
    struct hcl_report h;
    struct err err;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *copy = (uint8_t *)(uintptr_t)arena_copy(&a, report).ptr;

        memcpy(copy + 1232, &sizes[i], 4); /* runtime data */
        cr_expect_not(hcl_report_parse(slice_of(copy, report.len), &h, &err), "%u", (unsigned)sizes[i]);
        copy = (uint8_t *)(uintptr_t)arena_copy(&a, report).ptr;
        memcpy(copy + 1216, &sizes[i], 4); /* request data */
        cr_expect_not(hcl_report_parse(slice_of(copy, report.len), &h, &err), "%u", (unsigned)sizes[i]);
        memcpy(copy + 1232, (uint32_t[]){sizes[i] - 20}, 4); /* both agree, and are wrong */
        cr_expect_not(hcl_report_parse(slice_of(copy, report.len), &h, &err) && h.runtime_data.len != 0, "%u",
                      (unsigned)sizes[i]);
    }
}

/* ---- runtime data ------------------------------------------------------------------- */

/* 256 bytes. */
static const char modulus[] =
    "vQEIDxYdJCsyOUBHTlVcY2pxeH-GjZSboqmwt77FzNPa4ejv9v0ECxIZICcuNTxDSlFYX2ZtdHuCiZCXnqWss7rByM_W3eTr8vkA"
    "Bw4VHCMqMTg_Rk1UW2JpcHd-hYyTmqGor7a9xMvS2eDn7vX8AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4_wYN"
    "FBsiKTA3PkVMU1phaG92fYSLkpmgp661vMPK0djf5u30-wIJEBceJSwzOkFIT1ZdZGtyeYCHjpWco6qxuL_GzdTb4unw9_4FDBMa"
    "ISgvNj1ES1JZYGdudXyDipGYn6attLvCydDX3uXsAQ";

static char *key_json(const char *id, const char *type, const char *e, const char *n)
{
    return arena_printf(&a, "{\"kid\":\"%s\",\"kty\":\"%s\",\"e\":\"%s\",\"n\":\"%s\"}", id, type, e, n);
}

static void expect_runtime_refusal(const char *json, const char *text)
{
    struct hcl_runtime r;
    struct err err = {0};

    cr_assert_not(hcl_runtime_parse(slice_str(json), &a, &r, &err), "not refused: %s", text);
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
    cr_expect(strstr(err.text, text) != NULL, "expected %s, found %s", text, err.text);
}

Test(hcl_runtime, names_the_attestation_key, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key ak = {0};
    struct hcl_runtime r;
    struct err err;

    cr_assert(hcl_runtime_parse(runtime, &a, &r, &err), "%s", err.text);
    cr_assert(sim_azure_ak(&ak, &err), "%s", err.text);
    cr_expect(slice_equal(r.ak_spki, key_spki(&ak, &a)));
    cr_expect_eq(r.ak_modulus.len, 256);
    cr_expect_eq(strlen(r.user_data), 128);
    cr_expect_str_eq(r.vm_configuration,
                     "{\"console-enabled\":false,\"secure-boot\":true,\"tpm-enabled\":true}");
}

Test(hcl_runtime, other_keys_and_members_are_passed_over, .init = begin, .fini = end)
{
    const char *json = arena_printf(&a, "{\"x\":1,\"keys\":[%s,%s,%s]}", key_json("HCLEkPub", "EC", "", ""),
                                    key_json("HCLAkPub", "RSA", "AQAB", modulus), "{}");
    struct hcl_runtime r;
    struct err err;

    cr_assert(hcl_runtime_parse(slice_str(json), &a, &r, &err), "%s", err.text);
    cr_expect_null(r.user_data);
    cr_expect_null(r.vm_configuration);
}

Test(hcl_runtime, what_does_not_name_one_rsa_key_is_refused, .init = begin, .fini = end)
{
    const char *good = key_json("HCLAkPub", "RSA", "AQAB", modulus);

    expect_runtime_refusal("", "HCL runtime data");
    expect_runtime_refusal("[]", "HCL runtime data");
    expect_runtime_refusal("{}", "none is named HCLAkPub");
    expect_runtime_refusal("{\"keys\":1}", "$.keys");
    expect_runtime_refusal("{\"keys\":[1]}", "$.keys[0]");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s,%s]}", good, good),
                           "more than one is named HCLAkPub");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s],\"keys\":[%s]}", good, good), "HCL runtime data");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s]}", key_json("HCLAkPub", "EC", "AQAB", modulus)),
                           "kty");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s]}", key_json("HCLAkPub", "RSA", "Aw", modulus)),
                           "$.keys[0].e: expected 65537");
    expect_runtime_refusal(
        arena_printf(&a, "{\"keys\":[%s]}", key_json("HCLAkPub", "RSA", "AAEAAQ", modulus)), "$.keys[0].e");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s]}", key_json("HCLAkPub", "RSA", "AQAB", "AQAB")),
                           "$.keys[0].n: expected 256 to 512 bytes, found 3");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s]}", key_json("HCLAkPub", "RSA", "AQAB", "=")),
                           "$.keys[0].n");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s],\"user-data\":1}", good), "$.user-data");
    expect_runtime_refusal(arena_printf(&a, "{\"keys\":[%s],\"vm-configuration\":1}", good),
                           "$.vm-configuration");
}

/* ---- TDREPORT ----------------------------------------------------------------------- */

Test(td_local_report, is_taken_apart, .init = begin, .fini = end)
{
    uint8_t in[TD_LOCAL_REPORT_LEN];
    struct td_local_report t;
    struct err err;

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i / 8);
    in[0] = 0x81;
    cr_assert(td_local_report_parse(slice_of(in, sizeof in), &t, &err), "%s", err.text);
    cr_expect(t.report_data.ptr == in + 128 && t.report_data.len == 64);
    cr_expect(t.claims.tee_tcb_svn.ptr == in + 264 && t.claims.mr_seam.ptr == in + 280);
    cr_expect(t.claims.mr_signer_seam.ptr == in + 328 && t.claims.seam_attributes.ptr == in + 376);
    cr_expect(t.claims.td_attributes.ptr == in + 512 && t.claims.xfam.ptr == in + 520 &&
              t.claims.mr_td.ptr == in + 528);
    cr_expect(t.claims.rtmr[0].ptr == in + 720 && t.claims.rtmr[3].ptr == in + 864);
    cr_expect_not(td_local_report_parse(slice_of(in, sizeof in - 1), &t, &err));
    in[0] = 0;
    cr_expect_not(td_local_report_parse(slice_of(in, sizeof in), &t, &err));
    cr_expect_str_eq(err.text, "TDREPORT type: expected 0x81 (TDX), found 0x0");
}
