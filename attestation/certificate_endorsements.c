/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/certificate_endorsements.h"

#include "attestation/cbor.h"

enum { TAG_QUOTE = 60000, MIN_ENTRIES = 8, MAX_ENTRIES = 9 };

static const uint8_t oid[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x02}; /* 2.23.133.5.4.2 */

/* An integer; Open Enclave's structure, which the order is from, has it in bytes. Nothing depends on it. */
static void skip_version(struct cursor *c)
{
    if (cbor_next_is_bytes(c))
        (void)cbor_bytes(c);
    else
        (void)cbor_uint(c);
}

static struct collateral take_entries(struct cursor *c, uint64_t num)
{
    struct collateral all = {0};

    skip_version(c);
    all.tcb_info = cbor_bytes(c);
    all.tcb_issuer_chain = cbor_bytes(c);
    all.pck_crl = cbor_bytes(c);
    all.root_ca_crl = cbor_bytes(c);
    all.pck_crl_issuer_chain = cbor_bytes(c);
    all.qe_identity = cbor_bytes(c);
    all.qe_issuer_chain = cbor_bytes(c);
    if (num == MAX_ENTRIES)
        (void)cbor_bytes(c); /* when they were put together: each has dates of its own */
    return all;
}

bool certificate_endorsements(const struct cert *c, struct collateral *out, struct err *err)
{
    const struct extension *e = cert_extension(c, slice_of(oid, sizeof oid));
    struct cursor in = cursor_over(e != NULL ? e->value : (struct slice){0});
    struct collateral all;
    uint64_t num;

    if (e == NULL || !cbor_tagged(&in, TAG_QUOTE)) {
        *out = (struct collateral){0};
        return true;
    }
    num = cbor_array(&in);
    all = take_entries(&in, num);
    if (!cursor_done(&in) || num < MIN_ENTRIES || num > MAX_ENTRIES)
        return err_set(err, E_COLLATERAL_FORMAT,
                       "certificate: endorsements: expected CBOR 60000([version, 7 byte strings, and a time "
                       "or none]) and "
                       "nothing after it");
    *out = all;
    return true;
}
