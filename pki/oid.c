/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "pki/cert.h"
#include "pki/der.h"

#define OID(...)                                                                                             \
    {                                                                                                        \
        (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]) { __VA_ARGS__ }                              \
    }

/* X.520, arc 2.5.4 */
const struct slice OID_COMMON_NAME = OID(0x55, 0x04, 0x03), OID_COUNTRY = OID(0x55, 0x04, 0x06),
                   OID_LOCALITY = OID(0x55, 0x04, 0x07), OID_PROVINCE = OID(0x55, 0x04, 0x08),
                   OID_ORGANIZATION = OID(0x55, 0x04, 0x0a);

/* RFC 5280 4.2.1, arc 2.5.29 */
const struct slice OID_SUBJECT_KEY_ID = OID(0x55, 0x1d, 0x0e), OID_KEY_USAGE = OID(0x55, 0x1d, 0x0f),
                   OID_SUBJECT_ALT_NAME = OID(0x55, 0x1d, 0x11),
                   OID_BASIC_CONSTRAINTS = OID(0x55, 0x1d, 0x13),
                   OID_CRL_DISTRIBUTION_POINTS = OID(0x55, 0x1d, 0x1f),
                   OID_AUTHORITY_KEY_ID = OID(0x55, 0x1d, 0x23), OID_EXT_KEY_USAGE = OID(0x55, 0x1d, 0x25);

/* RFC 5280 4.2.1.12, arc 1.3.6.1.5.5.7.3 */
const struct slice OID_EKU_SERVER_AUTH = OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01),
                   OID_EKU_CLIENT_AUTH = OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02);

/* X.690 8.19: seven bits an octet, the top bit says that more follow, no padding in front. */
static uint64_t read_arc(struct cursor *c)
{
    uint8_t octet = cursor_u8(c);
    uint64_t v = octet & 0x7f;

    if (octet == 0x80)
        c->bad = true;
    while (octet >= 0x80 && !c->bad) {
        octet = cursor_u8(c);
        if (v >> 57 != 0)
            c->bad = true;
        v = v << 7 | (octet & 0x7f);
    }
    return v;
}

static void put_arc(struct buf *b, uint64_t v)
{
    int shift = 0;

    while (shift < 63 && v >> (shift + 7) != 0)
        shift += 7;
    for (; shift > 0; shift -= 7)
        buf_u8(b, (uint8_t)(0x80 | (v >> shift & 0x7f)));
    buf_u8(b, v & 0x7f);
}

/* The first two arcs share a number: 40 times the first, which is 0 to 2, plus the second. */
static bool put_first_arcs(struct buf *b, uint64_t first, uint64_t second)
{
    if (first > 2 || (first < 2 && second > 39) || second > UINT64_MAX - 80)
        return false;
    put_arc(b, first * 40 + second);
    return true;
}

bool oid_from_text(const char *dotted, struct buf *out)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf octets = buf_max(out->max);
    struct slice *pieces;
    const size_t num = text_split(&scratch, slice_str(dotted), '.', &pieces);
    uint64_t *arcs = arena_array(&scratch, num, sizeof *arcs);

    for (size_t i = 0; i < num; i++)
        if (!decimal_decode(pieces[i], UINT64_MAX, &arcs[i]))
            return false;
    if (num < 2 || !put_first_arcs(&octets, arcs[0], arcs[1]))
        return false;
    for (size_t i = 2; i < num; i++)
        put_arc(&octets, arcs[i]);
    buf_put(out, buf_bytes(&octets));
    return buf_ok(&octets);
}

static char *hex_form(struct arena *a, struct slice oid) { return arena_printf(a, "#%s", hex_text(a, oid)); }

char *oid_to_text(struct arena *a, struct slice oid)
{
    struct cursor c = cursor_over(oid);
    const uint64_t both = read_arc(&c), first = both < 80 ? both / 40 : 2;
    char *text =
        arena_printf(a, "%llu.%llu", (unsigned long long)first, (unsigned long long)(both - 40 * first));

    while (cursor_ok(&c) && c.rest.len > 0)
        text = arena_printf(a, "%s.%llu", text, (unsigned long long)read_arc(&c));
    return cursor_done(&c) ? text : hex_form(a, oid);
}
