/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

static bool reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap < 128 ? 128 : b->cap;
    uint8_t *bigger;

    if (b->bad || n > b->max - b->len) {
        b->bad = true;
        return false;
    }
    if (b->len + n <= b->cap)
        return true;
    while (cap < b->len + n)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    bigger = malloc(cap);
    if (bigger == NULL)
        abort();
    if (b->len > 0) {
        memcpy(bigger, b->ptr, b->len);
        wipe(b->ptr, b->len);
    }
    free(b->ptr);
    b->ptr = bigger;
    b->cap = cap;
    return true;
}

uint8_t *buf_room(struct buf *b, size_t n) { return reserve(b, n) ? b->ptr + b->len : NULL; }

void buf_put(struct buf *b, struct slice s)
{
    if (s.len == 0 || !reserve(b, s.len))
        return;
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

void buf_str(struct buf *b, const char *s) { buf_put(b, slice_str(s)); }

void buf_u8(struct buf *b, uint8_t v) { buf_put(b, slice_of(&v, 1)); }

static void put_le(struct buf *b, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0;)
        buf_u8(b, (uint8_t)(v >> (8 * i)));
}

void buf_u16le(struct buf *b, uint16_t v) { put_le(b, v, 2); }
void buf_u32le(struct buf *b, uint32_t v) { put_le(b, v, 4); }
void buf_u64le(struct buf *b, uint64_t v) { put_le(b, v, 8); }
void buf_u16be(struct buf *b, uint16_t v) { put_be(b, v, 2); }
void buf_u32be(struct buf *b, uint32_t v) { put_be(b, v, 4); }
void buf_u64be(struct buf *b, uint64_t v) { put_be(b, v, 8); }

void buf_zero(struct buf *b, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memset(b->ptr + b->len, 0, n);
    b->len += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0)
        abort();
    if (reserve(b, (size_t)len + 1)) {
        (void)vsnprintf((char *)b->ptr + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buf_insert(struct buf *b, size_t at, struct slice s)
{
    if (s.len == 0 || !reserve(b, s.len))
        return;
    memmove(b->ptr + at + s.len, b->ptr + at, b->len - at);
    memcpy(b->ptr + at, s.ptr, s.len);
    b->len += s.len;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    memmove(b->ptr, b->ptr + n, b->len - n);
    wipe(b->ptr + b->len - n, n);
    b->len -= n;
}

void buf_wipe(struct buf *b)
{
    if (b->ptr != NULL)
        wipe(b->ptr, b->len);
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}
