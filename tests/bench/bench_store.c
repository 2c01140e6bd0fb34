/* SPDX-License-Identifier: Apache-2.0 */
/* What a durable change costs, beside the plain cost of writing and syncing the same bytes to the same disk,
 * measured in the same run: for small states and large ones, from one thread and from many.
 *
 *     bench_store [FOLDER]      default: a new one in the present folder, removed at the end
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "coordinator/store/store.h"
#include "pki/hash.h"
#include "tests/bench/timing.h"

enum { ROUND_MS = 1500, MAX_THREADS = 64 };

static char folder[4096];
static struct store *store;

static double now_ms(void) { return wall_us() / 1e3; }

static const char *path_of(const char *name)
{
    static char path[4200];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- the reference ------------------------------------------------------------------------------- */

/* Writes and syncs a second: `len` bytes at the end of a file, as one record would be. */
static double plain_per_second(size_t len)
{
    const int fd = open(path_of("plain"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    static uint8_t bytes[4096];
    const double start = now_ms();
    unsigned n = 0;
    double took;

    do {
        if (fd < 0 || pwrite(fd, bytes, len, (off_t)(n * len)) != (ssize_t)len || fdatasync(fd) != 0) {
            perror("bench_store: plain file");
            exit(EXIT_FAILURE);
        }
        n++;
        took = now_ms() - start;
    } while (took < ROUND_MS);
    (void)close(fd);
    (void)unlink(path_of("plain"));
    return n * 1e3 / took;
}

/* ---- what is measured ---------------------------------------------------------------------------- */

static bool count(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                  struct err *err)
{
    const struct slice *was = store_view_get(v, "activations:backend");
    const unsigned long n = was == NULL ? 0 : strtoul(arena_strndup(a, *was), NULL, 16);
    struct entry *change = arena_alloc(a, sizeof *change);

    (void)ctx;
    (void)err;
    *change = (struct entry){"activations:backend", slice_str(arena_printf(a, "%lx", n + 1))};
    *out = (struct store_changes){change, 1};
    return true;
}

static double until;

static void *count_on(void *arg)
{
    unsigned *n = arg;
    struct err err;

    while (now_ms() < until) {
        must(store_update(store, count, NULL, &err), &err);
        ++*n;
    }
    return NULL;
}

static double changes_per_second(unsigned num_threads)
{
    pthread_t threads[MAX_THREADS];
    unsigned each[MAX_THREADS] = {0}, sum = 0;
    const double start = now_ms();

    until = start + ROUND_MS;
    for (unsigned i = 0; i < num_threads; i++)
        if (pthread_create(&threads[i], NULL, count_on, &each[i]) != 0)
            abort();
    for (unsigned i = 0; i < num_threads; i++) {
        (void)pthread_join(threads[i], NULL);
        sum += each[i];
    }
    return sum * 1e3 / (now_ms() - start);
}

/* ---- the run ------------------------------------------------------------------------------------- */

static void remove_all(void)
{
    static const char *const names[] = {"sealed_data", "sealed_data.copy", "sealed_key", "sealed_data.old",
                                        "sealed_key.old"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i]));
}

static void start(void)
{
    enum store_condition condition;
    struct err why, err;

    must(store_open(folder, &(struct sealer){NULL}, &store, &condition, &why, &err), &err);
}

static void begin(size_t num_secrets)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(data_key_wipe) struct data_key key = {0};
    struct entry *e = arena_array(&a, num_secrets, sizeof *e);
    uint8_t value[500];
    struct err err;

    random_bytes(value, sizeof value);
    for (size_t i = 0; i < num_secrets; i++)
        e[i] = (struct entry){arena_printf(&a, "secret:%zu", i), slice_of(value, sizeof value)};
    data_key_new(&key);
    must(store_begin(store, &(struct store_beginning){{STORE_SEAL_PRODUCT, &key, {0}}, e, num_secrets}, &err),
         &err);
}

static long file_len(void)
{
    struct stat st = {0};

    (void)stat(path_of("sealed_data"), &st);
    return (long)st.st_size;
}

static void measure_start(void)
{
    const long len = file_len();
    double took = now_ms();

    store_close(&store);
    start();
    took = now_ms() - took;
    (void)printf("    start, %7ld KiB to read twice   %9.1f ms  %9.2f ms/MiB\n", len / 1024, took,
                 took * 1048576 / (double)(2 * len));
}

static void measure_commits(size_t num_secrets)
{
    static const unsigned threads[] = {1, 8, MAX_THREADS};
    struct err err;
    long before;

    start();
    begin(num_secrets);
    before = file_len();
    must(store_update(store, count, NULL, &err), &err);
    const size_t record = (size_t)(file_len() - before);
    const double plain = plain_per_second(record);

    (void)printf("a state with %zu secrets, one counted activation is a record of %zu bytes\n", num_secrets,
                 record);
    (void)printf("    plain write and sync of it    %9.0f /s\n", plain);
    for (size_t i = 0; i < 3; i++) {
        const double rate = changes_per_second(threads[i]);

        (void)printf("    %2u threads                    %9.0f /s  %6.2f x plain (both copies: at most 0.50 "
                     "a change)\n",
                     threads[i], rate, rate / plain);
    }
    measure_start();
    store_close(&store);
    remove_all();
}

int main(int argc, char **argv)
{
    pki_init();
    (void)snprintf(folder, sizeof folder, "%s", argc > 1 ? argv[1] : "bench-store-XXXXXX");
    if (argc == 1 && mkdtemp(folder) == NULL) {
        perror("bench_store: making a folder");
        return EXIT_FAILURE;
    }
    measure_commits(10);
    measure_commits(10000);
    if (argc == 1)
        (void)rmdir(folder);
    return 0;
}
