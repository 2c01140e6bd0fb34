/* SPDX-License-Identifier: Apache-2.0 */
/* net/client.c: drives a wire and a caller over one socket, with an event loop that runs only inside a call.
 *
 * Callbacks record; drive() lets the bytes move until its goal is reached, something fails or
 * patience ends. Names are resolved by getaddrinfo(3) in the calling thread, which may take as long as
 * the system's resolver does; uv_getaddrinfo() would start threads.
 */
#include "net/client.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "base/limits.h"
#include "base/scope.h"
#include "net/address.h"
#include "net/caller.h"
#include "net/wire.h"

enum { READ_LEN = 32 * KIB, CONNECT_MS = 10 * 1000, CALL_MS = 60 * 1000 };

struct client {
    struct arena arena;
    const char *address, *host;
    unsigned call_ms;
    size_t max_body;
    struct wire wire;
    const struct caller_protocol *protocol;
    struct caller *caller;
    const struct slice *chain;
    size_t num_chain;

    uv_loop_t loop;
    uv_tcp_t tcp;
    uv_timer_t patience;
    uv_connect_t connect;
    uv_write_t write;
    bool is_connecting, is_connected, sending, reading, eof, is_broken, is_late;
    int status; /* of connecting */
    uint8_t read[READ_LEN];
};

/* What happened. */

static void on_connected(uv_connect_t *r, int status)
{
    struct client *c = r->data;

    c->is_connecting = false;
    c->status = status;
}

static void on_late(uv_timer_t *t) { ((struct client *)t->data)->is_late = true; }

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    (void)hint;
    *buf = uv_buf_init((char *)((struct client *)h->data)->read, READ_LEN);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = s->data;

    if (n == 0)
        return;
    (void)uv_read_stop(s);
    c->reading = false;
    if (n < 0 || !wire_feed(&c->wire, slice_of(buf->base, (size_t)n)))
        c->eof = true;
}

/* A peer that takes no more may still have said why: what it sent is read before we give up. */
static void on_sent(uv_write_t *w, int status)
{
    struct client *c = w->data;

    c->sending = false;
    c->is_broken = status < 0;
    wire_sent(&c->wire, wire_pending(&c->wire).len);
}

/* A peer that has gone is an error here and must not be the end of the calling program, whatever that does
 * about SIGPIPE; libuv leaves it to us. */
struct quiet {
    sigset_t before;
    bool was_pending;
};

static sigset_t only_sigpipe(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    return set;
}

static bool is_sigpipe_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static struct quiet quiet_begin(void)
{
    const sigset_t set = only_sigpipe();
    struct quiet q = {.was_pending = is_sigpipe_pending()};

    (void)pthread_sigmask(SIG_BLOCK, &set, &q.before);
    return q;
}

static void quiet_end(struct quiet *q)
{
    const sigset_t set = only_sigpipe();
    const struct timespec at_once = {0};

    if (!q->was_pending && is_sigpipe_pending())
        (void)sigtimedwait(&set, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &q->before, NULL);
}

/* Moving bytes. */

static void start_io(struct client *c)
{
    const struct slice out = wire_pending(&c->wire);
    const uv_buf_t b = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);

    if (!c->sending && !c->is_broken && out.len > 0) {
        c->sending = uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_sent) == 0;
        c->is_broken = !c->sending;
    }
    if (!c->reading && !c->eof)
        c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
}

enum progress { REACHED, WAITS, FAILED };

static enum progress closed_early(struct client *c, const char *doing, struct err *err)
{
    (void)c;
    (void)err_set(err, E_PEER_CLOSED, "the peer closed the connection during %s", doing);
    return FAILED;
}

static enum progress advance_handshake(struct client *c, struct err *err)
{
    switch (wire_handshake(&c->wire, err)) {
    case TLS_DONE:
        return REACHED;
    case TLS_WANT_INPUT:
        return c->eof ? closed_early(c, "the TLS handshake", err) : WAITS;
    case TLS_CLOSED:
        return closed_early(c, "the TLS handshake", err);
    case TLS_FAILED:
        break;
    }
    return FAILED;
}

static enum progress receive(struct client *c, struct err *err)
{
    uint8_t plain[8 * KIB];
    size_t got = 0;
    bool ok;

    switch (wire_read(&c->wire, plain, sizeof plain, &got, err)) {
    case TLS_DONE:
        ok = c->protocol->feed(c->caller, slice_of(plain, got), err);
        wipe(plain, got);
        return ok ? REACHED : FAILED;
    case TLS_WANT_INPUT:
        if (!c->eof)
            return WAITS;
        break;
    case TLS_CLOSED:
        c->eof = true;
        break;
    case TLS_FAILED:
        return FAILED;
    }
    return c->protocol->ended(c->caller, err) ? REACHED : FAILED;
}

static bool send_all(struct client *c, struct err *err)
{
    for (size_t taken = 1; taken > 0;) {
        const struct slice out = c->protocol->pending(c->caller);

        if (out.len == 0 || c->is_broken)
            return true;
        if (wire_write(&c->wire, out, &taken, err) != TLS_DONE)
            return false;
        c->protocol->sent(c->caller, taken);
    }
    return true;
}

static enum progress advance_call(struct client *c, struct err *err)
{
    struct http_response response;
    enum progress p = REACHED;

    while (p == REACHED) {
        if (!send_all(c, err))
            return FAILED;
        if (c->protocol->done(c->caller, &response))
            return REACHED;
        p = receive(c, err);
    }
    return p;
}

static enum progress advance_connect(struct client *c, struct err *err)
{
    if (c->is_connecting)
        return WAITS;
    return c->status == 0 ||
                   err_set(err, E_CONNECT, "connecting to %s: %s", c->address, uv_strerror(c->status))
               ? REACHED
               : FAILED;
}

/* Runs the loop until `advance` has reached its goal. */
static bool drive(struct client *c, enum progress (*advance)(struct client *, struct err *), struct err *err)
{
    enum progress p;

    while ((p = advance(c, err)) == WAITS) {
        if (c->is_late)
            return err_set(err, E_TIMEOUT, "%s did not answer in time", c->address);
        if (!c->is_connecting)
            start_io(c);
        (void)uv_run(&c->loop, UV_RUN_ONCE);
    }
    return p == REACHED;
}

static void start_patience(struct client *c, unsigned ms)
{
    c->is_late = false;
    uv_update_time(&c->loop);
    (void)uv_timer_start(&c->patience, on_late, ms, 0);
}

/* Connecting. */

static void close_socket(struct client *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, NULL);
    while (uv_is_active((uv_handle_t *)&c->tcp) || c->sending || c->is_connecting)
        (void)uv_run(&c->loop, UV_RUN_ONCE);
    (void)uv_run(&c->loop, UV_RUN_NOWAIT);
}

static bool connect_one(struct client *c, const struct addrinfo *to, struct err *err)
{
    int rc = uv_tcp_init(&c->loop, &c->tcp);

    c->tcp.data = c->connect.data = c->write.data = c;
    if (rc == 0)
        rc = uv_tcp_connect(&c->connect, &c->tcp, to->ai_addr, on_connected);
    c->is_connecting = rc == 0;
    c->status = rc;
    c->is_connected = drive(c, advance_connect, err);
    if (c->is_connected)
        (void)uv_tcp_nodelay(&c->tcp, 1);
    else
        close_socket(c);
    return c->is_connected;
}

static bool connect_any(struct client *c, struct err *err)
{
    scoped(address_free) struct addrinfo *found = NULL;
    unsigned port;
    char *host;

    if (!address_split(c->address, &c->arena, &host, &port, err) ||
        !address_resolve(host, port, false, &found, err))
        return false;
    for (const struct addrinfo *i = found; i != NULL && !c->is_late; i = i->ai_next)
        if (connect_one(c, i, err))
            return true;
    return false;
}

/* SNI carries names only (RFC 6066 section 3). */
static const char *sni_of(struct client *c)
{
    struct in6_addr ignored;
    struct err err;
    unsigned port;
    char *name;

    if (!address_split(c->host, &c->arena, &name, &port, &err))
        name = arena_strdup(&c->arena, c->host);
    if (inet_pton(AF_INET, name, &ignored) == 1 || inet_pton(AF_INET6, name, &ignored) == 1 ||
        name[0] == '\0' || name[0] == '[')
        return NULL;
    return name;
}

static bool start_tls(struct client *c, const struct client_options *o, struct err *err)
{
    static const char *const only_http1[] = {"http/1.1", NULL}, *const only_http2[] = {"h2", NULL};
    const struct tls_settings settings = {.alpn = o->http2 ? only_http2 : only_http1,
                                          .check = o->check,
                                          .check_ctx = o->check_ctx,
                                          .server_name = sni_of(c),
                                          .min_version = o->min_tls};
    struct tls *tls = NULL;
    const char *agreed;

    if (o->plain)
        return true;
    if (!tls_new(&settings, o->identity, &tls, err))
        return false;
    wire_init(&c->wire, tls);
    if (!drive(c, advance_handshake, err))
        return false;
    c->num_chain = tls_peer_chain(tls, &c->chain);
    agreed = tls_alpn(tls);
    if (o->http2 && agreed == NULL)
        return err_set(err, E_TLS_HANDSHAKE, "%s did not agree to HTTP/2 (ALPN h2)", c->address);
    return true;
}

static struct client *client_new(const struct client_options *o)
{
    struct client *c = calloc(1, sizeof *c);

    if (c == NULL || uv_loop_init(&c->loop) != 0 || uv_timer_init(&c->loop, &c->patience) != 0)
        abort();
    c->address = arena_strdup(&c->arena, o->address);
    c->host = arena_strdup(&c->arena, o->host != NULL ? o->host : o->address);
    c->call_ms = o->call_ms != 0 ? o->call_ms : CALL_MS;
    c->max_body = o->max_body != 0 ? o->max_body : LIMIT_HTTP_BODY;
    c->protocol = o->http2 ? &caller2 : &caller1;
    c->caller = c->protocol->open();
    c->patience.data = c;
    wire_init(&c->wire, NULL);
    return c;
}

bool client_connect(const struct client_options *options, struct client **out, struct err *err)
{
    scoped(client_close) struct client *c = NULL;
    scoped(quiet_end) struct quiet quiet = {0};

    net_init();
    c = client_new(options);
    quiet = quiet_begin();
    start_patience(c, options->connect_ms != 0 ? options->connect_ms : CONNECT_MS);
    if (!connect_any(c, err) || !start_tls(c, options, err))
        return err_in(err, "connection to %s", options->address);
    (void)uv_timer_stop(&c->patience);
    *out = c;
    c = NULL;
    return true;
}

/* Calling. */

static bool has_byte_below(struct slice s, uint8_t least)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < least || s.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Nothing in a request may end its line and begin another. */
static bool check_request(const struct http_request *r, struct err *err)
{
    bool bad = r->method.len == 0 || r->path.len == 0 || has_byte_below(r->method, '!') ||
               has_byte_below(r->path, '!') || has_byte_below(r->query, '!');

    for (size_t i = 0; i < r->num_headers; i++)
        bad = bad || has_byte_below(r->headers[i].name, '!') || has_byte_below(r->headers[i].value, ' ');
    return !bad || err_set(err, E_HTTP_FORMAT, "HTTP: the request holds characters that cannot be sent");
}

bool client_call(struct client *c, const struct http_request *request, struct arena *a,
                 struct http_response *response, struct err *err)
{
    scoped(quiet_end) struct quiet quiet = quiet_begin();
    bool ok;

    start_patience(c, c->call_ms);
    ok = check_request(request, err) && c->protocol->call(c->caller, request, c->host, c->max_body, a, err) &&
         drive(c, advance_call, err);
    (void)uv_timer_stop(&c->patience);
    if (!ok)
        return err_in(err, "%s", c->address);
    (void)c->protocol->done(c->caller, response);
    return true;
}

size_t client_peer_chain(const struct client *c, const struct slice **chain)
{
    *chain = c->chain;
    return c->num_chain;
}

bool client_exporter(struct client *c, uint8_t out[TLS_EXPORTER_LEN], struct err *err)
{
    if (c->wire.tls == NULL)
        return err_set(err, E_TLS_HANDSHAKE, "TLS exporter: expected TLS 1.3, the connection is plain");
    return tls_exporter(c->wire.tls, out, err);
}

static void say_goodbye(struct client *c)
{
    scoped(quiet_end) struct quiet quiet = quiet_begin();
    struct slice out;
    uv_buf_t b;

    wire_close(&c->wire);
    out = wire_pending(&c->wire);
    b = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);
    if (!c->sending && out.len > 0)
        (void)uv_try_write((uv_stream_t *)&c->tcp, &b, 1); /* a courtesy, not worth waiting for */
}

void client_close(struct client **c)
{
    struct client *mine = *c;

    *c = NULL;
    if (mine == NULL)
        return;
    if (mine->is_connected) {
        say_goodbye(mine);
        uv_close((uv_handle_t *)&mine->tcp, NULL);
    }
    uv_close((uv_handle_t *)&mine->patience, NULL);
    (void)uv_run(&mine->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&mine->loop);
    mine->protocol->close(mine->caller);
    wire_wipe(&mine->wire);
    arena_wipe(&mine->arena);
    free(mine);
}
