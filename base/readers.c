/* SPDX-License-Identifier: Apache-2.0 */
#include "base/readers.h"

#include <sched.h>

/* Threads take slots in turn when they first read. */
static unsigned slot_of_this_thread(void)
{
    static atomic_uint next;
    static _Thread_local unsigned slot; /* plus one; 0: none yet */

    if (slot == 0)
        slot = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % READERS_SLOTS + 1;
    return slot - 1;
}

atomic_uint *readers_enter(struct readers *r)
{
    atomic_uint *slot = &r->slots[slot_of_this_thread()].inside;

    (void)atomic_fetch_add(slot, 1);
    return slot;
}

void readers_wait(struct readers *r)
{
    for (unsigned i = 0; i < READERS_SLOTS; i++)
        while (atomic_load(&r->slots[i].inside) != 0)
            (void)sched_yield();
}
