/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/mesh.h: a snapshot of the mesh: immutable, counted, readable without a lock.
 *
 * A request takes a reference at its beginning and works on that snapshot to its end; a change makes a
 * new one. Everything in it lives in one arena, wiped with the last reference; the authority, which
 * outlives snapshots, is counted by itself.
 */
#pragma once
#include "coordinator/ca.h"
#include "coordinator/secrets.h"
#include "coordinator/store/entries.h"
#include "manifest/manifest.h"

enum mesh_state { /* MarbleRun's numbers */
                  MESH_UNINITIALIZED,
                  MESH_RECOVERY,
                  MESH_ACCEPTING_MANIFEST,
                  MESH_ACCEPTING_MARBLES,
};
const char *mesh_state_name(enum mesh_state s);

struct mesh {
    struct arena arena;
    enum mesh_state state;
    struct authority *ca;
    struct slice root_secret;
    struct slice quote; /* over the root certificate, in Open Enclave's header; empty: there is no TEE */
    /* In state 3: */
    struct manifest manifest;
    struct slice manifest_signature; /* DER, by the root key */
    struct kept_secrets kept;
    const char *update_log; /* one JSON object a line */
    struct mesh_impl *impl;
};

/* An empty one, held once. Its maker fills it before anybody else sees it. */
struct mesh *mesh_new(void);
struct mesh *mesh_hold(struct mesh *m);
void mesh_release(struct mesh **m); /* accepts NULL inside */

/* A mesh without a manifest: new authority, new root secret. */
bool mesh_fresh(const struct san *names, enum mesh_state state, int64_t now, struct mesh **out,
                struct err *err);

/* The mesh that `before` becomes under this manifest: parsed, checked, secrets made, signed. E_MANIFEST_*
 * etc. */
bool mesh_with_manifest(const struct mesh *before, struct slice raw, int64_t now, struct mesh **out,
                        struct err *err);

/* As store entries (in the arena), and back. E_STATE_CORRUPT. */
void mesh_entries(const struct mesh *m, struct arena *a, struct entry **out, size_t *num);
bool mesh_load(const struct entries *e, struct mesh **out, struct err *err);
