/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads change one store: each place of a limited counter is given out once, while others read it and
 * change its key; and after a restart all that was given out is there. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "coordinator/store/store.h"
#include "pki/hash.h"

enum { NUM_THREADS = 8, TRIES = 40, LIMIT = NUM_THREADS * TRIES * 3 / 4, RESEALS = 10 };

static char folder[] = "/tmp/marblemesh-store-XXXXXX";
static struct store *store;

static _Noreturn void fail(const struct err *err)
{
    (void)fprintf(stderr, "store_threads: %s\n", err->text);
    exit(EXIT_FAILURE);
}

static bool constant_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    (void)policy;
    (void)err;
    secret_new(out, 32);
    return true;
}
static const struct tee machine = {.name = "constant", .seal_key = constant_key};
static const struct sealer sealer = {&machine};

static unsigned long number(const struct slice *s, struct arena *a)
{
    return s == NULL ? 0 : strtoul(arena_strndup(a, *s), NULL, 10);
}

/* Takes a place in the common counter and notes it under the thread's own name. */
struct taker {
    char name[16];
    unsigned long taken, last;
};

static bool take(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                 struct err *err)
{
    struct taker *t = ctx;
    const unsigned long n = number(store_view_get(v, "counter"), a),
                        own = number(store_view_get(v, t->name), a);
    struct entry *changes = arena_array(a, 2, sizeof *changes);

    if (n >= LIMIT)
        return err_set(err, E_MARBLE_LIMIT, "no place left");
    t->last = n + 1;
    changes[0] = (struct entry){"counter", slice_str(arena_printf(a, "%lu", n + 1))};
    changes[1] = (struct entry){t->name, slice_str(arena_printf(a, "%lu", own + 1))};
    *out = (struct store_changes){changes, 2};
    return true;
}

static bool given[LIMIT + 1]; /* each by one thread, if the store is right */

static void *run(void *arg)
{
    struct taker *t = arg;
    struct err err;

    for (int i = 0; i < TRIES; i++) {
        if (store_update(store, take, t, &err)) {
            t->taken++;
            given[t->last] = true;
        } else if (err.code != E_MARBLE_LIMIT) {
            fail(&err);
        }
    }
    return NULL;
}

static void *reseal(void *arg)
{
    (void)arg;
    for (int i = 0; i < RESEALS; i++) {
        scoped(arena_wipe) struct arena a = {0};
        scoped(data_key_wipe) struct data_key key = {0};
        const struct entries e = store_entries(store, &a);
        struct err err;

        if (entries_find(&e, "manifest") == NULL)
            abort();
        data_key_new(&key);
        if (!store_reseal(store, &(struct store_sealing){STORE_SEAL_PRODUCT, &key, slice_str("null")}, NULL,
                          NULL, &err))
            fail(&err);
    }
    return NULL;
}

static void start(enum store_condition expected)
{
    enum store_condition condition;
    struct err why, err;

    if (!store_open(folder, &sealer, &store, &condition, &why, &err))
        fail(&err);
    if (condition != expected)
        fail(&why);
}

static void begin(void)
{
    scoped(data_key_wipe) struct data_key key = {0};
    const struct entry first = {"manifest", slice_str("{}")};
    struct err err;

    data_key_new(&key);
    if (!store_begin(store, &(struct store_beginning){{STORE_SEAL_PRODUCT, &key, {0}}, &first, 1}, &err))
        fail(&err);
}

static void check(const struct taker *takers)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct entries e = store_entries(store, &a);
    unsigned long sum = 0;

    for (int i = 0; i < NUM_THREADS; i++) {
        sum += takers[i].taken;
        if (number(entries_find(&e, takers[i].name), &a) != takers[i].taken)
            abort();
    }
    for (int i = 1; i <= LIMIT; i++)
        if (!given[i])
            abort();
    if (sum != LIMIT || number(entries_find(&e, "counter"), &a) != LIMIT)
        abort();
}

int main(void)
{
    struct taker takers[NUM_THREADS] = {0};
    pthread_t threads[NUM_THREADS + 1];

    pki_init();
    if (mkdtemp(folder) == NULL)
        abort();
    start(STORE_EMPTY);
    begin();
    for (int i = 0; i < NUM_THREADS; i++) {
        (void)snprintf(takers[i].name, sizeof takers[i].name, "taken:%d", i);
        if (pthread_create(&threads[i], NULL, run, &takers[i]) != 0)
            abort();
    }
    if (pthread_create(&threads[NUM_THREADS], NULL, reseal, NULL) != 0)
        abort();
    for (int i = 0; i <= NUM_THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    check(takers);
    store_close(&store);
    start(STORE_OPEN);
    check(takers);
    store_close(&store);
    for (size_t i = 0; i < 5; i++) {
        static const char *const names[] = {"sealed_data", "sealed_data.copy", "sealed_key",
                                            "sealed_data.old", "sealed_key.old"};
        char path[64];

        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder) == 0 ? 0 : 1;
}
