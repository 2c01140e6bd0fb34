/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <criterion/criterion.h>

static struct slice s(const char *text) { return slice_str(text); }

Test(text, hex_goes_both_ways_and_refuses_the_rest)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice out = {0};
    uint8_t two[2];

    cr_expect_str_eq(hex_text(&a, slice_of("\x00\xff\x1a", 3)), "00ff1a");
    cr_expect(hex_decode(s("00FF1a"), &a, &out));
    cr_expect(slice_equal(out, slice_of("\x00\xff\x1a", 3)));
    cr_expect(hex_decode_exact(s("0102"), two, 2) && two[1] == 2);
    cr_expect_not(hex_decode(s("123"), &a, &out), "odd");
    cr_expect_not(hex_decode(s("1g"), &a, &out), "not a digit");
    cr_expect_not(hex_decode_exact(s("010203"), two, 2), "too long");
}

Test(text, base64_follows_rfc_4648)
{
    static const struct {
        const char *plain, *std;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    scoped(arena_wipe) struct arena a = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice out;

        cr_expect_str_eq(base64_text(&a, s(rows[i].plain), BASE64_STD), rows[i].std);
        cr_expect(base64_decode(s(rows[i].std), BASE64_STD, &a, &out), "%s", rows[i].std);
        cr_expect(slice_equal(out, s(rows[i].plain)));
    }
    cr_expect_str_eq(base64_text(&a, slice_of("\xfb\xff", 2), BASE64_STD), "+/8=");
    cr_expect_str_eq(base64_text(&a, slice_of("\xfb\xff", 2), BASE64_URL), "-_8=");
    cr_expect_str_eq(base64_text(&a, slice_of("\xfb\xff", 2), BASE64_URL_BARE), "-_8");
}

Test(text, base64_of_every_byte_comes_back)
{
    scoped(arena_wipe) struct arena a = {0};
    uint8_t all[256];

    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    for (size_t len = 0; len <= 256; len++)
        for (int kind = BASE64_STD; kind <= BASE64_URL_BARE; kind++) {
            struct slice out;

            cr_assert(base64_decode(s(base64_text(&a, slice_of(all, len), kind)), kind, &a, &out));
            cr_assert(slice_equal(out, slice_of(all, len)));
        }
}

Test(text, base64_refuses_what_is_not_its_one_spelling)
{
    static const struct {
        const char *text;
        enum base64_kind kind;
        bool ok;
    } rows[] = {
        {"Zg==", BASE64_STD, true},      {"Z\ng=\r\n=\n", BASE64_STD, true}, {"Zg=", BASE64_STD, false},
        {"Zg", BASE64_STD, false},       {"Zg===", BASE64_STD, false},       {"Z===", BASE64_STD, false},
        {"Zg==Zg==", BASE64_STD, false}, {"Z g=", BASE64_STD, false},        {"-_8=", BASE64_STD, false},
        {"+/8=", BASE64_URL, false},     {"-_8=", BASE64_URL, true},         {"-_8", BASE64_URL, false},
        {"-_8", BASE64_URL_BARE, true},  {"-_8=", BASE64_URL_BARE, false},   {"Z", BASE64_URL_BARE, false},
        {"Zm9v=", BASE64_STD, false},    {"Z\n===", BASE64_URL, false},      {"====", BASE64_STD, false},
    };
    scoped(arena_wipe) struct arena a = {0};
    struct slice out;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(base64_decode(s(rows[i].text), rows[i].kind, &a, &out), rows[i].ok, "%s", rows[i].text);
}

Test(text, decimals_are_plain_and_bounded)
{
    uint64_t v = 7;

    cr_expect(decimal_decode(s("0"), 10, &v) && v == 0);
    cr_expect(decimal_decode(s("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
    cr_expect_not(decimal_decode(s("18446744073709551616"), UINT64_MAX, &v));
    cr_expect_not(decimal_decode(s("11"), 10, &v));
    for (const char *const *bad = (const char *const[]){"", "-1", "+1", "01", " 1", "1 ", "1.0", "1e3", NULL};
         *bad; bad++)
        cr_expect_not(decimal_decode(s(*bad), 1000, &v), "%s", *bad);
}

Test(text, addresses_are_read_as_what_they_are)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"192.0.2.1", "c0000201"},
        {"::ffff:192.0.2.1", "c0000201"},
        {"::FFFF:c000:0201", "c0000201"},
        {"::1", "00000000000000000000000000000001"},
        {"fe80::1", "fe800000000000000000000000000001"},
        {"", ""},
        {"192.0.2", ""},
        {"192.0.2.1 ", ""},
        {"192.0.02.001", ""},
        {"fe80::1%eth0", ""},
        {"[::1]", ""},
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t ip[16] = {0};
        const size_t len = ip_decode(rows[i].text, ip);

        cr_expect_str_eq(hex_text(&a, slice_of(ip, len)), rows[i].hex, "%s", rows[i].text);
    }
    arena_wipe(&a);
}

Test(text, utf8_is_judged_strictly)
{
    cr_expect(text_is_utf8(s("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")));
    cr_expect_not(text_is_utf8(s("\xc0\xaf")), "overlong");
    cr_expect_not(text_is_utf8(s("\xed\xa0\x80")), "surrogate");
    cr_expect_not(text_is_utf8(s("\xf4\x90\x80\x80")), "beyond U+10FFFF");
    cr_expect_not(text_is_utf8(s("\xe2\x82")), "cut");
    cr_expect_not(text_is_utf8(slice_of("a\0b", 3)), "NUL");
}

Test(text, splits_and_shows)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice *pieces;

    cr_expect_eq(text_split(&a, s("a,,b"), ',', &pieces), 3);
    cr_expect(slice_equal(pieces[0], s("a")) && pieces[1].len == 0 && slice_equal(pieces[2], s("b")));
    cr_expect_eq(text_split(&a, s(""), ',', &pieces), 1);
    cr_expect_str_eq(text_shown(&a, s("a\nb\x1b[0m")), "a?b?[0m");
    cr_expect(text_equal_fold(s("PacKages"), s("packages")));
    cr_expect_not(text_equal_fold(s("a"), s("ab")));
    cr_expect(text_starts_with(s("abc"), "ab") && !text_starts_with(s("a"), "ab"));
}
