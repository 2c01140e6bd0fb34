/* SPDX-License-Identifier: Apache-2.0 */
/* The list of shares: what is read has only digests in it, whatever was written. */
#include <stdlib.h>

#include "pki/hash.h"
#include "pki/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    const uint8_t(*digests)[SHA256_LEN];
    struct err err = {0};
    size_t num;

    pki_init();
    if (!share_list_decode(slice_of(data, size), &a, &digests, &num, &err))
        return err.code == E_RECOVERY_DATA ? 0 : (abort(), 0);
    if (num * (2 * SHA256_LEN + 8) > size)
        abort();
    return 0;
}
