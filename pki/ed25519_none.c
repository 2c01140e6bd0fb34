/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "pki/ed25519.h"

bool ed25519_from_seed(const uint8_t seed[ED25519_LEN], uint8_t public[ED25519_LEN],
                       uint8_t private[ED25519_PRIVATE_LEN])
{
    (void)seed, (void)public, (void)private;
    return false;
}

/* Nobody has a key to sign with. */
void ed25519_sign(const uint8_t private[ED25519_PRIVATE_LEN], const uint8_t *message, size_t len,
                  uint8_t signature[ED25519_SIGNATURE_LEN])
{
    (void)private, (void)message, (void)len;
    memset(signature, 0, ED25519_SIGNATURE_LEN);
}

bool ed25519_verify(const uint8_t public[ED25519_LEN], const uint8_t *message, size_t len,
                    const uint8_t signature[ED25519_SIGNATURE_LEN])
{
    (void)public, (void)message, (void)len, (void)signature;
    return false;
}
