/* SPDX-License-Identifier: Apache-2.0 */
/* net/field.h: small readings of header fields and queries. */
#pragma once
#include "base/bytes.h"

/* White space after a value is not part of it (RFC 9110 section 5.5); llhttp removes only what is before. */
static inline struct slice field_trimmed(struct slice value)
{
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    return value;
}

static inline int field_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "%XX" at `at` stands for (RFC 3986 section 2.1), or -1 if that does not stand there. */
static inline int field_escape(struct slice text, size_t at)
{
    int high, low;

    if (text.len - at < 3 || text.ptr[at] != '%')
        return -1;
    high = field_hex_digit(text.ptr[at + 1]);
    low = field_hex_digit(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}
