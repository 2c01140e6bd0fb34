/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in any form: what is given out lies inside the input or what was decoded of it, a container that
 * is read is written as it was, and whatever it is can be judged without collateral. */
#include <stdlib.h>

#include "attestation/attestation.h"
#include "attestation/oe.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct collateral none;
    const struct slice in = slice_of(data, size);
    struct arena a = {0};
    struct oe_framed framed;
    struct evidence e;
    struct err err;

    pki_init();
    if (oe_unframe(in, &framed, &err))
        must(framed.quote.ptr + framed.quote.len == data + size);
    if (evidence_decode(in, &e, &err))
        must(slice_equal(evidence_encode(&e, &a), in) || e.kind == EVIDENCE_UNKNOWN ||
             (size > 8 && memcmp(data, "MESHEVID", 8) == 0)); /* of one part: the bare blob */
    if (evidence_read(in, &a, &e, &err)) {
        const struct appraisal what = {
            .evidence = &e, .collateral = &none, .roots = roots_production(), .now = 1767323045};
        struct verdict v;

        appraise(&what, &a, &v);
        must(!v.genuine && v.reason.code != E_NONE);
        must(verdict_json(&v, &a)[0] == '{' && verdict_text(&v, &a) != NULL);
    }
    arena_wipe(&a);
    return 0;
}
