/* SPDX-License-Identifier: Apache-2.0 */
#include "base/current.h"

#include <stddef.h>

void *current_get(struct current *c, void (*hold)(void *thing))
{
    atomic_uint *slot = readers_enter(&c->readers);
    void *thing = atomic_load(&c->at);

    if (thing != NULL)
        hold(thing);
    readers_leave(slot);
    return thing;
}

void *current_set(struct current *c, void *next)
{
    void *before = atomic_exchange(&c->at, next);

    readers_wait(&c->readers);
    return before;
}
