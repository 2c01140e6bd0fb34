/* SPDX-License-Identifier: Apache-2.0 */
/* A state that is sealed, and a key from outside. */
#include "base/limits.h"
#include "coordinator/store/marblerun.h"
#include "coordinator/store/store_impl.h"

struct slice store_recovery_data(const struct store *s) { return s->recovery_data; }

static bool check(const struct store *s, struct slice key, struct err *err)
{
    if (s->condition != STORE_SEALED)
        return err_set(err, E_STATE_WRONG, "there is no state that is sealed");
    if (key.len != DATA_KEY_LEN && key.len != OLD_DATA_KEY_LEN)
        return err_set(err, E_DECRYPT, "a data key has %d or %d bytes, this one %zu", OLD_DATA_KEY_LEN,
                       DATA_KEY_LEN, key.len);
    return true;
}

static bool open_foreign(struct store *s, struct slice key, struct arena *a, struct map *map, struct err *err)
{
    struct slice file;
    struct entries e;
    bool found;

    if (!s->copies.backend->ops->read(s->copies.backend, SEALED_DATA, LIMIT_STATE_FILE, a, &file, &found,
                                      err))
        return false;
    if (!found)
        return err_set(err, E_STATE_CORRUPT, "%s is gone", SEALED_DATA);
    if (!marblerun_open(file, key, a, &e, err))
        return err_in(err, "%s, written by MarbleRun", SEALED_DATA);
    for (size_t i = 0; i < e.num; i++)
        map_change(map, &e.at[i]);
    return true;
}

static bool open_ours(struct store *s, struct slice key, struct arena *a, struct loaded *out, struct err *err)
{
    enum found found;

    if (!load(&s->copies, &(struct load_ways){&s->sealer, key}, a, out, &found, err, &s->notice, err))
        return false;
    if (found == FOUND_STATE)
        return true;
    return found == FOUND_SEALED ? false
                                 : err_set(err, E_STATE_CORRUPT, "the files of the state were exchanged");
}

static bool open_with(struct store *s, struct slice key, struct arena *a, struct loaded *out, struct err *err)
{
    return check(s, key, err) &&
           (s->foreign ? open_foreign(s, key, a, &out->map, err) : open_ours(s, key, a, out, err));
}

bool store_try_key(struct store *s, struct slice key, struct arena *a, struct entries *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(loaded_wipe) struct loaded loaded = {0};
    bool good;

    (void)pthread_mutex_lock(&s->lock);
    store_writing_begins(s);
    good = open_with(s, key, &scratch, &loaded, err);
    store_writing_ends(s);
    (void)pthread_mutex_unlock(&s->lock);
    if (good) {
        const struct entries e = map_entries(&loaded.map, &scratch);

        *out = entries_with(&(struct entries){0}, e.at, e.num, a);
    }
    return good;
}

static bool import(struct store *s, struct slice key, enum store_mode mode, struct loaded *from,
                   struct err *err)
{
    scoped(next_state_wipe) struct next_state next = {
        .mode = mode, .recovery_data = s->recovery_data, .map = from->map};

    from->map = (struct map){0};
    data_key_of(&next.key, key);
    return store_go_over(s, &next, err);
}

static bool take_up(struct store *s, enum store_mode mode, struct loaded *from, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice sealed;

    if (mode != STORE_MEMORY && (!seal_key(&s->sealer, mode == STORE_SEAL_UNIQUE ? SEAL_UNIQUE : SEAL_PRODUCT,
                                           &from->key, &scratch, &sealed, err) ||
                                 !copies_change_key(&s->copies, sealed, err)))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    s->map = from->map;
    s->key = from->key;
    s->mode = mode;
    s->condition = STORE_OPEN;
    (void)pthread_mutex_unlock(&s->lock);
    from->map = (struct map){0};
    from->key = (struct data_key){0};
    return true;
}

bool store_recover(struct store *s, struct slice key, enum store_mode mode, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(loaded_wipe) struct loaded loaded = {0};
    bool done;

    (void)pthread_mutex_lock(&s->lock);
    store_writing_begins(s);
    (void)pthread_mutex_unlock(&s->lock);
    done = open_with(s, key, &scratch, &loaded, err) &&
           ((s->foreign ? import(s, key, mode, &loaded, err) : take_up(s, mode, &loaded, err)) ||
            err_in(err, "recovering the state"));
    (void)pthread_mutex_lock(&s->lock);
    store_writing_ends(s);
    (void)pthread_mutex_unlock(&s->lock);
    return done;
}
