/* SPDX-License-Identifier: Apache-2.0 */
/* What the store keeps, how it is changed, and recovery. What a start says of damaged files:
 * test_store_start.c. */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "base/text.h"
#include "coordinator/store/pending.h"
#include "pki/hash.h"
#include "tests/support/store_folder.h"

TestSuite(store, .init = store_folder_begin, .fini = store_folder_end);

/* ---- keeping ----------------------------------------------------------------------------------- */

Test(store, an_empty_folder_stays_empty_until_a_state_begins)
{
    must_open(in_tee(), STORE_EMPTY);
    cr_expect_null(store_notice(store));
    cr_expect_eq(store_entries(store, &in_test).num, 0);
    cr_expect_not(put("x", "1"));
    cr_expect_eq(err.code, E_STATE_WRONG);
    store_close(&store);
    cr_expect_str_eq(sh("ls -A state"), "");
}

Test(store, keeps_what_was_changed_under_each_policy)
{
    const struct sealer sealers[] = {in_tee(), in_tee(), {NULL}};
    static const enum store_mode modes[] = {STORE_SEAL_PRODUCT, STORE_SEAL_UNIQUE, STORE_SEAL_PRODUCT};

    for (size_t i = 0; i < 3; i++) {
        make_state(sealers[i], modes[i]);
        must_open(sealers[i], STORE_OPEN);
        cr_expect_null(store_notice(store));
        cr_expect_eq(store_entries(store, &in_test).num, 3);
        expect_value("state", "3");
        expect_value("manifest", "{}");
        expect_value("activations:x", "1");
        must_put("activations:x", NULL);
        must_put("state", "");
        store_close(&store);
        must_open(sealers[i], STORE_OPEN);
        expect_value("activations:x", NULL);
        expect_value("state", "");
        store_close(&store);
        cr_expect_str_eq(sh("cd state && stat -c '%%n %%a' *"),
                         "sealed_data 600\nsealed_data.copy 600\nsealed_key 600\n");
        sh("cmp state/sealed_data state/sealed_data.copy && rm -r state");
    }
}

Test(store, in_memory_it_writes_nothing)
{
    make_state(in_tee(), STORE_MEMORY);
    cr_expect_str_eq(sh("ls -A state"), "");
    must_open(in_tee(), STORE_EMPTY);
}

Test(store, belongs_to_one_coordinator_at_a_time)
{
    struct store *second = NULL;
    const struct sealer s = in_tee();

    must_open(s, STORE_EMPTY);
    cr_expect_not(store_open(peer_path(&in_test, "state"), &s, &second, &condition, &why, &err));
    cr_expect_eq(err.code, E_STATE_LOCKED);
    cr_expect_str_eq(err.text,
                     arena_printf(&in_test, "folder of the sealed state %s: another coordinator is using it",
                                  peer_path(&in_test, "state")));
    store_close(&store);
    must_open(s, STORE_EMPTY);
}

/* A record is small whatever the state is, and the journal is cut when it is as long as the snapshot. */
Test(store, one_change_costs_one_small_record_and_the_journal_stays_bounded)
{
    static char large[3 << 20];
    long before, after, most = 0;

    must_open(other_machine(), STORE_EMPTY);
    must_begin(STORE_SEAL_PRODUCT);
    memset(large, 'x', sizeof large - 1);
    must_put("secret:large", large);
    must_put("secret:large2", "1"); /* the first was long: now it is in the snapshot */
    before = atol(sh("stat -c %%s state/sealed_data"));
    must_put("activations:x", "1");
    after = atol(sh("stat -c %%s state/sealed_data"));
    cr_expect_gt(after, before);
    cr_expect_lt(after, before + 100, "%ld", after - before);
    large[1 << 20] = '\0';
    for (int i = 0; i < 12; i++) {
        must_put("secret:large2", large);
        after = atol(sh("stat -c %%s state/sealed_data"));
        most = after > most ? after : most;
    }
    cr_expect_lt(most, 2 * (5 << 20), "%ld", most);
    store_close(&store);
    must_open(other_machine(), STORE_OPEN);
    expect_value("secret:large2", large);
    expect_value("activations:x", "1");
}

Test(store, a_state_beyond_the_limit_is_refused_and_what_was_there_stays)
{
    char *large = arena_alloc(&in_test, (65 << 20) + 1);

    memset(large, 'x', 65 << 20);
    must_open(other_machine(), STORE_EMPTY);
    must_begin(STORE_SEAL_PRODUCT);
    cr_expect_not(put("x", large));
    cr_expect_eq(err.code, E_STATE_SIZE);
    cr_expect_str_eq(err.text, "the state would be larger than 67108864 bytes");
    large[40 << 20] = '\0';
    must_put("x", large);
    cr_expect_not(put("y", large));
    must_put("x", large); /* in place of the other one there is room */
    must_put("x", NULL);
    must_put("y", large);
    store_close(&store);
    must_open(other_machine(), STORE_OPEN);
    expect_value("x", NULL);
    expect_value("y", large);
}

/* ---- deciding ---------------------------------------------------------------------------------- */

static bool add_one(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                    struct err *e)
{
    const struct slice *was = store_view_get(v, "counter");
    struct entry *change = arena_alloc(a, sizeof *change);
    const int limit = *(const int *)ctx, n = was == NULL ? 0 : atoi(arena_strndup(a, *was));

    if (n >= limit)
        return err_set(e, E_MARBLE_LIMIT, "no more than %d", limit);
    *change = (struct entry){"counter", slice_str(arena_printf(a, "%d", n + 1))};
    *out = (struct store_changes){change, 1};
    return true;
}

static bool look_only(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                      struct err *e)
{
    const struct slice *was = store_view_get(v, "counter");

    (void)e;
    (void)out;
    *(const char **)ctx = was == NULL ? "" : arena_strndup(a, *was);
    return true;
}

Test(store, whoever_decides_sees_what_is_on_its_way)
{
    struct pending p[4] = {{0}};
    int limit = 3;
    const char *saw = NULL;
    long before, after;

    must_open(other_machine(), STORE_EMPTY);
    must_begin(STORE_SEAL_PRODUCT);
    before = atol(sh("stat -c %%s state/sealed_data"));
    for (int i = 0; i < 3; i++)
        cr_assert(store_decide_on(store, NULL, add_one, &limit, &p[i], &err), "%s", err.text);
    cr_expect_not(store_update(store, add_one, &limit, &err));
    cr_expect_str_eq(err.text, "no more than 3");
    cr_assert(store_decide_on(store, NULL, look_only, &saw, &p[3], &err));
    cr_expect_str_eq(saw, "3");
    cr_expect_eq(p[3].outcome, PENDING, "what was read is not durable yet");
    expect_value("counter", NULL);
    for (int i = 0; i < 4; i++)
        cr_expect(store_await(store, &p[i], &err), "%s", err.text);
    expect_value("counter", "3");
    after = atol(sh("stat -c %%s state/sealed_data"));
    cr_expect_lt(after - before, 150, "one record");
    cr_assert(store_update(store, look_only, &saw, &err));
    cr_expect_eq(atol(sh("stat -c %%s state/sealed_data")), after, "nothing costs nothing");
}

/* ---- another state, another key ---------------------------------------------------------------- */

Test(store, a_state_that_is_superseded_is_kept_with_its_key)
{
    make_state(in_tee(), STORE_SEAL_PRODUCT);
    sh("cp -r state before; mv state/sealed_key real; echo bad > state/sealed_key");
    must_open(in_tee(), STORE_SEALED);
    must_begin(STORE_SEAL_PRODUCT);
    store_close(&store);
    cr_expect_str_eq(
        sh("cmp before/sealed_data state/sealed_data.old && cat state/sealed_key.old && ls state"),
        "bad\nsealed_data\nsealed_data.copy\nsealed_data.old\nsealed_key\nsealed_key.old\n");
    must_open(in_tee(), STORE_OPEN);
    cr_expect_null(store_notice(store));
    cr_expect_eq(store_entries(store, &in_test).num, 2);
}

Test(store, goes_on_under_another_key_without_losing_what_others_change)
{
    scoped(data_key_wipe) struct data_key old = {0}, new = {0};
    struct pending before = {0}, seal = {0}, behind = {0};
    struct entries e;
    int limit = 10;

    must_open(other_machine(), STORE_EMPTY);
    cr_assert(begin_with(STORE_SEAL_PRODUCT, &old, slice_str("null")), "%s", err.text);
    data_key_new(&new);
    const struct store_sealing how = {STORE_SEAL_UNIQUE, &new, slice_str("{}")};

    cr_assert(store_decide_on(store, NULL, add_one, &limit, &before, &err));
    cr_assert(store_decide_on(store, &how, add_one, &limit, &seal, &err));
    cr_assert(store_decide_on(store, NULL, add_one, &limit, &behind, &err));
    cr_expect(store_await(store, &behind, &err), "%s", err.text);
    cr_expect(store_await(store, &seal, &err), "%s", err.text);
    cr_expect(store_await(store, &before, &err), "%s", err.text);
    expect_value("counter", "3");
    store_close(&store);
    must_open(other_machine(), STORE_OPEN);
    expect_value("counter", "3");
    store_close(&store);
    sh("rm state/sealed_key");
    must_open(other_machine(), STORE_SEALED);
    cr_expect(slice_equal(store_recovery_data(store), slice_str("{}")));
    cr_expect_not(store_try_key(store, secret_bytes(&old.key), &in_test, &e, &err));
    cr_expect_eq(err.code, E_DECRYPT);
    cr_expect(store_try_key(store, secret_bytes(&new.key), &in_test, &e, &err), "%s", err.text);
}

Test(store, changes_the_mode_under_the_same_key)
{
    scoped(data_key_wipe) struct data_key key = {0};
    struct entries e;

    must_open(other_machine(), STORE_EMPTY);
    cr_assert(begin_with(STORE_SEAL_PRODUCT, &key, slice_str("null")));
    sh("cp state/sealed_key product");
    cr_assert(store_reseal(store, &(struct store_sealing){STORE_SEAL_UNIQUE, NULL, slice_str("null")}, NULL,
                           NULL, &err),
              "%s", err.text);
    store_close(&store);
    cr_expect_str_eq(sh("cmp -s product state/sealed_key || echo other"), "other\n");
    must_open(other_machine(), STORE_OPEN);
    cr_assert(store_reseal(store, &(struct store_sealing){STORE_MEMORY, NULL, {0}}, NULL, NULL, &err), "%s",
              err.text);
    must_put("x", "1");
    expect_value("manifest", "{}");
    store_close(&store);
    cr_expect_str_eq(sh("ls state"), "sealed_data.old\nsealed_key.old\n");
    must_open(other_machine(), STORE_EMPTY);
    expect_text(store_notice(store)->text, "sealed_data.old: a state of before is kept here");
    store_close(&store);
    sh("cd state; cp sealed_data.old sealed_data");
    must_open(other_machine(), STORE_SEALED);
    cr_expect(store_try_key(store, secret_bytes(&key.key), &in_test, &e, &err), "%s", err.text);
}

/* ---- recovery ---------------------------------------------------------------------------------- */

Test(store, is_recovered_with_the_data_key_and_needs_it_once)
{
    static const size_t lengths[] = {16, 32};

    for (size_t i = 0; i < 2; i++) {
        scoped(data_key_wipe) struct data_key key = {0};
        uint8_t wrong[32] = {1};
        struct entries e;

        secret_random(&key.key, lengths[i]);
        must_open(in_tee(), STORE_EMPTY);
        cr_assert(begin_with(STORE_SEAL_PRODUCT, &key, slice_str("{\"aa\":true}")), "%s", err.text);
        must_put("x", "1");
        store_close(&store);
        sh("rm state/sealed_key");
        must_open(in_tee(), STORE_SEALED);
        cr_expect_not(put("x", "2"));
        cr_expect_eq(err.code, E_STATE_WRONG);
        cr_expect(slice_equal(store_recovery_data(store), slice_str("{\"aa\":true}")));
        for (size_t len = 0; len <= 32; len++) {
            cr_expect_not(store_try_key(store, slice_of(wrong, len), &in_test, &e, &err));
            cr_expect_eq(err.code, E_DECRYPT, "%s", err.text);
        }
        cr_expect_not(store_recover(store, slice_of(wrong, 32), STORE_SEAL_PRODUCT, &err));
        cr_assert(store_try_key(store, secret_bytes(&key.key), &in_test, &e, &err), "%s", err.text);
        cr_expect_eq(e.num, 3);
        cr_expect_str_eq(sh("ls state"), "sealed_data\nsealed_data.copy\n");
        cr_assert(store_recover(store, secret_bytes(&key.key), STORE_SEAL_PRODUCT, &err), "%s", err.text);
        expect_value("x", "1");
        must_put("x", "2");
        cr_expect_not(store_recover(store, secret_bytes(&key.key), STORE_SEAL_PRODUCT, &err));
        cr_expect_eq(err.code, E_STATE_WRONG);
        store_close(&store);
        must_open(in_tee(), STORE_OPEN);
        expect_value("x", "2");
        store_close(&store);
        sh("rm -r state");
    }
}

/* As the contract describes it, put together here. */
static struct slice marblerun_state(const char *recovery_data, const char *json, struct slice key)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct slice sealed;

    buf_u32le(&b, (uint32_t)strlen(recovery_data));
    buf_str(&b, recovery_data);
    aead_seal(key, slice_str(json), (struct slice){0}, &in_test, &sealed);
    buf_put(&b, sealed);
    return arena_copy(&in_test, buf_bytes(&b));
}

static const char STATE[] =
    "{\"manifest\":\"e30=\",\"rootSecret\":\"AAEC/w==\",\"state\":\"Mw==\",\"updateLog\":\"\"}";

Test(store, takes_over_a_state_of_marbleruns)
{
    static const char *const recovery_data[] = {"null", "", "{\"72cd\":true,\"7587\":true}"};

    for (size_t i = 0; i < 6; i++) {
        scoped(secret_wipe) struct secret key = {0};
        uint8_t wrong[32] = {0};
        struct entries e;

        secret_random(&key, i % 2 == 0 ? 16 : 32);
        sh("mkdir -p state && echo theirs > state/sealed_key");
        const struct slice file = marblerun_state(recovery_data[i / 2], STATE, secret_bytes(&key));
        peer_write("state/sealed_data", file);
        must_open(in_tee(), STORE_SEALED);
        expect_text(why.text, "is a state of MarbleRun's");
        cr_expect(slice_equal(store_recovery_data(store), slice_str(recovery_data[i / 2])));
        cr_expect_not(store_try_key(store, slice_of(wrong, 32), &in_test, &e, &err));
        cr_expect_eq(err.code, E_DECRYPT);
        cr_assert(store_try_key(store, secret_bytes(&key), &in_test, &e, &err), "%s", err.text);
        cr_expect_eq(e.num, 4);
        cr_expect(slice_equal(*entries_find(&e, "rootSecret"), slice_of("\0\1\2\xff", 4)));
        cr_assert(store_recover(store, secret_bytes(&key), STORE_SEAL_PRODUCT, &err), "%s", err.text);
        must_put("x", "1");
        store_close(&store);
        cr_expect(slice_equal(peer_read(&in_test, "state/sealed_data.old"), file));
        cr_expect_str_eq(sh("cat state/sealed_key.old"), "theirs\n");
        must_open(in_tee(), STORE_OPEN);
        expect_value("manifest", "{}");
        expect_value("updateLog", "");
        expect_value("x", "1");
        store_close(&store);
        sh("rm state/sealed_key");
        must_open(in_tee(), STORE_SEALED); /* the same key recovers it, also under our own format */
        cr_expect(slice_equal(store_recovery_data(store), slice_str(recovery_data[i / 2])));
        cr_expect(store_try_key(store, secret_bytes(&key), &in_test, &e, &err), "%s", err.text);
        store_close(&store);
        sh("rm -r state");
    }
}

Test(store, says_what_is_wrong_with_a_state_of_marbleruns)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"[]", "sealed_data, written by MarbleRun: it opens, and is not a JSON object"},
        {"{\"a\":1}", "the value of \"a\" is not base64"},
        {"{\"a\":\"?\"}", "the value of \"a\" is not base64"},
        {"{\"a\":", "sealed_data, written by MarbleRun: "},
    };
    const struct slice key = slice_str("0123456789abcdef");

    sh("mkdir state");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entries e;

        peer_write("state/sealed_data", marblerun_state("null", cases[i].json, key));
        must_open(in_tee(), STORE_SEALED);
        cr_expect_not(store_try_key(store, key, &in_test, &e, &err));
        cr_expect_eq(err.code, E_STATE_CORRUPT);
        expect_text(err.text, cases[i].text);
        store_close(&store);
    }
}
