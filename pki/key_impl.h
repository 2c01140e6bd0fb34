/* SPDX-License-Identifier: Apache-2.0 */
/* pki/key_impl.h: what a private key is inside. For key.c and key_format.c alone. */
#pragma once
#include "pki/psa.h"
#include "pki/spki.h"

/* The private half is in PSA's store, which locks and wipes, or, of an Ed25519 key, in guarded memory; the
 * public half is here. Never changed once made, so threads may share it. */
struct key_impl {
    enum key_type type;
    psa_key_id_t id;
    struct secret ed25519; /* seed and point, ed25519.h */
    size_t public_len;
    uint8_t public[PSA_EXPORT_PUBLIC_KEY_MAX_SIZE];
};

/* A private key as the formats carry it; `public` may be empty. */
struct key_parts {
    enum key_type type;
    struct slice secret; /* EC: the scalar; Ed25519: the seed; RSA: RSAPrivateKey */
    struct slice public;
};

/* The public half that stands beside the private one must be its own. E_KEY_FORMAT. */
bool key_import(const struct key_parts *p, struct key *out, struct err *err);

/* The bytes of key_parts.secret, and of public_key.bits. */
void key_export(const struct key *k, struct secret *out);
struct slice key_public_bits(const struct key *k);
