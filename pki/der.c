/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"

#include "base/clock.h"

/* ---- reading ------------------------------------------------------------------------------- */

static void poison(struct cursor *c) { *c = (struct cursor){.bad = true}; }

/* X.690 10.1: the definite form, in the fewest octets possible. Four length octets are more than any limit.
 */
static size_t read_length(struct cursor *c)
{
    const uint8_t first = cursor_u8(c);
    const size_t num = first & 0x7f;
    size_t len = 0;

    if (first < 0x80)
        return first;
    if (num == 0 || num > 4) {
        poison(c);
        return 0;
    }
    for (size_t i = 0; i < num; i++)
        len = len << 8 | cursor_u8(c);
    if (len < 0x80 || len >> (8 * (num - 1)) == 0)
        poison(c);
    return len;
}

bool der_next_is(const struct cursor *c, uint8_t tag)
{
    return !c->bad && c->rest.len > 0 && c->rest.ptr[0] == tag;
}

struct slice der_take(struct cursor *c, uint8_t tag)
{
    size_t len;

    if (!der_next_is(c, tag)) {
        poison(c);
        return (struct slice){0};
    }
    (void)cursor_u8(c);
    len = read_length(c);
    return cursor_take(c, len);
}

struct cursor der_enter(struct cursor *c, uint8_t tag)
{
    const struct slice contents = der_take(c, tag);

    return (struct cursor){contents, c->bad};
}

struct slice der_element(struct cursor *c)
{
    const struct slice start = c->rest;
    const uint8_t tag = cursor_u8(c);
    const size_t len = read_length(c);

    (void)cursor_take(c, len);
    if ((tag & 0x1f) == 0x1f) /* tag numbers above 30 take more octets; nothing of ours has them */
        poison(c);
    return c->bad ? (struct slice){0} : slice_of(start.ptr, start.len - c->rest.len);
}

struct slice der_optional(struct cursor *c, uint8_t tag)
{
    return der_next_is(c, tag) ? der_take(c, tag) : (struct slice){0};
}

/* X.690 8.3.2: neither the first nine bits all zero nor all one. */
static bool is_minimal(struct slice s)
{
    if (s.len < 2)
        return s.len == 1;
    return !(s.ptr[0] == 0x00 && s.ptr[1] < 0x80) && !(s.ptr[0] == 0xff && s.ptr[1] >= 0x80);
}

struct slice der_integer(struct cursor *c)
{
    const struct slice s = der_take(c, DER_INTEGER);

    if (!is_minimal(s))
        poison(c);
    return c->bad ? (struct slice){0} : s;
}

struct slice der_natural(struct cursor *c)
{
    const struct slice s = der_integer(c);

    if (c->bad || s.ptr[0] >= 0x80) {
        poison(c);
        return (struct slice){0};
    }
    return s.len > 1 && s.ptr[0] == 0 ? slice_of(s.ptr + 1, s.len - 1) : s;
}

uint64_t der_uint(struct cursor *c, uint8_t tag, uint64_t max)
{
    const struct slice s = der_take(c, tag);
    uint64_t v = 0;

    if (!is_minimal(s) || s.ptr[0] >= 0x80 || s.len > 9) {
        poison(c);
        return 0;
    }
    for (size_t i = 0; i < s.len; i++) /* a ninth octet is the sign's, zero, in front */
        v = v << 8 | s.ptr[i];
    if ((s.len == 9 && s.ptr[0] != 0) || v > max) {
        poison(c);
        return 0;
    }
    return v;
}

bool der_bool(struct cursor *c)
{
    const struct slice s = der_take(c, DER_BOOLEAN);

    if (s.len != 1 || (s.ptr[0] != 0x00 && s.ptr[0] != 0xff)) /* X.690 11.1 */
        poison(c);
    return !c->bad && s.ptr[0] == 0xff;
}

struct slice der_bits(struct cursor *c)
{
    struct cursor s = der_enter(c, DER_BIT_STRING);

    if (cursor_u8(&s) != 0 || !cursor_ok(&s)) {
        poison(c);
        return (struct slice){0};
    }
    return s.rest;
}

static int two_digits(struct cursor *c)
{
    const uint8_t tens = cursor_u8(c), ones = cursor_u8(c);

    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') {
        poison(c);
        return 0;
    }
    return 10 * (tens - '0') + (ones - '0');
}

static bool exists(struct civil t)
{
    struct civil again;

    if (t.month < 1 || t.month > 12 || t.day < 1 || t.hour > 23 || t.minute > 59 || t.second > 59)
        return false;
    again = civil_of_time(civil_to_time(t));
    return again.month == t.month && again.day == t.day; /* 31 April is 1 May */
}

/* RFC 5280 4.1.2.5: UTCTime holds 1950 to 2049, all other years are written as GeneralizedTime;
 * both with seconds and Z, without a fraction. */
int64_t der_time(struct cursor *c)
{
    const bool utc = der_next_is(c, DER_UTC_TIME);
    struct cursor s = der_enter(c, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
    struct civil t = {.year = utc ? 0 : two_digits(&s)};

    t.year = t.year * 100 + two_digits(&s);
    if (utc)
        t.year += t.year < 50 ? 2000 : 1900;
    t.month = two_digits(&s);
    t.day = two_digits(&s);
    t.hour = two_digits(&s);
    t.minute = two_digits(&s);
    t.second = two_digits(&s);
    if (cursor_u8(&s) != 'Z' || !cursor_done(&s) || !exists(t) || (!utc && t.year >= 1950 && t.year < 2050)) {
        poison(c);
        return 0;
    }
    return civil_to_time(t);
}

/* ---- writing ------------------------------------------------------------------------------- */

size_t der_begin(struct buf *b, uint8_t tag)
{
    buf_u8(b, tag);
    return b->len;
}

void der_end(struct buf *b, size_t mark)
{
    const size_t len = b->len - mark;
    uint8_t octets[1 + sizeof len];
    size_t at = sizeof octets;

    if (len < 0x80) {
        octets[--at] = (uint8_t)len;
    } else {
        for (size_t rest = len; rest > 0; rest >>= 8)
            octets[--at] = (uint8_t)rest;
        octets[at - 1] = (uint8_t)(0x80 | (sizeof octets - at));
        at--;
    }
    buf_insert(b, mark, slice_of(octets + at, sizeof octets - at));
}

void der_put(struct buf *b, uint8_t tag, struct slice contents)
{
    const size_t mark = der_begin(b, tag);

    buf_put(b, contents);
    der_end(b, mark);
}

void der_put_integer(struct buf *b, struct slice big_endian)
{
    const size_t mark = der_begin(b, DER_INTEGER);

    while (big_endian.len > 0 && big_endian.ptr[0] == 0)
        big_endian = slice_of(big_endian.ptr + 1, big_endian.len - 1);
    if (big_endian.len == 0 || big_endian.ptr[0] >= 0x80)
        buf_u8(b, 0);
    buf_put(b, big_endian);
    der_end(b, mark);
}

void der_put_uint(struct buf *b, uint64_t v)
{
    uint8_t octets[sizeof v];

    for (size_t i = 0; i < sizeof v; i++)
        octets[i] = (uint8_t)(v >> (8 * (sizeof v - 1 - i)));
    der_put_integer(b, slice_of(octets, sizeof octets));
}

void der_put_bool(struct buf *b, bool v)
{
    const uint8_t octet = v ? 0xff : 0x00;

    der_put(b, DER_BOOLEAN, slice_of(&octet, 1));
}

void der_put_bits(struct buf *b, struct slice s)
{
    const size_t mark = der_begin(b, DER_BIT_STRING);

    buf_u8(b, 0); /* unused bits in the last octet */
    buf_put(b, s);
    der_end(b, mark);
}

void der_put_time(struct buf *b, int64_t t)
{
    const struct civil c = civil_of_time(t);
    const bool utc = c.year >= 1950 && c.year < 2050;
    const size_t mark = der_begin(b, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);

    if (c.year < 0 || c.year > 9999)
        b->bad = true; /* no such time can be written */
    buf_printf(b, utc ? "%02d" : "%04d", (int)(utc ? c.year % 100 : c.year));
    buf_printf(b, "%02d%02d%02d%02d%02dZ", c.month, c.day, c.hour, c.minute, c.second);
    der_end(b, mark);
}

void der_put_oid(struct buf *b, struct slice oid) { der_put(b, DER_OID, oid); }
