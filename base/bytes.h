/* SPDX-License-Identifier: Apache-2.0 */
/* base/bytes.h: reading bytes that somebody else wrote.
 *
 * A slice borrows bytes; their owner must outlive it. A cursor walks a slice and
 * cannot leave it. The first read past the end poisons the cursor: that read and
 * all later ones give zeroes and empty slices. So a parser reads straight down the
 * format and asks once, at the end, whether all of it was there. Decide nothing on
 * a value before cursor_ok() or cursor_done() has said yes.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *ptr;
    size_t len;
};
struct cursor {
    struct slice rest;
    bool bad;
};

static inline struct slice slice_of(const void *ptr, size_t len) { return (struct slice){ptr, len}; }
static inline struct slice slice_str(const char *s) { return slice_of(s, strlen(s)); }

/* Equality of public bytes; secrets compare with secret_equal(). */
static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is_zero(struct slice s)
{
    uint8_t any = 0;

    for (size_t i = 0; i < s.len; i++)
        any |= s.ptr[i];
    return any == 0;
}

static inline struct cursor cursor_over(struct slice s) { return (struct cursor){s, false}; }
static inline bool cursor_ok(const struct cursor *c) { return !c->bad; }
static inline bool cursor_done(const struct cursor *c) { return !c->bad && c->rest.len == 0; }

static inline struct slice cursor_take(struct cursor *c, size_t n)
{
    const struct slice got = {c->rest.ptr, n};

    if (c->bad || n > c->rest.len) {
        *c = (struct cursor){.bad = true};
        return (struct slice){0};
    }
    if (n > 0)
        c->rest = (struct slice){got.ptr + n, c->rest.len - n};
    return got;
}

/* A number of n bytes (8 at most), little or big endian: all of it or zero. */
static inline uint64_t cursor_le(struct cursor *c, size_t n)
{
    const struct slice s = cursor_take(c, n);
    uint64_t v = 0;

    for (size_t i = s.len; i-- > 0;)
        v = v << 8 | s.ptr[i];
    return v;
}

static inline uint64_t cursor_be(struct cursor *c, size_t n)
{
    const struct slice s = cursor_take(c, n);
    uint64_t v = 0;

    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | s.ptr[i];
    return v;
}

static inline uint8_t cursor_u8(struct cursor *c) { return (uint8_t)cursor_le(c, 1); }
static inline uint16_t cursor_u16le(struct cursor *c) { return (uint16_t)cursor_le(c, 2); }
static inline uint32_t cursor_u32le(struct cursor *c) { return (uint32_t)cursor_le(c, 4); }
static inline uint64_t cursor_u64le(struct cursor *c) { return cursor_le(c, 8); }
static inline uint16_t cursor_u16be(struct cursor *c) { return (uint16_t)cursor_be(c, 2); }
static inline uint32_t cursor_u32be(struct cursor *c) { return (uint32_t)cursor_be(c, 4); }
static inline uint64_t cursor_u64be(struct cursor *c) { return cursor_be(c, 8); }

/* The contents of a block of known length, as a cursor of their own; bad if c is. */
static inline struct cursor cursor_block(struct cursor *c, size_t len)
{
    const struct slice body = cursor_take(c, len);

    return (struct cursor){body, c->bad};
}
