/* SPDX-License-Identifier: Apache-2.0 */
/* base/current.h: the current one of a sequence of counted things, for many readers and one writer at a time.
 *
 * A reader takes no lock and never waits: it enters one of several slots (its thread's own, as far as they
 * last), reads the pointer, takes its reference and leaves the slot. A writer exchanges the pointer and then
 * waits until it has seen each slot empty once: whoever enters after that reads the new pointer, so nobody
 * can take a reference to the old thing any more, and the writer may give up the reference that the pointer was.
 * The wait is as long as those few instructions of a reader. All operations on slots and pointer are of one
 * total order (C11 7.17.3, seq_cst), which this argument needs.
 *
 * Zero state: there is none yet. What is published must not change any more.
 */
#pragma once
#include <stdatomic.h>

enum { CURRENT_SLOTS = 32 };

struct current {
    _Atomic(void *) at;
    struct {
        atomic_uint readers;
        char apart[64 - sizeof(atomic_uint)]; /* from the next slot's cache line */
    } slots[CURRENT_SLOTS];
};

/* The current thing, on which `hold` took a reference for the caller; NULL if there is none yet. `hold` must not wait. */
void *current_get(struct current *c, void (*hold)(void *thing));

/* Takes over the caller's reference to `next` (may be NULL). Returns the one before with its reference, for the caller to
 * release. One caller at a time. */
void *current_set(struct current *c, void *next);
