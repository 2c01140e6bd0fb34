/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template_quote.h"

#include "base/buf.h"
#include "base/text.h"

static bool digit_value(uint8_t c, unsigned base, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);

    if (found == NULL || (size_t)(found - digits) >= base)
        return false;
    *out = (uint32_t)(found - digits);
    return true;
}

static bool take_number(struct cursor *c, size_t num_digits, unsigned base, uint32_t max, uint32_t *out)
{
    const struct slice digits = cursor_take(c, num_digits);
    uint64_t v = 0;
    uint32_t d;

    for (size_t i = 0; i < digits.len; i++) {
        if (!digit_value(digits.ptr[i], base, &d))
            return false;
        v = v * base + d;
    }
    *out = (uint32_t)v;
    return cursor_ok(c) && v <= max;
}

/* \x and octal give a byte, \u and \U a character. */
static bool put_number(struct cursor *c, uint8_t kind, uint8_t first_octal, struct buf *b)
{
    uint32_t v, high;

    if (kind == 'u' || kind == 'U') {
        if (!take_number(c, kind == 'u' ? 4 : 8, 16, 0x10ffff, &v) || (v >= 0xd800 && v <= 0xdfff))
            return false;
        text_put_utf8(b, v);
        return true;
    }
    if (kind == 'x') {
        if (!take_number(c, 2, 16, 0xff, &v))
            return false;
    } else {
        if (!digit_value(first_octal, 8, &high) || high > 3 || !take_number(c, 2, 8, 077, &v))
            return false;
        v += high * 64;
    }
    buf_u8(b, (uint8_t)v);
    return true;
}

static bool put_escape(struct cursor *c, struct buf *b)
{
    static const char names[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";
    const uint8_t kind = cursor_u8(c);
    const char *simple = kind == 0 ? NULL : strchr(names, kind);

    if (simple == NULL)
        return put_number(c, kind, kind, b);
    buf_u8(b, (uint8_t)values[simple - names]);
    return true;
}

bool unquote(struct slice body, struct arena *a, struct slice *out)
{
    scoped(buf_wipe) struct buf b = buf_max(body.len);
    struct cursor c = cursor_over(body);

    /* Go lets a NUL stand in a constant; text_is_utf8() would not, and nothing needs it. */
    if (!text_is_utf8(body))
        return false;
    while (c.rest.len > 0) {
        const uint8_t byte = cursor_u8(&c);

        if (byte != '\\')
            buf_u8(&b, byte);
        else if (!put_escape(&c, &b))
            return false;
    }
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}

struct slice unquote_raw(struct slice body, struct arena *a)
{
    uint8_t *out = arena_alloc(a, body.len);
    size_t len = 0;

    for (size_t i = 0; i < body.len; i++)
        if (body.ptr[i] != '\r')
            out[len++] = body.ptr[i];
    return slice_of(out, len);
}
