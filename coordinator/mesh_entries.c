/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot as the entries of the store, and back: MarbleRun's keys and encodings, which appendix A of the
 * contract lists. */
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/mesh.h"
#include "coordinator/state_keys.h"
#include "manifest/encode.h"

/* ---- written ---------------------------------------------------------------------------------- */

struct writer {
    struct entry *at;
    size_t num;
    struct arena *arena;
};

static void put(struct writer *w, const char *key, struct slice value)
{
    w->at[w->num++] = (struct entry){key, value};
}

static void put_named(struct writer *w, const char *kind, const char *name, struct slice value)
{
    put(w, arena_printf(w->arena, "%s:%s", kind, name), value);
}

static void put_singles(struct writer *w, const struct mesh *m)
{
    const struct authority_parts p = authority_parts(m->ca, w->arena);

    put(w, KEY_STATE, slice_str(arena_printf(w->arena, "%d", m->state)));
    put(w, KEY_MANIFEST, m->manifest->raw);
    put(w, KEY_MANIFEST_SIGNATURE, m->manifest_signature);
    put(w, KEY_ROOT_CERT, p.root);
    put(w, KEY_INTERMEDIATE_CERT, p.intermediate);
    put(w, KEY_MARBLE_ROOT_CERT, p.marble_root);
    put(w, KEY_ROOT_KEY, p.root_key);
    put(w, KEY_INTERMEDIATE_KEY, p.key);
    put(w, KEY_REVISION, mesh_revision_text(m->revision, w->arena));
    if (p.previous_marble_root.len > 0)
        put(w, KEY_PREVIOUS_MARBLE_ROOT, p.previous_marble_root);
    put(w, KEY_ROOT_SECRET, m->secrets.root_secret);
    put(w, KEY_PREVIOUS_ROOT_SECRET, m->secrets.previous_root_secret);
    if (m->pending != NULL)
        put(w, KEY_PENDING_UPDATE, pending_encode(m->pending, w->arena));
}

struct slice mesh_revision_text(uint64_t revision, struct arena *a)
{
    return slice_str(arena_printf(a, "%llu", (unsigned long long)revision));
}

static void put_secrets(struct writer *w, const char *kind, const struct secret_set *set)
{
    for (size_t i = 0; i < set->num; i++)
        put_named(w, kind, set->values[i].spec->name, secret_value_encode(&set->values[i], w->arena));
}

static void put_user(struct writer *w, const struct user *u)
{
    struct user_record record;

    user_record_of(u, w->arena, &record);
    put_named(w, KIND_USER, u->name, user_encode(&record, w->arena));
}

static void put_sections(struct writer *w, const struct mesh *m)
{
    const struct manifest *f = m->manifest;
    struct arena *a = w->arena;

    for (size_t i = 0; i < f->num_packages; i++)
        put_named(w, KIND_PACKAGE, m->packages[i].name, package_encode(&m->packages[i], a));
    for (size_t i = 0; i < f->num_infrastructures; i++)
        put_named(w, KIND_INFRASTRUCTURE, f->infrastructures[i].name,
                  infrastructure_encode(&f->infrastructures[i], a));
    for (size_t i = 0; i < f->num_marbles; i++)
        put_named(w, KIND_MARBLE, f->marbles[i].type, marble_encode(&f->marbles[i], a));
    for (size_t i = 0; i < f->num_tls; i++)
        put_named(w, KIND_TLS, f->tls[i].name, tls_tag_encode(&f->tls[i], a));
    for (size_t i = 0; i < f->num_users; i++)
        put_user(w, &f->users[i]);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

enum { NUM_SINGLES = 13 };

struct entries mesh_entries(const struct mesh *m, struct arena *a)
{
    const struct manifest *f = m->manifest;
    const size_t num = NUM_SINGLES + f->num_packages + f->num_infrastructures + f->num_marbles + f->num_tls +
                       f->num_users + m->secrets.now.num + m->secrets.previous.num;
    struct writer w = {arena_array(a, num, sizeof(struct entry)), 0, a};

    put_singles(&w, m);
    put_sections(&w, m);
    put_secrets(&w, KIND_SECRET, &m->secrets.now);
    put_secrets(&w, KIND_PREVIOUS_SECRET, &m->secrets.previous);
    qsort(w.at, w.num, sizeof *w.at, by_key);
    return (struct entries){w.at, w.num};
}

/* ---- what changed ----------------------------------------------------------------------------- */

/* Not what a snapshot does not hold: log and counters. */
static bool is_of_snapshot(const char *key)
{
    static const char *const others[] = {KIND_ACTIVATIONS ":", KIND_MONOTONIC_COUNTER ":"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (text_starts_with(slice_str(key), others[i]))
            return false;
    return strcmp(key, KEY_UPDATE_LOG) != 0;
}

struct store_changes entries_changes(const struct entries *before, const struct entries *after,
                                     struct arena *a)
{
    struct entry *changes = arena_array(a, before->num + after->num, sizeof *changes);
    size_t old = 0, new = 0, num = 0;

    while (old < before->num || new < after->num) {
        const int order = old == before->num  ? 1
                          : new == after->num ? -1
                                              : by_key(&before->at[old], &after->at[new]);

        if (order < 0 && is_of_snapshot(before->at[old].key))
            changes[num++] = (struct entry){before->at[old].key, {0}};
        else if (order > 0 || (order == 0 && !slice_equal(before->at[old].value, after->at[new].value)))
            changes[num++] = after->at[new];
        old += order <= 0;
        new += order >= 0;
    }
    return (struct store_changes){changes, num};
}

/* ---- read ------------------------------------------------------------------------------------- */

struct reader {
    const struct entries *entries;
    struct mesh *mesh;
    struct manifest *manifest; /* in the memory of its part */
    struct arena scratch;
    struct err *err;
};

static void reader_wipe(struct reader *r) { arena_wipe(&r->scratch); }

static bool corrupt(struct reader *r, const char *key, const char *what)
{
    return err_set(r->err, E_STATE_CORRUPT, "state: \"%s\" %s", key, what);
}

static bool need(struct reader *r, const char *key, struct slice *out)
{
    const struct slice *found = entries_find(r->entries, key);

    if (found == NULL)
        return corrupt(r, key, "is missing");
    *out = *found;
    return true;
}

static const char *key_of(struct reader *r, const char *kind, const char *name)
{
    return arena_printf(&r->scratch, "%s:%s", kind, name);
}

static bool read_state(struct reader *r)
{
    const struct slice *revision;
    struct slice state = {0};

    if (!need(r, KEY_STATE, &state))
        return false;
    if (!slice_equal(state, slice_str("3")))
        return corrupt(r, KEY_STATE, "is not 3: only a coordinator with a manifest seals its state");
    revision = entries_find(r->entries, KEY_REVISION);
    if (revision != NULL && !decimal_decode(*revision, UINT64_MAX, &r->mesh->revision))
        return corrupt(r, KEY_REVISION, "is not a number");
    r->mesh->state = MESH_ACCEPTING_MARBLES;
    return need(r, KEY_UPDATE_LOG, &state);
}

static bool read_authority(struct reader *r)
{
    const struct slice *previous = entries_find(r->entries, KEY_PREVIOUS_MARBLE_ROOT);
    struct authority_parts p = {.previous_marble_root = previous == NULL ? (struct slice){0} : *previous};

    return need(r, KEY_ROOT_CERT, &p.root) && need(r, KEY_INTERMEDIATE_CERT, &p.intermediate) &&
           need(r, KEY_MARBLE_ROOT_CERT, &p.marble_root) && need(r, KEY_ROOT_KEY, &p.root_key) &&
           need(r, KEY_INTERMEDIATE_KEY, &p.key) && authority_load(&p, &r->mesh->ca, r->err);
}

/* It was checked when it was set: a later version's stricter rules do not undo that. */
static bool read_manifest(struct reader *r)
{
    struct arena *a = mesh_part_anew(r->mesh, MESH_MANIFEST);
    struct slice raw, signature;

    r->manifest = arena_alloc(a, sizeof *r->manifest);
    if (!need(r, KEY_MANIFEST, &raw) || !need(r, KEY_MANIFEST_SIGNATURE, &signature))
        return false;
    if (!spki_verify(r->mesh->ca->root.spki, SIG_ECDSA_SHA256, raw, signature, r->err))
        return corrupt(r, KEY_MANIFEST_SIGNATURE, "is not the root key's for \"" KEY_MANIFEST "\"");
    if (!manifest_parse(raw, a, r->manifest, r->err))
        return err_in(r->err, "state: \"" KEY_MANIFEST "\"");
    r->mesh->manifest_signature = arena_copy(&r->mesh->arena, signature);
    mesh_put_manifest(r->mesh, r->manifest);
    return true;
}

/* Of a package only the security version can differ from what the manifest says. */
static bool read_packages(struct reader *r)
{
    for (size_t i = 0; i < r->manifest->num_packages; i++) {
        struct package *p = &r->mesh->packages[i];
        struct package stored;
        struct slice text;

        if (!need(r, key_of(r, KIND_PACKAGE, p->name), &text) ||
            !package_decode(p->name, text, &r->scratch, &stored, r->err))
            return false;
        p->policy.has_security_version = stored.policy.has_security_version;
        p->policy.security_version = stored.policy.security_version;
    }
    return true;
}

/* Entries that repeat the manifest have to be there; it is the manifest that counts. */
static bool read_repeated(struct reader *r)
{
    const struct manifest *m = r->manifest;
    struct slice ignored;

    for (size_t i = 0; i < m->num_infrastructures; i++)
        if (!need(r, key_of(r, KIND_INFRASTRUCTURE, m->infrastructures[i].name), &ignored))
            return false;
    for (size_t i = 0; i < m->num_marbles; i++)
        if (!need(r, key_of(r, KIND_MARBLE, m->marbles[i].type), &ignored))
            return false;
    for (size_t i = 0; i < m->num_tls; i++)
        if (!need(r, key_of(r, KIND_TLS, m->tls[i].name), &ignored))
            return false;
    return true;
}

/* Who somebody is is not taken from two places that differ. */
static bool read_users(struct reader *r)
{
    for (size_t i = 0; i < r->manifest->num_users; i++) {
        const struct user *u = &r->manifest->users[i];
        const char *key = key_of(r, KIND_USER, u->name);
        struct user_record stored;
        struct slice text;

        if (!need(r, key, &text) || !user_decode(text, &r->scratch, &stored, r->err))
            return false;
        if (!slice_equal(stored.certificate, u->der))
            return corrupt(r, key, "has another certificate than the manifest");
    }
    return true;
}

/* States of before the root secret took the root key, which was on P-384 then. */
static bool read_root_secrets(struct reader *r, struct arena *a)
{
    const struct slice *now = entries_find(r->entries, KEY_ROOT_SECRET),
                       *previous = entries_find(r->entries, KEY_PREVIOUS_ROOT_SECRET);
    scoped(secret_wipe) struct secret scalar = {0};
    struct slice secret;

    if (now == NULL && key_type_of(&r->mesh->ca->root_key) != KEY_P384)
        return corrupt(r, KEY_ROOT_SECRET, "is missing");
    if (now == NULL)
        key_to_scalar(&r->mesh->ca->root_key, &scalar);
    secret = arena_copy(a, now == NULL ? secret_bytes(&scalar) : *now);
    if (secret.len == 0 || (previous != NULL && previous->len == 0))
        return corrupt(r, KEY_ROOT_SECRET, "is empty");
    r->mesh->secrets.root_secret = secret;
    r->mesh->secrets.previous_root_secret = previous == NULL ? secret : arena_copy(a, *previous);
    return true;
}

static bool read_secret(struct reader *r, const struct secret_spec *spec, struct arena *a,
                        struct secret_value *now, struct secret_value *previous)
{
    const struct slice *before = entries_find(r->entries, key_of(r, KIND_PREVIOUS_SECRET, spec->name));
    struct slice text;

    return need(r, key_of(r, KIND_SECRET, spec->name), &text) &&
           secret_value_decode(text, spec, a, now, r->err) &&
           secret_value_decode(before == NULL ? text : *before, spec, a, previous, r->err);
}

static bool read_secrets(struct reader *r)
{
    struct arena *a = mesh_part_anew(r->mesh, MESH_SECRETS);
    const struct manifest *m = r->manifest;
    struct secret_value *now = arena_array(a, m->num_secrets, sizeof *now),
                        *previous = arena_array(a, m->num_secrets, sizeof *previous);
    size_t num = 0;

    for (size_t i = 0; i < m->num_secrets; i++) {
        if (!secret_is_kept(&m->secrets[i]))
            continue;
        if (!read_secret(r, &m->secrets[i], a, &now[num], &previous[num]))
            return false;
        num++;
    }
    r->mesh->secrets.now = (struct secret_set){now, num};
    r->mesh->secrets.previous = (struct secret_set){previous, num};
    return read_root_secrets(r, a);
}

static bool read_pending(struct reader *r)
{
    const struct slice *text = entries_find(r->entries, KEY_PENDING_UPDATE);
    struct pending_update *pending;

    if (text == NULL)
        return true;
    if (!pending_decode(*text, mesh_part_anew(r->mesh, MESH_PENDING), &pending, r->err))
        return false;
    r->mesh->pending = pending;
    return true;
}

bool mesh_load(const struct entries *e, struct mesh **out, struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_new();
    scoped(reader_wipe) struct reader r = {.entries = e, .mesh = m, .err = err};

    if (!read_state(&r) || !read_authority(&r) || !read_manifest(&r) || !read_packages(&r) ||
        !read_repeated(&r) || !read_users(&r) || !read_secrets(&r) || !read_pending(&r)) {
        err->code = E_STATE_CORRUPT;
        return err_in(err, "the sealed state opens, but cannot be used");
    }
    *out = m;
    m = NULL;
    return true;
}
