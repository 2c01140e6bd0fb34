/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed key, whatever somebody else has written into it. Without a TEE the key stands in its file, so the
 * fuzzer gets past it. */
#include <stdlib.h>

#include "coordinator/store/seal.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(data_key_wipe) struct data_key key = {0};
    struct err err = {0};

    pki_init();
    if (unseal_key(&(struct sealer){NULL}, slice_of(data, size), &key, &err))
        return key.key.len == DATA_KEY_LEN || key.key.len == OLD_DATA_KEY_LEN ? 0 : (abort(), 0);
    return err.code == E_STATE_SEALED && key.key.len == 0 ? 0 : (abort(), 0);
}
