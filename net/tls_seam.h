/* SPDX-License-Identifier: Apache-2.0 */
/* net/tls_seam.h: what mbedTLS's TLS calls in place of functions of its own. For tls_identity.c and tests.
 *
 * mbedTLS wants to understand whole certificates, and ends the handshake over what it does not like in them:
 * an empty issuer, as Go programs give the certificates they make for themselves, an unknown algorithm, an
 * odd extension. But what a certificate means is decided elsewhere, from its exact bytes. For the handshake
 * itself it is a public key.
 *
 * cmake/mbedtls.cmake renames the calls while it compiles the three files of mbedTLS that make them; these
 * functions are linked into mbedTLS. tests/checks/tls_seam holds the build to it. Not a part of the net
 * layer.
 */
#pragma once
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

/* Takes the place of mbedtls_x509_crt_parse_der() in ssl_tls.c and ssl_tls13_generic.c: appends the
 * certificate as its bytes and its key. `der` must be one SEQUENCE to its last byte, with a public key at its
 * place (RFC 5280 4.1); a key of a kind that mbedTLS does not know is none to it, and the peer cannot prove
 * that it has it. */
int mesh_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len);

/* Take the place of the functions named so, with mbedtls for mesh, in ssl_tls13_server.c: clients may prove
 * themselves with Ed25519 (RFC 8446 4.2.3, 4.4.3), which mbedTLS does not have. TLS 1.3 alone: in TLS 1.2
 * such a signature is over all messages, which mbedTLS does not keep. */
int mesh_ssl_write_sig_alg_ext(mbedtls_ssl_context *ssl, unsigned char *buf, const unsigned char *end,
                               size_t *out_len);
int mesh_ssl_tls13_process_certificate_verify(mbedtls_ssl_context *ssl);
