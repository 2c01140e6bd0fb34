/* SPDX-License-Identifier: Apache-2.0 */
/* net/client1.c: HTTP/1.1 (RFC 9112) for a client, on llhttp in its strict mode. */
#include <llhttp.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/caller.h"
#include "net/field.h"

struct caller {
    llhttp_t parser;
    struct incoming in;
    struct buf name, value, head;
    struct slice body; /* of the request, as far as it is not sent */
    size_t head_at;
    bool headers_done, is_head, is_last;
    struct err fault;
};

static int fault(bool ok) { return ok ? 0 : -1; }

static bool is_informational(const llhttp_t *p) { return p->status_code >= 100 && p->status_code < 200; }

static int put_field(struct caller *c, struct buf *to, const char *at, size_t len)
{
    buf_put(to, slice_of(at, len));
    return fault(buf_ok(to) ||
                 err_set(&c->fault, E_HTTP_TOO_LARGE, "HTTP answer: header fields of more than %d bytes",
                         LIMIT_HTTP_HEADERS));
}

static int on_begin(llhttp_t *p)
{
    struct caller *c = p->data;

    c->name.len = c->value.len = 0;
    c->headers_done = false;
    return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t len)
{
    struct caller *c = p->data;

    return put_field(c, &c->name, at, len);
}

static int on_value(llhttp_t *p, const char *at, size_t len)
{
    struct caller *c = p->data;

    return put_field(c, &c->value, at, len);
}

static int on_value_complete(llhttp_t *p)
{
    struct caller *c = p->data;
    const struct slice name = buf_bytes(&c->name), value = field_trimmed(buf_bytes(&c->value));

    c->name.len = c->value.len = 0;
    if (is_informational(p))
        return 0;
    return fault(incoming_header(&c->in, name, value, c->headers_done, &c->fault));
}

static int on_headers_complete(llhttp_t *p)
{
    struct caller *c = p->data;

    c->headers_done = true;
    if (p->http_major != 1)
        return fault(err_set(&c->fault, E_HTTP_FORMAT, "HTTP answer: version %u.%u, expected 1.0 or 1.1",
                             p->http_major, p->http_minor));
    p->upgrade = 0;
    return c->is_head ? 1 : 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
    struct caller *c = p->data;

    return fault(incoming_body(&c->in, slice_of(at, len), &c->fault));
}

/* 1xx is said in passing; the answer is still to come (RFC 9110 section 15.2). */
static int on_complete(llhttp_t *p)
{
    struct caller *c = p->data;

    if (is_informational(p))
        return 0;
    c->in.response.status = p->status_code;
    c->is_last = !llhttp_should_keep_alive(p);
    incoming_finish(&c->in);
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_begin,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static struct caller *client1_open(void)
{
    struct caller *c = calloc(1, sizeof *c);

    if (c == NULL)
        abort();
    c->name = c->value = buf_max(LIMIT_HTTP_HEADERS);
    c->head = buf_max(LIMIT_HTTP_HEADERS + LIMIT_HTTP_LINE);
    return c;
}

static void client1_close(struct caller *c)
{
    incoming_wipe(&c->in);
    buf_wipe(&c->name);
    buf_wipe(&c->value);
    buf_wipe(&c->head);
    free(c);
}

static void put_header(struct buf *to, struct slice name, struct slice value)
{
    buf_put(to, name);
    buf_str(to, ": ");
    buf_put(to, value);
    buf_str(to, "\r\n");
}

static void put_head(struct buf *to, const struct http_request *r, const char *host)
{
    buf_put(to, r->method);
    buf_str(to, " ");
    buf_put(to, r->path);
    if (r->query.len > 0) {
        buf_str(to, "?");
        buf_put(to, r->query);
    }
    buf_str(to, " HTTP/1.1\r\n");
    put_header(to, slice_str("host"), slice_str(host));
    for (size_t i = 0; i < r->num_headers; i++)
        put_header(to, r->headers[i].name, r->headers[i].value);
    if (r->body.len > 0 || slice_equal(r->method, slice_str("POST")) ||
        slice_equal(r->method, slice_str("PUT")))
        buf_printf(to, "content-length: %zu\r\n", r->body.len);
    buf_str(to, "\r\n");
}

static bool client1_call(struct caller *c, const struct http_request *request, const char *host,
                         size_t max_body, struct arena *a, struct err *err)
{
    if (c->is_last)
        return err_set(err, E_PEER_CLOSED, "HTTP: the peer closes this connection after its last answer");
    incoming_begin(&c->in, a, max_body);
    llhttp_init(&c->parser, HTTP_RESPONSE, &settings);
    c->parser.data = c;
    c->fault = (struct err){0};
    c->is_head = slice_equal(request->method, slice_str("HEAD"));
    buf_wipe(&c->head);
    c->head_at = 0;
    put_head(&c->head, request, host);
    c->body = request->body;
    return buf_ok(&c->head) || err_set(err, E_HTTP_TOO_LARGE, "HTTP: the head of the request is too large");
}

static bool client1_feed(struct caller *c, struct slice in, struct err *err)
{
    enum llhttp_errno rc;

    if (in.len == 0)
        return true;
    if (c->in.a == NULL || c->in.is_done)
        return err_set(err, E_HTTP_FORMAT, "HTTP: the peer sent %zu bytes that nobody asked for", in.len);
    rc = llhttp_execute(&c->parser, (const char *)in.ptr, in.len);
    if (rc == HPE_OK)
        return true;
    if (rc == HPE_PAUSED) {
        c->is_last = c->is_last || (const uint8_t *)llhttp_get_error_pos(&c->parser) != in.ptr + in.len;
        return true;
    }
    if (c->fault.code == E_NONE)
        (void)err_set(&c->fault, E_HTTP_FORMAT, "HTTP answer: %s (%s)", llhttp_get_error_reason(&c->parser),
                      llhttp_errno_name(rc));
    *err = c->fault;
    return false;
}

static bool client1_ended(struct caller *c, struct err *err)
{
    c->is_last = true;
    if (c->in.a != NULL && c->headers_done && llhttp_finish(&c->parser) == HPE_PAUSED && c->in.is_done)
        return true;
    return err_set(err, E_PEER_CLOSED, "HTTP: the peer closed before its answer was complete");
}

static struct slice client1_pending(struct caller *c)
{
    return c->head_at < c->head.len ? slice_of(c->head.ptr + c->head_at, c->head.len - c->head_at) : c->body;
}

static void client1_sent(struct caller *c, size_t n)
{
    if (c->head_at < c->head.len)
        c->head_at += n;
    else
        c->body = slice_of(c->body.ptr + n, c->body.len - n);
}

static bool client1_done(const struct caller *c, struct http_response *response)
{
    if (c->in.is_done)
        *response = c->in.response;
    return c->in.is_done;
}

const struct caller_protocol caller1 = {
    .alpn = "http/1.1",
    .open = client1_open,
    .call = client1_call,
    .feed = client1_feed,
    .ended = client1_ended,
    .pending = client1_pending,
    .sent = client1_sent,
    .done = client1_done,
    .close = client1_close,
};
