/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static struct arena arena;

static void wipe(void) { arena_wipe(&arena); }

TestSuite(marble_program, .fini = wipe);

Test(marble_program, knows_library_operating_systems_by_what_uname_says)
{
    cr_expect_eq(library_os_of("Linux", "3.10.0", "1"), GRAMINE);
    cr_expect_eq(library_os_of("Occlum", "0.31", "x"), OCCLUM);
    cr_expect_eq(library_os_of("Linux", "3.10.0", "#1 SMP"), NO_LIBRARY_OS);
    cr_expect_eq(library_os_of("Linux", "3.10.0-1160.el7", "1"), NO_LIBRARY_OS);
    cr_expect_eq(library_os_of("Linux", "6.1.0", "1"), NO_LIBRARY_OS);
    cr_expect_eq(library_os_of("occlum", "3.10.0", "1"), NO_LIBRARY_OS);
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static struct program named(enum library_os os, char **argv)
{
    struct program p;
    struct err err = {0};

    cr_assert(program_of(os, argv, &arena, &p, &err), "%s", err.text);
    return p;
}

Test(marble_program, takes_the_program_from_its_arguments_and_finds_it_in_PATH)
{
    struct program p = named(NO_LIBRARY_OS, WORDS("marble-run", "/bin/sh", "-c", "x"));

    cr_expect_str_eq(p.path, "/bin/sh");
    cr_expect_str_eq(p.argv[1], "-c");
    p = named(NO_LIBRARY_OS, WORDS("anything", "--", "-odd/name"));
    cr_expect_str_eq(p.path, "-odd/name");
    cr_assert_eq(setenv("PATH", "/nowhere:/bin", 1), 0);
    p = named(NO_LIBRARY_OS, WORDS("marble-run", "sh"));
    cr_expect_str_eq(p.path, "/bin/sh");
    cr_expect_str_eq(p.argv[0], "sh");
}

Test(marble_program, takes_argv_0_in_Gramine_but_not_its_own_name)
{
    cr_expect_str_eq(named(GRAMINE, WORDS("/usr/bin/nginx", "ignored")).path, "/usr/bin/nginx");
    cr_expect_null(named(GRAMINE, WORDS("/usr/bin/nginx", "ignored")).argv, "argv is the manifest's only");
    cr_expect_str_eq(named(GRAMINE, WORDS("/bin/marble-run", "/bin/sh", "x")).path, "/bin/sh");
    cr_expect_str_eq(named(GRAMINE, WORDS("marble-run-sim", "--", "/bin/sh")).path, "/bin/sh");
}

Test(marble_program, waits_for_the_manifest_in_Occlum)
{
    struct program p = named(OCCLUM, WORDS("marble-run"));
    struct launch launch = {.argc = 2, .argv = WORDS("/bin/sh", "x"), .says_argv = true};
    struct err err = {0};

    cr_expect_null(p.path);
    cr_assert(program_choose(&p, &launch, &arena, &err), "%s", err.text);
    cr_expect_str_eq(p.path, "/bin/sh");
    cr_expect_str_eq(launch.argv[0], "sh", "cut to its base name");
    cr_expect_str_eq(launch.argv[1], "x");

    launch.argv = WORDS("./marble");
    cr_expect_not(program_choose(&p, &launch, &arena, &err));
    cr_expect_eq(err.code, E_MARBLE_PROGRAM);
    cr_expect_str_eq(err.text, "the program ./marble: No such file or directory");
}

Test(marble_program, gives_a_program_its_own_arguments_only_if_the_manifest_has_none)
{
    struct program p = named(NO_LIBRARY_OS, WORDS("marble-run", "/bin/sh", "given"));
    struct launch launch = {.argv = WORDS("./marble")};
    struct err err = {0};

    cr_assert(program_choose(&p, &launch, &arena, &err));
    cr_expect_str_eq(launch.argv[0], "/bin/sh");
    cr_expect_str_eq(launch.argv[1], "given");
    launch = (struct launch){.argv = WORDS("of the manifest"), .says_argv = true};
    cr_assert(program_choose(&p, &launch, &arena, &err));
    cr_expect_str_eq(launch.argv[0], "of the manifest");
    p = named(GRAMINE, WORDS("/bin/sh"));
    launch = (struct launch){.argv = WORDS("./marble")};
    cr_assert(program_choose(&p, &launch, &arena, &err));
    cr_expect_str_eq(launch.argv[0], "./marble", "as MarbleRun has it");
}

Test(marble_program, refuses_what_names_no_program)
{
    static char *const cases[][3] = {{"marble-run", NULL},
                                     {NULL},
                                     {"marble-run", "--", NULL},
                                     {"marble-run", "", NULL},
                                     {"marble-run", "--verbose", NULL},
                                     {"marble-run", "no such program", NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct program p;
        struct err err = {0};

        cr_expect_not(program_of(NO_LIBRARY_OS, (char **)cases[i], &arena, &p, &err), "case %zu", i);
        cr_expect_eq(err.code, E_MARBLE_PROGRAM);
    }
}

Test(marble_program, refuses_what_cannot_be_started)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"/nowhere/program", "the program /nowhere/program: No such file or directory"},
        {"/tmp", "the program /tmp: expected a file, found something else"},
        {"/etc/passwd", "the program /etc/passwd may not be executed: Permission denied"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct program p = {.path = cases[i].path};
        struct err err = {0};

        cr_expect_not(program_check(&p, &err), "%s", cases[i].path);
        cr_expect_eq(err.code, E_MARBLE_PROGRAM);
        cr_expect_str_eq(err.text, cases[i].text);
    }
}
