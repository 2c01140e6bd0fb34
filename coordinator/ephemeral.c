/* SPDX-License-Identifier: Apache-2.0 */
/* The key that recovery secrets are encrypted to on their way here. */
#include <pthread.h>
#include <stdlib.h>

#include "coordinator/recovery.h"

enum { EPHEMERAL_BITS = 4096 };

struct ephemeral_key {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t made;
    bool making, dropped; /* dropped: while it is being made */
    struct key key;       /* empty: there is none */
};

static void unlock_key(struct ephemeral_key **k) { (void)pthread_mutex_unlock(&(*k)->lock); }

static struct ephemeral_key *locked(struct ephemeral_key *k)
{
    (void)pthread_mutex_lock(&k->lock);
    return k;
}

struct ephemeral_key *ephemeral_new(void)
{
    struct ephemeral_key *k = calloc(1, sizeof *k);

    if (k == NULL || pthread_mutex_init(&k->lock, NULL) != 0 || pthread_cond_init(&k->made, NULL) != 0)
        abort();
    return k;
}

void ephemeral_free(struct ephemeral_key **k)
{
    if (*k == NULL)
        return;
    key_wipe(&(*k)->key);
    (void)pthread_cond_destroy(&(*k)->made);
    (void)pthread_mutex_destroy(&(*k)->lock);
    free(*k);
    *k = NULL;
}

/* Is it for the caller to make one? Otherwise there is one now. */
static bool is_ours_to_make(struct ephemeral_key *k)
{
    scoped(unlock_key) struct ephemeral_key *held = locked(k);

    while (held->making)
        (void)pthread_cond_wait(&held->made, &held->lock);
    held->making = held->key.impl == NULL;
    return held->making;
}

static bool make(struct ephemeral_key *k, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    const bool ok = key_generate_rsa(EPHEMERAL_BITS, &key, err);
    scoped(unlock_key) struct ephemeral_key *held = locked(k);

    held->making = false;
    (void)pthread_cond_broadcast(&held->made);
    if (ok && !held->dropped) {
        held->key = key;
        key = (struct key){0};
    }
    held->dropped = false;
    return ok;
}

bool ephemeral_spki(struct ephemeral_key *k, struct arena *a, struct slice *spki, struct err *err)
{
    if (is_ours_to_make(k) && !make(k, err))
        return false;
    scoped(unlock_key) struct ephemeral_key *held = locked(k);

    if (held->key.impl == NULL)
        return err_set(err, E_STATE_WRONG, "server is not in expected state: the recovery has just ended");
    *spki = key_spki(&held->key, a);
    return true;
}

bool ephemeral_decrypt(struct ephemeral_key *k, struct slice ciphertext, struct arena *a, struct slice *plain,
                       struct err *err)
{
    scoped(unlock_key) struct ephemeral_key *held = locked(k);
    scoped(secret_wipe) struct secret secret = {0};

    if (held->key.impl == NULL)
        return err_set(err, E_RECOVERY_DECRYPT,
                       "the recovery secret is encrypted, and no recovery public key was asked for here");
    if (!key_decrypt(&held->key, ciphertext, &secret, err))
        return err_as(err, E_RECOVERY_DECRYPT) ||
               err_in(err, "a recovery secret of %zu bytes is taken as encrypted", ciphertext.len);
    *plain = arena_copy(a, secret_bytes(&secret));
    return true;
}

void ephemeral_drop(struct ephemeral_key *k)
{
    scoped(unlock_key) struct ephemeral_key *held = locked(k);

    key_wipe(&held->key);
    held->dropped = held->making;
}
