/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/change.h"

#include "coordinator/state_keys.h"

void unlock(pthread_mutex_t **held) { (void)pthread_mutex_unlock(*held); }

pthread_mutex_t *core_lock(struct core *core)
{
    (void)pthread_mutex_lock(&core->writer);
    return &core->writer;
}

void core_publish(struct core *core, struct mesh **next)
{
    published_set(&core->current, *next);
    *next = NULL;
}

bool core_user_now(const struct core *core, const struct user *user, const struct user **out, struct err *err)
{
    const struct user *now = manifest_user(core_now(core)->manifest, user->name);

    if (now == NULL || !slice_equal(now->der, user->der))
        return err_set(err, E_USER_UNKNOWN, "unauthorized user: \"%s\" has been removed by an update",
                       user->name);
    *out = now;
    return true;
}

/* The log stands in the store alone: it only grows, and no snapshot needs it. */
static bool add_to_log(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                       struct err *err)
{
    const struct change *what = ctx;
    const struct slice *before = store_view_get(v, KEY_UPDATE_LOG);
    struct entry *all = arena_array(a, what->entries.num + 1, sizeof *all);
    scoped(buf_wipe) struct buf log = buf_max(SIZE_MAX);

    (void)err;
    for (size_t i = 0; i < what->entries.num; i++)
        all[i] = what->entries.at[i];
    *out = (struct store_changes){all, what->entries.num};
    if (what->log.len == 0)
        return true;
    buf_put(&log, before == NULL ? (struct slice){0} : *before);
    buf_put(&log, what->log);
    all[out->num++] = (struct entry){KEY_UPDATE_LOG, arena_copy(a, buf_bytes(&log))};
    return true;
}

bool core_commit(struct core *core, const struct change *what, struct err *err)
{
    struct change copy = *what;

    return (what->sealing == NULL ? store_update(core->store, add_to_log, &copy, err)
                                  : store_reseal(core->store, what->sealing, add_to_log, &copy, err)) ||
           err_in(err, "sealing the state");
}

/* With SHA-256 whatever the curve is, as MarbleRun signs with P-384. */
bool mesh_sign_manifest(struct mesh *m, struct err *err)
{
    return key_sign_as(&m->ca->root_key, SIG_ECDSA_SHA256, m->manifest->raw, &m->arena,
                       &m->manifest_signature, err) ||
           err_in(err, "signing the manifest");
}

enum store_mode store_mode_of(enum manifest_seal_mode m)
{
    static const enum store_mode modes[] = {
        [MANIFEST_SEAL_PRODUCT_KEY] = STORE_SEAL_PRODUCT,
        [MANIFEST_SEAL_UNIQUE_KEY] = STORE_SEAL_UNIQUE,
        [MANIFEST_SEAL_DISABLED] = STORE_MEMORY,
    };

    return modes[m];
}
