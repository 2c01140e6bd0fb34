/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/config.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"

static const char *const variables[] = {"EDG_MARBLE_TYPE",
                                        "EDG_MARBLE_COORDINATOR_ADDR",
                                        "EDG_MARBLE_DNS_NAMES",
                                        "EDG_MARBLE_UUID_FILE",
                                        "EDG_CWD",
                                        "MESH_ACTIVATE_TIMEOUT",
                                        "MESH_SIM",
                                        "MESH_COORDINATOR_POLICY",
                                        "MESH_ACTIVATION",
                                        "MESH_RENEW_SIGNAL",
                                        "MESH_ON_REVOKE"};

static void set_only_type(void)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        cr_assert_eq(unsetenv(variables[i]), 0);
    cr_assert_eq(setenv("EDG_MARBLE_TYPE", "frontend", 1), 0);
}

static void set_all_to_nothing(void)
{
    for (size_t i = 1; i < sizeof variables / sizeof variables[0]; i++)
        cr_assert_eq(setenv(variables[i], "", 1), 0);
}

TestSuite(marble_config, .init = set_only_type);

static void expect_defaults(void)
{
    scoped(arena_wipe) struct arena a = {0};
    char here[PATH_MAX];
    struct config c;
    struct err err;

    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    cr_assert_not_null(getcwd(here, sizeof here));
    cr_expect_str_eq(c.type, "frontend");
    cr_expect_str_eq(c.coordinator, "localhost:2001");
    cr_expect_str_eq(c.uuid_file, arena_printf(&a, "%s/uuid", here));
    cr_expect_eq(c.timeout_s, 60);
    cr_expect(c.has_evidence);
    cr_expect_null(c.policy_file);
    cr_expect_eq(c.way, WAY_EITHER);
    cr_expect_eq(c.renewal.signal, 0);
    cr_expect_not(c.renewal.keeps_running_when_revoked);
    cr_assert_eq(c.san.num_dns, 1);
    cr_expect_str_eq(c.san.dns[0], "localhost");
    cr_assert_eq(c.san.num_ips, 2);
    cr_expect(slice_equal(c.san.ips[0], slice_of("\x7f\0\0\1", 4)));
    cr_expect(slice_equal(c.san.ips[1], slice_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16)));
    cr_expect_eq(c.san.num_uris, 0);
}

Test(marble_config, needs_nothing_but_a_type) { expect_defaults(); }

Test(marble_config, takes_a_variable_without_a_value_for_one_that_is_not_set)
{
    set_all_to_nothing();
    expect_defaults();
}

Test(marble_config, outlives_the_environment_it_was_read_from)
{
    scoped(arena_wipe) struct arena a = {0};
    struct config c;
    struct err err;

    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    memset(getenv("EDG_MARBLE_TYPE"), 'x', 8);
    cr_expect_str_eq(c.type, "frontend");
}

Test(marble_config, finds_the_file_of_the_uuid)
{
    static const struct {
        const char *file, *cwd, *expected; /* what is relative starts in / */
    } cases[] = {
        {NULL, NULL, "/uuid"},  {NULL, "/data", "/data/uuid"}, {NULL, "data", "/data/uuid"},
        {"/a/u", NULL, "/a/u"}, {"/a/u", "/data", "/a/u"},     {"a/u", NULL, "/a/u"},
        {"u", "/data", "/u"},
    };

    cr_assert_eq(chdir("/tmp"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        const bool is_relative = (cases[i].file != NULL && cases[i].file[0] != '/') ||
                                 (cases[i].file == NULL && (cases[i].cwd == NULL || cases[i].cwd[0] != '/'));
        struct config c;
        struct err err;

        cr_assert_eq(setenv("EDG_MARBLE_UUID_FILE", cases[i].file != NULL ? cases[i].file : "", 1), 0);
        cr_assert_eq(setenv("EDG_CWD", cases[i].cwd != NULL ? cases[i].cwd : "", 1), 0);
        cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
        cr_expect_str_eq(c.uuid_file, arena_printf(&a, "%s%s", is_relative ? "/tmp" : "", cases[i].expected));
    }
}

Test(marble_config, says_when_there_is_no_working_directory_to_find_the_file_in)
{
    scoped(arena_wipe) struct arena a = {0};
    char folder[] = "/tmp/marblemesh-gone-XXXXXX";
    struct config c;
    struct err err;

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(rmdir(folder), 0);
    cr_expect_not(config_read(true, &a, &c, &err));
    cr_expect_eq(err.code, E_MARBLE_CONFIG);
    cr_expect_str_eq(err.text,
                     "EDG_MARBLE_UUID_FILE: \"uuid\" is relative, and the working directory: No such "
                     "file or directory");
}

Test(marble_config, sorts_names_from_addresses_and_has_each_address_once)
{
    scoped(arena_wipe) struct arena a = {0};
    struct config c;
    struct err err;

    cr_assert_eq(setenv("EDG_MARBLE_DNS_NAMES", "a.example, *.b ,::1,10.0.0.1,127.0.0.1,10.0.0.1,x_y-1", 1),
                 0);
    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    cr_assert_eq(c.san.num_dns, 3);
    cr_expect_str_eq(c.san.dns[0], "a.example");
    cr_expect_str_eq(c.san.dns[1], "*.b");
    cr_expect_str_eq(c.san.dns[2], "x_y-1");
    cr_assert_eq(c.san.num_ips, 3);
    cr_expect_eq(c.san.ips[0].len, 16);
    cr_expect(slice_equal(c.san.ips[1], slice_of("\x0a\0\0\1", 4)));
    cr_expect(slice_equal(c.san.ips[2], slice_of("\x7f\0\0\1", 4)));
}

Test(marble_config, takes_what_is_well_formed)
{
    static const char *const good[][2] = {
        {"EDG_MARBLE_COORDINATOR_ADDR", "[::1]:2001"},
        {"EDG_MARBLE_COORDINATOR_ADDR", "coordinator-mesh-api.marblerun:1"},
        {"EDG_MARBLE_COORDINATOR_ADDR", "10.1.2.3:65535"},
        {"EDG_MARBLE_TYPE", "Größe 7"},
        {"MESH_ACTIVATE_TIMEOUT", "1"},
        {"MESH_ACTIVATE_TIMEOUT", "86400"},
        {"MESH_SIM", "tee"},
        {"MESH_SIM", "none"},
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct config c;
        struct err err;

        set_only_type();
        cr_assert_eq(setenv(good[i][0], good[i][1], 1), 0);
        cr_expect(config_read(true, &a, &c, &err), "%s=%s: %s", good[i][0], good[i][1], err.text);
    }
}

#define TEN     "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

Test(marble_config, names_the_variable_that_is_wrong_and_what_it_expected)
{
    static const char *const address =
        "EDG_MARBLE_COORDINATOR_ADDR: expected host:port, such as localhost:2001 or "
        "[::1]:2001, found \"";
    static const char *const names =
        "EDG_MARBLE_DNS_NAMES: expected names and IP addresses with commas between "
        "them, found \"";
    static const char *const signals =
        "MESH_RENEW_SIGNAL: expected HUP, USR1, USR2, TERM, INT, QUIT or WINCH, found \"";
    static const char *const seconds = "MESH_ACTIVATE_TIMEOUT: expected seconds from 1 to 86400, found \"";
    static const char *const type = "EDG_MARBLE_TYPE: expected at most 1024 bytes of UTF-8, found \"";
    const struct {
        const char *variable, *value, *start, *found;
    } cases[] = {
        {"EDG_MARBLE_TYPE", "",
         "EDG_MARBLE_TYPE is not set; it is the name of this service under Marbles in the ", "manifest"},
        {"EDG_MARBLE_TYPE", "\xff", type, "?\""},
        {"EDG_MARBLE_TYPE",
         HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED, type,
         TEN TEN TEN TEN TEN TEN TEN TEN "\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "localhost", address, "localhost\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", ":2001", address, ":2001\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "h:0", address, "h:0\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "h:65536", address, "h:65536\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "h:+1", address, "h:+1\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "h:", address, "h:\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "::1:2001", address, "::1:2001\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "[::1:2001", address, "[::1:2001\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "https://h:1", address, "https://h:1\""},
        {"EDG_MARBLE_COORDINATOR_ADDR", "h\n:1", address, "h?:1\""},
        {"EDG_MARBLE_DNS_NAMES", "a,,b", names, "\""},
        {"EDG_MARBLE_DNS_NAMES", "a b", names, "a b\""},
        {"EDG_MARBLE_DNS_NAMES", "a,\xc3\xa4", names, "??\""},
        {"EDG_MARBLE_DNS_NAMES", HUNDRED HUNDRED HUNDRED, names, TEN TEN TEN TEN TEN TEN TEN TEN "\""},
        {"EDG_MARBLE_DNS_NAMES", ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,",
         "EDG_MARBLE_DNS_NAMES: expected at most 64 names, found ", "65"},
        {"MESH_ACTIVATE_TIMEOUT", "0", seconds, "0\""},
        {"MESH_ACTIVATE_TIMEOUT", "86401", seconds, "86401\""},
        {"MESH_ACTIVATE_TIMEOUT", "1s", seconds, "1s\""},
        {"MESH_SIM", "TEE", "MESH_SIM: expected tee or none, found \"", "TEE\""},
        {"MESH_ACTIVATION", "both", "MESH_ACTIVATION: expected mesh or marblerun, found \"", "both\""},
        {"MESH_RENEW_SIGNAL", "hup", signals, "hup\""},
        {"MESH_RENEW_SIGNAL", "KILL", signals, "KILL\""},
        {"MESH_RENEW_SIGNAL", "SIG", signals, "SIG\""},
        {"MESH_ON_REVOKE", "stay", "MESH_ON_REVOKE: expected exit or keep, found \"", "stay\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct config c;
        struct err err;

        set_only_type();
        cr_assert_eq(setenv(cases[i].variable, cases[i].value, 1), 0);
        cr_expect_not(config_read(true, &a, &c, &err), "%s=%s", cases[i].variable, cases[i].value);
        cr_expect_eq(err.code, E_MARBLE_CONFIG);
        cr_expect_str_eq(err.text, arena_printf(&a, "%s%s", cases[i].start, cases[i].found));
    }
}

Test(marble_config, can_leave_evidence_out_in_a_simulation_only)
{
    scoped(arena_wipe) struct arena a = {0};
    struct config c;
    struct err err;

    cr_assert_eq(setenv("MESH_SIM", "none", 1), 0);
    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    cr_expect_not(c.has_evidence);
    cr_assert(config_read(false, &a, &c, &err), "%s", err.text);
    cr_expect(c.has_evidence, "a production build sends evidence whatever the environment says");
}

Test(marble_config, says_how_to_activate_and_what_to_do_after_a_renewal)
{
    scoped(arena_wipe) struct arena a = {0};
    struct config c;
    struct err err;

    cr_assert_eq(setenv("MESH_COORDINATOR_POLICY", "policy.json", 1), 0);
    cr_assert_eq(setenv("MESH_ACTIVATION", "mesh", 1), 0);
    cr_assert_eq(setenv("MESH_RENEW_SIGNAL", "HUP", 1), 0);
    cr_assert_eq(setenv("MESH_ON_REVOKE", "keep", 1), 0);
    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    cr_expect_str_eq(c.policy_file, "policy.json");
    cr_expect_eq(c.way, WAY_MESH);
    cr_expect_eq(c.renewal.signal, SIGHUP);
    cr_expect(c.renewal.keeps_running_when_revoked);

    cr_assert_eq(setenv("MESH_ACTIVATION", "marblerun", 1), 0);
    cr_assert_eq(setenv("MESH_RENEW_SIGNAL", "SIGUSR2", 1), 0);
    cr_assert_eq(setenv("MESH_ON_REVOKE", "exit", 1), 0);
    cr_assert(config_read(true, &a, &c, &err), "%s", err.text);
    cr_expect_eq(c.way, WAY_MARBLERUN);
    cr_expect_eq(c.renewal.signal, SIGUSR2);
    cr_expect_not(c.renewal.keeps_running_when_revoked);
}
