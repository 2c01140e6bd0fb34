/* SPDX-License-Identifier: Apache-2.0 */
/* Both sealed files, whatever somebody else has written into them. Without a TEE the key stands in its file,
 * so the fuzzer gets past it; the AEAD of the data it does not. */
#include <stdlib.h>

#include "coordinator/store/seal.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(data_key_wipe) struct data_key key = {0};
    struct slice plain, id;
    struct err err = {0};

    pki_init();
    if (!unseal_key(&(struct sealer){NULL}, slice_of(data, size), &key, &err) && err.code != E_STATE_SEALED)
        abort();
    err = (struct err){0};
    if (!sealed_data_key_id(slice_of(data, size), &id, &err) && err.code != E_STATE_CORRUPT)
        abort();
    if (key.key.len == 0)
        data_key_new(&key);
    if (unseal_data(&key, slice_of(data, size), &a, &plain, &err))
        abort(); /* nobody has this key */
    return err.code == E_STATE_CORRUPT ? 0 : (abort(), 0);
}
