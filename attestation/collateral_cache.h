/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collateral_cache.h: items kept in memory and in a folder, fetched when needed, refreshed in time.
 *
 * For all threads; who finds all he needs valid and not due takes no lock. An item is served while it is valid, wherever it came from. When three quarters of its
 * validity are over (or it is a day old) it is due: one caller's request starts a refresh while everybody is
 * served from what is there. Of one item only one request is under way; others wait for it. A source that
 * fails is left alone for a while that doubles from 1 second to 5 minutes (or as long as it asks); meanwhile
 * valid items go on being served. Only items that hold by themselves (collateral_item_verify) are kept, so a
 * server that answers nonsense cannot spoil what is there. Past its end an item is refused, unless a grace
 * period was granted: the caller names it.
 */
#pragma once
#include "attestation/fetch.h"

struct collateral_cache;

struct collateral_cache_options {
    struct fetch_options fetch;
    bool fetches;        /* false: nothing is fetched; only what was imported is there */
    const char *folder;  /* where items are kept between starts; NULL: in memory only */
    const struct roots *roots;
    size_t max_items; /* 0: 1024; what could not be fetched goes first, then the one longest unused */
};

/* Reads what the folder holds; files that do not hold are ignored and replaced in time. */
bool collateral_cache_open(const struct collateral_cache_options *o, struct collateral_cache **out, struct err *err);
void collateral_cache_close(struct collateral_cache **c); /* accepts NULL inside; waits for refreshes under way */

/* Puts items in, as from a bundle. Each is verified; the first that does not hold ends it. */
bool collateral_cache_import(struct collateral_cache *c, const struct collateral_items *items, int64_t now,
                             struct err *err);

/* All that is needed, in the arena. `grace`: seconds after its end that an item still serves, when its source
 * cannot be reached. E_COLLATERAL_SOURCE, E_COLLATERAL_MISSING (nothing is fetched, and it is not there). */
bool collateral_cache_get(struct collateral_cache *c, const struct collateral_needs *needs, int64_t now,
                          int64_t grace, struct arena *a, struct collateral_items *out, struct err *err);

/* For metrics and people. */
struct collateral_cache_counts {
    uint64_t hits, fetches, failures, refreshes;
    size_t items;
    int64_t next_expiry; /* of all items; INT64_MAX if there are none */
};
struct collateral_cache_counts collateral_cache_counts(struct collateral_cache *c);
