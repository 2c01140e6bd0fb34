/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "tests/support/talk.h"

static struct arena a;
static struct talk t;

static void begin(void) { talk_begin(&t, &http1); }
static void end(void)
{
    talk_end(&t);
    arena_wipe(&a);
}

static bool is(struct slice s, const char *text) { return slice_equal(s, slice_str(text)); }

#define GET "GET /a/b?x=1&y=%20 HTTP/1.1\r\nHost: mesh\r\nX-One:  two words \r\n\r\n"

Test(http1, a_request_is_taken_apart, .init = begin, .fini = end)
{
    const struct http_request *r;

    cr_assert(talk_say(&t, GET));
    cr_assert_eq(t.num_out, 1);
    r = &t.out[0]->request;
    cr_expect(is(r->method, "GET") && is(r->path, "/a/b") && is(r->query, "x=1&y=%20"));
    cr_expect(is(http_header(r->headers, r->num_headers, "x-ONE"), "two words"));
    cr_expect(is(r->headers[0].name, "host"), "names are in lower case");
    cr_expect(is(r->peer_address, "192.0.2.1"));
    cr_expect_eq(r->body.len, 0);
    cr_expect(!r->http2);
    talk_answer(&t, 0, 200, "ok\n");
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n");
    cr_expect(!http1.over(t.session) && http1.idle(t.session));
}

Test(http1, a_request_may_come_byte_by_byte, .init = begin, .fini = end)
{
    static const char text[] = "POST /p HTTP/1.1\r\nHost: m\r\nContent-Length: 4\r\n\r\nbody";

    for (size_t i = 0; i < strlen(text); i++) {
        cr_assert_eq(t.num_out, 0, "complete before byte %zu", i);
        cr_assert(http1.wants_input(t.session));
        cr_assert(talk_feed(&t, slice_of(text + i, 1)));
    }
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.body, "body"));
    cr_expect(!http1.wants_input(t.session), "nothing is read while a request is out");
}

Test(http1, chunks_make_one_body_and_trailers_are_dropped, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, "POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"));
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.body, "abcde"));
    cr_expect_eq(http_header(t.out[0]->request.headers, t.out[0]->request.num_headers, "x-trailer").len, 0);
}

Test(http1, what_is_sent_ahead_waits_for_its_turn, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, "GET /1 HTTP/1.1\r\nHost: m\r\n\r\nGET /2 HTTP/1.1\r\nHost: m\r\n\r\nGET /3 HTT"));
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.path, "/1"));
    talk_answer(&t, 0, 200, "one");
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.path, "/2"));
    talk_answer(&t, 0, 204, "");
    cr_assert_eq(t.num_out, 0);
    cr_assert(talk_say(&t, "P/1.1\r\nHost: m\r\n\r\n"));
    cr_assert_eq(t.num_out, 1);
    cr_expect(is(t.out[0]->request.path, "/3"));
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none"
                                        "HTTP/1.1 204 No Content\r\n\r\n");
}

Test(http1, a_large_answer_is_sent_without_a_copy, .init = begin, .fini = end)
{
    char *body = arena_alloc(&a, 100001), *said;

    memset(body, 'x', 100000);
    cr_assert(talk_say(&t, GET));
    talk_answer(&t, 0, 200, body);
    said = talk_said(&t, &a);
    cr_expect_eq(strlen(said), strlen("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n") + 100000);
    cr_expect_str_eq(strstr(said, "\r\n\r\n") + 4, body);
}

Test(http1, head_has_the_length_but_not_the_body, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, "HEAD / HTTP/1.1\r\nHost: m\r\n\r\n"));
    talk_answer(&t, 0, 200, "twelve bytes");
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n");
    cr_expect(!http1.over(t.session));
}

Test(http1, the_connection_is_kept_or_closed_as_the_client_wants, .init = begin, .fini = end)
{
    static const struct {
        const char *request, *header;
        bool closes;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: m\r\n\r\n", NULL, false},
        {"GET / HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n", "connection: close\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", "connection: close\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "connection: keep-alive\r\n", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct talk own = {0};
        char *said;

        talk_begin(&own, &http1);
        cr_assert(talk_say(&own, cases[i].request));
        talk_answer(&own, 0, 200, "");
        said = talk_said(&own, &a);
        cr_expect(cases[i].header == NULL ? strstr(said, "connection") == NULL
                                          : strstr(said, cases[i].header) != NULL,
                  "%s", said);
        cr_expect_eq(http1.over(own.session), cases[i].closes, "%s", cases[i].request);
        talk_end(&own);
    }
}

Test(http1, a_client_that_asks_first_is_told_to_go_on, .init = begin, .fini = end)
{
    cr_assert(
        talk_say(&t, "POST / HTTP/1.1\r\nHost: m\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"));
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 100 Continue\r\n\r\n");
    cr_assert(talk_say(&t, "ab"));
    cr_assert_eq(t.num_out, 1);
    talk_answer(&t, 0, 200, "");
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

Test(http1, a_body_that_will_be_too_large_is_refused_before_it_is_sent, .init = begin, .fini = end)
{
    cr_assert(
        talk_say(&t, "POST / HTTP/1.1\r\nHost: m\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"));
    cr_expect_eq(t.reason.code, E_HTTP_TOO_LARGE);
    cr_expect_str_eq(t.reason.text, "HTTP: a body of 1001 bytes, at most 1000 are taken");
    cr_expect(strstr(talk_said(&t, &a), "HTTP/1.1 413 ") != NULL);
    cr_expect(http1.over(t.session));
}

Test(http1, no_upgrade_is_made, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, "GET / HTTP/1.1\r\nHost: m\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"));
    cr_assert_eq(t.num_out, 1);
    talk_answer(&t, 0, 200, "");
    cr_expect(!http1.over(t.session));
}

/* RFC 9112: each deviation, and above all each way of making two parsers see two different requests. */
Test(http1, what_is_not_http_is_refused_and_the_connection_closed)
{
    static const struct {
        const char *request, *text;
        enum err_code code;
    } cases[] = {
        {"BREW / HTTP/1.1\r\n\r\n", "HTTP: a method that is not known", E_HTTP_METHOD},
        {"get / HTTP/1.1\r\n\r\n", "HTTP: a method that is not known", E_HTTP_METHOD},
        {"\r\nGETTER / HTTP/1.1\r\n\r\n", "HTTP: a method that is not known", E_HTTP_METHOD},
        {"BREW", "HTTP: a method that is not known", E_HTTP_METHOD},
        {"SETUP /x HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP: a method that is not known", E_HTTP_METHOD},
        {"BREW / HTTQ/1.1\r\n\r\n", "HTTP: Invalid method encountered", E_HTTP_FORMAT},
        {"BREW /\r\n\r\n", "HTTP: Invalid method encountered", E_HTTP_FORMAT},
        {"BR(W / HTTP/1.1\r\n\r\n", "HTTP: Invalid method encountered", E_HTTP_FORMAT},
        {"\x16\x03\x01\x02", "HTTP: Invalid method encountered", E_HTTP_FORMAT},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"GET / HTTP/2.0\r\nHost: m\r\n\r\n", "HTTP: version 2.0, expected 1.0 or 1.1", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP: 0 Host header fields, expected one", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP: 2 Host header fields, expected one",
         E_HTTP_FORMAT},
        {"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"CONNECT mesh:443 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP: CONNECT, and this is no proxy",
         E_HTTP_METHOD},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
         "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP: Transfer-Encoding in an HTTP/1.0 request", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP:", E_HTTP_FORMAT},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nx", "HTTP:", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\nHost: a\n\n", "HTTP:", E_HTTP_FORMAT},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "HTTP:", E_HTTP_FORMAT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct talk own = {0};

        talk_begin(&own, &http1);
        cr_expect(talk_say(&own, cases[i].request));
        cr_expect_eq(own.num_out, 0, "%s", cases[i].request);
        cr_expect_eq(own.reason.code, cases[i].code, "%s: %s", cases[i].request, own.reason.text);
        cr_expect_eq(strncmp(own.reason.text, cases[i].text, strlen(cases[i].text)), 0, "%s: %s",
                     cases[i].request, own.reason.text);
        cr_expect(strstr(talk_said(&own, &a), "connection: close\r\n") != NULL);
        cr_expect(http1.over(own.session), "%s", cases[i].request);
        talk_end(&own);
    }
    arena_wipe(&a);
}

/* Feeds `head`, then `unit` until it is refused or `max` bytes are in. */
static bool is_refused_before(const char *head, const char *unit, size_t max)
{
    struct talk own = {0};
    bool refused;

    talk_begin(&own, &http1);
    (void)talk_say(&own, head);
    for (size_t n = 0; own.num_refused == 0 && n < max; n += strlen(unit))
        (void)talk_say(&own, unit);
    refused = own.num_refused == 1 && own.reason.code == E_HTTP_TOO_LARGE && http1.over(own.session);
    talk_end(&own);
    return refused;
}

Test(http1, every_size_is_bounded)
{
    cr_expect(is_refused_before("GET /", "aaaaaaaa", LIMIT_HTTP_LINE + 64), "target");
    cr_expect(is_refused_before("GET / HTTP/1.1\r\n", "a: b\r\n", 67 * 6), "number of headers");
    cr_expect(is_refused_before("GET / HTTP/1.1\r\nA", "aaaaaaaa", LIMIT_HTTP_HEADERS + 64), "name");
    cr_expect(is_refused_before("GET / HTTP/1.1\r\nA: ", "aaaaaaaa", LIMIT_HTTP_HEADERS + 64), "value");
    cr_expect(is_refused_before("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                                "1\r\na\r\n", 1002 * 6),
              "body");
    cr_expect(is_refused_before("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                                "a: b\r\n", 2 * LIMIT_HTTP_HEADERS * 6),
              "trailers");
}

Test(http1, when_there_is_no_room_for_it_a_request_is_refused_and_the_next_one_taken, .init = begin,
     .fini = end)
{
    t.is_busy = true;
    cr_assert(talk_say(&t, GET));
    cr_expect_eq(t.reason.code, E_BUSY);
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy");
    t.is_busy = false;
    cr_assert(talk_say(&t, GET));
    cr_expect_eq(t.num_out, 1);
}

Test(http1, all_bodies_together_are_bounded, .init = begin, .fini = end)
{
    t.budget.max = 3;
    cr_assert(talk_say(&t, "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 4\r\n\r\nbody"));
    cr_expect_eq(t.reason.code, E_BUSY);
    cr_expect_str_eq(t.reason.text, "HTTP: requests under way hold 0 bytes already");
    cr_expect(http1.over(t.session));
}

Test(http1, patience_is_with_the_whole_request_not_with_each_byte, .init = begin, .fini = end)
{
    cr_expect_eq(http1.deadline(t.session), UINT64_MAX);
    cr_assert(talk_say(&t, "G"));
    cr_expect_eq(http1.deadline(t.session), 1100);
    t.env.now = 1099;
    cr_assert(talk_say(&t, "ET / HT"));
    http1.expire(t.session);
    cr_expect_eq(t.num_refused, 0);
    t.env.now = 1100;
    http1.expire(t.session);
    talk_drain(&t);
    cr_expect_eq(t.reason.code, E_TIMEOUT);
    cr_expect_str_eq(t.reason.text, "HTTP: the request was not complete after 100 ms");
    cr_expect(strstr(talk_said(&t, &a), "HTTP/1.1 408 Request Timeout\r\n") != NULL);
    cr_expect(http1.over(t.session));
}

Test(http1, who_does_not_take_the_answer_is_left, .init = begin, .fini = end)
{
    struct exchange *ex;

    cr_assert(talk_say(&t, GET));
    cr_expect_eq(http1.deadline(t.session), UINT64_MAX, "no patience with our own work");
    ex = t.out[--t.num_out];
    ex->response.status = 200;
    http1.reply(t.session, ex);
    cr_expect_eq(http1.deadline(t.session), 1050);
    t.env.now = 1050;
    http1.expire(t.session);
    cr_expect(http1.over(t.session) && http1.pending(t.session).len == 0);
}

Test(http1, a_stop_lets_finish_what_is_under_way, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, GET));
    http1.shut(t.session);
    cr_expect(!http1.over(t.session));
    talk_answer(&t, 0, 200, "");
    cr_expect(strstr(talk_said(&t, &a), "connection: close\r\n") != NULL);
    cr_expect(http1.over(t.session));
}

Test(http1, an_answer_cannot_smuggle_a_line, .init = begin, .fini = end)
{
    struct header bad[] = {{slice_str("x-bad"), slice_str("a\r\nx-evil: b")},
                           {slice_str("content-length"), slice_str("77")},
                           {slice_str("x-good"), slice_str("c")}};
    struct exchange *ex;

    cr_assert(talk_say(&t, GET));
    ex = t.out[0];
    ex->response.headers = bad;
    ex->response.num_headers = 3;
    talk_answer(&t, 0, 200, "");
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 200 OK\r\nx-good: c\r\ncontent-length: 0\r\n\r\n");
}

Test(http1, a_handler_without_an_answer_is_a_500, .init = begin, .fini = end)
{
    cr_assert(talk_say(&t, GET));
    talk_answer(&t, 0, 0, "");
    cr_expect_str_eq(talk_said(&t, &a), "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
}
