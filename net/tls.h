/* SPDX-License-Identifier: Apache-2.0 */
/* net/tls.h: TLS 1.2 and 1.3 over buffers, with mbedTLS; no socket here.
 *
 * Who we are is a value (a chain of DER certificates and a PKCS#8 key); whom we accept is a
 * function of the peer's chain. So net/ knows nothing of authorities and manifests.
 *
 * AES-GCM suites and secp256r1 first; no session tickets (a resumed TLS 1.3 session would lose the
 * client certificate); no renegotiation. Certificates are requested with an empty CA list, because
 * Go clients withhold theirs otherwise.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* Prepares PSA; may be called often and from any thread. */
void net_init(void);

/* An identity, immutable and counted: may be used by many connections and threads at once. Of the
 * certificates only the bytes and the leaf's key are looked at: what they say is the peer's to judge. EC on
 * P-256, P-384, P-521, or RSA. E_CERT_FORMAT, E_KEY_FORMAT. */
struct tls_identity;
bool tls_identity_new(const struct slice *chain_der, size_t num_chain, struct slice pkcs8, struct tls_identity **out,
                      struct err *err);

/* A private key that is elsewhere, in a token: signs the digest of a handshake with it, in the form that TLS has. `kind` goes
 * with the certificate's key; PSS has a salt as long as the digest. err says why not. */
enum tls_signature { TLS_ECDSA, TLS_RSA_PKCS1, TLS_RSA_PSS };
struct tls_signer {
    bool (*sign)(void *ctx, enum tls_signature kind, struct slice digest, uint8_t *to, size_t cap, size_t *len,
                 struct err *err);
    void (*release)(void *ctx); /* when the identity is released; NULL: nothing */
    void *ctx;
};

/* An identity with such a key, for clients: one connection at a time. If it fails the signer stays the caller's. */
bool tls_identity_elsewhere(const struct slice *chain_der, size_t num_chain, const struct tls_signer *signer,
                            struct tls_identity **out, struct err *err);

struct tls_identity *tls_identity_hold(struct tls_identity *id);
void tls_identity_release(struct tls_identity **id); /* accepts NULL inside */

enum tls_client_auth { TLS_CLIENT_NONE, TLS_CLIENT_OPTIONAL, TLS_CLIENT_REQUIRED };

/* Judges the peer's chain (leaf first, DER, to the byte as it was sent). Called once in each handshake in
 * which the peer presented a certificate; nothing was checked of it but that it holds a public key. In
 * TLS 1.3 a client's may be one of Ed25519. false ends the handshake; err says why. NULL: accepted as it is.
 */
typedef bool tls_peer_check(void *ctx, const struct slice *chain, size_t num_chain, struct err *err);

struct tls_settings {
    bool server;
    const char *const *alpn; /* NULL-terminated, most wanted first */
    enum tls_client_auth client_auth; /* server */
    tls_peer_check *check;
    void *check_ctx;
    const char *server_name; /* client: SNI, or NULL. Names are for `check` to judge */
    unsigned min_version, max_version; /* 12 or 13; 0: 12 and 13 */
};

/* One end of one connection. Ciphertext goes in with tls_feed() and comes out of tls_pending(). */
struct tls;
bool tls_new(const struct tls_settings *settings, struct tls_identity *id, struct tls **out, struct err *err);
void tls_free(struct tls **t);

enum tls_result { TLS_DONE, TLS_WANT_INPUT, TLS_CLOSED, TLS_FAILED };
enum tls_result tls_handshake(struct tls *t, struct err *err);
enum tls_result tls_read(struct tls *t, uint8_t *to, size_t cap, size_t *got, struct err *err);
enum tls_result tls_write(struct tls *t, struct slice plain, size_t *taken, struct err *err);
void tls_close(struct tls *t); /* queues close_notify */

bool tls_feed(struct tls *t, struct slice ciphertext); /* false: more than the peer may have in flight */
struct slice tls_pending(struct tls *t);               /* to send; stays until tls_sent() */
void tls_sent(struct tls *t, size_t n);

const char *tls_alpn(const struct tls *t); /* NULL if none was agreed */
const char *tls_version(const struct tls *t);
size_t tls_peer_chain(const struct tls *t, const struct slice **chain); /* 0: none; lives as long as t */

/* Keying material of this connection (RFC 5705, RFC 8446 section 7.5). */
bool tls_export(struct tls *t, const char *label, struct slice context, void *out, size_t len, struct err *err);

/* The same for the channel binding "tls-exporter" (RFC 9266): what both ends know of this connection and of no other.
 * E_TLS_HANDSHAKE below TLS 1.3, where it is not unique in every case. */
enum { TLS_EXPORTER_LEN = 32 };
bool tls_exporter(struct tls *t, uint8_t out[TLS_EXPORTER_LEN], struct err *err);
