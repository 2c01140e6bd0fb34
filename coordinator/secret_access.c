/* SPDX-License-Identifier: Apache-2.0 */
/* Users read and upload secrets; contract 2.4. */
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/change.h"
#include "coordinator/state_keys.h"
#include "coordinator/update_log.h"

/* ---- read ------------------------------------------------------------------------------------- */

static bool may(const struct mesh *m, const struct user *user, enum user_action action, const char *name,
                struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    return manifest_user_may(m->manifest, user, action, name) ||
           err_set(err, E_USER_DENIED, "user \"%s\" may not %s secret \"%s\"", user->name,
                   action == ACTION_READ_SECRET ? "read" : "write", text_shown(&scratch, slice_str(name)));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct secret_value *)a)->spec->name, ((const struct secret_value *)b)->spec->name);
}

/* Sorted, each once. */
static size_t put_in_order(struct secret_value *values, size_t num)
{
    size_t kept = 0;

    if (num > 0)
        qsort(values, num, sizeof *values, by_name);
    for (size_t i = 0; i < num; i++)
        if (i == 0 || values[i].spec != values[i - 1].spec)
            values[kept++] = values[i];
    return kept;
}

bool core_secrets_get(struct core *core, const struct mesh *m, const struct user *user,
                      const char *const *names, size_t num, struct arena *a, struct secret_set *out,
                      struct err *err)
{
    struct secret_value *values = arena_array(a, num, sizeof *values);

    (void)core;
    for (size_t i = 0; i < num; i++) {
        const struct secret_value *found = secret_find(&m->secrets.now, names[i]);

        if (!may(m, user, ACTION_READ_SECRET, names[i], err))
            return false;
        if (found == NULL)
            return err_set(err, E_USER_DENIED, "secret \"%s\" has no value of its own to read",
                           text_shown(a, slice_str(names[i])));
        values[i] = *found;
    }
    *out = (struct secret_set){values, put_in_order(values, num)};
    return true;
}

/* ---- uploaded --------------------------------------------------------------------------------- */

struct upload {
    const struct mesh *before;
    const struct user *user;
    const json_t *json;
    struct secret_set values;
    struct arena scratch;
};

static void upload_wipe(struct upload *u) { arena_wipe(&u->scratch); }

static bool check_rights(const struct upload *u, struct err *err)
{
    const char *name;
    json_t *value;

    if (json_object_size(u->json) == 0)
        return err_set(err, E_SECRET_UPLOAD, "expected one secret at least, found none");
    json_object_foreach((json_t *)(uintptr_t)u->json, name, value)
    {
        if (!may(u->before, u->user, ACTION_WRITE_SECRET, name, err))
            return false;
    }
    return true;
}

static bool read_value(struct upload *u, const char *name, const json_t *value, struct secret_value *out,
                       struct err *err)
{
    const struct secret_spec *spec = manifest_secret(u->before->manifest, name);
    const char *path = arena_printf(&u->scratch, "$.%s", text_shown(&u->scratch, slice_str(name)));
    struct secret_upload sent;

    if (spec == NULL || !spec->user_defined)
        return err_set(err, E_SECRET_UPLOAD, "%s: only secrets with UserDefined can be uploaded", path);
    return secret_upload_decode(value, path, &u->scratch, &sent, err) &&
           (secret_upload_value(spec, &sent, &u->scratch, out, err) || err_in(err, "%s", path));
}

static bool read_values(struct upload *u, struct err *err)
{
    struct secret_value *values = arena_array(&u->scratch, json_object_size(u->json), sizeof *values);
    const char *name;
    json_t *value;
    size_t num = 0;

    json_object_foreach((json_t *)(uintptr_t)u->json, name, value)
    {
        if (!read_value(u, name, value, &values[num++], err))
            return false;
    }
    u->values = (struct secret_set){values, put_in_order(values, num)};
    return true;
}

static bool commit(struct core *core, struct upload *u, int64_t now, struct err *err)
{
    scoped(buf_wipe) struct buf log = buf_max(SIZE_MAX);
    struct arena *a = &u->scratch;
    struct entry *entries = arena_array(a, u->values.num + 1, sizeof *entries);

    for (size_t i = 0; i < u->values.num; i++) {
        const struct secret_value *v = &u->values.values[i];

        entries[i].key = arena_printf(a, "%s:%s", KIND_SECRET, v->spec->name);
        entries[i].value = secret_value_encode(v, a);
        line_begin(&log, now, "secret set");
        line_text(&log, "user", u->user->name);
        line_text(&log, "secret", v->spec->name);
        line_text(&log, "type", secret_type_name(v->spec->type));
        line_end(&log);
    }
    entries[u->values.num] = (struct entry){KEY_REVISION, mesh_revision_text(u->before->revision + 1, a)};
    return core_commit(core, &(struct change){.entries = {entries, u->values.num + 1}, .log = buf_bytes(&log)},
                       err);
}

bool core_secrets_set(struct core *core, const struct user *user, const json_t *upload, int64_t now,
                      struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = core_lock(core);
    scoped(mesh_release) struct mesh *next = NULL;
    scoped(upload_wipe) struct upload u = {.before = core_now(core), .json = upload};

    (void)held;
    if (!mesh_require(u.before, 1u << MESH_ACCEPTING_MARBLES, err) ||
        !core_user_now(core, user, &u.user, err) || !check_rights(&u, err) || !read_values(&u, err) ||
        !manifest_dry_run(u.before->manifest, &u.values, NULL, err) || !commit(core, &u, now, err))
        return err_in(err, "setting secrets");
    next = mesh_next(u.before);
    secrets_replace(&u.before->secrets, &u.values, mesh_part_anew(next, MESH_SECRETS), &next->secrets);
    core_publish(core, &next);
    return true;
}
