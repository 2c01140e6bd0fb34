/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/copies.h"

#include "base/limits.h"

static const char *const NAMES[] = {SEALED_DATA, SEALED_COPY};

void copies_close(struct copies *c)
{
    if (c->backend != NULL)
        c->backend->ops->close(&c->backend);
    log_wipe(&c->log);
    *c = (struct copies){0};
}

/* ---- adding ------------------------------------------------------------------------------------ */

/* Nothing failed but writing, so cutting what was written can be believed. In this order, because what begins
 * in the second copy has to be whole in the first. */
static bool take_back(struct copies *c, struct err *err)
{
    for (size_t i = 2; i-- > 0;)
        if (!c->backend->ops->cut(c->backend, NAMES[i], c->log.end.len, err) ||
            !c->backend->ops->sync(c->backend, NAMES[i], err))
            return false;
    return true;
}

static bool write_both(struct copies *c, struct slice record, struct err *err)
{
    struct err ignored;

    for (size_t i = 0; i < 2; i++) {
        if (!c->backend->ops->write(c->backend, NAMES[i], c->log.end.len, record, err)) {
            c->equal = take_back(c, &ignored);
            return false;
        }
        if (!c->backend->ops->sync(c->backend, NAMES[i], err)) {
            c->equal = false;
            return false;
        }
    }
    return true;
}

bool copies_append(struct copies *c, uint32_t num, struct slice changes, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct log_end end;
    struct slice record;

    if (!c->equal)
        return err_set(err, E_INTERNAL, "the copies of the state must be written anew first");
    log_record(&c->log, num, changes, &scratch, &record, &end);
    if (end.len > LIMIT_STATE_FILE)
        return err_set(err, E_STATE_SIZE, "%s would be larger than %d bytes", SEALED_DATA, LIMIT_STATE_FILE);
    if (!write_both(c, record, err))
        return false;
    log_accept(&c->log, &end);
    return true;
}

bool copies_are_long(const struct copies *c) { return c->log.end.len >= c->grown_at; }

/* ---- writing anew ------------------------------------------------------------------------------ */

uint64_t copies_grown_at(const struct log *l)
{
    return l->snapshot_len + (l->snapshot_len > LIMIT_JOURNAL ? l->snapshot_len : LIMIT_JOURNAL);
}

/* Both copies are there under the new key: any name will do for it, also if this fails. */
static void finish_key(struct copies *c)
{
    struct err ignored;

    if (c->key_is_new && c->backend->ops->rename(c->backend, NEW_KEY, SEALED_KEY, &ignored) &&
        c->backend->ops->sync_names(c->backend, &ignored))
        c->key_is_new = false;
}

static bool replace_both(struct copies *c, struct slice file, struct err *err)
{
    for (size_t i = 0; i < 2; i++) {
        bool renamed;
        const bool done = backend_replace(c->backend, NAMES[i], file, &renamed, err);

        if (renamed) {
            c->equal = false;
            c->touched = true;
        }
        if (!done)
            return false;
    }
    c->equal = true;
    return true;
}

bool copies_rewrite(struct copies *c, struct log_beginning what, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(log_wipe) struct log l = {0};
    struct slice file;

    what.generation = ++c->generation;
    c->grown_at = c->log.end.len + LIMIT_JOURNAL; /* if it fails: not again at once */
    if (!log_begin(&what, &scratch, &l, &file, err) || !replace_both(c, file, err))
        return false;
    log_wipe(&c->log);
    c->log = l;
    l = (struct log){0};
    c->grown_at = copies_grown_at(&c->log);
    c->best = SEALED_DATA;
    finish_key(c);
    return true;
}

/* ---- key, and what was before ------------------------------------------------------------------ */

bool copies_put_key(struct copies *c, struct slice sealed, struct err *err)
{
    bool renamed;

    if (!backend_replace(c->backend, NEW_KEY, sealed, &renamed, err))
        return false;
    c->key_is_new = true;
    return true;
}

void copies_drop_key(struct copies *c)
{
    struct err ignored;

    (void)c->backend->ops->remove(c->backend, NEW_KEY, &ignored);
}

static bool keep(struct copies *c, const char *name, const char *old, size_t max, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice contents;
    bool found, renamed;

    return (c->backend->ops->read(c->backend, name, max, &scratch, &contents, &found, err) &&
            (!found || backend_replace(c->backend, old, contents, &renamed, err))) ||
           err_in(err, "keeping %s as %s", name, old);
}

bool copies_change_key(struct copies *c, struct slice sealed, struct err *err)
{
    bool renamed;

    return keep(c, SEALED_KEY, SEALED_KEY ".old", LIMIT_SEALED_KEY, err) &&
           backend_replace(c->backend, SEALED_KEY, sealed, &renamed, err);
}

bool copies_set_aside(struct copies *c, struct err *err)
{
    return keep(c, c->key_is_new ? NEW_KEY : SEALED_KEY, SEALED_KEY ".old", LIMIT_SEALED_KEY, err) &&
           keep(c, c->best == NULL ? SEALED_DATA : c->best, SEALED_DATA ".old", LIMIT_STATE_FILE, err);
}

static bool remove_names(struct copies *c, const char *const names[2], struct err *err)
{
    return c->backend->ops->remove(c->backend, names[0], err) &&
           c->backend->ops->remove(c->backend, names[1], err) && c->backend->ops->sync_names(c->backend, err);
}

/* The keys last, because data without a key look like somebody's who has lost it. */
bool copies_remove(struct copies *c, struct err *err)
{
    static const char *const keys[] = {NEW_KEY, SEALED_KEY};

    c->equal = false;
    if (!remove_names(c, NAMES, err) || !remove_names(c, keys, err))
        return false;
    c->key_is_new = false;
    return true;
}
