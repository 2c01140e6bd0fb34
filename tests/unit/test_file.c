/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"

static char folder[] = "/tmp/marblemesh-file-XXXXXX";

static void make_folder(void) { cr_assert_not_null(mkdtemp(folder)); }
static void remove_folder(void)
{
    scoped(arena_wipe) struct arena a = {0};

    cr_assert_eq(system(arena_printf(&a, "rm -rf %s", folder)), 0);
}

TestSuite(file, .init = make_folder, .fini = remove_folder);

Test(file, is_replaced_whole_with_its_mode)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/x", folder);
    struct slice got;
    struct err err;
    struct stat st;

    cr_assert(file_replace(path, slice_str("one"), 0600, &err), "%s", err.text);
    cr_assert(file_replace(path, slice_str("two!"), 0640, &err), "%s", err.text);
    cr_assert(file_read(path, 4, &a, &got, &err), "%s", err.text);
    cr_expect(slice_equal(got, slice_str("two!")));
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0640);
    cr_expect_eq(system(arena_printf(&a, "test $(ls %s | wc -l) = 1", folder)), 0,
                 "no temporary file is left");
}

Test(file, reading_is_bounded_and_tells_missing_from_unreadable)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/x", folder);
    struct slice got;
    struct err err;

    cr_expect_not(file_read(path, 10, &a, &got, &err));
    cr_expect_eq(err.code, E_FILE_MISSING);
    cr_assert(file_replace(path, slice_str("12345"), 0600, &err));
    cr_expect_not(file_read(path, 4, &a, &got, &err));
    cr_expect_eq(err.code, E_FILE_TOO_LARGE);
    cr_expect_not(file_read(folder, 4, &a, &got, &err));
    cr_expect_eq(err.code, E_FILE_READ);
}

Test(file, a_replacement_that_fails_leaves_the_old_file)
{
    scoped(arena_wipe) struct arena a = {0};
    struct err err;

    cr_expect_not(file_replace(arena_printf(&a, "%s/no/such", folder), slice_str("x"), 0600, &err));
    cr_expect_eq(err.code, E_FILE_WRITE);
    cr_expect_not(file_replace(folder, slice_str("x"), 0600, &err), "a folder is not replaced by a file");
    cr_expect_eq(err.code, E_FILE_WRITE);
}

Test(file, folders_are_made_as_deep_as_needed)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/a/b/c", folder);
    struct err err;

    cr_expect(file_make_folders(path, 0700, &err), "%s", err.text);
    cr_expect(file_make_folders(path, 0700, &err), "%s", err.text);
    cr_expect(file_exists(path));
    cr_assert(file_replace(arena_printf(&a, "%s/f", folder), slice_str(""), 0600, &err));
    cr_expect_not(file_make_folders(arena_printf(&a, "%s/f", folder), 0700, &err));
    cr_expect_not(file_make_folders(arena_printf(&a, "%s/f/g", folder), 0700, &err));
}
