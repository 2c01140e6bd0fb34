/* SPDX-License-Identifier: Apache-2.0 */
/* base/current.h: the current one of a sequence of counted things, for many readers and one writer at a time.
 *
 * A reader takes no lock and never waits (base/readers.h). Zero state: there is none yet. What is published
 * must not change any more.
 */
#pragma once
#include "base/readers.h"

struct current {
    _Atomic(void *) at;
    struct readers readers;
};

/* The current thing, on which `hold` took a reference for the caller; NULL if there is none yet. `hold` must
 * not wait. */
void *current_get(struct current *c, void (*hold)(void *thing));

/* Takes over the caller's reference to `next` (may be NULL). Returns the one before with its reference, for
 * the caller to release. One caller at a time. */
void *current_set(struct current *c, void *next);

/* For who alone sets it: borrowed until he does. */
static inline const void *current_now(const struct current *c) { return atomic_load(&c->at); }
