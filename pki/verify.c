/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/ed25519.h"
#include "pki/pem.h"
#include "pki/psa.h"
#include "pki/spki.h"

psa_algorithm_t psa_alg_of(enum signature_alg alg)
{
    static const psa_algorithm_t algs[] = {
        [SIG_ECDSA_SHA256] = PSA_ALG_ECDSA(PSA_ALG_SHA_256),
        [SIG_ECDSA_SHA384] = PSA_ALG_ECDSA(PSA_ALG_SHA_384),
        [SIG_ECDSA_SHA512] = PSA_ALG_ECDSA(PSA_ALG_SHA_512),
        [SIG_RSA_PKCS1_SHA256] = PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256),
        [SIG_RSA_PKCS1_SHA384] = PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_384),
        [SIG_RSA_PKCS1_SHA512] = PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_512),
        [SIG_RSA_PSS_SHA256] = PSA_ALG_RSA_PSS(PSA_ALG_SHA_256),
        [SIG_RSA_PSS_SHA384] = PSA_ALG_RSA_PSS(PSA_ALG_SHA_384),
        [SIG_RSA_PSS_SHA512] = PSA_ALG_RSA_PSS(PSA_ALG_SHA_512),
    };
    return algs[alg];
}

static bool import_public(const struct public_key *key, psa_key_usage_t usage, psa_algorithm_t alg,
                          psa_key_id_t *id, struct err *err)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    psa_set_key_type(&attributes, key->type == KEY_RSA ? PSA_KEY_TYPE_RSA_PUBLIC_KEY
                                                       : PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    return psa_import_key(&attributes, key->bits.ptr, key->bits.len, id) == PSA_SUCCESS ||
           err_set(err, E_KEY_FORMAT, "public key: expected %s",
                   key->type == KEY_RSA ? "an RSA key that can be computed with" : "a point on its curve");
}

static bool does_not_hold(enum signature_alg alg, struct err *err)
{
    return err_set(err, E_SIGNATURE, "the signature (%s) does not hold under this public key",
                   signature_alg_name(alg));
}

/* `signature` as PSA has it: r || s, or RSA's. */
static bool verify(const struct public_key *key, enum signature_alg alg, struct slice message,
                   struct slice signature, struct err *err)
{
    psa_key_id_t id;
    psa_status_t status;

    if (!import_public(key, PSA_KEY_USAGE_VERIFY_MESSAGE, psa_alg_of(alg), &id, err))
        return false;
    status = psa_verify_message(id, psa_alg_of(alg), message.ptr, message.len, signature.ptr, signature.len);
    psa_must(psa_destroy_key(id));
    return status == PSA_SUCCESS || does_not_hold(alg, err);
}

static bool verify_ecdsa(const struct public_key *key, enum signature_alg alg, struct slice message,
                         struct slice signature, struct err *err)
{
    const struct curve *curve = curve_of(key->type);
    uint8_t raw[2 * CURVE_MAX_SIZE];

    if (!ecdsa_to_raw(signature, curve->size, raw))
        return err_set(err, E_SIGNATURE,
                       "the signature (%s): expected r and s on %s in DER, found something else",
                       signature_alg_name(alg), curve->name);
    return verify(key, alg, message, slice_of(raw, 2 * curve->size), err);
}

static bool verify_ed25519(const struct public_key *key, struct slice message, struct slice signature,
                           struct err *err)
{
    return (signature.len == ED25519_SIGNATURE_LEN &&
            ed25519_verify(key->bits.ptr, message.ptr, message.len, signature.ptr)) ||
           does_not_hold(SIG_ED25519, err);
}

static bool check_rsa_size(const struct public_key *key, struct err *err)
{
    return key->type != KEY_RSA || key->rsa_bits >= RSA_TRUSTED_MIN_BITS ||
           err_set(err, E_KEY_FORMAT, "RSA public key: expected %d to %d bits, found %u",
                   RSA_TRUSTED_MIN_BITS, RSA_MAX_BITS, key->rsa_bits);
}

bool spki_verify(struct slice spki, enum signature_alg alg, struct slice message, struct slice signature,
                 struct err *err)
{
    struct public_key key;

    if (!spki_read(spki, &key, err) || !check_rsa_size(&key, err))
        return false;
    if (!signature_alg_fits(alg, key.type))
        return err_set(err, E_SIGNATURE, "the signature is made with %s, which does not go with a key of %s",
                       signature_alg_name(alg), key_type_name(key.type));
    if (key.type == KEY_ED25519)
        return verify_ed25519(&key, message, signature, err);
    return key.type == KEY_RSA ? verify(&key, alg, message, signature, err)
                               : verify_ecdsa(&key, alg, message, signature, err);
}

bool p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err)
{
    const size_t len = 2 * curve_of(KEY_P256)->size;
    uint8_t point[POINT_MAX_LEN] = {0x04};
    const struct public_key key = {.type = KEY_P256, .bits = slice_of(point, 1 + len)};

    if (xy.len != len)
        return err_set(err, E_KEY_FORMAT, "public key on P-256: expected %zu bytes X || Y, found %zu", len,
                       xy.len);
    if (signature.len != len)
        return err_set(err, E_SIGNATURE, "signature on P-256: expected %zu bytes r || s, found %zu", len,
                       signature.len);
    memcpy(point + 1, xy.ptr, len);
    return verify(&key, SIG_ECDSA_SHA256, message, signature, err);
}

/* ---- keys of others -------------------------------------------------------------------------- */

bool spki_check(struct slice spki, enum key_type *type, struct err *err)
{
    struct public_key key;
    psa_key_id_t id;

    if (!spki_read(spki, &key, err))
        return false;
    if (key.type != KEY_ED25519) { /* of which any 32 bytes are taken until a signature is to be verified */
        if (!import_public(&key, PSA_KEY_USAGE_VERIFY_MESSAGE, PSA_ALG_NONE, &id, err))
            return false;
        psa_must(psa_destroy_key(id));
    }
    *type = key.type;
    return true;
}

bool spki_from_pem(struct slice text, struct arena *a, struct slice *spki, enum key_type *type,
                   struct err *err)
{
    struct pem_block block;

    if (!pem_next(&text, a, &block, err))
        return err_as(err, E_KEY_FORMAT);
    if (block.der.ptr == NULL || !slice_equal(block.label, slice_str("PUBLIC KEY")))
        return err_set(err, E_KEY_FORMAT, "expected a PEM block \"PUBLIC KEY\", found %s",
                       block.der.ptr == NULL ? "none" : "another kind of block first");
    if (!spki_check(block.der, type, err))
        return false;
    *spki = block.der;
    return true;
}

bool spki_encrypt(struct slice spki, struct slice plain, struct arena *a, struct slice *out, struct err *err)
{
    const psa_algorithm_t oaep = PSA_ALG_RSA_OAEP(PSA_ALG_SHA_256);
    uint8_t *encrypted = arena_alloc(a, RSA_MAX_BITS / 8);
    struct public_key key;
    psa_key_id_t id;
    psa_status_t status;
    size_t len;

    if (!spki_read(spki, &key, err) || !check_rsa_size(&key, err))
        return false;
    if (key.type != KEY_RSA)
        return err_set(err, E_KEY_FORMAT, "encrypting: expected an RSA key, found one of %s",
                       key_type_name(key.type));
    if (!import_public(&key, PSA_KEY_USAGE_ENCRYPT, oaep, &id, err))
        return false;
    status =
        psa_asymmetric_encrypt(id, oaep, plain.ptr, plain.len, NULL, 0, encrypted, RSA_MAX_BITS / 8, &len);
    psa_must(psa_destroy_key(id));
    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "encrypting %zu bytes to an RSA key of %u bits: status %d", plain.len,
                       key.rsa_bits, (int)status);
    *out = slice_of(encrypted, len);
    return true;
}
