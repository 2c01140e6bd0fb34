/* SPDX-License-Identifier: Apache-2.0 */
/* Memory with one lifetime, and what else ends with it. */
#include "base/arena.h"

#include <criterion/criterion.h>

static char order[8];

static void note(void *thing) { strncat(order, thing, 1); }

Test(arena, what_it_holds_ends_with_it_the_last_first_and_once)
{
    static char first[] = "1", second[] = "2";
    struct arena a = {0};

    arena_at_end(&a, note, first);
    (void)arena_alloc(&a, 100000);
    arena_at_end(&a, note, second);
    cr_expect_str_empty(order);
    arena_wipe(&a);
    cr_expect_str_eq(order, "21");
    arena_wipe(&a);
    cr_expect_str_eq(order, "21");
}

Test(arena, its_size_is_what_it_has_from_the_system)
{
    struct arena a = {0};

    cr_expect_eq(arena_size(&a), 0);
    (void)arena_alloc(&a, 1);
    cr_expect_geq(arena_size(&a), 1);
    (void)arena_alloc(&a, 100000);
    cr_expect_geq(arena_size(&a), 100001);
    arena_wipe(&a);
    cr_expect_eq(arena_size(&a), 0);
}
