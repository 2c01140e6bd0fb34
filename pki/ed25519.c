/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/ed25519.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(crypto_sign_PUBLICKEYBYTES == ED25519_LEN && crypto_sign_SEEDBYTES == ED25519_LEN &&
                   crypto_sign_SECRETKEYBYTES == ED25519_PRIVATE_LEN &&
                   crypto_sign_BYTES == ED25519_SIGNATURE_LEN,
               "RFC 8032");

/* Often and from any thread, says libsodium. */
static void start(void)
{
    if (sodium_init() < 0)
        abort();
}

bool ed25519_from_seed(const uint8_t seed[ED25519_LEN], uint8_t public[ED25519_LEN],
                       uint8_t private[ED25519_PRIVATE_LEN])
{
    start();
    return crypto_sign_seed_keypair(public, private, seed) == 0;
}

void ed25519_sign(const uint8_t private[ED25519_PRIVATE_LEN], const uint8_t *message, size_t len,
                  uint8_t signature[ED25519_SIGNATURE_LEN])
{
    (void)crypto_sign_detached(signature, NULL, message, len, private);
}

bool ed25519_verify(const uint8_t public[ED25519_LEN], const uint8_t *message, size_t len,
                    const uint8_t signature[ED25519_SIGNATURE_LEN])
{
    start();
    return crypto_sign_verify_detached(signature, message, len, public) == 0;
}
