/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/store.h"

#include <stdlib.h>

#include "base/limits.h"
#include "coordinator/store/store_impl.h"

enum {
    /* Changes that are written as one record together; a larger one stands alone. */
    BATCH_LEN = 8 * MIB,
    MAX_STATE = LIMIT_STATE - 4, /* without the number of entries in front */
};

static void must(int pthread_result)
{
    if (pthread_result != 0)
        abort();
}
static void lock(struct store *s) { must(pthread_mutex_lock(&s->lock)); }
static void unlock(struct store *s) { must(pthread_mutex_unlock(&s->lock)); }

void store_writing_begins(struct store *s)
{
    while (s->writing)
        must(pthread_cond_wait(&s->changed, &s->lock));
    s->writing = true;
}

void store_writing_ends(struct store *s)
{
    s->writing = false;
    must(pthread_cond_broadcast(&s->changed));
}

/* ---- opening ----------------------------------------------------------------------------------- */

void store_close(struct store **s)
{
    if (*s == NULL)
        return;
    copies_close(&(*s)->copies);
    data_key_wipe(&(*s)->key);
    map_wipe(&(*s)->map);
    arena_wipe(&(*s)->arena);
    must(pthread_cond_destroy(&(*s)->changed));
    must(pthread_mutex_destroy(&(*s)->lock));
    free(*s);
    *s = NULL;
}

static struct store *store_new(const struct sealer *sealer)
{
    struct store *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    must(pthread_mutex_init(&s->lock, NULL));
    must(pthread_cond_init(&s->changed, NULL));
    s->sealer = *sealer;
    return s;
}

bool store_rewrite(struct store *s, struct err *err)
{
    return copies_rewrite(&s->copies,
                          (struct log_beginning){.key = &s->key,
                                                 .change = s->copies.log.change,
                                                 .recovery_data = s->recovery_data,
                                                 .map = &s->map},
                          err);
}

/* What is shown after a start must be as safe as what is acknowledged: in both copies. If it cannot be,
 * because the disk is full perhaps, it can still be read; the next change tries again. */
static void mend(struct store *s)
{
    struct err ignored;

    if (s->condition == STORE_OPEN && !s->copies.equal)
        (void)store_rewrite(s, &ignored);
}

static bool load_folder(struct store *s, struct err *why, struct err *err)
{
    static const enum store_condition conditions[] = {
        [FOUND_NOTHING] = STORE_EMPTY,
        [FOUND_STATE] = STORE_OPEN,
        [FOUND_SEALED] = STORE_SEALED,
        [FOUND_FOREIGN] = STORE_SEALED,
    };
    struct loaded loaded = {0};
    enum found found;

    if (!load(&s->copies, &(struct load_ways){.sealer = &s->sealer}, &s->arena, &loaded, &found, why,
              &s->notice, err))
        return false;
    s->condition = conditions[found];
    s->foreign = found == FOUND_FOREIGN;
    s->map = loaded.map;
    s->key = loaded.key;
    s->recovery_data = loaded.recovery_data;
    mend(s);
    return true;
}

bool store_open_on(struct backend *b, const struct sealer *sealer, struct store **out,
                   enum store_condition *condition, struct err *why, struct err *err)
{
    scoped(store_close) struct store *s = store_new(sealer);

    s->copies.backend = b;
    if (!load_folder(s, why, err))
        return false;
    *condition = s->condition;
    *out = s;
    s = NULL;
    return true;
}

bool store_open(const char *folder, const struct sealer *sealer, struct store **out,
                enum store_condition *condition, struct err *why, struct err *err)
{
    struct backend *b;

    return backend_folder(folder, &b, err) && store_open_on(b, sealer, out, condition, why, err);
}

const struct err *store_notice(const struct store *s) { return s->notice.code == E_NONE ? NULL : &s->notice; }

struct entries store_entries(struct store *s, struct arena *a)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct entries borrowed, copy;

    lock(s);
    borrowed = map_entries(&s->map, &scratch);
    copy = entries_with(&(struct entries){0}, borrowed.at, borrowed.num, a);
    unlock(s);
    return copy;
}

/* ---- deciding ---------------------------------------------------------------------------------- */

struct store_view {
    const struct store *store;
    const struct pending *own; /* what is being decided on, up to num_own; or NULL */
    size_t num_own;
};

const struct slice *store_view_get(const struct store_view *v, const char *key)
{
    const struct slice *found = map_get(&v->store->map, key);

    for (const struct pending *p = v->store->first; p != NULL; p = p->next)
        for (size_t i = 0; i < (p == v->own ? v->num_own : p->changes.num); i++)
            if (strcmp(p->changes.at[i].key, key) == 0)
                found = p->changes.at[i].value.ptr == NULL ? NULL : &p->changes.at[i].value;
    return found;
}

/* Modulo the size of size_t, where a state that shrinks is a large number. */
static size_t growth_of(const struct store *s, const struct pending *p)
{
    size_t growth = 0;

    for (size_t i = 0; i < p->changes.num; i++) {
        const struct store_view before = {s, p, i};
        const struct entry *change = &p->changes.at[i];
        const struct slice *old = store_view_get(&before, change->key);

        growth += change->value.ptr == NULL ? 0 : entry_size(change->key, change->value.len);
        growth -= old == NULL ? 0 : entry_size(change->key, old->len);
    }
    return growth;
}

static struct pending **queue_end(struct store *s)
{
    struct pending **at = &s->first;

    while (*at != NULL)
        at = &(*at)->next;
    return at;
}

static bool line_up(struct store *s, struct pending *p, struct err *err)
{
    struct pending **end = queue_end(s);

    *end = p;
    p->growth = growth_of(s, p);
    if (s->map.size + s->growth + p->growth > MAX_STATE) {
        *end = NULL;
        return err_set(err, E_STATE_SIZE, "the state would be larger than %d bytes", LIMIT_STATE);
    }
    s->growth += p->growth;
    return true;
}

/* Whoever decided to change nothing may have read what is not durable yet, and waits for it like the others.
 */
static bool decide_locked(struct store *s, store_decide *decide, void *ctx, struct pending *p,
                          struct err *err)
{
    const struct store_view view = {.store = s};

    if (s->condition != STORE_OPEN || s->changing)
        return err_set(err, E_STATE_WRONG,
                       "there is no state to change, or it is being replaced or is sealed");
    if (decide != NULL && !decide(ctx, &view, &p->arena, &p->changes, err))
        return false;
    p->outcome = p->changes.num == 0 && p->sealing == NULL && s->first == NULL ? KEPT : PENDING;
    return p->outcome == KEPT || line_up(s, p, err);
}

bool store_decide_on(struct store *s, const struct store_sealing *sealing, store_decide *decide, void *ctx,
                     struct pending *p, struct err *err)
{
    bool done;

    p->sealing = sealing;
    lock(s);
    done = decide_locked(s, decide, ctx, p, err);
    unlock(s);
    if (!done)
        arena_wipe(&p->arena);
    return done;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* The oldest pending changes up to `last`, as one record. */
struct batch {
    const struct pending *last;
    uint32_t num;
    struct buf changes;
};

static void take_batch(const struct store *s, struct batch *b)
{
    b->last = s->first; /* resealing stands alone */
    for (const struct pending *p = s->first; p != NULL && p->sealing == NULL && b->changes.len < BATCH_LEN;
         p = p->next) {
        changes_put(&b->changes, p->changes.at, p->changes.num);
        b->num += (uint32_t)p->changes.num;
        b->last = p;
    }
}

/* Nobody knows what of the changes is on disk; in files that were written without them they are not. */
static bool write_without(struct store *s, struct err *err)
{
    struct err again;

    if (store_rewrite(s, &again))
        return false;
    (void)err_in(err, "the change may or may not be on disk");
    return err_as(err, E_STATE_UNSURE);
}

static bool write_batch(struct store *s, const struct batch *b, struct err *err)
{
    if (b->num == 0 || s->mode == STORE_MEMORY)
        return true;
    if ((!s->copies.equal || copies_are_long(&s->copies)) && !store_rewrite(s, err) && !s->copies.equal)
        return false; /* nothing of the batch was written yet */
    return copies_append(&s->copies, b->num, buf_bytes(&b->changes), err) ||
           (s->copies.equal ? false : write_without(s, err));
}

/* Takes the first pending change out of the queue. Its owner may be gone once the lock is. */
static void settle(struct store *s, bool kept, const struct err *err)
{
    struct pending *p = s->first;

    for (size_t i = 0; kept && p->sealing == NULL && i < p->changes.num; i++)
        map_change(&s->map, &p->changes.at[i]);
    if (!kept)
        p->err = *err;
    s->growth -= p->growth;
    s->first = p->next;
    p->outcome = kept ? KEPT : REFUSED;
}

/* What was decided on behind a change that fails was decided on a state that never came to be. */
static void refuse_all(struct store *s, const struct err *err)
{
    while (s->first != NULL)
        settle(s, false, err);
}

static void keep_until(struct store *s, const struct pending *last)
{
    const struct pending *p;

    do {
        p = s->first;
        settle(s, true, NULL);
    } while (p != last);
}

/* With the lock, which is given back while the disk is at work. */
static void write_pending(struct store *s)
{
    struct batch b = {.changes = buf_max(3 * (size_t)LIMIT_STATE)};
    struct pending *first = s->first;
    struct err err = {0};
    bool kept;

    store_writing_begins(s); /* does not wait: nobody writes */
    take_batch(s, &b);
    unlock(s);
    kept = first->sealing == NULL ? write_batch(s, &b, &err) : store_write_reseal(s, first, &err);
    if (!kept)
        (void)err_in(&err, "sealing the state");
    lock(s);
    if (kept)
        keep_until(s, b.last);
    else
        refuse_all(s, &err);
    store_writing_ends(s);
    buf_wipe(&b.changes);
}

bool store_await(struct store *s, struct pending *p, struct err *err)
{
    bool kept;

    lock(s);
    while (p->outcome == PENDING)
        if (s->writing)
            must(pthread_cond_wait(&s->changed, &s->lock));
        else
            write_pending(s);
    kept = p->outcome == KEPT;
    unlock(s);
    if (!kept)
        *err = p->err;
    arena_wipe(&p->arena);
    return kept;
}

static bool update(struct store *s, const struct store_sealing *sealing, store_decide *decide, void *ctx,
                   struct err *err)
{
    struct pending p = {0};

    return store_decide_on(s, sealing, decide, ctx, &p, err) && store_await(s, &p, err);
}

bool store_update(struct store *s, store_decide *decide, void *ctx, struct err *err)
{
    return update(s, NULL, decide, ctx, err);
}

bool store_reseal(struct store *s, const struct store_sealing *how, store_decide *decide, void *ctx,
                  struct err *err)
{
    return update(s, how, decide, ctx, err);
}

/* ---- a new state ------------------------------------------------------------------------------- */

static void next_state_of(const struct store_beginning *what, struct next_state *out)
{
    out->mode = what->sealing.mode;
    out->recovery_data = what->sealing.recovery_data;
    data_key_copy(&out->key, what->sealing.key);
    for (size_t i = 0; i < what->num_entries; i++)
        map_change(&out->map, &what->entries[i]);
}

bool store_begin(struct store *s, const struct store_beginning *what, struct err *err)
{
    scoped(next_state_wipe) struct next_state next = {0};
    struct err superseded = {0};
    bool done;

    (void)err_set(&superseded, E_STATE_WRONG, "another state was begun in place of the one to be changed");
    next_state_of(what, &next);
    lock(s);
    s->changing = true;
    store_writing_begins(s);
    refuse_all(s, &superseded);
    unlock(s);
    done = store_go_over(s, &next, err) || err_in(err, "sealing the state");
    lock(s);
    s->changing = false;
    store_writing_ends(s);
    unlock(s);
    return done;
}
