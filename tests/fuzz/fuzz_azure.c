/* SPDX-License-Identifier: Apache-2.0 */
/* A container of evidence of an Azure VM, judged whole under the simulated roots. */
#include <stdlib.h>

#include "attestation/sim/azure.h"
#include "base/json.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { NOW = 1790000000 };
    static const struct collateral none;
    struct arena a = {0};
    struct evidence e;
    struct verdict v;
    struct err err;

    pki_init();
    if (evidence_decode(slice_of(data, size), &e, &err) && e.kind == EVIDENCE_AZURE) {
        const struct appraisal what = {.evidence = &e, .collateral = &none, .roots = sim_roots(), .now = NOW};

        appraise(&what, &a, &v);
        (void)verdict_json(&v, &a);
        if (v.genuine)
            abort(); /* without collateral nothing is */
    }
    arena_wipe(&a);
    return 0;
}
