/* SPDX-License-Identifier: Apache-2.0 */
/* pki/spki.h: public keys, curves and signature algorithms as ASN.1 writes them. For the files of pki/ only.
 *
 * RFC 5280 4.1.2.7, RFC 5480 (curves), RFC 3279 and 4055 (RSA), RFC 5758 (ECDSA).
 */
#pragma once
#include "base/buf.h"
#include "pki/ed25519.h"
#include "pki/key.h"

struct curve {
    enum key_type type;
    const char *name;
    struct slice oid;
    size_t size; /* bytes of a coordinate or scalar */
};
enum {
    CURVE_MAX_SIZE = 66,
    POINT_MAX_LEN = 1 + 2 * CURVE_MAX_SIZE,
};

const struct curve *curve_of(enum key_type type);   /* NULL for KEY_RSA and KEY_ED25519 */
const struct curve *curve_by_oid(struct slice oid); /* or NULL */

extern const struct slice OID_EC_PUBLIC_KEY, OID_RSA_ENCRYPTION, OID_ED25519;

const char *key_type_name(enum key_type type); /* "P-256", "RSA", "Ed25519" */

/* The AlgorithmIdentifier of keys of this type, private ones too. */
void key_alg_put(struct buf *b, enum key_type type);

struct public_key {
    enum key_type type;
    struct slice
        bits; /* EC: the uncompressed point, 04 || X || Y; RSA: the DER of RSAPublicKey; Ed25519: the point */
    unsigned rsa_bits;
};

/* Reads a whole SubjectPublicKeyInfo. Points are not looked at beyond their length. E_KEY_FORMAT. */
bool spki_read(struct slice spki, struct public_key *out, struct err *err);
void spki_put(struct buf *b, const struct public_key *key);

/* ECDSA signatures: SEQUENCE { r, s } and r || s, each of the curve's size. False if r or s is zero, negative
 * or longer than the curve's size. */
bool ecdsa_to_raw(struct slice der, size_t size, uint8_t *raw);
void ecdsa_put(struct buf *b, struct slice raw);

/* AlgorithmIdentifier of signatures. One that is not known is refused as `code`. */
bool signature_alg_read(struct slice element, enum signature_alg *out, enum err_code code, struct err *err);
void signature_alg_put(struct buf *b, enum signature_alg alg);
const char *signature_alg_name(enum signature_alg alg);
bool signature_alg_fits(enum signature_alg alg, enum key_type type);

/* What key_sign() makes with this key. */
enum signature_alg key_signature_alg(const struct key *k);
