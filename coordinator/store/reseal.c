/* SPDX-License-Identifier: Apache-2.0 */
/* A whole state in place of another: under another key, with other recovery data, or another state
 * altogether. */
#include "coordinator/store/store_impl.h"

void next_state_wipe(struct next_state *n)
{
    map_wipe(&n->map);
    data_key_wipe(&n->key);
    *n = (struct next_state){0};
}

static bool is_on_disk(const struct store *s)
{
    return s->condition == STORE_OPEN && s->mode != STORE_MEMORY;
}

static bool put_key(struct store *s, const struct next_state *next, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice sealed;

    return seal_key(&s->sealer, next->mode == STORE_SEAL_UNIQUE ? SEAL_UNIQUE : SEAL_PRODUCT, &next->key,
                    &scratch, &sealed, err) &&
           copies_put_key(&s->copies, sealed, err);
}

/* A key that is still on its way into place would be overwritten. */
static bool key_is_in_place(struct store *s, struct err *err)
{
    if (!s->copies.key_is_new)
        return true;
    if (!store_rewrite(s, err))
        return false;
    return !s->copies.key_is_new ||
           err_set(err, E_FILE_WRITE, "%s cannot be put into the place of %s", NEW_KEY, SEALED_KEY);
}

static bool write_next(struct store *s, const struct next_state *next, struct err *err)
{
    const struct log_beginning what = {.key = &next->key,
                                       .change = s->copies.log.change + 1,
                                       .recovery_data = next->recovery_data,
                                       .map = &next->map};

    return key_is_in_place(s, err) && copies_set_aside(&s->copies, err) && put_key(s, next, err) &&
           copies_rewrite(&s->copies, what, err);
}

/* Out of the files again; the next one has failed, perhaps halfway. */
static bool go_back(struct store *s)
{
    struct err ignored;

    s->copies.key_is_new = false;
    if (s->copies.touched && is_on_disk(s) && !store_rewrite(s, &ignored))
        return false;
    if (s->copies.touched && !is_on_disk(s) &&
        (s->condition == STORE_SEALED || !copies_remove(&s->copies, &ignored)))
        return false;
    copies_drop_key(&s->copies);
    return true;
}

static bool to_disk(struct store *s, const struct next_state *next, struct err *err)
{
    s->copies.touched = false;
    if (write_next(s, next, err))
        return true;
    if (go_back(s))
        return false;
    (void)err_in(err, "the new state may or may not be on disk");
    return err_as(err, E_STATE_UNSURE);
}

/* A state that is forgotten with the process must not find an older one in its place at the next start. What
 * is sealed is not ours to move. */
static bool to_memory(struct store *s, struct err *err)
{
    if (!is_on_disk(s))
        return true;
    if (!copies_set_aside(&s->copies, err))
        return false;
    if (copies_remove(&s->copies, err))
        return true;
    return err_as(err, E_STATE_UNSURE);
}

static void adopt(struct store *s, struct next_state *next)
{
    struct arena a = {0};
    const struct slice recovery_data = arena_copy(&a, next->recovery_data);
    const struct next_state before = {.map = s->map, .key = s->key};

    arena_wipe(&s->arena);
    s->arena = a;
    s->recovery_data = recovery_data;
    s->mode = next->mode;
    s->map = next->map;
    s->key = next->key;
    s->condition = STORE_OPEN;
    s->foreign = false;
    *next = before; /* is wiped by its owner */
}

bool store_go_over(struct store *s, struct next_state *next, struct err *err)
{
    if (!(next->mode == STORE_MEMORY ? to_memory(s, err) : to_disk(s, next, err)))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    adopt(s, next);
    (void)pthread_mutex_unlock(&s->lock);
    return true;
}

bool store_write_reseal(struct store *s, const struct pending *p, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(next_state_wipe) struct next_state next = {.mode = p->sealing->mode,
                                                      .recovery_data = p->sealing->recovery_data};
    const struct entries now = map_entries(&s->map, &scratch);

    data_key_copy(&next.key, p->sealing->key == NULL ? &s->key : p->sealing->key);
    for (size_t i = 0; i < now.num; i++)
        map_change(&next.map, &now.at[i]);
    for (size_t i = 0; i < p->changes.num; i++)
        map_change(&next.map, &p->changes.at[i]);
    return store_go_over(s, &next, err);
}
