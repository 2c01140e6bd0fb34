/* SPDX-License-Identifier: Apache-2.0 */
/* What a start makes of the files that it finds: never silently another state than was acknowledged. */
#include <criterion/criterion.h>

#include "tests/support/store_folder.h"

TestSuite(store_start, .init = store_folder_begin, .fini = store_folder_end);

/* ---- the key ----------------------------------------------------------------------------------- */

Test(store_start, a_key_that_cannot_be_had_leaves_the_state_sealed)
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

    make_state(in_tee(), STORE_SEAL_PRODUCT);
    sh("mv state other");
    make_state((struct sealer){NULL}, STORE_SEAL_PRODUCT);
    sh("mv state plain");
    make_state(in_tee(), STORE_SEAL_PRODUCT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sh("%s", cases[i].command);
        must_open(in_tee(), STORE_SEALED);
        cr_expect_eq(why.code, E_STATE_SEALED, "%s", cases[i].what);
        expect_text(why.text, cases[i].text);
        cr_expect_eq(store_entries(store, &in_test).num, 0);
        store_close(&store);
    }
}

Test(store_start, another_machine_does_not_open_it_and_the_right_one_still_does)
{
    make_state(in_tee(), STORE_SEAL_PRODUCT);
    must_open(other_machine(), STORE_SEALED);
    expect_text(why.text, "sealed_key: ");
    store_close(&store);
    must_open((struct sealer){NULL}, STORE_SEALED);
    expect_text(why.text, "the key was sealed in a TEE, and this coordinator runs without one");
    store_close(&store);
    must_open(in_tee(), STORE_OPEN);
}

/* The simulated TEE measures the program for each key; hundreds of starts need one that is quick. */
Test(store_start, a_changed_byte_of_the_key_anywhere_leaves_the_state_sealed)
{
    make_state(other_machine(), STORE_SEAL_UNIQUE);
    const struct slice good = peer_read(&in_test, "state/sealed_key");

    for (size_t i = 0; i < good.len; i++) {
        scoped(arena_wipe) struct arena scratch = {0};
        uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&scratch, good).ptr;

        bad[i] ^= 1;
        peer_write("state/sealed_key", slice_of(bad, good.len));
        must_open(other_machine(), STORE_SEALED);
        cr_expect_eq(why.code, E_STATE_SEALED, "offset %zu", i);
        store_close(&store);
    }
    for (size_t len = 0; len < good.len; len++) {
        peer_write("state/sealed_key", slice_of(good.ptr, len));
        must_open(other_machine(), STORE_SEALED);
        store_close(&store);
    }
}

/* ---- one copy ---------------------------------------------------------------------------------- */

static const char *const COPIES[] = {"sealed_data", "sealed_data.copy"};

static void expect_mended(const char *what)
{
    must_open(other_machine(), STORE_OPEN);
    cr_assert_not_null(store_notice(store), "%s", what);
    cr_expect_eq(store_notice(store)->code, E_STATE_MENDED);
    expect_text(store_notice(store)->text, what);
    expect_value("activations:x", "1");
    store_close(&store);
    sh("cmp state/sealed_data state/sealed_data.copy");
    must_open(other_machine(), STORE_OPEN);
    cr_expect_null(store_notice(store));
    store_close(&store);
}

/* Of the first copy what is missing at the end may be made up for by the second, and the other way round; but
 * a second copy that is damaged at its end may have held a change that the first never got. */
Test(store_start, one_copy_is_enough_whatever_became_of_the_other)
{
    static const char *const damages[][2] = {
        {"rm $f", "missing"},
        {": > $f", "damaged"},
        {"echo nonsense > $f", "damaged"},
        {"truncate -s 100 $f", "damaged"},
        {"truncate -s -1 $f", "behind"},
        {"printf xxxxxxxx | dd of=$f bs=1 seek=130 conv=notrunc status=none", "damaged"},
        {"printf x | dd of=$f bs=1 seek=30 conv=notrunc status=none", "damaged"},
        {"truncate -s 0 $f; truncate -s 4096 $f", "damaged"},
    };

    make_state(other_machine(), STORE_SEAL_PRODUCT);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        for (size_t c = 0; c < 2; c++) {
            must_open(other_machine(), STORE_OPEN);
            must_put("x", "1");
            store_close(&store);
            sh("f=state/%s; %s", COPIES[c], damages[i][0]);
            expect_mended(arena_printf(&in_test, "%s: %s", COPIES[c], damages[i][1]));
        }
}

Test(store_start, a_changed_byte_or_a_cut_anywhere_in_one_copy_loses_nothing)
{
    make_state((struct sealer){NULL}, STORE_SEAL_PRODUCT);
    const struct slice good = peer_read(&in_test, "state/sealed_data");

    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < 2 * good.len; i++) {
            scoped(arena_wipe) struct arena scratch = {0};
            uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&scratch, good).ptr;
            const bool of_format = i >= 8 && i < 12;

            if (i < good.len)
                bad[i] ^= 1;
            peer_write(arena_printf(&scratch, "state/%s", COPIES[1 - c]), good);
            peer_write(arena_printf(&scratch, "state/%s", COPIES[c]),
                       slice_of(bad, i < good.len ? good.len : i - good.len));
            if (of_format) { /* who knows what a later version writes there */
                cr_expect_not(open_with((struct sealer){NULL}));
                cr_expect_eq(err.code, E_STATE_FORMAT, "offset %zu: %s", i, err.text);
                continue;
            }
            cr_assert(open_with((struct sealer){NULL}), "offset %zu of copy %zu: %s", i, c, err.text);
            cr_expect_eq(condition, STORE_OPEN, "offset %zu: %s", i, why.text);
            expect_value("activations:x", "1");
            store_close(&store);
        }
}

/* ---- both copies ------------------------------------------------------------------------------- */

static void refused(const char *part)
{
    cr_assert_not(open_with(other_machine()));
    cr_expect_eq(err.code, E_STATE_CORRUPT, "%s", err.text);
    expect_text(err.text, part);
}

Test(store_start, damage_in_both_copies_is_told_with_file_and_record_and_what_to_do)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("cp -r state good");
    sh("for f in state/sealed_data*; do printf xxxxxxxx | dd of=$f bs=1 seek=130 conv=notrunc status=none; done");
    refused("/state/sealed_data: record 0, the snapshot, does not open: it was changed or damaged. "
            "sealed_data.copy: "
            "record 0, the snapshot, does not open: it was changed or damaged. Restore them from a backup; "
            "or move");
    sh("rm state/sealed_data.copy");
    refused("/state/sealed_data: record 0, the snapshot, does not open: it was changed or damaged. "
            "sealed_data.copy: does "
            "not exist. Restore");
    sh("cp good/* state/; for f in state/sealed_data*; do : > $f; done");
    refused("/state/sealed_data: 0 bytes that do not begin like a sealed state. sealed_data.copy: 0 bytes "
            "that do not "
            "begin like a sealed state. ");
    sh("cp good/* state/; for f in state/sealed_data*; do printf xxxxxxxx | dd of=$f bs=1 seek=40 conv=notrunc "
       "status=none; done");
    refused("sealed_data: its header was changed or damaged");
}

/* Perhaps it was acknowledged; then it must not vanish. Who knows better is told how. */
Test(store_start, a_last_record_that_is_damaged_in_both_copies_is_not_passed_over)
{
    char *cut;

    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("truncate -s -1 state/sealed_data state/sealed_data.copy");
    refused("record 1, at byte ");
    refused("is damaged or cut off in every copy that holds it, and may have been acknowledged");
    cut = strstr(err.text, "truncate -s ");
    cr_assert_not_null(cut);
    sh("cd state && %s", cut);
    must_open(other_machine(), STORE_OPEN);
    expect_value("manifest", "{}");
    expect_value("activations:x", NULL);
}

Test(store_start, a_change_that_was_cut_off_in_the_first_copy_never_happened)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("head -c 40 /dev/urandom >> state/sealed_data");
    expect_mended("sealed_data: ends with a change that was cut off and never acknowledged");
    sh("head -c 40 /dev/urandom >> state/sealed_data.copy");
    refused("record 1, at byte ");
}

Test(store_start, a_record_that_was_taken_from_the_middle_or_from_another_file_does_not_open)
{
    long first, second;

    must_open(other_machine(), STORE_EMPTY);
    must_begin(STORE_SEAL_PRODUCT);
    first = atol(sh("stat -c %%s state/sealed_data"));
    must_put("x", "1");
    second = atol(sh("stat -c %%s state/sealed_data"));
    must_put("x", "2");
    store_close(&store);
    sh("cd state; for f in sealed_data sealed_data.copy; do (head -c %ld $f; tail -c +%ld $f) > new; cp new "
       "$f; done; rm new",
       first, second + 1);
    refused("record 1, at byte ");
}

Test(store_start, copies_that_contradict_each_other_are_told)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("cp -r state before");
    must_open(other_machine(), STORE_OPEN);
    must_put("x", "1");
    store_close(&store);
    sh("mv state one; mv before state");
    must_open(other_machine(), STORE_OPEN);
    must_put("x", "2");
    store_close(&store);
    sh("cp one/sealed_data state/");
    refused("sealed_data and sealed_data.copy contradict each other before record 3");
}

Test(store_start, a_later_format_is_refused_by_its_number)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("printf '\\003' | dd of=state/sealed_data.copy bs=1 seek=8 conv=notrunc status=none");
    cr_assert_not(open_with(other_machine()));
    cr_expect_eq(err.code, E_STATE_FORMAT);
    expect_text(err.text,
                "/state/sealed_data.copy: written in format 3, by a later version; this one reads format 2");
}

/* ---- what is missing, what is left over -------------------------------------------------------- */

Test(store_start, a_key_without_a_state_is_no_empty_folder)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("rm state/sealed_data state/sealed_data.copy");
    refused("sealed_key is there, and neither sealed_data nor sealed_data.copy: the state was moved or lost");
    sh("rm state/sealed_key");
    must_open(other_machine(), STORE_EMPTY);
}

Test(store_start, a_first_state_that_was_cut_off_did_not_happen)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("cd state; rm sealed_data sealed_data.copy; mv sealed_key sealed_key.new; echo half > "
       "sealed_data.tmp");
    must_open(other_machine(), STORE_EMPTY);
    expect_text(store_notice(store)->text,
                "sealed_key.new: left over from a first state that was never written");
    expect_text(store_notice(store)->text, "sealed_data.tmp: left over from writing that was interrupted");
    must_begin(STORE_SEAL_PRODUCT);
    store_close(&store);
    must_open(other_machine(), STORE_OPEN);
    cr_expect_null(store_notice(store));
    cr_expect_str_eq(sh("ls state"), "sealed_data\nsealed_data.copy\nsealed_key\n");
}

/* Cut off after both copies and before the key was put into place, and after the first copy. */
Test(store_start, a_change_of_the_key_that_was_cut_off_is_finished_or_did_not_happen)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("cp -r state old");
    must_open(other_machine(), STORE_OPEN);
    cr_assert(store_reseal(store, &(struct store_sealing){STORE_SEAL_PRODUCT, NULL, slice_str("null")}, NULL,
                           NULL, &err));
    scoped(data_key_wipe) struct data_key key = {0};
    data_key_new(&key);
    cr_assert(store_reseal(store, &(struct store_sealing){STORE_SEAL_PRODUCT, &key, slice_str("null")}, NULL,
                           NULL, &err));
    must_put("x", "1");
    store_close(&store);
    sh("cd state; mv sealed_key sealed_key.new; cp ../old/sealed_key .");
    must_open(other_machine(), STORE_OPEN);
    expect_value("x", "1");
    store_close(&store);
    sh("test ! -e state/sealed_key.new");
    sh("cd state; mv sealed_key sealed_key.new; cp ../old/sealed_key ../old/sealed_data.copy .");
    must_open(other_machine(), STORE_OPEN);
    expect_value("x", "1");
    store_close(&store);
    sh("cd state; mv sealed_key sealed_key.new; cp ../old/sealed_* .");
    must_open(other_machine(), STORE_OPEN);
    expect_value("x", NULL);
    expect_value("activations:x", "1");
}

Test(store_start, marbleruns_state_beside_a_copy_of_ours_is_nobodys_to_choose)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    sh("{ printf '\\004\\000\\000\\000null'; head -c 100 /dev/urandom; } > state/sealed_data");
    refused("sealed_data is a state of MarbleRun's and sealed_data.copy is not");
}

Test(store_start, a_folder_that_cannot_be_written_keeps_what_was_there)
{
    make_state(other_machine(), STORE_SEAL_PRODUCT);
    must_open(other_machine(), STORE_OPEN);
    sh("mv state gone"); /* by descriptor it is still there */
    must_put("x", "1");
    store_close(&store);
    sh("mv gone state");
    must_open(other_machine(), STORE_OPEN);
    expect_value("x", "1");
}
