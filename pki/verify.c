/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"
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

static bool is_ecdsa(enum signature_alg alg) { return alg <= SIG_ECDSA_SHA512; }

static bool import_public(const struct public_key *key, psa_algorithm_t alg, psa_key_id_t *id,
                          struct err *err)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
    psa_set_key_algorithm(&attributes, alg);
    psa_set_key_type(&attributes, key->type == KEY_RSA ? PSA_KEY_TYPE_RSA_PUBLIC_KEY
                                                       : PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    return psa_import_key(&attributes, key->bits.ptr, key->bits.len, id) == PSA_SUCCESS ||
           err_set(err, E_KEY_FORMAT, "public key: expected %s",
                   key->type == KEY_RSA ? "an RSA key that can be computed with" : "a point on its curve");
}

/* `signature` as PSA has it: r || s, or RSA's. */
static bool verify(const struct public_key *key, enum signature_alg alg, struct slice message,
                   struct slice signature, struct err *err)
{
    psa_key_id_t id;
    psa_status_t status;

    if (!import_public(key, psa_alg_of(alg), &id, err))
        return false;
    status = psa_verify_message(id, psa_alg_of(alg), message.ptr, message.len, signature.ptr, signature.len);
    psa_must(psa_destroy_key(id));
    return status == PSA_SUCCESS ||
           err_set(err, E_SIGNATURE, "the signature (%s) does not hold under this public key",
                   signature_alg_name(alg));
}

bool spki_verify(struct slice spki, enum signature_alg alg, struct slice message, struct slice signature,
                 struct err *err)
{
    uint8_t raw[2 * CURVE_MAX_SIZE];
    const struct curve *curve;
    struct public_key key;

    if (!spki_read(spki, &key, err))
        return false;
    curve = curve_of(key.type);
    if ((curve != NULL) != is_ecdsa(alg))
        return err_set(err, E_SIGNATURE, "the signature is made with %s, which does not go with a key of %s",
                       signature_alg_name(alg), curve != NULL ? curve->name : "RSA");
    if (curve == NULL)
        return verify(&key, alg, message, signature, err);
    if (!ecdsa_to_raw(signature, curve->size, raw))
        return err_set(err, E_SIGNATURE,
                       "the signature (%s): expected r and s on %s in DER, found something else",
                       signature_alg_name(alg), curve->name);
    return verify(&key, alg, message, slice_of(raw, 2 * curve->size), err);
}

bool p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err)
{
    const size_t len = 2 * curve_of(KEY_P256)->size;
    uint8_t point[POINT_MAX_LEN] = {0x04};
    const struct public_key key = {KEY_P256, slice_of(point, 1 + len)};

    if (xy.len != len)
        return err_set(err, E_KEY_FORMAT, "public key on P-256: expected %zu bytes X || Y, found %zu", len,
                       xy.len);
    if (signature.len != len)
        return err_set(err, E_SIGNATURE, "signature on P-256: expected %zu bytes r || s, found %zu", len,
                       signature.len);
    memcpy(point + 1, xy.ptr, len);
    return verify(&key, SIG_ECDSA_SHA256, message, signature, err);
}
