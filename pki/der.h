/* SPDX-License-Identifier: Apache-2.0 */
/* pki/der.h: strict DER (ITU-T X.690), read on a cursor and written into a buf.
 *
 * Reading: what is not the one right encoding poisons the cursor. Writing: der_begin() opens a
 * constructed value, der_end() closes it and puts the length in front.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTETS = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8 = 0x0c,
    DER_PRINTABLE = 0x13,
    DER_IA5 = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
static inline uint8_t der_context(unsigned n) { return (uint8_t)(0x80 | n); }             /* [n] IMPLICIT, primitive */
static inline uint8_t der_context_constructed(unsigned n) { return (uint8_t)(0xa0 | n); } /* [n] constructed */

/* The contents of the next element, which must carry this tag. */
struct slice der_take(struct cursor *c, uint8_t tag);

/* The same, as a cursor over the contents; bad if c is. */
struct cursor der_enter(struct cursor *c, uint8_t tag);

/* The next element whole, tag and length included, whatever its tag. */
struct slice der_element(struct cursor *c);

/* Takes the element only if it is there and has this tag. */
bool der_next_is(const struct cursor *c, uint8_t tag);
struct slice der_optional(struct cursor *c, uint8_t tag);

/* INTEGER or ENUMERATED contents that are non-negative, minimal and at most `max`; else c is poisoned. */
uint64_t der_uint(struct cursor *c, uint8_t tag, uint64_t max);
bool der_bool(struct cursor *c);

/* The contents of an INTEGER of any size and sign, minimal; the same for one that must not be negative,
 * without the zero in front that only keeps the sign. */
struct slice der_integer(struct cursor *c);
struct slice der_natural(struct cursor *c);

/* The bits of a BIT STRING that fills whole octets. */
struct slice der_bits(struct cursor *c);

/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 writes them; seconds since 1970. */
int64_t der_time(struct cursor *c);

size_t der_begin(struct buf *b, uint8_t tag);
void der_end(struct buf *b, size_t mark);
void der_put(struct buf *b, uint8_t tag, struct slice contents);
void der_put_uint(struct buf *b, uint64_t v);
void der_put_integer(struct buf *b, struct slice big_endian); /* non-negative, of any size */
void der_put_bool(struct buf *b, bool v);
void der_put_bits(struct buf *b, struct slice s); /* BIT STRING without unused bits */
void der_put_time(struct buf *b, int64_t t);      /* UTCTime to 2049, GeneralizedTime to 9999; else b is bad */

/* An OID as its contents octets: OID_COMMON_NAME etc. are slices of them. */
void der_put_oid(struct buf *b, struct slice oid);

/* Dotted decimal to contents octets, appended; false, and nothing written, if malformed. Arcs fit 64 bits. */
bool oid_from_text(const char *dotted, struct buf *out);

/* And back; what has no such text becomes "#" and hex. For messages. */
char *oid_to_text(struct arena *a, struct slice oid);
