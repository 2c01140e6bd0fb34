/* SPDX-License-Identifier: Apache-2.0 */
/* The C library has a struct entry, too, for a hash table that nobody uses. */
#define entry search_entry
#include <search.h>
#undef entry
#include <stdlib.h>

#include "base/secret.h"
#include "coordinator/store/map.h"

/* The C library's tree (POSIX tsearch) is a red-black tree; its nodes point to these. */
struct item {
    const char *key; /* both point behind the item */
    struct slice value;
    char bytes[];
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->key, ((const struct item *)b)->key);
}

static struct item *item_new(const char *key, struct slice value)
{
    const size_t key_len = strlen(key) + 1;
    struct item *i = malloc(sizeof *i + key_len + value.len);

    if (i == NULL)
        abort();
    memcpy(i->bytes, key, key_len);
    if (value.len > 0)
        memcpy(i->bytes + key_len, value.ptr, value.len);
    i->key = i->bytes;
    i->value = slice_of(i->bytes + key_len, value.len);
    return i;
}

static void item_free(void *item)
{
    struct item *i = item;

    wipe(i, sizeof *i + strlen(i->key) + 1 + i->value.len);
    free(i);
}

static struct item *find(const struct map *m, const char *key)
{
    const struct item wanted = {.key = key};
    struct item **const found = tfind(&wanted, &m->root, by_key);

    return found == NULL ? NULL : *found;
}

const struct slice *map_get(const struct map *m, const char *key)
{
    const struct item *i = find(m, key);

    return i == NULL ? NULL : &i->value;
}

static void take_out(struct map *m, struct item *i)
{
    (void)tdelete(i, &m->root, by_key);
    m->num--;
    m->size -= entry_size(i->key, i->value.len);
    item_free(i);
}

void map_change(struct map *m, const struct entry *change)
{
    struct item *const old = find(m, change->key);
    struct item *const new = change->value.ptr == NULL ? NULL : item_new(change->key, change->value);

    if (old != NULL)
        take_out(m, old);
    if (new == NULL)
        return;
    if (tsearch(new, &m->root, by_key) == NULL)
        abort();
    m->num++;
    m->size += entry_size(new->key, new->value.len);
}

void map_wipe(struct map *m)
{
    tdestroy(m->root, item_free);
    *m = (struct map){0};
}

static void append(const void *node, VISIT visit, void *entries)
{
    const struct item *i = *(struct item *const *)node;
    struct entries *e = entries;

    if (visit == postorder || visit == leaf) /* in the order of keys */
        e->at[e->num++] = (struct entry){i->key, i->value};
}

struct entries map_entries(const struct map *m, struct arena *a)
{
    struct entries e = {arena_array(a, m->num, sizeof *e.at), 0};

    twalk_r(m->root, append, &e);
    return e;
}
