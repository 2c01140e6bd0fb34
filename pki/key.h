/* SPDX-License-Identifier: Apache-2.0 */
/* pki/key.h: private and public keys.
 *
 * P-256 is the curve of every key of ours (it has the fast path, see docs/dependencies.md). The others are
 * there because manifests ask for them, or because others use them. Ed25519 is computed by libsodium, the
 * rest through PSA. Private halves stay in guarded memory or PSA's store, and are wiped.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum key_type { KEY_P256, KEY_P384, KEY_P521, KEY_P224, KEY_ED25519, KEY_RSA };
enum {
    RSA_MIN_BITS = 1024,         /* below it no key is made or read, as in Go */
    RSA_MAX_BITS = 4096,         /* what PSA computes with */
    RSA_TRUSTED_MIN_BITS = 2048, /* below it no foreign signature is believed, and nothing is encrypted */
};

/* A private key. Zero state is empty; key_wipe() releases. May be used by several threads at once. */
struct key {
    struct key_impl *impl;
};
bool key_generate(enum key_type type, struct key *out, struct err *err); /* all but RSA */

/* With the public exponent 65537. Takes seconds of computing: on the slow lane. E_UNSUPPORTED unless a
 * multiple of 8 from RSA_MIN_BITS to RSA_MAX_BITS. */
bool key_generate_rsa(uint64_t bits, struct key *out, struct err *err);

/* From a big-endian scalar in 1..n-1, of the curve's size (used by the simulated TEE for its fixed keys). */
bool key_from_scalar(enum key_type curve, struct slice scalar, struct key *out, struct err *err);

bool key_from_pkcs8(struct slice der, struct key *out, struct err *err); /* PKCS#8, SEC1 or PKCS#1 DER */
bool key_from_pem(struct slice text, struct key *out, struct err *err);  /* first "... PRIVATE KEY" block */
void key_to_pkcs8(const struct key *k, struct secret *out);              /* RFC 5958 / 5208 / 8410, DER */

/* An EC key alone: ECPrivateKey (RFC 5915) with the curve's name, as MarbleRun stores keys; and the scalar,
 * big endian, of the curve's size. */
void key_to_sec1(const struct key *k, struct secret *out);
void key_to_scalar(const struct key *k, struct secret *out);
void key_wipe(struct key *k);
enum key_type key_type_of(const struct key *k);

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7), DER. */
struct slice key_spki(const struct key *k, struct arena *a);

/* With the algorithm that goes with the key: ECDSA with SHA-256 (P-224, P-256), SHA-384 (P-384) or SHA-512
 * (P-521), in ASN.1 DER; RSA PKCS#1 v1.5 with SHA-256; Ed25519. */
bool key_sign(const struct key *k, struct slice message, struct arena *a, struct slice *signature, struct err *err);

/* r || s, big endian, each of the curve's size; SHA-256 for P-256, SHA-384 for P-384. */
bool key_sign_raw(const struct key *k, struct slice message, struct arena *a, struct slice *signature, struct err *err);

enum signature_alg {
    SIG_ECDSA_SHA256,
    SIG_ECDSA_SHA384,
    SIG_ECDSA_SHA512,
    SIG_RSA_PKCS1_SHA256,
    SIG_RSA_PKCS1_SHA384,
    SIG_RSA_PKCS1_SHA512,
    SIG_RSA_PSS_SHA256,
    SIG_RSA_PSS_SHA384,
    SIG_RSA_PSS_SHA512,
    SIG_ED25519,
};

/* With this algorithm, which must go with the key (E_UNSUPPORTED): ECDSA with any hash, RSA with PSS too. */
bool key_sign_as(const struct key *k, enum signature_alg alg, struct slice message, struct arena *a,
                 struct slice *signature, struct err *err);

/* Does `signature` (DER for ECDSA) over `message` hold under this public key? E_SIGNATURE if not. */
bool spki_verify(struct slice spki, enum signature_alg alg, struct slice message, struct slice signature, struct err *err);

/* Keys of others. A whole SubjectPublicKeyInfo that can be computed with: E_KEY_FORMAT if not. */
bool spki_check(struct slice spki, enum key_type *type, struct err *err);

/* The same from the first PEM block "PUBLIC KEY"; "RSA PUBLIC KEY" (PKCS#1) is none. */
bool spki_from_pem(struct slice text, struct arena *a, struct slice *spki, enum key_type *type,
                   struct err *err);

/* RSA-OAEP with SHA-256 for hash and mask, empty label (RFC 8017 7.1). Encrypting: E_KEY_FORMAT if the key is
 * none of RSA with RSA_TRUSTED_MIN_BITS at least, E_CRYPTO if `plain` is too long. Decrypting: E_DECRYPT, and
 * nothing else is told. */
bool spki_encrypt(struct slice spki, struct slice plain, struct arena *a, struct slice *out, struct err *err);
bool key_decrypt(const struct key *k, struct slice encrypted, struct secret *out, struct err *err);

/* r || s, big endian, each half as long as the curve's numbers, in the DER that spki_verify() takes. */
struct slice signature_from_raw(struct arena *a, struct slice raw);

/* What kind of key it is. E_KEY_FORMAT. */
bool spki_key_type(struct slice spki, enum key_type *out, struct err *err);

/* P-256, SHA-256, raw: public key X || Y (64 bytes), signature r || s (64 bytes). What quotes use.
 * Refuses points not on the curve and r or s out of range. */
bool p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err);

/* The 64 bytes X || Y of a P-256 SubjectPublicKeyInfo; E_KEY_FORMAT if it is another key. */
bool spki_p256_xy(struct slice spki, struct slice *xy, struct err *err);
