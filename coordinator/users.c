/* SPDX-License-Identifier: Apache-2.0 */
/* Users, by exact certificate; contract 2.6. */
#include <stdlib.h>

#include "coordinator/core.h"

static int order_of(struct slice a, struct slice b)
{
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_certificate(const void *a, const void *b)
{
    const struct user *x = *(const struct user *const *)a, *y = *(const struct user *const *)b;
    const int order = order_of(x->der, y->der);

    return order != 0 ? order
                      : strcmp(x->name, y->name); /* one certificate in two PEM texts passes the check */
}

const struct user *const *mesh_users_of(const struct manifest *m, struct arena *a)
{
    const struct user **users = arena_array(a, m->num_users, sizeof *users);

    for (size_t i = 0; i < m->num_users; i++)
        users[i] = &m->users[i];
    if (m->num_users > 0)
        qsort(users, m->num_users, sizeof(const struct user *), by_certificate);
    return users;
}

/* The first user with this certificate, or NULL. */
static const struct user *user_with(const struct mesh *m, struct slice certificate)
{
    size_t from = 0, to = m->manifest->num_users;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (order_of(m->users[middle]->der, certificate) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < m->manifest->num_users && slice_equal(m->users[from]->der, certificate) ? m->users[from]
                                                                                          : NULL;
}

bool mesh_user(const struct mesh *m, const struct slice *chain, size_t num_chain, const struct user **out,
               struct err *err)
{
    if (num_chain == 0)
        return err_set(err, E_USER_UNKNOWN,
                       "unauthorized user: the connection carries no client certificate");
    /* TLS has proven the possession of the first one's key, and of no other. */
    num_chain = chain_linked(chain, num_chain);
    for (size_t i = 0; i < num_chain; i++) {
        const struct user *found = chain[i].len == 0 ? NULL : user_with(m, chain[i]);

        if (found == NULL)
            continue;
        *out = found;
        return true;
    }
    return err_set(err, E_USER_UNKNOWN,
                   "unauthorized user: the client certificate is no user's of the manifest");
}
