/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of the manifest; contract 1.15. */
#include "base/text.h"
#include "coordinator/change.h"
#include "coordinator/state_keys.h"
#include "coordinator/update_log.h"
#include "manifest/plan.h"
#include "pki/hash.h"

/* What one call does: from the present snapshot to the next, with lines of the log. */
struct update {
    struct core *core;
    const struct mesh *before;
    const struct user *user;
    int64_t now;
    struct mesh *next;
    struct buf log;
    struct recovery_made recovery; /* if recovery changes */
    struct arena scratch;
};

static void update_wipe(struct update *u)
{
    mesh_release(&u->next);
    buf_wipe(&u->log);
    recovery_made_wipe(&u->recovery);
    arena_wipe(&u->scratch);
}

/* Who asks is a user, and may be one no more since. The writer lock is held. */
static bool begin(struct update *u, const struct user *user, struct err *err)
{
    u->before = core_now(u->core);
    u->log = buf_max(SIZE_MAX);
    return mesh_require(u->before, 1u << MESH_ACCEPTING_MARBLES, err) &&
           core_user_now(u->core, user, &u->user, err);
}

static bool may_update(const struct update *u, struct err *err)
{
    return manifest_user_may(u->before->manifest, u->user, ACTION_UPDATE_MANIFEST, NULL) ||
           err_set(err, E_USER_DENIED, "user \"%s\" may not update the manifest", u->user->name);
}

static const char *fingerprint_of(struct slice raw, struct arena *a)
{
    uint8_t hash[SHA256_LEN];

    sha256(hash, raw);
    return hex_text(a, slice_of(hash, sizeof hash));
}

/* ---- lines of the log ------------------------------------------------------------------------- */

static void log_missing(struct update *u, const struct pending_update *p)
{
    size_t num;
    const char **names = pending_missing_users(p, &u->scratch, &num);

    line_number(&u->log, "missingAcknowledgments", p->missing);
    line_names(&u->log, "missingUsers", names, num);
}

/* `user` and `pending` are NULL where the line has none. */
static void log_update(struct update *u, const char *what, const struct user *user,
                       const struct pending_update *pending, struct slice raw)
{
    line_begin(&u->log, u->now, what);
    if (user != NULL)
        line_text(&u->log, "user", user->name);
    if (pending != NULL)
        log_missing(u, pending);
    line_text(&u->log, "manifestFingerprint", fingerprint_of(raw, &u->scratch));
    line_end(&u->log);
}

static void log_package(struct update *u, const struct package *p)
{
    line_begin(&u->log, u->now, "SecurityVersion of a package set");
    line_text(&u->log, "user", u->user->name);
    line_text(&u->log, "package", p->name);
    line_number(&u->log, "new version", p->policy.security_version);
    line_end(&u->log);
}

/* ---- made durable ----------------------------------------------------------------------------- */

/* With other recovery keys the state gets another data key, with another seal mode the same one is sealed
 * anew. */
static const struct store_sealing *new_sealing(const struct update *u, struct store_sealing *out)
{
    const struct manifest *before = u->before->manifest, *next = u->next->manifest;

    *out = (struct store_sealing){.mode = store_mode_of(next->seal_mode),
                                  .recovery_data = store_recovery_data(u->core->store)};
    if (u->recovery.key.key.len > 0) {
        out->key = &u->recovery.key;
        out->recovery_data = u->recovery.data;
        return out;
    }
    return next->seal_mode == before->seal_mode ? NULL : out;
}

static bool commit(struct update *u, struct err *err)
{
    const struct entries before = mesh_entries(u->before, &u->scratch),
                         after = mesh_entries(u->next, &u->scratch);
    struct store_sealing sealing;
    const struct change what = {
        .entries = entries_changes(&before, &after, &u->scratch),
        .log = buf_bytes(&u->log),
        .sealing = new_sealing(u, &sealing),
    };

    if (!core_commit(u->core, &what, err))
        return false;
    core_publish(u->core, &u->next);
    return true;
}

/* ---- package updates -------------------------------------------------------------------------- */

static bool may_raise(const struct update *u, const struct manifest *upload, struct err *err)
{
    for (size_t i = 0; i < upload->num_packages; i++)
        if (!manifest_user_may(u->before->manifest, u->user, ACTION_UPDATE_SECURITY_VERSION,
                               upload->packages[i].name))
            return err_set(err, E_USER_DENIED, "user \"%s\" may not update package \"%s\"", u->user->name,
                           text_shown(&u->next->arena, slice_str(upload->packages[i].name)));
    return true;
}

static bool rotate(struct update *u, struct err *err)
{
    authority_release(&u->next->ca);
    return authority_rotate(u->before->ca, u->now, &u->next->ca, err);
}

static bool update_packages(struct update *u, const struct manifest *upload, struct err *err)
{
    const struct mesh *before = u->before;
    struct mesh *m = u->next = mesh_next(before);

    if (!may_raise(u, upload, err) ||
        !packages_update(before->packages, before->manifest->num_packages, upload, &m->arena, &m->packages,
                         err) ||
        !rotate(u, err) ||
        !secrets_reissue(m->manifest, &before->secrets, m->ca, u->now, mesh_part_anew(m, MESH_SECRETS),
                         &m->secrets, err))
        return false;
    for (size_t i = 0; i < upload->num_packages; i++)
        log_package(u, package_find(m->packages, m->manifest->num_packages, upload->packages[i].name));
    return commit(u, err);
}

/* ---- full updates ----------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return text_equal_fold(slice_str(a == NULL ? "" : a), slice_str(b == NULL ? "" : b));
}

static bool same_product(const struct package_policy *a, const struct package_policy *b)
{
    return same_text(a->signer_id, b->signer_id) && same_text(a->unique_id, b->unique_id) &&
           a->has_product_id == b->has_product_id && a->product_id == b->product_id;
}

static bool is_lower(const struct package_policy *a, const struct package_policy *b)
{
    return b->has_security_version && (!a->has_security_version || a->security_version < b->security_version);
}

/* A manifest that was edited from the one in force does not know of package updates since then: what they
 * raised for a product stays raised. MarbleRun lowers it without a word. */
static void keep_raised(const struct mesh *before, struct mesh *m)
{
    for (size_t i = 0; i < m->manifest->num_packages; i++) {
        struct package_policy *now = &m->packages[i].policy;
        const struct package *declared = manifest_package(before->manifest, m->packages[i].name);
        const struct package *in_force =
            package_find(before->packages, before->manifest->num_packages, m->packages[i].name);

        if (declared == NULL || !is_lower(&declared->policy, &in_force->policy) ||
            !same_product(now, &in_force->policy) || !is_lower(now, &in_force->policy))
            continue;
        now->has_security_version = true;
        now->security_version = in_force->policy.security_version;
    }
}

static bool make_next(struct update *u, struct slice raw, struct err *err)
{
    struct mesh *m = u->next = mesh_next(u->before);
    struct arena *a = mesh_part_anew(m, MESH_MANIFEST);
    struct manifest *manifest = arena_alloc(a, sizeof *manifest);

    if (!manifest_parse(raw, a, manifest, err) || !manifest_check(manifest, err) || !rotate(u, err))
        return false;
    mesh_put_manifest(m, manifest);
    if (!mesh_check_names(m, err))
        return false;
    keep_raised(u->before, m);
    m->pending = NULL;
    (void)mesh_part_anew(m, MESH_PENDING);
    return secrets_update(u->before->manifest, &u->before->secrets, manifest, m->ca, u->now,
                          mesh_part_anew(m, MESH_SECRETS), &m->secrets, err) &&
           mesh_sign_manifest(m, err);
}

/* Everything but the commit, so that what cannot be applied is refused when it is submitted. */
static bool prepare(struct update *u, struct slice raw, struct arena *a, struct err *err)
{
    return make_next(u, raw, err) && (!recovery_changes(u->before->manifest, u->next->manifest) ||
                                      recovery_make(u->next->manifest, a, &u->recovery, err));
}

/* Once it has all acknowledgments that it needs, nobody is missing. */
static void told(const struct pending_update *p, struct arena *a, struct update_result *out)
{
    *out = (struct update_result){.missing_acknowledgments = p->missing};
    if (p->missing > 0)
        out->missing_users = pending_missing_users(p, a, &out->num_missing_users);
}

/* `p` says how it came to this; what was prepared is put in force. */
static bool apply(struct update *u, const struct pending_update *p, struct arena *a,
                  struct update_result *out, struct err *err)
{
    const bool has_secrets = u->recovery.key.key.len > 0;
    struct update_result r;

    told(p, a, &r);
    r.applied = true;
    r.has_recovery_secrets = has_secrets;
    r.recovery_secrets = u->recovery.secrets;
    log_update(u, "full manifest update applied", NULL, NULL, p->raw);
    if (!commit(u, err))
        return false;
    *out = r;
    return true;
}

/* The next snapshot is the present one, with another update pending, or none. */
static void only_pending(struct update *u, const struct pending_update *p)
{
    mesh_release(&u->next);
    u->next = mesh_next(u->before);
    u->next->revision = u->before->revision; /* no marble gets anything else by that */
    struct arena *a = mesh_part_anew(u->next, MESH_PENDING);

    u->next->pending = p == NULL ? NULL : pending_copy(p, a);
}

static bool submit(struct update *u, struct slice raw, struct arena *a, struct update_result *out,
                   struct err *err)
{
    const struct manifest *m = u->before->manifest;
    size_t num;
    const struct user **updaters = manifest_updaters(m, &u->scratch, &num);
    struct pending_update *p = pending_new(raw, updaters, num, manifest_update_threshold(m), &u->scratch);

    if (!may_update(u, err) || !pending_acknowledge(p, u->user->name, &u->scratch, &p, err) ||
        !prepare(u, raw, a, err))
        return false;
    log_update(u, "full manifest update initiated", u->user, p->missing == 0 ? NULL : p, raw);
    if (p->missing == 0)
        return apply(u, p, a, out, err);
    recovery_made_wipe(&u->recovery); /* the secrets are made for who completes the update */
    only_pending(u, p);
    if (!commit(u, err))
        return false;
    told(p, a, out);
    return true;
}

bool core_update(struct core *core, const struct user *user, struct slice raw, int64_t now, struct arena *a,
                 struct update_result *out, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);
    scoped(update_wipe) struct update u = {.core = core, .now = now};
    struct manifest upload;

    (void)held;
    if (!begin(&u, user, err))
        return false;
    if (u.before->pending != NULL)
        return err_set(err, E_UPDATE_PENDING, "an update is in progress: acknowledge or cancel it first");
    if (!manifest_parse(raw, &u.scratch, &upload, err))
        return err_in(err, "update");
    if (update_kind_of(&upload) == UPDATE_FULL)
        return submit(&u, raw, a, out, err) || err_in(err, "update");
    if (!update_packages(&u, &upload, err))
        return err_in(err, "package update");
    *out = (struct update_result){.applied = true};
    return true;
}

/* ---- of one that waits ------------------------------------------------------------------------ */

static bool require_pending(const struct mesh *m, struct err *err)
{
    return m->pending != NULL || err_set(err, E_UPDATE_NONE, "no update in progress");
}

/* What cannot be applied does not wait for ever. */
static void give_up(struct update *u, struct slice raw)
{
    struct err ignored; /* the caller tells why it was given up; if the disk fails too, it goes on waiting */

    buf_wipe(&u->log);
    u->log = buf_max(SIZE_MAX);
    recovery_made_wipe(&u->recovery);
    log_update(u, "full manifest update cancelled: it could not be applied", NULL, NULL, raw);
    only_pending(u, NULL);
    (void)commit(u, &ignored);
}

static bool acknowledge(struct update *u, struct arena *a, struct update_result *out, struct err *err)
{
    const struct pending_update *before = u->before->pending;
    struct pending_update *p;

    if (!pending_acknowledge(before, u->user->name, &u->scratch, &p, err))
        return false;
    if (!pending_has(before, u->user->name))
        log_update(u, "full manifest update acknowledged", u->user, p, p->raw);
    if (p->missing > 0) {
        only_pending(u, p);
        if (!commit(u, err))
            return false;
        told(p, a, out);
        return true;
    }
    if (prepare(u, p->raw, a, err))
        return apply(u, p, a, out, err);
    give_up(u, p->raw);
    return err_in(err, "the update cannot be applied, and is cancelled");
}

bool core_acknowledge_update(struct core *core, const struct user *user, struct slice raw, int64_t now,
                             struct arena *a, struct update_result *out, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);
    scoped(update_wipe) struct update u = {.core = core, .now = now};

    (void)held;
    if (!begin(&u, user, err) || !require_pending(u.before, err))
        return false;
    if (!slice_equal(u.before->pending->raw, raw))
        return err_set(err, E_UPDATE_OTHER, "the manifest is not the one that waits for acknowledgments");
    return acknowledge(&u, a, out, err);
}

bool core_cancel_update(struct core *core, const struct user *user, int64_t now, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);
    scoped(update_wipe) struct update u = {.core = core, .now = now};

    (void)held;
    if (!begin(&u, user, err) || !require_pending(u.before, err) || !may_update(&u, err))
        return false;
    log_update(&u, "full manifest update cancelled", u.user, NULL, u.before->pending->raw);
    only_pending(&u, NULL);
    return commit(&u, err);
}

bool core_pending_update(struct core *core, struct arena *a, struct slice *raw, struct update_result *out,
                         struct err *err)
{
    scoped(mesh_release) struct mesh *m = core_mesh(core);

    if (!require_pending(m, err))
        return false;
    *raw = arena_copy(a, m->pending->raw);
    told(m->pending, a, out);
    return true;
}

static bool read_log(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                     struct err *err)
{
    const struct slice *log = store_view_get(v, KEY_UPDATE_LOG);

    (void)a;
    (void)err;
    *out = (struct store_changes){0};
    buf_put(ctx, log == NULL ? (struct slice){0} : *log);
    return true;
}

bool core_update_log(struct core *core, struct arena *a, const char **out, struct err *err)
{
    scoped(mesh_release) struct mesh *m = core_mesh(core);
    scoped(buf_wipe) struct buf log = buf_max(SIZE_MAX);

    if (!mesh_require(m, 1u << MESH_ACCEPTING_MARBLES, err) ||
        !store_update(core->store, read_log, &log, err))
        return false;
    *out = arena_strndup(a, buf_bytes(&log));
    return true;
}
