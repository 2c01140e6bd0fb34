/* SPDX-License-Identifier: Apache-2.0 */
/* Many readers take the current snapshot while one writer publishes the next ones: each reader holds a whole
 * one, never one that is gone, and never an older one than before. For the thread sanitizer and the address
 * sanitizer; without either it still looks at order and contents. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/published.h"

enum { READERS = 6, ROUNDS = 3000 };

static struct published published;
static atomic_bool done;
static atomic_uint_fast64_t reads;

static struct mesh *numbered(uint64_t number)
{
    struct mesh *m = mesh_new();
    uint64_t *twice = arena_alloc(&m->arena, 2 * sizeof *twice);

    twice[0] = twice[1] = number;
    m->quote = slice_of(twice, 2 * sizeof *twice);
    return m;
}

static uint64_t number_of(const struct mesh *m)
{
    struct cursor c = cursor_over(m->quote);
    const uint64_t first = cursor_u64le(&c), second = cursor_u64le(&c);

    if (first != second)
        abort();
    return first;
}

static void *look(void *nothing)
{
    uint64_t last = 0;

    while (!atomic_load(&done)) {
        scoped(mesh_release) struct mesh *m = published_get(&published);
        const uint64_t number = number_of(m);

        if (number < last)
            abort();
        last = number;
        (void)atomic_fetch_add_explicit(&reads, 1, memory_order_relaxed);
    }
    return nothing;
}

int main(void)
{
    pthread_t readers[READERS];

    if (published_get(&published) != NULL)
        return 1;
    published_set(&published, numbered(1));
    for (size_t i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, look, NULL) != 0)
            abort();
    for (uint64_t i = 2; i <= ROUNDS; i++)
        published_set(&published, numbered(i));
    atomic_store(&done, true);
    for (size_t i = 0; i < READERS; i++)
        (void)pthread_join(readers[i], NULL);
    (void)printf("%d snapshots, %llu reads\n", ROUNDS, (unsigned long long)atomic_load(&reads));
    if (number_of(published_now(&published)) != ROUNDS)
        return 1;
    published_set(&published, NULL);
    return 0;
}
