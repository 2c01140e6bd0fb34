/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/pending.h: store_update() in its two halves, for the store itself and for its tests.
 *
 * Between them lie other threads' changes: a test takes the halves apart to put many changes into one record
 * in an order of its choice.
 */
#pragma once
#include "coordinator/store/backend.h"
#include "coordinator/store/store.h"

/* A change that was decided on and is not durable yet. Lives with the caller until store_await() returned. */
struct pending {
    struct pending *next; /* decided on after this one */
    struct arena arena;   /* of the changes */
    struct store_changes changes;
    size_t growth;                       /* of the state's size by it; may be negative, modulo */
    const struct store_sealing *sealing; /* of store_reseal(), or NULL */
    enum { PENDING, KEPT, REFUSED } outcome;
    struct err err; /* if REFUSED */
};

/* Decides. The pending change must be zero. */
bool store_decide_on(struct store *s, const struct store_sealing *sealing, store_decide *decide, void *ctx,
                     struct pending *p, struct err *err);

/* Waits until it is durable or refused, writing it and others if nobody else is. */
bool store_await(struct store *s, struct pending *p, struct err *err);

/* store_open() on a backend, which the store closes, also if this fails. */
bool store_open_on(struct backend *b, const struct sealer *sealer, struct store **out,
                   enum store_condition *condition, struct err *why, struct err *err);
