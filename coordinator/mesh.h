/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/mesh.h: a snapshot of the mesh: immutable, counted, readable without a lock.
 *
 * A request takes a reference at its beginning and works on that snapshot to its end; a change makes the next
 * one. What a change leaves as it is, the next snapshot shares: the authority, and three parts with memory of
 * their own (manifest, secrets, pending update), each wiped with the last snapshot that holds it.
 */
#pragma once
#include "coordinator/pending.h"
#include "coordinator/secrets.h"
#include "coordinator/store/store.h"
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
    uint64_t revision; /* grows with each change that a marble may want to know of, also across restarts */
    struct authority *ca;
    struct slice quote; /* over the root certificate, in Open Enclave's header; empty: there is no TEE */
    /* In state 3; otherwise empty: */
    const struct manifest *manifest; /* never NULL */
    struct slice manifest_signature; /* DER, by the root key */
    struct package *packages; /* as the manifest's, in its order, with the security versions in force */
    const struct user *const *users; /* the manifest's, by the bytes of their certificates */
    struct kept_secrets secrets;
    const struct pending_update *pending; /* or NULL */
    struct mesh_impl *impl;
};

struct mesh *mesh_hold(struct mesh *m);
void mesh_release(struct mesh **m); /* accepts NULL inside */

/* ---- made ------------------------------------------------------------------------------------- */

/* Whoever makes one fills it before anybody else sees it. An empty one, held once: */
struct mesh *mesh_new(void);

/* What follows `before`: the same in everything but its revision, to be changed. */
struct mesh *mesh_next(const struct mesh *before);

/* Memory for a part that is made anew; what the mesh shared of it is given up. */
enum mesh_part { MESH_MANIFEST, MESH_SECRETS, MESH_PENDING, NUM_MESH_PARTS };
struct arena *mesh_part_anew(struct mesh *m, enum mesh_part part);

/* A mesh without a manifest: a new authority. */
bool mesh_fresh(const struct san *names, enum mesh_state state, int64_t now, struct mesh **out,
                struct err *err);

/* Puts this manifest in force: parsed already, in the memory of its part. Its packages' security versions are
 * in force as they are there. */
void mesh_put_manifest(struct mesh *m, const struct manifest *manifest);

/* The package of a marble type as it is in force. */
const struct package *mesh_package(const struct mesh *m, const struct marble *marble);

/* Users in the order of their certificates' bytes, for mesh_user(). */
const struct user *const *mesh_users_of(const struct manifest *m, struct arena *a);

/* ---- in the store ----------------------------------------------------------------------------- */

/* The state as entries, by key, but for what is not in a snapshot: update log and counters. */
struct entries mesh_entries(const struct mesh *m, struct arena *a);

/* What turns `before` into `after`; it borrows from both. What is in the store beside a snapshot stays as it
 * is. */
struct store_changes entries_changes(const struct entries *before, const struct entries *after,
                                     struct arena *a);

/* The entry of the revision, for a change that names its entries itself. */
struct slice mesh_revision_text(uint64_t revision, struct arena *a);

/* And back. E_STATE_CORRUPT names the entry. A state of MarbleRun's is read as well, also one of an old
 * version: without root secret (then it is the root key's scalar) or previous values (then they are the
 * present ones). */
bool mesh_load(const struct entries *e, struct mesh **out, struct err *err);
