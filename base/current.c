/* SPDX-License-Identifier: Apache-2.0 */
#include "base/current.h"

#include <sched.h>
#include <stddef.h>

/* Threads take slots in turn when they first read. */
static unsigned slot_of_this_thread(void)
{
    static atomic_uint next;
    static _Thread_local unsigned slot; /* plus one; 0: none yet */

    if (slot == 0)
        slot = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % CURRENT_SLOTS + 1;
    return slot - 1;
}

void *current_get(struct current *c, void (*hold)(void *thing))
{
    atomic_uint *readers = &c->slots[slot_of_this_thread()].readers;
    void *thing;

    (void)atomic_fetch_add(readers, 1);
    thing = atomic_load(&c->at);
    if (thing != NULL)
        hold(thing);
    (void)atomic_fetch_sub(readers, 1);
    return thing;
}

void *current_set(struct current *c, void *next)
{
    void *before = atomic_exchange(&c->at, next);

    for (unsigned i = 0; i < CURRENT_SLOTS; i++)
        while (atomic_load(&c->slots[i].readers) != 0)
            (void)sched_yield();
    return before;
}
