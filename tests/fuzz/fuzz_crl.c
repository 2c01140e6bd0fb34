/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "pki/cert.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    struct crl c;
    struct err err;

    pki_init();
    if (!crl_parse(slice_of(data, size), &a, &c, &err)) {
        if (err.code != E_CRL_FORMAT)
            abort();
        return 0;
    }
    if (c.num_revoked == 0 && crl_lists(&c, slice_of("\1", 1)))
        abort();
    (void)name_text(&a, c.issuer);
    return 0;
}
