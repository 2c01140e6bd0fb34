/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open Enclave's report header (oe_report_header_t): version 1, type (1 local, 2 remote), u64 size; little
 * endian. No quote starts with its first four bytes: the version of a quote is 3 at least.
 */
#include "attestation/attestation.h"
#include "base/buf.h"
#include "base/limits.h"

enum { OE_HEADER_LEN = 16, OE_VERSION = 1, OE_REMOTE = 2 };

static bool has_oe_header(struct slice evidence)
{
    struct cursor c = cursor_over(evidence);

    return cursor_u32le(&c) == OE_VERSION && cursor_ok(&c);
}

bool evidence_unwrap(struct slice evidence, struct slice *quote, struct err *err)
{
    struct cursor c = cursor_over(evidence);
    uint32_t type;
    uint64_t size;

    if (!has_oe_header(evidence)) {
        *quote = evidence;
        return true;
    }
    (void)cursor_u32le(&c);
    type = cursor_u32le(&c);
    size = cursor_u64le(&c);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "Open Enclave report: %zu bytes, shorter than its header of %d", evidence.len,
                       OE_HEADER_LEN);
    if (type != OE_REMOTE)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave report type: expected 2 (remote), found %u",
                       (unsigned)type);
    if (size != c.rest.len)
        return err_set(err, E_EVIDENCE_FORMAT, "Open Enclave report: announces %llu bytes, %zu follow",
                       (unsigned long long)size, c.rest.len);
    *quote = c.rest;
    return true;
}

struct slice evidence_wrap_oe(struct arena *a, struct slice quote)
{
    scoped(buf_wipe) struct buf b = buf_max(OE_HEADER_LEN + LIMIT_EVIDENCE);

    buf_u32le(&b, OE_VERSION);
    buf_u32le(&b, OE_REMOTE);
    buf_u64le(&b, quote.len);
    buf_put(&b, quote);
    return arena_copy(a, buf_bytes(&b));
}
