/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/uuid_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/secret.h"

static char folder[] = "/tmp/marblemesh-uuid-XXXXXX";
static char path[64];

static void make_folder(void)
{
    secret_init();
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/uuid", folder);
}

static void remove_folder(void)
{
    scoped(arena_wipe) struct arena a = {0};

    cr_assert_eq(system(arena_printf(&a, "rm -rf %s", folder)), 0);
}

TestSuite(marble_uuid_file, .init = make_folder, .fini = remove_folder);

Test(marble_uuid_file, is_made_once_and_kept)
{
    scoped(arena_wipe) struct arena a = {0};
    char text[UUID_LEN + 1];
    struct uuid first, second;
    struct slice written;
    struct stat st;
    struct err err;

    cr_assert(uuid_file_read(path, &first, &err), "%s", err.text);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0600);
    cr_assert(file_read(path, UUID_LEN, &a, &written, &err), "%s", err.text);
    uuid_format(text, first);
    cr_expect(slice_equal(written, slice_str(text)));
    cr_expect_eq(text[14], '4', "version 4");
    cr_assert(uuid_file_read(path, &second, &err), "%s", err.text);
    cr_expect_eq(memcmp(&first, &second, sizeof first), 0);
}

Test(marble_uuid_file, may_be_written_by_others_in_any_spelling)
{
    static const char *const good[] = {
        "02030400-0000-0000-0000-00000000aBcD",     "02030400-0000-0000-0000-00000000abcd\n",
        "02030400-0000-0000-0000-00000000abcd\r\n", "urn:uuid:02030400-0000-0000-0000-00000000abcd",
        "{02030400-0000-0000-0000-00000000abcd}\n", "0203040000000000000000000000abcd",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[UUID_LEN + 1];
        struct uuid u;
        struct err err;

        cr_assert(file_replace(path, slice_str(good[i]), 0600, &err), "%s", err.text);
        cr_assert(uuid_file_read(path, &u, &err), "%s: %s", good[i], err.text);
        uuid_format(text, u);
        cr_expect_str_eq(text, "02030400-0000-0000-0000-00000000abcd");
    }
}

Test(marble_uuid_file, with_anything_else_in_it_is_refused_and_left_alone)
{
    static const struct {
        const char *contents, *shown;
    } cases[] = {
        {"", ""},
        {"\n", "?"},
        {"02030400-0000-0000-0000-00000000abc", "02030400-0000-0000-0000-00000000abc"},
        {"02030400-0000-0000-0000-00000000abcd\n\n", "02030400-0000-0000-0000-00000000abcd??"},
        {" 02030400-0000-0000-0000-00000000abcd", " 02030400-0000-0000-0000-00000000abcd"},
        {"02030400-0000-0000-0000-00000000abcg", "02030400-0000-0000-0000-00000000abcg"},
        {"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct uuid u;
        struct slice after;
        struct err err;

        cr_assert(file_replace(path, slice_str(cases[i].contents), 0600, &err), "%s", err.text);
        cr_expect_not(uuid_file_read(path, &u, &err), "%s", cases[i].contents);
        cr_expect_eq(err.code, E_MARBLE_UUID_FILE);
        cr_expect_str_eq(err.text, arena_printf(&a, "%s: expected a UUID other than zero, found \"%s\"", path,
                                                cases[i].shown));
        cr_assert(file_read(path, 100, &a, &after, &err), "%s", err.text);
        cr_expect(slice_equal(after, slice_str(cases[i].contents)));
    }
}

Test(marble_uuid_file, that_is_far_too_large_is_refused)
{
    scoped(arena_wipe) struct arena a = {0};
    struct uuid u;
    struct err err;

    cr_assert(file_replace(path, slice_of(arena_alloc(&a, 65), 65), 0600, &err), "%s", err.text);
    cr_expect_not(uuid_file_read(path, &u, &err));
    cr_expect_eq(err.code, E_MARBLE_UUID_FILE);
    cr_expect_str_eq(err.text, arena_printf(&a, "the UUID of this service: %s: larger than 64 bytes", path));
}

Test(marble_uuid_file, that_cannot_be_read_is_an_error_and_not_a_reason_for_a_new_uuid)
{
    scoped(arena_wipe) struct arena a = {0};
    struct uuid u;
    struct err err;

    cr_expect_not(uuid_file_read(folder, &u, &err));
    cr_expect_eq(err.code, E_MARBLE_UUID_FILE);
    cr_expect_str_eq(err.text,
                     arena_printf(&a, "the UUID of this service: reading %s: Is a directory", folder));
}

Test(marble_uuid_file, that_cannot_be_made_is_an_error)
{
    scoped(arena_wipe) struct arena a = {0};
    struct uuid u;
    struct err err;

    cr_expect_not(uuid_file_read(arena_printf(&a, "%s/no/such", folder), &u, &err));
    cr_expect_eq(err.code, E_MARBLE_UUID_FILE);
    cr_expect_not_null(strstr(err.text, "the new UUID of this service: creating"));
    cr_expect_not_null(strstr(err.text, "No such file or directory"));
}
