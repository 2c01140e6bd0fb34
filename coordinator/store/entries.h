/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/entries.h: the state as a map from store keys to bytes, and its encoding.
 *
 * Keys are MarbleRun's ("state", "privateKey:coordinatorRootKey", "secret:NAME", ...). The map is
 * sorted by key (strcmp) and lives in an arena, values included, so that it is wiped as a whole.
 *
 * Encoding, little endian: u32 number of entries; for each u32 length of key, key, u32 length of
 * value, value. There is one encoding of a map: keys ascend strictly and hold no NUL.
 *
 * Encoding of changes: u32 number; for each u32 length of key, key, u8 1, u32 length of value, value; or u8 0 in
 * place of the last three: the key is removed. In the order in which they are to be applied.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct entry {
    const char *key;
    struct slice value; /* as a change: a NULL pointer removes the key */
};

struct entries {
    struct entry *at;
    size_t num;
};

const struct slice *entries_find(const struct entries *e, const char *key); /* or NULL */

/* The map with these changes, whose keys differ from each other, copied into the arena whole. */
struct entries entries_with(const struct entries *e, const struct entry *changes, size_t num,
                            struct arena *a);

void entries_put(struct buf *out, const struct entries *e);

/* Copies into the arena. E_STATE_CORRUPT. */
bool entries_parse(struct slice in, struct arena *a, struct entries *out, struct err *err);

void changes_put(struct buf *out, const struct entry *changes, size_t num); /* without the number in front */

/* *out is in the arena, its keys too; the values borrow from `in`. E_STATE_CORRUPT. */
bool changes_parse(struct slice in, struct arena *a, struct entries *out, struct err *err);
