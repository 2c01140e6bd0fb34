/* SPDX-License-Identifier: Apache-2.0 */
/* Many marbles ask and many readers look while the manifest is set, and while a limit runs out: nobody may
 * see half a mesh, and of a limit of N exactly N get in. For the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/mesh.h"

enum { ASKERS = 6, READERS = 3, ROUNDS = 8, LIMIT = 10 };

static struct mesh_test t;
static atomic_uint admitted, limited, other;
static atomic_bool done;

static void fail(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err->text);
    abort();
}

static void ask(const char *type)
{
    scoped(arena_wipe) struct arena a = {0};
    struct parameters got;
    struct asker who;
    struct err err;
    int status;

    asker_new(type, "11111111-2222-4333-8444-555555555555", &a, &who);
    if (asker_ask(&t, &who, &a, &got, &status, &err)) {
        if (given(got.env, got.num_env, "MARBLE_PREDEFINED_PRIVATE_KEY").len == 0)
            fail("a marble without a key", &err);
        atomic_fetch_add(&admitted, 1);
    } else if (err.code == E_MARBLE_LIMIT && status == GRPC_PERMISSION_DENIED) {
        atomic_fetch_add(&limited, 1);
    } else if (err.code == E_STATE_WRONG) {
        atomic_fetch_add(&other, 1);
    } else {
        fail("asking", &err);
    }
}

static void *ask_early(void *nothing)
{
    for (int i = 0; i < ROUNDS / 2; i++)
        ask("free");
    return nothing;
}

static void *ask_limited(void *nothing)
{
    for (int i = 0; i < ROUNDS; i++)
        ask("limited");
    return nothing;
}

static void *look(void *nothing)
{
    while (!atomic_load(&done)) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        scoped(arena_wipe) struct arena a = {0};
        struct slice quote;
        struct err err;

        if ((m->state == MESH_ACCEPTING_MARBLES) != (m->manifest->num_marbles == 2) || m->ca == NULL)
            fail("half a mesh", &(struct err){0});
        if (!core_quote(t.core, m, slice_of("n", 1), &a, &quote, &err))
            fail("quote", &err);
    }
    return nothing;
}

static void start(pthread_t *threads, size_t num, void *(*run)(void *))
{
    for (size_t i = 0; i < num; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            abort();
}

static void join(const pthread_t *threads, size_t num)
{
    for (size_t i = 0; i < num; i++)
        (void)pthread_join(threads[i], NULL);
}

int main(void)
{
    pthread_t askers[ASKERS], readers[READERS];

    mesh_test_begin(&t, NULL);
    start(readers, READERS, look);
    start(askers, ASKERS, ask_early);
    (void)mesh_test_set(&t, mesh_test_manifest(&t.arena,
                                         "{\"free\":{\"Package\":\"test\"},"
                                         "\"limited\":{\"Package\":\"test\",\"MaxActivations\":10}}",
                                         "{\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256},"
                                         "\"s\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}}"));
    join(askers, ASKERS);
    (void)printf("%u admitted, %u came too early\n", atomic_load(&admitted), atomic_load(&other));
    if (atomic_load(&admitted) + atomic_load(&other) != ASKERS * ROUNDS / 2 || atomic_load(&limited) != 0)
        return 1;
    atomic_store(&admitted, 0);
    start(askers, ASKERS, ask_limited);
    join(askers, ASKERS);
    atomic_store(&done, true);
    join(readers, READERS);
    (void)printf("%u of %d admitted, %u refused\n", atomic_load(&admitted), LIMIT, atomic_load(&limited));
    mesh_test_end(&t);
    return atomic_load(&admitted) == LIMIT && atomic_load(&limited) == ASKERS * ROUNDS - LIMIT ? 0 : 1;
}
