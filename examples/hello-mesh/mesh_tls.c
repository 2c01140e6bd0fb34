/* SPDX-License-Identifier: Apache-2.0 */
#include "mesh_tls.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static BIO *from_environment(const char *name)
{
    const char *pem = getenv(name);

    if (pem == NULL) {
        (void)fprintf(stderr, "%s is not set: this program was not started as a marble\n", name);
        return NULL;
    }
    return BIO_new_mem_buf(pem, -1);
}

static bool use_root(SSL_CTX *ctx)
{
    BIO *pem = from_environment("MARBLE_PREDEFINED_ROOT_CA");
    X509 *root = pem != NULL ? PEM_read_bio_X509(pem, NULL, NULL, NULL) : NULL;
    const bool ok = root != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root) == 1;

    X509_free(root);
    BIO_free(pem);
    return ok;
}

static bool use_chain(SSL_CTX *ctx)
{
    BIO *pem = from_environment("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN");
    X509 *cert = pem != NULL ? PEM_read_bio_X509(pem, NULL, NULL, NULL) : NULL;
    bool ok = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;

    X509_free(cert);
    while (ok && (cert = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL)
        ok = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
    ERR_clear_error(); /* the end of the chain is not a fault */
    BIO_free(pem);
    return ok;
}

static bool use_key(SSL_CTX *ctx)
{
    BIO *pem = from_environment("MARBLE_PREDEFINED_PRIVATE_KEY");
    EVP_PKEY *key = pem != NULL ? PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL) : NULL;
    const bool ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

    EVP_PKEY_free(key);
    BIO_free(pem);
    return ok;
}

SSL_CTX *mesh_context(bool server)
{
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

    if (ctx != NULL && use_root(ctx) && use_chain(ctx) && use_key(ctx)) {
        SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        return ctx;
    }
    (void)fprintf(stderr, "no TLS identity: %s\n", mesh_tls_reason(NULL));
    SSL_CTX_free(ctx);
    return NULL;
}

static void marble_type(X509 *cert, char *out, size_t cap)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.9903.2.1", 1);
    const int at = X509_get_ext_by_OBJ(cert, oid, -1);

    ASN1_OBJECT_free(oid);
    (void)snprintf(out, cap, "?");
    if (at >= 0) {
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));

        /* The raw bytes of the name, not an ASN.1 string. */
        (void)snprintf(out, cap, "%.*s", ASN1_STRING_length(value),
                       (const char *)ASN1_STRING_get0_data(value));
    }
}

static void common_name(X509_NAME *name, char *out, int cap)
{
    if (X509_NAME_get_text_by_NID(name, NID_commonName, out, cap) < 0)
        (void)snprintf(out, (size_t)cap, "?");
}

static bool describe(X509 *cert, struct peer *out)
{
    if (cert == NULL)
        return false;
    marble_type(cert, out->type, sizeof out->type);
    common_name(X509_get_subject_name(cert), out->uuid, sizeof out->uuid);
    common_name(X509_get_issuer_name(cert), out->issuer, sizeof out->issuer);
    return true;
}

bool mesh_peer(SSL *ssl, struct peer *out)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    const bool ok = describe(cert, out);

    X509_free(cert);
    return ok;
}

bool mesh_self(SSL *ssl, struct peer *out) { return describe(SSL_get_certificate(ssl), out); }

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
