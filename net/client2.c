/* SPDX-License-Identifier: Apache-2.0 */
/* net/client2.c: HTTP/2 (RFC 9113) for a client, on nghttp2; one stream at a time. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/caller.h"

enum { MAX_ACKS = 64, WINDOW = 1 * MIB };

struct caller {
    nghttp2_session *h2;
    struct incoming in;
    const struct http_request *request;
    size_t body_sent;
    int32_t stream; /* of the call under way; 0: none */
    bool has_headers;
    struct slice out;
    struct err fault;
};

static ssize_t read_body(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t cap, uint32_t *flags,
                         nghttp2_data_source *source, void *ctx)
{
    struct caller *c = ctx;
    const size_t left = c->request->body.len - c->body_sent, n = left < cap ? left : cap;

    (void)h2;
    (void)stream;
    (void)source;
    if (n > 0)
        memcpy(to, c->request->body.ptr + c->body_sent, n);
    c->body_sent += n;
    if (n == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *ctx)
{
    struct caller *c = ctx;
    const struct slice n = slice_of(name, name_len), v = slice_of(value, value_len);
    uint64_t status;

    (void)h2;
    (void)flags;
    if (frame->hd.stream_id != c->stream || c->fault.code != E_NONE)
        return 0;
    if (!slice_equal(n, slice_str(":status"))) {
        const bool is_said_in_passing = c->in.response.status < 200;

        if (!is_said_in_passing)
            (void)incoming_header(&c->in, n, v, c->has_headers, &c->fault);
    } else if (decimal_decode(v, 999, &status)) { /* nghttp2 has checked it */
        c->in.response.status = (int)status;
    }
    return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
    struct caller *c = ctx;

    (void)h2;
    if (frame->hd.stream_id == c->stream && frame->hd.type == NGHTTP2_HEADERS && c->in.response.status >= 200)
        c->has_headers = true;
    return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data, size_t len,
                   void *ctx)
{
    struct caller *c = ctx;

    (void)h2;
    (void)flags;
    if (stream == c->stream && c->fault.code == E_NONE)
        (void)incoming_body(&c->in, slice_of(data, len), &c->fault);
    return 0;
}

/* NO_ERROR also when the server ends its answer before it has read all of the request. */
static int on_stream_close(nghttp2_session *h2, int32_t stream, uint32_t code, void *ctx)
{
    struct caller *c = ctx;

    (void)h2;
    if (stream != c->stream)
        return 0;
    c->stream = 0;
    if (c->fault.code != E_NONE)
        return 0;
    if (code == NGHTTP2_NO_ERROR && c->has_headers)
        incoming_finish(&c->in);
    else
        (void)err_set(&c->fault, E_PEER_CLOSED, "HTTP/2: the peer reset the request: %s",
                      nghttp2_http2_strerror(code));
    return 0;
}

static nghttp2_session_callbacks *new_callbacks(void)
{
    nghttp2_session_callbacks *cb;

    if (nghttp2_session_callbacks_new(&cb) != 0)
        abort();
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
    return cb;
}

static struct caller *client2_open(void)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HTTP_HEADERS},
    };
    struct caller *c = calloc(1, sizeof *c);
    nghttp2_session_callbacks *cb = new_callbacks();
    nghttp2_option *opt;

    if (c == NULL || nghttp2_option_new(&opt) != 0)
        abort();
    nghttp2_option_set_max_outbound_ack(opt, MAX_ACKS);
    if (nghttp2_session_client_new2(&c->h2, cb, c, opt) != 0 ||
        nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]) !=
            0 ||
        nghttp2_session_set_local_window_size(c->h2, NGHTTP2_FLAG_NONE, 0, WINDOW) != 0)
        abort(); /* out of memory, the only reason */
    nghttp2_option_del(opt);
    nghttp2_session_callbacks_del(cb);
    return c;
}

static void client2_close(struct caller *c)
{
    nghttp2_session_del(c->h2);
    incoming_wipe(&c->in);
    free(c);
}

static nghttp2_nv pair_of(struct slice name, struct slice value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len, value.len,
                        NGHTTP2_NV_FLAG_NONE};
}

static struct slice path_of(const struct http_request *r, struct arena *a)
{
    if (r->query.len == 0)
        return r->path;
    return slice_str(arena_printf(a, "%s?%s", arena_strndup(a, r->path), arena_strndup(a, r->query)));
}

static size_t put_head(nghttp2_nv *nv, const struct http_request *r, const char *host, struct arena *a)
{
    size_t n = 0;

    nv[n++] = pair_of(slice_str(":method"), r->method);
    nv[n++] = pair_of(slice_str(":scheme"), slice_str("https"));
    nv[n++] = pair_of(slice_str(":authority"), slice_str(host));
    nv[n++] = pair_of(slice_str(":path"), path_of(r, a));
    for (size_t i = 0; i < r->num_headers; i++)
        nv[n++] = pair_of(r->headers[i].name, r->headers[i].value);
    return n;
}

static bool client2_call(struct caller *c, const struct http_request *request, const char *host,
                         size_t max_body, struct arena *a, struct err *err)
{
    const nghttp2_data_provider body = {.read_callback = read_body};
    nghttp2_nv *nv = arena_array(a, request->num_headers + 4, sizeof *nv);
    const size_t n = put_head(nv, request, host, a);

    if (nghttp2_session_check_request_allowed(c->h2) == 0)
        return err_set(err, E_PEER_CLOSED, "HTTP/2: the peer takes no more requests on this connection");
    incoming_begin(&c->in, a, max_body);
    c->request = request;
    c->body_sent = 0;
    c->has_headers = false;
    c->fault = (struct err){0};
    c->stream = nghttp2_submit_request(c->h2, NULL, nv, n, request->body.len > 0 ? &body : NULL, NULL);
    if (c->stream > 0)
        return true;
    c->stream = 0;
    return err_set(err, E_HTTP_FORMAT, "HTTP/2: the request cannot be sent");
}

static bool client2_feed(struct caller *c, struct slice in, struct err *err)
{
    const ssize_t n = nghttp2_session_mem_recv(c->h2, in.ptr, in.len);

    if (n != (ssize_t)in.len)
        return err_set(err, E_HTTP_FORMAT, "HTTP/2: %s", nghttp2_strerror((int)n));
    if (c->fault.code != E_NONE) {
        *err = c->fault;
        return false;
    }
    if (nghttp2_session_want_read(c->h2) == 0 && !c->in.is_done)
        return err_set(err, E_HTTP_FORMAT, "HTTP/2: the peer broke the protocol, or closed this connection");
    return true;
}

static bool client2_ended(struct caller *c, struct err *err)
{
    (void)c;
    return err_set(err, E_PEER_CLOSED, "HTTP/2: the peer closed before its answer was complete");
}

static struct slice client2_pending(struct caller *c)
{
    const uint8_t *data;
    ssize_t n;

    if (c->out.len == 0 && (n = nghttp2_session_mem_send(c->h2, &data)) > 0)
        c->out = slice_of(data, (size_t)n);
    return c->out;
}

static void client2_sent(struct caller *c, size_t n) { c->out = slice_of(c->out.ptr + n, c->out.len - n); }

static bool client2_done(const struct caller *c, struct http_response *response)
{
    if (c->in.is_done)
        *response = c->in.response;
    return c->in.is_done;
}

const struct caller_protocol caller2 = {
    .alpn = "h2",
    .open = client2_open,
    .call = client2_call,
    .feed = client2_feed,
    .ended = client2_ended,
    .pending = client2_pending,
    .sent = client2_sent,
    .done = client2_done,
    .close = client2_close,
};
