/* SPDX-License-Identifier: Apache-2.0 */
/* mesh_tls.h: OpenSSL set up with the identity that the mesh gave this process.
 *
 * marble_openssl.h does it: our certificate and key, whom to trust, and renewals.
 */
#pragma once
#include <marble.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/* A context for a server or a client that accepts only peers of the mesh; NULL, with the cause on
 * stderr, if this process has no identity. The caller frees it with SSL_CTX_free(). */
SSL_CTX *mesh_context(bool server);

/* Who is at the other end, from its verified certificate. */
struct peer {
    struct marble_peer marble; /* its type and UUID */
    char issuer[128];
};
bool mesh_peer(SSL *ssl, struct peer *out);

/* Proof that we hold the secret MESH_PEPPER, which the manifest gives to every service: HMAC-SHA256 over
 * a text, in hexadecimal. False if the secret is not there. */
enum { MESH_PROOF_LEN = 64 };
bool mesh_proof(const char *text, char out[MESH_PROOF_LEN + 1]);

/* The reason of the last failure of OpenSSL's in this thread, for a message. */
const char *mesh_tls_reason(SSL *ssl);
