/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/entries.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

const struct slice *entries_find(const struct entries *e, const char *key)
{
    const struct entry wanted = {.key = key};
    const struct entry *found = e->num == 0 ? NULL : bsearch(&wanted, e->at, e->num, sizeof *e->at, by_key);

    return found == NULL ? NULL : &found->value;
}

static void append(struct entries *e, const struct entry *from, struct arena *a)
{
    e->at[e->num++] = (struct entry){arena_strdup(a, from->key), arena_copy(a, from->value)};
}

struct entries entries_with(const struct entries *e, const struct entry *changes, size_t num, struct arena *a)
{
    struct entries out = {arena_array(a, e->num + num, sizeof *out.at), 0};
    struct entry *sorted = arena_array(a, num, sizeof *sorted);
    size_t old = 0, new = 0;

    for (size_t i = 0; i < num; i++)
        sorted[i] = changes[i];
    if (num > 0)
        qsort(sorted, num, sizeof *sorted, by_key);
    while (old < e->num || new < num) {
        const int order = old == e->num ? 1 : new == num ? -1 : by_key(&e->at[old], &sorted[new]);

        if (order < 0)
            append(&out, &e->at[old], a);
        else if (sorted[new].value.ptr != NULL)
            append(&out, &sorted[new], a);
        old += order <= 0;
        new += order >= 0;
    }
    return out;
}

static void put_bytes(struct buf *out, struct slice s)
{
    buf_u32le(out, (uint32_t)s.len);
    buf_put(out, s);
}

void entries_put(struct buf *out, const struct entries *e)
{
    buf_u32le(out, (uint32_t)e->num);
    for (size_t i = 0; i < e->num; i++) {
        put_bytes(out, slice_str(e->at[i].key));
        put_bytes(out, e->at[i].value);
    }
}

static struct slice take_bytes(struct cursor *c) { return cursor_take(c, cursor_u32le(c)); }

bool entries_parse(struct slice in, struct arena *a, struct entries *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    const uint32_t num = cursor_u32le(&c);
    struct entries e = {0};

    if (num > c.rest.len / 8) /* each takes two lengths at least */
        return err_set(err, E_STATE_CORRUPT, "state: %u entries do not fit %zu bytes", num, in.len);
    e.at = arena_array(a, num, sizeof *e.at);
    for (; e.num < num; e.num++) {
        const struct slice key = take_bytes(&c), value = take_bytes(&c);

        if (!cursor_ok(&c))
            break;
        e.at[e.num] = (struct entry){arena_strndup(a, key), arena_copy(a, value)};
        if (strlen(e.at[e.num].key) != key.len || (e.num > 0 && by_key(&e.at[e.num - 1], &e.at[e.num]) >= 0))
            return err_set(err, E_STATE_CORRUPT, "state: entry %zu does not follow the order of keys", e.num);
    }
    if (!cursor_done(&c))
        return err_set(err, E_STATE_CORRUPT, "state: %zu bytes do not hold what they announce", in.len);
    *out = e;
    return true;
}

void changes_put(struct buf *out, const struct entry *changes, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        put_bytes(out, slice_str(changes[i].key));
        buf_u8(out, changes[i].value.ptr != NULL);
        if (changes[i].value.ptr != NULL)
            put_bytes(out, changes[i].value);
    }
}

bool changes_parse(struct slice in, struct arena *a, struct entries *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    const uint32_t num = cursor_u32le(&c);
    struct entries e = {0};

    if (num > c.rest.len / 5) /* each takes a length and a byte at least */
        return err_set(err, E_STATE_CORRUPT, "%u changes do not fit %zu bytes", num, in.len);
    e.at = arena_array(a, num, sizeof *e.at);
    for (; e.num < num && cursor_ok(&c); e.num++) {
        const struct slice key = take_bytes(&c);
        const uint8_t kind = cursor_u8(&c);

        e.at[e.num] = (struct entry){.key = arena_strndup(a, key)};
        if (kind == 1)
            e.at[e.num].value = take_bytes(&c);
        if (kind > 1 || strlen(e.at[e.num].key) != key.len)
            return err_set(err, E_STATE_CORRUPT, "change %zu of %u is none that this program writes", e.num + 1, num);
    }
    if (!cursor_done(&c))
        return err_set(err, E_STATE_CORRUPT, "%zu bytes do not hold the changes that they announce", in.len);
    *out = e;
    return true;
}
