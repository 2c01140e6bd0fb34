/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraisal takes besides the evidence, made once and read by many. */
#include "attestation/library/inputs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "pki/hash.h"

enum { DEFAULT_MEMORY = 4096 };

const char *mesh_attest_version(void) { return MARBLEMESH_VERSION; }

static void *make(size_t size)
{
    void *p = calloc(1, size);

    if (p == NULL)
        abort();
    pki_init();
    return p;
}

static void tell(const struct err *err, struct mesh_attest_error *error)
{
    if (error == NULL)
        return;
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason_of(err->code)->name);
    (void)snprintf(error->text, sizeof error->text, "%s", err->text);
}

/* ---- collateral ------------------------------------------------------------------------------------ */

struct mesh_attest_collateral *mesh_attest_collateral_parse(struct mesh_attest_bytes bundle,
                                                            struct mesh_attest_error *error)
{
    struct mesh_attest_collateral *c = make(sizeof *c);
    const struct slice text = bytes_in(bundle);
    struct err err;

    if ((text.len <= LIMIT_BUNDLE ||
         err_set(&err, E_COLLATERAL_FORMAT, "bundle: expected %d bytes at most, found %zu", LIMIT_BUNDLE, text.len)) &&
        bundle_parse(arena_copy(&c->arena, text), &c->arena, &c->items, &err))
        return c;
    tell(&err, error);
    mesh_attest_collateral_free(c);
    return NULL;
}

void mesh_attest_collateral_free(struct mesh_attest_collateral *collateral)
{
    if (collateral == NULL)
        return;
    arena_wipe(&collateral->arena);
    free(collateral);
}

/* ---- policies -------------------------------------------------------------------------------------- */

struct mesh_attest_policy *mesh_attest_policy_parse(struct mesh_attest_bytes json, struct mesh_attest_error *error)
{
    struct mesh_attest_policy *p = make(sizeof *p);
    struct err err;

    if (policy_read(bytes_in(json), &p->arena, &p->policy, &err))
        return p;
    tell(&err, error);
    mesh_attest_policy_free(p);
    return NULL;
}

void mesh_attest_policy_free(struct mesh_attest_policy *policy)
{
    if (policy == NULL)
        return;
    arena_wipe(&policy->arena);
    free(policy);
}

/* ---- memory ---------------------------------------------------------------------------------------- */

struct mesh_attest_memory *mesh_attest_memory_new(size_t max_entries)
{
    pki_init();
    return (struct mesh_attest_memory *)(void *)memo_new(max_entries != 0 ? max_entries : DEFAULT_MEMORY);
}

void mesh_attest_memory_free(struct mesh_attest_memory *memory)
{
    struct memo *m = (struct memo *)(void *)memory;

    memo_free(&m);
}
