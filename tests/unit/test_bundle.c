/* SPDX-License-Identifier: Apache-2.0 */
/* The collateral bundle: one file that an operator can carry about. */
#include <criterion/criterion.h>

#include "attestation/collect.h"
#include "base/limits.h"
#include "base/text.h"

static const uint8_t crl_bytes[] = {0x30, 0x00, 0xff, 0x0a}, root_bytes[] = {0x30, 0x03, 0x02, 0x01, 0x05};

static struct collateral sample(void)
{
    return (struct collateral){
        .tcb_info = slice_str("{\"tcbInfo\":{\"a\":\"<\\u0041>\"},\"signature\":\"00\"}"),
        .tcb_issuer_chain = slice_str("-----BEGIN X-----\nAA==\n-----END X-----\n"),
        .qe_identity = slice_str("{\"enclaveIdentity\":{}}"),
        .qe_issuer_chain = slice_str("chain"),
        .pck_crl = slice_of(crl_bytes, sizeof crl_bytes),
        .root_ca_crl = slice_of(root_bytes, sizeof root_bytes),
    };
}

static void expect_same(const struct collateral *a, const struct collateral *b)
{
    cr_expect(slice_equal(a->tcb_info, b->tcb_info));
    cr_expect(slice_equal(a->tcb_issuer_chain, b->tcb_issuer_chain));
    cr_expect(slice_equal(a->qe_identity, b->qe_identity));
    cr_expect(slice_equal(a->qe_issuer_chain, b->qe_issuer_chain));
    cr_expect(slice_equal(a->pck_crl, b->pck_crl));
    cr_expect(slice_equal(a->root_ca_crl, b->root_ca_crl));
    cr_expect(slice_equal(a->pck_chain, b->pck_chain));
}

Test(bundle, what_is_written_is_read_byte_for_byte)
{
    struct collateral c = sample(), got = {0};
    struct arena a = {0};
    struct err err;
    const char *text = bundle_text(&c, &a);

    cr_assert(bundle_parse(slice_str(text), &a, &got, &err), "%s", err.text);
    expect_same(&c, &got);
    cr_expect_null(strstr(text, "pck_chain"), "what is not there is not written");
    c.pck_chain = slice_str("leaf\nintermediate\nroot\n");
    cr_assert(bundle_parse(slice_str(bundle_text(&c, &a)), &a, &got, &err), "%s", err.text);
    expect_same(&c, &got);
    arena_wipe(&a);
}

Test(bundle, every_truncation_is_refused)
{
    const struct collateral c = sample();
    struct arena a = {0};
    const struct slice text = slice_str(bundle_text(&c, &a));

    for (size_t len = 0; len + 1 < text.len; len++) { /* the last byte is a newline */
        struct collateral got = {0};
        struct err err = {0};

        cr_expect(!bundle_parse(slice_of(text.ptr, len), &a, &got, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_null(got.tcb_info.ptr, "the output was touched");
    }
    arena_wipe(&a);
}

#define GOOD                                                                                                 \
    "\"tcb_info\":\"a\",\"tcb_issuer_chain\":\"b\",\"qe_identity\":\"c\",\"qe_issuer_chain\":\"d\",\"pck_"   \
    "crl\":\"MAA=\""

Test(bundle, what_is_missing_or_wrong_is_named)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"[]", "collateral bundle: $: expected an object"},
        {"{", "collateral bundle: line 1, column 1: string or '}' expected near end of file"},
        {"{" GOOD ",\"root_ca_crl\":\"MAA=\"}", "collateral bundle: $.format: is missing"},
        {"{\"format\":2," GOOD ",\"root_ca_crl\":\"MAA=\"}",
         "collateral bundle: $.format: expected 1, found 2"},
        {"{\"format\":\"1\"}", "collateral bundle: $.format: expected a whole number, found a string"},
        {"{\"format\":1," GOOD "}", "collateral bundle: $.root_ca_crl: is missing"},
        {"{\"format\":1," GOOD ",\"root_ca_crl\":null}", "collateral bundle: $.root_ca_crl: is missing"},
        {"{\"format\":1," GOOD ",\"root_ca_crl\":\"MA\"}",
         "collateral bundle: $.root_ca_crl: not valid base64 (RFC 4648, padded)"},
        {"{\"format\":1,\"tcb_info\":{}}",
         "collateral bundle: $.tcb_info: expected a string, found an object"},
        {"{\"format\":1,\"format\":1}",
         "collateral bundle: line 1, column 20: duplicate object key near '\"format\"'"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collateral got = {0};
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!bundle_parse(slice_str(rows[i].json), &a, &got, &err), "row %zu", i);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);
        arena_wipe(&a);
    }
}

Test(bundle, sizes_are_bounded)
{
    struct arena a = {0};
    char *many = arena_alloc(&a, LIMIT_BUNDLE + 1);
    struct collateral c = sample(), got;
    struct err err;

    memset(many, 'x', LIMIT_BUNDLE + 1);
    c.tcb_info = slice_of(many, LIMIT_COLLATERAL_JSON + 1);
    cr_expect(!bundle_parse(slice_str(bundle_text(&c, &a)), &a, &got, &err));
    cr_expect_str_eq(err.text, "collateral bundle: $.tcb_info: 262145 bytes, more than the 262144 allowed");
    c = sample();
    c.pck_crl = slice_of(many, LIMIT_CRL + 1);
    cr_expect(!bundle_parse(slice_str(bundle_text(&c, &a)), &a, &got, &err));
    cr_expect_str_eq(err.text, "collateral bundle: $.pck_crl: 1048577 bytes, more than the 1048576 allowed");
    cr_expect(!bundle_parse(slice_of(many, LIMIT_BUNDLE + 1), &a, &got, &err));
    cr_expect_str_eq(err.text, "collateral bundle: 4194305 bytes, more than the 4194304 allowed");
    arena_wipe(&a);
}
