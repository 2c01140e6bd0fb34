/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/oe.h"

#include "base/buf.h"
#include "base/limits.h"

enum { REPORT_HEADER_LEN = 16, REPORT_VERSION = 1, REPORT_REMOTE = 2 };
enum { EVIDENCE_HEADER_LEN = 32, EVIDENCE_VERSION = 3, UUID_LEN = 16 };

/* Formats, as the bytes stand. */
static const struct format {
    uint8_t uuid[UUID_LEN];
    const char *refused; /* why; NULL: it is understood */
    bool nested;         /* a report header comes first */
    bool claims, tdx;
} formats[] = {
    {{0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c},
     .claims = true},
    {{0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76},
     .nested = true},
    {{0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71},
     .refused = NULL},
    {{0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed, 0xaf, 0xa1, 0x02, 0x42, 0xac, 0x12, 0x00, 0x02},
     .tdx = true},
    {{0x09, 0x26, 0x8c, 0x33, 0x6e, 0x0b, 0x45, 0xe5, 0x8a, 0x27, 0x15, 0x64, 0x4d, 0x0e, 0xf8, 0x9a},
     .refused = "a local report, which proves nothing to another machine"},
};

static const struct format *format_of(struct slice uuid)
{
    for (size_t i = 0; uuid.len == UUID_LEN && i < sizeof formats / sizeof formats[0]; i++)
        if (memcmp(formats[i].uuid, uuid.ptr, UUID_LEN) == 0)
            return &formats[i];
    return NULL;
}

static bool has_report_header(struct slice in)
{
    struct cursor c = cursor_over(in);

    return cursor_u32le(&c) == REPORT_VERSION && cursor_ok(&c);
}

/* A report of SEV-SNP begins with the same version: the format decides. */
static bool has_evidence_header(struct slice in)
{
    struct cursor c = cursor_over(in);

    return cursor_u32le(&c) == EVIDENCE_VERSION && format_of(cursor_take(&c, UUID_LEN)) != NULL;
}

bool oe_has_header(struct slice in) { return has_report_header(in) || has_evidence_header(in); }

static bool take_report_header(struct slice in, struct slice *quote, struct err *err)
{
    struct cursor c = cursor_over(in);
    uint32_t type;
    uint64_t size;

    (void)cursor_u32le(&c);
    type = cursor_u32le(&c);
    size = cursor_u64le(&c);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "Open Enclave report: %zu bytes, shorter than its header of %d", in.len,
                       REPORT_HEADER_LEN);
    if (type != REPORT_REMOTE)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave report type: expected 2 (remote), found %u",
                       (unsigned)type);
    if (size != c.rest.len)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave report: announces %llu bytes, %zu follow",
                       (unsigned long long)size, c.rest.len);
    *quote = c.rest;
    return true;
}

bool evidence_unwrap(struct slice evidence, struct slice *quote, struct err *err)
{
    if (has_report_header(evidence))
        return take_report_header(evidence, quote, err);
    *quote = evidence;
    return true;
}

static bool take_evidence_header(struct slice in, struct oe_framed *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    const struct format *f;
    uint64_t size;

    (void)cursor_u32le(&c);
    f = format_of(cursor_take(&c, UUID_LEN));
    (void)cursor_u32le(&c); /* alignment */
    size = cursor_u64le(&c);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "Open Enclave evidence: %zu bytes, shorter than its header of %d", in.len,
                       EVIDENCE_HEADER_LEN);
    if (f->refused != NULL)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave evidence: its format is %s", f->refused);
    if (size != c.rest.len)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave evidence: announces %llu bytes, %zu follow",
                       (unsigned long long)size, c.rest.len);
    *out = (struct oe_framed){
        .form = OE_EVIDENCE, .is_tdx_format = f->tdx, .has_claims = f->claims, .quote = c.rest};
    if (!f->nested)
        return true;
    return has_report_header(c.rest)
               ? take_report_header(c.rest, &out->quote, err)
               : err_set(err, E_EVIDENCE_FORMAT, "Open Enclave evidence: expected a report header in it");
}

bool oe_unframe(struct slice in, struct oe_framed *out, struct err *err)
{
    struct oe_framed framed = {.form = has_report_header(in) ? OE_REPORT : OE_BARE, .quote = in};

    if (!(has_evidence_header(in) ? take_evidence_header(in, &framed, err)
                                  : evidence_unwrap(in, &framed.quote, err)))
        return false;
    *out = framed;
    return true;
}

struct slice evidence_wrap_oe(struct arena *a, struct slice quote)
{
    scoped(buf_wipe) struct buf b = buf_max(REPORT_HEADER_LEN + LIMIT_EVIDENCE);

    buf_u32le(&b, REPORT_VERSION);
    buf_u32le(&b, REPORT_REMOTE);
    buf_u64le(&b, quote.len);
    buf_put(&b, quote);
    return arena_copy(a, buf_bytes(&b));
}
