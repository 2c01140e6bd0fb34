/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/store/entries.h"

static const struct entry FIRST[] = {
    {"manifest", {(const uint8_t *)"{}", 2}},
    {"state", {(const uint8_t *)"3", 1}},
};

/* Each truncation stands alone in memory, so that reading beyond it is seen. */
static void expect_truncations_refused(struct slice whole,
                                       bool (*parse)(struct slice in, struct arena *a, struct entries *out,
                                                     struct err *err))
{
    scoped(arena_wipe) struct arena mine = {0};
    struct entries out;
    struct err refused = {0};

    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *exact = memcpy((uint8_t *)malloc(len + 1) + 1, whole.ptr, len);

        cr_expect_not(parse(slice_of(exact, len), &mine, &out, &refused), "%zu bytes", len);
        cr_expect_eq(refused.code, E_STATE_CORRUPT, "%zu bytes", len);
        free(exact - 1);
    }
}

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
    expect_truncations_refused(buf_bytes(&b), entries_parse);
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

/* ---- changes --------------------------------------------------------------------------------- */

static struct slice encoded(const struct entry *changes, uint32_t num, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);

    buf_u32le(&b, num);
    changes_put(&b, changes, num);
    return arena_copy(a, buf_bytes(&b));
}

Test(changes, come_back_in_their_order_and_every_truncation_is_refused)
{
    scoped(arena_wipe) struct arena mine = {0};
    const struct entry changes[] = {{"b", slice_str("1")}, {"a", {0}}, {"b", slice_str("")}};
    const struct slice in = encoded(changes, 3, &mine);
    struct entries back;
    struct err refused = {0};

    cr_assert(changes_parse(in, &mine, &back, &refused), "%s", refused.text);
    cr_assert_eq(back.num, 3);
    cr_expect_str_eq(back.at[0].key, "b");
    cr_expect_null(back.at[1].value.ptr);
    cr_expect_not_null(back.at[2].value.ptr);
    cr_expect_eq(back.at[2].value.len, 0);
    expect_truncations_refused(in, changes_parse);
}

Test(changes, say_what_is_wrong)
{
    static const struct {
        const char *hex, *text;
    } cases[] = {
        {"ffffffff", "4294967295 changes do not fit 4 bytes"},
        {"01000000010000006102", "change 1 of 1 is none that this program writes"},
        {"0100000002000000610000", "change 1 of 1 is none that this program writes"},
        {"0100000001000000610000", "11 bytes do not hold the changes that they announce"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(arena_wipe) struct arena mine = {0};
        struct slice in;
        struct entries out;
        struct err refused = {0};

        cr_assert(hex_decode(slice_str(cases[i].hex), &mine, &in));
        cr_expect_not(changes_parse(in, &mine, &out, &refused), "%zu", i);
        cr_expect_str_eq(refused.text, cases[i].text);
    }
}
