/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/store/store.h"
#include "pki/hash.h"

struct core {
    const struct config *config;
    const struct tee *tee;
    struct judge *judge;
    struct err trouble;     /* why in recovery; constant after core_open() */
    pthread_mutex_t writer; /* serialises changes; guards `store` */
    pthread_mutex_t lock;   /* guards `mesh`, for as long as it takes to copy a pointer */
    struct store *store;
    struct mesh *mesh;
};

static void unlock(pthread_mutex_t **m) { (void)pthread_mutex_unlock(*m); }

static pthread_mutex_t *locked(pthread_mutex_t *m)
{
    (void)pthread_mutex_lock(m);
    return m;
}

/* ---- start and end --------------------------------------------------------------------------- */

static bool load_mesh(struct core *core, const struct core_options *o, enum store_condition condition,
                      struct err *err)
{
    if (condition == STORE_OPEN)
        return mesh_load(store_entries(core->store), &core->mesh, err);
    return mesh_fresh(&o->config->names, condition == STORE_SEALED ? MESH_RECOVERY : MESH_ACCEPTING_MANIFEST,
                      o->now, &core->mesh, err);
}

bool core_open(const struct core_options *options, struct core **out, struct err *err)
{
    scoped(core_close) struct core *core = calloc(1, sizeof *core);
    enum store_condition condition;

    if (core == NULL)
        abort();
    core->config = options->config;
    core->tee = options->tee;
    core->judge = options->judge;
    if (pthread_mutex_init(&core->writer, NULL) != 0 || pthread_mutex_init(&core->lock, NULL) != 0)
        abort();
    if (!store_open(options->config->seal_dir, &(struct sealer){options->tee}, &core->store, &condition,
                    &core->trouble, err) ||
        !load_mesh(core, options, condition, err) ||
        !core_quote(core, core->mesh, (struct slice){0}, &core->mesh->arena, &core->mesh->quote, err))
        return false;
    *out = core;
    core = NULL;
    return true;
}

void core_close(struct core **core)
{
    if (*core == NULL)
        return;
    mesh_release(&(*core)->mesh);
    store_close(&(*core)->store);
    (void)pthread_mutex_destroy(&(*core)->writer);
    (void)pthread_mutex_destroy(&(*core)->lock);
    free(*core);
    *core = NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct config *core_config(const struct core *core) { return core->config; }
const struct tee *core_tee(const struct core *core) { return core->tee; }
struct judge *core_judge(const struct core *core) { return core->judge; }
const struct err *core_trouble(const struct core *core)
{
    return core->trouble.code == E_NONE ? NULL : &core->trouble;
}

struct mesh *core_mesh(struct core *core)
{
    scoped(unlock) pthread_mutex_t *held = locked(&core->lock);

    (void)held;
    return mesh_hold(core->mesh);
}

bool mesh_require(const struct mesh *m, unsigned states, struct err *err)
{
    if ((states & 1u << m->state) != 0)
        return true;
    return err_set(err, E_STATE_WRONG, "server is not in expected state: it is in state %d (%s)", m->state,
                   mesh_state_name(m->state));
}

bool core_quote(struct core *core, const struct mesh *m, struct slice nonce, struct arena *a,
                struct slice *out, struct err *err)
{
    const struct slice pieces[] = {m->ca->root.der, nonce};
    uint8_t report_data[64] = {0};
    struct slice quote;

    if (core->tee == NULL) {
        *out = (struct slice){0};
        return true;
    }
    sha256_of(report_data, pieces, 2);
    if (!core->tee->evidence(report_data, a, &quote, err))
        return err_in(err, "quote over the root certificate");
    *out = evidence_framed(quote, a);
    return true;
}

/* ---- changing -------------------------------------------------------------------------------- */

static void publish(struct core *core, struct mesh *next)
{
    struct mesh *before;

    (void)pthread_mutex_lock(&core->lock);
    before = core->mesh;
    core->mesh = mesh_hold(next);
    (void)pthread_mutex_unlock(&core->lock);
    mesh_release(&before);
}

static bool commit_new(struct core *core, const struct mesh *m, struct err *err)
{
    static const enum store_mode modes[] = {
        [MANIFEST_SEAL_PRODUCT_KEY] = STORE_SEAL_PRODUCT,
        [MANIFEST_SEAL_UNIQUE_KEY] = STORE_SEAL_UNIQUE,
        [MANIFEST_SEAL_DISABLED] = STORE_MEMORY,
    };
    scoped(arena_wipe) struct arena scratch = {0};
    struct entry *entries;
    size_t num;

    mesh_entries(m, &scratch, &entries, &num);
    return store_begin(core->store, modes[m->manifest.seal_mode], entries, num, err);
}

bool core_set_manifest(struct core *core, struct slice raw, int64_t now, struct mesh **out, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = locked(&core->writer);
    scoped(mesh_release) struct mesh *next = NULL;
    const struct mesh *before = core->mesh; /* only the writer changes it */

    (void)held;
    if (!mesh_require(before, 1u << MESH_RECOVERY | 1u << MESH_ACCEPTING_MANIFEST, err) ||
        !mesh_with_manifest(before, raw, now, &next, err) || !commit_new(core, next, err))
        return err_in(err, "setting the manifest");
    publish(core, next);
    *out = next;
    next = NULL;
    return true;
}

bool core_set_startup_manifest(struct core *core, struct slice raw, int64_t now, bool *was_set,
                               struct err *err)
{
    scoped(mesh_release) struct mesh *m = core_mesh(core);
    scoped(mesh_release) struct mesh *next = NULL;
    scoped(arena_wipe) struct arena scratch = {0};

    if (m->state == MESH_RECOVERY)
        return err_set(err, E_STATE_WRONG,
                       "a startup manifest does not replace a state that cannot be unsealed");
    if (m->state == MESH_ACCEPTING_MARBLES && !slice_equal(m->manifest.raw, raw))
        return err_set(
            err, E_STATE_WRONG,
            "another manifest is in force (fingerprint %s), and a startup manifest does not replace it",
            hex_text(&scratch, slice_of(m->manifest.fingerprint, SHA256_LEN)));
    if (m->state == MESH_ACCEPTING_MANIFEST && !core_set_manifest(core, raw, now, &next, err))
        return false;
    *was_set = next != NULL;
    return true;
}

/* ---- activations ----------------------------------------------------------------------------- */

/* Lower-case hexadecimal, as MarbleRun keeps it. The writer lock is held. */
static bool count_of(const struct core *core, const char *key, uint64_t *out, struct err *err)
{
    const struct slice *text = store_get(core->store, key);
    uint64_t n = 0;

    for (size_t i = 0; text != NULL && i < text->len; i++) {
        const char *digit = memchr("0123456789abcdef", text->ptr[i], 16);

        if (digit == NULL || i == 16)
            return err_set(err, E_STATE_CORRUPT, "state: \"%s\" is not a count", key);
        n = n << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *out = n;
    return true;
}

static bool below_limit(const struct core *core, const struct marble *m, const char *key, uint64_t *count,
                        struct err *err)
{
    if (!count_of(core, key, count, err))
        return false;
    return *count < m->max_activations ||
           err_set(err, E_MARBLE_LIMIT, "marble \"%s\": the limit of %llu activations has been reached",
                   m->type, (unsigned long long)m->max_activations);
}

static char *count_key(const struct marble *m, struct arena *a)
{
    return arena_printf(a, "activations:%s", m->type);
}

bool core_may_activate(struct core *core, const struct marble *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    uint64_t count;

    if (m->max_activations == 0)
        return true;
    scoped(unlock) pthread_mutex_t *held = locked(&core->writer);
    (void)held;
    return below_limit(core, m, count_key(m, &scratch), &count, err);
}

bool core_count_activation(struct core *core, const struct marble *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    char *key = count_key(m, &scratch);
    uint64_t count;

    if (m->max_activations == 0)
        return true;
    scoped(unlock) pthread_mutex_t *held = locked(&core->writer);
    (void)held;
    if (!below_limit(core, m, key, &count, err))
        return false;
    const char *text = arena_printf(&scratch, "%llx", (unsigned long long)count + 1);

    return store_commit(core->store, &(struct entry){key, slice_str(text)}, 1, err);
}
