/* SPDX-License-Identifier: Apache-2.0 */
/* base/buf.h: writing bytes, up to a maximum.
 *
 * A buf grows on the heap, never beyond `max`. The first write that would makes it bad:
 * that write and all later ones change nothing, and buf_ok() says so once, at the end.
 * Released with buf_wipe(), which zeroes what was written (also when it grew).
 */
#pragma once
#include "base/bytes.h"
#include "base/scope.h"

struct buf {
    uint8_t *ptr;
    size_t len, cap, max;
    bool bad;
};

static inline struct buf buf_max(size_t max) { return (struct buf){.max = max}; }
static inline bool buf_ok(const struct buf *b) { return !b->bad; }
static inline struct slice buf_bytes(const struct buf *b) { return slice_of(b->ptr, b->len); }

void buf_put(struct buf *b, struct slice s);
void buf_str(struct buf *b, const char *s);
void buf_u8(struct buf *b, uint8_t v);
void buf_u16le(struct buf *b, uint16_t v);
void buf_u32le(struct buf *b, uint32_t v);
void buf_u64le(struct buf *b, uint64_t v);
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
void buf_zero(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes at the end, or NULL; buf_grown() says how many were used. */
uint8_t *buf_room(struct buf *b, size_t n);
static inline void buf_grown(struct buf *b, size_t n) { b->len += n; }

/* Makes room in the middle: moves what stands from `at` on by n and writes `s` there. */
void buf_insert(struct buf *b, size_t at, struct slice s);

/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);

void buf_wipe(struct buf *b);
