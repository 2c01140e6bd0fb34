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

int64_t cbor_int(struct cursor *c)
{
    const struct head h = take_head(c);

    c->bad = c->bad || h.major > NEGATIVE || h.value > INT64_MAX;
    if (c->bad)
        return 0;
    return h.major == UNSIGNED ? (int64_t)h.value : -1 - (int64_t)h.value;
}

/* ---- what comes next ---------------------------------------------------------------- */

static bool next_is(const struct cursor *c, enum major major)
{
    return !c->bad && c->rest.len > 0 && c->rest.ptr[0] >> 5 == major;
}

bool cbor_next_is_bytes(const struct cursor *c) { return next_is(c, BYTES); }
bool cbor_next_is_text(const struct cursor *c) { return next_is(c, TEXT); }
bool cbor_next_is_int(const struct cursor *c) { return next_is(c, UNSIGNED) || next_is(c, NEGATIVE); }
bool cbor_next_is_array(const struct cursor *c) { return next_is(c, ARRAY); }
bool cbor_next_is_map(const struct cursor *c) { return next_is(c, MAP); }

bool cbor_tagged(struct cursor *c, uint64_t tag)
{
    struct cursor ahead = *c;

    if (!next_is(c, TAG) || cbor_tag(&ahead) != tag)
        return false;
    *c = ahead;
    return true;
}

static bool take_byte(struct cursor *c, uint8_t byte)
{
    if (c->bad || c->rest.len == 0 || c->rest.ptr[0] != byte)
        return false;
    (void)cursor_u8(c);
    return true;
}

/* Simple values 22 and 23. */
bool cbor_nothing(struct cursor *c) { return take_byte(c, 0xf6) || take_byte(c, 0xf7); }

/* ---- maps and arrays of either length ----------------------------------------------- */

enum { INDEFINITE = 31, BREAK = 0xff };

static struct cbor_items begin_items(struct cursor *c, enum major major, enum cbor_lengths lengths)
{
    if (lengths == CBOR_ANY_LENGTH && take_byte(c, (uint8_t)(major << 5 | INDEFINITE)))
        return (struct cbor_items){.open = true};
    return (struct cbor_items){.left = take(c, major)};
}

struct cbor_items cbor_array_items(struct cursor *c, enum cbor_lengths lengths)
{
    return begin_items(c, ARRAY, lengths);
}

struct cbor_items cbor_map_items(struct cursor *c, enum cbor_lengths lengths)
{
    return begin_items(c, MAP, lengths);
}

bool cbor_more(struct cursor *c, struct cbor_items *items)
{
    if (items->open) {
        items->open = !take_byte(c, BREAK);
        return items->open && !c->bad;
    }
    if (items->left == 0 || c->bad)
        return false;
    items->left--;
    return true;
}

/* ---- items of any kind -------------------------------------------------------------- */

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
