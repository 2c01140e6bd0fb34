/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/shamir.h"

#include "base/secret.h"

static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (int bit = 0; bit < 8; bit++) {
        product ^= (uint8_t)(a & -(b >> bit & 1));
        a = (uint8_t)(a << 1 ^ (0x1b & -(a >> 7)));
    }
    return product;
}

/* a^254: the inverse of all but 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = a;

    for (int i = 0; i < 6; i++)
        power = multiply(multiply(power, power), a); /* a^3, a^7, ... a^127 */
    return multiply(power, power);
}

struct slice shamir_share(const struct slice *coefficients, size_t threshold, uint8_t x, struct arena *a)
{
    const size_t len = coefficients[0].len;
    uint8_t *share = arena_alloc(a, len + 1);

    for (size_t i = 0; i < len; i++)
        for (size_t k = threshold; k-- > 0;)
            share[i] = multiply(share[i], x) ^ coefficients[k].ptr[i];
    share[len] = x;
    return slice_of(share, len + 1);
}

/* 1 to 255 in random order. */
static void shuffled(uint8_t x[SHAMIR_MAX_SHARES])
{
    for (unsigned i = 0; i < SHAMIR_MAX_SHARES; i++)
        x[i] = (uint8_t)(i + 1);
    for (unsigned i = SHAMIR_MAX_SHARES; i > 1; i--) {
        uint32_t random;

        random_bytes(&random, sizeof random); /* not quite even, which tells nobody anything: x is public */
        const uint8_t other = x[random % i];

        x[random % i] = x[i - 1];
        x[i - 1] = other;
    }
}

void shamir_split(struct slice secret, size_t num, size_t threshold, struct arena *a, struct slice *shares)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice *coefficients = arena_array(&scratch, threshold, sizeof *coefficients);
    uint8_t x[SHAMIR_MAX_SHARES];

    coefficients[0] = secret;
    for (size_t k = 1; k < threshold; k++) {
        uint8_t *random = arena_alloc(&scratch, secret.len);

        random_bytes(random, secret.len);
        coefficients[k] = slice_of(random, secret.len);
    }
    shuffled(x);
    for (size_t i = 0; i < num; i++)
        shares[i] = shamir_share(coefficients, threshold, x[i], a);
}

static uint8_t x_of(struct slice share) { return share.ptr[share.len - 1]; }

static bool check_shares(const struct slice *shares, size_t num, struct err *err)
{
    bool seen[256] = {true}; /* 0 is where the secret stands */

    for (size_t i = 0; i < num; i++) {
        if (shares[i].len < 2 || shares[i].len != shares[0].len)
            return err_set(err, E_RECOVERY_SECRET,
                           "shares of a secret have the same length, two bytes at least");
        if (seen[x_of(shares[i])])
            return err_set(err, E_RECOVERY_SECRET, "two shares of a secret are for the same place (%u)",
                           x_of(shares[i]));
        seen[x_of(shares[i])] = true;
    }
    return true;
}

/* The weight of share i at 0 (Lagrange): the product over the others of x / (x - x_i); in this field, - is +.
 */
static uint8_t weight_of(const struct slice *shares, size_t num, size_t i)
{
    uint8_t weight = 1;

    for (size_t k = 0; k < num; k++)
        if (k != i)
            weight = multiply(weight, multiply(x_of(shares[k]), inverse(x_of(shares[k]) ^ x_of(shares[i]))));
    return weight;
}

bool shamir_combine(const struct slice *shares, size_t num, struct arena *a, struct slice *secret,
                    struct err *err)
{
    if (!check_shares(shares, num, err))
        return false;
    const size_t len = num == 0 ? 0 : shares[0].len - 1;
    uint8_t *sum = arena_alloc(a, len);

    for (size_t i = 0; i < num; i++) {
        const uint8_t weight = weight_of(shares, num, i);

        for (size_t k = 0; k < len; k++)
            sum[k] ^= multiply(shares[i].ptr[k], weight);
    }
    *secret = slice_of(sum, len);
    return true;
}
