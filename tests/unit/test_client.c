/* SPDX-License-Identifier: Apache-2.0 */
/* libmeshclient as a caller sees it, without a network; and the rules for policies of coordinators. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/scope.h"
#include "cli/client/meshclient.h"
#include "cli/client/verify.h"
#include "pki/hash.h"
#include "pki/pem.h"

static struct arena arena;

static void begin(void)
{
    secret_init();
    pki_init();
}
static void end(void) { arena_wipe(&arena); }
TestSuite(client, .init = begin, .fini = end);

static struct mesh_client_bytes text(const char *s) { return (struct mesh_client_bytes){s, strlen(s)}; }

/* A root of our own, in PEM; and its key. */
static const char *root(struct key *key)
{
    const struct name_part name = {OID_COMMON_NAME, "root"};
    const struct cert_spec spec = {.subject = &name,
                                   .num_subject = 1,
                                   .not_before = clock_now() - 10,
                                   .not_after = clock_now() + 1000,
                                   .basic_constraints = true,
                                   .is_ca = true,
                                   .path_len = -1};
    struct slice der;
    struct err err;

    cr_assert(key_generate(KEY_P256, key, &err) &&
              cert_issue(&spec, key_spki(key, &arena), NULL, key, &arena, &der, &err));
    return pem_text(&arena, "CERTIFICATE", der);
}

Test(client, a_pin_is_kept_as_it_is_and_asks_nobody)
{
    scoped(key_wipe) struct key key = {0}, other = {0};
    const char *pin = root(&key);
    struct mesh_client_options options = {.size = sizeof options, .address = "localhost:1"};
    struct mesh_client_error error;
    struct mesh_client *mesh = mesh_client_pinned(&options, pin, &error);

    cr_assert_not_null(mesh);
    cr_expect_str_eq(mesh_client_pin(mesh), pin);
    cr_expect_null(mesh_client_manifest_fetch(mesh, NULL, &error));
    cr_expect_str_eq(error.reason, "connect");
    mesh_client_free(mesh);
    cr_expect_null(mesh_client_pinned(&options, arena_printf(&arena, "%s%s%s", pin, pin, pin), &error));
    cr_expect_str_eq(
        error.text,
        "pin: expected the coordinator's intermediate and root certificate, found 3 certificates");
    cr_expect_null(mesh_client_pinned(&options, arena_printf(&arena, "%s%s", root(&other), pin), &error));
    cr_expect_str_eq(error.reason, "cert_chain");
    cr_expect_null(mesh_client_pinned(&options, NULL, NULL));
}

Test(client, a_manifest_is_believed_only_with_the_root_keys_signature)
{
    scoped(key_wipe) struct key key = {0}, other = {0};
    struct mesh_client_options options = {.size = sizeof options, .address = "localhost:1"};
    struct mesh_client *mesh = mesh_client_pinned(&options, root(&key), NULL);
    struct slice good, wrong;
    struct mesh_client_error error = {0};
    struct err err;

    cr_assert(mesh != NULL && key_generate(KEY_P256, &other, &err) &&
              key_sign(&key, slice_str("{}"), &arena, &good, &err) &&
              key_sign(&other, slice_str("{}"), &arena, &wrong, &err));
    cr_expect(
        mesh_client_manifest_check(mesh, text("{}"), (struct mesh_client_bytes){good.ptr, good.len}, &error));
    const struct {
        const char *text;
        struct slice signature;
    } rows[] = {{"{ }", good}, {"", good}, {"{}", wrong}, {"{}", {0}}, {"{}", {good.ptr, good.len - 1}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_not(mesh_client_manifest_check(
            mesh, text(rows[i].text),
            (struct mesh_client_bytes){rows[i].signature.ptr, rows[i].signature.len}, &error));
        cr_expect_str_eq(error.reason, "signature", "%zu: %s", i, error.text);
    }
    mesh_client_free(mesh);
}

Test(client, faulty_options_and_requests_are_named)
{
    static char large[70 * 1024];
    scoped(key_wipe) struct key key = {0};
    const char *pin = root(&key);
    struct mesh_client_options rows[] = {
        {.size = 0, .address = "a:1"},
        {.size = sizeof rows[0] + 1, .address = "a:1"},
        {.size = sizeof rows[0]},
        {.size = sizeof rows[0], .address = "a:1", .nonce = {large, 1025}},
    };
    struct mesh_client_options options = {.size = sizeof options, .address = "localhost:1"};
    const struct mesh_client_request requests[] = {
        {.size = 0},
        {.size = sizeof requests[0] + 1},
        {.size = sizeof requests[0], .path = "no slash"},
        {.size = sizeof requests[0], .path = "/\n"},
        {.size = sizeof requests[0], .path = "/\x80"},
        {.size = sizeof requests[0], .method = ""},
        {.size = sizeof requests[0], .content_type = "text/plain\r\nx: y", .body = {"x", 1}},
        {.size = sizeof requests[0], .body = {"x", 16 * 1024 * 1024 + 1}},
    };
    struct mesh_client *mesh = mesh_client_pinned(&options, pin, NULL);
    struct mesh_client_error error;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_null(mesh_client_pinned(&rows[i], pin, &error), "%zu", i);
        cr_expect_str_eq(error.reason, "usage", "%zu: %s", i, error.text);
    }
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        cr_expect_null(mesh_client_call(mesh, &requests[i], &error), "%zu", i);
        cr_expect_str_eq(error.reason, "usage", "%zu: %s", i, error.text);
    }
    cr_expect_null(mesh_client_call_marble(mesh, NULL, "t", &requests[0], &error));
    cr_expect_null(mesh_client_verify(&options, &error));
    cr_expect_str_eq(error.reason, "json_syntax");
    mesh_client_free(mesh);
    mesh_client_free(NULL);
    mesh_client_manifest_free(NULL);
    mesh_client_answer_free(NULL);
    cr_expect(mesh_client_simulated());
    cr_expect_str_eq(mesh_client_version(), MARBLEMESH_VERSION);
}

Test(client, policies_say_who_the_coordinator_is)
{
    static const struct {
        const char *json;
        enum err_code code;
        bool warns;
    } rows[] = {
        {"{\"UniqueID\": \"00\"}", E_NONE, false},
        {"{\"SignerID\": \"00\", \"ProductID\": 1, \"SecurityVersion\": 1}", E_NONE, false},
        {"{\"ProductID\": 1, \"SecurityVersion\": 1}", E_NONE, true},
        {"{\"SignerID\": \"00\", \"ProductID\": 1}", E_PACKAGE_INCOMPLETE, false},
        {"{}", E_PACKAGE_INCOMPLETE, false},
        {"{\"Simulation\": {\"UniqueID\": \"00\"}}", E_NONE, false},
        {"{\"SNP\": {\"Measurement\": \"" /* 48 bytes */
         "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"}"
         "}",
         E_NONE, false},
        {"{\"SNP\": {\"MinimumGuestSVN\": 1}}", E_PACKAGE_INCOMPLETE, false},
        {"{", E_JSON_SYNTAX, false},
        {"[]", E_JSON_SYNTAX, false},
        {"{\"UniqueID\": 1}", E_JSON_SYNTAX, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct package_policy policy = {0};
        char *warning = NULL;
        struct err err = {0};
        const bool ok = era_parse(slice_str(rows[i].json), &arena, &policy, &err) &&
                        era_check(&policy, &arena, &warning, &err);

        cr_expect(ok == (rows[i].code == E_NONE) && (ok || err.code == rows[i].code), "%s: %s", rows[i].json,
                  err.text);
        cr_expect_eq(warning != NULL, rows[i].warns, "%s", rows[i].json);
    }
}
