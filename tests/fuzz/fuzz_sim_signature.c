/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "attestation/sim/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    struct sim_signature s;
    struct err err;

    if (sim_signature_parse(slice_of(data, size), &a, &s, &err))
        (void)sim_signature_verify(&s, &err);
    else if (err.code != E_SIM_SIGNATURE)
        abort();
    return 0;
}
