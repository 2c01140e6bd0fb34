/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "pki/cert.h"
#include "pki/der.h"

static struct arena a;

static void end(void) { arena_wipe(&a); }

static struct slice hex(const char *digits)
{
    struct slice s;

    cr_assert(hex_decode(slice_str(digits), &a, &s), "%s", digits);
    return s;
}

Test(der, takes_the_shortest_length_only, .fini = end)
{
    static const struct {
        const char *bytes;
        int want;
        const char *why;
    } cases[] = {
        {"3000", 0, "empty"},
        {"30017a", 1, "short form"},
        {"31007a", -1, "another tag"},
        {"30027a", -1, "more than there is"},
        {"30800000", -1, "indefinite"},
        {"3081017a", -1, "long form of a short length"},
        {"308200017a", -1, "leading zero"},
        {"30850000000001", -1, "five octets of length"},
        {"3084ffffffff", -1, "more than there can be"},
        {"30ff", -1, "reserved"},
        {"30", -1, "no length"},
        {"3081", -1, "half a length"},
        {"", -1, "nothing"},
        {"300000", -1, "something after it"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_over(hex(cases[i].bytes));
        const struct slice body = der_take(&c, DER_SEQUENCE);

        cr_expect_eq(cursor_done(&c) ? (int)body.len : -1, cases[i].want, "%s", cases[i].why);
    }
}

Test(der, lengths_of_every_form_come_back, .fini = end)
{
    static const size_t lens[] = {0, 1, 127, 128, 129, 255, 256, 257, 65535, 65536, 70000};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(100000), twice = buf_max(100000);
        const struct slice body = slice_of(arena_alloc(&a, lens[i]), lens[i]);
        struct cursor c, e;
        struct slice got;

        der_put(&b, DER_OCTETS, body);
        c = e = cursor_over(buf_bytes(&b));
        got = der_take(&c, DER_OCTETS);
        cr_expect(cursor_done(&c) && got.len == lens[i], "%zu", lens[i]);
        cr_expect(slice_equal(der_element(&e), buf_bytes(&b)), "%zu", lens[i]);
        der_put(&twice, DER_OCTETS, got);
        cr_expect(slice_equal(buf_bytes(&b), buf_bytes(&twice)));
    }
}

Test(der, nests_and_reads_in_order, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(100);
    const size_t outer = der_begin(&b, DER_SEQUENCE), inner = der_begin(&b, der_context_constructed(3));
    struct cursor c, s, x;

    der_put_uint(&b, 300);
    der_put_bool(&b, true);
    der_end(&b, inner);
    der_put_bits(&b, slice_str("k"));
    der_end(&b, outer);
    cr_expect_str_eq(hex_text(&a, buf_bytes(&b)), "300da3070202012c0101ff0302006b");
    c = cursor_over(buf_bytes(&b));
    s = der_enter(&c, DER_SEQUENCE);
    cr_expect_eq(der_optional(&s, der_context_constructed(0)).ptr, NULL);
    x = der_enter(&s, der_context_constructed(3));
    cr_expect_eq(der_uint(&x, DER_INTEGER, 300), 300);
    cr_expect(der_bool(&x));
    cr_expect(cursor_done(&x));
    cr_expect(slice_equal(der_bits(&s), slice_str("k")));
    cr_expect(cursor_done(&s) && cursor_done(&c));
}

Test(der, what_does_not_fit_makes_the_buffer_bad, .fini = end)
{
    for (size_t max = 0; max < 14; max++) {
        scoped(buf_wipe) struct buf b = buf_max(max);
        const size_t outer = der_begin(&b, DER_SEQUENCE), inner = der_begin(&b, DER_SET);

        der_put(&b, DER_OCTETS, slice_str("12345678"));
        der_end(&b, inner);
        der_end(&b, outer);
        cr_expect(!buf_ok(&b), "%zu of 14 bytes", max);
    }
}

Test(der, numbers_are_minimal_and_not_negative, .fini = end)
{
    static const struct {
        const char *bytes;
        uint64_t max, want;
        bool ok;
    } cases[] = {
        {"020100", 0, 0, true},
        {"020101", 0, 0, false},
        {"02017f", 127, 127, true},
        {"02020080", 128, 128, true},
        {"020180", 255, 0, false},   /* -128 */
        {"0202007f", 255, 0, false}, /* a zero to spare */
        {"0202ff80", 255, 0, false},
        {"0200", 255, 0, false},
        {"02087fffffffffffffff", UINT64_MAX, INT64_MAX, true},
        {"020900ffffffffffffffff", UINT64_MAX, UINT64_MAX, true},
        {"020901ffffffffffffffff", UINT64_MAX, 0, false},
        {"020a00ffffffffffffffffff", UINT64_MAX, 0, false},
        {"0a0101", 5, 0, false}, /* ENUMERATED */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_over(hex(cases[i].bytes));
        const uint64_t got = der_uint(&c, DER_INTEGER, cases[i].max);

        cr_expect_eq(cursor_done(&c), cases[i].ok, "%s", cases[i].bytes);
        cr_expect_eq(got, cases[i].want, "%s", cases[i].bytes);
    }
}

Test(der, big_numbers_keep_their_sign, .fini = end)
{
    static const struct {
        const char *bytes, *integer, *natural; /* NULL: refused */
    } cases[] = {
        {"020100", "00", "00"},   {"020180", "80", NULL},   {"02020080", "0080", "80"},
        {"0202007f", NULL, NULL}, {"0202ff80", NULL, NULL}, {"0202ff7f", "ff7f", NULL},
        {"0200", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cursor_over(hex(cases[i].bytes)), n = c;
        const struct slice integer = der_integer(&c), natural = der_natural(&n);

        cr_expect_str_eq(cursor_done(&c) ? hex_text(&a, integer) : "-",
                         cases[i].integer != NULL ? cases[i].integer : "-", "%s", cases[i].bytes);
        cr_expect_str_eq(cursor_done(&n) ? hex_text(&a, natural) : "-",
                         cases[i].natural != NULL ? cases[i].natural : "-", "%s", cases[i].bytes);
    }
}

Test(der, written_numbers_read_back, .fini = end)
{
    static const uint64_t values[] = {
        0, 1, 127, 128, 255, 256, 32767, 32768, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(20);
        struct cursor c;

        der_put_uint(&b, values[i]);
        c = cursor_over(buf_bytes(&b));
        cr_expect_eq(der_uint(&c, DER_INTEGER, UINT64_MAX), values[i]);
        cr_expect(cursor_done(&c));
    }
}

Test(der, booleans_and_bits_have_one_form, .fini = end)
{
    static const struct {
        const char *bytes;
        bool ok;
    } bools[] = {{"0101ff", true}, {"010100", true}, {"010101", false}, {"0100", false}, {"0102ffff", false}},
      bits[] = {
          {"030100", true}, {"030200ff", true}, {"030201fe", false}, {"0300", false}, {"0401ff", false}};

    for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++) {
        struct cursor c = cursor_over(hex(bools[i].bytes)), d = cursor_over(hex(bits[i].bytes));

        cr_expect_eq(der_bool(&c), i == 0);
        cr_expect_eq(cursor_done(&c), bools[i].ok, "%s", bools[i].bytes);
        (void)der_bits(&d);
        cr_expect_eq(cursor_done(&d), bits[i].ok, "%s", bits[i].bytes);
    }
}

Test(der, times_are_those_of_RFC_5280, .fini = end)
{
    static const struct {
        uint8_t tag;
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {DER_UTC_TIME, "700101000000Z", "1970-01-01T00:00:00Z"},
        {DER_UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"},
        {DER_UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"},
        {DER_UTC_TIME, "240229120000Z", "2024-02-29T12:00:00Z"},
        {DER_GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z"},
        {DER_GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z"},
        {DER_GENERALIZED_TIME, "00010101000000Z", "0001-01-01T00:00:00Z"},
        {DER_GENERALIZED_TIME, "20240229120000Z", NULL}, /* has to be a UTCTime */
        {DER_UTC_TIME, "230229120000Z", NULL},
        {DER_UTC_TIME, "241301000000Z", NULL},
        {DER_UTC_TIME, "240100000000Z", NULL},
        {DER_UTC_TIME, "240101240000Z", NULL},
        {DER_UTC_TIME, "240101006000Z", NULL},
        {DER_UTC_TIME, "240101000060Z", NULL},
        {DER_UTC_TIME, "2401010000Z", NULL},
        {DER_UTC_TIME, "240101000000", NULL},
        {DER_UTC_TIME, "240101000000+0000", NULL},
        {DER_UTC_TIME, "24010100000aZ", NULL},
        {DER_GENERALIZED_TIME, "20500101000000.5Z", NULL},
        {DER_GENERALIZED_TIME, "500101000000Z", NULL},
        {DER_IA5, "240101000000Z", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(40), again = buf_max(40);
        char text[RFC3339_LEN + 1] = "-";
        struct cursor c;
        int64_t t;

        der_put(&b, cases[i].tag, slice_str(cases[i].text));
        c = cursor_over(buf_bytes(&b));
        t = der_time(&c);
        if (cursor_done(&c))
            rfc3339_format(text, t);
        cr_expect_str_eq(text, cases[i].want != NULL ? cases[i].want : "-", "%s", cases[i].text);
        if (cases[i].want == NULL)
            continue;
        der_put_time(&again, t);
        cr_expect(slice_equal(buf_bytes(&b), buf_bytes(&again)), "%s is written as it was read",
                  cases[i].text);
    }
}

Test(der, a_time_that_has_no_form_makes_the_buffer_bad, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(40);

    der_put_time(&b, civil_to_time((struct civil){.year = 10000, .month = 1, .day = 1}));
    cr_expect(!buf_ok(&b));
}

Test(der, object_identifiers_go_to_text_and_back, .fini = end)
{
    static const struct {
        const char *text, *octets;
    } cases[] = {
        {"2.5.4.3", "550403"},
        {"1.2.840.113549.1.1.11", "2a864886f70d01010b"},
        {"1.3.9903.2.1", "2bcd2f0201"},
        {"0.0", "00"},
        {"1.39", "4f"},
        {"2.0", "50"},
        {"2.999.3", "883703"},
        {"1.2.18446744073709551615", "2a81ffffffffffffffff7f"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(100);

        cr_assert(oid_from_text(cases[i].text, &b), "%s", cases[i].text);
        cr_expect_str_eq(hex_text(&a, buf_bytes(&b)), cases[i].octets);
        cr_expect_str_eq(oid_to_text(&a, buf_bytes(&b)), cases[i].text);
    }
}

Test(der, malformed_object_identifiers_are_refused_or_shown_as_hex, .fini = end)
{
    static const char *const texts[] = {
        "", "1", "3.1", "1.40", "0.40", "1..2", "1.2.", "1.02", "a.b", "1.-2", "1.2.18446744073709551616"};
    static const char *const octets[] = {"", "80", "2a80", "2a8001", "2a83ffffffffffffffff7f"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(100);

        cr_expect(!oid_from_text(texts[i], &b), "%s", texts[i]);
        cr_expect_eq(b.len, 0);
    }
    for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++)
        cr_expect_str_eq(oid_to_text(&a, hex(octets[i])), arena_printf(&a, "#%s", octets[i]));
}

Test(der, long_tags_are_not_read, .fini = end)
{
    struct cursor c = cursor_over(hex("1f810100")), d = cursor_over(hex("3f810100"));

    (void)der_element(&c);
    cr_expect(!cursor_ok(&c));
    (void)der_element(&d);
    cr_expect(!cursor_ok(&d));
}
