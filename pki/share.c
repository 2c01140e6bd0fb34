/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/share.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"

/* ---- the field --------------------------------------------------------------------------------- */

/* Russian peasants' multiplication, without a branch or a table that would tell the factors. */
static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (int i = 0; i < 8; i++) {
        product ^= (uint8_t)(-(b & 1) & a);
        a = (uint8_t)((a << 1) ^ (-(a >> 7) & 0x1b));
        b >>= 1;
    }
    return product;
}

/* a^254: the order of the group is 255. Zero has none and gives zero. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a, result = 1;

    for (int i = 0; i < 7; i++) {
        power = gf_mul(power, power);
        result = gf_mul(result, power);
    }
    return result;
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void xor_into(struct secret *to, struct slice s)
{
    for (size_t i = 0; i < to->len; i++)
        to->ptr[i] ^= s.ptr[i];
}

void share_xor_split(struct slice key, size_t num, struct secret *shares)
{
    secret_copy(&shares[num - 1], key);
    for (size_t i = 0; i + 1 < num; i++) {
        secret_random(&shares[i], key.len);
        xor_into(&shares[num - 1], secret_bytes(&shares[i]));
    }
}

static bool check_shares(const struct slice *shares, size_t num, size_t least, struct err *err)
{
    if (num == 0 || num > MAX_SHARES)
        return err_set(err, E_RECOVERY_SHARE, "%zu shares; expected 1 to %d", num, MAX_SHARES);
    for (size_t i = 0; i < num; i++)
        if (shares[i].len < least || shares[i].len != shares[0].len)
            return err_set(err, E_RECOVERY_SHARE,
                           "share %zu has %zu bytes, the first %zu; expected as many, at least %zu", i + 1,
                           shares[i].len, shares[0].len, least);
    return true;
}

bool share_xor_combine(const struct slice *shares, size_t num, struct secret *key, struct err *err)
{
    if (!check_shares(shares, num, 1, err))
        return false;
    secret_copy(key, shares[0]);
    for (size_t i = 1; i < num; i++)
        xor_into(key, shares[i]);
    return true;
}

/* ---- some of them ------------------------------------------------------------------------------ */

void share_shamir_at(struct slice key, const struct slice *coefficients, size_t degree, uint8_t x,
                     struct secret *share)
{
    secret_new(share, key.len + 1);
    for (size_t i = 0; i < key.len; i++) {
        uint8_t y = 0;

        for (size_t d = degree; d-- > 0;) /* Horner's rule */
            y = gf_mul(y ^ coefficients[d].ptr[i], x);
        share->ptr[i] = y ^ key.ptr[i];
    }
    share->ptr[key.len] = x;
}

static size_t random_below(size_t n)
{
    const size_t fair = 256 - 256 % n; /* above it the low values would come more often */
    uint8_t r;

    do
        random_bytes(&r, 1);
    while (r >= fair);
    return r % n;
}

/* 1 to 255 in random order (Fisher and Yates). */
static void shuffled_x(uint8_t x[MAX_SHARES])
{
    for (size_t i = 0; i < MAX_SHARES; i++) {
        const size_t k = random_below(i + 1);

        x[i] = x[k];
        x[k] = (uint8_t)(i + 1);
    }
}

void share_shamir_split(struct slice key, size_t threshold, size_t num, struct secret *shares)
{
    struct secret random[MAX_SHARES] = {{0}};
    struct slice coefficients[MAX_SHARES];
    uint8_t x[MAX_SHARES];

    shuffled_x(x);
    for (size_t d = 0; d + 1 < threshold; d++) {
        secret_random(&random[d], key.len);
        coefficients[d] = secret_bytes(&random[d]);
    }
    for (size_t i = 0; i < num; i++)
        share_shamir_at(key, coefficients, threshold - 1, x[i], &shares[i]);
    for (size_t d = 0; d + 1 < threshold; d++)
        secret_wipe(&random[d]);
}

static uint8_t x_of(struct slice share) { return share.ptr[share.len - 1]; }

static bool check_x(const struct slice *shares, size_t num, struct err *err)
{
    bool taken[256] = {true}; /* x is public */

    for (size_t i = 0; i < num; i++) {
        if (taken[x_of(shares[i])])
            return err_set(err, E_RECOVERY_SHARE,
                           x_of(shares[i]) == 0 ? "share %zu is none: it is for x = 0"
                                                : "share %zu is given twice",
                           i + 1);
        taken[x_of(shares[i])] = true;
    }
    return true;
}

/* Lagrange's basis polynomial of share i at 0: the product of xj / (xj - xi), where minus is XOR. */
static uint8_t weight_at_zero(const struct slice *shares, size_t num, size_t i)
{
    uint8_t weight = 1;

    for (size_t j = 0; j < num; j++)
        if (j != i)
            weight = gf_mul(weight, gf_mul(x_of(shares[j]), gf_inverse(x_of(shares[j]) ^ x_of(shares[i]))));
    return weight;
}

bool share_shamir_combine(const struct slice *shares, size_t num, struct secret *key, struct err *err)
{
    if (!check_shares(shares, num, 2, err) || !check_x(shares, num, err))
        return false;
    secret_new(key, shares[0].len - 1);
    for (size_t i = 0; i < num; i++) {
        const uint8_t weight = weight_at_zero(shares, num, i);

        for (size_t k = 0; k < key->len; k++)
            key->ptr[k] ^= gf_mul(weight, shares[i].ptr[k]);
    }
    return true;
}

/* ---- the list ---------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

struct slice share_list_encode(const struct slice *shares, size_t num, struct arena *a)
{
    char **hex = arena_array(a, num, sizeof *hex);
    struct buf b = buf_max(8 + num * (2 * SHA256_LEN + 8));
    struct slice text;

    for (size_t i = 0; i < num; i++) {
        uint8_t digest[SHA256_LEN];

        sha256(digest, shares[i]);
        hex[i] = hex_text(a, slice_of(digest, sizeof digest));
    }
    if (num > 0)
        qsort(hex, num, sizeof *hex, by_text);
    for (size_t i = 0; i < num; i++)
        buf_printf(&b, "%s\"%s\":true", i == 0 ? "{" : ",", hex[i]);
    buf_str(&b, num == 0 ? "null" : "}");
    text = arena_copy(a, buf_bytes(&b));
    buf_wipe(&b);
    return text;
}

static bool decode_member(const char *name, const json_t *value, uint8_t digest[SHA256_LEN], struct err *err)
{
    return (json_is_true(value) && hex_decode_exact(slice_str(name), digest, SHA256_LEN)) ||
           err_set(err, E_RECOVERY_DATA, "a member is not the SHA-256 of a share with the value true");
}

bool share_list_decode(struct slice text, struct arena *a, const uint8_t (**digests)[32], size_t *num,
                       struct err *err)
{
    scoped(json_release) json_t *v = NULL;
    uint8_t(*out)[SHA256_LEN];
    const char *name;
    json_t *value;
    size_t n = 0;

    if (text.len > 0 && !json_parse(text, JSON_NO_DUPLICATES, E_RECOVERY_DATA, &v, err))
        return err_in(err, "recovery data");
    if (text.len > 0 && !json_is_null(v) && !json_is_object(v))
        return err_set(err, E_RECOVERY_DATA, "recovery data: expected an object or null");
    out = arena_array(a, json_object_size(v), sizeof *out);
    json_object_foreach(v, name, value)
    {
        if (!decode_member(name, value, out[n++], err))
            return err_in(err, "recovery data");
    }
    *digests = (const uint8_t(*)[SHA256_LEN])out;
    *num = n;
    return true;
}
