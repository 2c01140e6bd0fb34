/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/cbor.h: a little CBOR (RFC 8949), read on a cursor.
 *
 * What is of another type than asked for or reserved poisons the cursor. Lengths are definite; only maps and
 * arrays may be of indefinite length, and only where the caller walks them as CBOR_ANY_LENGTH.
 */
#pragma once
#include "base/bytes.h"

uint64_t cbor_uint(struct cursor *c);
int64_t cbor_int(struct cursor *c); /* unsigned or negative, as far as 64 bits go */
struct slice cbor_bytes(struct cursor *c);
struct slice cbor_text(struct cursor *c); /* not looked at: UTF-8 is the caller's to ask for */
uint64_t cbor_array(struct cursor *c);    /* number of elements that follow */
uint64_t cbor_map(struct cursor *c);      /* number of pairs that follow */
uint64_t cbor_tag(struct cursor *c);

/* The next item whole, whatever it is, nested LIMIT_CBOR_DEPTH deep at most. */
struct slice cbor_item(struct cursor *c);

bool cbor_next_is_bytes(const struct cursor *c);
bool cbor_next_is_text(const struct cursor *c);
bool cbor_next_is_int(const struct cursor *c);
bool cbor_next_is_array(const struct cursor *c);
bool cbor_next_is_map(const struct cursor *c);

/* Takes the tag if that is what comes next. */
bool cbor_tagged(struct cursor *c, uint64_t tag);

/* Takes null or undefined if that is what comes next. */
bool cbor_nothing(struct cursor *c);

/* A map or an array, walked:
 *
 *     struct cbor_items map = cbor_map_items(&c, CBOR_ANY_LENGTH);
 *
 *     while (cbor_more(&c, &map))
 *         ... takes a key and a value ...
 *
 * An array's items, a map's pairs. A poisoned cursor has no more. */
enum cbor_lengths { CBOR_DEFINITE, CBOR_ANY_LENGTH };
struct cbor_items {
    uint64_t left;
    bool open; /* until the break */
};
struct cbor_items cbor_array_items(struct cursor *c, enum cbor_lengths lengths);
struct cbor_items cbor_map_items(struct cursor *c, enum cbor_lengths lengths);
bool cbor_more(struct cursor *c, struct cbor_items *items);
