/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdlib.h>

static const char hex_digits[] = "0123456789abcdef";

void hex_encode(char *out, struct slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        *out++ = hex_digits[in.ptr[i] >> 4];
        *out++ = hex_digits[in.ptr[i] & 15];
    }
    *out = '\0';
}

char *hex_text(struct arena *a, struct slice in)
{
    char *out = arena_array(a, in.len + 1, 2);

    hex_encode(out, in);
    return out;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_hex(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (hex_value(text.ptr[i]) < 0)
            return false;
    return text.len % 2 == 0;
}

bool hex_decode_exact(struct slice text, void *out, size_t len)
{
    uint8_t *bytes = out;

    if (text.len != 2 * len || !is_hex(text))
        return false;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(hex_value(text.ptr[2 * i]) << 4 | hex_value(text.ptr[2 * i + 1]));
    return true;
}

bool hex_decode(struct slice text, struct arena *a, struct slice *out)
{
    uint8_t *bytes;

    if (!is_hex(text))
        return false;
    bytes = arena_alloc(a, text.len / 2);
    (void)hex_decode_exact(text, bytes, text.len / 2);
    *out = slice_of(bytes, text.len / 2);
    return true;
}

/* Written by value, not by table look-up, so that a secret's bytes choose no cache line. */
static char base64_char(unsigned v, enum base64_kind kind)
{
    const char c62 = kind == BASE64_STD ? '+' : '-', c63 = kind == BASE64_STD ? '/' : '_';
    int c = 'A' + (int)v;

    c += v >= 26 ? 'a' - 'Z' - 1 : 0;
    c += v >= 52 ? '0' - 'z' - 1 : 0;
    c = v == 62 ? c62 : c;
    c = v == 63 ? c63 : c;
    return (char)c;
}

static int base64_value(uint8_t c, enum base64_kind kind)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (kind == BASE64_STD ? '+' : '-'))
        return 62;
    if (c == (kind == BASE64_STD ? '/' : '_'))
        return 63;
    return -1;
}

static size_t base64_write(char *out, struct slice in, enum base64_kind kind)
{
    char *const start = out;

    for (size_t i = 0; i < in.len; i += 3) {
        const size_t n = in.len - i < 3 ? in.len - i : 3;
        unsigned v = (unsigned)in.ptr[i] << 16;

        v |= n > 1 ? (unsigned)in.ptr[i + 1] << 8 : 0;
        v |= n > 2 ? (unsigned)in.ptr[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            if (k <= n)
                *out++ = base64_char(v >> (18 - 6 * k) & 63, kind);
            else if (kind != BASE64_URL_BARE)
                *out++ = '=';
        }
    }
    return (size_t)(out - start);
}

char *base64_text(struct arena *a, struct slice in, enum base64_kind kind)
{
    char *out = arena_array(a, in.len / 3 + 2, 4);

    (void)base64_write(out, in, kind);
    return out;
}

void base64_put(struct buf *out, struct slice in, enum base64_kind kind)
{
    uint8_t *room = buf_room(out, (in.len / 3 + 1) * 4);

    if (room != NULL)
        buf_grown(out, base64_write((char *)room, in, kind));
}

bool base64_decode(struct slice text, enum base64_kind kind, struct arena *a, struct slice *out)
{
    uint8_t *bytes = arena_alloc(a, text.len / 4 * 3 + 3);
    size_t digits = 0, pads = 0, len = 0;
    uint32_t v = 0;

    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        const int d = base64_value(c, kind);

        if (kind == BASE64_STD && (c == '\r' || c == '\n'))
            continue;
        if (c == '=' && kind != BASE64_URL_BARE && digits % 4 >= 2 && pads < 4 - digits % 4) {
            pads++;
            continue;
        }
        if (d < 0 || pads > 0)
            return false;
        v = v << 6 | (uint32_t)d;
        if (++digits % 4 == 0) {
            bytes[len++] = (uint8_t)(v >> 16);
            bytes[len++] = (uint8_t)(v >> 8);
            bytes[len++] = (uint8_t)v;
        }
    }
    if (digits % 4 == 1 || (kind != BASE64_URL_BARE && (digits + pads) % 4 != 0))
        return false;
    if (digits % 4 >= 2)
        bytes[len++] = (uint8_t)(digits % 4 == 2 ? v >> 4 : v >> 10);
    if (digits % 4 == 3)
        bytes[len++] = (uint8_t)(v >> 2);
    *out = slice_of(bytes, len);
    return true;
}

bool decimal_decode(struct slice text, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];

        if (c < '0' || c > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
            return false;
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

bool text_equal_fold(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool text_starts_with(struct slice text, const char *prefix)
{
    const struct slice p = slice_str(prefix);

    return text.len >= p.len && slice_equal(slice_of(text.ptr, p.len), p);
}

char *text_shown(struct arena *a, struct slice s)
{
    const size_t len = s.len < 80 ? s.len : 80;
    char *out = arena_strndup(a, slice_of(s.ptr, len));

    for (size_t i = 0; i < len; i++)
        if ((uint8_t)out[i] < 0x20 || (uint8_t)out[i] > 0x7e)
            out[i] = '?';
    return out;
}

bool text_is_utf8(struct slice s)
{
    for (size_t i = 0; i < s.len;) {
        const uint8_t c = s.ptr[i];
        const size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
        uint32_t v = n == 1 ? c : c & (0x7fU >> n);

        if (n == 0 || c == 0 || n > s.len - i)
            return false;
        for (size_t k = 1; k < n; k++) {
            if (s.ptr[i + k] >> 6 != 2)
                return false;
            v = v << 6 | (s.ptr[i + k] & 0x3f);
        }
        if ((n == 2 && v < 0x80) || (n == 3 && v < 0x800) || (n == 4 && (v < 0x10000 || v > 0x10ffff)) ||
            (v >= 0xd800 && v < 0xe000))
            return false;
        i += n;
    }
    return true;
}

void text_put_utf8(struct buf *b, uint32_t v)
{
    if (v < 0x80) {
        buf_u8(b, (uint8_t)v);
        return;
    }
    if (v < 0x800) {
        buf_u8(b, (uint8_t)(0xc0 | v >> 6));
    } else {
        if (v < 0x10000) {
            buf_u8(b, (uint8_t)(0xe0 | v >> 12));
        } else {
            buf_u8(b, (uint8_t)(0xf0 | v >> 18));
            buf_u8(b, (uint8_t)(0x80 | (v >> 12 & 0x3f)));
        }
        buf_u8(b, (uint8_t)(0x80 | (v >> 6 & 0x3f)));
    }
    buf_u8(b, (uint8_t)(0x80 | (v & 0x3f)));
}

size_t text_utf8_len(struct slice s)
{
    if (s.len > 0 && s.ptr[0] < 0x80)
        return 1;
    for (size_t n = 2; n <= 4 && n <= s.len; n++)
        if (text_is_utf8(slice_of(s.ptr, n)))
            return n;
    return 0;
}

struct text_place text_place(struct slice text, size_t at)
{
    struct text_place p = {.line = 1, .column = 1};

    for (size_t i = 0; i < at && i < text.len; i++) {
        p.column++;
        if (text.ptr[i] == '\n')
            p = (struct text_place){.line = p.line + 1, .column = 1};
    }
    return p;
}

size_t text_split(struct arena *a, struct slice s, char sep, struct slice **pieces)
{
    size_t num = 1, at = 0, start = 0;

    for (size_t i = 0; i < s.len; i++)
        num += s.ptr[i] == (uint8_t)sep;
    *pieces = arena_array(a, num, sizeof **pieces);
    for (size_t i = 0; i <= s.len; i++) {
        if (i < s.len && s.ptr[i] != (uint8_t)sep)
            continue;
        (*pieces)[at++] = slice_of(s.ptr + start, i - start);
        start = i + 1;
    }
    return num;
}
