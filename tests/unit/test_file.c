/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"

static char folder[] = "/tmp/marblemesh-file-XXXXXX";

/* A disk that fails when a folder is to be made durable: the last thing that a replacement does. */
static bool folders_fail;

int fsync(int fd)
{
    struct stat st;

    if (folders_fail && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

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

static void expect_contents(const char *path, const char *expected)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice got;
    struct err err;

    cr_assert(file_read(path, 64, &a, &got, &err), "%s", err.text);
    cr_expect(slice_equal(got, slice_str(expected)), "%s", (const char *)got.ptr);
}

Test(file, a_replacement_that_does_not_get_durable_is_taken_back)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/x", folder);
    struct err err;

    folders_fail = true;
    cr_expect_not(file_replace(path, slice_str("one"), 0600, &err));
    cr_expect_eq(err.code, E_FILE_WRITE);
    cr_expect_not(file_exists(path));
    folders_fail = false;
    cr_assert(file_replace(path, slice_str("one"), 0600, &err), "%s", err.text);
    folders_fail = true;
    cr_expect_not(file_replace(path, slice_str("two"), 0600, &err));
    expect_contents(path, "one");
    cr_expect_eq(system(arena_printf(&a, "test $(ls %s | wc -l) = 1", folder)), 0,
                 "no temporary file is left");
}

Test(file, without_descriptors_nothing_is_replaced)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/x", folder);
    struct rlimit limit;
    struct err err;
    int next;

    cr_assert(file_replace(path, slice_str("one"), 0600, &err), "%s", err.text);
    next = dup(0);
    cr_assert_eq(close(next), 0);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next + 1, limit.rlim_max}), 0);
    cr_expect_not(file_replace(path, slice_str("two"), 0600, &err), "there is one descriptor, it takes two");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_contents(path, "one");
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
