/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/published.h"

#include <sched.h>

/* Threads take slots in turn when they first read. */
static unsigned slot_of_this_thread(void)
{
    static atomic_uint next;
    static _Thread_local unsigned slot; /* plus one; 0: none yet */

    if (slot == 0)
        slot = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % PUBLISHED_SLOTS + 1;
    return slot - 1;
}

struct mesh *published_get(struct published *p)
{
    atomic_uint *readers = &p->slots[slot_of_this_thread()].readers;
    struct mesh *m;

    (void)atomic_fetch_add(readers, 1);
    m = atomic_load(&p->mesh);
    if (m != NULL)
        (void)mesh_hold(m);
    (void)atomic_fetch_sub(readers, 1);
    return m;
}

void published_set(struct published *p, struct mesh *next)
{
    struct mesh *before = atomic_exchange(&p->mesh, next);

    for (unsigned i = 0; i < PUBLISHED_SLOTS; i++)
        while (atomic_load(&p->slots[i].readers) != 0)
            (void)sched_yield();
    mesh_release(&before);
}
