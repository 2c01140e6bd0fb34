/* SPDX-License-Identifier: Apache-2.0 */
/* The state's encoding: what parses must be written again as the very same bytes. */
#include <stdlib.h>

#include "coordinator/store/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(buf_wipe) struct buf again = buf_max(size + 1);
    struct entries e;
    struct err err;

    if (!entries_parse(slice_of(data, size), &a, &e, &err))
        return 0;
    entries_put(&again, &e);
    if (!slice_equal(buf_bytes(&again), slice_of(data, size)))
        abort();
    return 0;
}
