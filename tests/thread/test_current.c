/* SPDX-License-Identifier: Apache-2.0 */
/* Many readers take the current thing while one writer publishes the next ones: each reader holds a whole one, never
 * one that is gone, and never an older one than before. For the thread sanitizer and the address sanitizer;
 * without either it still looks at order and contents. */
#include "base/current.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 6, ROUNDS = 3000 };

struct thing {
    atomic_uint references;
    uint64_t number, again; /* 0 once it is gone */
};

static struct current current;
static atomic_bool done;
static atomic_uint alive;

static struct thing *numbered(uint64_t number)
{
    struct thing *t = malloc(sizeof *t);

    if (t == NULL)
        abort();
    *t = (struct thing){1, number, number};
    (void)atomic_fetch_add(&alive, 1);
    return t;
}

static void hold(void *thing) { (void)atomic_fetch_add(&((struct thing *)thing)->references, 1); }

static void release(struct thing *t)
{
    if (t == NULL || atomic_fetch_sub(&t->references, 1) != 1)
        return;
    t->number = t->again = 0;
    free(t);
    (void)atomic_fetch_sub(&alive, 1);
}

static void *look(void *nothing)
{
    uint64_t last = 1;

    while (!atomic_load(&done)) {
        struct thing *t = current_get(&current, hold);

        if (t->number != t->again || t->number < last)
            abort();
        last = t->number;
        release(t);
    }
    return nothing;
}

int main(void)
{
    pthread_t readers[READERS];

    if (current_get(&current, hold) != NULL || current_set(&current, numbered(1)) != NULL)
        return 1;
    for (size_t i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, look, NULL) != 0)
            abort();
    for (uint64_t i = 2; i <= ROUNDS; i++)
        release(current_set(&current, numbered(i)));
    atomic_store(&done, true);
    for (size_t i = 0; i < READERS; i++)
        (void)pthread_join(readers[i], NULL);
    release(current_set(&current, NULL));
    (void)printf("%d things, %u left\n", ROUNDS, atomic_load(&alive));
    return atomic_load(&alive) == 0 ? 0 : 1;
}
