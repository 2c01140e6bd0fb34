/* SPDX-License-Identifier: Apache-2.0 */
/* pki/hash.h: digests, key derivation, authenticated encryption, through PSA.
 *
 * pki_init() must have run. A broken crypto library is not an error to handle: it aborts.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum { SHA256_LEN = 32, SHA384_LEN = 48, SHA512_LEN = 64 };

/* Prepares PSA; may be called often and from any thread. */
void pki_init(void);

void sha256(uint8_t out[SHA256_LEN], struct slice in);
void sha384(uint8_t out[SHA384_LEN], struct slice in);
void sha512(uint8_t out[SHA512_LEN], struct slice in);

/* SHA-256 over several pieces. */
void sha256_of(uint8_t out[SHA256_LEN], const struct slice *pieces, size_t num_pieces);

/* SHA-256 over what comes piece by piece: `next` sets the next one, an empty one at the end; what it refuses is
 * passed on. For what is too large to be in memory at once. */
bool sha256_pulled(uint8_t out[SHA256_LEN], bool (*next)(void *ctx, struct slice *piece, struct err *err), void *ctx,
                   struct err *err);

/* HKDF-SHA256 (RFC 5869), extract then expand; out->len of up to 8160 bytes is what is wanted
 * and must be allocated by the caller. */
void hkdf_sha256(void *out, size_t out_len, struct slice secret, struct slice salt, struct slice info);

/* AES-GCM, key of 16 or 32 bytes; the sealed form is nonce (12, random) || ciphertext || tag (16).
 * Opening fails with E_DECRYPT and tells nothing else. */
enum { AEAD_OVERHEAD = 28 };
void aead_seal(struct slice key, struct slice plain, struct slice aad, struct arena *a, struct slice *out);
bool aead_open(struct slice key, struct slice sealed, struct slice aad, struct arena *a, struct slice *out, struct err *err);
