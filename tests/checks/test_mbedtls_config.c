/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration in effect: first as every file of ours sees it, when this is compiled, then as the
 * library was compiled, when it is run.
 */
#include <mbedtls/build_info.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <stdio.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060700
#error                                                                                                       \
    "mbedTLS 3.6.7 is the oldest that may be used: older ones forge CA bits and leak keys to an untrusted host"
#endif
#ifdef MBEDTLS_SSL_SESSION_TICKETS
#error "a session resumed by ticket has no client certificate"
#endif
#if defined(MARBLEMESH_P256_SEAM) != defined(MBEDTLS_PSA_P256M_DRIVER_ENABLED)
#error "the seam is there for the driver, and the driver for the seam"
#endif

static const char *const wanted_on[] = {
    "MBEDTLS_THREADING_C",
    "MBEDTLS_THREADING_PTHREAD",
    "MBEDTLS_USE_PSA_CRYPTO",
    "MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK",
    "MBEDTLS_SSL_PROTO_TLS1_3",
    "MBEDTLS_SSL_KEYING_MATERIAL_EXPORT",
    "MBEDTLS_ECP_NIST_OPTIM",
#ifdef MARBLEMESH_P256_SEAM
    "MBEDTLS_PSA_P256M_DRIVER_ENABLED",
#endif
};

static const char *const wanted_off[] = {
    "MBEDTLS_SSL_SESSION_TICKETS",
    "MBEDTLS_SSL_TICKET_C",
    "MBEDTLS_SSL_CACHE_C",
    "MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED",
    "MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED",
    "MBEDTLS_SSL_EARLY_DATA",
    "MBEDTLS_SSL_PROTO_DTLS",
    "MBEDTLS_SSL_RENEGOTIATION",
    "MBEDTLS_ECDSA_DETERMINISTIC",
    "MBEDTLS_SELF_TEST",
    "MBEDTLS_DEBUG_C",
    "MBEDTLS_PK_PARSE_EC_EXTENDED",
#ifndef MARBLEMESH_P256_SEAM
    "MBEDTLS_PSA_P256M_DRIVER_ENABLED",
#endif
};

int main(void)
{
    int faults = 0;

    for (size_t i = 0; i < sizeof wanted_on / sizeof wanted_on[0]; i++) {
        if (mbedtls_version_check_feature(wanted_on[i]) != 0) {
            fprintf(stderr, "%s is off\n", wanted_on[i]);
            faults++;
        }
    }
    for (size_t i = 0; i < sizeof wanted_off / sizeof wanted_off[0]; i++) {
        if (mbedtls_version_check_feature(wanted_off[i]) == 0) {
            fprintf(stderr, "%s is on\n", wanted_off[i]);
            faults++;
        }
    }
    if (mbedtls_version_get_number() != MBEDTLS_VERSION_NUMBER) {
        fprintf(stderr, "the library is not of the version of its headers\n");
        faults++;
    }
    if (psa_crypto_init() != PSA_SUCCESS) {
        fprintf(stderr, "psa_crypto_init failed\n");
        faults++;
    }
    printf("mbedTLS %x, %d faults\n", mbedtls_version_get_number(), faults);
    return faults != 0;
}
