/* SPDX-License-Identifier: Apache-2.0 */
/* COSE messages, their headers, and issuers: the first byte says which of the three the rest is. */
#include <stdlib.h>

#include "attestation/cbor.h"
#include "attestation/cose.h"
#include "attestation/did_x509.h"
#include "attestation/sim/keys.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena usual;
static struct cert chain[2];

static void set_up(void)
{
    static const char *const names[] = {SIM_UVM_LEAF, SIM_UVM_CA};

    for (size_t i = 0; i < 2; i++) {
        struct sim_party p = {0};
        struct err err;

        if (!sim_embedded(names[i], &usual, &p, &err))
            abort();
        chain[i] = p.cert;
        sim_party_wipe(&p);
    }
}

static void try_message(struct slice in)
{
    struct cose_sign1 m;
    struct err err;

    if (!cose_sign1_parse(in, "input", &m, &err))
        return;
    if (m.payload.len > in.len || m.signature.len > in.len)
        abort();
    (void)cose_header(m.unprotected_headers, COSE_X5CHAIN);
    if (cose_sign1_verify(&m, chain[0].spki, NULL, 0, 0, &err) && cose_algorithm(&m) == 0)
        abort();
}

static void try_headers(struct slice in)
{
    struct cursor c = cursor_over(in);

    if (cose_header(in, COSE_ALG).len > in.len || cose_header_named(in, "iss").len > in.len)
        abort();
    while (cursor_ok(&c) && c.rest.len > 0)
        (void)cbor_item(&c);
}

static void try_issuer(struct slice in)
{
    struct err err;

    if (did_x509_matches(in, chain, 2, &err) && !text_starts_with(in, "did:x509:0:sha"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice in) = {try_message, try_headers, try_issuer};

    if (chain[0].der.len == 0)
        set_up();
    if (size > 0)
        tries[data[0] % 3](slice_of(data + 1, size - 1));
    return 0;
}
