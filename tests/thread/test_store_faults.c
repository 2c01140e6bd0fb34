/* SPDX-License-Identifier: Apache-2.0 */
/* The store on a disk that fails, forgets and lies. Random histories of changes, of several threads' worth at
 * a time, are run once without a fault to count their operations, and then again and again: with each kind of
 * fault at each operation, and with the process or the machine dying at one of the operations after it. A
 * model keeps what was acknowledged and what may be there; whatever the next start finds is held against it.
 *
 *     MARBLEMESH_STORE_HISTORIES=100   more of them
 *     MARBLEMESH_STORE_SEED=7          begin with this one
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/store/map.h"
#include "coordinator/store/store_impl.h"
#include "pki/hash.h"
#include "tests/support/faulty_disk.h"

enum {
    HISTORIES = 1,
    FIRST_SEED = 4, /* whose history has all kinds of steps */
    STEPS = 14,
    AT_ONCE = 4,      /* changes that wait for the same record */
    MAX_POSSIBLE = 16 /* states that the next start may find */
};

/* ---- what must hold ---------------------------------------------------------------------------- */

static struct {
    uint64_t seed, random;
    unsigned fault_at, dies_at, step;
    enum fault_kind kind;
    bool power_cut;
    const char *doing;
} run;

static struct {
    unsigned runs, opened, corrupt, sealed, empty, unsure, refused, kept;
} seen;

static _Noreturn void fail(const char *what, const char *about)
{
    (void)fprintf(
        stderr,
        "store_faults: %s: %s\n  seed %llu, fault %d at operation %u, death at %u (%s), step %u: %s\n", what,
        about, (unsigned long long)run.seed, (int)run.kind, run.fault_at, run.dies_at,
        run.power_cut ? "power cut" : "kill -9", run.step, run.doing);
    exit(EXIT_FAILURE);
}

static uint64_t next_random(void)
{
    run.random ^= run.random >> 12;
    run.random ^= run.random << 25;
    run.random ^= run.random >> 27;
    return run.random * UINT64_C(2685821657736338717) >> 11;
}
static unsigned below(unsigned n) { return (unsigned)(next_random() % n); }

/* A machine with one sealing key. */
static bool constant_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    (void)policy;
    (void)err;
    secret_new(out, 32);
    return true;
}
static const struct tee machine = {.name = "constant", .seal_key = constant_key};
static const struct sealer sealer = {&machine};

/* ---- the model --------------------------------------------------------------------------------- */

/* States by their encoding. possible[0] is what was acknowledged. */
struct state {
    uint8_t *bytes;
    size_t len;
    bool begun;
    struct data_key key;
};
static struct state possible[MAX_POSSIBLE];
static size_t num_possible;

static void state_wipe(struct state *s)
{
    free(s->bytes);
    data_key_wipe(&s->key);
    *s = (struct state){0};
}

static void forget_possible(size_t from)
{
    while (num_possible > from)
        state_wipe(&possible[--num_possible]);
}

static struct state state_of(const struct entries *e, bool begun, const struct data_key *key)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 24);
    struct state s = {.begun = begun};

    if (begun)
        entries_put(&b, e);
    s.len = b.len;
    s.bytes = malloc(b.len + 1);
    if (s.bytes == NULL)
        abort();
    if (b.len > 0)
        memcpy(s.bytes, b.ptr, b.len);
    if (key != NULL)
        data_key_copy(&s.key, key);
    return s;
}

static void may_be(const struct entries *e, const struct data_key *key)
{
    if (num_possible == MAX_POSSIBLE)
        abort();
    possible[num_possible++] = state_of(e, true, key);
}

static void is_now(const struct entries *e, const struct data_key *key)
{
    struct state s = state_of(e, true, key == NULL ? &possible[0].key : key); /* before the old one goes */

    forget_possible(0);
    possible[num_possible++] = s;
}

static struct entries acknowledged(struct arena *a)
{
    struct entries e = {0};
    struct err err;

    if (possible[0].begun && !entries_parse(slice_of(possible[0].bytes, possible[0].len), a, &e, &err))
        fail("the model", err.text);
    return e;
}

static bool is_possible(const struct entries *e, bool begun, size_t *which)
{
    struct state s = state_of(e, begun, NULL);
    bool found = false;

    for (size_t i = 0; i < num_possible && !found; i++) {
        found = possible[i].begun == begun && possible[i].len == s.len &&
                memcmp(possible[i].bytes, s.bytes, s.len) == 0;
        *which = i;
    }
    state_wipe(&s);
    return found;
}

/* ---- the store under test ---------------------------------------------------------------------- */

static struct faulty_disk *disk;
static struct store *store;

static const char *const COUNTERS[] = {"activations:a", "activations:b"};
static const char *const KEYS[] = {"state", "manifest", "secret:x", "secret:y", "user:z"};

struct wish {
    bool refuses, nothing;
    struct entry changes[3];
    size_t num;
    bool counts; /* one more in COUNTERS[0], whatever it is */
    struct pending pending;
    bool decided;
};

static bool decide(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                   struct err *err)
{
    struct wish *w = ctx;
    struct entry *e = arena_array(a, 4, sizeof *e);
    size_t num = 0;

    if (w->refuses)
        return err_set(err, E_MARBLE_LIMIT, "refused by the caller");
    for (; num < w->num; num++)
        e[num] = w->changes[num];
    if (w->counts) {
        const struct slice *was = store_view_get(v, COUNTERS[0]);
        const unsigned long n = was == NULL ? 0 : strtoul(arena_strndup(a, *was), NULL, 16);

        e[num++] = (struct entry){COUNTERS[0], slice_str(arena_printf(a, "%lx", n + 1))};
    }
    *out = (struct store_changes){e, num};
    return true;
}

static struct slice some_bytes(struct arena *a)
{
    const size_t len = below(8) == 0 ? 3000 : below(40);
    uint8_t *b = arena_alloc(a, len + 1);

    for (size_t i = 0; i < len; i++)
        b[i] = (uint8_t)next_random();
    return slice_of(b, len);
}

static void make_wish(struct wish *w, struct arena *a)
{
    const unsigned kind = below(10);

    *w = (struct wish){.refuses = kind == 0, .nothing = kind == 1, .counts = kind >= 5};
    while (!w->nothing && kind >= 2 && w->num < 1 + below(2)) {
        const struct slice value = below(4) == 0 ? (struct slice){0} : some_bytes(a);

        w->changes[w->num++] = (struct entry){KEYS[below(5)], value};
    }
}

/* ---- many at once ------------------------------------------------------------------------------ */

/* A change that another thread decides on while the disk is at work. */
static struct wish *late;

static void come_late(void *ctx)
{
    struct wish *w = late;
    struct err err;

    (void)ctx;
    if (w == NULL || below(3) != 0)
        return;
    late = NULL;
    w->decided = store_decide_on(store, NULL, decide, w, &w->pending, &err);
}

/* What the state becomes with these, all of one record or of two. */
static struct entries with(const struct entries *now, const struct wish *w, struct arena *a)
{
    scoped(map_wipe) struct map m = {0};
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < now->num; i++)
        map_change(&m, &now->at[i]);
    for (size_t i = 0; i < w->pending.changes.num; i++)
        map_change(&m, &w->pending.changes.at[i]);
    const struct entries e = map_entries(&m, &scratch);
    return entries_with(&(struct entries){0}, e.at, e.num, a);
}

/* Awaits them in order; the model learns of each what came of it. `w->pending` keeps its changes until it is
 * awaited, so what the state would become is worked out before. */
static void await_all(struct wish *wishes, size_t num, struct arena *a)
{
    struct entries now = acknowledged(a);
    struct entries hoped[AT_ONCE + 1];
    bool kept[AT_ONCE + 1] = {0}, unsure = false;

    for (size_t i = 0; i < num; i++) {
        struct err err = {0};

        if (wishes[i].decided)
            now = with(&now, &wishes[i], a);
        hoped[i] = now;
        if (!wishes[i].decided)
            continue;
        kept[i] = store_await(store, &wishes[i].pending, &err);
        if (i > 0 && kept[i] && wishes[i - 1].decided && !kept[i - 1])
            fail("kept", "a change that was decided on behind one that was refused");
        if (!kept[i] && err.code == E_STATE_UNSURE)
            unsure = true;
        if (!kept[i] && err.code != E_STATE_UNSURE && err.code != E_FILE_WRITE)
            fail("refused for another reason than the disk", err.text);
        seen.kept += kept[i];
        seen.refused += !kept[i] && err.code == E_FILE_WRITE;
        seen.unsure += !kept[i] && err.code == E_STATE_UNSURE;
        if (kept[i] && wishes[i].pending.changes.num > 0)
            is_now(&now, NULL);
    }
    /* Refused by a process that died: nobody has heard it. Refused as unsure: everybody has. */
    for (size_t i = 0; i < num; i++)
        if (wishes[i].decided && !kept[i] && (unsure || faulty_disk_dead(disk)))
            may_be(&hoped[i], &possible[0].key);
}

static void change_some(struct arena *a)
{
    struct wish wishes[AT_ONCE + 1];
    const size_t num = 1 + below(AT_ONCE);
    struct err err;

    for (size_t i = 0; i <= num; i++)
        make_wish(&wishes[i], a);
    for (size_t i = 0; i < num; i++) {
        wishes[i].decided = store_decide_on(store, NULL, decide, &wishes[i], &wishes[i].pending, &err);
        if (!wishes[i].decided && !wishes[i].refuses)
            fail("refused", err.text);
    }
    late = &wishes[num];
    faulty_disk_watch(disk, come_late, NULL);
    /* The late one comes while the first is awaited, or not at all. */
    await_all(wishes, num, a);
    late = NULL;
    faulty_disk_watch(disk, NULL, NULL);
    if (wishes[num].decided)
        await_all(&wishes[num], 1, a);
}

/* ---- whole states ------------------------------------------------------------------------------ */

static struct store_sealing new_sealing(struct data_key *key)
{
    data_key_new(key);
    return (struct store_sealing){below(2) == 0 ? STORE_SEAL_PRODUCT : STORE_SEAL_UNIQUE, key,
                                  slice_str("{\"recovery\":true}")};
}

static void took(bool done, const struct entries *e, const struct data_key *key, const struct err *err)
{
    if (done)
        is_now(e, key);
    else if (err->code == E_STATE_UNSURE || faulty_disk_dead(disk))
        may_be(e, key);
    else if (err->code != E_FILE_WRITE)
        fail("refused for another reason than the disk", err->text);
    seen.unsure += !done && err->code == E_STATE_UNSURE;
}

static void begin_state(struct arena *a)
{
    scoped(data_key_wipe) struct data_key key = {0};
    const struct entry first[] = {{"manifest", some_bytes(a)}, {"state", slice_str("3")}};
    const struct entries e = entries_with(&(struct entries){0}, first, 2, a);
    struct err err = {0};
    bool done;

    run.doing = "beginning";
    done = store_begin(store, &(struct store_beginning){new_sealing(&key), first, 2}, &err);
    took(done, &e, &key, &err);
}

static void reseal(struct arena *a)
{
    scoped(data_key_wipe) struct data_key key = {0};
    struct wish w = {.counts = true};
    const struct store_sealing how = new_sealing(&key);
    const struct entries now = acknowledged(a);
    struct entries then;
    struct err err = {0};
    bool done;

    run.doing = "resealing";
    if (!store_decide_on(store, &how, decide, &w, &w.pending, &err))
        fail("refused", err.text);
    then = with(&now, &w, a);
    done = store_await(store, &w.pending, &err);
    took(done, &then, &key, &err);
}

/* ---- starts ------------------------------------------------------------------------------------ */

static void check_entries(bool begun, struct arena *a)
{
    const struct entries e = store_entries(store, a);
    size_t which;

    if (!is_possible(&e, begun, &which))
        fail("the next start finds a state that was never there, or is too old", run.doing);
    if (which != 0) { /* now everybody can see it */
        struct state s = possible[which];

        possible[which] = possible[0];
        possible[0] = s;
    }
    forget_possible(1);
    if (begun && possible[0].key.key.len == 0)
        fail("the model", "a key is missing");
}

/* Sealed although the machine is the same: only a lie about the key's file excuses that, and the key that its
 * owners have must open it. */
static void check_sealed(struct arena *a)
{
    struct entries e;
    struct err err;
    char of[64];
    size_t which;

    if (!faulty_disk_lied(disk, of) || (of[0] != '\0' && strncmp(of, "sealed_key", 10) != 0))
        fail("sealed", "without a lie about the key");
    for (size_t i = 0; i < num_possible; i++)
        if (possible[i].key.key.len > 0 &&
            store_try_key(store, secret_bytes(&possible[i].key.key), a, &e, &err)) {
            if (!is_possible(&e, true, &which))
                fail("recovered", "another state than was acknowledged");
            if (!store_recover(store, secret_bytes(&possible[i].key.key), STORE_SEAL_PRODUCT, &err))
                fail("not recovered", err.text);
            return;
        }
    fail("sealed", "and none of the keys opens it");
}

/* False: the state is lost, and says so, after the disk has lied. */
static bool start(struct arena *a)
{
    enum store_condition condition;
    struct err why = {0}, err = {0};
    char of[64];

    run.doing = "starting";
    if (!store_open_on(faulty_disk_backend(disk), &sealer, &store, &condition, &why, &err)) {
        if (!faulty_disk_lied(disk, of))
            fail("does not open, and no lie excuses it", err.text);
        if (err.code != E_STATE_CORRUPT || strstr(err.text, "sealed_") == NULL)
            fail("does not say what is wrong", err.text);
        seen.corrupt++;
        return false;
    }
    seen.opened += condition == STORE_OPEN;
    seen.empty += condition == STORE_EMPTY;
    seen.sealed += condition == STORE_SEALED;
    if (condition == STORE_SEALED)
        check_sealed(a);
    else
        check_entries(condition == STORE_OPEN, a);
    return true;
}

/* ---- histories --------------------------------------------------------------------------------- */

static void one_step(struct arena *a)
{
    const unsigned kind = below(12);

    if (!possible[0].begun) {
        begin_state(a);
    } else if (kind == 0) {
        reseal(a);
    } else if (kind == 1) {
        run.doing = "writing anew";
        store->copies.grown_at = 0; /* as if the journal were long */
        change_some(a);
    } else {
        run.doing = "changing";
        change_some(a);
    }
}

static void live(unsigned steps)
{
    for (unsigned i = 0; i < steps && !faulty_disk_dead(disk); i++) {
        scoped(arena_wipe) struct arena a = {0};

        run.step = i;
        one_step(&a);
    }
}

/* One life with a fault, then the next start, some more changes, another death without one, and a last look.
 */
static unsigned run_once(uint64_t seed, unsigned at, enum fault_kind kind, unsigned dies_at, bool power_cut)
{
    scoped(arena_wipe) struct arena a = {0};
    unsigned count;
    bool there;

    run.seed = seed;
    run.random = seed * 2654435761u + 1;
    run.fault_at = at;
    run.kind = kind;
    run.dies_at = dies_at;
    run.power_cut = power_cut;
    seen.runs++;
    disk = faulty_disk_new(seed ^ ((uint64_t)at << 20) ^ ((uint64_t)dies_at << 40));
    forget_possible(0);
    possible[num_possible++] = state_of(&(struct entries){0}, false, NULL);

    there = start(&a);
    faulty_disk_plan(disk, at, kind, dies_at);
    live(STEPS);
    count = faulty_disk_count(disk);
    for (int again = 0; again < 2 && there; again++) {
        store_close(&store);
        faulty_disk_restart(disk, power_cut || again > 0);
        there = start(&a);
        if (there && again == 0) {
            faulty_disk_plan(disk, 0, FAULT_NONE, kind == FAULT_NONE ? UINT32_MAX : below(20));
            live(4);
        }
    }
    store_close(&store);
    faulty_disk_free(&disk);
    return count;
}

static void all_faults(uint64_t seed)
{
    const unsigned count = run_once(seed, 0, FAULT_NONE, UINT32_MAX, true);

    for (int kind = FAULT_NONE; kind < NUM_FAULT_KINDS; kind++)
        for (unsigned at = 0; at < count; at++) {
            const unsigned soon = at + 1 + (unsigned)(seed + at) % 7;

            (void)run_once(seed, at, (enum fault_kind)kind, kind == FAULT_NONE ? at : at + 1, true);
            (void)run_once(seed, at, (enum fault_kind)kind, soon, at % 3 != 0);
            (void)run_once(seed, at, (enum fault_kind)kind, UINT32_MAX, at % 2 == 0);
        }
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

int main(void)
{
    const uint64_t seed = from_env("MARBLEMESH_STORE_SEED", FIRST_SEED);
    const uint64_t num = from_env("MARBLEMESH_STORE_HISTORIES", HISTORIES);

    pki_init();
    for (uint64_t i = seed; i < seed + num; i++)
        all_faults(i);
    forget_possible(0);
    (void)printf("seeds %llu to %llu: %u runs; starts: %u open, %u empty, %u sealed, %u damaged and told; "
                 "changes: %u kept, "
                 "%u refused, %u unsure\n",
                 (unsigned long long)seed, (unsigned long long)(seed + num - 1), seen.runs, seen.opened,
                 seen.empty, seen.sealed, seen.corrupt, seen.kept, seen.refused, seen.unsure);
    return 0;
}
