/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_seam.h"

#include <mbedtls/asn1.h>
#include <mbedtls/platform.h>
#include <stdbool.h>
#include <string.h>

#include "pki/ed25519.h"
#include <ssl_misc.h> /* of mbedTLS's own sources: this file is linked into it */

/* ---- certificates -------------------------------------------------------------------------- */

enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };

/* Steps over one element, which must have this tag. */
static bool skip(unsigned char **at, const unsigned char *end, int tag)
{
    size_t len;

    if (mbedtls_asn1_get_tag(at, end, &len, tag) != 0)
        return false;
    *at += len;
    return true;
}

/* Steps into one that ends where its parent does, or before. */
static bool enter(unsigned char **at, const unsigned char **end)
{
    size_t len;

    if (mbedtls_asn1_get_tag(at, *end, &len, SEQUENCE) != 0)
        return false;
    *end = *at + len;
    return true;
}

/* Certificate { tbsCertificate { [0] version, serialNumber, signature, issuer, validity, subject, the key,
 * ... */
static bool find_key(mbedtls_x509_buf whole, mbedtls_x509_buf *key)
{
    unsigned char *at = whole.p, *start;
    const unsigned char *end = whole.p + whole.len;
    const int version = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED;

    if (!enter(&at, &end) || end != whole.p + whole.len || !enter(&at, &end))
        return false;
    if (at < end && *at == version && !skip(&at, end, version))
        return false;
    if (!skip(&at, end, MBEDTLS_ASN1_INTEGER) || !skip(&at, end, SEQUENCE) || !skip(&at, end, SEQUENCE) ||
        !skip(&at, end, SEQUENCE) || !skip(&at, end, SEQUENCE))
        return false;
    start = at;
    if (!skip(&at, end, SEQUENCE))
        return false;
    *key = (mbedtls_x509_buf){.tag = SEQUENCE, .len = (size_t)(at - start), .p = start};
    return true;
}

/* The end of the chain, or a new one behind it; one without a version is not used yet. */
static mbedtls_x509_crt *place_in(mbedtls_x509_crt *chain)
{
    while (chain->version != 0 && chain->next != NULL)
        chain = chain->next;
    if (chain->version != 0) {
        chain->next = mbedtls_calloc(1, sizeof *chain->next);
        chain = chain->next;
        if (chain != NULL)
            mbedtls_x509_crt_init(chain);
    }
    return chain;
}

/* Names are compared by mbedTLS on its way to our own check; that all are equal is of no consequence. */
static void fill(mbedtls_x509_crt *crt, mbedtls_x509_buf raw, mbedtls_x509_buf key)
{
    unsigned char *at = key.p;

    crt->version = 3;
    crt->own_buffer = 1;
    crt->raw = raw;
    crt->pk_raw = key;
    crt->issuer.oid.p = crt->issuer.val.p = crt->subject.oid.p = crt->subject.val.p = raw.p;
    if (mbedtls_pk_parse_subpubkey(&at, key.p + key.len, &crt->pk) != 0 || at != key.p + key.len) {
        mbedtls_pk_free(&crt->pk);
        mbedtls_pk_init(&crt->pk);
    }
}

int mesh_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    mbedtls_x509_buf raw = {.tag = SEQUENCE, .len = len, .p = mbedtls_calloc(1, len)}, key;
    mbedtls_x509_crt *crt;

    if (raw.p == NULL)
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    memcpy(raw.p, der, len);
    if (!find_key(raw, &key)) {
        mbedtls_free(raw.p);
        return MBEDTLS_ERR_X509_INVALID_FORMAT;
    }
    crt = place_in(chain);
    if (crt == NULL) {
        mbedtls_free(raw.p);
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    fill(crt, raw, key);
    return 0;
}

/* ---- Ed25519 of clients -------------------------------------------------------------------- */

enum { SCHEME_ED25519 = 0x0807, PUBLIC_LEN = ED25519_LEN, SIGNATURE_LEN = ED25519_SIGNATURE_LEN };

/* The SubjectPublicKeyInfo of such a key (RFC 8410 section 4) has one form. */
static const unsigned char *ed25519_key(const mbedtls_x509_crt *crt)
{
    static const unsigned char start[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

    return crt != NULL && crt->pk_raw.len == sizeof start + PUBLIC_LEN &&
                   memcmp(crt->pk_raw.p, start, sizeof start) == 0
               ? crt->pk_raw.p + sizeof start
               : NULL;
}

/* One scheme more at the end of the list: type, length, length of the list, list. */
int mesh_ssl_write_sig_alg_ext(mbedtls_ssl_context *ssl, unsigned char *buf, const unsigned char *end,
                               size_t *out_len)
{
    const int ret = mbedtls_ssl_write_sig_alg_ext(ssl, buf, end, out_len);

    if (ret != 0)
        return ret;
    MBEDTLS_SSL_CHK_BUF_PTR(buf + *out_len, end, 2);
    MBEDTLS_PUT_UINT16_BE(SCHEME_ED25519, buf, *out_len);
    *out_len += 2;
    MBEDTLS_PUT_UINT16_BE(*out_len - 4, buf, 2);
    MBEDTLS_PUT_UINT16_BE(*out_len - 6, buf, 4);
    return 0;
}

/* What is signed (RFC 8446 4.4.3): 64 blanks, the context, a zero, the transcript's hash. */
static bool holds(const unsigned char key[PUBLIC_LEN], const unsigned char *transcript, size_t transcript_len,
                  const unsigned char *message, size_t len)
{
    static const char context[] = "TLS 1.3, client CertificateVerify"; /* with its zero */
    unsigned char content[64 + sizeof context + MBEDTLS_TLS1_3_MD_MAX_SIZE];

    memset(content, ' ', 64);
    memcpy(content + 64, context, sizeof context);
    memcpy(content + 64 + sizeof context, transcript, transcript_len);
    return len == 4 + SIGNATURE_LEN && MBEDTLS_GET_UINT16_BE(message, 0) == SCHEME_ED25519 &&
           MBEDTLS_GET_UINT16_BE(message, 2) == SIGNATURE_LEN &&
           ed25519_verify(key, content, 64 + sizeof context + transcript_len, message + 4);
}

/* As mbedTLS does it for the keys it knows: the transcript is that of before this message. */
static int process_ed25519(mbedtls_ssl_context *ssl, const unsigned char key[PUBLIC_LEN])
{
    unsigned char transcript[MBEDTLS_TLS1_3_MD_MAX_SIZE];
    unsigned char *message;
    size_t transcript_len, len;
    int ret = mbedtls_ssl_tls13_fetch_handshake_msg(ssl, MBEDTLS_SSL_HS_CERTIFICATE_VERIFY, &message, &len);

    if (ret == 0)
        ret = mbedtls_ssl_get_handshake_transcript(ssl,
                                                   (mbedtls_md_type_t)ssl->handshake->ciphersuite_info->mac,
                                                   transcript, sizeof transcript, &transcript_len);
    if (ret != 0)
        return ret;
    if (!holds(key, transcript, transcript_len, message, len)) {
        MBEDTLS_SSL_PEND_FATAL_ALERT(MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
        return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
    }
    return mbedtls_ssl_add_hs_msg_to_checksum(ssl, MBEDTLS_SSL_HS_CERTIFICATE_VERIFY, message, len);
}

int mesh_ssl_tls13_process_certificate_verify(mbedtls_ssl_context *ssl)
{
    const unsigned char *key = ed25519_key(ssl->session_negotiate->peer_cert);

    return key != NULL ? process_ed25519(ssl, key) : mbedtls_ssl_tls13_process_certificate_verify(ssl);
}

/* ---- keys that are elsewhere ----------------------------------------------------------------- */

int mesh_pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *pk, mbedtls_md_type_t md,
                     const unsigned char *digest, size_t digest_len, unsigned char *signature, size_t cap,
                     size_t *len, int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    const struct mesh_own_key *own = (const struct mesh_own_key *)(const void *)pk;

    return own->sign != NULL
               ? own->sign(own->ctx, type, digest, digest_len, signature, cap, len)
               : mbedtls_pk_sign_ext(type, pk, md, digest, digest_len, signature, cap, len, f_rng, p_rng);
}

int mesh_pk_sign_restartable(mbedtls_pk_context *pk, mbedtls_md_type_t md, const unsigned char *digest,
                             size_t digest_len, unsigned char *signature, size_t cap, size_t *len,
                             int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                             mbedtls_pk_restart_ctx *restart)
{
    const struct mesh_own_key *own = (const struct mesh_own_key *)(const void *)pk;
    const mbedtls_pk_type_t type =
        mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) ? MBEDTLS_PK_ECDSA : MBEDTLS_PK_RSA;

    /* TLS 1.2 leaves the digest's length to its name. */
    if (digest_len == 0)
        digest_len = mbedtls_md_get_size_from_type(md);
    return own->sign != NULL ? own->sign(own->ctx, type, digest, digest_len, signature, cap, len)
                             : mbedtls_pk_sign_restartable(pk, md, digest, digest_len, signature, cap, len,
                                                           f_rng, p_rng, restart);
}
