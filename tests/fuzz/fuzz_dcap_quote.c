/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes and Open Enclave's header: nothing is read beyond the input, and what is given out lies inside it.
 */
#include <stdlib.h>

#include "attestation/attestation.h"
#include "attestation/dcap_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_inside(struct slice part, struct slice whole)
{
    if (part.len > 0 && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice quote;
    struct dcap_quote q;
    struct err err;

    if (!evidence_unwrap(slice_of(data, size), &quote, &err) || !dcap_quote_parse(quote, &q, &err))
        return 0;
    must_lie_inside(q.signed_part, quote);
    must_lie_inside(q.report.raw, q.signed_part);
    must_lie_inside(q.td.raw, q.signed_part);
    must_lie_inside(q.qe_report.raw, quote);
    must_lie_inside(q.qe_auth, quote);
    must_lie_inside(q.cert_data, quote);
    return 0;
}
