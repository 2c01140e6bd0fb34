/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/cbor.h: a little CBOR (RFC 8949), read on a cursor: definite lengths only.
 *
 * What is of another type than asked for, of indefinite length or reserved poisons the cursor.
 */
#pragma once
#include "base/bytes.h"

uint64_t cbor_uint(struct cursor *c);
struct slice cbor_bytes(struct cursor *c);
struct slice cbor_text(struct cursor *c);
uint64_t cbor_array(struct cursor *c); /* number of elements that follow */
uint64_t cbor_map(struct cursor *c);   /* number of pairs that follow */
uint64_t cbor_tag(struct cursor *c);

/* The next item whole, whatever it is, nested LIMIT_CBOR_DEPTH deep at most. */
struct slice cbor_item(struct cursor *c);
bool cbor_next_is_bytes(const struct cursor *c);
