/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secrets.h"

#include <stdlib.h>

#include "base/limits.h"
#include "coordinator/secret_make.h"

enum { MAX_SUM = 16 * MIB }; /* of all symmetric keys; in base64 they fit LIMIT_STATE with ease */

/* Whoever sets a manifest has not been asked who he is: sums are checked before anything is allocated. */
static bool check_sums(const struct manifest *m, struct err *err)
{
    uint64_t sum[2] = {0};

    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *spec = &m->secrets[i];

        if (spec->type != SECRET_SYMMETRIC_KEY || spec->user_defined || spec->size / 8 > MAX_SUM)
            continue; /* one that is too large by itself is told so by its name */
        sum[spec->shared] += spec->size / 8;
        if (sum[spec->shared] > MAX_SUM)
            return err_set(err, E_STATE_SIZE,
                           "secrets: the %s symmetric keys take more than %d bytes together",
                           spec->shared ? "shared" : "private", MAX_SUM);
    }
    return true;
}

/* Private secrets are made once for nobody and dropped: one that cannot be made would refuse every activation
 * of a mesh that is in force. */
static bool try_private(const struct manifest *m, const struct authority *ca, int64_t now, struct err *err)
{
    const uint8_t nothing[ROOT_SECRET_LEN] = {0};
    const struct marble nobody = {.type = ""};

    for (size_t i = 0; i < m->num_secrets; i++) {
        scoped(arena_wipe) struct arena scratch = {0};
        const struct secret_spec *spec = &m->secrets[i];
        struct secret_value v;

        if (!secret_is_kept(spec) && !(spec->type == SECRET_SYMMETRIC_KEY
                                           ? secret_derive(spec, slice_of(nothing, sizeof nothing),
                                                           (struct uuid){{0}}, &nobody, &scratch, &v, err)
                                           : secret_make(spec, ca, now, &scratch, &v, err)))
            return err_in(err, "secret \"%s\"", spec->name);
    }
    return true;
}

/* ---- sets in the making ------------------------------------------------------------------------- */

struct draft {
    struct arena *arena;
    struct secret_value *now, *previous;
    size_t num;
};

static struct draft draft_for(const struct manifest *m, struct arena *a)
{
    return (struct draft){a, arena_array(a, m->num_secrets, sizeof(struct secret_value)),
                          arena_array(a, m->num_secrets, sizeof(struct secret_value)), 0};
}

static struct secret_value copy_of(const struct secret_value *v, const struct secret_spec *spec,
                                   struct arena *a)
{
    return (struct secret_value){spec, arena_copy(a, v->cert), arena_copy(a, v->public_key),
                                 arena_copy(a, v->private_key)};
}

/* The value that the set has of it, copied; an empty one if it has none. */
static struct secret_value found(const struct secret_set *set, const struct secret_spec *spec,
                                 struct arena *a)
{
    const struct secret_value *v = secret_find(set, spec->name);

    return v != NULL ? copy_of(v, spec, a) : (struct secret_value){.spec = spec};
}

static void add(struct draft *d, struct secret_value now, struct secret_value previous)
{
    d->now[d->num] = now;
    d->previous[d->num++] = previous;
}

static void add_both(struct draft *d, struct secret_value v) { add(d, v, v); }

static struct kept_secrets kept_of(const struct draft *d, struct slice root_secret, struct slice previous)
{
    return (struct kept_secrets){{d->now, d->num},
                                 {d->previous, d->num},
                                 arena_copy(d->arena, root_secret),
                                 arena_copy(d->arena, previous)};
}

/* A secret that was not there before: as the manifest gives it, or made. */
static bool add_new(struct draft *d, const struct secret_spec *spec, const struct authority *ca, int64_t now,
                    struct err *err)
{
    const struct secret_value initial = {spec, spec->initial.cert, spec->initial.public_key,
                                         spec->initial.private_key};
    struct secret_value v;

    if (spec->user_defined)
        v = copy_of(&initial, spec, d->arena);
    else if (!secret_make(spec, ca, now, d->arena, &v, err))
        return false;
    add_both(d, v);
    return true;
}

/* One that is made again; what it was stands beside it. */
static bool add_again(struct draft *d, const struct secret_spec *spec, struct secret_value previous,
                      const struct authority *ca, int64_t now, struct err *err)
{
    struct secret_value v;

    if (!secret_make(spec, ca, now, d->arena, &v, err))
        return false;
    add(d, v, previous);
    return true;
}

/* ---- how they change ---------------------------------------------------------------------------- */

bool secrets_begin(const struct manifest *m, struct slice root_secret, const struct authority *ca,
                   int64_t now, struct arena *a, struct kept_secrets *out, struct err *err)
{
    struct draft d = draft_for(m, a);

    if (!check_sums(m, err))
        return false;
    for (size_t i = 0; i < m->num_secrets; i++)
        if (secret_is_kept(&m->secrets[i]) && !add_new(&d, &m->secrets[i], ca, now, err))
            return err_in(err, "secret \"%s\"", m->secrets[i].name);
    if (!try_private(m, ca, now, err))
        return false;
    *out = kept_of(&d, root_secret, root_secret);
    return true;
}

static bool add_updated(struct draft *d, const struct secret_spec *spec, const struct secret_spec *before,
                        const struct kept_secrets *old, bool rotate, const struct authority *ca, int64_t now,
                        struct err *err)
{
    const bool is_symmetric = spec->type == SECRET_SYMMETRIC_KEY;

    if (before == NULL || !secret_same_definition(spec, before))
        return add_new(d, spec, ca, now, err);
    if (spec->user_defined || (is_symmetric && !rotate)) {
        add(d, found(&old->now, spec, d->arena), found(&old->previous, spec, d->arena));
        return true;
    }
    return add_again(d, spec, found(&old->now, spec, d->arena), ca, now, err);
}

bool secrets_update(const struct manifest *old_m, const struct kept_secrets *old, const struct manifest *m,
                    const struct authority *ca, int64_t now, struct arena *a, struct kept_secrets *out,
                    struct err *err)
{
    const bool rotate = m->rotate_root_secret;
    struct draft d = draft_for(m, a);
    scoped(secret_wipe) struct secret fresh = {0};

    if (!check_sums(m, err))
        return false;
    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *spec = &m->secrets[i];

        if (secret_is_kept(spec) &&
            !add_updated(&d, spec, manifest_secret(old_m, spec->name), old, rotate, ca, now, err))
            return err_in(err, "secret \"%s\"", spec->name);
    }
    if (!try_private(m, ca, now, err))
        return false;
    secret_random(&fresh, ROOT_SECRET_LEN);
    *out = rotate ? kept_of(&d, secret_bytes(&fresh), old->root_secret)
                  : kept_of(&d, old->root_secret, old->previous_root_secret);
    return true;
}

bool secrets_reissue(const struct manifest *m, const struct kept_secrets *old, const struct authority *ca,
                     int64_t now, struct arena *a, struct kept_secrets *out, struct err *err)
{
    struct draft d = draft_for(m, a);

    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *spec = &m->secrets[i];

        if (!secret_is_kept(spec))
            continue;
        if (spec->user_defined || spec->type == SECRET_SYMMETRIC_KEY)
            add(&d, found(&old->now, spec, a), found(&old->previous, spec, a));
        else if (!add_again(&d, spec, found(&old->previous, spec, a), ca, now, err))
            return err_in(err, "secret \"%s\"", spec->name);
    }
    *out = kept_of(&d, old->root_secret, old->previous_root_secret);
    return true;
}

void secrets_replace(const struct kept_secrets *old, const struct secret_set *uploaded, struct arena *a,
                     struct kept_secrets *out)
{
    struct draft d = {a, arena_array(a, old->now.num, sizeof(struct secret_value)),
                      arena_array(a, old->now.num, sizeof(struct secret_value)), 0};

    for (size_t i = 0; i < old->now.num; i++) {
        const struct secret_spec *spec = old->now.values[i].spec;
        const bool is_new = secret_find(uploaded, spec->name) != NULL;

        add(&d, found(is_new ? uploaded : &old->now, spec, a), found(&old->previous, spec, a));
    }
    *out = kept_of(&d, old->root_secret, old->previous_root_secret);
}
