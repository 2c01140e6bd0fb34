/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/launch.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>

/* As the kernel lays it out. */
struct kernel {
    char *argv[3], *env[2];
    uint64_t auxv[6];
};

Test(marble_launch, lays_argv_environment_and_auxiliary_vector_out_as_the_kernel_does)
{
    static struct kernel k = {{"old", "x", NULL}, {"A=1", NULL}, {AT_PAGESZ, 4096, AT_UID, 7, AT_NULL, 0}};
    static char *argv[] = {"service", "", "two words", NULL}, *env[] = {"B=2", "C=", NULL};
    const struct launch kernel = {.argc = 2, .argv = k.argv, .env = k.env};
    struct launch made = {.argc = 3, .argv = argv, .env = env, .says_argv = true};
    struct arena a = {0};
    const char *bytes;

    launch_lay_out(&made, &kernel, &a);
    cr_assert_eq(made.argc, 3);
    cr_expect_str_eq(made.argv[0], "service");
    cr_expect_str_eq(made.argv[1], "");
    cr_expect_str_eq(made.argv[2], "two words");
    cr_expect_null(made.argv[3]);
    cr_assert_eq(made.env, made.argv + 4, "the environment follows argv");
    cr_expect_str_eq(made.env[0], "B=2");
    cr_expect_str_eq(made.env[1], "C=");
    cr_expect_null(made.env[2]);
    cr_expect_arr_eq(made.env + 3, k.auxv, sizeof k.auxv, "the auxiliary vector follows it");
    bytes = (const char *)(made.env + 3) + sizeof k.auxv;
    cr_expect_arr_eq(bytes, "service\0\0two words\0B=2\0C=", 25, "strings stand behind each other");
    cr_expect_eq(made.argv[0], bytes);
    arena_wipe(&a);
}

Test(marble_launch, lays_out_nothing_but_ends)
{
    static struct kernel k = {{NULL}, {NULL}, {AT_NULL}};
    static char *none[] = {NULL};
    const struct launch kernel = {.argc = 2, .argv = k.argv, .env = k.env};
    struct launch made = {.argv = none, .env = none};
    struct arena a = {0};

    launch_lay_out(&made, &kernel, &a);
    cr_expect_null(made.argv[0]);
    cr_expect_null(made.env[0]);
    arena_wipe(&a);
}
