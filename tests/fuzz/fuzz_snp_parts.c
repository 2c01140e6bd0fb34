/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no chain to be read: reports and certificate tables. Nothing is read beyond the input, and what
 * is given out lies inside it. */
#include <stdlib.h>

#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_inside(struct slice part, struct slice whole)
{
    if (part.len > 0 && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

static void try_report(struct slice in, struct arena *a)
{
    struct snp_report r;
    const char *product;
    struct slice raw;
    struct err err;

    if (!snp_report_parse(in, &r, &err))
        return;
    must_lie_inside(r.signed_part, in);
    must_lie_inside(r.says.chip_id, r.signed_part);
    must_lie_inside(r.unused, in);
    (void)snp_report_product(&r, &product, &err);
    if (snp_report_signature(&r, a, &raw, &err) && raw.len != 96)
        abort();
}

static void try_table(struct slice in, struct arena *a)
{
    struct snp_certificates c;
    struct slice vek, chain;
    struct err err;

    if (!snp_certificates_parse(in, &c, &err))
        return;
    must_lie_inside(c.vcek, in);
    must_lie_inside(c.vlek, in);
    must_lie_inside(c.ask, in);
    must_lie_inside(c.ark, in);
    must_lie_inside(c.crl, in);
    snp_certificates_parts(&c, "VCEK", a, &vek, &chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};

    try_report(slice_of(data, size), &a);
    try_table(slice_of(data, size), &a);
    arena_wipe(&a);
    return 0;
}
