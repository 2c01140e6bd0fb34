/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without a fuzzer: over every file of the folder given, in order of name, over the empty
 * input, and over a fixed sequence of mutations of them. The sequence is the same on every machine, so a
 * failure comes again; the input that failed is then in replay-crash.bin.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asked by the sanitizers: a finding ends in SIGABRT like any other failure. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__ubsan_default_options(void);
const char *__asan_default_options(void) { return "abort_on_error=1"; }
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }

enum {
    MUTATIONS = 4000,
    MAX_SEEDS = 4096,
    SIZE_CAP = 1 << 20,
};

struct input {
    uint8_t *bytes;
    size_t len;
};

static struct input seeds[MAX_SEEDS];
static size_t num_seeds;
static struct input running;

static _Noreturn void fail(const char *what, const char *about)
{
    fprintf(stderr, "replay: %s: %s\n", what, about);
    exit(2);
}

/* xorshift64*: small, and the same everywhere. */
static uint64_t next_random(void)
{
    static uint64_t state = 0x6d61726276656c65;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static size_t below(size_t limit) { return limit == 0 ? 0 : (size_t)(next_random() % limit); }

static void save_running(int signal)
{
    static const char told[] = "\nreplay: the input that failed is in replay-crash.bin\n";
    int fd = open("replay-crash.bin", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd >= 0 && write(fd, running.bytes, running.len) == (ssize_t)running.len)
        (void)!write(STDERR_FILENO, told, sizeof told - 1);
    (void)raise(signal); /* handled once: the default now */
}

static void save_what_fails(void)
{
    struct sigaction once = {.sa_handler = save_running, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    struct sigaction now;

    sigaction(SIGABRT, &once, NULL);
    if (sigaction(SIGSEGV, NULL, &now) == 0 &&
        now.sa_handler == SIG_DFL) /* else a sanitizer's, which tells more */
        sigaction(SIGSEGV, &once, NULL);
}

/* An input is copied to an allocation of its very size, so that a sanitizer sees a read one byte behind it.
 */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    if (copy == NULL)
        fail("malloc", "no memory");
    if (len > 0)
        memcpy(copy, bytes, len);
    running = (struct input){copy, len};
    (void)LLVMFuzzerTestOneInput(copy, len);
    running = (struct input){0};
    free(copy);
}

static void add_seed(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(SIZE_CAP);

    if (file == NULL || bytes == NULL || num_seeds == MAX_SEEDS)
        fail(path, "cannot be read as a seed");
    seeds[num_seeds].len = fread(bytes, 1, SIZE_CAP, file);
    seeds[num_seeds].bytes = realloc(bytes, seeds[num_seeds].len == 0 ? 1 : seeds[num_seeds].len);
    num_seeds++;
    fclose(file);
}

static void add_folder(const char *folder)
{
    struct dirent **entries;
    int num = scandir(folder, &entries, NULL, alphasort);

    if (num < 0)
        return; /* a target may have no seeds: then its mutations start from nothing */
    for (int i = 0; i < num; i++) {
        char path[4096];

        if (entries[i]->d_name[0] != '.') {
            if (snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) >= (int)sizeof path)
                fail(folder, "path too long");
            add_seed(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* Sizes and counts are where parsers go wrong: the values at their edges. */
static uint8_t edge_byte(void)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xfe, 0xff};

    return edges[below(sizeof edges)];
}

static void copy(struct input *to, const struct input *from)
{
    if (from->len > 0)
        memcpy(to->bytes, from->bytes, from->len);
    to->len = from->len;
}

static void remove_span(struct input *in)
{
    size_t at = below(in->len);
    size_t len = 1 + below(in->len - at);

    memmove(in->bytes + at, in->bytes + at + len, in->len - at - len);
    in->len -= len;
}

static void insert_span(struct input *in, const struct input *from)
{
    size_t at = below(in->len + 1);
    size_t start = below(from->len);
    size_t len = from->len == 0 ? 0 : 1 + below(from->len - start);

    if (len > SIZE_CAP - in->len)
        return;
    memmove(in->bytes + at + len, in->bytes + at, in->len - at);
    if (len > 0)
        memcpy(in->bytes + at, from->bytes + start, len);
    in->len += len;
}

static void insert_byte(struct input *in)
{
    uint8_t byte = (uint8_t)next_random();

    insert_span(in, &(struct input){&byte, 1});
}

static void mutate(struct input *in)
{
    for (size_t times = 1 + below(4); times > 0; times--) {
        size_t kind = below(7);

        if (in->len == 0)
            insert_byte(in);
        else if (kind == 0)
            in->bytes[below(in->len)] ^= (uint8_t)(1U << below(8));
        else if (kind == 1)
            in->bytes[below(in->len)] = edge_byte();
        else if (kind == 2)
            in->bytes[below(in->len)] = (uint8_t)next_random();
        else if (kind == 3)
            in->len = below(in->len); /* cut off */
        else if (kind == 4)
            remove_span(in);
        else if (kind == 5 && num_seeds > 0)
            insert_span(in, &seeds[below(num_seeds)]);
        else
            insert_byte(in);
    }
}

int main(int argc, char **argv)
{
    static uint8_t scratch[SIZE_CAP];

    if (argc != 2)
        fail(argv[0], "one argument: the folder with the seeds");
    save_what_fails();
    add_folder(argv[1]);
    run(scratch, 0);
    for (size_t i = 0; i < num_seeds; i++)
        run(seeds[i].bytes, seeds[i].len);
    for (int i = 0; i < MUTATIONS; i++) {
        struct input in = {scratch, 0};

        if (num_seeds > 0)
            copy(&in, &seeds[(size_t)i % num_seeds]);
        mutate(&in);
        run(in.bytes, in.len);
    }
    printf("%zu seeds, %d mutations\n", num_seeds, MUTATIONS);
    for (size_t i = 0; i < num_seeds; i++)
        free(seeds[i].bytes);
    return 0;
}
