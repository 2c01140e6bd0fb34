/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs from mbedTLS's default configuration. Included behind it, by mbedTLS and by all who use its
 * headers.
 */
#ifndef MARBLEMESH_MBEDTLS_USER_CONFIG_H
#define MARBLEMESH_MBEDTLS_USER_CONFIG_H

/* Below it, sixteen known vulnerabilities; among them forged CA bits and a side channel aimed at enclaves. */
#if MBEDTLS_VERSION_NUMBER < 0x03060700
#error "mbedTLS 3.6.7 is the oldest that may be used"
#endif

/* TLS 1.3 always goes through PSA, whose key store is shared by all threads. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
#define MBEDTLS_USE_PSA_CRYPTO

/* P-256 by the seam (pki/p256_openssl.c), which answers to the p256-m driver's interface. */
#ifdef MARBLEMESH_P256_SEAM
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#endif
/* With it, signing would go round the driver, to the slow built-in code. */
#undef MBEDTLS_ECDSA_DETERMINISTIC

/* Roots are values looked up when a chain is verified, not a list in each connection. */
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK

/* The exporter binds evidence to its connection. */
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_KEYING_MATERIAL_EXPORT

/* A server that resumes a TLS 1.3 session has lost the client's certificate, and with it the client's rights. */
#undef MBEDTLS_SSL_SESSION_TICKETS
#undef MBEDTLS_SSL_TICKET_C
#undef MBEDTLS_SSL_CACHE_C
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED

/* Never spoken here. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_SSL_COOKIE_C
#undef MBEDTLS_SSL_RENEGOTIATION

#undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#undef MBEDTLS_SSL_ENCRYPT_THEN_MAC
#undef MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_ECDSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_RSA_ENABLED

/* Nothing here computes with these; what is not there needs no room and has no flaw. */
#undef MBEDTLS_ARIA_C
#undef MBEDTLS_CAMELLIA_C
#undef MBEDTLS_CCM_C
#undef MBEDTLS_CIPHER_MODE_CBC
#undef MBEDTLS_CIPHER_MODE_CFB
#undef MBEDTLS_CIPHER_MODE_OFB
#undef MBEDTLS_CIPHER_MODE_XTS
#undef MBEDTLS_CMAC_C
#undef MBEDTLS_DES_C
#undef MBEDTLS_DHM_C
#undef MBEDTLS_ECJPAKE_C
#undef MBEDTLS_HMAC_DRBG_C
#undef MBEDTLS_LMS_C
#undef MBEDTLS_MD5_C
#undef MBEDTLS_NIST_KW_C
#undef MBEDTLS_PADLOCK_C
#undef MBEDTLS_PKCS5_C
#undef MBEDTLS_PKCS7_C
#undef MBEDTLS_PKCS12_C
#undef MBEDTLS_RIPEMD160_C
#undef MBEDTLS_SHA1_C
#undef MBEDTLS_X509_CREATE_C
#undef MBEDTLS_X509_CRL_PARSE_C
#undef MBEDTLS_X509_CRT_WRITE_C
#undef MBEDTLS_X509_CSR_PARSE_C
#undef MBEDTLS_X509_CSR_WRITE_C
#undef MBEDTLS_ECP_DP_SECP192R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP192K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP256K1_ENABLED
#undef MBEDTLS_ECP_DP_BP256R1_ENABLED
#undef MBEDTLS_ECP_DP_BP384R1_ENABLED
#undef MBEDTLS_ECP_DP_BP512R1_ENABLED
#undef MBEDTLS_ECP_DP_CURVE448_ENABLED

/* Sockets belong to net/; no key is ever stored by PSA; a log of handshakes is no place for secrets. */
#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_DEBUG_C

/* A curve is named. A key that spells out parameters is refused, even if they are those of a known curve. */
#undef MBEDTLS_PK_PARSE_EC_EXTENDED

/* Its counters are written by all threads without a lock. */
#undef MBEDTLS_SELF_TEST

#endif
