/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/core.h: the coordinator without its wires: one mesh at a time, and how it changes.
 *
 * Readers take the current snapshot (core_mesh) and need nothing else. Changes are serialised by one
 * writer lock: they make the next snapshot, commit it to the store, and publish it, in this order, so
 * what a client was told is on disk, and a change that fails has changed nothing.
 */
#pragma once
#include "attestation/judge.h"
#include "coordinator/config.h"
#include "coordinator/mesh.h"

struct core;

struct core_options {
    const struct config *config; /* borrowed for the core's life */
    const struct tee *tee; /* NULL: no evidence is made and none demanded; only in the simulated domain */
    struct judge *judge; /* borrowed for the core's life; NULL: evidence is judged with what it carries */
    int64_t now;
};

/* Loads or begins. A state that cannot be unsealed is not an error: the core starts in recovery with a
 * temporary identity, and core_trouble() says why. */
bool core_open(const struct core_options *options, struct core **out, struct err *err);
void core_close(struct core **core); /* accepts NULL inside; no other thread may use it any more */

const struct config *core_config(const struct core *core);
const struct tee *core_tee(const struct core *core); /* or NULL */
struct judge *core_judge(const struct core *core);   /* or NULL */

/* Why the core started in recovery; NULL if it did not. */
const struct err *core_trouble(const struct core *core);

/* The current snapshot, held for the caller: scoped(mesh_release). */
struct mesh *core_mesh(struct core *core);

/* Is the mesh in one of these states (bits 1 << state)? E_STATE_WRONG. */
bool mesh_require(const struct mesh *m, unsigned states, struct err *err);

/* Sets the first manifest. *out is the new snapshot, held. E_STATE_WRONG, E_MANIFEST_*, E_FILE_WRITE, ... */
bool core_set_manifest(struct core *core, struct slice raw, int64_t now, struct mesh **out, struct err *err);

/* The manifest of a file at start. The same manifest already in force is fine; another one, or a mesh in
 * recovery, is E_STATE_WRONG: an identity is never replaced unasked. *was_set: false if it was there. */
bool core_set_startup_manifest(struct core *core, struct slice raw, int64_t now, bool *was_set,
                               struct err *err);

/* May one more marble of this type be activated? Always, unless MaxActivations limits it. E_MARBLE_LIMIT. */
bool core_may_activate(struct core *core, const struct marble *m, struct err *err);

/* Counts one activation, durably when it returns, if the type is limited. E_MARBLE_LIMIT if another
 * activation took the last place meanwhile. */
bool core_count_activation(struct core *core, const struct marble *m, struct err *err);

/* Evidence over SHA-256(root certificate ‖ nonce), in Open Enclave's header; empty without a TEE. */
bool core_quote(struct core *core, const struct mesh *m, struct slice nonce, struct arena *a,
                struct slice *out, struct err *err);
