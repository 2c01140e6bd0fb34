/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/text.h"
#include "pki/hash.h"
#include "pki/share.h"

static struct arena a;
static struct err err;

static void begin(void) { pki_init(); }
static void end(void) { arena_wipe(&a); }

static struct slice hex(const char *text)
{
    struct slice s;

    cr_assert(hex_decode(slice_str(text), &a, &s), "%s", text);
    return s;
}

static void expect_hex(struct slice s, const char *text) { cr_expect_str_eq(hex_text(&a, s), text); }

static void bytes_of(const struct secret *shares, size_t num, struct slice *out)
{
    for (size_t i = 0; i < num; i++)
        out[i] = secret_bytes(&shares[i]);
}

static void wipe_all(struct secret *shares, size_t num)
{
    for (size_t i = 0; i < num; i++)
        secret_wipe(&shares[i]);
}

/* ---- Shamir ------------------------------------------------------------------------------------ */

Test(share, shamir_gives_the_shares_of_the_contract, .init = begin, .fini = end)
{
    static const struct {
        uint8_t x;
        const char *share;
    } cases[] = {{1, "11234cbb01"}, {2, "2245197702"}, {200, "fce26022c8"}};
    const struct slice coefficients = hex("11223344");

    for (size_t i = 0; i < 3; i++) {
        scoped(secret_wipe) struct secret share = {0};

        share_shamir_at(hex("00017fff"), &coefficients, 1, cases[i].x, &share);
        expect_hex(secret_bytes(&share), cases[i].share);
    }
}

Test(share, shamir_combines_the_shares_of_the_contract, .init = begin, .fini = end)
{
    const struct slice shares[] = {hex("fce26022c8"), hex("11234cbb01"), hex("2245197702")};

    for (size_t first = 0; first < 3; first++)
        for (size_t num = 2; first + num <= 3; num++) {
            scoped(secret_wipe) struct secret key = {0};

            cr_assert(share_shamir_combine(shares + first, num, &key, &err), "%s", err.text);
            expect_hex(secret_bytes(&key), "00017fff");
        }
}

/* Every threshold of up to seven shares; each subset of just enough, and one of too few. */
Test(share, shamir_needs_the_threshold_and_no_more, .init = begin, .fini = end)
{
    scoped(secret_wipe) struct secret key = {0};
    struct slice of[7];

    secret_random(&key, 32);
    for (size_t num = 1; num <= 7; num++)
        for (size_t threshold = 1; threshold <= num; threshold++) {
            struct secret shares[7] = {{0}};

            share_shamir_split(secret_bytes(&key), threshold, num, shares);
            bytes_of(shares, num, of);
            for (size_t first = 0; first + threshold <= num; first++) {
                scoped(secret_wipe) struct secret got = {0}, less = {0};

                cr_assert(share_shamir_combine(of + first, threshold, &got, &err), "%s", err.text);
                cr_expect(secret_equal(secret_bytes(&got), secret_bytes(&key)));
                if (threshold > 1 && share_shamir_combine(of + first, threshold - 1, &less, &err))
                    cr_expect_not(secret_equal(secret_bytes(&less), secret_bytes(&key)));
            }
            wipe_all(shares, num);
        }
}

Test(share, shamir_hands_out_255_different_x_and_random_bytes, .init = begin, .fini = end)
{
    struct secret shares[MAX_SHARES] = {{0}}, again[MAX_SHARES] = {{0}};
    scoped(secret_wipe) struct secret got = {0};
    struct slice of[MAX_SHARES];
    const struct slice key = hex("000102030405060708090a0b0c0d0e0f");
    bool seen[256] = {true};
    size_t in_place = 0;

    share_shamir_split(key, 200, MAX_SHARES, shares);
    share_shamir_split(key, 200, MAX_SHARES, again);
    for (size_t i = 0; i < MAX_SHARES; i++) {
        const uint8_t x = shares[i].ptr[16];

        cr_expect_not(seen[x], "%u", x);
        seen[x] = true;
        in_place += x == i + 1;
        cr_expect_not(secret_equal(secret_bytes(&shares[i]), secret_bytes(&again[i])));
    }
    cr_expect_lt(in_place, 20);
    bytes_of(shares, MAX_SHARES, of);
    cr_assert(share_shamir_combine(of + 55, 200, &got, &err), "%s", err.text);
    cr_expect(secret_equal(secret_bytes(&got), key));
    wipe_all(shares, MAX_SHARES);
    wipe_all(again, MAX_SHARES);
}

Test(share, shamir_refuses_what_does_not_belong_together, .init = begin, .fini = end)
{
    static const struct {
        const char *shares[2];
        size_t num;
        const char *text;
    } cases[] = {
        {{NULL}, 0, "0 shares; expected 1 to 255"},
        {{"11234cbb01", "11234cbb01"}, 2, "share 2 is given twice"},
        {{"11234cbb01", "2245197701"}, 2, "share 2 is given twice"},
        {{"11234cbb00", "2245197702"}, 2, "share 1 is none: it is for x = 0"},
        {{"11234cbb01", "22451902"}, 2, "share 2 has 4 bytes, the first 5; expected as many, at least 2"},
        {{"01", "02"}, 2, "share 1 has 1 bytes, the first 1; expected as many, at least 2"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice of[2] = {{0}};
        struct secret key = {0};

        for (size_t k = 0; k < cases[i].num; k++)
            of[k] = hex(cases[i].shares[k]);
        cr_expect_not(share_shamir_combine(of, cases[i].num, &key, &err), "%zu", i);
        cr_expect_eq(err.code, E_RECOVERY_SHARE);
        cr_expect_str_eq(err.text, cases[i].text);
        cr_expect_null(key.ptr);
    }
}

/* ---- XOR --------------------------------------------------------------------------------------- */

Test(share, xor_needs_all, .init = begin, .fini = end)
{
    scoped(secret_wipe) struct secret key = {0};
    struct slice of[MAX_SHARES];

    secret_random(&key, 32);
    for (size_t num = 1; num <= MAX_SHARES; num += num < 5 ? 1 : 50) {
        struct secret shares[MAX_SHARES] = {{0}};
        scoped(secret_wipe) struct secret got = {0}, less = {0};

        share_xor_split(secret_bytes(&key), num, shares);
        bytes_of(shares, num, of);
        cr_assert(share_xor_combine(of, num, &got, &err), "%s", err.text);
        cr_expect(secret_equal(secret_bytes(&got), secret_bytes(&key)), "%zu", num);
        if (num > 1) {
            cr_assert(share_xor_combine(of + 1, num - 1, &less, &err), "%s", err.text);
            cr_expect_not(secret_equal(secret_bytes(&less), secret_bytes(&key)));
        }
        wipe_all(shares, num);
    }
}

Test(share, xor_refuses_none_and_different_lengths, .init = begin, .fini = end)
{
    const struct slice of[] = {hex("0102"), hex("01")}, empty[] = {{0}};
    struct secret key = {0};

    cr_expect_not(share_xor_combine(of, 0, &key, &err));
    cr_expect_eq(err.code, E_RECOVERY_SHARE);
    cr_expect_not(share_xor_combine(of, 2, &key, &err));
    cr_expect_str_eq(err.text, "share 2 has 1 bytes, the first 2; expected as many, at least 1");
    cr_expect_not(share_xor_combine(empty, 1, &key, &err));
    cr_expect_eq(err.code, E_RECOVERY_SHARE);
}

/* ---- the list ---------------------------------------------------------------------------------- */

static const char TWO[] = "{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":true,"
                          "\"75877bb41d393b5fb8455ce60ecd8dda001d06316496b14dfa7f895656eeca4a\":true}";

Test(share, the_list_is_that_of_the_contract, .init = begin, .fini = end)
{
    uint8_t ones[32], twos[32];
    const struct slice shares[] = {slice_of(twos, 32), slice_of(ones, 32)};
    const uint8_t(*digests)[32];
    size_t num;

    memset(ones, 1, 32);
    memset(twos, 2, 32);
    const struct slice text = share_list_encode(shares, 2, &a);

    cr_expect_eq(text.len, 145);
    cr_expect(slice_equal(text, slice_str(TWO)));
    cr_assert(share_list_decode(text, &a, &digests, &num, &err), "%s", err.text);
    cr_assert_eq(num, 2);
    expect_hex(slice_of(digests[0], 32), "72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793");
    expect_hex(slice_of(digests[1], 32), "75877bb41d393b5fb8455ce60ecd8dda001d06316496b14dfa7f895656eeca4a");
}

Test(share, no_list_is_null, .init = begin, .fini = end)
{
    static const char *const none[] = {"null", "", " null\n", "{}"};
    const uint8_t(*digests)[32];
    size_t num = 9;

    cr_expect(slice_equal(share_list_encode(NULL, 0, &a), slice_str("null")));
    for (size_t i = 0; i < 4; i++) {
        cr_expect(share_list_decode(slice_str(none[i]), &a, &digests, &num, &err), "%s: %s", none[i],
                  err.text);
        cr_expect_eq(num, 0);
    }
}

Test(share, a_list_that_is_none_is_refused_and_so_is_every_truncation, .init = begin, .fini = end)
{
    static const char *const bad[] = {
        "[]",
        "true",
        "{\"aa\":true}",
        "{\"a\":1}",
        "{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":false}",
        "{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f01536379g\":true}",
        ("{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":true,"
         "\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":true}")};
    const uint8_t(*digests)[32];
    size_t num;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct err){0};
        cr_expect_not(share_list_decode(slice_str(bad[i]), &a, &digests, &num, &err), "%s", bad[i]);
        cr_expect_eq(err.code, E_RECOVERY_DATA);
        cr_expect_eq(strncmp(err.text, "recovery data: ", 15), 0, "%s", err.text);
    }
    for (size_t len = 1; len < sizeof TWO - 1; len++)
        cr_expect_not(share_list_decode(slice_of(TWO, len), &a, &digests, &num, &err), "%zu bytes", len);
}
