/* SPDX-License-Identifier: Apache-2.0 */
/* One memory for many threads, small enough that they drive out each other's entries: every verification says
 * what it would say without, and what was read stays whole for as long as an arena holds it. */
#include "attestation/memo.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "pki/hash.h"

enum { NUM_THREADS = 4, NUM_MESSAGES = 300, ROUNDS = 3, NOW = 1000 };

static struct memo *memo;
static struct arena arena;
static struct slice xy, spki, raw[NUM_MESSAGES], der[NUM_MESSAGES];
static uint32_t messages[NUM_MESSAGES];

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "test_memo: %s\n", what);
    exit(1);
}

static struct slice message(size_t i) { return slice_of(&messages[i], sizeof messages[i]); }

static bool read_number(struct slice text, struct arena *a, void *out, struct err *err)
{
    uint32_t **number = out;

    if (text.len != sizeof **number)
        return err_set(err, E_COLLATERAL_FORMAT, "no number");
    *number = arena_alloc(a, sizeof **number);
    memcpy(*number, text.ptr, text.len);
    return true;
}

/* Held while other threads drive it out. */
static void read_some(size_t first)
{
    scoped(arena_wipe) struct arena a = {0};
    uint32_t *numbers[16];
    struct err err;

    for (size_t i = 0; i < 16; i++) {
        struct memo_entry *fresh;

        must(memo_read(memo, NOW, read_number, message((first + i) % NUM_MESSAGES), &a, &numbers[i],
                       sizeof numbers[i], &fresh, &err),
             "a number");
        memo_keep(memo, NOW, NOW + 1, fresh);
    }
    for (size_t i = 0; i < 16; i++)
        must(*numbers[i] == (first + i) % NUM_MESSAGES, "the very number");
}

static void *verify(void *arg)
{
    const size_t first = *(const size_t *)arg;
    struct err err;

    for (size_t n = 0; n < ROUNDS * NUM_MESSAGES; n++) {
        const size_t i = (first + n) % NUM_MESSAGES, other = (i + 1) % NUM_MESSAGES;
        const int64_t until = NOW + (int64_t)(i % 3) - 1; /* some are of no use already */

        must(memo_p256_verify_raw(memo, NOW, until, xy, message(i), raw[i], &err), "a good raw signature");
        must(!memo_p256_verify_raw(memo, NOW, until, xy, message(other), raw[i], &err), "another message");
        must(memo_spki_verify(memo, NOW, until, spki, SIG_ECDSA_SHA256, message(i), der[i], &err),
             "a good DER signature");
        must(!memo_spki_verify(memo, NOW, until, spki, SIG_ECDSA_SHA256, message(other), der[i], &err),
             "another message");
        read_some(i);
    }
    return NULL;
}

static void set_up(void)
{
    struct key key = {0};
    struct err err;

    pki_init();
    must(key_generate(KEY_P256, &key, &err), "a key");
    spki = key_spki(&key, &arena);
    must(spki_p256_xy(spki, &xy, &err), "its point");
    for (uint32_t i = 0; i < NUM_MESSAGES; i++) {
        messages[i] = i;
        must(key_sign_raw(&key, message(i), &arena, &raw[i], &err) &&
                 key_sign(&key, message(i), &arena, &der[i], &err),
             "a signature");
    }
    key_wipe(&key);
    memo = memo_new(16 * 20000);
}

int main(void)
{
    pthread_t threads[NUM_THREADS];
    size_t first[NUM_THREADS];
    struct memo_count count;

    set_up();
    for (size_t i = 0; i < NUM_THREADS; i++) {
        first[i] = i * 7;
        must(pthread_create(&threads[i], NULL, verify, &first[i]) == 0, "a thread");
    }
    for (size_t i = 0; i < NUM_THREADS; i++)
        must(pthread_join(threads[i], NULL) == 0, "its end");
    count = memo_count(memo);
    must(count.found + count.verified == (uint64_t)NUM_THREADS * ROUNDS * NUM_MESSAGES * (4 + 16),
         "the count");
    memo_free(&memo);
    arena_wipe(&arena);
    return 0;
}
