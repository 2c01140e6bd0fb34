/* SPDX-License-Identifier: Apache-2.0 */
/* net/tls_identity.h: what an identity is inside, for tls.c alone. */
#pragma once
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdatomic.h>

#include "net/tls.h"
#include "net/tls_seam.h"

/* Immutable once made, but for the fault of a signer; mbedTLS only reads chain and key when it signs. */
struct tls_identity {
    atomic_uint holds;
    mbedtls_x509_crt chain;
    struct mesh_own_key key;
    struct tls_signer signer; /* of a key that is elsewhere */
    struct err fault;         /* why it did not sign */
};

/* "text (the library's words)" for an mbedTLS return code. */
bool tls_err(struct err *err, enum err_code code, int rc, const char *doing);
