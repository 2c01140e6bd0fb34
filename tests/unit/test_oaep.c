/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/oaep.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
#include "pki/hash.h"

enum { LEN = 256, SEED = 1, BLOCK = 1 + SHA256_LEN };

static void begin(void)
{
    secret_init();
    pki_init();
}

static void mask(uint8_t *to, size_t len, const uint8_t *seed, size_t seed_len)
{
    uint8_t digest[SHA256_LEN], counter[4] = {0};

    for (size_t at = 0; at < len; at++) {
        if (at % SHA256_LEN == 0) {
            const struct slice parts[] = {slice_of(seed, seed_len), slice_of(counter, 4)};

            counter[3] = (uint8_t)(at / SHA256_LEN);
            sha256_of(digest, parts, 2);
        }
        to[at] ^= digest[at % SHA256_LEN];
    }
}

/* RFC 8017 7.1.1 step 2; `change` at `where` of the unmasked whole. */
static void encode(uint8_t out[LEN], const char *message, size_t where, uint8_t change)
{
    const size_t len = strlen(message);

    memset(out, 0, LEN);
    memset(out + SEED, 0x5a, SHA256_LEN);
    sha256(out + BLOCK, (struct slice){0});
    out[LEN - len - 1] = 1;
    memcpy(out + LEN - len, message, len);
    out[where] ^= change;
    mask(out + BLOCK, LEN - BLOCK, out + SEED, SHA256_LEN);
    mask(out + SEED, SHA256_LEN, out + BLOCK, LEN - BLOCK);
}

Test(oaep, what_was_encoded_comes_out, .init = begin)
{
    static const char *const messages[] = {"", "x", "0123456789abcdef", "\001\001 with ones in it"};
    uint8_t encoded[LEN];

    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        scoped(secret_wipe) struct secret plain = {0};
        struct err err;

        encode(encoded, messages[i], 0, 0);
        cr_assert(oaep_decode(slice_of(encoded, LEN), &plain, &err), "%zu: %s", i, err.text);
        cr_expect(slice_equal(secret_bytes(&plain), slice_str(messages[i])), "%zu", i);
    }
}

Test(oaep, whatever_is_wrong_the_words_are_the_same, .init = begin)
{
    static const struct {
        size_t where;
        uint8_t change;
    } rows[] = {
        {0, 1},                               /* the first byte is not zero */
        {BLOCK, 0x80},                        /* another label */
        {BLOCK + SHA256_LEN, 2},              /* neither zero nor one before the message */
        {LEN - 17, 1},                        /* the one is missing, and the message has none */
    };
    uint8_t encoded[LEN];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(secret_wipe) struct secret plain = {0};
        struct err err = {0};

        encode(encoded, "0000000000000000", rows[i].where, rows[i].change);
        cr_expect_not(oaep_decode(slice_of(encoded, LEN), &plain, &err), "%zu", i);
        cr_expect_eq(err.code, E_DECRYPT, "%zu", i);
        cr_expect_str_eq(err.text, "it does not open with this key", "%zu", i);
        cr_expect_eq(plain.len, 0, "%zu", i);
    }
}

Test(oaep, no_length_leads_outside, .init = begin)
{
    uint8_t encoded[LEN];

    encode(encoded, "0123456789abcdef", 0, 0);
    for (size_t len = 0; len < LEN; len++) {
        scoped(secret_wipe) struct secret plain = {0};
        struct err err;

        cr_expect_not(oaep_decode(slice_of(encoded, len), &plain, &err), "%zu", len);
    }
}
