/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"

static const char UUID[] = "11111111-2222-4333-8444-555555555555";
static const char MARBLES[] =
    "{\"frontend\":{\"Package\":\"test\",\"Parameters\":{"
    "\"Files\":{\"/etc/shared\":\"{{ hex .Secrets.shared }}\",\"/etc/plain\":\"as it is\"},"
    "\"Env\":{\"PRIVATE\":\"{{ hex .Secrets.private }}\",\"MARBLE_PREDEFINED_ROOT_CA\":\"mine\","
    "\"CERT\":\"{{ pem .Secrets.cert.Cert }}\",\"CERT_BEFORE\":\"{{ pem .Previous.Secrets.cert.Cert }}\"},"
    "\"Argv\":[\"frontend\",\"-v\"]}},"
    "\"twice\":{\"Package\":\"test\",\"MaxActivations\":2},"
    "\"loose\":{\"Package\":\"test\",\"DisableSecretBinding\":true,\"Parameters\":{"
    "\"Env\":{\"PRIVATE\":\"{{ hex .Secrets.private }}\"}}},"
    "\"alien\":{\"Package\":\"alien\"}}";
static const char SECRETS[] = "{\"shared\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
                              "\"private\":{\"Type\":\"symmetric-key\",\"Size\":256},"
                              "\"cert\":{\"Type\":\"cert-ecdsa\",\"Size\":256}}";

static struct mesh_test t;
static struct arena a;
static struct err err;
static struct parameters got;
static struct asker asker;
static int status;

static char *manifest(void)
{
    char *m = mesh_test_manifest(&a, MARBLES, SECRETS);
    static const char PACKAGE[] = "\"Packages\":{";
    char *at = strstr(m, PACKAGE) + strlen(PACKAGE);

    return arena_printf(&a, "%.*s\"alien\":{\"UniqueID\":\"%064d\"},%s", (int)(at - m), m, 0, at);
}

static void begin(void)
{
    mesh_test_begin(&t, "EDG_COORDINATOR_DNS_NAMES=mesh.example");
    (void)mesh_test_set(&t, manifest());
}

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static bool ask(const char *type, const char *uuid)
{
    asker_new(type, uuid, &a, &asker);
    return asker_ask(&t, &asker, &a, &got, &status, &err);
}

static const char *env(const char *name) { return arena_strndup(&a, given(got.env, got.num_env, name)); }
static const char *file(const char *name) { return arena_strndup(&a, given(got.files, got.num_files, name)); }

Test(activate, gives_files_variables_arguments_and_identity, .init = begin, .fini = end)
{
    char *said;

    cr_assert(ask("frontend", UUID), "%s", err.text);
    cr_expect_str_eq(file("/etc/plain"), "as it is");
    cr_expect_eq(strlen(file("/etc/shared")), 32);
    cr_expect_eq(strlen(env("PRIVATE")), 64);
    cr_assert_eq(got.num_argv, 2);
    cr_expect_str_eq(got.argv[0], "frontend");
    cr_expect_str_eq(got.argv[1], "-v");
    cr_expect_eq(got.num_env, 7, "the manifest's three, and four that are predefined");
    for (const char *const *name =
             (const char *const[]){"MARBLE_PREDEFINED_ROOT_CA", "MARBLE_PREDEFINED_PRIVATE_KEY",
                                   "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN",
                                   "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", "CERT", NULL};
         *name != NULL; name++)
        peer_write(*name, slice_str(env(*name)));
    cr_expect(
        peer_run(&a, &said,
                 "openssl verify -CAfile MARBLE_PREDEFINED_COORDINATOR_ROOT_CA -untrusted "
                 "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
        "%s", said);
    cr_expect(peer_run(&a, &said, "openssl verify -CAfile MARBLE_PREDEFINED_ROOT_CA CERT"), "%s", said);
    cr_expect(
        peer_run(&a, &said,
                 "test \"$(openssl pkey -in MARBLE_PREDEFINED_PRIVATE_KEY -pubout)\" = \"$(openssl x509 "
                 "-in MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN -noout -pubkey)\""),
        "%s", said);
    cr_expect(peer_run(
        &a, &said,
        "openssl x509 -in MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN -noout -subject -nameopt oneline"));
    cr_expect_str_eq(said, arena_printf(&a, "subject=CN = %s\n", UUID));
}

Test(activate, private_keys_stay_and_private_certificates_do_not, .init = begin, .fini = end)
{
    const char *shared, *private, *cert;

    cr_assert(ask("frontend", UUID), "%s", err.text);
    shared = file("/etc/shared");
    private = env("PRIVATE");
    cert = env("CERT");
    cr_expect_str_eq(cert, env("CERT_BEFORE"), "made once in an activation");
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_assert(ask("frontend", "urn:uuid:11111111-2222-4333-8444-555555555555"), "%s", err.text);
    cr_expect_str_eq(file("/etc/shared"), shared);
    cr_expect_str_eq(env("PRIVATE"), private);
    cr_expect_str_neq(env("CERT"), cert);
    cr_assert(ask("frontend", "11111111-2222-4333-8444-555555555556"), "%s", err.text);
    cr_expect_str_eq(file("/etc/shared"), shared);
    cr_expect_str_neq(env("PRIVATE"), private);
    cr_assert(ask("loose", UUID), "%s", err.text);
    cr_expect_str_neq(env("PRIVATE"), private, "bound to the type unless the manifest says otherwise");
}

Test(activate, counts_durably_what_is_limited, .init = begin, .fini = end)
{
    cr_assert(ask("twice", UUID), "%s", err.text);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_assert(ask("twice", UUID), "%s", err.text);
    for (int i = 0; i < 2; i++) {
        cr_expect_not(ask("twice", UUID));
        cr_expect_eq(status, GRPC_PERMISSION_DENIED);
        cr_expect_eq(err.code, E_MARBLE_LIMIT);
        cr_expect_str_eq(err.text,
                         "marble \"twice\" is not admitted: marble \"twice\": the limit of 2 activations has "
                         "been reached");
        cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    }
    cr_expect(ask("frontend", UUID), "others are not limited: %s", err.text);
}

Test(activate, a_refused_marble_does_not_count, .init = begin, .fini = end)
{
    cr_expect_not(ask("twice", "no"));
    asker_new("twice", UUID, &a, &asker);
    asker.request.csr = slice_str("no");
    cr_expect_not(asker_ask(&t, &asker, &a, &got, &status, &err));
    cr_expect(ask("twice", UUID));
    cr_expect(ask("twice", UUID));
}

struct wrong {
    const char *what;
    int status;
    enum err_code code;
    const char *text;
};

static void expect_refused(const struct wrong *w)
{
    cr_expect_not(asker_ask(&t, &asker, &a, &got, &status, &err), "%s", w->what);
    cr_expect_eq(status, w->status, "%s: %d", w->what, status);
    cr_expect_eq(err.code, w->code, "%s: %s", w->what, err.text);
    cr_expect_eq(strncmp(err.text, w->text, strlen(w->text)), 0, "%s: %s", w->what, err.text);
}

Test(activate, refuses_with_the_status_of_each_step, .init = begin, .fini = end)
{
    asker_new("frontend", UUID, &a, &asker);
    const struct asker good = asker;

    asker.certificate = (struct slice){0};
    expect_refused(&(struct wrong){"no certificate", GRPC_UNAUTHENTICATED, E_CLIENT_CERT,
                                   "the connection carries no client certificate"});
    asker = good;
    asker.request.marble_type = "nobody";
    expect_refused(&(struct wrong){"type", GRPC_PERMISSION_DENIED, E_MARBLE_UNKNOWN,
                                   "the manifest has no marble \"nobody\""});
    asker.request.marble_type = "alien";
    expect_refused(&(struct wrong){"other program", GRPC_PERMISSION_DENIED, E_UNIQUE_ID,
                                   "marble \"alien\" is not admitted: package \"alien\": "});
    asker = good;
    asker.request.quote = (struct slice){0};
    expect_refused(&(struct wrong){"no quote", GRPC_PERMISSION_DENIED, E_EVIDENCE_MISSING,
                                   "marble \"frontend\" is not admitted: the request carries no quote"});
    asker.request.quote = slice_str("quote");
    expect_refused(&(struct wrong){"no such quote", GRPC_PERMISSION_DENIED, E_EVIDENCE_FORMAT,
                                   "marble \"frontend\" is not admitted: package \"test\": "});
    asker.request.quote = slice_of(arena_alloc(&a, 65537), 65537);
    expect_refused(
        &(struct wrong){"large", GRPC_PERMISSION_DENIED, E_EVIDENCE_FORMAT,
                        "marble \"frontend\" is not admitted: a quote of 65537 bytes, and more than 65536"});
    asker = good;
    asker.request.uuid = "11111111-2222-4333-8444-55555555555";
    expect_refused(
        &(struct wrong){"UUID", GRPC_INVALID_ARGUMENT, E_UUID_INVALID,
                        "UUID: expected 36 characters after RFC 9562, found \"11111111-2222-4333-8444-5"});
    asker.request.uuid = "00000000-0000-0000-0000-000000000000";
    expect_refused(
        &(struct wrong){"zero", GRPC_INVALID_ARGUMENT, E_UUID_INVALID, "UUID: all zero, which names nobody"});
    asker = good;
    asker.request.csr = slice_str("csr");
    expect_refused(&(struct wrong){"CSR", GRPC_INTERNAL, E_CSR_FORMAT, ""});
}

/* The certificate is part of what evidence speaks of: that of another connection does not serve. */
Test(activate, evidence_of_another_connection_is_refused, .init = begin, .fini = end)
{
    struct asker other;

    asker_new("frontend", UUID, &a, &asker);
    asker_new("frontend", UUID, &a, &other);
    asker.request.quote = other.request.quote;
    expect_refused(&(struct wrong){"relayed", GRPC_PERMISSION_DENIED, E_REPORT_DATA,
                                   "marble \"frontend\" is not admitted: package \"test\": "});
}

Test(activate, evidence_over_more_than_the_certificate_is_refused, .init = begin, .fini = end)
{
    uint8_t report_data[64];
    const struct tee *tee;

    asker_new("frontend", UUID, &a, &asker);
    memset(report_data, 1, sizeof report_data);
    sha256(report_data, asker.certificate);
    cr_assert(tee_here(&tee, &err));
    cr_assert(tee->evidence(report_data, &a, &asker.request.quote, &err));
    expect_refused(&(struct wrong){"tail", GRPC_PERMISSION_DENIED, E_REPORT_DATA, ""});
}

Test(activate, a_changed_byte_of_the_evidence_is_refused_wherever_it_matters, .init = begin, .fini = end)
{
    asker_new("frontend", UUID, &a, &asker);
    const struct slice good = asker.request.quote;

    for (size_t at = 0; at < 48 + 384 + 4 + 576; at += 7) { /* header, body, signatures and keys */
        uint8_t *bad = (uint8_t *)(uintptr_t)arena_copy(&a, good).ptr;

        bad[at] ^= 4;
        asker.request.quote = slice_of(bad, good.len);
        cr_expect_not(asker_ask(&t, &asker, &a, &got, &status, &err), "offset %zu", at);
        cr_expect_eq(status, GRPC_PERMISSION_DENIED, "offset %zu", at);
    }
}

Test(activate, names_of_the_coordinator_are_not_given_away, .init = begin, .fini = end)
{
    static char name[] = "mesh.example";
    char *dns[] = {name};
    const struct san san = {.dns = dns, .num_dns = 1};
    scoped(key_wipe) struct key key = {0};

    asker_new("frontend", UUID, &a, &asker);
    cr_assert(key_generate(KEY_P256, &key, &err));
    cr_assert(csr_make(&key, name_build(&a, NULL, 0), &san, &a, &asker.request.csr, &err));
    expect_refused(&(struct wrong){"name", GRPC_PERMISSION_DENIED, E_NAME_RESERVED,
                                   "certificate request: \"mesh.example\" is a name of the coordinator"});
}

static void begin_fresh(void) { mesh_test_begin(&t, NULL); }

Test(activate, needs_a_manifest_first, .init = begin_fresh, .fini = end)
{
    asker_new("frontend", UUID, &a, &asker);
    expect_refused(
        &(struct wrong){"state", GRPC_FAILED_PRECONDITION, E_STATE_WRONG,
                        "server is not in expected state: it is in state 2 (accepting a manifest)"});
}

static void begin_large(void)
{
    mesh_test_begin(&t, NULL);
    char *megabytes = arena_alloc(&a, (5 << 20) + 1);

    memset(megabytes, 'x', 5 << 20);
    (void)mesh_test_set(
        &t, mesh_test_manifest(&a,
                               arena_printf(&a,
                                            "{\"frontend\":{\"Package\":\"test\",\"Parameters\":{\"Files\":{"
                                            "\"a\":{\"Data\":\"%s\",\"NoTemplates\":true}}}}}",
                                            megabytes),
                               NULL));
}

Test(activate, what_does_not_fit_a_message_is_refused_clearly, .init = begin_large, .fini = end)
{
    asker_new("frontend", UUID, &a, &asker);
    expect_refused(&(struct wrong){"size", GRPC_INTERNAL, E_ACTIVATION_SIZE,
                                   "parameters of marble \"frontend\": file \"a\": with this one, files and "
                                   "variables take 5242880 bytes"});
}

static void begin_without_evidence(void)
{
    mesh_test_begin(&t, "MESH_SIM=none");
    (void)mesh_test_set(&t, manifest());
}

Test(activate, without_any_tee_known_types_are_admitted_as_marblerun_does, .init = begin_without_evidence,
     .fini = end)
{
    asker_new("alien", UUID, &a, &asker);
    asker.request.quote = (struct slice){0};
    cr_expect(asker_ask(&t, &asker, &a, &got, &status, &err), "%s", err.text);
    cr_expect_not(ask("nobody", UUID));
    cr_expect_eq(err.code, E_MARBLE_UNKNOWN);
}

/* ---- platforms ---------------------------------------------------------------------------------- */

static enum err_code ask_under(const char *infrastructures)
{
    err = (struct err){0};
    mesh_test_begin(&t, NULL);
    (void)mesh_test_set(&t, mesh_test_manifest_with(&a, "{\"m\":{\"Package\":\"test\"}}",
                                                    arena_printf(&a, ",\"Infrastructures\":%s", infrastructures)));
    if (!ask("m", "11111111-2222-4333-8444-555555555555"))
        cr_expect_eq(status, GRPC_PERMISSION_DENIED);
    mesh_test_end(&t);
    return err.code;
}

Test(activate, the_platform_must_be_allowed_and_not_banned)
{
    cr_expect_eq(ask_under("{}"), E_NONE);
    cr_expect_eq(ask_under("{\"i\":{\"QESVN\":9,\"PCESVN\":9}}"), E_NONE, "MarbleRun's fields have no effect");
    cr_expect_eq(ask_under("{\"i\":{\"FMSPC\":[\"f053494d0000\"]}}"), E_NONE);
    cr_expect_eq(ask_under("{\"i\":{\"FMSPC\":[\"f053494d0001\"]}}"), E_PLATFORM);
    cr_expect_eq(ask_under("{\"i\":{\"FMSPC\":[\"f053494d0001\"]},\"j\":{\"FMSPC\":[\"F053494D0000\"]}}"), E_NONE);
    cr_expect_eq(ask_under("{\"i\":{\"Banned\":{\"FMSPC\":[\"f053494d0000\"]}}}"), E_PLATFORM);
    arena_wipe(&a);
}
