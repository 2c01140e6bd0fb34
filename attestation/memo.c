/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of sets: the key says which set, and a set has room for a few entries. Within a set the least recently used
 * entry makes room.
 *
 * Looking something up takes no lock and never waits. Each set has a count that is odd while the set is being written
 * (a sequence lock): a reader that saw an odd count, or another one afterwards than before, found nothing, and
 * verifies. All members are atomic. A reader's loads have acquire order, so its second look at the count comes after
 * them; a writer's stores have release order, so the odd count comes before them: a reader that saw any of a
 * writer's values also sees that writer's odd count or a later one. So what is found is one entry, never parts of
 * two. Writers, who have just verified a signature, take turns by a mutex for every so many sets.
 */
#include "attestation/memo.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "pki/hash.h"

enum { WAYS = 8, NUM_SHARDS = 16, KEY_WORDS = SHA256_LEN / sizeof(uint64_t) };

struct key_words {
    uint64_t at[KEY_WORDS];
};

struct entry {
    _Atomic uint64_t key[KEY_WORDS];
    _Atomic int64_t until;
    _Atomic uint64_t used; /* in the shard's count of writes; 0: empty */
};

struct set {
    _Atomic uint64_t count; /* of writes, twice; odd: one is under way */
    struct entry ways[WAYS];
};

struct shard {
    pthread_mutex_t lock;   /* of writers */
    _Atomic uint64_t writes;
    _Atomic uint64_t found, verified;
    char apart[64]; /* from the next shard's cache line */
};

struct memo {
    size_t num_sets; /* a multiple of NUM_SHARDS */
    struct set *sets;
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

#define GET(member)        atomic_load_explicit(&(member), memory_order_acquire)
#define PUT(member, value) atomic_store_explicit(&(member), (value), memory_order_release)
#define COUNT(member)      (void)atomic_fetch_add_explicit(&(member), 1, memory_order_relaxed)

struct place {
    struct set *set;
    struct shard *shard;
    struct key_words key;
};

/* The key is a digest: any of its bytes are as good as a hash of it. */
static struct place place_of(struct memo *m, const uint8_t key[SHA256_LEN])
{
    struct place p;
    size_t set;

    memcpy(p.key.at, key, SHA256_LEN);
    set = (size_t)(p.key.at[0] % m->num_sets);
    p.set = &m->sets[set];
    p.shard = &m->shards[set % NUM_SHARDS];
    return p;
}

static bool has_key(struct entry *e, const struct key_words *key)
{
    bool same = true;

    for (size_t i = 0; i < KEY_WORDS; i++)
        same = same && GET(e->key[i]) == key->at[i];
    return same;
}

static struct entry *find(const struct place *p, int64_t now)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &p->set->ways[i];

        if (GET(e->used) != 0 && GET(e->until) >= now && has_key(e, &p->key))
            return e;
    }
    return NULL;
}

/* Between two entries that were both used since the last write in the shard it does not matter which is older; so that
 * is all that is noted, and mostly nothing is written. It may mark an entry that has just taken the found one's
 * place: that costs nothing but its place in the order. */
static void note_use(const struct place *p, struct entry *e)
{
    const uint64_t writes = GET(p->shard->writes);

    if (GET(e->used) != writes)
        PUT(e->used, writes);
}

static bool recall(struct memo *m, const uint8_t key[SHA256_LEN], int64_t now)
{
    struct entry *e = NULL;
    struct place p;
    uint64_t count;

    if (m == NULL)
        return false;
    p = place_of(m, key);
    count = GET(p.set->count);
    if (count % 2 == 0 && (e = find(&p, now)) != NULL && GET(p.set->count) != count)
        e = NULL;
    if (e == NULL) {
        COUNT(p.shard->verified);
        return false;
    }
    COUNT(p.shard->found);
    note_use(&p, e);
    return true;
}

/* Empty, else expired, else least recently used; or the same key's, whose end may have been sooner. */
static struct entry *make_room(const struct place *p, int64_t now)
{
    struct entry *best = p->set->ways;

    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &p->set->ways[i];
        const bool gone = GET(e->used) == 0 || GET(e->until) < now;
        const bool best_gone = GET(best->used) == 0 || GET(best->until) < now;

        if (GET(e->used) != 0 && has_key(e, &p->key))
            return e;
        if (gone != best_gone ? gone : GET(e->used) < GET(best->used))
            best = e;
    }
    return best;
}

static void write_entry(const struct place *p, struct entry *e, int64_t until)
{
    const uint64_t count = GET(p->set->count);

    PUT(p->set->count, count + 1);
    for (size_t i = 0; i < KEY_WORDS; i++)
        PUT(e->key[i], p->key.at[i]);
    PUT(e->until, until);
    PUT(e->used, GET(p->shard->writes));
    PUT(p->set->count, count + 2);
}

static void remember(struct memo *m, const uint8_t key[SHA256_LEN], int64_t now, int64_t until)
{
    struct place p;

    if (m == NULL || until < now)
        return;
    p = place_of(m, key);
    (void)pthread_mutex_lock(&p.shard->lock);
    PUT(p.shard->writes, GET(p.shard->writes) + 1);
    write_entry(&p, make_room(&p, now), until);
    (void)pthread_mutex_unlock(&p.shard->lock);
}

struct memo_count memo_count(struct memo *m)
{
    struct memo_count all = {0};

    for (size_t i = 0; m != NULL && i < NUM_SHARDS; i++) {
        all.found += GET(m->shards[i].found);
        all.verified += GET(m->shards[i].verified);
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
