/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/key.h"

#include "pki/ed25519.h"
#include "pki/key_impl.h"

struct slice key_public_bits(const struct key *k) { return slice_of(k->impl->public, k->impl->public_len); }

/* ---- making and ending --------------------------------------------------------------------- */

static size_t curve_bits(enum key_type type)
{
    return type == KEY_P224 ? 224 : type == KEY_P256 ? 256 : type == KEY_P384 ? 384 : 521;
}

static psa_key_attributes_t attributes_of(enum key_type type)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_EXPORT);
    if (type == KEY_RSA) {
        psa_set_key_type(&attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
        psa_set_key_algorithm(&attributes, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_ANY_HASH));
        psa_set_key_enrollment_algorithm(&attributes, PSA_ALG_RSA_PSS(PSA_ALG_ANY_HASH)); /* its second one */
    } else {
        psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
        psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
        psa_set_key_bits(&attributes, curve_bits(type));
    }
    return attributes;
}

static struct key_impl *new_impl(enum key_type type)
{
    struct key_impl *impl = calloc(1, sizeof *impl);

    if (impl == NULL)
        abort();
    impl->type = type;
    return impl;
}

static struct key hold(enum key_type type, psa_key_id_t id)
{
    struct key_impl *impl = new_impl(type);

    impl->id = id;
    psa_must(psa_export_public_key(id, impl->public, sizeof impl->public, &impl->public_len));
    return (struct key){impl};
}

static bool hold_ed25519(const uint8_t seed[ED25519_LEN], struct key *out, struct err *err)
{
    struct key k = {new_impl(KEY_ED25519)};

    secret_new(&k.impl->ed25519, ED25519_PRIVATE_LEN);
    k.impl->public_len = ED25519_LEN;
    if (!ed25519_from_seed(seed, k.impl->public, k.impl->ed25519.ptr)) {
        key_wipe(&k);
        return err_set(err, E_UNSUPPORTED, "this program computes with no keys of Ed25519");
    }
    *out = k;
    return true;
}

static bool generate_ed25519(struct key *out, struct err *err)
{
    scoped(secret_wipe) struct secret seed = {0};

    secret_random(&seed, ED25519_LEN);
    return hold_ed25519(seed.ptr, out, err);
}

bool key_generate(enum key_type type, struct key *out, struct err *err)
{
    psa_key_attributes_t attributes;
    psa_key_id_t id;
    psa_status_t status;

    if (type == KEY_RSA)
        return err_set(err, E_UNSUPPORTED, "RSA keys are made with a size; expected a curve");
    if (type == KEY_ED25519)
        return generate_ed25519(out, err);
    attributes = attributes_of(type);
    status = psa_generate_key(&attributes, &id);
    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "making a key on %s: status %d", curve_of(type)->name, (int)status);
    *out = hold(type, id);
    return true;
}

bool key_generate_rsa(uint64_t bits, struct key *out, struct err *err)
{
    psa_key_attributes_t attributes = attributes_of(KEY_RSA);
    psa_key_id_t id;
    psa_status_t status;

    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS || bits % 8 != 0)
        return err_set(err, E_UNSUPPORTED, "RSA key: expected a multiple of 8 from %d to %d bits, found %llu",
                       RSA_MIN_BITS, RSA_MAX_BITS, (unsigned long long)bits);
    psa_set_key_bits(&attributes, (size_t)bits);
    status = psa_generate_key(&attributes, &id);
    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "making an RSA key of %llu bits: status %d", (unsigned long long)bits,
                       (int)status);
    *out = hold(KEY_RSA, id);
    return true;
}

void key_wipe(struct key *k)
{
    if (k->impl != NULL) {
        psa_must(psa_destroy_key(k->impl->id)); /* 0 is none, and fine */
        secret_wipe(&k->impl->ed25519);
    }
    free(k->impl);
    k->impl = NULL;
}

enum key_type key_type_of(const struct key *k) { return k->impl->type; }

/* ---- in and out ---------------------------------------------------------------------------- */

static bool import(const struct key_parts *p, struct key *out, struct err *err)
{
    const psa_key_attributes_t attributes = attributes_of(p->type);
    psa_key_id_t id;

    if (p->type == KEY_ED25519)
        return hold_ed25519(p->secret.ptr, out, err);
    if (psa_import_key(&attributes, p->secret.ptr, p->secret.len, &id) != PSA_SUCCESS)
        return err_set(err, E_KEY_FORMAT,
                       p->type == KEY_RSA ? "private key: expected a whole RSA key, found numbers "
                                            "that make none"
                                          : "private key: expected a number below the curve's "
                                            "order and not zero");
    *out = hold(p->type, id);
    return true;
}

bool key_import(const struct key_parts *p, struct key *out, struct err *err)
{
    scoped(key_wipe) struct key k = {0};

    if (!import(p, &k, err))
        return false;
    if (p->public.len > 0 && !slice_equal(p->public, key_public_bits(&k)))
        return err_set(err, E_KEY_FORMAT,
                       "private key: expected the public key written beside it to be its own, "
                       "found another's");
    *out = k;
    k.impl = NULL;
    return true;
}

void key_export(const struct key *k, struct secret *out)
{
    scoped(secret_wipe) struct secret exported = {0};
    size_t len;

    if (k->impl->type == KEY_ED25519) {
        secret_copy(out, slice_of(k->impl->ed25519.ptr, ED25519_LEN));
        return;
    }
    secret_new(&exported, PSA_EXPORT_KEY_PAIR_MAX_SIZE);
    psa_must(psa_export_key(k->impl->id, exported.ptr, exported.len, &len));
    secret_copy(out, slice_of(exported.ptr, len));
}

struct slice key_spki(const struct key *k, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(sizeof k->impl->public + 64);
    const struct public_key key = {.type = k->impl->type, .bits = key_public_bits(k)};

    spki_put(&b, &key);
    return arena_copy(a, buf_bytes(&b));
}

/* ---- using --------------------------------------------------------------------------------- */

enum signature_alg key_signature_alg(const struct key *k)
{
    static const enum signature_alg algs[] = {
        [KEY_P224] = SIG_ECDSA_SHA256, [KEY_P256] = SIG_ECDSA_SHA256, [KEY_P384] = SIG_ECDSA_SHA384,
        [KEY_P521] = SIG_ECDSA_SHA512, [KEY_ED25519] = SIG_ED25519,   [KEY_RSA] = SIG_RSA_PKCS1_SHA256,
    };
    return algs[k->impl->type];
}

static struct slice sign_ed25519(const struct key *k, struct slice message, struct arena *a)
{
    uint8_t *signature = arena_alloc(a, ED25519_SIGNATURE_LEN);

    ed25519_sign(k->impl->ed25519.ptr, message.ptr, message.len, signature);
    return slice_of(signature, ED25519_SIGNATURE_LEN);
}

/* As PSA makes it: r || s, or the RSA signature. */
static bool sign(const struct key *k, enum signature_alg alg, struct slice message, struct arena *a,
                 struct slice *signature, struct err *err)
{
    uint8_t made[PSA_SIGNATURE_MAX_SIZE];
    size_t len;
    psa_status_t status;

    if (alg == SIG_ED25519) {
        *signature = sign_ed25519(k, message, a);
        return true;
    }
    status =
        psa_sign_message(k->impl->id, psa_alg_of(alg), message.ptr, message.len, made, sizeof made, &len);
    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "signing with %s: status %d", signature_alg_name(alg), (int)status);
    *signature = arena_copy(a, slice_of(made, len));
    return true;
}

bool key_sign_raw(const struct key *k, struct slice message, struct arena *a, struct slice *signature,
                  struct err *err)
{
    if (curve_of(k->impl->type) == NULL)
        return err_set(err, E_UNSUPPORTED, "expected an EC key for a signature r || s, found a key of %s",
                       key_type_name(k->impl->type));
    return sign(k, key_signature_alg(k), message, a, signature, err);
}

bool key_sign_as(const struct key *k, enum signature_alg alg, struct slice message, struct arena *a,
                 struct slice *signature, struct err *err)
{
    struct slice raw;

    if (!signature_alg_fits(alg, k->impl->type))
        return err_set(err, E_UNSUPPORTED, "a key of %s cannot sign with %s", key_type_name(k->impl->type),
                       signature_alg_name(alg));
    if (!sign(k, alg, message, a, &raw, err))
        return false;
    *signature = curve_of(k->impl->type) == NULL ? raw : signature_from_raw(a, raw);
    return true;
}

bool key_sign(const struct key *k, struct slice message, struct arena *a, struct slice *signature,
              struct err *err)
{
    return key_sign_as(k, key_signature_alg(k), message, a, signature, err);
}

/* PSA gives a key two purposes, which are signatures: for another one it has to be a key of its own. */
static bool decrypt_oaep(const struct key *k, struct slice encrypted, struct secret *plain, size_t *len)
{
    const psa_algorithm_t oaep = PSA_ALG_RSA_OAEP(PSA_ALG_SHA_256);
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    scoped(secret_wipe) struct secret bytes = {0};
    psa_key_id_t id;
    psa_status_t status;

    key_export(k, &bytes);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DECRYPT);
    psa_set_key_algorithm(&attributes, oaep);
    psa_must(psa_import_key(&attributes, bytes.ptr, bytes.len, &id));
    status =
        psa_asymmetric_decrypt(id, oaep, encrypted.ptr, encrypted.len, NULL, 0, plain->ptr, plain->len, len);
    psa_must(psa_destroy_key(id));
    return status == PSA_SUCCESS;
}

/* Whether the key, the length or the padding is wrong, nobody outside is to find out. */
bool key_decrypt(const struct key *k, struct slice encrypted, struct secret *out, struct err *err)
{
    scoped(secret_wipe) struct secret plain = {0};
    size_t len;

    secret_new(&plain, RSA_MAX_BITS / 8);
    if (k->impl->type != KEY_RSA || !decrypt_oaep(k, encrypted, &plain, &len))
        return err_set(err, E_DECRYPT,
                       "%zu bytes: expected them to be encrypted to this key, with RSA-OAEP and SHA-256",
                       encrypted.len);
    secret_copy(out, slice_of(plain.ptr, len));
    return true;
}
