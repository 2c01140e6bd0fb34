/* SPDX-License-Identifier: Apache-2.0 */
/* base/readers.h: when does nobody look at it any more? For many readers without a lock, and writers that
 * take things away.
 *
 * A reader enters one of several slots (its thread's own, as far as they last), loads pointers, takes
 * references to what it wants to keep, and leaves. A writer takes the last pointer to a thing away and then
 * waits until it has seen each slot empty once: whoever enters after that does not find the thing any more,
 * so nobody can take a reference to it, and the writer may give up the one that the pointer was. The wait is
 * as long as those few instructions of a reader. Pointers and slots have to be loaded and stored in one total
 * order (C11 7.17.3, seq_cst), which this argument needs.
 *
 * Zero state: nobody reads. Several writers may wait at once.
 */
#pragma once
#include <stdatomic.h>

enum { READERS_SLOTS = 32 };

struct readers {
    struct {
        atomic_uint inside;
        char apart[64 - sizeof(atomic_uint)]; /* from the next slot's cache line */
    } slots[READERS_SLOTS];
};

/* In between, a reader must not wait for anything. Returns the slot, for readers_leave(). */
atomic_uint *readers_enter(struct readers *r);
static inline void readers_leave(atomic_uint *slot) { (void)atomic_fetch_sub(slot, 1); }

void readers_wait(struct readers *r);
