/* SPDX-License-Identifier: Apache-2.0 */
/* One key, many threads: all sign with it and verify each other's signatures, while others come and go. */
#include <pthread.h>
#include <stdio.h>

#include "pki/hash.h"
#include "pki/key.h"

enum { NUM_THREADS = 8, ROUNDS = 20 };

static struct key shared;

static bool round_of(struct arena *a, struct err *err)
{
    scoped(key_wipe) struct key own = {0}, copy = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    const struct slice message = slice_str("a message");
    struct slice one, two, sealed, opened;

    key_to_pkcs8(&shared, &pkcs8);
    if (!key_generate(KEY_P256, &own, err) || !key_from_pkcs8(secret_bytes(&pkcs8), &copy, err) ||
        !key_sign(&shared, message, a, &one, err) || !key_sign(&own, message, a, &two, err))
        return false;
    aead_seal(slice_of(pkcs8.ptr, 32), message, one, a, &sealed);
    return spki_verify(key_spki(&copy, a), SIG_ECDSA_SHA256, message, one, err) &&
           spki_verify(key_spki(&own, a), SIG_ECDSA_SHA256, message, two, err) &&
           aead_open(slice_of(pkcs8.ptr, 32), sealed, one, a, &opened, err);
}

static void *run(void *arg)
{
    bool *ok = arg;

    pki_init();
    *ok = true;
    for (int i = 0; i < ROUNDS && *ok; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct err err;

        *ok = round_of(&a, &err);
        if (!*ok)
            (void)fprintf(stderr, "round %d: %s\n", i, err.text);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[NUM_THREADS];
    bool ok[NUM_THREADS] = {0}, all = true;
    struct err err;

    pki_init();
    if (!key_generate(KEY_P256, &shared, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int i = 0; i < NUM_THREADS; i++)
        if (pthread_create(&threads[i], NULL, run, &ok[i]) != 0)
            return 1;
    for (int i = 0; i < NUM_THREADS; i++) {
        if (pthread_join(threads[i], NULL) != 0)
            return 1;
        all = all && ok[i];
    }
    key_wipe(&shared);
    return all ? 0 : 1;
}
