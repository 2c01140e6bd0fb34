/* SPDX-License-Identifier: Apache-2.0 */
/* The section Users, and what its users may. */
#include <stdlib.h>

#include "manifest/decode.h"
#include "pki/cert.h"
#include "pki/pem.h"

static const char *const user_fields[] = {"Certificate", "Roles", NULL};

/* The first PEM block counts. */
static void find_block(struct user *u, struct arena *a)
{
    struct slice rest = slice_str(u->certificate);
    struct pem_block block = {0};
    struct err ignored;

    if (pem_next(&rest, a, &block, &ignored))
        u->der = block.der;
}

bool decode_user(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, user_fields);
    struct user *u = element;

    u->certificate = decode_text(&f, "Certificate");
    u->role_names = field_strs(&f, "Roles", &u->num_roles);
    if (!fields_done(&f))
        return false;
    find_block(u, d->arena);
    return true;
}

/* ---- checks --------------------------------------------------------------------------------------- */

static bool check_certificate(const char *text, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice rest = slice_str(text);
    struct pem_block block = {0};
    struct cert cert;
    struct err why;

    if (!pem_next(&rest, &scratch, &block, &why))
        return err_set(err, E_MANIFEST_USER, "Certificate: %s", why.text);
    if (block.der.ptr == NULL)
        return err_set(err, E_MANIFEST_USER, "Certificate: expected PEM, found no -----BEGIN line");
    if (!cert_parse(block.der, &scratch, &cert, &why))
        return err_set(err, E_MANIFEST_USER, "Certificate: %s", why.text);
    return true;
}

bool check_certificates(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_users; i++)
        if (!check_certificate(m->users[i].certificate, err))
            return err_in(err, "%s", path_entry(&scratch, "$.Users", m->users[i].name));
    return true;
}

static bool check_user(const struct user *u, struct err *err)
{
    if (*u->certificate == '\0')
        return err_set(err, E_MANIFEST_USER, "Certificate is missing");
    for (size_t i = 0; i < u->num_roles; i++)
        if (u->roles[i] == NULL)
            return err_set(err, E_MANIFEST_USER, "Roles: there is no role \"%.80s\"", u->role_names[i]);
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
        if (!check_user(&m->users[i], err))
            return err_in(err, "%s", path_entry(&scratch, "$.Users", m->users[i].name));
    return check_certificates_differ(m, err);
}

/* ---- rights --------------------------------------------------------------------------------------- */

bool manifest_user_may(const struct manifest *m, const struct user *u, enum user_action action,
                       const char *resource)
{
    (void)m;
    for (size_t i = 0; i < u->num_roles; i++)
        if (u->roles[i] != NULL && role_grants(u->roles[i], action, resource))
            return true;
    return false;
}

const struct user **manifest_updaters(const struct manifest *m, struct arena *a, size_t *num)
{
    const struct user **out = arena_array(a, m->num_users, sizeof *out);

    *num = 0;
    for (size_t i = 0; i < m->num_users; i++)
        if (manifest_user_may(m, &m->users[i], ACTION_UPDATE_MANIFEST, NULL))
            out[(*num)++] = &m->users[i];
    return out;
}

size_t manifest_update_threshold(const struct manifest *m)
{
    scoped(arena_wipe) struct arena scratch = {0};
    size_t num = (size_t)m->update_threshold;

    if (num == 0)
        (void)manifest_updaters(m, &scratch, &num);
    return num;
}
