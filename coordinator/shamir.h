/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/shamir.h: a secret in shares, of which a threshold gives it back (A. Shamir, 1979).
 *
 * Each byte is the value at 0 of a random polynomial of degree threshold - 1 over GF(2^8) with the polynomial
 * of AES (0x11B). A share is the values at x of all bytes, and behind them x (1 to 255): as MarbleRun and
 * Vault have it. Arithmetic takes the same time for all values; x is public.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum { SHAMIR_MAX_SHARES = 255 };

/* `num` shares (2 to 255) with x distinct, in random order, in the arena; threshold 2 to num. */
void shamir_split(struct slice secret, size_t num, size_t threshold, struct arena *a, struct slice *shares);

/* The share at x of the polynomials whose coefficients are, from the lowest, these strings of equal length;
 * the first is the secret. */
struct slice shamir_share(const struct slice *coefficients, size_t threshold, uint8_t x, struct arena *a);

/* The secret in which these shares meet: the one that was split if they are as many as its threshold, and no
 * worse than noise if not. E_RECOVERY_SECRET: two of the same x, x = 0, other lengths. */
bool shamir_combine(const struct slice *shares, size_t num, struct arena *a, struct slice *secret,
                    struct err *err);
