/* SPDX-License-Identifier: Apache-2.0 */
/* net/tls.c: one end of a TLS connection, between two buffers.
 *
 * mbedTLS runs with "optional" verification and a callback that clears every flag it raised: what
 * it thinks of issuers, names, key usage and dates depends on a clock and a root store that are
 * not ours to use here. The callback of the leaf, which mbedTLS makes last and with the presented
 * chain behind it, asks our own `check` instead. A certificate that is required and not sent is
 * found by the flag that only its absence sets.
 *
 * Certificates are bytes and a public key to mbedTLS (net/tls_seam.h): it looks at no name, date or
 * extension.
 */
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <stdlib.h>

#include "base/limits.h"
#include "net/tls_identity.h"

enum {
    MAX_IN = 64 * KIB,   /* ciphertext of the peer that was not looked at yet */
    MAX_OUT = 256 * KIB, /* what we may owe the network; a flight of the handshake is far below */
    FULL_OUT = 64 * KIB, /* from here tls_write() takes nothing more */
};

struct tls {
    struct tls_settings settings;
    struct tls_identity *id;
    mbedtls_ssl_config conf;
    mbedtls_ssl_context ssl;
    struct buf in, out;
    size_t in_at;
    struct buf flight; /* what tls_pending() gave out: does not move while it is being sent */
    struct slice chain[LIMIT_CHAIN];
    size_t num_chain;
    bool judged, refused, open, failed;
    struct err why; /* of the check's refusal */
};

/* GCM first: it has hardware behind it. SHA-1, CBC, static RSA and finite fields are not offered. */
static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};
static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};
static const uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,       MBEDTLS_TLS1_3_SIG_NONE,
};

/* The network, as mbedTLS knows it. */

static int bio_recv(void *ctx, unsigned char *to, size_t cap)
{
    struct tls *t = ctx;
    const size_t have = t->in.len - t->in_at, n = have < cap ? have : cap;

    if (n == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(to, t->in.ptr + t->in_at, n);
    t->in_at += n;
    return (int)n;
}

static int bio_send(void *ctx, const unsigned char *from, size_t n)
{
    struct tls *t = ctx;

    buf_put(&t->out, slice_of(from, n));
    return buf_ok(&t->out) ? (int)n : MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
}

/* The peer's certificates. */

static size_t collect_chain(const mbedtls_x509_crt *leaf, struct slice chain[LIMIT_CHAIN])
{
    size_t n = 0;

    for (const mbedtls_x509_crt *c = leaf; c != NULL && n < LIMIT_CHAIN; c = c->next)
        chain[n++] = slice_of(c->raw.p, c->raw.len);
    return n;
}

static int on_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct tls *t = ctx;
    struct slice chain[LIMIT_CHAIN];

    *flags = 0;
    if (depth > 0)
        return 0;
    t->judged = true;
    if (t->settings.check == NULL ||
        t->settings.check(t->settings.check_ctx, chain, collect_chain(crt, chain), &t->why))
        return 0;
    t->refused = true;
    return MBEDTLS_ERR_X509_FATAL_ERROR;
}

/* Making and freeing. */

static bool is_version_allowed(const struct tls_settings *s, unsigned version)
{
    return version >= (s->min_version != 0 ? s->min_version : 12) &&
           version <= (s->max_version != 0 ? s->max_version : 13);
}

static int authmode_of(const struct tls_settings *s)
{
    return s->server && s->client_auth == TLS_CLIENT_NONE ? MBEDTLS_SSL_VERIFY_NONE
                                                          : MBEDTLS_SSL_VERIFY_OPTIONAL;
}

static int configure(struct tls *t)
{
    const struct tls_settings *s = &t->settings;
    const mbedtls_ssl_protocol_version v12 = MBEDTLS_SSL_VERSION_TLS1_2, v13 = MBEDTLS_SSL_VERSION_TLS1_3;
    int rc = mbedtls_ssl_config_defaults(&t->conf, s->server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    mbedtls_ssl_conf_rng(&t->conf, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_min_tls_version(&t->conf, is_version_allowed(s, 12) ? v12 : v13);
    mbedtls_ssl_conf_max_tls_version(&t->conf, is_version_allowed(s, 13) ? v13 : v12);
    mbedtls_ssl_conf_ciphersuites(&t->conf, suites);
    mbedtls_ssl_conf_groups(&t->conf, groups);
    mbedtls_ssl_conf_sig_algs(&t->conf, signatures);
    mbedtls_ssl_conf_authmode(&t->conf, authmode_of(s));
    mbedtls_ssl_conf_verify(&t->conf, on_verify, t);
    mbedtls_ssl_conf_cert_req_ca_list(&t->conf, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
    if (rc == 0 && s->alpn != NULL)
        rc = mbedtls_ssl_conf_alpn_protocols(&t->conf, (const char **)(uintptr_t)s->alpn);
    if (rc == 0 && t->id != NULL)
        rc = mbedtls_ssl_conf_own_cert(&t->conf, &t->id->chain, &t->id->key.pk);
    return rc;
}

static int set_up(struct tls *t)
{
    int rc = configure(t);

    if (rc == 0)
        rc = mbedtls_ssl_setup(&t->ssl, &t->conf);
    if (rc == 0 && !t->settings.server) /* also NULL: mbedTLS wants to have been told */
        rc = mbedtls_ssl_set_hostname(&t->ssl, t->settings.server_name);
    mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
    return rc;
}

bool tls_new(const struct tls_settings *settings, struct tls_identity *id, struct tls **out, struct err *err)
{
    struct tls *t;
    int rc;

    net_init();
    if (settings->server && id == NULL)
        return err_set(err, E_TLS_HANDSHAKE, "a TLS server needs a certificate, and there is none");
    t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    t->settings = *settings;
    t->id = id != NULL ? tls_identity_hold(id) : NULL;
    t->in = buf_max(MAX_IN);
    t->out = t->flight = buf_max(MAX_OUT);
    mbedtls_ssl_config_init(&t->conf);
    mbedtls_ssl_init(&t->ssl);
    rc = set_up(t);
    if (rc != 0) {
        tls_free(&t);
        return tls_err(err, E_TLS_HANDSHAKE, rc, "setting up TLS");
    }
    *out = t;
    return true;
}

void tls_free(struct tls **t)
{
    struct tls *mine = *t;

    *t = NULL;
    if (mine == NULL)
        return;
    mbedtls_ssl_free(&mine->ssl);
    mbedtls_ssl_config_free(&mine->conf);
    tls_identity_release(&mine->id);
    buf_wipe(&mine->in);
    buf_wipe(&mine->out);
    buf_wipe(&mine->flight);
    free(mine);
}

/* The handshake. */

static enum tls_result fail(struct tls *t, int rc, const char *doing, struct err *err)
{
    t->failed = true;
    if (t->refused) {
        *err = t->why;
        (void)err_in(err, "the peer's certificate");
    } else if (t->id != NULL && t->id->fault.code != E_NONE) {
        *err = t->id->fault;
    } else {
        (void)tls_err(err, E_TLS_HANDSHAKE, rc, doing);
    }
    return TLS_FAILED;
}

static enum tls_result fail_without_certificate(struct tls *t, struct err *err)
{
    const bool is_13 = mbedtls_ssl_get_version_number(&t->ssl) == MBEDTLS_SSL_VERSION_TLS1_3;

    (void)mbedtls_ssl_send_alert_message(&t->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                         is_13 ? MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED
                                               : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
    t->failed = true;
    (void)err_set(err, E_TLS_HANDSHAKE, "TLS handshake: the peer sent no certificate, and one is required");
    return TLS_FAILED;
}

static bool lacks_certificate(const struct tls *t)
{
    const bool wanted = !t->settings.server || t->settings.client_auth == TLS_CLIENT_REQUIRED;

    return wanted && mbedtls_ssl_get_verify_result(&t->ssl) ==
                         MBEDTLS_X509_BADCERT_MISSING; /* alone: it is all ones before */
}

/* What must hold whatever path the handshake took: nobody is in without having been judged. */
static enum tls_result finish(struct tls *t, struct err *err)
{
    const mbedtls_x509_crt *leaf = mbedtls_ssl_get_peer_cert(&t->ssl);
    const bool needed = !t->settings.server || t->settings.client_auth == TLS_CLIENT_REQUIRED;

    if (needed && leaf == NULL)
        return fail_without_certificate(t, err);
    if (leaf != NULL && !t->judged)
        return fail(t, MBEDTLS_ERR_SSL_INTERNAL_ERROR, "TLS handshake: certificate not judged", err);
    t->num_chain = collect_chain(leaf, t->chain);
    t->open = true;
    return TLS_DONE;
}

enum tls_result tls_handshake(struct tls *t, struct err *err)
{
    if (t->failed)
        return fail(t, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "TLS handshake, after it had failed", err);
    while (!mbedtls_ssl_is_handshake_over(&t->ssl)) {
        const int rc = mbedtls_ssl_handshake_step(&t->ssl);

        if (rc == MBEDTLS_ERR_SSL_WANT_READ)
            return TLS_WANT_INPUT;
        if (rc == MBEDTLS_ERR_SSL_CONN_EOF || rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
            return TLS_CLOSED;
        if (rc != 0)
            return fail(t, rc, "TLS handshake", err);
        if (lacks_certificate(t))
            return fail_without_certificate(t, err);
    }
    return t->open ? TLS_DONE : finish(t, err);
}

/* Data. */

enum tls_result tls_read(struct tls *t, uint8_t *to, size_t cap, size_t *got, struct err *err)
{
    int rc;

    if (!t->open || t->failed)
        return fail(t, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "TLS read without a connection", err);
    rc = mbedtls_ssl_read(&t->ssl, to, cap);
    if (rc > 0) {
        *got = (size_t)rc;
        return TLS_DONE;
    }
    if (rc == MBEDTLS_ERR_SSL_WANT_READ)
        return TLS_WANT_INPUT;
    if (rc == 0 || rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || rc == MBEDTLS_ERR_SSL_CONN_EOF)
        return TLS_CLOSED;
    return fail(t, rc, "TLS read", err);
}

enum tls_result tls_write(struct tls *t, struct slice plain, size_t *taken, struct err *err)
{
    int rc;

    if (!t->open || t->failed)
        return fail(t, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "TLS write without a connection", err);
    if (plain.len == 0 || t->out.len >= FULL_OUT) {
        *taken = 0;
        return TLS_DONE;
    }
    rc = mbedtls_ssl_write(&t->ssl, plain.ptr, plain.len);
    if (rc < 0)
        return fail(t, rc, "TLS write", err);
    *taken = (size_t)rc;
    return TLS_DONE;
}

void tls_close(struct tls *t)
{
    if (t->open && !t->failed)
        (void)mbedtls_ssl_close_notify(&t->ssl);
}

bool tls_feed(struct tls *t, struct slice ciphertext)
{
    buf_drop(&t->in, t->in_at);
    t->in_at = 0;
    buf_put(&t->in, ciphertext);
    return buf_ok(&t->in);
}

struct slice tls_pending(struct tls *t)
{
    if (t->flight.len == 0) {
        const struct buf emptied = t->flight;

        t->flight = t->out;
        t->out = emptied;
    }
    return buf_bytes(&t->flight);
}

void tls_sent(struct tls *t, size_t n) { buf_drop(&t->flight, n); }

/* What was agreed. */

const char *tls_alpn(const struct tls *t) { return mbedtls_ssl_get_alpn_protocol(&t->ssl); }

const char *tls_version(const struct tls *t) { return mbedtls_ssl_get_version(&t->ssl); }

size_t tls_peer_chain(const struct tls *t, const struct slice **chain)
{
    *chain = t->chain;
    return t->num_chain;
}

bool tls_export(struct tls *t, const char *label, struct slice context, void *out, size_t len,
                struct err *err)
{
    int rc;

    if (!t->open || t->failed)
        return err_set(err, E_TLS_HANDSHAKE, "TLS exporter without a connection");
    rc = mbedtls_ssl_export_keying_material(&t->ssl, out, len, label, strlen(label), context.ptr, context.len,
                                            context.ptr != NULL);
    return rc == 0 || tls_err(err, E_CRYPTO, rc, "TLS exporter");
}

bool tls_exporter(struct tls *t, uint8_t out[TLS_EXPORTER_LEN], struct err *err)
{
    if (mbedtls_ssl_get_version_number(&t->ssl) != MBEDTLS_SSL_VERSION_TLS1_3)
        return err_set(err, E_TLS_HANDSHAKE, "TLS exporter: expected TLS 1.3, agreed was %s", tls_version(t));
    return tls_export(t, "EXPORTER-Channel-Binding", slice_str(""), out, TLS_EXPORTER_LEN, err);
}
