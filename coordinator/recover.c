/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed state is opened again; contract 5.6. */
#include "coordinator/change.h"

static bool require_recovery(const struct core *core, struct err *err)
{
    return mesh_require(core_now(core), 1u << MESH_RECOVERY, err);
}

/* An imported state gets our keys and encodings, and what it had of them goes. The state is good without that
 * as well, so what fails here is done at the next update. */
static void tidy(struct core *core, const struct mesh *m, const struct entries *before)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct entries after = mesh_entries(m, &scratch);
    const struct change what = {.entries = entries_changes(before, &after, &scratch)};
    struct err ignored;

    if (what.entries.num > 0)
        (void)core_commit(core, &what, &ignored);
}

/* The state that this key opens becomes ours, if the owners of the recovery keys sent its parts. */
static bool restore(struct core *core, const struct recovered *found, struct err *err)
{
    scoped(mesh_release) struct mesh *m = NULL;

    if (!mesh_load(&found->entries, &m, err) || !recovery_check_owners(&core->recovery, m->manifest, err) ||
        !core_quote(core, m, (struct slice){0}, &m->arena, &m->quote, err) ||
        !store_recover(core->store, found->key, store_mode_of(m->manifest->seal_mode), err))
        return false;
    tidy(core, m, &found->entries);
    core_publish(core, &m);
    ephemeral_drop(core->ephemeral);
    recovery_drop(&core->recovery);
    return true;
}

/* Whatever goes wrong once the secrets are there, or cannot be: one starts over. */
static bool try_secrets(struct core *core, size_t *remaining, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct recovered r;

    if (!recovery_try(&core->recovery, core->store, &scratch, &r, err) ||
        (r.found && !restore(core, &r, err))) {
        recovery_drop(&core->recovery);
        return err_in(err, "recovery");
    }
    *remaining = r.found ? 0 : r.remaining;
    return true;
}

bool core_recover(struct core *core, struct slice secret, struct slice signature, int64_t now,
                  size_t *remaining, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);

    (void)held;
    (void)now;
    return require_recovery(core, err) &&
           recovery_add(&core->recovery, store_recovery_data(core->store), secret, signature, err) &&
           try_secrets(core, remaining, err);
}

bool core_recovery_public_key(struct core *core, struct arena *a, struct slice *spki, struct err *err)
{
    scoped(mesh_release) struct mesh *m = core_mesh(core);

    return mesh_require(m, 1u << MESH_RECOVERY, err) && ephemeral_spki(core->ephemeral, a, spki, err);
}

bool core_recovery_decrypt(struct core *core, struct slice ciphertext, struct arena *a, struct slice *secret,
                           struct err *err)
{
    return ephemeral_decrypt(core->ephemeral, ciphertext, a, secret, err);
}
