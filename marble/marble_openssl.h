/* SPDX-License-Identifier: Apache-2.0 */
/* marble_openssl.h: OpenSSL (3.0 and later) with the identity that the mesh gave this process.
 *
 *     SSL_CTX *ctx = SSL_CTX_new(TLS_method());
 *
 *     if (marble_openssl_use(ctx) != 0)
 *         ... marble_why()
 *
 * Functions of the program's own translation unit, on its own OpenSSL: libmarble links none. A context may be
 * used by many threads, as OpenSSL has it; each handshake takes the identity as it is by then, so that a
 * renewal needs nothing of the program. Man page: marble_openssl(3).
 */
#ifndef MARBLE_OPENSSL_H
#define MARBLE_OPENSSL_H

#include <marble.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What OpenSSL has made of an identity, one for each context; all but the lock belongs to who holds the lock.
 */
struct marble_openssl {
    CRYPTO_RWLOCK *lock;
    unsigned long number; /* of the identity; 0: none yet */
    STACK_OF(X509) * chain, *roots;
    EVP_PKEY *key;
};

static inline void marble_openssl_drop(struct marble_openssl *m)
{
    sk_X509_pop_free(m->chain, X509_free);
    sk_X509_pop_free(m->roots, X509_free);
    EVP_PKEY_free(m->key);
    m->chain = m->roots = NULL;
    m->key = NULL;
    m->number = 0;
}

static inline STACK_OF(X509) * marble_openssl_certs(const struct marble_identity *id, enum marble_part part)
{
    STACK_OF(X509) *certs = sk_X509_new_null();
    const unsigned char *der;
    unsigned long len;

    for (unsigned long i = 0; (der = (const unsigned char *)marble_identity_der(id, part, i, &len)) != NULL;
         i++) {
        X509 *cert = d2i_X509(NULL, &der, (long)len);

        if (cert == NULL || sk_X509_push(certs, cert) <= 0) {
            X509_free(cert);
            sk_X509_pop_free(certs, X509_free);
            return NULL;
        }
    }
    return certs;
}

/* The identity as it is now; under the lock. */
static inline int marble_openssl_refresh(struct marble_openssl *m)
{
    const struct marble_identity *id = marble_identity_hold();
    int ok = id != NULL;

    if (ok && marble_identity_number(id) != m->number) {
        const unsigned char *der;
        unsigned long len;

        marble_openssl_drop(m);
        der = (const unsigned char *)marble_identity_der(id, MARBLE_PART_KEY, 0, &len);
        m->key = d2i_AutoPrivateKey(NULL, &der, (long)len);
        m->chain = marble_openssl_certs(id, MARBLE_PART_CHAIN);
        m->roots = marble_openssl_certs(id, MARBLE_PART_ROOTS);
        ok = m->key != NULL && m->chain != NULL && m->roots != NULL;
        if (ok)
            m->number = marble_identity_number(id);
        else
            marble_openssl_drop(m);
    }
    marble_identity_release(id);
    return ok;
}

/* ---- what OpenSSL calls in a handshake
 * ------------------------------------------------------------------------ */

/* Before our certificate is shown (SSL_CTX_set_cert_cb). */
static inline int marble_openssl_show(SSL *ssl, void *arg)
{
    struct marble_openssl *m = (struct marble_openssl *)arg;
    int ok = CRYPTO_THREAD_write_lock(m->lock);

    if (!ok)
        return 0;
    ok = marble_openssl_refresh(m) &&
         SSL_use_cert_and_key(ssl, sk_X509_value(m->chain, 0), m->key, NULL, 1) == 1 &&
         SSL_clear_chain_certs(ssl) == 1;
    for (int i = 1; ok && i < sk_X509_num(m->chain); i++)
        ok = SSL_add1_chain_cert(ssl, sk_X509_value(m->chain, i)) == 1;
    (void)CRYPTO_THREAD_unlock(m->lock);
    return ok;
}

/* When the peer's certificate is judged (SSL_CTX_set_cert_verify_callback): by the roots of the mesh alone.
 */
static inline int marble_openssl_judge(X509_STORE_CTX *ctx, void *arg)
{
    struct marble_openssl *m = (struct marble_openssl *)arg;
    STACK_OF(X509) *roots = NULL;
    int ok;

    if (CRYPTO_THREAD_write_lock(m->lock)) {
        if (marble_openssl_refresh(m))
            roots = X509_chain_up_ref(m->roots);
        (void)CRYPTO_THREAD_unlock(m->lock);
    }
    if (roots == NULL) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_UNSPECIFIED);
        return 0;
    }
    X509_STORE_CTX_set0_trusted_stack(ctx, roots);
    ok = X509_verify_cert(ctx);
    sk_X509_pop_free(roots, X509_free);
    return ok > 0;
}

static inline void marble_openssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                                       void *argp)
{
    struct marble_openssl *m = (struct marble_openssl *)ptr;

    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    if (m == NULL)
        return;
    marble_openssl_drop(m);
    CRYPTO_THREAD_lock_free(m->lock);
    OPENSSL_free(m);
}

static CRYPTO_ONCE marble_openssl_once = CRYPTO_ONCE_STATIC_INIT;
static int marble_openssl_index = -1;

static inline void marble_openssl_start(void)
{
    marble_openssl_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, marble_openssl_free);
}

/* What belongs to the context, made and filled the first time; NULL: that was not possible. */
static inline struct marble_openssl *marble_openssl_of(SSL_CTX *ctx)
{
    struct marble_openssl *m;

    if (!CRYPTO_THREAD_run_once(&marble_openssl_once, marble_openssl_start) || marble_openssl_index < 0)
        return NULL;
    m = (struct marble_openssl *)SSL_CTX_get_ex_data(ctx, marble_openssl_index);
    if (m != NULL)
        return m;
    m = (struct marble_openssl *)OPENSSL_zalloc(sizeof *m);
    if (m == NULL || (m->lock = CRYPTO_THREAD_lock_new()) == NULL || !marble_openssl_refresh(m) ||
        SSL_CTX_set_ex_data(ctx, marble_openssl_index, m) != 1) {
        marble_openssl_free(NULL, m, NULL, 0, 0, NULL);
        return NULL;
    }
    return m;
}

/* ---- for the program
 * ------------------------------------------------------------------------------------------ */

/* Our certificate in all handshakes of this context, of a server or of a client, and only peers of the mesh,
 * with a certificate: verified under the roots of the mesh, no others. No sessions are resumed, so that
 * nobody comes back who has left the mesh. What the program sets afterwards counts: a server for clients from
 * outside of the mesh calls SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL), a client that knows its peer's
 * name SSL_set1_host(). 0; or -1: the process has no identity (marble_why()), or OpenSSL has no use for it
 * (its error queue). */
static inline int marble_openssl_use(SSL_CTX *ctx)
{
    struct marble_openssl *m = marble_openssl_of(ctx);

    if (m == NULL)
        return -1;
    SSL_CTX_set_cert_cb(ctx, marble_openssl_show, m);
    SSL_CTX_set_cert_verify_callback(ctx, marble_openssl_judge, m);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    (void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_num_tickets(ctx, 0);
    return 0;
}

/* Who is at the other end. -1: nobody of the mesh. After the handshake; where the peer need not have a
 * certificate, too. */
static inline int marble_openssl_peer(SSL *ssl, struct marble_peer *out)
{
    X509 *cert = SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get1_peer_certificate(ssl) : NULL;
    unsigned char *der = NULL;
    const int len = cert != NULL ? i2d_X509(cert, &der) : -1;
    const int rc = len > 0 ? marble_peer_of(der, (unsigned long)len, out) : -1;

    OPENSSL_free(der);
    X509_free(cert);
    return rc;
}

#ifdef __cplusplus
}
#endif
#endif
