/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of sets: a hash says which set, and a set has room for a few entries. An entry never changes once
 * it is in the table (but for when it was last used), and is counted: by the table and by each arena that
 * holds it. Readers look without a lock (base/readers.h). Writers, who have just verified something, take
 * turns by a mutex for every so many sets, which also share a bound of bytes.
 *
 * The hash only finds a place, so it need not be strong; it is not known outside, so nobody can aim at a
 * place.
 */
#include "attestation/memo.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/readers.h"

enum { WAYS = 8, NUM_SHARDS = 16, NUM_INPUTS = 4, BYTES_PER_ENTRY = 2048 };

/* A function (its address says which) and what it was given. */
struct call {
    const void *what;
    struct slice inputs[NUM_INPUTS];
    uint64_t hash;
};

struct memo_entry {
    atomic_uint references;
    _Atomic uint64_t used; /* in the shard's count of writes */
    int64_t until;
    struct call call; /* inputs are copies, behind the entry */
    void *result;     /* in the arena; of a signature: none */
    struct arena arena;
    size_t size;             /* of all this */
    struct memo_entry *next; /* of those that a writer has taken out */
    uint8_t bytes[];
};

struct shard {
    pthread_mutex_t lock; /* of writers */
    size_t bytes;         /* theirs */
    _Atomic uint64_t writes;
    _Atomic uint64_t found, verified;
    char apart[64]; /* from the next shard's cache line */
};

struct memo {
    uint64_t seed;
    size_t num_sets;  /* of one shard */
    size_t max_bytes; /* of one shard */
    struct readers readers;
    struct shard shards[NUM_SHARDS];
    _Atomic(struct memo_entry *) at[]; /* shard by shard, set by set */
};

struct memo *memo_new(size_t max_bytes)
{
    const size_t wanted = max_bytes / BYTES_PER_ENTRY / WAYS / NUM_SHARDS, num_sets = wanted > 0 ? wanted : 1;
    struct memo *m = calloc(1, sizeof *m + NUM_SHARDS * num_sets * WAYS * sizeof m->at[0]);

    if (m == NULL)
        abort();
    random_bytes(&m->seed, sizeof m->seed);
    m->num_sets = num_sets;
    m->max_bytes = max_bytes / NUM_SHARDS;
    for (size_t i = 0; i < NUM_SHARDS; i++)
        if (pthread_mutex_init(&m->shards[i].lock, NULL) != 0)
            abort();
    return m;
}

/* ---- entries ---------------------------------------------------------------------------- */

static struct memo_entry *entry_new(const struct call *call)
{
    size_t len = 0;
    struct memo_entry *e;
    uint8_t *to;

    for (size_t i = 0; i < NUM_INPUTS; i++)
        len += call->inputs[i].len;
    e = calloc(1, sizeof *e + len);
    if (e == NULL)
        abort();
    e->references = 1;
    e->size = sizeof *e + len;
    e->call = *call;
    to = e->bytes;
    for (size_t i = 0; i < NUM_INPUTS; i++) {
        if (call->inputs[i].len > 0)
            memcpy(to, call->inputs[i].ptr, call->inputs[i].len);
        e->call.inputs[i] = slice_of(to, call->inputs[i].len);
        to += call->inputs[i].len;
    }
    return e;
}

static void entry_release(void *entry)
{
    struct memo_entry *e = entry;

    if (e == NULL || atomic_fetch_sub(&e->references, 1) != 1)
        return;
    arena_wipe(&e->arena);
    free(e);
}

void memo_free(struct memo **memo)
{
    struct memo *m = *memo;

    if (m == NULL)
        return;
    for (size_t i = 0; i < NUM_SHARDS * m->num_sets * WAYS; i++)
        entry_release(m->at[i]);
    for (size_t i = 0; i < NUM_SHARDS; i++)
        (void)pthread_mutex_destroy(&m->shards[i].lock);
    free(m);
    *memo = NULL;
}

/* ---- the table -------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15; /* odd, and its bits are spread: 2^64 over the golden ratio */
    return hash ^ hash >> 32;
}

static uint64_t hash_of(const struct memo *m, const struct call *call)
{
    uint64_t hash = mixed(m->seed, (uintptr_t)call->what);

    for (size_t i = 0; i < NUM_INPUTS; i++) {
        const struct slice s = call->inputs[i];
        uint64_t word = 0;
        size_t at = 0;

        for (; s.len - at >= sizeof word; at += sizeof word) {
            memcpy(&word, s.ptr + at, sizeof word);
            hash = mixed(hash, word);
        }
        word = 0;
        if (at < s.len)
            memcpy(&word, s.ptr + at, s.len - at);
        hash = mixed(mixed(hash, word), s.len);
    }
    return hash;
}

static bool is_same(const struct call *a, const struct call *b)
{
    if (a->hash != b->hash || a->what != b->what)
        return false;
    for (size_t i = 0; i < NUM_INPUTS; i++)
        if (!slice_equal(a->inputs[i], b->inputs[i]))
            return false;
    return true;
}

struct place {
    struct shard *shard;
    _Atomic(struct memo_entry *) *first, *set; /* of the shard; of the set */
};

static struct place place_of(struct memo *m, uint64_t hash)
{
    const size_t shard = (size_t)(hash % NUM_SHARDS), set = (size_t)(hash / NUM_SHARDS % m->num_sets);
    _Atomic(struct memo_entry *) *first = m->at + shard * m->num_sets * WAYS;

    return (struct place){&m->shards[shard], first, first + set * WAYS};
}

/* Between two entries that were both used since the last write in the shard it does not matter which is
 * older; so that is all that is noted, and mostly nothing is written. */
static void note_use(struct shard *s, struct memo_entry *e)
{
    const uint64_t writes = atomic_load_explicit(&s->writes, memory_order_relaxed);

    if (atomic_load_explicit(&e->used, memory_order_relaxed) != writes)
        atomic_store_explicit(&e->used, writes, memory_order_relaxed);
}

/* With a reference for the caller, or NULL. */
static struct memo_entry *recall(struct memo *m, const struct call *call, int64_t now)
{
    const struct place p = place_of(m, call->hash);
    atomic_uint *slot = readers_enter(&m->readers);
    struct memo_entry *found = NULL;

    for (size_t i = 0; i < WAYS && found == NULL; i++) {
        struct memo_entry *e = atomic_load(&p.set[i]);

        if (e != NULL && e->until >= now && is_same(&e->call, call))
            found = e;
    }
    if (found != NULL) {
        (void)atomic_fetch_add_explicit(&found->references, 1, memory_order_relaxed);
        note_use(p.shard, found);
    }
    readers_leave(slot);
    (void)atomic_fetch_add_explicit(found != NULL ? &p.shard->found : &p.shard->verified, 1,
                                    memory_order_relaxed);
    return found;
}

/* Is it better to do without a than without b? */
static bool goes_first(struct memo_entry *a, struct memo_entry *b, int64_t now)
{
    const bool gone = a->until < now, b_gone = b->until < now;

    return gone != b_gone ? gone : atomic_load(&a->used) < atomic_load(&b->used);
}

/* Of so many places the one whose entry goes first; an empty one if `empty` will do, else NULL if all are
 * empty. */
static _Atomic(struct memo_entry *) *least(_Atomic(struct memo_entry *) *at, size_t num, bool empty,
                                           int64_t now)
{
    _Atomic(struct memo_entry *) *best = NULL;

    for (size_t i = 0; i < num; i++) {
        struct memo_entry *e = atomic_load(&at[i]);

        if (e == NULL && empty)
            return &at[i];
        if (e != NULL && (best == NULL || goes_first(e, atomic_load(best), now)))
            best = &at[i];
    }
    return best;
}

/* The same call's place, whose end may have been sooner, else the least one. */
static _Atomic(struct memo_entry *) *choose(const struct place *p, const struct call *call, int64_t now)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct memo_entry *e = atomic_load(&p->set[i]);

        if (e != NULL && is_same(&e->call, call))
            return &p->set[i];
    }
    return least(p->set, WAYS, true, now);
}

static void put(struct shard *s, _Atomic(struct memo_entry *) *at, struct memo_entry *e,
                struct memo_entry **out)
{
    struct memo_entry *before = atomic_exchange(at, e);

    s->bytes += e != NULL ? e->size : 0;
    if (before == NULL)
        return;
    s->bytes -= before->size;
    before->next = *out;
    *out = before;
}

/* Takes over the caller's reference. What goes for it goes when no reader looks at it any more. */
static void remember(struct memo *m, struct memo_entry *e, int64_t now, int64_t until)
{
    const struct place p = place_of(m, e->call.hash);
    _Atomic(struct memo_entry *) *at;
    struct memo_entry *out = NULL;

    if (until < now || e->size > m->max_bytes) {
        entry_release(e);
        return;
    }
    e->until = until;
    (void)pthread_mutex_lock(&p.shard->lock);
    e->used = atomic_fetch_add(&p.shard->writes, 1) + 1;
    at = choose(&p, &e->call, now);
    put(p.shard, at, NULL, &out);
    while (p.shard->bytes + e->size > m->max_bytes)
        put(p.shard, least(p.first, m->num_sets * WAYS, false, now), NULL, &out);
    put(p.shard, at, e, &out);
    (void)pthread_mutex_unlock(&p.shard->lock);
    if (out != NULL)
        readers_wait(&m->readers);
    while (out != NULL) {
        struct memo_entry *next = out->next;

        entry_release(out);
        out = next;
    }
}

struct memo_count memo_count(struct memo *m)
{
    struct memo_count all = {0};

    for (size_t i = 0; m != NULL && i < NUM_SHARDS; i++) {
        struct shard *s = &m->shards[i];

        all.found += atomic_load(&s->found);
        all.verified += atomic_load(&s->verified);
        (void)pthread_mutex_lock(&s->lock);
        all.bytes += s->bytes;
        (void)pthread_mutex_unlock(&s->lock);
    }
    return all;
}

/* ---- signatures ------------------------------------------------------------------------- */

static bool is_known(struct memo *m, struct call *call, int64_t now)
{
    struct memo_entry *e;

    if (m == NULL)
        return false;
    call->hash = hash_of(m, call);
    e = recall(m, call, now);
    entry_release(e);
    return e != NULL;
}

static void remember_call(struct memo *m, const struct call *call, int64_t now, int64_t until)
{
    if (m != NULL && until >= now)
        remember(m, entry_new(call), now, until);
}

/* Kinds are told apart by an address of their own: that of a function is no `const void *` in C. */
static const char of_spki = 's', of_p256 = 'p', of_cert = 'c', of_crl = 'l', of_reading = 'r';

bool memo_spki_verify(struct memo *m, int64_t now, int64_t until, struct slice spki, enum signature_alg alg,
                      struct slice message, struct slice signature, struct err *err)
{
    const uint8_t name = (uint8_t)alg;
    struct call call = {&of_spki, {slice_of(&name, 1), spki, message, signature}, 0};

    if (is_known(m, &call, now))
        return true;
    if (!spki_verify(spki, alg, message, signature, err))
        return false;
    remember_call(m, &call, now, until);
    return true;
}

bool memo_p256_verify_raw(struct memo *m, int64_t now, int64_t until, struct slice xy, struct slice message,
                          struct slice signature, struct err *err)
{
    struct call call = {&of_p256, {xy, message, signature}, 0};

    if (is_known(m, &call, now))
        return true;
    if (!p256_verify_raw(xy, message, signature, err))
        return false;
    remember_call(m, &call, now, until);
    return true;
}

static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

bool memo_cert_signed_by(struct memo *m, int64_t now, const struct cert *c, const struct cert *issuer,
                         struct err *err)
{
    struct call call = {&of_cert, {c->der, issuer->der}, 0};

    if (is_known(m, &call, now))
        return true;
    if (!cert_signed_by(c, issuer, err))
        return false;
    remember_call(m, &call, now, sooner(c->not_after, issuer->not_after));
    return true;
}

bool memo_crl_signed_by(struct memo *m, int64_t now, const struct crl *c, const struct cert *issuer,
                        struct err *err)
{
    struct call call = {&of_crl, {c->der, issuer->der}, 0};

    if (is_known(m, &call, now))
        return true;
    if (!crl_signed_by(c, issuer, err))
        return false;
    remember_call(m, &call, now, sooner(c->next_update, issuer->not_after));
    return true;
}

/* ---- what was read ---------------------------------------------------------------------- */

static bool read_anew(const struct call *call, memo_reader *read, struct arena *a, void *out, size_t size,
                      struct memo_entry **fresh, struct err *err)
{
    struct memo_entry *e = entry_new(call);

    arena_at_end(a, entry_release, e);
    e->result = arena_alloc(&e->arena, size);
    if (!read(e->call.inputs[1], &e->arena, e->result, err))
        return false;
    e->size += arena_size(&e->arena);
    memcpy(out, e->result, size);
    *fresh = e;
    return true;
}

bool memo_read(struct memo *m, int64_t now, memo_reader *read, struct slice text, struct arena *a, void *out,
               size_t size, struct memo_entry **fresh, struct err *err)
{
    struct call call = {&of_reading, {slice_of(&read, sizeof read), text}, 0};
    struct memo_entry *e;

    *fresh = NULL;
    if (m == NULL)
        return read(text, a, out, err);
    call.hash = hash_of(m, &call);
    e = recall(m, &call, now);
    if (e == NULL)
        return read_anew(&call, read, a, out, size, fresh, err);
    arena_at_end(a, entry_release, e);
    memcpy(out, e->result, size);
    return true;
}

void memo_keep(struct memo *m, int64_t now, int64_t until, struct memo_entry *fresh)
{
    if (m == NULL || fresh == NULL)
        return;
    (void)atomic_fetch_add(&fresh->references, 1);
    remember(m, fresh, now, until);
}
