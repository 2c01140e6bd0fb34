/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/text.h"
#include "attestation/judge.h"
#include "coordinator/api/marble_rpc.h"
#include "coordinator/api/routes.h"
#include "net/grpc.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"

static struct mesh_test t;
static struct exchange ex;
static struct err err;

static void begin(void) { mesh_test_begin(&t, NULL); }

static void end(void)
{
    arena_wipe(&ex.arena);
    mesh_test_end(&t);
}

static struct http_request request(const char *method, const char *path, const char *query, const char *body)
{
    return (struct http_request){.method = slice_str(method),
                                 .path = slice_str(path),
                                 .query = slice_str(query),
                                 .body = slice_str(body),
                                 .peer_address = slice_str("127.0.0.1")};
}

static void call(const char *method, const char *path, const char *query, const char *body)
{
    const struct net_handler h = api_handler(t.core);

    ex.request = request(method, path, query, body);
    ex.response = (struct http_response){0};
    h.handle(h.app, &ex);
}

static const char *body(void) { return arena_strndup(&ex.arena, ex.response.body); }

static const char *header(const char *name)
{
    return arena_strndup(&ex.arena, http_header(ex.response.headers, ex.response.num_headers, name));
}

static void expect(int status, const char *text)
{
    cr_expect_eq(ex.response.status, status, "%d: %s", ex.response.status, body());
    cr_expect_str_eq(body(), text);
}

static void expect_success(void)
{
    cr_expect_eq(ex.response.status, 200, "%s", body());
    cr_expect_str_eq(header("content-type"), "application/json");
    cr_expect_str_eq(header("mesh-trust-domain"), "simulated");
}

static char *manifest(void) { return mesh_test_manifest(&ex.arena, "{\"m\":{\"Package\":\"test\"}}", NULL); }

static void post(const char *raw)
{
    call(
        "POST", "/api/v2/manifest", "",
        arena_printf(&ex.arena, "{\"manifest\":\"%s\"}", base64_text(&ex.arena, slice_str(raw), BASE64_STD)));
}

/* ---- status ---------------------------------------------------------------------------------- */

Test(api, status_begins_as_programs_expect, .init = begin, .fini = end)
{
    char *said;

    call("GET", "/api/v2/status", "", "");
    expect(200, "{\"status\":\"success\",\"data\":{\"code\":2,\"message\":\"Coordinator is ready to accept a "
                "manifest. "
                "(SIMULATED TEE: for development; its evidence proves nothing)\"}}\n");
    expect_success();
    post(manifest());
    call("GET", "/api/v2/status", "", "");
    expect(200, "{\"status\":\"success\",\"data\":{\"code\":3,\"message\":\"Coordinator is running correctly "
                "and ready to "
                "accept marbles. (SIMULATED TEE: for development; its evidence proves nothing)\"}}\n");
    cr_assert(peer_run(&ex.arena, &said, "rm state/sealed_key"));
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    call("GET", "/api/v2/status", "", "");
    cr_expect_not_null(strstr(body(), "{\"code\":1,\"message\":\"Coordinator is in recovery mode. "), "%s",
                       body());
}

static void begin_without_evidence(void) { mesh_test_begin(&t, "MESH_SIM=none"); }

Test(api, without_evidence_status_says_so_and_quote_is_null, .init = begin_without_evidence, .fini = end)
{
    call("GET", "/api/v2/status", "", "");
    cr_expect_not_null(
        strstr(body(), "(SIMULATED, without evidence: any marble of a known type is admitted)\"}}\n"));
    for (const char *const *q = (const char *const[]){"", "nonce=bm9uY2U=", NULL}; *q != NULL; q++) {
        call("GET", "/api/v2/quote", *q, "");
        expect_success();
        cr_expect_not_null(strstr(body(), "\",\"quote\":null}}\n"), "%s", body());
    }
}

/* ---- what is not there ----------------------------------------------------------------------- */

Test(api, anything_else_is_405_with_the_bare_envelope, .init = begin, .fini = end)
{
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"GET", "/", ""},
        {"GET", "/status/", ""},
        {"PUT", "/status", "GET"},
        {"GET", "/api/v2/status/", ""},
        {"GET", "/api/v2/Status", ""},
        {"GET", "/api/v2//status", ""},
        {"GET", "", ""},
        {"HEAD", "/api/v2/status", "GET"},
        {"OPTIONS", "/api/v2/quote", "GET"},
        {"get", "/api/v2/status", "GET"},
        {"PUT", "/api/v2/manifest", "GET, POST"},
        {"POST", "/api/v2/status", "GET"},
        {"PUT", "/api/v2/update", "GET, POST"},
        {"GET", "/api/v2/recover", "POST"},
        {"GET", "/metrics", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        call(cases[i].method, cases[i].path, "", "");
        expect(405, "{\"status\":\"error\",\"data\":null}\n");
        cr_expect_str_eq(header("content-type"), "text/plain; charset=utf-8");
        cr_expect_str_eq(header("x-content-type-options"), "nosniff");
        cr_expect_str_eq(header("allow"), cases[i].allow, "%s %s", cases[i].method, cases[i].path);
    }
}

Test(api, slow_requests_have_a_lane_of_their_own, .init = begin, .fini = end)
{
    const struct net_handler h = api_handler(t.core);
    const struct http_request quick = request("GET", "/api/v2/status", "", ""),
                              slow = request("GET", "/api/v2/quote", "", ""),
                              post_it = request("POST", "/api/v2/manifest", "", ""),
                              none = request("GET", "/x", "", "");

    cr_expect_not(h.is_slow(h.app, &quick));
    cr_expect(h.is_slow(h.app, &slow));
    cr_expect(h.is_slow(h.app, &post_it));
    cr_expect_not(h.is_slow(h.app, &none));
}

Test(api, refusals_of_the_wire_have_the_same_envelope, .init = begin, .fini = end)
{
    const struct net_handler h = api_handler(t.core);
    static const struct {
        enum err_code code;
        int status;
        const char *kind, *type;
    } cases[] = {
        {E_HTTP_TOO_LARGE, 413, "fail", "application/json"},
        {E_HTTP_FORMAT, 400, "fail", "application/json"},
        {E_TIMEOUT, 408, "fail", "application/json"},
        {E_BUSY, 503, "error", "text/plain; charset=utf-8"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)err_set(&err, cases[i].code, "<why> & \"how\"");
        h.refuse(h.app, &ex, &err);
        expect(cases[i].status,
               arena_printf(
                   &ex.arena,
                   "{\"status\":\"%s\",\"data\":null,\"message\":\"\\u003cwhy\\u003e \\u0026 \\\"how\\\"\","
                   "\"reason\":\"%s\"}\n",
                   cases[i].kind, reason_of(cases[i].code)->name));
        cr_expect_str_eq(header("content-type"), cases[i].type);
    }
}

/* ---- quote ----------------------------------------------------------------------------------- */

/* The quote must appraise as genuine, as this program's, over this report data. */
static void expect_quote_over(const char *nonce)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    const struct slice pieces[] = {m->ca->root.der, slice_str(nonce)};
    const char *at = strstr(body(), "\"quote\":\""), *end_of_it;
    uint8_t report_data[64] = {0};
    struct package_policy self;
    struct verdict verdict;
    struct slice quote;

    cr_assert_not_null(at, "%s", body());
    at += strlen("\"quote\":\"");
    end_of_it = strchr(at, '"');
    cr_assert(base64_decode(slice_of(at, (size_t)(end_of_it - at)), BASE64_STD, &ex.arena, &quote));
    cr_expect_str_eq(hex_text(&ex.arena, slice_of(quote.ptr, 8)), "0100000002000000",
                     "Open Enclave's header");
    sha256_of(report_data, pieces, 2);
    cr_assert(trust_domain()->package_info("/proc/self/exe", &ex.arena, &self, &err), "%s", err.text);
    self = (struct package_policy){.unique_id = self.unique_id};
    cr_expect(
        judge_evidence(NULL, quote, &self, slice_of(report_data, 64), clock_now(), &ex.arena, &verdict, &err),
        "%s", err.text);
}

Test(api, quote_is_over_the_root_certificate_and_the_nonce, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    const char *pem = pem_text(&ex.arena, "CERTIFICATE", m->ca->intermediate.der);

    call("GET", "/api/v2/quote", "", "");
    expect_success();
    cr_expect_not_null(
        strstr(body(), "{\"status\":\"success\",\"data\":{\"cert\":\"-----BEGIN CERTIFICATE-----\\n"));
    cr_expect_eq(strncmp(strstr(body(), "\\n") + 2, strchr(pem, '\n') + 1, 64), 0,
                 "the intermediate comes first");
    expect_quote_over("");
    call("GET", "/api/v2/quote", "nonce=bm9uY2U=", "");
    expect_quote_over("nonce");
    call("GET", "/api/v2/quote", "nonce=bm9uY2U%3D", "");
    expect_quote_over("nonce");
    call("GET", "/api/v2/quote", "nonce=", "");
    expect_quote_over("");
}

Test(api, a_nonce_that_is_no_base64_is_refused, .init = begin, .fini = end)
{
    call("GET", "/api/v2/quote", "nonce=bm9uY2U", "");
    expect(400, "{\"status\":\"fail\",\"data\":null,\"message\":\"nonce: expected URL-safe base64 with "
                "padding, found "
                "\\\"bm9uY2U\\\"\",\"reason\":\"quote_nonce\"}\n");
    cr_expect_str_eq(header("content-type"), "application/json");
    for (const char *const *q =
             (const char *const[]){"nonce=a+b/", "nonce=%zz", "nonce=%e", "nonce=bm9uY2U=%00", NULL};
         *q != NULL; q++) {
        call("GET", "/api/v2/quote", *q, "");
        cr_expect_eq(ex.response.status, 400, "%s: %s", *q, body());
        cr_expect_not_null(strstr(body(), "\"reason\":\"quote_nonce\"}"), "%s: %s", *q, body());
    }
}

/* ---- manifest -------------------------------------------------------------------------------- */

Test(api, a_manifest_is_set_and_given_back_with_the_root_s_signature, .init = begin, .fini = end)
{
    char *raw = manifest(), *said;
    uint8_t fingerprint[32];

    call("GET", "/api/v2/manifest", "", "");
    expect(
        500,
        "{\"status\":\"error\",\"data\":null,\"message\":\"server is not in expected state: it is in state 2 "
        "(accepting a manifest)\",\"reason\":\"state_wrong\"}\n");
    cr_expect_str_eq(header("content-type"), "text/plain; charset=utf-8");
    cr_expect_str_eq(header("x-content-type-options"), "nosniff");
    post(raw);
    expect(200, "{\"status\":\"success\",\"data\":{\"RecoverySecrets\":{}}}\n");
    call("GET", "/api/v2/manifest", "", "");
    expect_success();
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    sha256(fingerprint, slice_str(raw));
    expect(
        200,
        arena_printf(
            &ex.arena,
            "{\"status\":\"success\",\"data\":{\"manifestSignatureRootECDSA\":\"%s\",\"manifestFingerprint\":"
            "\"%s\",\"manifest\":\"%s\"}}\n",
            base64_text(&ex.arena, m->manifest_signature, BASE64_STD),
            hex_text(&ex.arena, slice_of(fingerprint, 32)),
            base64_text(&ex.arena, slice_str(raw), BASE64_STD)));
    peer_write("root", slice_str(pem_text(&ex.arena, "CERTIFICATE", m->ca->root.der)));
    peer_write("raw", slice_str(raw));
    peer_write("signature", m->manifest_signature);
    cr_expect(peer_run(&ex.arena, &said,
                       "openssl x509 -in root -noout -pubkey > key && openssl dgst -sha256 -verify key "
                       "-signature signature raw"),
              "%s", said);
}

Test(api, a_manifest_may_be_an_array_of_bytes_under_a_name_of_any_case, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);
    const char *raw = manifest();

    buf_str(&b, "{\"Manifest\":[");
    for (size_t i = 0; raw[i] != '\0'; i++)
        buf_printf(&b, "%s%d", i == 0 ? "" : ",", raw[i]);
    buf_str(&b, "]}");
    call("POST", "/api/v2/manifest", "", arena_strndup(&ex.arena, buf_bytes(&b)));
    expect_success();
}

Test(api, a_second_manifest_is_refused, .init = begin, .fini = end)
{
    post(manifest());
    post(manifest());
    expect(
        500,
        "{\"status\":\"error\",\"data\":null,\"message\":\"server is not in expected state: it is in state 3 "
        "(accepting marbles)\",\"reason\":\"state_wrong\"}\n");
}

Test(api, a_body_that_is_no_request_is_the_client_s_fault, .init = begin, .fini = end)
{
    static const char *const cases[] = {"",
                                        "{",
                                        "[]",
                                        "{\"manifest\":{}}",
                                        "{\"manifest\":\"?\"}",
                                        "{\"manifest\":1}",
                                        "{\"manifest\":[256]}",
                                        "{\"manifest\":\"e30=\" x"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        call("POST", "/api/v2/manifest", "", cases[i]);
        cr_expect_eq(ex.response.status, 400, "%s: %s", cases[i], body());
        cr_expect_not_null(strstr(body(), "{\"status\":\"fail\",\"data\":null,\"message\":\"request body: "),
                           "%s", body());
        cr_expect_not_null(strstr(body(), "\",\"reason\":\"manifest_body\"}\n"), "%s", body());
        cr_expect_str_eq(header("content-type"), "application/json");
    }
}

Test(api, what_follows_the_first_value_of_a_body_is_ignored, .init = begin, .fini = end)
{
    call("POST", "/api/v2/manifest", "",
         arena_printf(&ex.arena, "{\"manifest\":\"%s\"} } nonsense",
                      base64_text(&ex.arena, slice_str(manifest()), BASE64_STD)));
    expect_success();
}

Test(api, a_body_without_a_manifest_is_an_empty_manifest, .init = begin, .fini = end)
{
    for (const char *const *b = (const char *const[]){"{}", "null", "{\"manifest\":null}", "{\"manifest\":\"\"}", NULL};
         *b != NULL; b++) {
        call("POST", "/api/v2/manifest", "", *b);
        cr_expect_eq(ex.response.status, 500, "%s: %s", *b, body());
    }
}

Test(api, a_manifest_that_is_refused_leaves_everything_as_it_was, .init = begin, .fini = end)
{
    static const char *const cases[] = {
        "no json", "{}", "{\"Packages\":{\"p\":{}},\"Marbles\":{\"m\":{\"Package\":\"p\"}}}",
        "{\"Packages\":{\"p\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"q\"}}}"};
    char *said;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        post(cases[i]);
        cr_expect_eq(ex.response.status, 500, "%s: %s", cases[i], body());
        cr_expect_not_null(
            strstr(body(), "{\"status\":\"error\",\"data\":null,\"message\":\"setting the manifest: "), "%s",
            body());
        cr_expect_str_eq(header("content-type"), "text/plain; charset=utf-8");
    }
    cr_assert(peer_run(&ex.arena, &said, "ls -A state"));
    cr_expect_str_eq(said, "");
    call("GET", "/api/v2/status", "", "");
    cr_expect_not_null(strstr(body(), "{\"code\":2,"));
    post(manifest());
    expect_success();
}

/* No file can grow beyond this: a disk that is full. */
static void limit_files(rlim_t bytes)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

Test(api, a_manifest_that_cannot_be_sealed_is_not_set, .init = begin, .fini = end)
{
    limit_files(0);
    post(manifest());
    limit_files(RLIM_INFINITY);
    cr_expect_eq(ex.response.status, 500);
    cr_expect_not_null(strstr(body(), "\"message\":\"setting the manifest: "), "%s", body());
    cr_expect_not_null(strstr(body(), "\"reason\":\"file_write\"}"), "%s", body());
    call("GET", "/api/v2/status", "", "");
    cr_expect_not_null(strstr(body(), "{\"code\":2,"));
    post(manifest());
    expect_success();
}

Test(api, warnings_stand_beside_the_recovery_secrets, .init = begin, .fini = end)
{
    post(mesh_test_manifest(&ex.arena, "{\"m\":{\"Package\":\"test\",\"Colour\":\"<red>\"}}", NULL));
    expect_success();
    cr_expect_not_null(
        strstr(body(),
               "{\"status\":\"success\",\"data\":{\"RecoverySecrets\":{},\"Warnings\":[\"$.Marbles.m"),
        "%s", body());
}

/* ---- gRPC ------------------------------------------------------------------------------------ */

static void call_rpc(const char *path, const char *type, struct slice message)
{
    const struct net_handler h = marble_rpc_handler(t.core);
    static struct header content_type;

    content_type = (struct header){slice_str("content-type"), slice_str(type)};
    ex.request = request("POST", path, "", "");
    ex.request.headers = &content_type;
    ex.request.num_headers = 1;
    ex.request.body = message;
    ex.request.http2 = true;
    ex.response = (struct http_response){0};
    h.handle(h.app, &ex);
}

Test(api, activations_that_make_rsa_keys_are_slow, .init = begin, .fini = end)
{
    static const uint8_t rsa[] = "\0\0\0\0\x05\x1a\x03rsa", plain[] = "\0\0\0\0\x07\x1a\x05plain", cut[] = "\0\0\0\0\x05\x1a";
    const struct net_handler h = marble_rpc_handler(t.core);
    struct http_request r = request("POST", "/rpc.Marble/Activate", "", "");

    post(mesh_test_manifest(&ex.arena,
                            "{\"rsa\":{\"Package\":\"test\",\"Parameters\":{\"Env\":{\"A\":\"{{ pem .Secrets.r.Cert }}\"}}},"
                            "\"plain\":{\"Package\":\"test\"}}",
                            "{\"r\":{\"Type\":\"cert-rsa\",\"Size\":2048}}"));
    expect_success();
    r.body = slice_of(rsa, sizeof rsa - 1);
    cr_expect(h.is_slow(h.app, &r));
    r.body = slice_of(plain, sizeof plain - 1);
    cr_expect_not(h.is_slow(h.app, &r));
    r.body = slice_of(cut, sizeof cut - 1);
    cr_expect_not(h.is_slow(h.app, &r));
}

static const char *trailer(const char *name)
{
    return arena_strndup(&ex.arena, http_header(ex.response.trailers, ex.response.num_trailers, name));
}

Test(api, the_marble_port_speaks_grpc_and_one_method_of_it, .init = begin, .fini = end)
{
    static const uint8_t empty[5] = {0}, garbage[] = {0, 0, 0, 0, 2, 0xff, 0xff};
    const struct {
        const char *path, *type;
        struct slice message;
        const char *status, *reason;
    } cases[] = {
        {"/rpc.Marble/Activate", "text/plain", {empty, 5}, "3", "grpc_format"},
        {"/rpc.Marble/Deactivate", "application/grpc", {empty, 5}, "12", "grpc_method"},
        {"/rpc.Marble/Activate", "application/grpc", {empty, 4}, "3", "grpc_format"},
        {"/rpc.Marble/Activate", "application/grpc+proto", {garbage, 7}, "3", "grpc_format"},
        {"/rpc.Marble/Activate", "application/grpc", {empty, 5}, "9", "state_wrong"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        call_rpc(cases[i].path, cases[i].type, cases[i].message);
        cr_expect_str_eq(trailer("grpc-status"), cases[i].status, "%zu", i);
        cr_expect_str_eq(trailer("mesh-reason"), cases[i].reason, "%zu", i);
    }
}
