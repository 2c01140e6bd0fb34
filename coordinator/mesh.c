/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/mesh.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pki/hash.h"

struct mesh_impl {
    atomic_uint holders;
};

/* Store keys: MarbleRun's, all but those of packages and marbles, which the manifest says. */
static const char STATE[] = "state", MANIFEST[] = "manifest", SIGNATURE[] = "manifestSignature",
                  ROOT_CERT[] = "certificate:coordinatorRootCert",
                  INTERMEDIATE_CERT[] = "certificate:coordinatorIntermediateCert",
                  MARBLE_ROOT_CERT[] = "certificate:marbleRootCert",
                  ROOT_KEY[] = "privateKey:coordinatorRootKey",
                  INTERMEDIATE_KEY[] = "privateKey:coordinatorIntermediateKey", ROOT_SECRET[] = "rootSecret",
                  PREVIOUS_ROOT_SECRET[] = "previousRootSecret", UPDATE_LOG[] = "updateLog";
enum { NUM_SINGLE = 11 };

const char *mesh_state_name(enum mesh_state s)
{
    static const char *const names[] = {"uninitialized", "recovery", "accepting a manifest",
                                        "accepting marbles"};

    return names[s];
}

struct mesh *mesh_new(void)
{
    struct mesh *m = calloc(1, sizeof *m);

    if (m == NULL || (m->impl = calloc(1, sizeof *m->impl)) == NULL)
        abort();
    atomic_init(&m->impl->holders, 1);
    return m;
}

struct mesh *mesh_hold(struct mesh *m)
{
    (void)atomic_fetch_add_explicit(&m->impl->holders, 1, memory_order_relaxed);
    return m;
}

void mesh_release(struct mesh **m)
{
    struct mesh *gone = *m;

    *m = NULL;
    if (gone == NULL || atomic_fetch_sub_explicit(&gone->impl->holders, 1, memory_order_acq_rel) != 1)
        return;
    authority_release(&gone->ca);
    arena_wipe(&gone->arena);
    free(gone->impl);
    free(gone);
}

bool mesh_fresh(const struct san *names, enum mesh_state state, int64_t now, struct mesh **out,
                struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_new();
    uint8_t *secret = arena_alloc(&m->arena, ROOT_SECRET_LEN);

    random_bytes(secret, ROOT_SECRET_LEN);
    m->root_secret = slice_of(secret, ROOT_SECRET_LEN);
    m->state = state;
    if (!authority_new(names, now, &m->ca, err))
        return false;
    *out = m;
    m = NULL;
    return true;
}

/* ---- a manifest ------------------------------------------------------------------------------ */

/* ISO 8601 as MarbleRun's log has it: with milliseconds, UTC. */
static const char *initial_log(int64_t now, struct arena *a)
{
    char time[RFC3339_LEN + 1];

    rfc3339_format(time, now);
    return arena_printf(a, "{\"time\":\"%.*s.000Z\",\"update\":\"initial manifest set\"}\n", RFC3339_LEN - 1,
                        time);
}

bool mesh_with_manifest(const struct mesh *before, struct slice raw, int64_t now, struct mesh **out,
                        struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_new();
    struct arena *a = &m->arena;

    m->state = MESH_ACCEPTING_MARBLES;
    m->ca = authority_hold(before->ca);
    m->root_secret = arena_copy(a, before->root_secret);
    m->quote = arena_copy(a, before->quote);
    m->update_log = initial_log(now, a);
    if (!manifest_parse(raw, a, &m->manifest, err) || !manifest_check(&m->manifest, err) ||
        !secrets_begin(&m->manifest, m->root_secret, m->ca, now, a, &m->kept, err) ||
        !key_sign(&m->ca->root_key, m->manifest.raw, a, &m->manifest_signature, err))
        return false;
    *out = m;
    m = NULL;
    return true;
}

/* ---- in the store ---------------------------------------------------------------------------- */

void mesh_entries(const struct mesh *m, struct arena *a, struct entry **out, size_t *num)
{
    const struct authority_parts p = authority_parts(m->ca, a);
    const struct entry singles[NUM_SINGLE] = {
        {STATE, slice_str(arena_printf(a, "%d", m->state))},
        {MANIFEST, m->manifest.raw},
        {SIGNATURE, m->manifest_signature},
        {ROOT_CERT, p.root},
        {INTERMEDIATE_CERT, p.intermediate},
        {MARBLE_ROOT_CERT, p.marble_root},
        {ROOT_KEY, p.root_key},
        {INTERMEDIATE_KEY, p.key},
        {ROOT_SECRET, m->kept.root_secret},
        {PREVIOUS_ROOT_SECRET, m->kept.previous_root_secret},
        {UPDATE_LOG, slice_str(m->update_log)},
    };
    const size_t num_secrets = m->kept.now.num;
    struct entry *e = arena_array(a, NUM_SINGLE + 2 * num_secrets, sizeof *e), *secret = e + NUM_SINGLE;

    memcpy(e, singles, sizeof singles);
    for (size_t i = 0; i < num_secrets; i++) {
        const struct secret_value *now = &m->kept.now.values[i], *previous = &m->kept.previous.values[i];

        *secret++ =
            (struct entry){arena_printf(a, "secret:%s", now->spec->name), secret_value_encode(now, a)};
        *secret++ = (struct entry){arena_printf(a, "previousSecret:%s", now->spec->name),
                                   secret_value_encode(previous, a)};
    }
    *out = e;
    *num = NUM_SINGLE + 2 * num_secrets;
}

static bool needed(const struct entries *e, const char *key, struct slice *out, struct err *err)
{
    const struct slice *found = entries_find(e, key);

    if (found == NULL)
        return err_set(err, E_STATE_CORRUPT, "state: \"%s\" is missing", key);
    *out = *found;
    return true;
}

static bool load_authority(const struct entries *e, struct authority **out, struct err *err)
{
    struct authority_parts p;

    return needed(e, ROOT_CERT, &p.root, err) && needed(e, INTERMEDIATE_CERT, &p.intermediate, err) &&
           needed(e, MARBLE_ROOT_CERT, &p.marble_root, err) && needed(e, ROOT_KEY, &p.root_key, err) &&
           needed(e, INTERMEDIATE_KEY, &p.key, err) && authority_load(&p, out, err);
}

/* Written before there were previous values: then they are the present ones. */
static struct slice or_else(const struct entries *e, const char *key, struct slice otherwise)
{
    const struct slice *found = entries_find(e, key);

    return found != NULL ? *found : otherwise;
}

static bool load_secrets(const struct entries *e, struct mesh *m, struct err *err)
{
    struct arena *a = &m->arena;
    struct secret_value *now = arena_array(a, m->manifest.num_secrets, sizeof *now),
                        *previous = arena_array(a, m->manifest.num_secrets, sizeof *previous);
    size_t num = 0;
    struct slice text, before;

    for (size_t i = 0; i < m->manifest.num_secrets; i++) {
        const struct secret_spec *spec = &m->manifest.secrets[i];

        if (!secret_is_kept(spec))
            continue;
        if (!needed(e, arena_printf(a, "secret:%s", spec->name), &text, err))
            return false;
        before = or_else(e, arena_printf(a, "previousSecret:%s", spec->name), text);
        if (!secret_value_decode(text, spec, a, &now[num], err) ||
            !secret_value_decode(before, spec, a, &previous[num], err))
            return false;
        num++;
    }
    m->kept.now = (struct secret_set){now, num};
    m->kept.previous = (struct secret_set){previous, num};
    return true;
}

static bool load_state(const struct entries *e, struct mesh *m, struct err *err)
{
    struct slice state = {0};

    if (!needed(e, STATE, &state, err))
        return false;
    if (!slice_equal(state, slice_str("3")))
        return err_set(err, E_STATE_CORRUPT, "state: only a coordinator with a manifest seals its state");
    m->state = MESH_ACCEPTING_MARBLES;
    return true;
}

static bool load_all(const struct entries *e, struct mesh *m, struct err *err)
{
    struct slice raw, signature, secret, log;
    struct arena *a = &m->arena;

    if (!load_state(e, m, err) || !load_authority(e, &m->ca, err) || !needed(e, MANIFEST, &raw, err) ||
        !needed(e, SIGNATURE, &signature, err) || !needed(e, ROOT_SECRET, &secret, err) ||
        !needed(e, UPDATE_LOG, &log, err) || !manifest_parse(raw, a, &m->manifest, err))
        return false; /* it was checked when it was set: a later version's stricter rules do not undo that */
    m->manifest_signature = arena_copy(a, signature);
    m->root_secret = m->kept.root_secret = arena_copy(a, secret);
    m->kept.previous_root_secret = arena_copy(a, or_else(e, PREVIOUS_ROOT_SECRET, secret));
    m->update_log = arena_strndup(a, log);
    return load_secrets(e, m, err);
}

bool mesh_load(const struct entries *e, struct mesh **out, struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_new();

    if (!load_all(e, m, err)) {
        err->code = E_STATE_CORRUPT;
        return err_in(err, "the sealed state opens, but cannot be used");
    }
    *out = m;
    m = NULL;
    return true;
}
