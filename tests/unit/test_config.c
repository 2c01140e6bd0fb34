/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "coordinator/config.h"

static struct arena a;
static struct err err;
static struct config config;

static void end(void) { arena_wipe(&a); }

static bool read_one(const char *setting, bool simulated)
{
    char *const environment[] = {arena_strdup(&a, "PATH=/bin"), arena_strdup(&a, setting), NULL};

    err = (struct err){0};
    return config_read(environment, simulated, &a, &config, &err);
}

Test(config, an_empty_environment_gives_the_defaults_of_marblerun, .fini = end)
{
    char *const nothing[] = {NULL};

    cr_assert(config_read(nothing, false, &a, &config, &err), "%s", err.text);
    cr_expect_str_eq(config.mesh_address, ":2001");
    cr_expect_str_eq(config.client_address, ":4433");
    cr_expect_str_eq(config.seal_dir, "marblerun-coordinator-data");
    cr_assert_eq(config.names.num_dns, 1);
    cr_expect_str_eq(config.names.dns[0], "localhost");
    cr_assert_eq(config.names.num_ips, 2);
    cr_expect_str_eq(hex_text(&a, config.names.ips[0]), "7f000001");
    cr_expect_str_eq(hex_text(&a, config.names.ips[1]), "00000000000000000000000000000001");
    cr_expect_eq(config.http_error_level, LOG_ERROR);
    cr_expect_null(config.startup_manifest);
    cr_expect_null(config.ready_file);
    cr_expect_not(config.dev_mode || config.debug_logging || config.no_evidence);
    cr_expect_eq(config.num_without_effect, 0);
}

Test(config, names_and_addresses_go_where_they_belong, .fini = end)
{
    cr_assert(read_one("EDG_COORDINATOR_DNS_NAMES=mesh.example,10.0.0.7,127.0.0.1,fe80::1,b.example", false));
    cr_assert_eq(config.names.num_dns, 2);
    cr_expect_str_eq(config.names.dns[0], "mesh.example");
    cr_expect_str_eq(config.names.dns[1], "b.example");
    cr_assert_eq(config.names.num_ips, 4, "each address once");
    cr_expect_str_eq(hex_text(&a, config.names.ips[0]), "0a000007");
}

Test(config, says_what_is_wrong, .fini = end)
{
    static const struct {
        const char *setting, *text;
    } cases[] = {
        {"EDG_COORDINATOR_MESH_ADDR=2001",
         "EDG_COORDINATOR_MESH_ADDR: expected HOST:PORT or :PORT, found \"2001\""},
        {"EDG_COORDINATOR_CLIENT_ADDR=:65536",
         "EDG_COORDINATOR_CLIENT_ADDR: expected HOST:PORT or :PORT, found \":65536\""},
        {"EDG_COORDINATOR_CLIENT_ADDR=:",
         "EDG_COORDINATOR_CLIENT_ADDR: expected HOST:PORT or :PORT, found \":\""},
        {"EDG_COORDINATOR_PROMETHEUS_ADDR=9944",
         "EDG_COORDINATOR_PROMETHEUS_ADDR: expected HOST:PORT or :PORT, found \"9944\""},
        {"EDG_COORDINATOR_DEV_MODE=yes", "EDG_COORDINATOR_DEV_MODE: expected 0 or 1, found \"yes\""},
        {"EDG_DEBUG_LOGGING=2", "EDG_DEBUG_LOGGING: expected 0 or 1, found \"2\""},
        {"EDG_HTTP_ERROR_LOG_LEVEL=loud",
         "EDG_HTTP_ERROR_LOG_LEVEL: expected debug, info, warn or error, found \"loud\""},
        {"EDG_COORDINATOR_DNS_NAMES=a, b", "EDG_COORDINATOR_DNS_NAMES: expected names and IP addresses "
                                           "separated by commas without blanks, found \" b\""},
        {"EDG_COORDINATOR_DNS_NAMES=a,", "EDG_COORDINATOR_DNS_NAMES: expected names and IP addresses "
                                         "separated by commas without blanks, found \"\""},
        {"MESH_SIM=maybe", "MESH_SIM: expected tee or none, found \"maybe\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_not(read_one(cases[i].setting, true), "%s", cases[i].setting);
        cr_expect_eq(err.code, E_CONFIG, "%s", cases[i].setting);
        cr_expect_str_eq(err.text, cases[i].text);
    }
}

Test(config, only_the_simulated_domain_can_do_without_evidence, .fini = end)
{
    cr_assert(read_one("MESH_SIM=none", true));
    cr_expect(config.no_evidence);
    cr_assert(read_one("MESH_SIM=tee", true));
    cr_expect_not(config.no_evidence);
    cr_assert(read_one("MESH_SIM=none", false));
    cr_expect_not(config.no_evidence);
    cr_assert_eq(config.num_without_effect, 1);
    cr_expect_str_eq(config.without_effect[0], "MESH_SIM");
}

Test(config, later_features_are_named_and_a_runtime_s_own_words_are_not, .fini = end)
{
    cr_assert(read_one("EDG_STORE_BACKEND=k8s-secret", false));
    cr_assert_eq(config.num_without_effect, 1);
    cr_expect_str_eq(config.without_effect[0], "EDG_STORE_BACKEND");
    cr_assert(read_one("OE_SIMULATION=1", false));
    cr_expect_eq(config.num_without_effect, 0);
    cr_assert(read_one("EDG_STORE_BACKEND=", false));
    cr_expect_eq(config.num_without_effect, 0, "empty is not set");
}

Test(config, metrics_have_a_listener_if_they_have_an_address, .fini = end)
{
    cr_assert(read_one("EDG_COORDINATOR_PROMETHEUS_ADDR=:9944", false));
    cr_expect_str_eq(config.metrics_address, ":9944");
    cr_expect_eq(config.num_without_effect, 0);
    cr_assert(read_one("EDG_COORDINATOR_PROMETHEUS_ADDR=", false));
    cr_expect_null(config.metrics_address);
}

Test(config, the_state_lies_under_the_working_directory_outside, .fini = end)
{
    cr_assert(read_one("EDG_CWD=/srv", false));
    cr_expect_str_eq(config.seal_dir, "/srv/marblerun-coordinator-data");
    cr_assert(read_one("EDG_COORDINATOR_SEAL_DIR=/var/lib/mesh", false));
    cr_expect_str_eq(config.seal_dir, "/var/lib/mesh");
}
