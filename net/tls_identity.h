/* SPDX-License-Identifier: Apache-2.0 */
/* net/tls_identity.h: what an identity is inside, for tls.c alone. */
#pragma once
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdatomic.h>

#include "net/tls.h"

/* Immutable once made; mbedTLS only reads both when it signs. */
struct tls_identity {
    atomic_uint holds;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
};

/* "text (the library's words)" for an mbedTLS return code. */
bool tls_err(struct err *err, enum err_code code, int rc, const char *doing);
