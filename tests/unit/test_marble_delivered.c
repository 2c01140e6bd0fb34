/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/delivered.h"

#include <criterion/criterion.h>

#include "base/scope.h"

static struct parameter before[] = {{"/same", {0}}, {"/changed", {0}}, {"relative", {0}}, {"/gone", {0}}},
                        after[] = {{"/same", {0}}, {"/changed", {0}}, {"relative", {0}}, {"new", {0}}};

TestSuite(marble_delivered);

static void set(struct parameter *p, const char *value) { p->value = slice_str(value); }

Test(marble_delivered, tells_new_and_changed_files_from_those_that_are_as_before)
{
    scoped(delivered_wipe) struct delivered d = {0};
    scoped(arena_wipe) struct arena a = {0};
    const struct parameters first = {.files = before, .num_files = 4},
                            second = {.files = after, .num_files = 4};
    struct parameters changed;

    for (size_t i = 0; i < 4; i++)
        set(&before[i], "as it was");
    set(&after[0], "as it was");
    set(&after[1], "as it is now");
    set(&after[2], "as it is now");
    set(&after[3], "");
    delivered_take(&d, &first);
    changed = delivered_changed(&d, &second, "/start", &a);
    cr_assert_eq(changed.num_files, 3);
    cr_expect_str_eq(changed.files[0].name, "/changed");
    cr_expect(slice_equal(changed.files[0].value, slice_str("as it is now")));
    cr_expect_str_eq(changed.files[1].name, "/start/relative");
    cr_expect_str_eq(changed.files[2].name, "/start/new");
    cr_expect_eq(changed.num_env, 0);
    cr_expect_eq(changed.num_argv, 0);

    delivered_take(&d, &second);
    cr_expect_eq(delivered_changed(&d, &second, "/start", &a).num_files, 0);
    cr_expect_eq(delivered_changed(&d, &first, "/start", &a).num_files, 3);
}

Test(marble_delivered, holds_nothing_to_begin_with)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct delivered d = {0};
    const struct parameters p = {.files = before, .num_files = 4};

    cr_expect_eq(delivered_changed(&d, &p, "/", &a).num_files, 4);
}
