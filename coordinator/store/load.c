/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/load.h"

#include "base/limits.h"
#include "coordinator/store/marblerun.h"

/* One of the two files, as far as it could be read. */
struct copy {
    const char *name;
    bool there, is_log, opened;
    struct slice file;
    struct log_header header; /* if is_log */
    struct err fault;         /* why it is not a log, has no key, or did not open */
    struct data_key key;      /* if there is one for it */
    struct map map;           /* these two if opened */
    struct log log;
};

struct folder {
    struct backend *backend;
    struct copy copies[2];
    struct slice key, new_key;
    bool key_there, new_key_there;
    struct arena *arena;
};

static void copy_wipe(struct copy *c)
{
    data_key_wipe(&c->key);
    map_wipe(&c->map);
    log_wipe(&c->log);
}

static void folder_wipe(struct folder *f)
{
    copy_wipe(&f->copies[0]);
    copy_wipe(&f->copies[1]);
}

void loaded_wipe(struct loaded *l)
{
    map_wipe(&l->map);
    data_key_wipe(&l->key);
    *l = (struct loaded){0};
}

static const char *place(const struct folder *f) { return f->backend->ops->place(f->backend); }

/* ---- reading ------------------------------------------------------------------------------------- */

static bool read_name(struct folder *f, const char *name, size_t max, struct slice *out, bool *there,
                      struct err *err)
{
    return f->backend->ops->read(f->backend, name, max, f->arena, out, there, err);
}

static bool read_copy(struct folder *f, struct copy *c, struct err *err)
{
    if (!read_name(f, c->name, LIMIT_STATE_FILE, &c->file, &c->there, err))
        return false;
    if (!c->there)
        return err_set(&c->fault, E_FILE_MISSING, "does not exist"), true;
    c->is_log = log_header_parse(c->file, &c->header, &c->fault);
    if (c->is_log || c->fault.code != E_STATE_FORMAT)
        return true;
    *err = c->fault;
    return err_in(err, "%s/%s", place(f), c->name);
}

static bool read_all(struct folder *f, struct err *err)
{
    f->copies[0].name = SEALED_DATA;
    f->copies[1].name = SEALED_COPY;
    return read_copy(f, &f->copies[0], err) && read_copy(f, &f->copies[1], err) &&
           read_name(f, SEALED_KEY, LIMIT_SEALED_KEY, &f->key, &f->key_there, err) &&
           read_name(f, NEW_KEY, LIMIT_SEALED_KEY, &f->new_key, &f->new_key_there, err);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static bool key_from(const struct folder *f, const struct load_ways *ways, const char *name,
                     struct slice file, bool there, struct copy *c)
{
    scoped(data_key_wipe) struct data_key key = {0};

    if (!there)
        return err_set(&c->fault, E_STATE_SEALED, "%s/%s does not exist", place(f), name);
    if (!unseal_key(ways->sealer, file, &key, &c->fault))
        return err_in(&c->fault, "%s/%s", place(f), name);
    if (!slice_equal(c->header.key_id, slice_of(key.id, KEY_ID_LEN)))
        return err_set(&c->fault, E_STATE_SEALED, "%s/%s is not the key of %s", place(f), name, c->name);
    c->key = key;
    key = (struct data_key){0};
    return true;
}

static bool find_key(const struct folder *f, const struct load_ways *ways, struct copy *c, bool *is_new)
{
    *is_new = false;
    if (ways->given.len > 0) {
        secret_copy(&c->key.key, ways->given);
        memcpy(c->key.id, c->header.key_id.ptr, KEY_ID_LEN);
        return true;
    }
    if (f->new_key_there && key_from(f, ways, NEW_KEY, f->new_key, true, c))
        return *is_new = true;
    return key_from(f, ways, SEALED_KEY, f->key, f->key_there, c);
}

/* ---- judging ------------------------------------------------------------------------------------- */

static uint64_t end_of(const struct copy *c) { return c->log.end.len; }

static bool same_generation(const struct copy *a, const struct copy *b)
{
    return a->opened && b->opened && a->log.generation == b->log.generation;
}

/* Generations only grow from complete states; within one, the longer is what the shorter would have become.
 */
static struct copy *better(struct copy *a, struct copy *b)
{
    if (!a->opened || !b->opened)
        return a->opened ? a : b;
    if (a->log.generation != b->log.generation)
        return a->log.generation > b->log.generation ? a : b;
    return end_of(b) > end_of(a) ? b : a;
}

static bool refuse_tail(const struct folder *f, const struct copy *best, const struct copy *other,
                        struct err *err)
{
    return err_set(
        err, E_STATE_CORRUPT,
        "%s: record %llu, at byte %llu, is damaged or cut off in every copy that holds it, and may have been "
        "acknowledged. Restore both copies from a backup; or go on without what stands from there: "
        "truncate -s %llu %s && rm -f %s",
        place(f), (unsigned long long)best->log.end.record, (unsigned long long)end_of(best),
        (unsigned long long)end_of(best), best->name, other->name);
}

/* What begins in the second copy was whole in the first. So what opens in neither was not acknowledged, if it
 * does not begin in the second; and if the second cannot be asked, nothing may be left over in the first. */
static bool check_tail(const struct folder *f, const struct copy *best, const struct copy *other,
                       struct err *err)
{
    const struct copy *second = &f->copies[1];
    const struct copy *witness = best == second || same_generation(best, other) ? second : best;

    return witness->file.len <= end_of(best) || refuse_tail(f, best, other, err);
}

static bool check_equal(const struct folder *f, const struct copy *best, const struct copy *other,
                        struct err *err)
{
    if (!same_generation(best, other) ||
        slice_equal(slice_of(best->file.ptr, end_of(other)), slice_of(other->file.ptr, end_of(other))))
        return true;
    return err_set(
        err, E_STATE_CORRUPT,
        "%s: %s and %s contradict each other before record %llu. Restore both from a backup; or decide "
        "for one of them and remove the other",
        place(f), best->name, other->name, (unsigned long long)other->log.end.record);
}

/* ---- telling ------------------------------------------------------------------------------------- */

static void tell(struct err *notice, const char *what, const char *name)
{
    if (notice->code != E_NONE)
        (void)err_in(notice, "%s: %s; and", name, what);
    else
        (void)err_set(notice, E_STATE_MENDED, "%s: %s", name, what);
}

static void tell_leftovers(const struct folder *f, bool state, struct err *notice)
{
    static const struct {
        const char *name, *what;
        bool only_without_state;
    } leftovers[] = {
        {SEALED_DATA ".tmp", "left over from writing that was interrupted; not used", false},
        {SEALED_COPY ".tmp", "left over from writing that was interrupted; not used", false},
        {NEW_KEY ".tmp", "left over from writing that was interrupted; not used", false},
        {SEALED_DATA ".old", "a state of before is kept here, and none stands in its place", true},
    };

    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
        if (f->backend->ops->exists(f->backend, leftovers[i].name) &&
            !(leftovers[i].only_without_state && state))
            tell(notice, leftovers[i].what, leftovers[i].name);
}

static void tell_copies(const struct copy *best, const struct copy *other, struct err *notice)
{
    if (!other->there)
        tell(notice, "missing; it is made anew", other->name);
    else if (!other->opened)
        tell(notice, "damaged; it is made anew", other->name);
    else if (!same_generation(best, other) || end_of(other) < end_of(best))
        tell(notice, "behind the other copy; it is made anew", other->name);
    else if (other->file.len > end_of(other) || best->file.len > end_of(best))
        tell(notice, "ends with a change that was cut off and never acknowledged", best->name);
}

/* ---- the answers --------------------------------------------------------------------------------- */

static bool nothing_there(struct folder *f, enum found *found, struct err *notice, struct err *err)
{
    if (f->key_there)
        return err_set(
            err, E_STATE_CORRUPT,
            "%s: %s is there, and neither %s nor %s: the state was moved or lost. Restore them from a "
            "backup; or remove %s to begin anew with another identity",
            place(f), SEALED_KEY, SEALED_DATA, SEALED_COPY, SEALED_KEY);
    tell_leftovers(f, false, notice);
    if (f->new_key_there)
        tell(notice, "left over from a first state that was never written; not used", NEW_KEY);
    *found = FOUND_NOTHING;
    return true;
}

/* Bytes that never reached the disk are zero, and zero is also how a state of MarbleRun's may begin. */
static bool is_foreign(const struct copy *first, const struct copy *second)
{
    struct slice recovery_data, sealed;

    return first->there && !first->is_log && marblerun_split(first->file, &recovery_data, &sealed) &&
           (recovery_data.len > 0 || (!second->there && !slice_is_zero(slice_of(sealed.ptr, AEAD_OVERHEAD))));
}

static bool foreign(struct folder *f, struct arena *a, struct loaded *out, enum found *found, struct err *why,
                    struct err *err)
{
    struct slice recovery_data, sealed;

    (void)marblerun_split(f->copies[0].file, &recovery_data, &sealed);
    if (f->copies[1].there)
        return err_set(err, E_STATE_CORRUPT,
                       "%s: %s is a state of MarbleRun's and %s is not: move away the one that is not wanted",
                       place(f), SEALED_DATA, SEALED_COPY);
    (void)err_set(
        why, E_STATE_SEALED,
        "%s/%s is a state of MarbleRun's, whose key only its own enclave can unseal: its recovery keys open "
        "it here",
        place(f), SEALED_DATA);
    out->recovery_data = arena_copy(a, recovery_data);
    *found = FOUND_FOREIGN;
    return true;
}

/* Of two states without a key the one of before: the other one was being written in its place. */
static const struct copy *sealed_copy(const struct folder *f)
{
    const struct copy *first = &f->copies[0], *second = &f->copies[1];

    if (!first->is_log || !second->is_log)
        return first->is_log ? first : second;
    if (slice_equal(first->header.key_id, second->header.key_id))
        return first;
    return first->header.generation < second->header.generation ? first : second;
}

static bool key_is_good(const struct copy *c) { return c->is_log && c->fault.code == E_STATE_CORRUPT; }

static bool nothing_opened(const struct folder *f, struct copies *c, struct arena *a, struct loaded *out,
                           enum found *found, struct err *why, struct err *err)
{
    const struct copy *first = &f->copies[0], *second = &f->copies[1], *sealed = sealed_copy(f);

    if (sealed->is_log && !key_is_good(first) && !key_is_good(second)) {
        *why = sealed->fault;
        out->recovery_data = arena_copy(a, sealed->header.recovery_data);
        c->best = sealed->name;
        *found = FOUND_SEALED;
        return true;
    }
    return err_set(
        err, E_STATE_CORRUPT,
        "%s/%s: %s. %s: %s. Restore them from a backup; or move them and %s away to begin anew with another "
        "identity",
        place(f), first->name, first->fault.text, second->name, second->fault.text, SEALED_KEY);
}

static void hand_over(struct copies *c, struct copy *best, const struct copy *other, bool key_is_new,
                      struct arena *a, struct loaded *out)
{
    out->recovery_data = arena_copy(a, best->header.recovery_data);
    out->map = best->map;
    out->key = best->key;
    c->equal = same_generation(best, other) && best->file.len == end_of(best) &&
               other->file.len == end_of(best) && !key_is_new;
    c->key_is_new = key_is_new;
    c->best = best->name;
    c->generation = best->log.generation;
    log_wipe(&c->log);
    c->log = best->log;
    c->grown_at = copies_grown_at(&c->log);
    best->map = (struct map){0};
    best->key = (struct data_key){0};
    best->log = (struct log){0};
}

/* What was read is about to be believed and told: it must not be gone after the next power cut. */
static bool make_durable(const struct folder *f, struct err *err)
{
    for (size_t i = 0; i < 2; i++)
        if (f->copies[i].opened && !f->backend->ops->sync(f->backend, f->copies[i].name, err))
            return false;
    return f->backend->ops->sync_names(f->backend, err);
}

static bool open_copy(const struct folder *f, const struct load_ways *ways, struct copy *c, bool *is_new)
{
    if (!c->is_log || !find_key(f, ways, c, is_new))
        return false;
    c->opened = log_open(c->file, secret_bytes(&c->key.key), &c->map, &c->log, &c->fault);
    if (!c->opened && c->fault.code == E_DECRYPT && ways->given.len == 0) /* the key names this very state */
        (void)err_set(&c->fault, E_STATE_CORRUPT, "its header was changed or damaged");
    return c->opened;
}

static bool judge(struct folder *f, struct copies *c, const struct load_ways *ways, struct arena *a,
                  struct loaded *out, enum found *found, struct err *why, struct err *notice, struct err *err)
{
    struct copy *first = &f->copies[0], *second = &f->copies[1], *best, *other;
    bool is_new[2], opened[2];

    if (!first->there && !second->there)
        return nothing_there(f, found, notice, err);
    if (is_foreign(first, second))
        return foreign(f, a, out, found, why, err);
    opened[0] = open_copy(f, ways, first, &is_new[0]); /* both are tried */
    opened[1] = open_copy(f, ways, second, &is_new[1]);
    if (!opened[0] && !opened[1])
        return nothing_opened(f, c, a, out, found, why, err);
    best = better(first, second);
    other = best == first ? second : first;
    if (!check_equal(f, best, other, err) || !check_tail(f, best, other, err) || !make_durable(f, err))
        return false;
    tell_leftovers(f, true, notice);
    tell_copies(best, other, notice);
    hand_over(c, best, other, is_new[best - f->copies], a, out);
    *found = FOUND_STATE;
    return true;
}

bool load(struct copies *c, const struct load_ways *ways, struct arena *a, struct loaded *out,
          enum found *found, struct err *why, struct err *notice, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(folder_wipe) struct folder f = {.backend = c->backend, .arena = &scratch};

    *notice = (struct err){0};
    return read_all(&f, err) && judge(&f, c, ways, a, out, found, why, notice, err);
}
