/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/secret.h"
#include "base/text.h"
#include "coordinator/shamir.h"

static struct arena a;
static struct err err;

static void begin(void) { secret_init(); }
static void end(void) { arena_wipe(&a); }

static struct slice bytes(const char *hex)
{
    struct slice out = {0};

    cr_assert(hex_decode(slice_str(hex), &a, &out));
    return out;
}

/* The vectors of the compatibility notes: MarbleRun's and Vault's scheme. */
Test(shamir, shares_are_those_of_marblerun, .init = begin, .fini = end)
{
    const struct slice polynomial[] = {bytes("00017fff"), bytes("11223344")};

    cr_expect_str_eq(hex_text(&a, shamir_share(polynomial, 2, 1, &a)), "11234cbb01");
    cr_expect_str_eq(hex_text(&a, shamir_share(polynomial, 2, 2, &a)), "2245197702");
    cr_expect_str_eq(hex_text(&a, shamir_share(polynomial, 2, 200, &a)), "fce26022c8");
}

Test(shamir, any_threshold_of_them_meet_in_the_secret, .init = begin, .fini = end)
{
    const struct slice shares[] = {bytes("11234cbb01"), bytes("2245197702"), bytes("fce26022c8")};
    const struct slice pairs[][2] = {
        {shares[0], shares[1]}, {shares[1], shares[0]}, {shares[0], shares[2]}, {shares[2], shares[1]}};
    struct slice secret;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cr_assert(shamir_combine(pairs[i], 2, &a, &secret, &err), "%s", err.text);
        cr_expect_str_eq(hex_text(&a, secret), "00017fff");
    }
    cr_assert(shamir_combine(shares, 3, &a, &secret, &err), "more than needed do no harm");
    cr_expect_str_eq(hex_text(&a, secret), "00017fff");
    cr_assert(shamir_combine(shares, 1, &a, &secret, &err));
    cr_expect_str_neq(hex_text(&a, secret), "00017fff", "one of two is not enough");
}

Test(shamir, splits_and_combines_at_every_size, .init = begin, .fini = end)
{
    static const struct {
        size_t num, threshold;
    } cases[] = {{2, 2}, {3, 2}, {5, 3}, {5, 5}, {255, 2}, {255, 128}, {255, 255}};
    uint8_t bytes32[32];
    const struct slice secret = slice_of(bytes32, sizeof bytes32);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice shares[SHAMIR_MAX_SHARES], found;
        const size_t needed = cases[i].threshold;

        random_bytes(bytes32, sizeof bytes32);
        shamir_split(secret, cases[i].num, needed, &a, shares);
        cr_expect_eq(shares[0].len, 33);
        cr_assert(shamir_combine(shares + cases[i].num - needed, needed, &a, &found, &err), "%s", err.text);
        cr_expect(slice_equal(found, secret), "%zu of %zu", needed, cases[i].num);
        cr_assert(shamir_combine(shares, needed - 1, &a, &found, &err));
        cr_expect_not(slice_equal(found, secret), "%zu of %zu with one less", needed, cases[i].num);
    }
}

Test(shamir, refuses_what_is_no_set_of_shares, .init = begin, .fini = end)
{
    const struct slice twice[] = {bytes("11234cbb01"), bytes("2245197701")},
                       zero[] = {bytes("11234cbb01"), bytes("2245197700")},
                       lengths[] = {bytes("11234cbb01"), bytes("22451902")}, empty[] = {bytes("01")};
    struct slice none;

    cr_expect_not(shamir_combine(twice, 2, &a, &none, &err));
    cr_expect_eq(err.code, E_RECOVERY_SECRET);
    cr_expect_str_eq(err.text, "two shares of a secret are for the same place (1)");
    cr_expect_not(shamir_combine(zero, 2, &a, &none, &err));
    cr_expect_not(shamir_combine(lengths, 2, &a, &none, &err));
    cr_expect_str_eq(err.text, "shares of a secret have the same length, two bytes at least");
    cr_expect_not(shamir_combine(empty, 1, &a, &none, &err));
}
