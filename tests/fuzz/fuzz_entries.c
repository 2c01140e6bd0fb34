/* SPDX-License-Identifier: Apache-2.0 */
/* The state's encoding and that of changes: what parses must be written again as the very same bytes. */
#include <stdlib.h>

#include "coordinator/store/entries.h"

static void try_entries(struct slice in)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(buf_wipe) struct buf again = buf_max(in.len + 1);
    struct entries e;
    struct err err;

    if (!entries_parse(in, &a, &e, &err))
        return;
    entries_put(&again, &e);
    if (!slice_equal(buf_bytes(&again), in))
        abort();
}

static void try_changes(struct slice in)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(buf_wipe) struct buf again = buf_max(in.len + 1);
    struct entries e;
    struct err err;

    if (!changes_parse(in, &a, &e, &err))
        return;
    buf_u32le(&again, (uint32_t)e.num);
    changes_put(&again, e.at, e.num);
    if (!slice_equal(buf_bytes(&again), in))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_entries(slice_of(data, size));
    try_changes(slice_of(data, size));
    return 0;
}
