/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/oaep.h"

#include <string.h>

#include "pki/hash.h"

enum { ENCODED_MAX = 512 };

/* MGF1 (RFC 8017 B.2.1), xored onto `to`. */
static void unmask(uint8_t *to, size_t len, struct slice seed)
{
    uint8_t mask[SHA256_LEN], counter[4] = {0};

    for (size_t at = 0; at < len; at += SHA256_LEN) {
        const struct slice parts[] = {seed, slice_of(counter, sizeof counter)};

        sha256_of(mask, parts, 2);
        for (size_t i = 0; i < SHA256_LEN && at + i < len; i++)
            to[at + i] ^= mask[i];
        counter[3]++;
    }
    wipe(mask, sizeof mask);
}

static uint8_t is_zero(uint8_t v) { return (uint8_t)(((unsigned)v - 1) >> 8) & 1; }

/* Where the message begins in the data block: behind the hash of the label, zeros, and a one. All of it is
 * read. */
static size_t find_message(const uint8_t *block, size_t len, uint8_t *bad)
{
    uint8_t label[SHA256_LEN], looking = 1;
    size_t at = 0;

    sha256(label, (struct slice){0});
    *bad |= (uint8_t)!secret_equal(slice_of(block, SHA256_LEN), slice_of(label, SHA256_LEN));
    for (size_t i = SHA256_LEN; i < len; i++) {
        const uint8_t one = is_zero(block[i] ^ 1);

        at |= (0 - (size_t)(looking & one)) & (i + 1);
        *bad |= (uint8_t)(looking & (uint8_t)(1 - one) & (uint8_t)(1 - is_zero(block[i])));
        looking &= (uint8_t)(1 - one);
    }
    *bad |= looking;
    return at;
}

bool oaep_decode(struct slice encoded, struct secret *out, struct err *err)
{
    uint8_t copy[ENCODED_MAX], bad, *seed = copy + 1, *block = copy + 1 + SHA256_LEN;
    size_t len, at;

    if (encoded.len < 2 * SHA256_LEN + 2 || encoded.len > sizeof copy)
        return err_set(err, E_DECRYPT, "it does not open with this key");
    memcpy(copy, encoded.ptr, encoded.len);
    len = encoded.len - 1 - SHA256_LEN;
    unmask(seed, SHA256_LEN, slice_of(block, len));
    unmask(block, len, slice_of(seed, SHA256_LEN));
    bad = (uint8_t)(1 - is_zero(copy[0]));
    at = find_message(block, len, &bad);
    if (bad == 0)
        secret_copy(out, slice_of(block + at, len - at));
    wipe(copy, sizeof copy);
    return bad == 0 || err_set(err, E_DECRYPT, "it does not open with this key");
}
