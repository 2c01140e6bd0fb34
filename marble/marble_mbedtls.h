/* SPDX-License-Identifier: Apache-2.0 */
/* marble_mbedtls.h: mbedTLS (2.28 and 3) with the identity that the mesh gave this process.
 *
 *     struct marble_mbedtls mesh;
 *
 *     if (marble_mbedtls_init(&mesh, MBEDTLS_SSL_IS_CLIENT, my_random, &my_state) == 0)
 *         ... mbedtls_ssl_setup(&ssl, &mesh.conf)
 *
 * Functions of the program's own translation unit, on its own mbedTLS: libmarble shows none of the one it has
 * inside. Man page: marble_mbedtls(3).
 */
#ifndef MARBLE_MBEDTLS_H
#define MARBLE_MBEDTLS_H

#include <marble.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The identity as it was when this was made, for any number of connections, of all threads (as mbedTLS has
 * it: with MBEDTLS_THREADING_C). The program may change `conf` until the first connection is set up. A
 * configuration that is in use cannot take another identity, so after a renewal the program makes a new one
 * for the connections to come (marble_mbedtls_is_current(), or marble_on_change()), and frees this one when
 * the last of its own has ended. */
struct marble_mbedtls {
    mbedtls_ssl_config conf;
    mbedtls_x509_crt chain, roots;
    mbedtls_pk_context key;
    unsigned long number; /* marble_identity_number() */
};

static inline void marble_mbedtls_free(struct marble_mbedtls *m)
{
    mbedtls_ssl_config_free(&m->conf);
    mbedtls_x509_crt_free(&m->chain);
    mbedtls_x509_crt_free(&m->roots);
    mbedtls_pk_free(&m->key);
}

static inline int marble_mbedtls_certs(mbedtls_x509_crt *to, const struct marble_identity *id,
                                       enum marble_part part)
{
    const unsigned char *der;
    unsigned long len, i;
    int rc = 0;

    for (i = 0; rc == 0 && (der = (const unsigned char *)marble_identity_der(id, part, i, &len)) != NULL; i++)
        rc = mbedtls_x509_crt_parse_der(to, der, len);
    return rc;
}

static inline int marble_mbedtls_key(mbedtls_pk_context *to, const struct marble_identity *id,
                                     int (*rng)(void *, unsigned char *, size_t), void *rng_arg)
{
    unsigned long len = 0;
    const unsigned char *der = (const unsigned char *)marble_identity_der(id, MARBLE_PART_KEY, 0, &len);

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_key(to, der, len, NULL, 0, rng, rng_arg);
#else
    (void)rng, (void)rng_arg;
    return mbedtls_pk_parse_key(to, der, len, NULL, 0);
#endif
}

static inline int marble_mbedtls_fill(struct marble_mbedtls *m, const struct marble_identity *id,
                                      int endpoint, int (*rng)(void *, unsigned char *, size_t),
                                      void *rng_arg)
{
    int rc = mbedtls_ssl_config_defaults(&m->conf, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);

    if (rc == 0)
        rc = marble_mbedtls_certs(&m->chain, id, MARBLE_PART_CHAIN);
    if (rc == 0)
        rc = marble_mbedtls_certs(&m->roots, id, MARBLE_PART_ROOTS);
    if (rc == 0)
        rc = marble_mbedtls_key(&m->key, id, rng, rng_arg);
    if (rc == 0)
        rc = mbedtls_ssl_conf_own_cert(&m->conf, &m->chain, &m->key);
    mbedtls_ssl_conf_ca_chain(&m->conf, &m->roots, NULL);
    mbedtls_ssl_conf_authmode(&m->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_rng(&m->conf, rng, rng_arg);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_CLI_C)
    mbedtls_ssl_conf_session_tickets(&m->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
    return rc;
}

/* A configuration of a client or a server (MBEDTLS_SSL_IS_...) that shows our certificate and takes only
 * peers of the mesh, with a certificate: verified under the roots of the mesh, no others. `rng` as in
 * mbedtls_ssl_conf_rng(). A client tells mbedtls_ssl_set_hostname() its peer's name, or NULL. 0; or -1: the
 * process has no identity (marble_why()); or mbedTLS's own code, which is lower. The caller frees it with
 * marble_mbedtls_free(), if 0. */
static inline int marble_mbedtls_init(struct marble_mbedtls *m, int endpoint,
                                      int (*rng)(void *, unsigned char *, size_t), void *rng_arg)
{
    const struct marble_identity *id = marble_identity_hold();
    int rc;

    if (id == NULL)
        return -1;
    mbedtls_ssl_config_init(&m->conf);
    mbedtls_x509_crt_init(&m->chain);
    mbedtls_x509_crt_init(&m->roots);
    mbedtls_pk_init(&m->key);
    m->number = marble_identity_number(id);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    rc = psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
#else
    rc = 0;
#endif
    if (rc == 0)
        rc = marble_mbedtls_fill(m, id, endpoint, rng, rng_arg);
    marble_identity_release(id);
    if (rc != 0)
        marble_mbedtls_free(m);
    return rc;
}

/* Has the identity not been renewed since? */
static inline int marble_mbedtls_is_current(const struct marble_mbedtls *m)
{
    const struct marble_identity *id = marble_identity_hold();
    const int current = id != NULL && marble_identity_number(id) == m->number;

    marble_identity_release(id);
    return current;
}

/* Who is at the other end, after the handshake. -1: it has shown no certificate of a marble. */
static inline int marble_mbedtls_peer(const mbedtls_ssl_context *ssl, struct marble_peer *out)
{
    const mbedtls_x509_crt *cert = mbedtls_ssl_get_peer_cert(ssl);

    if (cert == NULL || mbedtls_ssl_get_verify_result(ssl) != 0)
        return -1;
    return marble_peer_of(cert->raw.p, cert->raw.len, out);
}

#ifdef __cplusplus
}
#endif
#endif
