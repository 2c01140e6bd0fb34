/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_certificates.h"

#include "base/buf.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/pem.h"

enum { GUID_LEN = 16, ENTRY_LEN = 24, MAX_ENTRIES = 64 };

/* The first three groups of a GUID are little endian, the other two as they are written. */
static const struct {
    uint8_t guid[GUID_LEN];
    size_t offset;
} known[] = {
    /* 63da758d-e664-4564-adc5-f4b93be8accd */
    {{0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd},
     offsetof(struct snp_certificates, vcek)},
    /* a8074bc2-a25a-483e-aae6-39c045a0b8a1 */
    {{0xc2, 0x4b, 0x07, 0xa8, 0x5a, 0xa2, 0x3e, 0x48, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1},
     offsetof(struct snp_certificates, vlek)},
    /* 4ab7b379-bbac-4fe4-a02f-05aef327c782 */
    {{0x79, 0xb3, 0xb7, 0x4a, 0xac, 0xbb, 0xe4, 0x4f, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82},
     offsetof(struct snp_certificates, ask)},
    /* c0b406a4-a803-4952-9743-3fb6014cd0ae */
    {{0xa4, 0x06, 0xb4, 0xc0, 0x03, 0xa8, 0x52, 0x49, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae},
     offsetof(struct snp_certificates, ark)},
    /* 92f81bc3-5811-4d3d-97ff-d19f88dc67ea */
    {{0xc3, 0x1b, 0xf8, 0x92, 0x11, 0x58, 0x3d, 0x4d, 0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67, 0xea},
     offsetof(struct snp_certificates, crl)},
};
enum { NUM_KNOWN = sizeof known / sizeof known[0] };

static struct slice *member(struct snp_certificates *c, size_t which)
{
    return (struct slice *)(void *)((char *)c + known[which].offset);
}

static size_t which_is(struct slice guid)
{
    size_t i = 0;

    while (i < NUM_KNOWN && !slice_equal(guid, slice_of(known[i].guid, GUID_LEN)))
        i++;
    return i;
}

static bool take_entry(struct slice table, struct slice guid, uint32_t offset, uint32_t len,
                       struct snp_certificates *out, struct err *err)
{
    const size_t which = which_is(guid);
    struct cursor c = cursor_over(table);
    struct slice bytes;

    (void)cursor_take(&c, offset);
    bytes = cursor_take(&c, len);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "certificate table: an entry of %u bytes at %u does not lie in its %zu bytes",
                       (unsigned)len, (unsigned)offset, table.len);
    if (which == NUM_KNOWN || len == 0)
        return true;
    if (member(out, which)->len > 0)
        return err_set(err, E_EVIDENCE_FORMAT, "certificate table: a GUID is there twice");
    *member(out, which) = bytes;
    return true;
}

bool snp_certificates_parse(struct slice table, struct snp_certificates *out, struct err *err)
{
    struct snp_certificates found = {0};
    struct cursor c = cursor_over(table);

    if (table.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "certificate table: %zu bytes, more than the %d allowed",
                       table.len, LIMIT_EVIDENCE);
    for (size_t i = 0; table.len > 0; i++) {
        const struct slice guid = cursor_take(&c, GUID_LEN);
        const uint32_t offset = cursor_u32le(&c), len = cursor_u32le(&c);

        if (!cursor_ok(&c) || i == MAX_ENTRIES)
            return err_set(err, E_EVIDENCE_FORMAT,
                           "certificate table: expected an entry of zeros at its end");
        if (slice_is_zero(guid) && offset == 0 && len == 0)
            break;
        if (!take_entry(table, guid, offset, len, &found, err))
            return false;
    }
    *out = found;
    return true;
}

/* PEM becomes DER, so that two can stand one behind the other; what is neither stays for the verifier to
 * refuse. */
static void put_cert(struct buf *b, struct slice cert)
{
    scoped(arena_wipe) struct arena a = {0};
    struct pem_block block = {0};
    struct err ignored;

    if (cert.len > 0 && cert.ptr[0] == '-' && pem_next(&cert, &a, &block, &ignored) && block.der.ptr != NULL)
        cert = block.der;
    buf_put(b, cert);
}

void snp_certificates_parts(const struct snp_certificates *c, const char *signing_key, struct arena *a,
                            struct slice *vek, struct slice *vek_chain)
{
    scoped(buf_wipe) struct buf b = buf_max(2 * LIMIT_EVIDENCE);

    *vek = strcmp(signing_key, "VLEK") == 0 ? c->vlek : c->vcek;
    put_cert(&b, c->ask);
    put_cert(&b, c->ark);
    *vek_chain = arena_copy(a, buf_bytes(&b));
}

/* ---- written ------------------------------------------------------------------------ */

struct slice snp_certificates_make(const struct snp_certificates *c, struct arena *a)
{
    struct snp_certificates certs = *c;
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE), bodies = buf_max(LIMIT_EVIDENCE);
    size_t num = 0;

    for (size_t i = 0; i < NUM_KNOWN; i++)
        num += member(&certs, i)->len > 0;
    for (size_t i = 0; i < NUM_KNOWN; i++) {
        const struct slice body = *member(&certs, i);

        if (body.len == 0)
            continue;
        buf_put(&b, slice_of(known[i].guid, GUID_LEN));
        buf_u32le(&b, (uint32_t)((num + 1) * ENTRY_LEN + bodies.len));
        buf_u32le(&b, (uint32_t)body.len);
        buf_put(&bodies, body);
    }
    buf_zero(&b, ENTRY_LEN);
    buf_put(&b, buf_bytes(&bodies));
    return arena_copy(a, buf_bytes(&b));
}
