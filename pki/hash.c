/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/hash.h"

#include <pthread.h>
#include <stdlib.h>

#include "pki/psa.h"

enum { NONCE_LEN = 12, TAG_LEN = 16 };
_Static_assert(AEAD_OVERHEAD == NONCE_LEN + TAG_LEN, "what sealing adds");

static void init_once(void)
{
    secret_init();
    psa_must(psa_crypto_init());
}

void pki_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (pthread_once(&once, init_once) != 0)
        abort();
}

static void digest(psa_algorithm_t alg, uint8_t *out, size_t len, struct slice in)
{
    size_t written;

    psa_must(psa_hash_compute(alg, in.ptr, in.len, out, len, &written));
}

void sha256(uint8_t out[SHA256_LEN], struct slice in) { digest(PSA_ALG_SHA_256, out, SHA256_LEN, in); }
void sha384(uint8_t out[SHA384_LEN], struct slice in) { digest(PSA_ALG_SHA_384, out, SHA384_LEN, in); }
void sha512(uint8_t out[SHA512_LEN], struct slice in) { digest(PSA_ALG_SHA_512, out, SHA512_LEN, in); }

void sha256_of(uint8_t out[SHA256_LEN], const struct slice *pieces, size_t num_pieces)
{
    psa_hash_operation_t op = PSA_HASH_OPERATION_INIT;
    size_t written;

    psa_must(psa_hash_setup(&op, PSA_ALG_SHA_256));
    for (size_t i = 0; i < num_pieces; i++)
        psa_must(psa_hash_update(&op, pieces[i].ptr, pieces[i].len));
    psa_must(psa_hash_finish(&op, out, SHA256_LEN, &written));
}

bool sha256_pulled(uint8_t out[SHA256_LEN], bool (*next)(void *ctx, struct slice *piece, struct err *err),
                   void *ctx, struct err *err)
{
    psa_hash_operation_t op = PSA_HASH_OPERATION_INIT;
    struct slice piece = {0};
    size_t written;

    psa_must(psa_hash_setup(&op, PSA_ALG_SHA_256));
    do {
        if (!next(ctx, &piece, err)) {
            psa_must(psa_hash_abort(&op));
            return false;
        }
        psa_must(psa_hash_update(&op, piece.ptr, piece.len));
    } while (piece.len > 0);
    psa_must(psa_hash_finish(&op, out, SHA256_LEN, &written));
    return true;
}

static void derive_from(psa_key_derivation_operation_t *op, psa_key_derivation_step_t step, struct slice in)
{
    psa_must(psa_key_derivation_input_bytes(op, step, in.ptr, in.len));
}

void hkdf_sha256(void *out, size_t out_len, struct slice secret, struct slice salt, struct slice info)
{
    psa_key_derivation_operation_t op = PSA_KEY_DERIVATION_OPERATION_INIT;

    psa_must(psa_key_derivation_setup(&op, PSA_ALG_HKDF(PSA_ALG_SHA_256)));
    derive_from(&op, PSA_KEY_DERIVATION_INPUT_SALT, salt);
    derive_from(&op, PSA_KEY_DERIVATION_INPUT_SECRET, secret);
    derive_from(&op, PSA_KEY_DERIVATION_INPUT_INFO, info);
    psa_must(psa_key_derivation_output_bytes(&op, out, out_len));
    psa_must(psa_key_derivation_abort(&op));
}

static psa_key_id_t aes_key(struct slice key, psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
    psa_set_key_usage_flags(&attributes, usage);
    psa_must(psa_import_key(&attributes, key.ptr, key.len, &id));
    return id;
}

void aead_seal(struct slice key, struct slice plain, struct slice aad, struct arena *a, struct slice *out)
{
    const size_t len = plain.len + AEAD_OVERHEAD;
    uint8_t *sealed = arena_alloc(a, len);
    const psa_key_id_t id = aes_key(key, PSA_KEY_USAGE_ENCRYPT);
    size_t written;

    random_bytes(sealed, NONCE_LEN);
    psa_must(psa_aead_encrypt(id, PSA_ALG_GCM, sealed, NONCE_LEN, aad.ptr, aad.len, plain.ptr, plain.len,
                              sealed + NONCE_LEN, len - NONCE_LEN, &written));
    psa_must(psa_destroy_key(id));
    *out = slice_of(sealed, len);
}

bool aead_open(struct slice key, struct slice sealed, struct slice aad, struct arena *a, struct slice *out,
               struct err *err)
{
    struct cursor c = cursor_over(sealed);
    const struct slice nonce = cursor_take(&c, NONCE_LEN);
    uint8_t *plain = arena_alloc(a, c.rest.len);
    size_t written = 0;
    psa_key_id_t id;
    psa_status_t status;

    if (!cursor_ok(&c) || c.rest.len < TAG_LEN)
        return err_set(err, E_DECRYPT, "sealed data: expected at least %d bytes, found %zu", AEAD_OVERHEAD,
                       sealed.len);
    id = aes_key(key, PSA_KEY_USAGE_DECRYPT);
    status = psa_aead_decrypt(id, PSA_ALG_GCM, nonce.ptr, nonce.len, aad.ptr, aad.len, c.rest.ptr, c.rest.len,
                              plain, c.rest.len, &written);
    psa_must(psa_destroy_key(id));
    if (status != PSA_SUCCESS)
        return err_set(err, E_DECRYPT,
                       "sealed data of %zu bytes: expected it to be sealed with this key and "
                       "context, and unchanged since",
                       sealed.len);
    *out = slice_of(plain, written);
    return true;
}
