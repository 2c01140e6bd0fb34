/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <nghttp2/nghttp2.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/caller.h"
#include "tests/support/talk.h"

static struct arena a;
static struct talk t;

static void begin(void) { talk_begin(&t, &http2); }
static void end(void)
{
    talk_end(&t);
    arena_wipe(&a);
}

static bool is(struct slice s, const char *text) { return slice_equal(s, slice_str(text)); }

/* Frames, made by hand (RFC 9113 section 4.1). */

static void put_frame(struct buf *b, unsigned type, unsigned flags, uint32_t stream, struct slice payload)
{
    buf_u8(b, (uint8_t)(payload.len >> 16));
    buf_u16be(b, (uint16_t)payload.len);
    buf_u8(b, (uint8_t)type);
    buf_u8(b, (uint8_t)flags);
    buf_u32be(b, stream);
    buf_put(b, payload);
}

static bool send(unsigned type, unsigned flags, uint32_t stream, struct slice payload)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);

    put_frame(&b, type, flags, stream, payload);
    return talk_feed(&t, buf_bytes(&b));
}

static void greet(void)
{
    cr_assert(talk_say(&t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    cr_assert(send(NGHTTP2_SETTINGS, 0, 0, (struct slice){0}));
}

/* HPACK (RFC 7541): indexed fields of the static table, and literals without indexing. */
static void put_literal(struct buf *b, const char *name, const char *value)
{
    buf_u8(b, 0x00);
    buf_u8(b, (uint8_t)strlen(name));
    buf_str(b, name);
    buf_u8(b, (uint8_t)strlen(value));
    buf_str(b, value);
}

enum { GET = 0x82, POST = 0x83, ROOT = 0x84, HTTPS = 0x87 };

/* The pseudo-headers of a request for "/" of the host "m" (":authority" is name 1 of the table). */
static void put_head(struct buf *b, unsigned method)
{
    buf_u8(b, (uint8_t)method);
    buf_u8(b, HTTPS);
    buf_u8(b, ROOT);
    buf_put(b, slice_of("\x01\x01m", 3));
}

static bool request(uint32_t stream, unsigned method, unsigned flags, const char *name, const char *value)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);

    put_head(&b, method);
    if (name != NULL)
        put_literal(&b, name, value);
    return send(NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, stream, buf_bytes(&b));
}

/* The frames that came out: "TYPE:stream:flags ". Forgets them. */
static const char *frames_said(void)
{
    static const char *const names[] = {"DATA", "HEADERS", "PRIORITY", "RST",    "SETTINGS",
                                        "PUSH", "PING",    "GOAWAY",   "WINDOW", "CONTINUATION"};
    struct cursor c = cursor_over(buf_bytes(&t.said));
    scoped(buf_wipe) struct buf text = buf_max(1 << 20);

    while (c.rest.len > 0 && cursor_ok(&c)) {
        const size_t len = (size_t)cursor_u8(&c) << 16;
        const struct slice rest = cursor_take(&c, 8);
        struct cursor head = cursor_over(rest);
        const size_t low = cursor_u16be(&head);
        const unsigned type = cursor_u8(&head), flags = cursor_u8(&head), stream = cursor_u32be(&head);
        const struct slice payload = cursor_take(&c, len + low);

        buf_printf(&text, "%s:%u:%u", type < 10 ? names[type] : "?", stream, flags);
        if (type == NGHTTP2_RST_STREAM && payload.len == 4)
            buf_printf(&text, ":%u", payload.ptr[3]);
        if (type == NGHTTP2_GOAWAY && payload.len >= 8)
            buf_printf(&text, ":%u", payload.ptr[7]);
        buf_str(&text, " ");
    }
    t.said.len = 0;
    return arena_strndup(&a, buf_bytes(&text));
}

/* A conversation with our own client's speaker. */

static void pass(struct caller *c)
{
    struct err err = {0};

    for (bool moved = true; moved;) {
        moved = false;
        for (struct slice out; (out = caller2.pending(c)).len > 0; moved = true) {
            cr_assert(talk_feed(&t, out));
            caller2.sent(c, out.len);
        }
        talk_drain(&t);
        if (t.said.len > 0) {
            moved = true;
            cr_assert(caller2.feed(c, buf_bytes(&t.said), &err), "%s", err.text);
            t.said.len = 0;
        }
    }
}

Test(http2, client_and_server_understand_each_other, .init = begin, .fini = end)
{
    struct header header = {slice_str("x-one"), slice_str("two words")};
    char *big = arena_alloc(&a, 200001);
    struct http_request ask = {.method = slice_str("POST"),
                               .path = slice_str("/a"),
                               .query = slice_str("b=c"),
                               .headers = &header,
                               .num_headers = 1,
                               .body = slice_str("question")};
    struct caller *c = caller2.open();
    struct http_response answer;
    struct err err = {0};

    memset(big, 'x', 200000);
    for (int i = 0; i < 3; i++) {
        const struct http_request *r;

        cr_assert(caller2.call(c, &ask, "mesh:1", 1 << 20, &a, &err), "%s", err.text);
        pass(c);
        cr_assert_eq(t.num_out, 1);
        r = &t.out[0]->request;
        cr_expect(r->http2 && is(r->method, "POST") && is(r->path, "/a") && is(r->query, "b=c") &&
                  is(r->body, "question"));
        cr_expect(is(http_header(r->headers, r->num_headers, "host"), "mesh:1"));
        cr_expect(is(http_header(r->headers, r->num_headers, "x-one"), "two words"));
        http_add_header(&t.out[0]->response, &t.out[0]->arena, "X-Two", "2");
        http_add_trailer(&t.out[0]->response, &t.out[0]->arena, "X-Three", "3");
        cr_expect(!caller2.done(c, &answer));
        t.out[0]->response.status = 201;
        t.out[0]->response.body = slice_str(big);
        t.num_out = 0;
        http2.reply(t.session, t.out[0]);
        pass(c);
        cr_assert(caller2.done(c, &answer));
        cr_expect_eq(answer.status, 201);
        cr_expect(is(answer.body, big));
        cr_expect(is(http_header(answer.headers, answer.num_headers, "x-two"), "2"));
        cr_expect(is(http_header(answer.trailers, answer.num_trailers, "x-three"), "3"));
        cr_expect(http2.idle(t.session));
    }
    caller2.close(c);
}

Test(http2, answers_come_in_the_order_they_are_ready, .init = begin, .fini = end)
{
    greet();
    cr_assert(request(1, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    cr_assert(request(3, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    cr_assert_eq(t.num_out, 2);
    t.said.len = 0;
    talk_answer(&t, 1, 200, "b");
    talk_answer(&t, 0, 200, "a");
    cr_expect_str_eq(frames_said(), "HEADERS:3:4 DATA:3:1 HEADERS:1:4 DATA:1:1 ");
}

Test(http2, a_stream_may_vanish_while_its_job_runs, .init = begin, .fini = end)
{
    const uint8_t cancel[] = {0, 0, 0, NGHTTP2_CANCEL};

    greet();
    cr_assert(request(1, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    cr_assert_eq(t.num_out, 1);
    cr_assert(send(NGHTTP2_RST_STREAM, 0, 1, slice_of(cancel, 4)));
    cr_expect(atomic_load(&t.out[0]->impl->abandoned));
    cr_expect(!http2.idle(t.session), "the job still has it");
    t.said.len = 0;
    talk_answer(&t, 0, 200, "late");
    cr_expect_eq(t.said.len, 0);
    cr_expect(http2.idle(t.session) && !http2.over(t.session));
}

Test(http2, resetting_streams_does_not_buy_more_work, .init = begin, .fini = end)
{
    const uint8_t cancel[] = {0, 0, 0, NGHTTP2_CANCEL};
    uint32_t stream = 1;

    greet();
    for (; stream < 2 * 1000 && !http2.over(t.session); stream += 2) {
        (void)request(stream, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL);
        (void)send(NGHTTP2_RST_STREAM, 0, stream, slice_of(cancel, 4));
    }
    cr_expect_eq(t.num_out, LIMIT_HTTP_STREAMS);
    cr_expect(http2.over(t.session));
    cr_expect(stream > 2 * 200 && stream < 2 * 300, "%u", stream);
    cr_expect(strstr(frames_said(), "GOAWAY:0:0:11") != NULL, "ENHANCE_YOUR_CALM");
}

Test(http2, who_opens_too_many_streams_has_some_refused, .init = begin, .fini = end)
{
    greet();
    for (uint32_t stream = 1; stream < 2 * (LIMIT_HTTP_STREAMS + 1); stream += 2)
        cr_assert(request(stream, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    cr_expect_eq(t.num_out, LIMIT_HTTP_STREAMS);
}

Test(http2, a_malformed_request_ends_its_stream_only, .init = begin, .fini = end)
{
    greet();
    t.said.len = 0;
    cr_assert(request(1, GET, NGHTTP2_FLAG_END_STREAM, "Upper", "case"));
    cr_assert(request(3, GET, NGHTTP2_FLAG_END_STREAM, "connection", "close"));
    cr_assert(request(5, GET, NGHTTP2_FLAG_END_STREAM, ":path", "/second"));
    cr_expect_eq(t.num_out, 0);
    cr_expect_str_eq(frames_said(), "RST:1:0:1 RST:3:0:1 RST:5:0:1 ");
    cr_assert(request(7, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    cr_expect_eq(t.num_out, 1);
}

Test(http2, what_is_not_http2_ends_the_connection)
{
    static const struct {
        const char *name;
        uint8_t bytes[64];
        size_t len;
    } cases[] = {
        {"HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27},
        {"TLS",
         "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
         "\x0e",
         25},
        {"no settings",
         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x08\x06\x00\x00\x00\x00\x00"
         "12345678",
         41},
        {"frame too large", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x04\x00\x00\x00\x00\x00", 33},
        {"settings on a stream", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x01", 33},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        talk_begin(&t, &http2);
        (void)talk_feed(&t, slice_of(cases[i].bytes, cases[i].len));
        cr_expect(http2.over(t.session), "%s", cases[i].name);
        cr_expect_eq(t.num_out, 0);
        talk_end(&t);
        t = (struct talk){0};
    }
}

Test(http2, the_wrong_preface_is_named, .init = begin, .fini = end)
{
    cr_expect(!talk_say(&t, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    cr_expect_eq(t.fault.code, E_HTTP_FORMAT);
    cr_expect_str_eq(t.fault.text, "HTTP/2: Received bad client magic byte string");
}

/* RFC 9113 section 10.5: acknowledgements that the peer makes us owe. */
Test(http2, a_flood_of_pings_that_nobody_reads_ends_the_connection, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);

    greet();
    for (int i = 0; i < 100; i++)
        put_frame(&b, NGHTTP2_PING, 0, 0, slice_str("12345678"));
    cr_expect(!http2.feed(t.session, buf_bytes(&b), &t.fault));
    cr_expect_eq(t.fault.code, E_HTTP_FORMAT);
    cr_expect(http2.over(t.session));
}

Test(http2, a_body_that_is_too_large_is_refused_and_the_rest_not_wanted, .init = begin, .fini = end)
{
    uint8_t part[600] = {0};

    greet();
    t.said.len = 0;
    cr_assert(request(1, POST, 0, NULL, NULL));
    cr_assert(send(NGHTTP2_DATA, 0, 1, slice_of(part, sizeof part)));
    cr_expect_eq(t.num_refused, 0);
    cr_assert(send(NGHTTP2_DATA, 0, 1, slice_of(part, sizeof part)));
    cr_expect_eq(t.reason.code, E_HTTP_TOO_LARGE);
    cr_expect_str_eq(t.reason.text, "HTTP: a body of more than 1000 bytes");
    cr_expect_str_eq(frames_said(), "HEADERS:1:4 DATA:1:1 RST:1:0:0 ");
    cr_assert(send(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, slice_of(part, 1)), "a late frame does no harm");
    cr_expect(http2.idle(t.session) && !http2.over(t.session));
}

Test(http2, a_length_that_is_too_large_is_refused_at_once, .init = begin, .fini = end)
{
    greet();
    cr_assert(request(1, POST, 0, "content-length", "1001"));
    cr_expect_eq(t.reason.code, E_HTTP_TOO_LARGE);
    cr_expect_str_eq(t.reason.text, "HTTP: a body of 1001 bytes, at most 1000 are taken");
}

Test(http2, headers_are_bounded, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);

    greet();
    put_head(&b, GET);
    for (int i = 0; i < LIMIT_HTTP_NUM_HEADERS + 1; i++)
        put_literal(&b, "a", "b");
    cr_assert(send(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, buf_bytes(&b)));
    cr_expect_eq(t.num_out, 0);
    cr_expect_eq(t.reason.code, E_HTTP_TOO_LARGE);
    cr_expect_str_eq(t.reason.text, "HTTP: more than 64 header fields");
}

Test(http2, a_client_that_asks_first_is_told_to_go_on, .init = begin, .fini = end)
{
    greet();
    t.said.len = 0;
    cr_assert(request(1, POST, 0, "expect", "100-continue"));
    cr_expect_str_eq(frames_said(), "HEADERS:1:4 ");
    cr_assert(send(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, slice_str("ab")));
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.body, "ab"));
}

Test(http2, patience_is_with_each_request, .init = begin, .fini = end)
{
    greet();
    cr_expect_eq(http2.deadline(t.session), UINT64_MAX);
    cr_assert(request(1, POST, 0, NULL, NULL));
    t.env.now += 60;
    cr_assert(request(3, POST, 0, NULL, NULL));
    cr_assert(send(NGHTTP2_DATA, 0, 1, slice_str("a")));
    cr_expect_eq(http2.deadline(t.session), 1100);
    t.env.now = 1100;
    t.said.len = 0;
    http2.expire(t.session);
    talk_drain(&t);
    cr_expect_eq(t.num_refused, 1);
    cr_expect_eq(t.reason.code, E_TIMEOUT);
    cr_expect_str_eq(frames_said(), "HEADERS:1:4 DATA:1:1 RST:1:0:0 ");
    cr_expect_eq(http2.deadline(t.session), 1160);
}

Test(http2, who_does_not_open_the_window_loses_the_stream, .init = begin, .fini = end)
{
    char *big = arena_alloc(&a, 100001);

    memset(big, 'x', 100000);
    greet();
    cr_assert(request(1, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    talk_answer(&t, 0, 200, big); /* 65,535 bytes go out, then the window is closed */
    cr_expect_eq(http2.deadline(t.session), 1050);
    cr_expect(!http2.idle(t.session));
    t.env.now = 1050;
    t.said.len = 0;
    http2.expire(t.session);
    talk_drain(&t);
    cr_expect_str_eq(frames_said(), "RST:1:0:8 ");
    cr_expect(http2.idle(t.session));
}

Test(http2, a_stop_says_goodbye_and_finishes_what_is_under_way, .init = begin, .fini = end)
{
    greet();
    cr_assert(request(1, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL));
    t.said.len = 0;
    http2.shut(t.session);
    talk_drain(&t);
    cr_expect_str_eq(frames_said(), "GOAWAY:0:0:0 ");
    cr_expect(!http2.over(t.session));
    (void)request(3, GET, NGHTTP2_FLAG_END_STREAM, NULL, NULL);
    cr_expect_eq(t.num_out, 1, "nothing new is taken");
    talk_answer(&t, 0, 200, "ok");
    cr_expect(strncmp(frames_said(), "HEADERS:1:4 DATA:1:1 ", 21) == 0);
    cr_expect(http2.over(t.session));
}

Test(http2, head_has_the_length_but_not_the_body, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(100);

    greet();
    put_literal(&b, ":method", "HEAD");
    buf_u8(&b, HTTPS);
    buf_u8(&b, ROOT);
    put_literal(&b, "host", "m");
    cr_assert(send(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, buf_bytes(&b)));
    cr_assert_eq(t.num_out, 1);
    t.said.len = 0;
    talk_answer(&t, 0, 200, "body");
    cr_expect_str_eq(frames_said(), "HEADERS:1:5 ");
}

Test(http2, every_truncation_waits_for_more)
{
    scoped(buf_wipe) struct buf b = buf_max(1000);

    buf_str(&b, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    put_frame(&b, NGHTTP2_SETTINGS, 0, 0, (struct slice){0});
    put_frame(&b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
              slice_of("\x83\x87\x84\x01\x01m", 6));
    put_frame(&b, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, slice_str("body"));
    for (size_t len = 0; len <= b.len; len++) {
        talk_begin(&t, &http2);
        cr_expect(talk_feed(&t, slice_of(b.ptr, len)), "%zu", len);
        cr_expect(!http2.over(t.session) && http2.wants_input(t.session));
        cr_expect_eq(t.num_out, len == b.len ? 1 : 0);
        talk_end(&t);
        t = (struct talk){0};
    }
}
