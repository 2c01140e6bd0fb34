/* SPDX-License-Identifier: Apache-2.0 */
/* A state's file, under a key that the fuzzer's seeds were made with: what opens is a prefix of records, and
 * what is refused leaves nothing behind. The same bytes as a state of MarbleRun's. */
#include <stdlib.h>

#include "coordinator/store/log.h"
#include "coordinator/store/marblerun.h"

static const char KEY[] = "0123456789abcdef0123456789abcdef";

static void try_ours(struct slice in)
{
    scoped(map_wipe) struct map map = {0};
    scoped(log_wipe) struct log log = {0};
    struct err err = {0};

    if (log_open(in, slice_str(KEY), &map, &log, &err)) {
        if (log.end.len > in.len || log.snapshot_len > log.end.len || log.end.record == 0)
            abort();
    } else if (map.num != 0 ||
               (err.code != E_STATE_CORRUPT && err.code != E_STATE_FORMAT && err.code != E_DECRYPT)) {
        abort();
    }
}

static void try_marbleruns(struct slice in)
{
    scoped(arena_wipe) struct arena a = {0};
    struct entries e;
    struct err err = {0};

    if (!marblerun_open(in, slice_str(KEY), &a, &e, &err) && err.code != E_STATE_CORRUPT &&
        err.code != E_DECRYPT)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pki_init();
    try_ours(slice_of(data, size));
    try_marbleruns(slice_of(data, size));
    return 0;
}
