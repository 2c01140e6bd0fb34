/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/store.h"

#include <stdlib.h>

#include "base/limits.h"
#include "coordinator/store/file.h"

struct store {
    struct seal_folder folder;
    struct sealer sealer;
    enum store_mode mode;
    struct data_key key;
    struct arena arena; /* of the entries */
    struct entries entries;
};

void store_close(struct store **s)
{
    if (*s == NULL)
        return;
    seal_folder_close(&(*s)->folder);
    data_key_wipe(&(*s)->key);
    arena_wipe(&(*s)->arena);
    free(*s);
    *s = NULL;
}

/* The data key for these data. Whatever is wrong with it leaves the state sealed. */
static bool open_key(struct store *s, struct slice id, struct arena *a, struct err *why, struct err *err)
{
    struct slice file;
    bool found;

    if (!seal_folder_read(&s->folder, SEALED_KEY, a, &file, &found, err))
        return false;
    if (!found)
        return err_set(why, E_STATE_SEALED, "%s/%s does not exist", s->folder.path, SEALED_KEY);
    if (!unseal_key(&s->sealer, file, &s->key, why))
        return err_in(why, "%s/%s", s->folder.path, SEALED_KEY);
    if (slice_equal(id, slice_of(s->key.id, KEY_ID_LEN)))
        return true;
    data_key_wipe(&s->key);
    return err_set(why, E_STATE_SEALED, "%s/%s is not the key of %s", s->folder.path, SEALED_KEY,
                   SEALED_DATA);
}

static bool load(struct store *s, enum store_condition *condition, struct err *why, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct err none = {0};
    struct slice file, id, plain;
    bool found;

    if (!seal_folder_read(&s->folder, SEALED_DATA, &scratch, &file, &found, err))
        return false;
    *condition = STORE_EMPTY;
    if (!found)
        return true;
    if (!sealed_data_key_id(file, &id, err))
        return err_in(err, "%s/%s", s->folder.path, SEALED_DATA);
    if (!open_key(s, id, &scratch, why, &none)) {
        *condition = STORE_SEALED;
        if (none.code == E_NONE)
            return true;
        *err = none;
        return false;
    }
    *condition = STORE_OPEN;
    return (unseal_data(&s->key, file, &scratch, &plain, err) &&
            entries_parse(plain, &s->arena, &s->entries, err)) ||
           err_in(err, "%s/%s", s->folder.path, SEALED_DATA);
}

bool store_open(const char *folder, const struct sealer *sealer, struct store **out,
                enum store_condition *condition, struct err *why, struct err *err)
{
    scoped(store_close) struct store *s = calloc(1, sizeof *s);
    enum store_condition found;

    if (s == NULL)
        abort();
    s->folder = SEAL_FOLDER_NONE;
    s->sealer = *sealer;
    if (!seal_folder_open(folder, &s->folder, err) || !load(s, &found, why, err))
        return false;
    *condition = found;
    *out = s;
    s = NULL;
    return true;
}

const struct slice *store_get(const struct store *s, const char *key)
{
    return entries_find(&s->entries, key);
}
const struct entries *store_entries(const struct store *s) { return &s->entries; }

/* On disk before memory: a commit that fails has changed nothing. */
static bool write_data(const struct store *s, const struct data_key *key, const struct entries *e,
                       struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf plain =
        buf_max(LIMIT_STATE - KIB); /* the sealed form must be readable again */
    struct slice sealed;

    entries_put(&plain, e);
    if (!buf_ok(&plain))
        return err_set(err, E_STATE_SIZE, "the state would be larger than %zu bytes", plain.max);
    seal_data(key, buf_bytes(&plain), &scratch, &sealed);
    return seal_folder_write(&s->folder, SEALED_DATA, sealed, err);
}

static bool write_key(const struct store *s, enum store_mode mode, const struct data_key *key,
                      struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice sealed;

    return seal_key(&s->sealer, mode == STORE_SEAL_UNIQUE ? SEAL_UNIQUE : SEAL_PRODUCT, key, &scratch,
                    &sealed, err) &&
           seal_folder_write(&s->folder, SEALED_KEY, sealed, err);
}

static void adopt(struct store *s, struct arena *a, struct entries e)
{
    arena_wipe(&s->arena);
    s->arena = *a;
    s->entries = e;
    *a = (struct arena){0};
}

bool store_begin(struct store *s, enum store_mode mode, const struct entry *entries, size_t num,
                 struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(data_key_wipe) struct data_key key = {0};
    const struct entries e = entries_with(&(struct entries){0}, entries, num, &a);

    data_key_new(&key);
    if (mode != STORE_MEMORY && (!seal_folder_set_aside(&s->folder, err) || !write_key(s, mode, &key, err) ||
                                 !write_data(s, &key, &e, err)))
        return err_in(err, "sealing the state");
    data_key_wipe(&s->key);
    s->key = key;
    key = (struct data_key){0};
    s->mode = mode;
    adopt(s, &a, e);
    return true;
}

bool store_commit(struct store *s, const struct entry *changes, size_t num, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct entries e = entries_with(&s->entries, changes, num, &a);

    if (s->mode != STORE_MEMORY && !write_data(s, &s->key, &e, err))
        return err_in(err, "sealing the state");
    adopt(s, &a, e);
    return true;
}
