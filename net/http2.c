/* SPDX-License-Identifier: Apache-2.0 */
/* net/http2.c: HTTP/2 (RFC 9113) for a server, on nghttp2.
 *
 * An exchange per stream, all of them in one list. A stream may end while its exchange is out at
 * a job: then impl->stream is 0 and reply() frees it. So that resetting streams as fast as they are
 * opened buys nobody more work (CVE-2023-44487), exchanges that are out count against the limit of
 * streams whether their stream lives or not, and a client that resets too often is sent away.
 */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/protocol.h"

enum {
    MAX_BATCH = 32 * KIB, /* frames collected into one write */
    MAX_OUT = MAX_BATCH + 32 * KIB,
    MAX_RESETS = 256, /* by the client, more than it lets finish */
    MAX_ACKS = 64,    /* of PING and SETTINGS that the client does not read */
    WINDOW = 1 * MIB, /* of a connection; a stream keeps 64 KiB */
};

struct session {
    struct session_env *env;
    nghttp2_session *h2;
    struct exchange *first; /* all that are ours or will come back */
    size_t num_streams;     /* exchanges in the list */
    unsigned resets;        /* by the client; each answer sent to its end forgives one */
    struct buf out;
    size_t out_at;
    bool is_shut, is_dead;
};

/* The list. */

static void list_add(struct session *s, struct exchange *ex)
{
    ex->impl->next = s->first;
    if (s->first != NULL)
        s->first->impl->prev = ex;
    s->first = ex;
    s->num_streams++;
}

static void list_free(struct session *s, struct exchange *ex)
{
    struct exchange_impl *impl = ex->impl;

    if (impl->prev != NULL)
        impl->prev->impl->next = impl->next;
    else
        s->first = impl->next;
    if (impl->next != NULL)
        impl->next->impl->prev = impl->prev;
    s->num_streams--;
    exchange_free(&ex);
}

static struct exchange *exchange_of(struct session *s, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(s->h2, stream);
}

/* Answers. */

static ssize_t read_body(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t cap, uint32_t *flags,
                         nghttp2_data_source *source, void *ctx);

static nghttp2_nv pair_of(struct slice name, struct slice value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len, value.len,
                        NGHTTP2_NV_FLAG_NONE};
}

static size_t put_headers(nghttp2_nv *to, const struct header *headers, size_t num)
{
    size_t n = 0;

    for (size_t i = 0; i < num; i++)
        if (exchange_sends(&headers[i]))
            to[n++] = pair_of(headers[i].name, headers[i].value);
    return n;
}

/* Length is stated where it is the whole answer; an answer with trailers ends with them. */
static bool states_length(const struct http_response *r)
{
    return r->num_trailers == 0 && r->status != 204 && r->status != 304;
}

static void answer(struct session *s, struct exchange *ex)
{
    struct http_response *r = &ex->response;
    const bool is_head = slice_equal(ex->request.method, slice_str("HEAD"));
    const nghttp2_data_provider body = {.source.ptr = ex, .read_callback = read_body};
    char status[4], length[24];
    nghttp2_nv *nv;
    size_t n = 0;

    if (r->status < 200 || r->status > 599) /* nothing that a handler may say: RFC 9110 section 15 */
        *r = (struct http_response){.status = 500};
    nv = arena_array(&ex->arena, r->num_headers + 2, sizeof *nv);
    (void)snprintf(status, sizeof status, "%03u", (unsigned)r->status % 1000);
    nv[n++] = pair_of(slice_str(":status"), slice_str(status));
    n += put_headers(nv + n, r->headers, r->num_headers);
    (void)snprintf(length, sizeof length, "%zu", r->body.len);
    if (states_length(r))
        nv[n++] = pair_of(slice_str("content-length"), slice_str(length));
    ex->impl->phase = PHASE_ANSWERING;
    ex->impl->since = s->env->now;
    if (nghttp2_submit_response(s->h2, ex->impl->stream, nv, n,
                                !is_head && (r->body.len > 0 || r->num_trailers > 0) ? &body : NULL) != 0)
        (void)nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, ex->impl->stream, NGHTTP2_INTERNAL_ERROR);
}

static int submit_trailers(struct session *s, struct exchange *ex)
{
    const struct http_response *r = &ex->response;
    nghttp2_nv *nv = arena_array(&ex->arena, r->num_trailers, sizeof *nv);

    return nghttp2_submit_trailer(s->h2, ex->impl->stream, nv, put_headers(nv, r->trailers, r->num_trailers));
}

static ssize_t read_body(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t cap, uint32_t *flags,
                         nghttp2_data_source *source, void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex = source->ptr;
    const size_t left = ex->response.body.len - ex->impl->body_sent, n = left < cap ? left : cap;

    (void)h2;
    (void)stream;
    if (n > 0)
        memcpy(to, ex->response.body.ptr + ex->impl->body_sent, n);
    ex->impl->body_sent += n;
    ex->impl->since = s->env->now;
    if (n < left)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (ex->response.num_trailers > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (submit_trailers(s, ex) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return (ssize_t)n;
}

static void refuse(struct session *s, struct exchange *ex)
{
    const struct err why = ex->impl->fault;

    exchange_refuse(ex, s->env, &why);
    answer(s, ex);
}

/* What nghttp2 finds. */

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex;

    if (!is_request(frame))
        return 0;
    if (s->num_streams >= LIMIT_HTTP_STREAMS || s->is_shut)
        return nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
    ex = exchange_new(s->env);
    ex->request.http2 = true;
    ex->impl->stream = frame->hd.stream_id;
    list_add(s, ex);
    return nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id, ex);
}

/* nghttp2 has checked that pseudo-headers are known, single and first (RFC 9113 section 8.3). */
static bool take_pseudo(struct exchange *ex, struct slice name, struct slice value, struct err *err)
{
    if (slice_equal(name, slice_str(":method")))
        ex->request.method = arena_copy(&ex->arena, value);
    else if (slice_equal(name, slice_str(":authority")))
        return exchange_add_header(ex, slice_str("host"), value, err);
    else if (slice_equal(name, slice_str(":path")))
        return value.len <= LIMIT_HTTP_LINE
                   ? exchange_set_target(ex, value, err)
                   : err_set(err, E_HTTP_TOO_LARGE, "HTTP: a request target of more than %d bytes",
                             LIMIT_HTTP_LINE);
    return true;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *ctx)
{
    struct exchange *ex = exchange_of(ctx, frame->hd.stream_id);
    const struct slice n = slice_of(name, name_len), v = slice_of(value, value_len);
    struct err err;

    (void)h2;
    (void)flags;
    if (ex == NULL || !is_request(frame) || ex->impl->fault.code != E_NONE)
        return 0;
    if (name_len > 0 && name[0] == ':' ? !take_pseudo(ex, n, v, &err) : !exchange_add_header(ex, n, v, &err))
        ex->impl->fault = err;
    return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data, size_t len,
                   void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex = exchange_of(s, stream);

    (void)h2;
    (void)flags;
    if (ex != NULL && ex->impl->phase == PHASE_LINGERING)
        ex->impl->since = s->env->now;
    if (ex == NULL || ex->impl->phase != PHASE_RECEIVING)
        return 0; /* refused already */
    if (!exchange_add_body(ex, slice_of(data, len), &ex->impl->fault))
        refuse(s, ex);
    return 0;
}

static void launch(struct session *s, struct exchange *ex)
{
    exchange_complete(ex);
    ex->impl->phase = PHASE_OUT;
    if (!s->env->start(s->env->owner, ex, &ex->impl->fault))
        refuse(s, ex);
}

static bool is_end(const nghttp2_frame *frame)
{
    return (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
           (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

static void say_continue(struct session *s, const struct exchange *ex)
{
    const nghttp2_nv nv = pair_of(slice_str(":status"), slice_str("100"));

    (void)nghttp2_submit_headers(s->h2, NGHTTP2_FLAG_NONE, ex->impl->stream, NULL, &nv, 1, NULL);
}

/* All header fields are there: what can be refused before the body is. */
static void check_head(struct session *s, struct exchange *ex, bool is_complete)
{
    const struct http_request *r = &ex->request;
    uint64_t length;

    if (ex->impl->fault.code != E_NONE)
        return;
    if (r->path.len == 0) /* CONNECT */
        (void)err_set(&ex->impl->fault, E_HTTP_METHOD, "HTTP: CONNECT, and this is no proxy");
    else if (decimal_decode(http_header(r->headers, r->num_headers, "content-length"), UINT64_MAX, &length) &&
             length > s->env->max_body)
        (void)err_set(&ex->impl->fault, E_HTTP_TOO_LARGE, "HTTP: a body of %llu bytes, at most %zu are taken",
                      (unsigned long long)length, s->env->max_body);
    else if (!is_complete &&
             text_equal_fold(http_header(r->headers, r->num_headers, "expect"), slice_str("100-continue")))
        say_continue(s, ex);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex;

    if (frame->hd.type == NGHTTP2_RST_STREAM && ++s->resets > MAX_RESETS)
        return nghttp2_session_terminate_session(h2, NGHTTP2_ENHANCE_YOUR_CALM);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    ex = exchange_of(s, frame->hd.stream_id);
    if (ex == NULL || ex->impl->phase != PHASE_RECEIVING)
        return 0;
    if (is_request(frame))
        check_head(s, ex, is_end(frame));
    if (ex->impl->fault.code != E_NONE)
        refuse(s, ex);
    else if (is_end(frame))
        launch(s, ex);
    return 0;
}

/* An answer that ends before its request: nothing more of the request is wanted (RFC 9113 section 8.1).
 * Saying so at once with a reset takes the answer away from clients that read only when they have sent
 * all, and from curl: what they send is dropped for a while. */
static int on_frame_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex = exchange_of(s, frame->hd.stream_id);

    if (!is_end(frame))
        return 0;
    if (s->resets > 0)
        s->resets--;
    if (ex == NULL || nghttp2_session_get_stream_remote_close(h2, frame->hd.stream_id) != 0)
        return 0;
    if (ex->response.num_trailers > 0) { /* gRPC: grpc-go counts a stream as ended with its trailers */
        return nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    } else {
        ex->impl->phase = PHASE_LINGERING;
        ex->impl->since = ex->impl->answered = s->env->now;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *h2, int32_t stream, uint32_t code, void *ctx)
{
    struct session *s = ctx;
    struct exchange *ex = exchange_of(s, stream);

    (void)h2;
    (void)code;
    if (ex == NULL)
        return 0;
    ex->impl->stream = 0;
    if (ex->impl->phase == PHASE_OUT)
        atomic_store_explicit(&ex->impl->abandoned, true, memory_order_relaxed);
    else
        list_free(s, ex);
    return 0;
}

/* Opening and closing. */

static nghttp2_session_callbacks *new_callbacks(void)
{
    nghttp2_session_callbacks *cb;

    if (nghttp2_session_callbacks_new(&cb) != 0)
        abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
    return cb;
}

static void make_session(struct session *s)
{
    nghttp2_session_callbacks *cb = new_callbacks();
    nghttp2_option *opt;

    if (nghttp2_option_new(&opt) != 0)
        abort();
    nghttp2_option_set_max_outbound_ack(opt, MAX_ACKS);
    nghttp2_option_set_no_closed_streams(opt, 1);
    if (nghttp2_session_server_new2(&s->h2, cb, s, opt) != 0)
        abort();
    nghttp2_option_del(opt);
    nghttp2_session_callbacks_del(cb);
}

static struct session *http2_open(struct session_env *env)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, LIMIT_HTTP_STREAMS},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HTTP_HEADERS + LIMIT_HTTP_LINE},
    };
    struct session *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    s->env = env;
    s->out = buf_max(MAX_OUT);
    make_session(s);
    if (nghttp2_submit_settings(s->h2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]) !=
            0 ||
        nghttp2_session_set_local_window_size(s->h2, NGHTTP2_FLAG_NONE, 0, WINDOW) != 0)
        abort(); /* out of memory, the only reason */
    return s;
}

static void http2_close(struct session *s)
{
    nghttp2_session_del(s->h2);
    while (s->first != NULL)
        list_free(s, s->first);
    buf_wipe(&s->out);
    free(s);
}

/* Bytes in and out. */

static bool http2_wants_input(const struct session *s)
{
    return !s->is_dead && nghttp2_session_want_read(s->h2) != 0;
}

static bool http2_feed(struct session *s, struct slice in, struct err *err)
{
    const ssize_t n = nghttp2_session_mem_recv(s->h2, in.ptr, in.len);

    if (n == (ssize_t)in.len)
        return true;
    s->is_dead =
        true; /* not HTTP/2 at all, or a flood: what merely breaks the rules gets a GOAWAY by nghttp2 */
    return err_set(err, E_HTTP_FORMAT, "HTTP/2: %s", nghttp2_strerror((int)n));
}

static void fill(struct session *s)
{
    const uint8_t *data;
    ssize_t n = 1;

    while (n > 0 && s->out.len < MAX_BATCH) {
        n = nghttp2_session_mem_send(s->h2, &data);
        if (n > 0)
            buf_put(&s->out, slice_of(data, (size_t)n));
    }
    if (n < 0 || !buf_ok(&s->out))
        s->is_dead = true;
}

static struct slice http2_pending(struct session *s)
{
    if (s->out_at == s->out.len && !s->is_dead) {
        buf_wipe(&s->out);
        s->out_at = 0;
        fill(s);
    }
    return s->is_dead ? (struct slice){0} : slice_of(s->out.ptr + s->out_at, s->out.len - s->out_at);
}

static void http2_sent(struct session *s, size_t n) { s->out_at += n; }

static void http2_reply(struct session *s, struct exchange *ex)
{
    if (ex->impl->stream != 0)
        answer(s, ex);
    else
        list_free(s, ex);
}

/* Patience and ends. */

static uint64_t deadline_of(const struct session *s, const struct exchange *ex)
{
    switch (ex->impl->phase) {
    case PHASE_RECEIVING:
        return ex->impl->since + s->env->request_ms;
    case PHASE_ANSWERING:
        return ex->impl->since + s->env->write_ms;
    case PHASE_LINGERING:
        return linger_deadline(s->is_shut, ex->impl->answered, ex->impl->since);
    case PHASE_OUT:
        break;
    }
    return UINT64_MAX;
}

static uint64_t http2_deadline(const struct session *s)
{
    uint64_t first = UINT64_MAX;

    for (const struct exchange *ex = s->first; ex != NULL; ex = ex->impl->next)
        if (deadline_of(s, ex) < first)
            first = deadline_of(s, ex);
    return first;
}

static void http2_expire(struct session *s)
{
    for (struct exchange *ex = s->first; ex != NULL; ex = ex->impl->next) {
        if (s->env->now < deadline_of(s, ex))
            continue;
        if (ex->impl->phase == PHASE_ANSWERING || ex->impl->phase == PHASE_LINGERING) {
            const bool is_answered = ex->impl->phase == PHASE_LINGERING;

            ex->impl->since = ex->impl->answered = s->env->now; /* the reset itself gets as long again */
            (void)nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, ex->impl->stream,
                                            is_answered ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
            continue;
        }
        (void)err_set(&ex->impl->fault, E_TIMEOUT, "HTTP: the request was not complete after %u ms",
                      s->env->request_ms);
        refuse(s, ex);
    }
}

static bool http2_idle(const struct session *s) { return s->first == NULL; }

static void http2_shut(struct session *s)
{
    if (s->is_shut)
        return;
    s->is_shut = true;
    (void)nghttp2_submit_goaway(s->h2, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(s->h2),
                                NGHTTP2_NO_ERROR, NULL, 0);
}

static bool http2_over(const struct session *s)
{
    if (s->is_dead)
        return true;
    if (s->out_at < s->out.len || nghttp2_session_want_write(s->h2) != 0)
        return false;
    return nghttp2_session_want_read(s->h2) == 0 || (s->is_shut && s->first == NULL);
}

const struct protocol http2 = {
    .alpn = "h2",
    .open = http2_open,
    .wants_input = http2_wants_input,
    .feed = http2_feed,
    .pending = http2_pending,
    .sent = http2_sent,
    .reply = http2_reply,
    .deadline = http2_deadline,
    .expire = http2_expire,
    .idle = http2_idle,
    .shut = http2_shut,
    .over = http2_over,
    .close = http2_close,
};
