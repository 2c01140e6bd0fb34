/* SPDX-License-Identifier: Apache-2.0 */
/* What TLS takes for a certificate, against what the rest of the program does: whoever proves in the
 * handshake that he has the key has proven it for the certificate that is judged after it. */
#include <stdlib.h>

#include "net/tls_seam.h"
#include "pki/cert.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    mbedtls_x509_crt chain;
    struct cert c;
    struct err err;
    bool read;

    pki_init();
    mbedtls_x509_crt_init(&chain);
    read = mesh_crt_parse_der(&chain, data, size) == 0;
    if (cert_parse(slice_of(data, size), &a, &c, &err) &&
        (!read || !slice_equal(c.spki, slice_of(chain.pk_raw.p, chain.pk_raw.len)) ||
         !slice_equal(c.der, slice_of(chain.raw.p, chain.raw.len))))
        abort();
    mbedtls_x509_crt_free(&chain);
    arena_wipe(&a);
    return 0;
}
