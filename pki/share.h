/* SPDX-License-Identifier: Apache-2.0 */
/* pki/share.h: a key that several people hold together, and the public list of their parts.
 *
 * All of them: shares of the key's length whose XOR is the key. Some of them: Shamir's scheme over GF(2^8)
 * with the AES polynomial x^8 + x^4 + x^3 + x + 1, byte by byte with polynomials of their own; a share is the
 * bytes of y and one byte x, 1 to 255. Field arithmetic takes the same time whatever the values are.
 *
 * The recovery data name the shares without telling them: {"<SHA-256 of a share, hex>":true,...}, sorted,
 * compact.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

enum { MAX_SHARES = 255 };

/* `num` shares (1 to MAX_SHARES) of the key, into shares[0..num-1], which must be zero. */
void share_xor_split(struct slice key, size_t num, struct secret *shares);

/* E_RECOVERY_SHARE: no shares, or of different or no length. */
bool share_xor_combine(const struct slice *shares, size_t num, struct secret *key, struct err *err);

/* `num` shares, `threshold` of which (1 to num) are enough; with distinct x in random order. */
void share_shamir_split(struct slice key, size_t threshold, size_t num, struct secret *shares);

/* One share of a key whose polynomials are given: coefficients[d] holds those of x^(d+1), one for each byte.
 * For share_shamir_split() and for vectors. x is not 0. */
void share_shamir_at(struct slice key, const struct slice *coefficients, size_t degree, uint8_t x,
                     struct secret *share);

/* What the shares give together; whether that is the key, only what it opens can tell. E_RECOVERY_SHARE: no
 * shares, of different lengths, too short, x of 0, or the same x twice. */
bool share_shamir_combine(const struct slice *shares, size_t num, struct secret *key, struct err *err);

/* The recovery data of these shares; "null" for none. In the arena. */
struct slice share_list_encode(const struct slice *shares, size_t num, struct arena *a);

/* Digests of 32 bytes each, in the order of the text; *num is 0 for `null` and for an empty text.
 * E_RECOVERY_DATA. */
bool share_list_decode(struct slice text, struct arena *a, const uint8_t (**digests)[32], size_t *num,
                       struct err *err);
