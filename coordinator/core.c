/* SPDX-License-Identifier: Apache-2.0 */
/* The core's start, its end, and what is read of it. */
#include <stdlib.h>

#include "coordinator/change.h"
#include "pki/hash.h"

/* ---- start and end --------------------------------------------------------------------------- */

static bool load_mesh(struct core *core, const struct core_options *o, enum store_condition condition,
                      struct mesh **out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (condition == STORE_OPEN) {
        const struct entries entries = store_entries(core->store, &scratch);

        return mesh_load(&entries, out, err);
    }
    return mesh_fresh(&o->config->names, condition == STORE_SEALED ? MESH_RECOVERY : MESH_ACCEPTING_MANIFEST,
                      o->now, out, err);
}

static struct core *core_new(const struct core_options *o)
{
    struct core *core = calloc(1, sizeof *core);

    if (core == NULL || pthread_mutex_init(&core->writer, NULL) != 0)
        abort();
    core->config = o->config;
    core->tee = o->tee;
    core->judge = o->judge;
    core->events = events_new();
    core->ephemeral = ephemeral_new();
    secret_random(&core->challenge_key, 32);
    return core;
}

bool core_open(const struct core_options *options, struct core **out, struct err *err)
{
    scoped(core_close) struct core *core = core_new(options);
    scoped(mesh_release) struct mesh *mesh = NULL;
    enum store_condition condition;

    if (!store_open(options->config->seal_dir, &(struct sealer){options->tee}, &core->store, &condition,
                    &core->trouble, err) ||
        !load_mesh(core, options, condition, &mesh, err) ||
        !core_quote(core, mesh, (struct slice){0}, &mesh->arena, &mesh->quote, err))
        return false;
    core_publish(core, &mesh);
    *out = core;
    core = NULL;
    return true;
}

void core_close(struct core **core)
{
    struct core *gone = *core;
    struct mesh *none = NULL;

    *core = NULL;
    if (gone == NULL)
        return;
    core_publish(gone, &none);
    recovery_drop(&gone->recovery);
    ephemeral_free(&gone->ephemeral);
    secret_wipe(&gone->challenge_key);
    store_close(&gone->store);
    events_free(&gone->events);
    (void)pthread_mutex_destroy(&gone->writer);
    free(gone);
}

static void hold(void *mesh) { (void)mesh_hold(mesh); }

/* ---- reading --------------------------------------------------------------------------------- */

const struct config *core_config(const struct core *core) { return core->config; }
const struct tee *core_tee(const struct core *core) { return core->tee; }
struct events *core_events(struct core *core) { return core->events; }
struct mesh *core_mesh(struct core *core) { return current_get(&core->mesh, hold); }
struct judge *core_judge(const struct core *core) { return core->judge; }
const struct secret *core_challenge_key(const struct core *core) { return &core->challenge_key; }

const struct err *core_trouble(const struct core *core)
{
    return core->trouble.code == E_NONE ? NULL : &core->trouble;
}

const struct err *core_notice(const struct core *core) { return store_notice(core->store); }

bool mesh_require(const struct mesh *m, unsigned states, struct err *err)
{
    if ((states & 1u << m->state) != 0)
        return true;
    return err_set(err, E_STATE_WRONG, "server is not in expected state: it is in state %d (%s)", m->state,
                   mesh_state_name(m->state));
}

bool mesh_feature(const struct mesh *m, const char *gate, struct err *err)
{
    return manifest_feature(m->manifest, gate) ||
           err_set(err, E_FEATURE_OFF, "Config.FeatureGates of the manifest does not list \"%s\"", gate);
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
