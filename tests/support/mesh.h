/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/mesh.h: a coordinator in the simulated TEE, and marbles that are this very program. */
#pragma once
#include "coordinator/activate.h"
#include "coordinator/core.h"

/* A coordinator whose state is in a fresh folder. `setting`: one more variable of its environment, or NULL.
 * A fault aborts, as everywhere in tests/support. */
struct mesh_test {
    struct arena arena;
    struct config config;
    struct core *core;
};
void mesh_test_begin(struct mesh_test *t, const char *setting);
void mesh_test_end(struct mesh_test *t);

/* Closes and opens it again on the same folder. */
bool mesh_test_restart(struct mesh_test *t, struct err *err);

/* A manifest: the package "test" is this program (its UniqueID, found by measuring it), everything else is
 * `marbles` and `secrets`, JSON objects (secrets may be NULL). */
char *mesh_test_manifest(struct arena *a, const char *marbles, const char *secrets);

/* The same with `more` behind it: members that begin with a comma, or "". */
char *mesh_test_manifest_with(struct arena *a, const char *marbles, const char *more);

/* What the owners of recovery keys get lives as long as the test. */
struct recovery_secrets mesh_test_set(struct mesh_test *t, const char *manifest);

/* A marble that is about to ask: a throw-away certificate, evidence bound to it, a request for a certificate.
 */
struct asker {
    struct slice certificate;
    struct activation_request request;
};
void asker_new(const char *type, const char *uuid, struct arena *a, struct asker *out);

/* Asks; on success *out has what was given. */
bool asker_ask(struct mesh_test *t, const struct asker *who, struct arena *a, struct parameters *out,
               int *status, struct err *err);

/* The value of a variable or file, or an empty slice. */
struct slice given(const struct parameter *some, size_t num, const char *name);
