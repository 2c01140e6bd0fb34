/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/map.h: the state in memory: a balanced tree from keys to bytes.
 *
 * A change costs the logarithm of its size, so that it costs the same whoever chose the keys. Owns copies of
 * keys and values, and wipes what it gives up. Zero-initialised is empty.
 */
#pragma once
#include "coordinator/store/entries.h"

struct map {
    void *root;
    size_t num, size; /* `size`: bytes of the entries in their encoding, without the count in front */
};

const struct slice *map_get(const struct map *m, const char *key); /* or NULL; until the key is changed */
void map_change(struct map *m, const struct entry *change);        /* a NULL pointer removes */
void map_wipe(struct map *m);

/* All entries by key; the array is in the arena, keys and values are borrowed from the map. */
struct entries map_entries(const struct map *m, struct arena *a);

/* Bytes that an entry takes in the encoding. */
static inline size_t entry_size(const char *key, size_t value_len) { return 8 + strlen(key) + value_len; }
