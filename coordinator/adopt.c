/* SPDX-License-Identifier: Apache-2.0 */
/* The first manifest; contract 1.14. */
#include "base/text.h"
#include "coordinator/change.h"
#include "coordinator/state_keys.h"
#include "coordinator/update_log.h"
#include "pki/hash.h"

/* The mesh that `before`, which has no manifest, becomes under this one. */
static bool make_mesh(const struct mesh *before, struct slice raw, int64_t now, struct mesh **out,
                      struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_next(before);
    struct arena *a = mesh_part_anew(m, MESH_MANIFEST);
    struct manifest *manifest = arena_alloc(a, sizeof *manifest);
    uint8_t root_secret[ROOT_SECRET_LEN];

    m->state = MESH_ACCEPTING_MARBLES;
    if (!manifest_parse(raw, a, manifest, err) || !manifest_check(manifest, err))
        return false;
    mesh_put_manifest(m, manifest);
    random_bytes(root_secret, sizeof root_secret);
    const bool made = secrets_begin(manifest, slice_of(root_secret, sizeof root_secret), m->ca, now,
                                    mesh_part_anew(m, MESH_SECRETS), &m->secrets, err);

    wipe(root_secret, sizeof root_secret);
    if (!made || !mesh_sign_manifest(m, err))
        return false;
    *out = m;
    m = NULL;
    return true;
}

/* The mesh whole, and the first line of its log. */
static struct entries first_entries(const struct mesh *m, int64_t now, struct arena *a)
{
    scoped(buf_wipe) struct buf log = buf_max(SIZE_MAX);
    const struct entries all = mesh_entries(m, a);

    line_begin(&log, now, "initial manifest set");
    line_end(&log);
    return entries_with(&all, &(struct entry){KEY_UPDATE_LOG, buf_bytes(&log)}, 1, a);
}

static bool seal_first(struct core *core, const struct mesh *m, const struct recovery_made *recovery,
                       int64_t now, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct entries e = first_entries(m, now, &scratch);
    const struct store_beginning what = {
        .sealing = {store_mode_of(m->manifest->seal_mode), &recovery->key, recovery->data},
        .entries = e.at,
        .num_entries = e.num,
    };

    return store_begin(core->store, &what, err) || err_in(err, "sealing the state");
}

bool core_set_manifest(struct core *core, struct slice raw, int64_t now, struct arena *a,
                       struct recovery_secrets *secrets, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);
    scoped(mesh_release) struct mesh *next = NULL;
    scoped(recovery_made_wipe) struct recovery_made recovery = {0};

    (void)held;
    if (!mesh_require(core_now(core), 1u << MESH_RECOVERY | 1u << MESH_ACCEPTING_MANIFEST, err) ||
        !make_mesh(core_now(core), raw, now, &next, err) ||
        !recovery_make(next->manifest, a, &recovery, err) || !seal_first(core, next, &recovery, now, err))
        return err_in(err, "setting the manifest");
    core_publish(core, &next);
    recovery_drop(&core->recovery);
    ephemeral_drop(core->ephemeral);
    *secrets = recovery.secrets;
    return true;
}

/* May this manifest be set at start? *in_force: it need not be. */
static bool check_startup(const struct mesh *m, struct slice raw, bool *in_force, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (m->state == MESH_RECOVERY)
        return err_set(err, E_STATE_WRONG,
                       "a startup manifest does not replace a state that cannot be unsealed");
    *in_force = m->state == MESH_ACCEPTING_MARBLES;
    if (!*in_force || slice_equal(m->manifest->raw, raw))
        return true;
    return err_set(
        err, E_STATE_WRONG,
        "another manifest is in force (fingerprint %s), and a startup manifest does not replace it",
        hex_text(&scratch, slice_of(m->manifest->fingerprint, SHA256_LEN)));
}

bool core_set_startup_manifest(struct core *core, struct slice raw, int64_t now, bool *was_set,
                               struct err *err)
{
    scoped(mesh_release) struct mesh *m = core_mesh(core);
    scoped(arena_wipe) struct arena scratch = {0};
    struct recovery_secrets nobody_gets;
    bool in_force;

    if (!check_startup(m, raw, &in_force, err) ||
        (!in_force && !core_set_manifest(core, raw, now, &scratch, &nobody_gets, err)))
        return false;
    *was_set = !in_force;
    return true;
}
