/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral_view.h"

#include <stdlib.h>

struct collateral_item collateral_item_copy(const struct collateral_item *item, struct arena *a)
{
    return (struct collateral_item){.name = arena_strdup(a, item->name),
                                    .body = arena_copy(a, item->body),
                                    .chain = arena_copy(a, item->chain),
                                    .source = item->source != NULL ? arena_strdup(a, item->source) : NULL,
                                    .fetched = item->fetched,
                                    .expires = item->expires};
}

struct kept *kept_new(const struct collateral_item *item, bool is_there, uint64_t used)
{
    struct kept *k = calloc(1, sizeof *k);

    if (k == NULL)
        abort();
    k->references = 1;
    k->item = collateral_item_copy(item, &k->arena);
    k->is_there = is_there;
    k->used = used;
    return k;
}

void kept_release(struct kept *k)
{
    if (atomic_fetch_sub(&k->references, 1) != 1)
        return;
    arena_wipe(&k->arena);
    free(k);
}

/* ---- views --------------------------------------------------------------------------------------- */

struct view *view_new(size_t max)
{
    struct view *v = calloc(1, sizeof *v + max * sizeof v->at[0]);

    if (v == NULL)
        abort();
    v->references = 1;
    return v;
}

void view_add(struct view *v, struct kept *k)
{
    (void)atomic_fetch_add(&k->references, 1);
    v->at[v->num++] = k;
}

void view_hold(void *view) { (void)atomic_fetch_add(&((struct view *)view)->references, 1); }

void view_release(struct view **view)
{
    struct view *v = *view;

    if (v == NULL || atomic_fetch_sub(&v->references, 1) != 1)
        return;
    for (size_t i = 0; i < v->num; i++)
        kept_release(v->at[i]);
    free(v);
}

static int by_name(const void *x, const void *y)
{
    struct kept *const *a = x, *const *b = y;

    return strcmp((*a)->item.name, (*b)->item.name);
}

void view_sort(struct view *v) { qsort(v->at, v->num, sizeof v->at[0], by_name); }

static int is_named(const void *name, const void *x)
{
    struct kept *const *k = x;

    return strcmp(name, (*k)->item.name);
}

struct kept *view_find(const struct view *v, const char *name)
{
    struct kept *const *found = v == NULL ? NULL : bsearch(name, v->at, v->num, sizeof v->at[0], is_named);

    return found != NULL ? *found : NULL;
}
