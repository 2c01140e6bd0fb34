/* SPDX-License-Identifier: Apache-2.0 */
/* A real server on loopback, several loops, and clients of every kind at once. A plain program, so that it
 * runs under the thread sanitizer; a fault aborts with the line it was found in.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/scope.h"
#include "net/grpc.h"
#include "net/server.h"
#include "tests/support/keys.h"
#include "tests/support/peer.h"

#define must(condition) ((condition) ? (void)0 : must_have(#condition, __LINE__))

static void must_have(const char *condition, int line)
{
    fprintf(stderr, "test_net_server.c:%d: not so: %s\n", line, condition);
    abort();
}

static bool is(struct slice s, const char *text) { return slice_equal(s, slice_str(text)); }

static void pause_for(unsigned ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* The program: echoes, is slow on demand, and counts. */

struct app {
    struct tls_identity *identity;
    atomic_uint handled, refused, troubles, running, most_running;
    atomic_int last_reason, last_trouble;
};

static void handle(void *ctx, struct exchange *ex)
{
    struct app *app = ctx;
    const unsigned running = atomic_fetch_add(&app->running, 1) + 1;

    if (running > atomic_load(&app->most_running))
        atomic_store(&app->most_running, running);
    ex->response.status = 200;
    ex->response.body = ex->request.body;
    if (is(ex->request.path, "/slow"))
        pause_for(300);
    if (is(ex->request.path, "/kib")) { /* "/kib?N" */
        const size_t len = KIB * strtoul(arena_strndup(&ex->arena, ex->request.query), NULL, 10);

        ex->response.body = slice_of(memset(arena_alloc(&ex->arena, len), 'x', len), len);
    }
    if (is(ex->request.path, "/exporter"))
        ex->response.body = ex->request.exporter;
    if (is(ex->request.path, "/client"))
        ex->response.body = slice_str(arena_printf(&ex->arena, "%zu", ex->request.num_peer_chain));
    if (grpc_is_call(&ex->request)) {
        struct slice message;
        struct err err;

        if (is(ex->request.path, "/test.Echo/Refuse")) {
            (void)err_set(&err, E_UNIQUE_ID, "not this one");
            grpc_refuse(&ex->response, &ex->arena, 7, &err);
        } else if (grpc_message(&ex->request, &message, &err)) {
            grpc_reply(&ex->response, &ex->arena, message);
        }
    }
    atomic_fetch_sub(&app->running, 1);
    atomic_fetch_add(&app->handled, 1);
}

static void refuse(void *ctx, struct exchange *ex, const struct err *err)
{
    struct app *app = ctx;

    atomic_fetch_add(&app->refused, 1);
    atomic_store(&app->last_reason, (int)err->code);
    ex->response.status = err_http_status(err_kind(err));
    ex->response.body = slice_str(reason_of(err->code)->name);
}

static bool is_slow(void *ctx, const struct http_request *request)
{
    (void)ctx;
    return is(request->path, "/slow");
}

static struct tls_identity *identity(void *ctx) { return tls_identity_hold(((struct app *)ctx)->identity); }

static void trouble(void *ctx, const char *peer, const struct err *err)
{
    struct app *app = ctx;

    (void)peer;
    atomic_fetch_add(&app->troubles, 1);
    atomic_store(&app->last_trouble, (int)err->code);
}

/* A server with a TLS and a plain listener. */

struct place {
    struct app app;
    struct net_server *server;
    unsigned tls_port, plain_port, plain_http2_port;
};

static void place_begin(struct place *p, struct net_limits limits)
{
    const struct net_server_options options = {.num_loops = 3, .num_workers = 4, .limits = limits};
    struct net_listener l = {.address = "127.0.0.1:0",
                             .client_auth = TLS_CLIENT_OPTIONAL,
                             .http1 = true,
                             .http2 = true,
                             .handler = {&p->app, handle, refuse, is_slow, identity, trouble}};
    struct err err = {0};

    *p = (struct place){.app.identity = keys_identity("server")};
    must(net_server_start(&options, &p->server, &err));
    must(net_server_listen(p->server, &l, &p->tls_port, &err));
    l.handler.identity = NULL;
    l.address = ":0";
    must(net_server_listen(p->server, &l, &p->plain_port, &err));
    l.http1 = false; /* HTTP/2 with prior knowledge */
    must(net_server_listen(p->server, &l, &p->plain_http2_port, &err));
}

static void place_end(struct place *p)
{
    net_server_stop(&p->server);
    must(p->server == NULL && atomic_load(&p->app.running) == 0);
    tls_identity_release(&p->app.identity);
}

static struct client *client_of(const struct place *p, bool http2, bool plain, struct err *err)
{
    char address[32];
    struct client_options o = {
        .address = address, .http2 = http2, .plain = plain, .connect_ms = 20000, .call_ms = 20000};
    struct client *c = NULL;

    (void)snprintf(address, sizeof address, "127.0.0.1:%u", plain ? p->plain_port : p->tls_port);
    return client_connect(&o, &c, err) ? c : NULL;
}

static bool post(struct client *c, const char *path, struct slice body, struct arena *a,
                 struct http_response *r, struct err *err)
{
    const struct http_request q = {.method = slice_str("POST"), .path = slice_str(path), .body = body};

    return client_call(c, &q, a, r, err);
}

/* Raw sockets, for those who do not behave. */

static int dial_narrow(unsigned port, int window) /* window 0: the system's */
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(window == 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window) == 0);
    must(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static int dial(unsigned port) { return dial_narrow(port, 0); }

static void say(int fd, const char *text) { (void)send(fd, text, strlen(text), MSG_NOSIGNAL); }

/* All that comes until the end, as text; the milliseconds it took. */
static char *hear(int fd, struct arena *a, int64_t *ms)
{
    const int64_t start = clock_ticks_ms();
    char *text = arena_alloc(a, 65536);
    size_t len = 0;
    ssize_t n;

    while (len < 65535 && (n = recv(fd, text + len, 65535 - len, 0)) > 0)
        len += (size_t)n;
    *ms = clock_ticks_ms() - start;
    (void)close(fd);
    return text;
}

/* The tests. */

static void *many_calls(void *arg)
{
    const struct place *p = arg;
    static atomic_uint next;
    const unsigned kind = atomic_fetch_add(&next, 1);

    for (int i = 0; i < 5; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct err err = {0};
        struct client *c = client_of(p, kind % 2 == 0, kind % 3 == 0 && kind % 2 != 0, &err);

        if (c == NULL)
            fprintf(stderr, "%s\n", err.text);
        must(c != NULL);
        for (int k = 0; k < 10; k++) {
            const size_t len = (size_t)(k * k * 1000);
            const struct slice body = slice_of(memset(arena_alloc(&a, len), 'a' + k, len), len);
            struct http_response r;

            if (!post(c, "/echo", body, &a, &r, &err))
                fprintf(stderr, "%s\n", err.text);
            must(err.code == E_NONE && r.status == 200 && slice_equal(r.body, body));
        }
        client_close(&c);
    }
    return NULL;
}

static void test_many_clients_at_once(void)
{
    pthread_t threads[12];
    struct place p;

    place_begin(&p, (struct net_limits){0});
    for (size_t i = 0; i < 12; i++)
        must(pthread_create(&threads[i], NULL, many_calls, &p) == 0);
    for (size_t i = 0; i < 12; i++)
        must(pthread_join(threads[i], NULL) == 0);
    must(atomic_load(&p.app.handled) == 12 * 5 * 10 && atomic_load(&p.app.refused) == 0);
    place_end(&p);
}

static void test_both_ends_know_their_connection(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice seen[3];
    struct place p;

    place_begin(&p, (struct net_limits){0});
    for (int i = 0; i < 3; i++) {
        uint8_t own[TLS_EXPORTER_LEN];
        struct http_response r;
        struct err err = {0};
        struct client *c = client_of(&p, i != 1, false, &err);

        must(c != NULL && client_exporter(c, own, &err));
        must(post(c, "/exporter", (struct slice){0}, &a, &r, &err));
        must(slice_equal(r.body, slice_of(own, sizeof own)));
        seen[i] = r.body;
        client_close(&c);
    }
    must(!slice_equal(seen[0], seen[1]) && !slice_equal(seen[0], seen[2]));
    struct err err = {0};
    struct client *plain = client_of(&p, false, true, &err);
    struct http_response r;
    uint8_t none[TLS_EXPORTER_LEN];
    must(plain != NULL && !client_exporter(plain, none, &err) && err.code == E_TLS_HANDSHAKE);
    must(post(plain, "/exporter", (struct slice){0}, &a, &r, &err) && r.body.len == 0);
    client_close(&plain);
    place_end(&p);
}

static void test_grpc_answers_and_refusals_arrive(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    struct err err = {0};
    struct client *c;
    struct slice reply;

    place_begin(&p, (struct net_limits){0});
    c = client_of(&p, true, false, &err);
    must(c != NULL && grpc_call(c, "/test.Echo/Say", slice_str("hello"), &a, &reply, &err) &&
         is(reply, "hello"));
    must(!grpc_call(c, "/test.Echo/Refuse", slice_str("hello"), &a, &reply, &err));
    must(err.code == E_UNIQUE_ID && strcmp(err.text, "/test.Echo/Refuse: not this one [unique_id]") == 0);
    must(grpc_call(c, "/test.Echo/Say", slice_str(""), &a, &reply, &err) && reply.len == 0);
    client_close(&c);
    place_end(&p);
}

static void test_slow_requests_do_not_delay_quick_ones(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    struct http_response r;
    struct err err = {0};
    struct client *c;
    int64_t start;
    int slow[8];

    place_begin(&p, (struct net_limits){0});
    for (size_t i = 0; i < 8; i++) {
        slow[i] = dial(p.plain_port);
        say(slow[i], "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    c = client_of(&p, false, true, &err);
    start = clock_ticks_ms();
    must(c != NULL && post(c, "/echo", slice_str("quick"), &a, &r, &err));
    must(clock_ticks_ms() - start < 250);
    client_close(&c);
    for (size_t i = 0; i < 8; i++)
        must(strncmp(hear(slow[i], &a, &start), "HTTP/1.1 200 OK\r\n", 17) == 0);
    place_end(&p);
}

/* Each holds on to something; each is let go when patience with it ends. */
static void test_patience_ends(void)
{
    static const struct {
        const char *name, *text;
        bool tls;
        const char *answer;
    } cases[] = {
        {"handshake", "\x16\x03\x01", true, ""},
        {"idle", "", false, ""},
        {"idle after a request", "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", false, "HTTP/1.1 200 OK\r\n"},
        {"head", "GET / HTTP/1.1\r\nHo", false, "HTTP/1.1 408 "},
        {"body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", false, "HTTP/1.1 408 "},
    };
    const struct net_limits limits = {
        .handshake_ms = 200, .request_ms = 200, .idle_ms = 200, .write_ms = 200};
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    int64_t ms;

    place_begin(&p, limits);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int fd = dial(cases[i].tls ? p.tls_port : p.plain_port);
        const char *heard;

        say(fd, cases[i].text);
        heard = hear(fd, &a, &ms);
        if (strncmp(heard, cases[i].answer, strlen(cases[i].answer)) != 0)
            fprintf(stderr, "%s: %s\n", cases[i].name, heard);
        must(strncmp(heard, cases[i].answer, strlen(cases[i].answer)) == 0);
        must(ms >= 150 && ms < 5000);
    }
    must(atomic_load(&p.app.last_reason) == E_TIMEOUT && atomic_load(&p.app.last_trouble) == E_TIMEOUT);
    place_end(&p);
}

/* A byte now and then does not renew it. */
static void test_a_slow_writer_is_refused_in_time(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    int64_t ms;
    int fd;

    place_begin(&p, (struct net_limits){.request_ms = 300});
    fd = dial(p.plain_port);
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        say(fd, "x");
        pause_for(30);
    }
    must(strncmp(hear(fd, &a, &ms), "HTTP/1.1 408 ", 13) == 0);
    must(ms < 2000);
    place_end(&p);
}

static void test_a_reader_that_does_not_read_is_left(void)
{
    struct place p;
    const int64_t start = clock_ticks_ms();
    int fd;

    place_begin(&p, (struct net_limits){.write_ms = 300, .drain_ms = 20000});
    fd = dial(p.plain_port);
    say(fd, "GET /kib?32768 HTTP/1.1\r\nHost: a\r\n\r\n");
    while (atomic_load(&p.app.handled) == 0)
        pause_for(10);
    place_end(&p); /* waits for it, and not for long */
    must(clock_ticks_ms() - start < 10000);
    (void)close(fd);
}

/* HTTP/2 by hand: windows as wide as can be, and one request for so many KiB. */
static void ask_for_kib(int fd, int kib)
{
    static const uint8_t greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                      "\0\0\6\4\0\0\0\0\0"
                                      "\0\4\x7f\xff\xff\xff" /* SETTINGS: INITIAL_WINDOW_SIZE */
                                      "\0\0\4\x8\0\0\0\0\0"
                                      "\x7f\xff\0\0"; /* WINDOW_UPDATE */
    scoped(buf_wipe) struct buf b = buf_max(1000);
    char path[20];

    (void)snprintf(path, sizeof path, "/kib?%d", kib);
    buf_put(&b, slice_of(greeting, sizeof greeting - 1));
    buf_put(&b, slice_of("\0\0", 2));
    buf_u8(&b, (uint8_t)(strlen(path) + 7));
    buf_put(&b,
            slice_of("\1\5\0\0\0\1\x82\x87\x1\x1m\x4", 12)); /* HEADERS: GET, https, authority "m", path */
    buf_u8(&b, (uint8_t)strlen(path));
    buf_str(&b, path);
    must(send(fd, b.ptr, b.len, MSG_NOSIGNAL) == (ssize_t)b.len);
}

/* Does the process, all of its threads, do nothing for a while? */
static bool is_quiet(void)
{
    const clock_t before = clock();

    pause_for(200);
    return clock() - before < CLOCKS_PER_SEC / 50;
}

/* Linux's buffers take about 2.8 MB of an answer to nobody. Of answers a little larger the end is stuck in
 * ours, some of them on connections that are idle as far as HTTP knows: no patience that has ended may keep
 * the loop busy.
 */
static void test_readers_that_do_not_read_cost_no_time(void)
{
    enum { NUM = 60 };
    struct place p;
    int fds[NUM];

    place_begin(&p, (struct net_limits){.idle_ms = 100, .write_ms = 20000, .drain_ms = 100});
    for (int i = 0; i < NUM; i++) {
        fds[i] = dial_narrow(p.plain_http2_port, 4096);
        ask_for_kib(fds[i], 2780 + 4 * i);
    }
    while (atomic_load(&p.app.handled) < NUM)
        pause_for(10);
    for (int tries = 0; !is_quiet(); tries++)
        must(tries < 30);
    place_end(&p);
    for (int i = 0; i < NUM; i++)
        (void)close(fds[i]);
}

static void test_garbage_and_abrupt_ends_do_no_harm(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    struct http_response r;
    struct err err = {0};
    struct client *c;
    uint8_t noise[200];

    place_begin(&p, (struct net_limits){0});
    for (unsigned i = 0; i < 200; i++) {
        const struct linger reset = {1, 0};
        const int fd = dial(i % 2 == 0 ? p.tls_port : p.plain_port);

        random_bytes(noise, sizeof noise);
        if (i % 3 == 0)
            say(fd, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        else
            (void)send(fd, noise, sizeof noise, MSG_NOSIGNAL);
        if (i % 4 == 0)
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    c = client_of(&p, true, false, &err);
    must(c != NULL && post(c, "/echo", slice_str("still there"), &a, &r, &err) && is(r.body, "still there"));
    client_close(&c);
    place_end(&p);
}

static void test_large_things_are_refused(void)
{
    scoped(arena_wipe) struct arena a = {0};
    const size_t len = 3 * MIB;
    const struct slice body = slice_of(memset(arena_alloc(&a, len), 'x', len), len);
    struct place p;

    place_begin(&p, (struct net_limits){.max_body = 1 * MIB});
    for (int http2 = 0; http2 < 2; http2++) {
        struct http_response r;
        struct err err = {0};
        struct client *c = client_of(&p, http2 == 1, false, &err);

        must(c != NULL);
        if (!post(c, "/echo", body, &a, &r, &err))
            fprintf(stderr, "%s\n", err.text);
        must(err.code == E_NONE && r.status == 413 && is(r.body, "http_too_large"));
        client_close(&c);
    }
    place_end(&p);
}

static void test_connections_are_counted(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    struct http_response r;
    struct err err = {0};
    struct client *c;
    int fds[4];
    char byte;

    place_begin(&p, (struct net_limits){.max_connections_per_peer = 3});
    for (size_t i = 0; i < 3; i++) {
        fds[i] = dial(p.plain_port);
        say(fds[i], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        must(recv(fds[i], &byte, 1, 0) == 1);
    }
    fds[3] = dial(p.plain_port);
    must(recv(fds[3], &byte, 1, 0) <= 0); /* closed at once */
    must(atomic_load(&p.app.last_trouble) == E_BUSY);
    for (size_t i = 0; i < 4; i++)
        (void)close(fds[i]);
    do {
        pause_for(10);
        c = client_of(&p, false, true, &err);
    } while (c == NULL || !post(c, "/echo", slice_str("again"), &a, &r, &err) ? (client_close(&c), true)
                                                                              : false);
    client_close(&c);
    place_end(&p);
}

static void test_a_port_that_is_taken_is_refused(void)
{
    struct place p;
    char address[32];
    struct net_listener l = {.address = address, .http1 = true};
    struct err err = {0};
    unsigned port;

    place_begin(&p, (struct net_limits){0});
    l.handler = (struct net_handler){&p.app, handle, refuse, NULL, NULL, NULL};
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", p.tls_port);
    must(!net_server_listen(p.server, &l, &port, &err) && err.code == E_LISTEN);
    (void)snprintf(address, sizeof address, ":%u", p.plain_port);
    must(!net_server_listen(p.server, &l, &port, &err) && err.code == E_LISTEN);
    place_end(&p);
}

/* Calls until the server goes; what was answered was answered well. */
static void *call_until_the_end(void *arg)
{
    const struct place *p = arg;
    static atomic_uint next;
    const bool http2 = atomic_fetch_add(&next, 1) % 2 == 0;

    for (bool there = true; there;) {
        scoped(arena_wipe) struct arena a = {0};
        struct http_response r;
        struct err err = {0};
        struct client *c = client_of(p, http2, false, &err);

        there = c != NULL;
        for (int i = 0; i < 50 && there && post(c, "/echo", slice_str("x"), &a, &r, &err); i++)
            must(r.status == 200 && is(r.body, "x"));
        client_close(&c);
    }
    return NULL;
}

static void test_a_stop_under_load_is_graceful(void)
{
    scoped(arena_wipe) struct arena a = {0};
    pthread_t threads[6];
    struct place p;
    int64_t ms;
    int slow;

    place_begin(&p, (struct net_limits){.drain_ms = 5000});
    for (size_t i = 0; i < 6; i++)
        must(pthread_create(&threads[i], NULL, call_until_the_end, &p) == 0);
    pause_for(300);
    slow = dial(p.plain_port);
    say(slow, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    while (atomic_load(&p.app.running) == 0 || atomic_load(&p.app.handled) < 100)
        pause_for(1);
    pause_for(100);
    place_end(&p);
    must(strncmp(hear(slow, &a, &ms), "HTTP/1.1 200 OK\r\n", 17) == 0); /* it was under way */
    for (size_t i = 0; i < 6; i++)
        must(pthread_join(threads[i], NULL) == 0);
}

static void test_a_stop_does_not_wait_for_ever(void)
{
    struct place p;
    int64_t start;
    int fd;

    place_begin(&p, (struct net_limits){.drain_ms = 200});
    fd = dial(p.plain_port);
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    pause_for(100);
    start = clock_ticks_ms();
    place_end(&p);
    must(clock_ticks_ms() - start < 3000);
    (void)close(fd);
}

static void test_a_client_gives_up_in_time(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct place p;
    char address[32];
    struct client_options o = {.address = address, .plain = true, .call_ms = 100};
    struct http_response r;
    struct err err = {0};
    struct client *c = NULL;

    place_begin(&p, (struct net_limits){0});
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", p.plain_port);
    must(client_connect(&o, &c, &err));
    must(!post(c, "/slow", slice_str(""), &a, &r, &err) && err.code == E_TIMEOUT);
    client_close(&c);
    place_end(&p);
    must(!client_connect(&o, &c, &err) && err.code == E_CONNECT && c == NULL);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_DFL); /* nothing here may rely on its being ignored */
    peer_begin();
    keys_make("server", "ec", "");
    test_many_clients_at_once();
    test_both_ends_know_their_connection();
    test_grpc_answers_and_refusals_arrive();
    test_slow_requests_do_not_delay_quick_ones();
    test_patience_ends();
    test_a_slow_writer_is_refused_in_time();
    test_a_reader_that_does_not_read_is_left();
    test_readers_that_do_not_read_cost_no_time();
    test_garbage_and_abrupt_ends_do_no_harm();
    test_large_things_are_refused();
    test_connections_are_counted();
    test_a_port_that_is_taken_is_refused();
    test_a_stop_under_load_is_graceful();
    test_a_stop_does_not_wait_for_ever();
    test_a_client_gives_up_in_time();
    peer_end();
    puts("net_server: all well");
    return 0;
}
