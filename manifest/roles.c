/* SPDX-License-Identifier: Apache-2.0 */
/* The section Roles. */
#include <stdlib.h>

#include "base/text.h"
#include "manifest/decode.h"

static const char *const role_fields[] = {"ResourceType", "ResourceNames", "Actions", NULL};

static const struct {
    const char *name, *id, *resource_type;
} actions[NUM_ACTIONS] = {
    [ACTION_READ_SECRET] = {"ReadSecret", "readsecret", "Secrets"},
    [ACTION_WRITE_SECRET] = {"WriteSecret", "writesecret", "Secrets"},
    [ACTION_UPDATE_SECURITY_VERSION] = {"UpdateSecurityVersion", "updatesecurityversion", "Packages"},
    [ACTION_UPDATE_MANIFEST] = {"UpdateManifest", "updatemanifest", "Manifest"},
};

const char *user_action_id(enum user_action a) { return actions[a].id; }

/* The bit of an action on a type of resource; 0 if there is none. */
static unsigned action_bit(const char *resource_type, const char *name)
{
    for (size_t i = 0; i < NUM_ACTIONS; i++)
        if (strcmp(resource_type, actions[i].resource_type) == 0 &&
            text_equal_fold(slice_str(name), slice_str(actions[i].name)))
            return 1u << i;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool decode_role(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, role_fields);
    struct role *r = element;

    r->resource_type = decode_text(&f, "ResourceType");
    r->resources = field_strs(&f, "ResourceNames", &r->num_resources);
    r->actions = field_strs(&f, "Actions", &r->num_actions);
    if (!fields_done(&f))
        return false;
    for (size_t i = 0; i < r->num_actions; i++)
        r->granted |= action_bit(r->resource_type, r->actions[i]);
    r->sorted = arena_array(d->arena, r->num_resources, sizeof *r->sorted);
    if (r->num_resources > 0)
        memcpy(r->sorted, r->resources, r->num_resources * sizeof *r->sorted);
    qsort(r->sorted, r->num_resources, sizeof *r->sorted, by_text);
    return true;
}

bool role_grants(const struct role *r, enum user_action action, const char *resource)
{
    if ((r->granted & 1u << action) == 0)
        return false;
    return action == ACTION_UPDATE_MANIFEST ||
           (resource != NULL &&
            bsearch(&resource, r->sorted, r->num_resources, sizeof *r->sorted, by_text) != NULL);
}

/* ---- checks --------------------------------------------------------------------------------------- */

static bool check_actions(const struct role *r, struct err *err)
{
    for (size_t i = 0; i < r->num_actions; i++)
        if (action_bit(r->resource_type, r->actions[i]) == 0)
            return err_set(err, E_MANIFEST_ROLE, "Actions: \"%.80s\" is no action on %s", r->actions[i],
                           r->resource_type);
    return true;
}

static bool check_secret(const struct manifest *m, const char *name, unsigned granted, struct err *err)
{
    const struct secret_spec *s = manifest_secret(m, name);

    if (s == NULL)
        return err_set(err, E_MANIFEST_ROLE, "ResourceNames: there is no secret \"%.80s\"", name);
    if ((granted & 1u << ACTION_WRITE_SECRET) != 0 && !s->user_defined)
        return err_set(err, E_MANIFEST_ROLE,
                       "WriteSecret needs a secret with UserDefined, \"%.80s\" is generated", name);
    if ((granted & 1u << ACTION_READ_SECRET) != 0 && !s->user_defined && !s->shared)
        return err_set(
            err, E_MANIFEST_ROLE,
            "ReadSecret needs a secret with Shared or UserDefined, \"%.80s\" is of each marble alone", name);
    return true;
}

static bool check_resource(const struct manifest *m, const struct role *r, const char *name, unsigned granted,
                           struct err *err)
{
    if (strcmp(r->resource_type, "Manifest") == 0)
        return err_set(err, E_MANIFEST_ROLE, "ResourceNames must be empty for Manifest, found \"%.80s\"",
                       name);
    if (strcmp(r->resource_type, "Secrets") == 0)
        return check_secret(m, name, granted, err);
    return manifest_package(m, name) != NULL ||
           err_set(err, E_MANIFEST_ROLE, "ResourceNames: there is no package \"%.80s\"", name);
}

static bool is_resource_type(const char *name)
{
    for (size_t i = 0; i < NUM_ACTIONS; i++)
        if (strcmp(name, actions[i].resource_type) == 0)
            return true;
    return false;
}

static bool check_role(const struct manifest *m, const struct role *r, struct err *err)
{
    if (!is_resource_type(r->resource_type))
        return err_set(err, E_MANIFEST_ROLE, "ResourceType: \"%.80s\" is none of Packages, Secrets, Manifest",
                       r->resource_type);
    if (!check_actions(r, err))
        return false;
    for (size_t i = 0; i < r->num_resources; i++)
        if (!check_resource(m, r, r->resources[i], r->granted, err))
            return false;
    return true;
}

bool check_roles(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_roles; i++)
        if (!check_role(m, &m->roles[i], err))
            return err_in(err, "%s", path_entry(&scratch, "$.Roles", m->roles[i].name));
    return true;
}
