/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/published.h: the current snapshot, for many readers and one writer at a time.
 *
 * A reader takes no lock and never waits: it enters one of several slots (its thread's own, as far as they
 * last), reads the pointer, takes its reference and leaves the slot. A writer exchanges the pointer and then
 * waits until it has seen each slot empty once: whoever enters after that reads the new pointer, so nobody
 * can take a reference to the old snapshot any more, and the writer may give up its own. The wait is as
 * long as those few instructions of a reader. All operations on slots and pointer are of one total order
 * (C11 7.17.3, seq_cst), which this argument needs.
 */
#pragma once
#include <stdatomic.h>

#include "coordinator/mesh.h"

enum { PUBLISHED_SLOTS = 32 };

struct published {
    _Atomic(struct mesh *) mesh;
    struct {
        atomic_uint readers;
        char apart[64 - sizeof(atomic_uint)]; /* from the next slot's cache line */
    } slots[PUBLISHED_SLOTS];
};

/* The snapshot, held for the caller; NULL if there is none yet. */
struct mesh *published_get(struct published *p);

/* Takes over the caller's reference to `next` (may be NULL); that to the one before is released. One at a
 * time. */
void published_set(struct published *p, struct mesh *next);

/* For the writer itself, who alone changes it: borrowed until he does. */
static inline const struct mesh *published_now(const struct published *p) { return atomic_load(&p->mesh); }
