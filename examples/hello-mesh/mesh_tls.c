/* SPDX-License-Identifier: Apache-2.0 */
#include "mesh_tls.h"

#include <marble_openssl.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SSL_CTX *mesh_context(bool server)
{
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

    if (ctx != NULL && marble_openssl_use(ctx) == 0) {
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
        return ctx;
    }
    (void)fprintf(stderr, "no TLS identity: %s\n", marble_why());
    SSL_CTX_free(ctx);
    return NULL;
}

static void common_name(X509_NAME *name, char *out, int cap)
{
    if (X509_NAME_get_text_by_NID(name, NID_commonName, out, cap) < 0)
        (void)snprintf(out, (size_t)cap, "?");
}

bool mesh_peer(SSL *ssl, struct peer *out)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    const bool ok = cert != NULL && marble_openssl_peer(ssl, &out->marble) == 0;

    if (ok)
        common_name(X509_get_issuer_name(cert), out->issuer, sizeof out->issuer);
    X509_free(cert);
    return ok;
}

bool mesh_proof(const char *text, char out[MESH_PROOF_LEN + 1])
{
    const char *pepper = getenv("MESH_PEPPER");
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (pepper == NULL || HMAC(EVP_sha256(), pepper, (int)strlen(pepper), (const unsigned char *)text,
                               strlen(text), mac, &len) == NULL)
        return false;
    for (unsigned i = 0; i < len && 2 * i < MESH_PROOF_LEN; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", mac[i]);
    return true;
}

const char *mesh_tls_reason(SSL *ssl)
{
    const unsigned long code = ERR_peek_last_error();
    const long verdict = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;

    if (verdict != X509_V_OK)
        return X509_verify_cert_error_string(verdict);
    return code != 0 && ERR_reason_error_string(code) != NULL ? ERR_reason_error_string(code)
                                                              : "the peer hung up";
}
