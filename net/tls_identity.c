/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_identity.h"

#include <mbedtls/error.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "net/tls_seam.h"

static void init_once(void)
{
    secret_init();
    if (psa_crypto_init() != PSA_SUCCESS)
        abort(); /* no randomness: nothing can be done safely */
    (void)mbedtls_ssl_list_ciphersuites(); /* fills a static table when first asked, without a lock */
}

void net_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, init_once);
}

bool tls_err(struct err *err, enum err_code code, int rc, const char *doing)
{
    char words[160] = "";

    mbedtls_strerror(rc, words, sizeof words);
    return err_set(err, code, "%s: %s (mbedTLS -0x%04x)", doing, words, (unsigned)-rc);
}

static struct tls_identity *identity_alloc(void)
{
    struct tls_identity *id = calloc(1, sizeof *id);

    if (id == NULL)
        abort();
    atomic_init(&id->holds, 1);
    mbedtls_x509_crt_init(&id->chain);
    mbedtls_pk_init(&id->key);
    return id;
}

static bool add_certificates(struct tls_identity *id, const struct slice *chain, size_t num, struct err *err)
{
    if (num == 0 || num > LIMIT_CHAIN)
        return err_set(err, E_CERT_FORMAT, "TLS identity: %zu certificates, expected 1 to %d", num,
                       LIMIT_CHAIN);
    for (size_t i = 0; i < num; i++) {
        const int rc = mesh_crt_parse_der(&id->chain, chain[i].ptr, chain[i].len);

        if (rc != 0)
            return tls_err(err, E_CERT_FORMAT, rc, "TLS identity") || err_in(err, "certificate %zu", i);
    }
    return true;
}

static bool set_key(struct tls_identity *id, struct slice pkcs8, struct err *err)
{
    int rc = mbedtls_pk_parse_key(&id->key, pkcs8.ptr, pkcs8.len, NULL, 0, mbedtls_psa_get_random,
                                  MBEDTLS_PSA_RANDOM_STATE);

    if (rc != 0)
        return tls_err(err, E_KEY_FORMAT, rc, "TLS identity: private key");
    rc = mbedtls_pk_check_pair(&id->chain.pk, &id->key, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    if (rc != 0)
        return tls_err(err, E_KEY_FORMAT, rc, "TLS identity: the private key is not the leaf certificate's");
    return true;
}

bool tls_identity_new(const struct slice *chain_der, size_t num_chain, struct slice pkcs8,
                      struct tls_identity **out, struct err *err)
{
    scoped(tls_identity_release) struct tls_identity *id = NULL;

    net_init();
    id = identity_alloc();
    if (!add_certificates(id, chain_der, num_chain, err) || !set_key(id, pkcs8, err))
        return false;
    *out = id;
    id = NULL;
    return true;
}

struct tls_identity *tls_identity_hold(struct tls_identity *id)
{
    atomic_fetch_add_explicit(&id->holds, 1, memory_order_relaxed);
    return id;
}

void tls_identity_release(struct tls_identity **id)
{
    struct tls_identity *mine = *id;

    *id = NULL;
    if (mine == NULL || atomic_fetch_sub_explicit(&mine->holds, 1, memory_order_acq_rel) != 1)
        return;
    mbedtls_x509_crt_free(&mine->chain);
    mbedtls_pk_free(&mine->key); /* wipes */
    free(mine);
}
