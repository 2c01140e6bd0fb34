/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of one marble, at one activation. */
#include <stdlib.h>

#include "coordinator/secret_make.h"

static bool is_private_cert(const struct secret_spec *s)
{
    return !secret_is_kept(s) && secret_type_is_cert(s->type);
}

/* ---- which ------------------------------------------------------------------------------------- */

static int by_name(const void *x, const void *y)
{
    const struct secret_spec *const *a = x, *const *b = y;

    return strcmp((*a)->name, (*b)->name);
}

/* Specs of what is used, sorted, none twice. */
struct used {
    const struct secret_spec **at;
    size_t num;
};

static void add(struct used *u, const struct secret_spec *spec)
{
    if (spec != NULL)
        u->at[u->num++] = spec;
}

/* The certificates that TLS tags name. */
static void add_of_tag(struct used *u, const struct manifest *m, const struct tls_tag *tag)
{
    for (size_t i = 0; tag != NULL && i < tag->num_incoming; i++)
        if (*tag->incoming[i].cert != '\0')
            add(u, manifest_secret(m, tag->incoming[i].cert));
}

static size_t most_of_tags(const struct manifest *m, const struct marble *marble)
{
    size_t most = 0;

    for (size_t i = 0; i < marble->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(m, marble->tls[i]);

        most += tag != NULL ? tag->num_incoming : 0;
    }
    return most;
}

static void sort(struct used *u)
{
    size_t n = 0;

    qsort(u->at, u->num, sizeof *u->at, by_name);
    for (size_t i = 0; i < u->num; i++)
        if (n == 0 || u->at[n - 1] != u->at[i])
            u->at[n++] = u->at[i];
    u->num = n;
}

static struct used used_of(const struct manifest *m, const struct marble *marble,
                           const struct secret_names *names, struct arena *a)
{
    const size_t most = names != NULL ? names->num + most_of_tags(m, marble) : m->num_secrets;
    struct used u = {arena_array(a, most, sizeof *u.at), 0};

    for (size_t i = 0; names != NULL && i < names->num; i++)
        add(&u, manifest_secret(m, names->at[i]));
    for (size_t i = 0; names != NULL && i < marble->num_tls; i++)
        add_of_tag(&u, m, manifest_tls(m, marble->tls[i]));
    for (size_t i = 0; names == NULL && i < m->num_secrets; i++)
        add(&u, &m->secrets[i]);
    sort(&u);
    return u;
}

bool secrets_are_slow(const struct manifest *m, const struct marble *marble, const struct secret_names *used)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct used u = used_of(m, marble, used, &scratch);

    for (size_t i = 0; i < u.num; i++)
        if (is_private_cert(u.at[i]) && u.at[i]->type == SECRET_CERT_RSA)
            return true;
    return false;
}

/* ---- their values ------------------------------------------------------------------------------ */

/* What is not set has no value: a template that uses it says so. */
static struct secret_value kept(const struct secret_set *set, const struct secret_spec *spec)
{
    const struct secret_value *v = secret_find(set, spec->name);

    return v != NULL ? *v : (struct secret_value){.spec = spec};
}

static bool values_of(const struct secrets_for *who, const struct secret_spec *spec, int64_t now,
                      struct arena *a, struct secret_value *value, struct secret_value *previous,
                      struct err *err)
{
    const struct kept_secrets *k = who->kept;

    if (secret_is_kept(spec)) {
        *value = kept(&k->now, spec);
        *previous = kept(&k->previous, spec);
        return true;
    }
    if (is_private_cert(spec)) {
        if (!secret_make(spec, who->ca, now, a, value, err))
            return false;
        *previous = *value;
        return true;
    }
    return secret_derive(spec, k->root_secret, who->uuid, who->marble, a, value, err) &&
           secret_derive(spec, k->previous_root_secret, who->uuid, who->marble, a, previous, err);
}

bool secrets_of_marble(const struct secrets_for *who, int64_t now, struct arena *a,
                       struct marble_secrets *out, struct err *err)
{
    const struct used u = used_of(who->manifest, who->marble, who->used, a);
    struct secret_value *values = arena_array(a, u.num, sizeof *values),
                        *previous = arena_array(a, u.num, sizeof *previous);

    for (size_t i = 0; i < u.num; i++)
        if (!values_of(who, u.at[i], now, a, &values[i], &previous[i], err))
            return err_in(err, "secret \"%s\"", u.at[i]->name);
    *out = (struct marble_secrets){{values, u.num}, {previous, u.num}};
    return true;
}
