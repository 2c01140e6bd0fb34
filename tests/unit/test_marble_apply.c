/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/apply.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "marble/stage.h"

static char folder[] = "/tmp/marblemesh-apply-XXXXXX";
static struct arena arena;

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
    cr_assert_eq(system(arena_printf(&arena, "rm -rf %s", folder)), 0);
    arena_wipe(&arena);
}

TestSuite(marble_apply, .init = make_folder, .fini = remove_folder);

/* All that is below the test's folder, with mode and size. */
static const char *tree(void)
{
    char *out = arena_alloc(&arena, 4096);
    FILE *f = popen(
        "find . -mindepth 1 -type d -printf '%P/ %m\\n' -or -printf '%P %m %s\\n' | LC_ALL=C sort", "r");

    cr_assert_not_null(f);
    out[fread(out, 1, 4095, f)] = '\0';
    cr_assert_eq(pclose(f), 0);
    return out;
}

static bool install(const struct parameter *files, size_t num, struct err *err)
{
    const struct parameters p = {.files = (struct parameter *)files, .num_files = num};

    return apply_check(&p, err) && apply_files(&p, &gramine_key_files, err);
}

static void expect_contents(const char *path, const char *expected)
{
    struct slice got;
    struct err err;

    cr_assert(file_read(path, 1000, &arena, &got, &err), "%s", err.text);
    cr_expect_str_eq((const char *)got.ptr, expected, "%s", path);
}

static struct parameter file_of(const char *path, const char *contents)
{
    return (struct parameter){path, slice_str(contents)};
}

/* ---- files -------------------------------------------------------------------------------------- */

Test(marble_apply, installs_files_with_their_folders_closed_to_others)
{
    const struct parameter files[] = {
        file_of("one", "1"),
        file_of("a/b//c/two", "22"),
        file_of(arena_printf(&arena, "%s/a/./three", folder), ""),
        {"zero", slice_of("\0x\0", 3)},
    };
    struct err err;

    (void)umask(0022);
    cr_assert(install(files, 4, &err), "%s", err.text);
    cr_expect_str_eq(tree(),
                     "a/ 700\na/b/ 700\na/b/c/ 700\na/b/c/two 600 2\na/three 600 0\none 600 1\nzero 600 3\n");
    expect_contents("a/b/c/two", "22");
}

Test(marble_apply, replaces_files_and_takes_their_openness_away)
{
    const struct parameter files[] = {file_of("f", "new"), file_of("link", "own")};
    struct err err;

    cr_assert(file_replace("f", slice_str("old and longer"), 0666, &err));
    cr_assert(file_replace("elsewhere", slice_str("untouched"), 0644, &err));
    cr_assert_eq(symlink("elsewhere", "link"), 0);
    cr_assert(install(files, 2, &err), "%s", err.text);
    cr_expect_str_eq(tree(), "elsewhere 644 9\nf 600 3\nlink 600 3\n");
}

Test(marble_apply, leaves_folders_that_exist_as_they_are)
{
    const struct parameter file = file_of("open/f", "x");
    struct err err;

    (void)umask(0);
    cr_assert_eq(mkdir("open", 0755), 0);
    cr_assert(install(&file, 1, &err), "%s", err.text);
    cr_expect_str_eq(tree(), "open/ 755\nopen/f 600 1\n");
}

Test(marble_apply, installs_nothing_if_there_is_nothing)
{
    struct err err;

    cr_assert(install(NULL, 0, &err), "%s", err.text);
    cr_expect_str_eq(tree(), "");
}

Test(marble_apply, refuses_paths_that_name_no_file_or_lead_out_of_their_folder)
{
    char longest[NAME_MAX + 2], endless[PATH_MAX + 1];
    const struct {
        const char *path, *text;
    } cases[] = {
        {"", "expected the path of a file, found nothing"},
        {"..", "..: \"..\" leads out of the folder that the path names"},
        {"../f", "../f: \"..\" leads out of the folder that the path names"},
        {"/a/../f", "/a/../f: \"..\" leads out of the folder that the path names"},
        {"a/..", "a/..: \"..\" leads out of the folder that the path names"},
        {"/dev/attestation/keys/../f",
         "/dev/attestation/keys/../f: \"..\" leads out of the folder that the path names"},
        {"/", "/: expected the path of a file, found that of a folder"},
        {"a/", "a/: expected the path of a file, found that of a folder"},
        {".", ".: expected the path of a file, found that of a folder"},
        {"a/.", "a/.: expected the path of a file, found that of a folder"},
        {"/.", "/.: expected the path of a file, found that of a folder"},
        {memset(longest, 'n', sizeof longest - 1),
         "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...: a name of 256 bytes is longer than a file's can be"},
        {memset(endless, '/', sizeof endless - 1),
         "////////////////////////////////////////...: a path of 4096 bytes is longer than a file's can be"},
    };

    longest[sizeof longest - 1] = endless[sizeof endless - 1] = '\0';
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct parameter files[] = {file_of("first", "x"), file_of(cases[i].path, "x")};
        struct err err;

        cr_expect_not(install(files, 2, &err), "%s", cases[i].path);
        cr_expect_eq(err.code, E_MARBLE_PATH);
        cr_expect_str_eq(err.text, cases[i].text);
    }
    cr_expect_str_eq(tree(), "");
}

Test(marble_apply, takes_names_that_only_look_like_a_way_out)
{
    const struct parameter files[] = {file_of("..f", "x"), file_of("f..", "x"), file_of("...", "x"),
                                      file_of(".f", "x")};
    struct err err;

    cr_assert(install(files, 4, &err), "%s", err.text);
    cr_expect_str_eq(tree(), "... 600 1\n..f 600 1\n.f 600 1\nf.. 600 1\n");
}

/* ---- all or none -------------------------------------------------------------------------------- */

Test(marble_apply, installs_no_file_if_one_cannot_be_installed)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"there/f", "installing there/f: making a file in there: Not a directory"},
        {"there/a/f", "installing there/a/f: making the folder there/a: Not a directory"},
        {"folder", "installing folder: there is a folder of that name"},
        {"new", "installing new: there is a folder of that name"},
        {"fifo", "installing fifo: what stands there is not a file"},
        {"/proc/marblemesh/f",
         "installing /proc/marblemesh/f: making the folder /proc/marblemesh: No such file or directory"},
        {"/proc/marblemesh",
         "installing /proc/marblemesh: making a file in /proc: No such file or directory"},
    };
    struct err err;

    cr_assert(file_replace("there", slice_str("old"), 0644, &err));
    cr_assert_eq(mkdir("folder", 0755), 0);
    cr_assert_eq(mkfifo("fifo", 0640), 0);
    const char *before = tree();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct parameter files[] = {file_of("there", "new"), file_of("new/folder/f", "x"),
                                          file_of(cases[i].path, "x"), file_of("last", "x")};

        cr_expect_not(install(files, 4, &err), "%s", cases[i].path);
        cr_expect_eq(err.code, E_MARBLE_APPLY);
        cr_expect_str_eq(err.text, cases[i].text);
        cr_expect_str_eq(tree(), before, "after %s", cases[i].path);
    }
    expect_contents("there", "old");
}

Test(marble_apply, removes_no_folder_that_somebody_else_uses_by_now)
{
    struct stage stage = {0};
    struct err err;

    cr_assert(stage_add(&stage, "a/b/f", slice_str("x"), &err), "%s", err.text);
    cr_assert(file_replace("a/other", slice_str("y"), 0600, &err), "%s", err.text);
    stage_wipe(&stage);
    cr_expect_str_eq(tree(), "a/ 700\na/other 600 1\n");
}

/* The limit stands for a disk that is full: the second file is too much. */
Test(marble_apply, installs_no_file_if_space_ends)
{
    const struct rlimit limit = {1000, 1000};
    const struct parameter files[] = {file_of("small", "x"),
                                      {"a/large", slice_of(arena_alloc(&arena, 1001), 1001)}};
    struct err err;

    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_not(install(files, 2, &err));
    cr_expect_eq(err.code, E_MARBLE_APPLY);
    cr_expect_str_eq(err.text, "installing a/large: writing 1001 bytes into a: File too large");
    cr_expect_str_eq(tree(), "");
}

/* What it says is not said with cr_log_warn(), after which Criterion calls the run a failed one. */
static bool mount_here(const char *what, const char *where, const char *type, unsigned long flags,
                       const char *options)
{
    if (mount(what, where, type, flags, options) == 0)
        return true;
    (void)fprintf(stderr, "marble_apply: mounting is not allowed here: skipped\n");
    return false;
}

Test(marble_apply, installs_no_file_on_a_disk_that_is_full)
{
    const size_t len = 64 * 1024;
    const struct parameter files[] = {file_of("outside", "x"),
                                      file_of("disk/small", "x"),
                                      {"disk/large", slice_of(arena_alloc(&arena, len), len)}};
    struct err err;

    cr_assert_eq(mkdir("disk", 0700), 0);
    if (!mount_here("none", "disk", "tmpfs", 0, "size=32k,mode=700"))
        cr_skip_test();
    cr_expect_not(install(files, 3, &err));
    cr_expect_eq(err.code, E_MARBLE_APPLY);
    cr_expect_str_eq(err.text,
                     "installing disk/large: writing 65536 bytes into disk: No space left on device");
    cr_expect_str_eq(tree(), "disk/ 700\n");
    cr_assert_eq(umount("disk"), 0);
}

Test(marble_apply, installs_no_file_if_one_is_mounted)
{
    const struct parameter files[] = {file_of("other", "x"), file_of("mounted", "x")};
    struct err err;

    cr_assert(file_replace("mounted", slice_str("old"), 0644, &err));
    if (!mount_here("mounted", "mounted", NULL, MS_BIND, NULL))
        cr_skip_test();
    cr_expect_not(install(files, 2, &err));
    cr_expect_eq(err.code, E_MARBLE_APPLY);
    cr_expect_str_eq(err.text, "installing mounted: a mounted file cannot be replaced; mount its folder");
    cr_expect_str_eq(tree(), "mounted 644 3\n");
    cr_assert_eq(umount("mounted"), 0);
}

/* ---- keys --------------------------------------------------------------------------------------- */

Test(marble_apply, writes_keys_in_place_and_before_all_files)
{
    const struct key_files keys = {arena_printf(&arena, "%s/keys/", folder),
                                   arena_printf(&arena, "%s/pf", folder)};
    const struct parameter files[] = {
        file_of("fails/", "x"),
        {keys.file, slice_str("older")},
        {arena_printf(&arena, "%sdefault", keys.folder), slice_str("0123456789abcdef")}};
    const struct parameters p = {.files = (struct parameter *)files, .num_files = 3};
    ino_t before;
    struct stat st;
    struct err err;

    cr_assert_eq(mkdir("keys", 0755), 0);
    cr_assert(file_replace("keys/default", slice_str(""), 0622, &err));
    cr_assert(file_replace("pf", slice_str(""), 0622, &err));
    cr_assert_eq(stat("keys/default", &st), 0);
    before = st.st_ino;
    cr_expect_not(apply_files(&p, &keys, &err), "the other file has no name");
    cr_assert_eq(stat("keys/default", &st), 0);
    cr_expect_eq(st.st_ino, before, "the same file");
    cr_expect_eq(st.st_mode & 0777, 0622);
    expect_contents("keys/default", "0123456789abcdef");
    expect_contents("pf", "older");
}

Test(marble_apply, makes_no_key_file_that_the_runtime_does_not_have)
{
    const struct key_files keys = {arena_printf(&arena, "%s/keys/", folder),
                                   arena_printf(&arena, "%s/pf", folder)};
    const struct parameter files[] = {{arena_printf(&arena, "%sdefault", keys.folder), slice_str("key")},
                                      {keys.file, slice_str("key")}};
    struct err err;

    for (size_t i = 0; i < 2; i++) {
        const struct parameters p = {.files = (struct parameter *)&files[i], .num_files = 1};

        cr_expect_not(apply_files(&p, &keys, &err));
        cr_expect_eq(err.code, E_MARBLE_APPLY);
        cr_expect_str_eq(err.text, arena_printf(&arena, "writing 3 bytes to %s: No such file or directory",
                                                files[i].name));
    }
    cr_expect_str_eq(tree(), "");
}

Test(marble_apply, knows_where_gramine_takes_its_keys)
{
    cr_expect_str_eq(gramine_key_files.folder, "/dev/attestation/keys/");
    cr_expect_str_eq(gramine_key_files.file, "/dev/attestation/protected_files_key");
}

/* ---- environment, argv -------------------------------------------------------------------------- */

static const char *joined(char *const *strings)
{
    const char *out = "";

    for (; *strings != NULL; strings++)
        out = arena_printf(&arena, "%s%s|", out, *strings);
    return out;
}

/* What of a few variables is handed on with these lists (NULL: not set). */
static void expect_env(const char *of_host, const char *of_manifest, const char *expected,
                       const char *dropped)
{
    static char *const given[] = {"PATH=/bin", "LC_ALL=C", "LC_TIME=C", "CHANGED=old", "odd", "LANG=", NULL};
    const struct parameter env[] = {file_of("NEW", "1"), file_of("CHANGED", "with = and \n"),
                                    file_of("EMPTY", ""),
                                    file_of(PASS_ENV, of_manifest != NULL ? of_manifest : "")};
    const struct parameters p = {.env = (struct parameter *)env, .num_env = of_manifest != NULL ? 4 : 3};
    const char *names;
    char **got;

    cr_assert_eq(of_host != NULL ? setenv(PASS_ENV, of_host, 1) : unsetenv(PASS_ENV), 0);
    got = apply_env(&p, given, &arena, &names);
    cr_expect_str_eq(joined(got), expected, "with %s", of_host);
    cr_expect_str_eq(names, dropped, "with %s", of_host);
}

Test(marble_apply, makes_the_environment_of_the_manifests_variables_and_of_those_that_are_handed_on)
{
#define OURS "NEW=1|CHANGED=with = and \n|EMPTY=|"
    expect_env(NULL, NULL, OURS, "PATH,LC_ALL,LC_TIME,odd,LANG");
    expect_env("", NULL, OURS, "PATH,LC_ALL,LC_TIME,odd,LANG");
    expect_env("PATH", NULL, OURS "PATH=/bin|", "LC_ALL,LC_TIME,odd,LANG");
    expect_env("LC_*,LANG,PAT,PATHS", NULL, OURS "LC_ALL=C|LC_TIME=C|LANG=|", "PATH,odd");
    expect_env("*", NULL, OURS "PATH=/bin|LC_ALL=C|LC_TIME=C|odd|LANG=|", "");
    expect_env("CHANGED,,", NULL, OURS, "PATH,LC_ALL,LC_TIME,odd,LANG");
    expect_env("*", "", OURS "MESH_PASS_ENV=|", "PATH,LC_ALL,LC_TIME,odd,LANG");
    expect_env("*", "LANG", OURS "MESH_PASS_ENV=LANG|LANG=|", "PATH,LC_ALL,LC_TIME,odd");
}

Test(marble_apply, hands_transparent_tls_to_a_program_that_does_it_itself)
{
    static const struct {
        const char *who, *config, *text; /* NULL: taken */
    } cases[] = {
        {"program", "{\"tls\":{\"Incoming\":{\"*:2000\":{}},\"Outgoing\":{}}}", NULL},
        {"program", "{\"tls\":{\"Incoming\":{},\"Outgoing\":{\"a:1\":{}}}}", NULL},
        {"", "{\"tls\":{\"Incoming\":{\"*:2000\":{}},\"Outgoing\":{}}}",
         "the manifest gives this service TLS tags, and this library cannot do TLS in its place"},
        {"program", "{\"tls\":{\"Incoming\":{},\"Outgoing\":{}}}",
         "MARBLE_TTLS_CONFIG: expected connections to protect, found none"},
        {"program", "{\"tls\":{}}", "MARBLE_TTLS_CONFIG: expected connections to protect, found none"},
        {"program", "{\"tls\":{\"Incoming\":[]}}", ""},
        {"program", "{}", ""},
        {"program", "[]", ""},
        {"program", "", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct parameter env[] = {file_of("MARBLE_TTLS_CONFIG", cases[i].config),
                                        file_of("MESH_TTLS", cases[i].who)};
        const struct parameters p = {.env = (struct parameter *)env, .num_env = 2};
        struct err err = {0};

        cr_expect_eq(apply_check(&p, &err), cases[i].text == NULL, "%s: %s", cases[i].config, err.text);
        cr_expect_eq(err.code, cases[i].text == NULL ? E_NONE : E_MARBLE_TLS, "%s", cases[i].config);
        if (cases[i].text != NULL && cases[i].text[0] != '\0')
            cr_expect_str_eq(err.text, cases[i].text);
    }
}

Test(marble_apply, refuses_variables_that_cannot_exist)
{
    static const struct {
        const char *name;
        struct slice value;
        enum err_code code;
        const char *text;
    } cases[] = {
        {"", {0}, E_MARBLE_ENV, "expected the name of a variable, found \"\""},
        {"A=B", {0}, E_MARBLE_ENV, "expected the name of a variable, found \"A=B\""},
        {"=", {0}, E_MARBLE_ENV, "expected the name of a variable, found \"=\""},
        {"KEY",
         {(const uint8_t *)"a\0b", 3},
         E_MARBLE_ENV,
         "the value of KEY holds a NUL byte; deliver binary values as files or in hex"},
        {"MARBLE_TTLS_CONFIG",
         {(const uint8_t *)"{}", 2},
         E_MARBLE_TLS,
         "the manifest gives this service TLS tags, and this library cannot do TLS in its place"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct parameter env[] = {file_of("GOOD", "1"), {cases[i].name, cases[i].value}};
        const struct parameters p = {.env = (struct parameter *)env, .num_env = 2};
        struct err err;

        cr_expect_not(apply_check(&p, &err), "%s", cases[i].name);
        cr_expect_eq(err.code, cases[i].code);
        cr_expect_str_eq(err.text, cases[i].text);
    }
    cr_expect_null(getenv("GOOD"));
}

Test(marble_apply, makes_argv_as_the_manifest_has_it)
{
    char *given[] = {"prog", "", "--x=\n", "prog"};
    const struct parameters p = {.argv = given, .num_argv = 4};
    int num = -1;
    char **argv = apply_argv(&p, &arena, &num);

    cr_assert_eq(num, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(argv[i], given[i]);
        cr_expect_neq(argv[i], given[i], "copied, because what the coordinator sent is wiped");
    }
    cr_expect_null(argv[4]);
}

Test(marble_apply, makes_a_name_if_the_manifest_has_no_argv)
{
    const struct parameters p = {0};
    int num = -1;
    char **argv = apply_argv(&p, &arena, &num);

    cr_assert_eq(num, 1);
    cr_expect_str_eq(argv[0], "./marble");
    cr_expect_null(argv[1]);
}
