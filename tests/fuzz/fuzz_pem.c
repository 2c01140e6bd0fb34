/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "pki/pem.h"

/* What was taken apart is put together again and taken apart to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice rest = slice_of(data, size);
    struct pem_block block, again;
    struct err err;

    while (pem_next(&rest, &a, &block, &err) && block.der.ptr != NULL) {
        struct slice text = slice_str(pem_text(&a, arena_strndup(&a, block.label), block.der));

        if (!pem_next(&text, &a, &again, &err) || !slice_equal(block.der, again.der))
            abort();
    }
    return 0;
}
