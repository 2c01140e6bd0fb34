/* SPDX-License-Identifier: Apache-2.0 */
/* pki/ed25519.h: signatures of RFC 8032, which mbedTLS does not have. For pki/, and for net/tls_seam.c.
 *
 * By libsodium in ed25519.c; or by nobody, in ed25519_none.c: a service of the mesh that has to be small gets
 * keys of other kinds only, and refuses these.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ED25519_LEN = 32 /* of a seed, and of a public key */,
    ED25519_PRIVATE_LEN = 64,
    ED25519_SIGNATURE_LEN = 64
};

/* RFC 8032 5.1.5; all seeds are good. `private`: seed and point, to sign with. false: nobody computes it
 * here. */
bool ed25519_from_seed(const uint8_t seed[ED25519_LEN], uint8_t public[ED25519_LEN],
                       uint8_t private[ED25519_PRIVATE_LEN]);
void ed25519_sign(const uint8_t private[ED25519_PRIVATE_LEN], const uint8_t *message, size_t len,
                  uint8_t signature[ED25519_SIGNATURE_LEN]);

/* RFC 8032 5.1.7; points of small order and unreduced numbers are refused, too. */
bool ed25519_verify(const uint8_t public[ED25519_LEN], const uint8_t *message, size_t len,
                    const uint8_t signature[ED25519_SIGNATURE_LEN]);
