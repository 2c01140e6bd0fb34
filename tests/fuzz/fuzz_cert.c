/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "pki/cert.h"
#include "pki/hash.h"

/* What is read lies inside what was given, and whatever is done with a certificate goes well or says no. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert c;
    struct san san;
    struct err err;

    pki_init();
    if (!cert_parse(slice_of(data, size), &a, &c, &err)) {
        if (err.code != E_CERT_FORMAT)
            abort();
        return 0;
    }
    if (c.tbs.ptr < data || c.tbs.ptr + c.tbs.len > data + size || c.tbs.len == 0)
        abort();
    (void)cert_san(&c, &a, &san, &err);
    (void)cert_common_name(&c);
    (void)name_text(&a, c.issuer);
    (void)name_text(&a, c.subject);
    (void)cert_signed_by(&c, &c, &err);
    if (chain_verify(&c, &c, 1, NULL, 0, c.not_before, &err))
        abort();
    return 0;
}
