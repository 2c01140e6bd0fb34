/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/text.h"
#include "manifest/decode.h"
#include "pki/cert.h"
#include "pki/pem.h"

static const char *const user_fields[] = {"Certificate", "Roles", NULL};
static const char *const role_fields[] = {"ResourceType", "ResourceNames", "Actions", NULL};

bool decode_user(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, user_fields);
    struct user *u = element;

    u->certificate = decode_text(&f, "Certificate");
    u->roles = field_strs(&f, "Roles", &u->num_roles);
    return fields_done(&f);
}

bool decode_role(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, role_fields);
    struct role *r = element;

    r->resource_type = decode_text(&f, "ResourceType");
    r->resources = field_strs(&f, "ResourceNames", &r->num_resources);
    r->actions = field_strs(&f, "Actions", &r->num_actions);
    return fields_done(&f);
}

/* ---- users -------------------------------------------------------------------------------------- */

/* The first PEM block counts. */
static bool check_certificate(const char *text, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice rest = slice_str(text);
    struct pem_block block = {0};
    struct cert cert;
    struct err why;

    if (*text == '\0')
        return err_set(err, E_MANIFEST_USER, "Certificate is missing");
    if (!pem_next(&rest, &scratch, &block, &why))
        return err_set(err, E_MANIFEST_USER, "Certificate: %s", why.text);
    if (block.der.ptr == NULL)
        return err_set(err, E_MANIFEST_USER, "Certificate: expected PEM, found no -----BEGIN line");
    if (!cert_parse(block.der, &scratch, &cert, &why))
        return err_set(err, E_MANIFEST_USER, "Certificate: %s", why.text);
    return true;
}

static bool check_user(const struct manifest *m, const struct user *u, struct err *err)
{
    if (!check_certificate(u->certificate, err))
        return false;
    for (size_t i = 0; i < u->num_roles; i++)
        if (manifest_role(m, u->roles[i]) == NULL)
            return err_set(err, E_MANIFEST_USER, "Roles: there is no role \"%.80s\"", u->roles[i]);
    return true;
}

static int by_certificate(const void *a, const void *b)
{
    const struct user *const *x = a, *const *y = b;

    return strcmp((*x)->certificate, (*y)->certificate);
}

static bool check_certificates_differ(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct user **users = arena_array(&scratch, m->num_users, sizeof *users);

    for (size_t i = 0; i < m->num_users; i++)
        users[i] = &m->users[i];
    qsort(users, m->num_users, sizeof *users, by_certificate);
    for (size_t i = 1; i < m->num_users; i++)
        if (by_certificate(&users[i - 1], &users[i]) == 0)
            return err_set(err, E_MANIFEST_USER, "$.Users: \"%.80s\" and \"%.80s\" have the same certificate",
                           users[i - 1]->name, users[i]->name);
    return true;
}

bool check_users(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_users; i++)
        if (!check_user(m, &m->users[i], err))
            return err_in(err, "%s", path_entry(&scratch, "$.Users", m->users[i].name));
    return check_certificates_differ(m, err);
}

/* ---- roles -------------------------------------------------------------------------------------- */

enum { READ_SECRET, WRITE_SECRET, UPDATE_SECURITY_VERSION, UPDATE_MANIFEST, NUM_ACTIONS };

static const struct {
    const char *name, *resource_type;
} actions[NUM_ACTIONS] = {
    [READ_SECRET] = {"ReadSecret", "Secrets"},
    [WRITE_SECRET] = {"WriteSecret", "Secrets"},
    [UPDATE_SECURITY_VERSION] = {"UpdateSecurityVersion", "Packages"},
    [UPDATE_MANIFEST] = {"UpdateManifest", "Manifest"},
};

/* The actions that a role grants, as bits. */
static bool granted_actions(const struct role *r, unsigned *out, struct err *err)
{
    unsigned granted = 0;

    for (size_t i = 0; i < r->num_actions; i++) {
        unsigned bit = 0;

        for (size_t j = 0; j < NUM_ACTIONS; j++)
            if (strcmp(r->resource_type, actions[j].resource_type) == 0 &&
                text_equal_fold(slice_str(r->actions[i]), slice_str(actions[j].name)))
                bit = 1u << j;
        if (bit == 0)
            return err_set(err, E_MANIFEST_ROLE, "Actions: \"%.80s\" is no action on %s", r->actions[i],
                           r->resource_type);
        granted |= bit;
    }
    *out = granted;
    return true;
}

static bool check_secret(const struct manifest *m, const char *name, unsigned granted, struct err *err)
{
    const struct secret_spec *s = manifest_secret(m, name);

    if (s == NULL)
        return err_set(err, E_MANIFEST_ROLE, "ResourceNames: there is no secret \"%.80s\"", name);
    if ((granted & 1u << WRITE_SECRET) != 0 && !s->user_defined)
        return err_set(err, E_MANIFEST_ROLE,
                       "WriteSecret needs a secret with UserDefined, \"%.80s\" is generated", name);
    if ((granted & 1u << READ_SECRET) != 0 && !s->user_defined && !s->shared)
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
    unsigned granted = 0;

    if (!is_resource_type(r->resource_type))
        return err_set(err, E_MANIFEST_ROLE, "ResourceType: \"%.80s\" is none of Packages, Secrets, Manifest",
                       r->resource_type);
    if (!granted_actions(r, &granted, err))
        return false;
    for (size_t i = 0; i < r->num_resources; i++)
        if (!check_resource(m, r, r->resources[i], granted, err))
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
