/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collateral_view.h: the items of a collateral cache as readers without a lock see them. Private to it.
 *
 * An item is counted: by its slot in the cache, and by each view that shows it. A view never changes once it is
 * published; of an item only what is atomic does.
 */
#pragma once
#include <stdatomic.h>

#include "attestation/collateral.h"

struct kept {
    atomic_uint references;
    struct arena arena;
    struct collateral_item item; /* a name alone: it is not there */
    bool is_there;
    /* as its slot has them */
    atomic_bool is_fetching;
    _Atomic int64_t pause_until_ms;
    _Atomic uint64_t used; /* when it was last asked for, in the cache's count */
};

/* A copy of the item, with one reference. */
struct kept *kept_new(const struct collateral_item *item, bool is_there, uint64_t used);
void kept_release(struct kept *k);

struct collateral_item collateral_item_copy(const struct collateral_item *item, struct arena *a);

/* All items at one time, by name. */
struct view {
    atomic_uint references;
    size_t num;
    struct kept *at[];
};

/* With one reference, and room for so many items; view_add() takes a reference of its own, view_sort() ends it. */
struct view *view_new(size_t max);
void view_add(struct view *v, struct kept *k);
void view_sort(struct view *v);

void view_hold(void *view);
void view_release(struct view **view); /* accepts NULL inside */

struct kept *view_find(const struct view *v, const char *name); /* or NULL; accepts no view */
