/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "pki/cert.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    struct csr r;
    struct slice name;
    struct err err;

    pki_init();
    if (!csr_parse(slice_of(data, size), &a, &r, &err)) {
        if (err.code != E_CSR_FORMAT)
            abort();
        return 0;
    }
    if (!name_without(r.subject, &OID_COMMON_NAME, 1, &a, &name, &err))
        abort(); /* the name was read already */
    return 0;
}
