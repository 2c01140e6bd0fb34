/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM's quote, its signature and PCR values: the first two bytes say how long the first part is. */
#include <stdlib.h>

#include "attestation/tpm_quote.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_over(slice_of(data, size));
    const struct slice message = cursor_take(&c, cursor_u16be(&c));
    struct slice signature, pcrs[TPM_NUM_PCRS];
    struct arena a = {0};
    struct tpm_quote q;
    struct err err;

    pki_init();
    if (tpm_quote_parse(message, &q, &err)) {
        if (q.pcr_digest.len != 32 || q.pcr_selection > 0xffffff)
            abort();
        (void)tpm_pcrs_verify(c.rest, &q, &a, pcrs, &err);
    }
    if (tpm_signature_parse(c.rest, 256, &signature, &err) && signature.len != 256)
        abort();
    arena_wipe(&a);
    return 0;
}
