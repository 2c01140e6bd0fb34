/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/mesh.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Memory that several snapshots share. */
struct part {
    struct arena arena;
    atomic_uint holders;
};

struct mesh_impl {
    atomic_uint holders;
    struct part *parts[NUM_MESH_PARTS];
};

static const struct manifest NO_MANIFEST;

const char *mesh_state_name(enum mesh_state s)
{
    static const char *const names[] = {"uninitialized", "recovery", "accepting a manifest",
                                        "accepting marbles"};

    return names[s];
}

/* ---- counted memory --------------------------------------------------------------------------- */

static void *zeroed(size_t size)
{
    void *p = calloc(1, size);

    if (p == NULL)
        abort();
    return p;
}

static struct part *part_new(void)
{
    struct part *p = zeroed(sizeof *p);

    atomic_init(&p->holders, 1);
    return p;
}

static struct part *part_hold(struct part *p)
{
    if (p != NULL)
        (void)atomic_fetch_add_explicit(&p->holders, 1, memory_order_relaxed);
    return p;
}

static void part_release(struct part *p)
{
    if (p == NULL || atomic_fetch_sub_explicit(&p->holders, 1, memory_order_acq_rel) != 1)
        return;
    arena_wipe(&p->arena);
    free(p);
}

struct arena *mesh_part_anew(struct mesh *m, enum mesh_part part)
{
    part_release(m->impl->parts[part]);
    m->impl->parts[part] = part_new();
    return &m->impl->parts[part]->arena;
}

struct mesh *mesh_new(void)
{
    struct mesh *m = zeroed(sizeof *m);

    m->impl = zeroed(sizeof *m->impl);
    m->manifest = &NO_MANIFEST;
    atomic_init(&m->impl->holders, 1);
    return m;
}

struct mesh *mesh_hold(struct mesh *m)
{
    (void)atomic_fetch_add_explicit(&m->impl->holders, 1, memory_order_relaxed);
    return m;
}

void mesh_release(struct mesh **m)
{
    struct mesh *gone = *m;

    *m = NULL;
    if (gone == NULL || atomic_fetch_sub_explicit(&gone->impl->holders, 1, memory_order_acq_rel) != 1)
        return;
    authority_release(&gone->ca);
    for (size_t i = 0; i < NUM_MESH_PARTS; i++)
        part_release(gone->impl->parts[i]);
    arena_wipe(&gone->arena);
    free(gone->impl);
    free(gone);
}

/* ---- made ------------------------------------------------------------------------------------- */

static struct package *copy_packages(const struct package *from, size_t num, struct arena *a)
{
    struct package *to = arena_array(a, num, sizeof *to);

    for (size_t i = 0; i < num; i++)
        to[i] = from[i];
    return to;
}

struct mesh *mesh_next(const struct mesh *before)
{
    struct mesh *m = mesh_new();
    struct arena *a = &m->arena;

    for (size_t i = 0; i < NUM_MESH_PARTS; i++)
        m->impl->parts[i] = part_hold(before->impl->parts[i]);
    m->state = before->state;
    m->revision = before->revision + 1;
    m->ca = authority_hold(before->ca);
    m->quote = arena_copy(a, before->quote);
    m->manifest = before->manifest;
    m->manifest_signature = arena_copy(a, before->manifest_signature);
    m->packages = copy_packages(before->packages, before->manifest->num_packages, a);
    m->users = before->users;
    m->secrets = before->secrets;
    m->pending = before->pending;
    return m;
}

void mesh_put_manifest(struct mesh *m, const struct manifest *manifest)
{
    m->manifest = manifest;
    m->packages = copy_packages(manifest->packages, manifest->num_packages, &m->arena);
    m->users = mesh_users_of(manifest, &m->impl->parts[MESH_MANIFEST]->arena);
}

const struct package *mesh_package(const struct mesh *m, const struct marble *marble)
{
    return &m->packages[marble->package - m->manifest->packages];
}

bool mesh_fresh(const struct san *names, enum mesh_state state, int64_t now, struct mesh **out,
                struct err *err)
{
    scoped(mesh_release) struct mesh *m = mesh_new();

    m->state = state;
    if (!authority_new(names, now, &m->ca, err))
        return false;
    *out = m;
    m = NULL;
    return true;
}
