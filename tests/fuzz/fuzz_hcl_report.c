/* SPDX-License-Identifier: Apache-2.0 */
/* The paravisor's report, its runtime data and the TDREPORT in it. */
#include <stdlib.h>

#include "attestation/hcl_report.h"
#include "base/json.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct hcl_runtime runtime;
    struct td_local_report td;
    struct hcl_report h;
    uint8_t digest[64];
    struct err err;

    pki_init();
    if (hcl_report_parse(slice_of(data, size), &h, &err)) {
        hcl_report_data(&h, digest);
        if (h.hardware == HCL_TDX)
            (void)td_local_report_parse(h.report, &td, &err);
        if (hcl_runtime_parse(h.runtime_data, &a, &runtime, &err) &&
            (runtime.ak_spki.len == 0 || runtime.ak_modulus.len < 256))
            abort();
    }
    (void)hcl_runtime_parse(slice_of(data, size), &a, &runtime, &err);
    arena_wipe(&a);
    return 0;
}
