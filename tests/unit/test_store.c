/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/store/store.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static struct arena a;
static struct err err, why;
static struct store *store;
static enum store_condition condition;

static void begin(void)
{
    pki_init();
    peer_begin();
}

static void end(void)
{
    store_close(&store);
    arena_wipe(&a);
    peer_end();
}

static struct sealer in_tee(void)
{
    struct sealer s = {0};

    cr_assert(tee_here(&s.tee, &err), "%s", err.text);
    return s;
}

/* A machine that gives other keys: what another processor does. */
static bool other_key(enum seal_policy policy, struct secret *out, struct err *e)
{
    (void)policy;
    (void)e;
    secret_new(out, 32);
    return true;
}
static const struct tee other_machine = {.name = "other", .seal_key = other_key};

static bool open_with(struct sealer s)
{
    err = why = (struct err){0};
    return store_open(peer_path(&a, "state"), &s, &store, &condition, &why, &err);
}

static void must_open(struct sealer s, enum store_condition expected)
{
    cr_assert(open_with(s), "%s", err.text);
    cr_assert_eq(condition, expected, "%d: %s", condition, why.text);
}

static const struct entry FIRST[] = {
    {"state", {(const uint8_t *)"3", 1}},
    {"manifest", {(const uint8_t *)"{}", 2}},
};

static void expect_value(const char *key, const char *value)
{
    const struct slice *found = store_get(store, key);

    cr_assert_not_null(found, "%s", key);
    cr_expect(slice_equal(*found, slice_str(value)), "%s", key);
}

/* A sealed state with a counter that was changed once after the beginning. */
static void make(struct sealer s, enum store_mode mode)
{
    must_open(s, STORE_EMPTY);
    cr_assert(store_begin(store, mode, FIRST, 2, &err), "%s", err.text);
    cr_assert(store_commit(store, &(struct entry){"activations:x", slice_str("1")}, 1, &err), "%s", err.text);
    store_close(&store);
}

static char *in_state(const char *name) { return arena_printf(&a, "state/%s", name); }

Test(store, an_empty_folder_stays_empty_until_a_state_begins, .init = begin, .fini = end)
{
    char *said;

    must_open(in_tee(), STORE_EMPTY);
    store_close(&store);
    cr_assert(peer_run(&a, &said, "ls -A state"));
    cr_expect_str_eq(said, "");
}

Test(store, keeps_what_was_committed_under_each_policy, .init = begin, .fini = end)
{
    const struct sealer sealers[] = {in_tee(), in_tee(), {NULL}};
    static const enum store_mode modes[] = {STORE_SEAL_PRODUCT, STORE_SEAL_UNIQUE, STORE_SEAL_PRODUCT};
    char *said;

    for (size_t i = 0; i < 3; i++) {
        make(sealers[i], modes[i]);
        must_open(sealers[i], STORE_OPEN);
        cr_expect_eq(store_entries(store)->num, 3);
        expect_value("state", "3");
        expect_value("manifest", "{}");
        expect_value("activations:x", "1");
        cr_assert(store_commit(store, &(struct entry){"activations:x", {0}}, 1, &err), "%s", err.text);
        cr_expect_null(store_get(store, "activations:x"));
        store_close(&store);
        cr_assert(peer_run(&a, &said, "stat -c %%a state/sealed_data state/sealed_key && rm -r state"));
        cr_expect_str_eq(said, "600\n600\n");
    }
}

Test(store, in_memory_it_writes_nothing, .init = begin, .fini = end)
{
    char *said;

    make(in_tee(), STORE_MEMORY);
    cr_assert(peer_run(&a, &said, "ls -A state"));
    cr_expect_str_eq(said, "");
    must_open(in_tee(), STORE_EMPTY);
}

Test(store, belongs_to_one_coordinator_at_a_time, .init = begin, .fini = end)
{
    struct store *second = NULL;
    struct sealer s = in_tee();

    must_open(s, STORE_EMPTY);
    cr_expect_not(store_open(peer_path(&a, "state"), &s, &second, &condition, &why, &err));
    cr_expect_eq(err.code, E_STATE_LOCKED);
    cr_expect_str_eq(err.text,
                     arena_printf(&a, "folder of the sealed state %s: another coordinator is using it",
                                  peer_path(&a, "state")));
    store_close(&store);
    must_open(s, STORE_EMPTY);
}

Test(store, a_key_that_cannot_be_had_leaves_the_state_sealed, .init = begin, .fini = end)
{
    static const struct {
        const char *what, *command, *text;
    } cases[] = {
        {"missing", "rm state/sealed_key", "/state/sealed_key does not exist"},
        {"empty", ": > state/sealed_key", "0 bytes are not a sealed key of this program's format 1"},
        {"of another state", "cp other/sealed_key state/", "/state/sealed_key is not the key of sealed_data"},
        {"not of a TEE", "cp plain/sealed_key state/",
         "the key was stored without a TEE, and is not to be trusted in one"},
    };
    char *said;

    make(in_tee(), STORE_SEAL_PRODUCT);
    cr_assert(peer_run(&a, &said, "mv state other"), "%s", said);
    make((struct sealer){NULL}, STORE_SEAL_PRODUCT);
    cr_assert(peer_run(&a, &said, "mv state plain"), "%s", said);
    make(in_tee(), STORE_SEAL_PRODUCT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(peer_run(&a, &said, "%s", cases[i].command), "%s", said);
        must_open(in_tee(), STORE_SEALED);
        cr_expect_eq(why.code, E_STATE_SEALED, "%s", cases[i].what);
        cr_expect_not_null(strstr(why.text, cases[i].text), "%s: %s", cases[i].what, why.text);
        cr_expect_eq(store_entries(store)->num, 0);
        store_close(&store);
    }
}

Test(store, another_machine_does_not_open_it_and_the_right_one_still_does, .init = begin, .fini = end)
{
    make(in_tee(), STORE_SEAL_PRODUCT);
    must_open((struct sealer){&other_machine}, STORE_SEALED);
    cr_expect_not_null(strstr(why.text, "sealed_key: "), "%s", why.text);
    store_close(&store);
    must_open((struct sealer){NULL}, STORE_SEALED);
    cr_expect_not_null(
        strstr(why.text, "the key was sealed in a TEE, and this coordinator runs without one"));
    store_close(&store);
    must_open(in_tee(), STORE_OPEN);
}

/* The simulated TEE measures the program for each key; hundreds of starts need one that is quick. */
Test(store, a_changed_byte_of_the_key_anywhere_leaves_the_state_sealed, .init = begin, .fini = end)
{
    make((struct sealer){&other_machine}, STORE_SEAL_UNIQUE);
    const struct slice good = peer_read(&a, in_state("sealed_key"));

    for (size_t i = 0; i < good.len; i++) {
        scoped(arena_wipe) struct arena scratch = {0};
        uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&scratch, good).ptr;

        bad[i] ^= 1;
        peer_write("state/sealed_key", slice_of(bad, good.len));
        must_open((struct sealer){&other_machine}, STORE_SEALED);
        cr_expect_eq(why.code, E_STATE_SEALED, "offset %zu", i);
        store_close(&store);
    }
    for (size_t len = 0; len < good.len; len++) {
        peer_write("state/sealed_key", slice_of(good.ptr, len));
        must_open((struct sealer){&other_machine}, STORE_SEALED);
        store_close(&store);
    }
}

/* Magic and version are 12 bytes, the key's id 16: other data than the key's, not damaged ones. */
Test(store, a_changed_byte_of_the_data_anywhere_is_told, .init = begin, .fini = end)
{
    make((struct sealer){NULL}, STORE_SEAL_PRODUCT);
    const struct slice good = peer_read(&a, in_state("sealed_data"));

    for (size_t i = 0; i < good.len; i++) {
        scoped(arena_wipe) struct arena scratch = {0};
        uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&scratch, good).ptr;
        const bool of_id = i >= 12 && i < 28;

        bad[i] ^= 1;
        peer_write("state/sealed_data", slice_of(bad, good.len));
        cr_expect_eq(open_with((struct sealer){NULL}), of_id, "offset %zu", i);
        cr_expect_eq(of_id ? why.code : err.code, of_id ? E_STATE_SEALED : E_STATE_CORRUPT, "offset %zu", i);
        store_close(&store);
    }
    for (size_t len = 0; len < good.len; len++) {
        peer_write("state/sealed_data", slice_of(good.ptr, len));
        cr_expect_not(open_with((struct sealer){NULL}), "%zu bytes", len);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%zu bytes", len);
    }
}

Test(store, says_what_is_wrong_with_the_data, .init = begin, .fini = end)
{
    static const struct {
        size_t at;
        const char *text;
    } cases[] = {
        {0, "bytes that do not begin like a sealed state"},
        {8, "format 0, and this version reads format 1"},
        {40, "the state does not open with its data key: it was changed or damaged"},
    };

    make(in_tee(), STORE_SEAL_PRODUCT);
    const struct slice good = peer_read(&a, in_state("sealed_data"));

    for (size_t i = 0; i < 3; i++) {
        uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&a, good).ptr;

        bad[cases[i].at] ^= 1;
        peer_write("state/sealed_data", slice_of(bad, good.len));
        cr_assert_not(open_with(in_tee()));
        cr_expect_not_null(strstr(err.text, cases[i].text), "%s", err.text);
    }
}

/* Killed between the two files, and in the middle of each. */
Test(store, a_beginning_that_was_cut_off_is_a_beginning_that_did_not_happen, .init = begin, .fini = end)
{
    char *said;

    make(in_tee(), STORE_SEAL_PRODUCT);
    cr_assert(peer_run(&a, &said, "rm state/sealed_data && touch state/sealed_data.tmp.abcdef"), "%s", said);
    must_open(in_tee(), STORE_EMPTY);
    store_close(&store);
    cr_assert(peer_run(&a, &said, "ls -A state"));
    cr_expect_str_eq(said, "sealed_key\n");
    make(in_tee(), STORE_SEAL_PRODUCT);
    cr_assert(peer_run(&a, &said, "echo half > state/sealed_key.tmp.abcdef; echo > state/sealed_data.tmp.x"));
    must_open(in_tee(), STORE_OPEN);
    expect_value("activations:x", "1");
    cr_assert(peer_run(&a, &said, "ls -A state"));
    cr_expect_str_eq(said, "sealed_data\nsealed_key\n");
}

Test(store, a_state_that_is_superseded_is_kept_with_its_key, .init = begin, .fini = end)
{
    char *said;

    make(in_tee(), STORE_SEAL_PRODUCT);
    cr_assert(
        peer_run(&a, &said, "cp -r state before; mv state/sealed_key real; echo bad > state/sealed_key"));
    must_open(in_tee(), STORE_SEALED);
    cr_assert(store_begin(store, STORE_SEAL_PRODUCT, FIRST, 2, &err), "%s", err.text);
    store_close(&store);
    cr_assert(
        peer_run(&a, &said, "cmp before/sealed_data state/sealed_data.old && cat state/sealed_key.old"));
    cr_expect_str_eq(said, "bad\n");
    must_open(in_tee(), STORE_OPEN);
    cr_expect_eq(store_entries(store)->num, 2);
}

/* Killed after the new key and before the new data: the old key is in *.old, and another attempt must not put
 * the unused one over it. */
Test(store, an_interrupted_superseding_keeps_the_old_key, .init = begin, .fini = end)
{
    char *said;

    make(in_tee(), STORE_SEAL_PRODUCT);
    cr_assert(peer_run(&a, &said,
                       "cp state/sealed_key real; ln state/sealed_key state/sealed_key.old; "
                       "ln state/sealed_data state/sealed_data.old; rm state/sealed_key; "
                       "echo unused > state/sealed_key"));
    must_open(in_tee(), STORE_SEALED);
    cr_assert(store_begin(store, STORE_SEAL_PRODUCT, FIRST, 2, &err), "%s", err.text);
    store_close(&store);
    cr_assert(peer_run(&a, &said, "cmp real state/sealed_key.old"), "%s", said);
}

Test(store, a_commit_that_cannot_be_written_changes_nothing, .init = begin, .fini = end)
{
    char *said;

    must_open(in_tee(), STORE_EMPTY);
    cr_assert(store_begin(store, STORE_SEAL_PRODUCT, FIRST, 2, &err));
    cr_assert(peer_run(&a, &said, "mv state gone"));
    cr_expect_not(store_commit(store, &(struct entry){"state", slice_str("9")}, 1, &err));
    cr_expect_eq(err.code, E_FILE_WRITE);
    cr_expect_not_null(strstr(err.text, "sealing the state: creating "), "%s", err.text);
    expect_value("state", "3");
    cr_expect_not(store_begin(store, STORE_SEAL_PRODUCT, FIRST, 1, &err));
    expect_value("manifest", "{}");
}

Test(store, a_state_beyond_the_limit_is_refused, .init = begin, .fini = end)
{
    static const uint8_t large[65 << 20];

    must_open(in_tee(), STORE_EMPTY);
    cr_assert(store_begin(store, STORE_SEAL_PRODUCT, FIRST, 2, &err));
    cr_expect_not(store_commit(store, &(struct entry){"x", {large, sizeof large}}, 1, &err));
    cr_expect_eq(err.code, E_STATE_SIZE);
    cr_expect_str_eq(err.text, "sealing the state: the state would be larger than 67107840 bytes");
    cr_expect_null(store_get(store, "x"));
}

/* ---- the encoding ---------------------------------------------------------------------------- */

Test(entries, are_merged_and_sorted)
{
    scoped(arena_wipe) struct arena mine = {0};
    const struct entry old[] = {{"b", slice_str("1")}, {"a", slice_str("2")}, {"d", slice_str("")}};
    const struct entry changes[] = {{"d", {0}}, {"c", slice_str("3")}, {"a", slice_str("4")}, {"z", {0}}};
    const struct entries first = entries_with(&(struct entries){0}, old, 3, &mine);
    const struct entries then = entries_with(&first, changes, 4, &mine);

    cr_expect_eq(first.num, 3);
    cr_expect_str_eq(first.at[0].key, "a");
    cr_expect_eq(entries_find(&first, "d")->len, 0);
    cr_assert_eq(then.num, 3);
    cr_expect(slice_equal(*entries_find(&then, "a"), slice_str("4")));
    cr_expect(slice_equal(*entries_find(&then, "b"), slice_str("1")));
    cr_expect(slice_equal(*entries_find(&then, "c"), slice_str("3")));
    cr_expect_null(entries_find(&then, "d"));
}

Test(entries, come_back_as_they_were_and_every_truncation_is_refused)
{
    scoped(arena_wipe) struct arena mine = {0};
    scoped(buf_wipe) struct buf b = buf_max(4096);
    const struct entries e = entries_with(&(struct entries){0}, FIRST, 2, &mine);
    struct entries back;
    struct err refused = {0};

    entries_put(&b, &e);
    cr_assert(entries_parse(buf_bytes(&b), &mine, &back, &refused), "%s", refused.text);
    cr_assert_eq(back.num, 2);
    cr_expect(slice_equal(*entries_find(&back, "manifest"), slice_str("{}")));
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *exact = memcpy((uint8_t *)malloc(len + 1) + 1, b.ptr, len);

        cr_expect_not(entries_parse(slice_of(exact, len), &mine, &back, &refused), "%zu bytes", len);
        cr_expect_eq(refused.code, E_STATE_CORRUPT, "%zu bytes", len);
        free(exact - 1);
    }
}

Test(entries, say_what_is_wrong)
{
    static const struct {
        const char *hex, *text;
    } cases[] = {
        {"ffffffff", "state: 4294967295 entries do not fit 4 bytes"},
        {"0100000001000000610500000062", "state: 14 bytes do not hold what they announce"},
        {"00000000ff", "state: 5 bytes do not hold what they announce"},
        {"0200000001000000620000000001000000610000000000",
         "state: entry 1 does not follow the order of keys"},
        {"02000000010000006100000000010000006100000000", "state: entry 1 does not follow the order of keys"},
        {"01000000020000006100"
         "00000000",
         "state: entry 0 does not follow the order of keys"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(arena_wipe) struct arena mine = {0};
        struct slice in;
        struct entries out;
        struct err refused = {0};

        cr_assert(hex_decode(slice_str(cases[i].hex), &mine, &in));
        cr_expect_not(entries_parse(in, &mine, &out, &refused), "%zu", i);
        cr_expect_str_eq(refused.text, cases[i].text);
    }
}
