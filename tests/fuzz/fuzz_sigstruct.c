/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "attestation/sigstruct.h"

/* What is found also parses by itself: there is no second opinion on what a SIGSTRUCT is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct sigstruct found, parsed;
    struct err err;

    if (sigstruct_parse(in, &parsed, &err) && !sigstruct_find(in, &found, &err))
        abort();
    if (sigstruct_find(in, &found, &err) && size < SIGSTRUCT_LEN)
        abort();
    return 0;
}
