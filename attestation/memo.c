/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of sets: the key says which set, a set has room for a few entries, and a mutex guards every so many
 * sets, so that threads rarely meet. Within a set the least recently used entry makes room.
 */
#include "attestation/memo.h"

#include <pthread.h>
#include <stdlib.h>

#include "pki/hash.h"

enum { WAYS = 8, NUM_SHARDS = 16 };

struct entry {
    uint8_t key[SHA256_LEN];
    int64_t until;
    uint64_t used; /* 0: empty */
};

struct shard {
    pthread_mutex_t lock;
    uint64_t clock; /* counts uses */
    struct memo_count count;
};

struct memo {
    size_t num_sets; /* a multiple of NUM_SHARDS */
    struct entry (*sets)[WAYS];
    struct shard shards[NUM_SHARDS];
};

struct memo *memo_new(size_t max_entries)
{
    const size_t per_round = (size_t)WAYS * NUM_SHARDS;
    struct memo *m = calloc(1, sizeof *m);

    if (m == NULL)
        abort();
    m->num_sets = (max_entries / per_round + (max_entries < per_round)) * NUM_SHARDS;
    m->sets = calloc(m->num_sets, sizeof *m->sets);
    if (m->sets == NULL)
        abort();
    for (size_t i = 0; i < NUM_SHARDS; i++)
        if (pthread_mutex_init(&m->shards[i].lock, NULL) != 0)
            abort();
    return m;
}

void memo_free(struct memo **m)
{
    if (*m == NULL)
        return;
    for (size_t i = 0; i < NUM_SHARDS; i++)
        (void)pthread_mutex_destroy(&(*m)->shards[i].lock);
    free((*m)->sets);
    free(*m);
    *m = NULL;
}

/* ---- the table ---------------------------------------------------------------------- */

struct place {
    struct entry *ways;
    struct shard *shard;
};

/* The key is a digest: any of its bytes are as good as a hash of it. */
static struct place place_of(struct memo *m, const uint8_t key[SHA256_LEN])
{
    struct cursor c = cursor_over(slice_of(key, SHA256_LEN));
    const size_t set = (size_t)(cursor_u64le(&c) % m->num_sets);

    return (struct place){m->sets[set], &m->shards[set % NUM_SHARDS]};
}

static struct entry *find(const struct place *p, const uint8_t key[SHA256_LEN], int64_t now)
{
    for (size_t i = 0; i < WAYS; i++)
        if (p->ways[i].used != 0 && p->ways[i].until >= now && memcmp(p->ways[i].key, key, SHA256_LEN) == 0)
            return &p->ways[i];
    return NULL;
}

static bool recall(struct memo *m, const uint8_t key[SHA256_LEN], int64_t now)
{
    struct place p;
    struct entry *e;

    if (m == NULL)
        return false;
    p = place_of(m, key);
    (void)pthread_mutex_lock(&p.shard->lock);
    e = find(&p, key, now);
    if (e != NULL)
        e->used = ++p.shard->clock;
    p.shard->count.found += e != NULL;
    p.shard->count.verified += e == NULL;
    (void)pthread_mutex_unlock(&p.shard->lock);
    return e != NULL;
}

/* Empty, else expired, else least recently used; or the same key's, whose end may have been sooner. */
static struct entry *make_room(const struct place *p, const uint8_t key[SHA256_LEN], int64_t now)
{
    struct entry *best = p->ways;

    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &p->ways[i];
        const bool gone = e->used == 0 || e->until < now, best_gone = best->used == 0 || best->until < now;

        if (e->used != 0 && memcmp(e->key, key, SHA256_LEN) == 0)
            return e;
        if (gone != best_gone ? gone : e->used < best->used)
            best = e;
    }
    return best;
}

static void remember(struct memo *m, const uint8_t key[SHA256_LEN], int64_t now, int64_t until)
{
    struct place p;
    struct entry *e;

    if (m == NULL || until < now)
        return;
    p = place_of(m, key);
    (void)pthread_mutex_lock(&p.shard->lock);
    e = make_room(&p, key, now);
    memcpy(e->key, key, SHA256_LEN);
    e->until = until;
    e->used = ++p.shard->clock;
    (void)pthread_mutex_unlock(&p.shard->lock);
}

struct memo_count memo_count(struct memo *m)
{
    struct memo_count all = {0};

    for (size_t i = 0; m != NULL && i < NUM_SHARDS; i++) {
        (void)pthread_mutex_lock(&m->shards[i].lock);
        all.found += m->shards[i].count.found;
        all.verified += m->shards[i].count.verified;
        (void)pthread_mutex_unlock(&m->shards[i].lock);
    }
    return all;
}

/* ---- what is remembered ------------------------------------------------------------- */

enum kind { KIND_SPKI, KIND_P256, KIND_CERT, KIND_CRL };

/* Over the kind and each piece with its length, so that no other split gives the same. */
static void key_of(uint8_t key[SHA256_LEN], enum kind kind, uint8_t alg, const struct slice *pieces,
                   size_t num)
{
    enum { MAX_PIECES = 3 };
    uint8_t head[2 + 8 * MAX_PIECES] = {(uint8_t)kind, alg};
    struct slice all[1 + MAX_PIECES] = {{head, sizeof head}};

    for (size_t i = 0; i < num && i < MAX_PIECES; i++) {
        for (size_t k = 0; k < 8; k++)
            head[2 + 8 * i + k] = (uint8_t)((uint64_t)pieces[i].len >> 8 * k);
        all[1 + i] = pieces[i];
    }
    sha256_of(key, all, 1 + num);
}

bool memo_spki_verify(struct memo *m, int64_t now, int64_t until, struct slice spki, enum signature_alg alg,
                      struct slice message, struct slice signature, struct err *err)
{
    const struct slice pieces[] = {spki, message, signature};
    uint8_t key[SHA256_LEN];

    if (m != NULL)
        key_of(key, KIND_SPKI, (uint8_t)alg, pieces, 3);
    if (recall(m, key, now))
        return true;
    if (!spki_verify(spki, alg, message, signature, err))
        return false;
    remember(m, key, now, until);
    return true;
}

bool memo_p256_verify_raw(struct memo *m, int64_t now, int64_t until, struct slice xy, struct slice message,
                          struct slice signature, struct err *err)
{
    const struct slice pieces[] = {xy, message, signature};
    uint8_t key[SHA256_LEN];

    if (m != NULL)
        key_of(key, KIND_P256, 0, pieces, 3);
    if (recall(m, key, now))
        return true;
    if (!p256_verify_raw(xy, message, signature, err))
        return false;
    remember(m, key, now, until);
    return true;
}

static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

bool memo_cert_signed_by(struct memo *m, int64_t now, const struct cert *c, const struct cert *issuer,
                         struct err *err)
{
    const struct slice pieces[] = {c->der, issuer->der};
    uint8_t key[SHA256_LEN];

    if (m != NULL)
        key_of(key, KIND_CERT, 0, pieces, 2);
    if (recall(m, key, now))
        return true;
    if (!cert_signed_by(c, issuer, err))
        return false;
    remember(m, key, now, sooner(c->not_after, issuer->not_after));
    return true;
}

bool memo_crl_signed_by(struct memo *m, int64_t now, const struct crl *c, const struct cert *issuer,
                        struct err *err)
{
    const struct slice pieces[] = {c->der, issuer->der};
    uint8_t key[SHA256_LEN];

    if (m != NULL)
        key_of(key, KIND_CRL, 0, pieces, 2);
    if (recall(m, key, now))
        return true;
    if (!crl_signed_by(c, issuer, err))
        return false;
    remember(m, key, now, sooner(c->next_update, issuer->not_after));
    return true;
}
