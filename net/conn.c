/* SPDX-License-Identifier: Apache-2.0 */
/* net/conn.c: one client connection.
 *
 *     HANDSHAKE ──> OPEN ──> CLOSING ──> LINGERING ──> GONE
 *
 * A callback records what happened and calls conn_step(). Only conn_step() decides: it runs the
 * state's function until that has to wait, then starts what is waited for. At most one read and one
 * write are under way. TLS sees two buffers and never the socket (wire.h); a protocol sees plain
 * bytes; a handler sees an exchange, on a worker thread, where it may block.
 *
 * Patience is one timer, set anew after each step to what is due first. `holds` counts the handles
 * and jobs that still point here; the last one frees.
 */
#include "net/conn.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "net/address.h"
#include "net/protocol.h"
#include "net/wire.h"

enum state { HANDSHAKE, OPEN, CLOSING, LINGERING, GONE };

struct conn {
    uv_tcp_t tcp;
    uv_timer_t patience;
    uv_write_t write;
    unsigned holds;
    struct loop *loop;
    const struct door *door;
    struct conn *prev, *next;
    struct peer peer;
    bool is_counted;
    char address[ADDRESS_LEN];
    struct wire wire;
    const struct protocol *protocol;
    struct session *session;
    struct session_env env;
    uint8_t exporter[TLS_EXPORTER_LEN];
    enum state state;
    uint64_t state_since, idle_since, write_since, heard; /* ticks of the loop */
    bool reading, sending, eof, is_due, is_idle, is_shut;
    atomic_bool is_dead; /* for jobs that have not begun */
};

static void conn_step(struct conn *c);

static uint64_t now(const struct conn *c) { return uv_now(&c->loop->uv); }

static void trouble(const struct conn *c, const struct err *err)
{
    const struct net_handler *h = &c->door->settings.handler;

    if (h->trouble != NULL)
        h->trouble(h->app, c->address, err);
}

/* The end. */

static void conn_release(struct conn *c)
{
    struct loop *loop = c->loop;

    if (--c->holds > 0)
        return;
    if (c->session != NULL)
        c->protocol->close(c->session);
    wire_wipe(&c->wire);
    if (c->is_counted)
        peers_leave(loop->peers, &c->peer);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        loop->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    free(c);
    loop_forget(loop);
}

static void on_closed(uv_handle_t *h) { conn_release(h->data); }

static void conn_close(struct conn *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    atomic_store_explicit(&c->is_dead, true, memory_order_relaxed);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->patience, on_closed);
}

/* What happened. */

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    const struct conn *c = h->data;

    (void)hint;
    *buf = uv_buf_init((char *)c->loop->read, READ_LEN);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = s->data;

    if (n == 0)
        return; /* libuv for "not yet" */
    (void)uv_read_stop(s);
    c->reading = false;
    if (n < 0)
        c->eof = true;
    else if (c->state == LINGERING)
        c->heard = now(c);
    else if (!wire_feed(&c->wire, slice_of(buf->base, (size_t)n)))
        c->state = GONE;
    conn_step(c);
}

static void on_sent(uv_write_t *w, int status)
{
    struct conn *c = w->data;

    c->sending = false;
    wire_sent(&c->wire, wire_pending(&c->wire).len);
    if (status < 0)
        c->state = GONE;
    conn_step(c);
}

static void on_due(uv_timer_t *t)
{
    struct conn *c = t->data;

    c->is_due = true;
    conn_step(c);
}

/* Jobs. */

static void work(struct job *job)
{
    struct exchange_impl *impl = (struct exchange_impl *)job;
    struct conn *c = impl->owner;
    const struct net_handler *h = &c->door->settings.handler;

    if (!atomic_load_explicit(&impl->abandoned, memory_order_relaxed) &&
        !atomic_load_explicit(&c->is_dead, memory_order_relaxed))
        h->handle(h->app, impl->ex);
}

static void work_done(struct job *job)
{
    const struct conn *c = ((struct exchange_impl *)job)->owner;

    loop_give_back(c->loop, job);
}

static bool start(void *owner, struct exchange *ex, struct err *err)
{
    struct conn *c = owner;
    const struct net_handler *h = &c->door->settings.handler;
    const bool is_slow = h->is_slow != NULL && h->is_slow(h->app, &ex->request);

    ex->impl->job = (struct job){.work = work, .done = work_done};
    if (!pool_submit(c->loop->pool, is_slow ? LANE_SLOW : LANE_QUICK, &ex->impl->job, err))
        return false;
    c->holds++;
    return true;
}

void conn_take_back(struct job *job)
{
    struct exchange_impl *impl = (struct exchange_impl *)job;
    struct conn *c = impl->owner;

    c->env.now = now(c);
    c->protocol->reply(c->session, impl->ex);
    conn_step(c);
    conn_release(c);
}

static void refuse(void *owner, struct exchange *ex, const struct err *err)
{
    const struct conn *c = owner;
    const struct net_handler *h = &c->door->settings.handler;

    if (h->refuse != NULL) {
        h->refuse(h->app, ex, err);
        return;
    }
    http_add_header(&ex->response, &ex->arena, "content-type", "text/plain; charset=utf-8");
    ex->response.body =
        slice_str(arena_printf(&ex->arena, "%s: %s\n", reason_of(err->code)->name, err->text));
}

/* What to do next. A step returns the next state; the state it is in means: wait. */

static const struct protocol *choose(const struct conn *c)
{
    const struct net_listener *l = &c->door->settings;
    const char *alpn = c->wire.tls != NULL ? tls_alpn(c->wire.tls) : NULL;

    if (alpn != NULL)
        return strcmp(alpn, http2.alpn) == 0 ? &http2 : &http1;
    return l->http1 ? &http1 : &http2;
}

static void learn_of_tls(struct conn *c)
{
    struct err ignored; /* below TLS 1.3 there is none */

    c->env.num_peer_chain = tls_peer_chain(c->wire.tls, &c->env.peer_chain);
    if (tls_exporter(c->wire.tls, c->exporter, &ignored))
        c->env.exporter = slice_of(c->exporter, sizeof c->exporter);
}

static void open_session(struct conn *c)
{
    c->protocol = choose(c);
    if (c->wire.tls != NULL)
        learn_of_tls(c);
    c->session = c->protocol->open(&c->env);
    c->is_idle = true;
    c->idle_since = now(c);
    if (c->loop->is_stopping)
        c->protocol->shut(c->session);
}

static enum state step_handshake(struct conn *c)
{
    struct err err;

    switch (wire_handshake(&c->wire, &err)) {
    case TLS_DONE:
        open_session(c);
        return OPEN;
    case TLS_WANT_INPUT:
        if (c->is_due) {
            (void)err_set(&err, E_TIMEOUT, "the TLS handshake was not complete after %u ms",
                          c->loop->limits.handshake_ms);
            trouble(c, &err);
        }
        return c->is_due || c->eof ? GONE : HANDSHAKE;
    case TLS_FAILED:
        trouble(c, &err);
        return CLOSING;
    case TLS_CLOSED:
        break;
    }
    return CLOSING;
}

/* Is the client given up, or only some of its requests? */
static bool run_out_of_patience(struct conn *c)
{
    const struct net_limits *l = &c->loop->limits;

    c->is_due = false;
    if (c->sending && now(c) - c->write_since >= l->write_ms)
        return true;
    c->protocol->expire(c->session);
    if (c->is_idle && now(c) - c->idle_since >= l->idle_ms) {
        c->protocol->shut(c->session);
        c->is_shut = true;
    }
    return false;
}

/* Sends what there is to send. false: it has to wait, or the connection is over (*next). */
static bool send_pending(struct conn *c, struct slice out, enum state *next)
{
    struct err err;
    size_t taken = 0;

    if (wire_write(&c->wire, out, &taken, &err) != TLS_DONE) {
        trouble(c, &err);
        *next = CLOSING;
        return false;
    }
    c->protocol->sent(c->session, taken);
    *next = OPEN;
    return taken > 0; /* who does not take its answers gets no more work done */
}

static bool receive(struct conn *c, enum state *next)
{
    uint8_t plain[8 * KIB];
    struct err err;
    size_t got = 0;

    switch (wire_read(&c->wire, plain, sizeof plain, &got, &err)) {
    case TLS_DONE:
        if (!c->protocol->feed(c->session, slice_of(plain, got), &err))
            trouble(c, &err);
        wipe(plain, got);
        return true;
    case TLS_WANT_INPUT:
        *next = c->eof ? CLOSING : OPEN;
        return false;
    case TLS_FAILED:
        trouble(c, &err);
        break;
    case TLS_CLOSED:
        break;
    }
    *next = CLOSING;
    return false;
}

static enum state step_open(struct conn *c)
{
    const struct protocol *p = c->protocol;
    enum state next = OPEN;

    if (c->is_due && run_out_of_patience(c))
        return GONE;
    for (bool more = true; more;) {
        const struct slice out = p->pending(c->session);

        if (out.len > 0)
            more = send_pending(c, out, &next);
        else if (p->over(c->session))
            return CLOSING;
        else
            more = p->wants_input(c->session) && receive(c, &next);
    }
    return next;
}

/* Closing before all of the client's bytes are read would take back the answer that is on its way
 * (RFC 9112 section 9.6): so our side is ended first, and what the client still sends is
 * dropped for a while. Many a client reads nothing before it has sent all. */
static enum state step_closing(struct conn *c)
{
    uv_os_fd_t fd;

    if (c->is_due)
        return GONE;
    if (c->sending || wire_pending(&c->wire).len > 0)
        return CLOSING;
    if (c->eof || uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || shutdown(fd, SHUT_WR) != 0)
        return GONE;
    return LINGERING;
}

static enum state step_lingering(struct conn *c) { return c->is_due || c->eof ? GONE : LINGERING; }

static enum state step_gone(struct conn *c) { return c->state; }

static void enter_state(struct conn *c)
{
    c->state_since = c->heard = now(c);
    c->is_due = false;
    if (c->state == CLOSING)
        wire_close(&c->wire);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t deadline(const struct conn *c)
{
    const struct net_limits *l = &c->loop->limits;
    uint64_t due = UINT64_MAX;

    switch (c->state) {
    case HANDSHAKE:
        return c->state_since + l->handshake_ms;
    case OPEN:
        due = c->protocol->deadline(c->session);
        if (c->is_idle && !c->is_shut) /* once: a goodbye that is stuck is the write's matter */
            due = earlier(due, c->idle_since + l->idle_ms);
        return c->sending ? earlier(due, c->write_since + l->write_ms) : due;
    case CLOSING:
        return c->state_since + l->write_ms;
    case LINGERING:
        return linger_deadline(c->loop->is_stopping, c->state_since, c->heard);
    case GONE:
        break;
    }
    return due;
}

static void watch_idleness(struct conn *c)
{
    const bool is_idle = c->protocol->idle(c->session);

    if (is_idle && !c->is_idle)
        c->idle_since = now(c);
    c->is_idle = is_idle;
}

static void start_timer(struct conn *c)
{
    const uint64_t due = deadline(c), t = now(c);

    if (due == UINT64_MAX)
        (void)uv_timer_stop(&c->patience);
    else
        (void)uv_timer_start(&c->patience, on_due, due > t ? due - t : 0, 0);
}

static void start_write(struct conn *c)
{
    const struct slice out = wire_pending(&c->wire);
    const uv_buf_t b = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);

    if (c->sending || out.len == 0)
        return;
    c->sending = uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_sent) == 0;
    c->write_since = now(c);
    if (!c->sending)
        c->state = GONE;
}

static bool wants_read(const struct conn *c)
{
    if (c->reading || c->eof)
        return false;
    return c->state == HANDSHAKE || c->state == LINGERING ||
           (c->state == OPEN && c->protocol->wants_input(c->session) && !c->sending);
}

static void conn_step(struct conn *c)
{
    static enum state (*const step[])(struct conn *) = {
        [HANDSHAKE] = step_handshake, [OPEN] = step_open, [CLOSING] = step_closing,
        [LINGERING] = step_lingering, [GONE] = step_gone,
    };
    enum state was = c->state;

    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    c->env.now = now(c);
    for (; (c->state = step[was](c)) != was; was = c->state)
        enter_state(c);
    start_write(c);
    if (c->state == GONE) {
        conn_close(c);
        return;
    }
    if (c->state == OPEN)
        watch_idleness(c);
    if (wants_read(c))
        c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
    start_timer(c);
}

/* The beginning. */

static bool set_up_tls(struct conn *c, struct err *err)
{
    const struct net_listener *l = &c->door->settings;
    const struct tls_settings settings = {
        .server = true, .alpn = c->door->alpn, .client_auth = l->client_auth};
    scoped(tls_identity_release) struct tls_identity *id = NULL;
    struct tls *tls = NULL;

    if (l->handler.identity != NULL) {
        id = l->handler.identity(l->handler.app);
        if (!tls_new(&settings, id, &tls, err))
            return false;
    }
    wire_init(&c->wire, tls);
    return true;
}

static bool set_up(struct conn *c, uv_stream_t *from, struct err *err)
{
    struct sockaddr_storage addr = {0};
    int len = sizeof addr, rc = uv_accept(from, (uv_stream_t *)&c->tcp);

    if (rc == 0)
        rc = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&addr, &len);
    if (rc != 0)
        return err_set(err, E_PEER_CLOSED, "accepting a connection: %s", uv_strerror(rc));
    (void)uv_tcp_nodelay(&c->tcp, 1);
    address_text(&addr, c->address);
    c->env.peer_address = slice_str(c->address);
    c->peer = peer_of(&addr);
    c->is_counted = peers_enter(c->loop->peers, &c->peer, err);
    return c->is_counted && set_up_tls(c, err);
}

static struct conn *conn_new(struct loop *loop, const struct door *door)
{
    struct conn *c = calloc(1, sizeof *c);

    if (c == NULL)
        abort();
    c->loop = loop;
    c->door = door;
    c->env = (struct session_env){.owner = c,
                                  .max_body = loop->limits.max_body,
                                  .request_ms = loop->limits.request_ms,
                                  .write_ms = loop->limits.write_ms,
                                  .budget = loop->budget,
                                  .start = start,
                                  .refuse = refuse};
    wire_init(&c->wire, NULL);
    atomic_init(&c->is_dead, false);
    c->next = loop->conns;
    if (c->next != NULL)
        c->next->prev = c;
    loop->conns = c;
    return c;
}

void conn_accept(struct loop *loop, const struct door *door, uv_stream_t *from)
{
    struct conn *c = conn_new(loop, door);
    struct err err;

    c->tcp.data = c->patience.data = c->write.data = c;
    (void)uv_tcp_init(&loop->uv, &c->tcp); /* neither can fail: no system call is made yet */
    (void)uv_timer_init(&loop->uv, &c->patience);
    c->holds = 2;
    c->state_since = now(c);
    if (set_up(c, from, &err)) {
        conn_step(c);
        return;
    }
    trouble(c, &err);
    conn_close(c);
}

/* Stopping. */

void conn_shut_all(struct conn *first)
{
    for (struct conn *c = first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->state == OPEN)
            c->protocol->shut(c->session);
        else if (c->state == HANDSHAKE)
            c->state = GONE;
        conn_step(c);
    }
}

void conn_kill_all(struct conn *first)
{
    for (struct conn *c = first; c != NULL; c = c->next)
        conn_close(c);
}
