/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/cbor.h"

#include "base/limits.h"

/* Major types, RFC 8949 section 3.1. */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

struct head {
    enum major major;
    uint64_t value;
};

static struct head take_head(struct cursor *c)
{
    const uint8_t first = cursor_u8(c);
    const unsigned info = first & 0x1f;
    struct head h = {.major = (enum major)(first >> 5)};

    if (info < 24)
        h.value = info;
    else if (info == 24)
        h.value = cursor_u8(c);
    else if (info == 25)
        h.value = cursor_u16be(c);
    else if (info == 26)
        h.value = cursor_u32be(c);
    else if (info == 27)
        h.value = cursor_u64be(c);
    else
        c->bad = true; /* reserved, or of indefinite length */
    return h;
}

static uint64_t take(struct cursor *c, enum major major)
{
    const struct head h = take_head(c);

    c->bad = c->bad || h.major != major;
    return c->bad ? 0 : h.value;
}

/* A length that the cursor cannot hold poisons it, also where size_t is narrower. */
static struct slice take_string(struct cursor *c, uint64_t len)
{
    if (len > c->rest.len)
        c->bad = true;
    return cursor_take(c, c->bad ? 0 : (size_t)len);
}

uint64_t cbor_uint(struct cursor *c) { return take(c, UNSIGNED); }
struct slice cbor_bytes(struct cursor *c) { return take_string(c, take(c, BYTES)); }
struct slice cbor_text(struct cursor *c) { return take_string(c, take(c, TEXT)); }
uint64_t cbor_array(struct cursor *c) { return take(c, ARRAY); }
uint64_t cbor_map(struct cursor *c) { return take(c, MAP); }
uint64_t cbor_tag(struct cursor *c) { return take(c, TAG); }

bool cbor_next_is_bytes(const struct cursor *c) { return c->rest.len > 0 && c->rest.ptr[0] >> 5 == BYTES; }

static void skip(struct cursor *c, unsigned depth)
{
    const struct head h = take_head(c);
    uint64_t inside = 0;

    if (h.major == BYTES || h.major == TEXT)
        (void)take_string(c, h.value);
    else if (h.major == ARRAY || h.major == TAG)
        inside = h.major == TAG ? 1 : h.value;
    else if (h.major == MAP)
        inside = h.value <= UINT32_MAX ? 2 * h.value : UINT64_MAX;
    c->bad = c->bad || (inside > 0 && depth == 0);
    for (uint64_t i = 0; i < inside && cursor_ok(c); i++)
        skip(c, depth - 1);
}

struct slice cbor_item(struct cursor *c)
{
    const struct slice start = c->rest;

    skip(c, LIMIT_CBOR_DEPTH);
    return cursor_ok(c) ? slice_of(start.ptr, start.len - c->rest.len) : (struct slice){0};
}
