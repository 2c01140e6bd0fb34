/* SPDX-License-Identifier: Apache-2.0 */
/* Nitro documents: the first byte says whether the rest is a whole document, or the payload of one that the
 * simulated enclave signs, so that the reading of payloads is not shut off by the signature. */
#include <stdlib.h>

#include "attestation/nitro_document.h"
#include "attestation/sim/nitro.h"
#include "base/limits.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1767323045 };

static struct arena usual;
static struct sim_nitro_pki pki;

static void set_up(void)
{
    struct err err;

    pki_init();
    if (!sim_nitro_pki_make(NOW, &usual, &pki, &err))
        abort();
}

static void must_lie_inside(struct slice part, struct slice whole)
{
    if (part.len > 0 && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

static void try_document(struct slice in)
{
    struct nitro_document d;
    struct err err;

    if (!nitro_document_parse(in, &d, &err))
        return;
    must_lie_inside(d.message.signature, in);
    must_lie_inside(d.pcrs[0], d.message.payload);
    must_lie_inside(d.certificate, d.message.payload);
    must_lie_inside(d.cabundle[d.num_cabundle - 1], d.message.payload);
    must_lie_inside(d.nonce, d.message.payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct collateral none;
    struct evidence e = {.kind = EVIDENCE_NITRO};
    const struct appraisal what = {.evidence = &e, .collateral = &none, .roots = sim_roots(), .now = NOW};
    struct arena a = {0};
    struct verdict v;
    struct err err;

    if (pki.parties[0].cert.der.len == 0)
        set_up();
    if (size == 0 || size > LIMIT_EVIDENCE)
        return 0;
    e.document = slice_of(data + 1, size - 1);
    try_document(e.document);
    if (data[0] % 2 == 1 && !sim_nitro_sign(&pki, e.document, false, &a, &e.document, &err))
        abort();
    appraise(&what, &a, &v);
    if (v.genuine != (v.reason.code == E_NONE) || (v.genuine && v.claims.nitro.pcrs[0].len == 0))
        abort();
    (void)verdict_json(&v, &a);
    arena_wipe(&a);
    return 0;
}
