/* SPDX-License-Identifier: Apache-2.0 */
/* The collateral bundle: one file that an operator can carry about. */
#include <criterion/criterion.h>

#include "attestation/collateral.h"
#include "base/limits.h"
#include "base/text.h"

static const uint8_t crl_bytes[] = {0x30, 0x00, 0xff, 0x0a};

static struct collateral_item sample[] = {
    {.name = "pckcrl/platform", .body = {crl_bytes, sizeof crl_bytes}, .source = "https://a/x?ca=platform", .fetched = 1767225600, .expires = 1769817600},
    {.name = "tcb/sgx/00906ed50000", .fetched = 1767225600, .expires = 1769817600},
};

static struct collateral_items items(void)
{
    sample[1].body = slice_str("{\"tcbInfo\":{\"a\":\"<\\u0041>\"},\"signature\":\"00\"}");
    sample[1].chain = slice_str("-----BEGIN X-----\nAA==\n-----END X-----\n");
    return (struct collateral_items){sample, 2};
}

static void expect_same(const struct collateral_item *a, const struct collateral_item *b)
{
    cr_expect_str_eq(a->name, b->name);
    cr_expect(slice_equal(a->body, b->body), "%s", a->name);
    cr_expect(slice_equal(a->chain, b->chain), "%s", a->name);
    cr_expect_eq(a->source == NULL, b->source == NULL);
    if (a->source != NULL && b->source != NULL)
        cr_expect_str_eq(a->source, b->source);
    cr_expect_eq(a->fetched, b->fetched);
    cr_expect_eq(a->expires, b->expires);
}

Test(bundle, what_is_written_is_read_byte_for_byte_and_sorted)
{
    struct collateral_items want = items(), got;
    struct arena a = {0};
    struct err err;

    cr_assert(bundle_parse(slice_str(bundle_text(&want, &a)), &a, &got, &err), "%s", err.text);
    cr_assert_eq(got.num, 2);
    expect_same(&got.at[0], &sample[0]);
    expect_same(&got.at[1], &sample[1]);
    cr_expect_eq(collateral_find(&got, "tcb/sgx/00906ed50000"), &got.at[1]);
    cr_expect_null(collateral_find(&got, "qe/sgx"));
    arena_wipe(&a);
}

Test(bundle, every_truncation_is_refused)
{
    const struct collateral_items all = items();
    struct arena a = {0};
    const struct slice text = slice_str(bundle_text(&all, &a));

    for (size_t len = 0; len + 1 < text.len; len++) { /* the last byte is a newline */
        struct collateral_items got = {0};
        struct err err = {0};

        cr_expect(!bundle_parse(slice_of(text.ptr, len), &a, &got, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_null(got.at, "the output was touched");
    }
    arena_wipe(&a);
}

#define TIMES "\"fetched\":\"2026-01-01T00:00:00Z\",\"expires\":\"2026-02-01T00:00:00Z\""

Test(bundle, what_is_missing_or_wrong_is_named)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"[]", "collateral bundle: $: expected an object"},
        {"{", "collateral bundle: line 1, column 1: string or '}' expected near end of file"},
        {"{\"items\":[]}", "collateral bundle: $.format: is missing"},
        {"{\"format\":1,\"items\":[]}", "collateral bundle: $.format: expected 2, found 1"},
        {"{\"format\":2}", "collateral bundle: $.items: is missing"},
        {"{\"format\":2,\"items\":{}}", "collateral bundle: $.items: expected an array, found an object"},
        {"{\"format\":2,\"items\":[1]}", "collateral bundle: $.items[0]: expected an object"},
        {"{\"format\":2,\"items\":[{" TIMES ",\"body\":\"x\"}]}", "collateral bundle: $.items[0].name: is missing"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\",\"fetched\":\"2026-01-01T00:00:00Z\",\"body\":\"x\"}]}",
         "collateral bundle: $.items[0].expires: is missing"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\"," TIMES "}]}",
         "collateral bundle: $.items[0].body: expected either body or bodyBase64"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\"," TIMES ",\"body\":\"x\",\"bodyBase64\":\"AA==\"}]}",
         "collateral bundle: $.items[0].body: expected either body or bodyBase64"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\"," TIMES ",\"bodyBase64\":\"A\"}]}",
         "collateral bundle: $.items[0].bodyBase64: not valid base64 (RFC 4648, padded)"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\"," TIMES ",\"body\":\"\"}]}",
         "collateral bundle: $.items[0].body: is empty, or it or its chain is larger than allowed"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\"," TIMES ",\"body\":\"x\"},{\"name\":\"a\"," TIMES ",\"body\":\"y\"}]}",
         "collateral bundle: $.items: \"a\" is there twice"},
        {"{\"format\":2,\"items\":[{\"name\":\"a\",\"fetched\":\"now\",\"expires\":\"then\",\"body\":\"x\"}]}",
         "collateral bundle: $.items[0].fetched: expected a time as \"2026-12-31T23:59:59Z\""},
        {"{\"format\":2,\"format\":2}", "collateral bundle: line 1, column 20: duplicate object key near '\"format\"'"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collateral_items got = {0};
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!bundle_parse(slice_str(rows[i].json), &a, &got, &err), "row %zu", i);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);
        arena_wipe(&a);
    }
}

Test(bundle, of_two_with_one_name_the_later_one_counts)
{
    struct collateral_item old[] = {{.name = "a", .expires = 1}, {.name = "b", .expires = 5}},
                           fresh[] = {{.name = "b", .expires = 4}, {.name = "c", .expires = 4}, {.name = "a", .expires = 9}};
    struct collateral_items x = {old, 2}, y = {fresh, 3}, all;
    struct arena a = {0};

    collateral_sort(&y);
    all = collateral_merge(&x, &y, &a);
    cr_assert_eq(all.num, 3);
    cr_expect_eq(all.at[0].expires, 9);
    cr_expect_eq(all.at[1].expires, 5);
    cr_expect_str_eq(all.at[2].name, "c");
    arena_wipe(&a);
}

Test(bundle, its_size_is_bounded)
{
    struct arena a = {0};
    char *many = arena_alloc(&a, LIMIT_BUNDLE + 1);
    struct collateral_items got;
    struct err err;

    memset(many, 'x', LIMIT_BUNDLE + 1);
    cr_expect(!bundle_parse(slice_of(many, LIMIT_BUNDLE + 1), &a, &got, &err));
    cr_expect_str_eq(err.text, "collateral bundle: 4194305 bytes, more than the 4194304 allowed");
    arena_wipe(&a);
}
