/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "net/grpc.h"

static struct arena a;

static void end(void) { arena_wipe(&a); }

static bool is(struct slice s, const char *text) { return slice_equal(s, slice_str(text)); }

static struct slice trailer(const struct http_response *r, const char *name)
{
    return http_header(r->trailers, r->num_trailers, name);
}

Test(grpc, a_call_is_known_by_method_and_type, .fini = end)
{
    static const struct {
        const char *method, *type;
        bool is_call;
    } cases[] = {
        {"POST", "application/grpc", true},
        {"POST", "application/grpc+proto", true},
        {"POST", "application/grpc;a=b", true},
        {"POST", "application/grpc-web", false},
        {"POST", "application/json", false},
        {"GET", "application/grpc", false},
        {"POST", "", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct header h = {slice_str("content-type"), slice_str(cases[i].type)};
        const struct http_request r = {.method = slice_str(cases[i].method), .headers = &h, .num_headers = 1};

        cr_expect_eq(grpc_is_call(&r), cases[i].is_call, "%s %s", cases[i].method, cases[i].type);
    }
}

Test(grpc, a_message_is_what_its_prefix_says, .fini = end)
{
    struct http_response r = {0};
    struct http_request q = {0};
    struct slice message;
    struct err err = {0};

    grpc_reply(&r, &a, slice_str("hello"));
    cr_expect_eq(r.status, 200);
    cr_expect(is(http_header(r.headers, r.num_headers, "content-type"), "application/grpc"));
    cr_expect(is(trailer(&r, "grpc-status"), "0"));
    cr_expect(slice_equal(r.body, slice_of("\0\0\0\0\5hello", 10)));
    q.body = r.body;
    cr_assert(grpc_message(&q, &message, &err));
    cr_expect(is(message, "hello"));
    for (size_t len = 0; len < r.body.len; len++) {
        q.body = slice_of(r.body.ptr, len);
        err = (struct err){0};
        cr_expect(!grpc_message(&q, &message, &err), "%zu", len);
        cr_expect_eq(err.code, E_GRPC_FORMAT);
        cr_expect_str_eq(err.text,
                         arena_printf(&a, "gRPC: %zu bytes are not one message with its prefix", len));
    }
}

Test(grpc, other_messages_are_refused, .fini = end)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum err_code code;
        const char *text;
    } cases[] = {
        {"\1\0\0\0\1x", 6, E_UNSUPPORTED, "gRPC: the message is compressed (flag 1), expected 0"},
        {"\0\0\0\0\1xy", 7, E_GRPC_FORMAT, "gRPC: 7 bytes are not one message with its prefix"},
        {"\0\0\0\0\0\0\0\0\0\0", 10, E_GRPC_FORMAT, "gRPC: 10 bytes are not one message with its prefix"},
        {"\0\xff\xff\xff\xff", 5, E_HTTP_TOO_LARGE,
         "gRPC: a message of 4294967295 bytes, at most 4194304 are taken"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_request q = {.body = slice_of(cases[i].bytes, cases[i].len)};
        struct slice message;
        struct err err = {0};

        cr_expect(!grpc_message(&q, &message, &err));
        cr_expect_eq(err.code, cases[i].code);
        cr_expect_str_eq(err.text, cases[i].text);
    }
}

Test(grpc, a_refusal_says_its_reason_in_the_trailers, .fini = end)
{
    struct http_response r = {0};
    struct err err = {0};

    (void)err_set(&err, E_DEBUG, "100%% f\xc3\xbcr nichts");
    grpc_refuse(&r, &a, 7, &err);
    cr_expect_eq(r.status, 200);
    cr_expect_eq(r.body.len, 0);
    cr_expect(is(trailer(&r, "grpc-status"), "7"));
    cr_expect(is(trailer(&r, "grpc-message"), "100%25 f%C3%BCr nichts [debug]"));
    cr_expect(is(trailer(&r, "mesh-reason"), "debug"));
}
