/* SPDX-License-Identifier: Apache-2.0 */
/* mesh_tls.h: OpenSSL set up with the identity that the mesh gave this process.
 *
 * Nothing here is marblemesh's: it is what a service author writes with the TLS library at hand.
 * Before main() libmarble has put into the environment, as PEM:
 *     MARBLE_PREDEFINED_ROOT_CA                      whom to trust
 *     MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN     who we are
 *     MARBLE_PREDEFINED_PRIVATE_KEY                  and the proof of it
 */
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>

/* A context for a server or a client that accepts only peers of the mesh; NULL, with the cause on
 * stderr, if the environment does not hold an identity. The caller frees it with SSL_CTX_free(). */
SSL_CTX *mesh_context(bool server);

/* Who is at the other end, from its verified certificate. */
struct peer {
    char type[64]; /* marble type: extension 1.3.9903.2.1 */
    char uuid[64]; /* subject common name */
    char issuer[128];
};
bool mesh_peer(SSL *ssl, struct peer *out);
bool mesh_self(SSL *ssl, struct peer *out); /* the same of our own certificate */

/* Proof that we hold the secret MESH_PEPPER, which the manifest gives to every service: HMAC-SHA256 over
 * a text, in hexadecimal. False if the secret is not there. */
enum { MESH_PROOF_LEN = 64 };
bool mesh_proof(const char *text, char out[MESH_PROOF_LEN + 1]);

/* The reason of the last failure of OpenSSL's in this thread, for a message. */
const char *mesh_tls_reason(SSL *ssl);
