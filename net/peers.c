/* SPDX-License-Identifier: Apache-2.0 */
#include "net/peers.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/secret.h"

enum { NUM_BUCKETS = 1024 };

struct entry {
    struct entry *next;
    struct peer peer;
    size_t count;
};

struct peers {
    pthread_mutex_t mutex;
    size_t count, max, max_per_peer;
    uint64_t seed; /* so that nobody can choose addresses that share a bucket */
    struct entry *buckets[NUM_BUCKETS];
};

struct peer peer_of(const struct sockaddr_storage *addr)
{
    const struct sockaddr_in6 *v6 = (const void *)addr;
    struct peer p = {0};

    if (addr->ss_family == AF_INET) {
        memcpy(p.bytes, &((const struct sockaddr_in *)addr)->sin_addr, 4);
    } else if (addr->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(p.bytes, &v6->sin6_addr.s6_addr[12], 4);
    } else if (addr->ss_family == AF_INET6) {
        memcpy(p.bytes, &v6->sin6_addr, sizeof p.bytes);
        p.is_v6 = true;
    }
    return p;
}

struct peers *peers_new(size_t max, size_t max_per_peer)
{
    struct peers *p = calloc(1, sizeof *p);

    if (p == NULL)
        abort();
    (void)pthread_mutex_init(&p->mutex, NULL);
    p->max = max;
    p->max_per_peer = max_per_peer;
    random_bytes(&p->seed, sizeof p->seed);
    return p;
}

void peers_free(struct peers **p)
{
    struct peers *mine = *p;

    *p = NULL;
    if (mine == NULL)
        return;
    for (size_t i = 0; i < NUM_BUCKETS; i++)
        for (struct entry *e = mine->buckets[i], *next; e != NULL; e = next) {
            next = e->next;
            free(e);
        }
    (void)pthread_mutex_destroy(&mine->mutex);
    free(mine);
}

static bool is_same(const struct peer *a, const struct peer *b)
{
    return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Where the peer's entry is, or would be. */
static struct entry **place_of(struct peers *p, const struct peer *peer)
{
    struct entry **at;
    uint64_t hash = p->seed;

    for (size_t i = 0; i < sizeof peer->bytes; i++)
        hash = (hash ^ peer->bytes[i]) * 0x100000001b3; /* FNV-1a */
    for (at = &p->buckets[(hash >> 32) % NUM_BUCKETS]; *at != NULL && !is_same(&(*at)->peer, peer);)
        at = &(*at)->next;
    return at;
}

static bool enter(struct peers *p, const struct peer *peer, struct err *err)
{
    struct entry **at = place_of(p, peer);

    if (p->count >= p->max)
        return err_set(err, E_BUSY, "there are %zu connections already", p->count);
    if (*at != NULL && (*at)->count >= p->max_per_peer)
        return err_set(err, E_BUSY, "this peer has %zu connections already", (*at)->count);
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at == NULL)
            abort();
        (*at)->peer = *peer;
    }
    (*at)->count++;
    p->count++;
    return true;
}

bool peers_enter(struct peers *p, const struct peer *peer, struct err *err)
{
    bool ok;

    (void)pthread_mutex_lock(&p->mutex);
    ok = enter(p, peer, err);
    (void)pthread_mutex_unlock(&p->mutex);
    return ok;
}

void peers_leave(struct peers *p, const struct peer *peer)
{
    struct entry **at, *e;

    (void)pthread_mutex_lock(&p->mutex);
    at = place_of(p, peer);
    e = *at;
    p->count--;
    if (--e->count == 0) {
        *at = e->next;
        free(e);
    }
    (void)pthread_mutex_unlock(&p->mutex);
}
