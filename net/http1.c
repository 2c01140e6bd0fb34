/* SPDX-License-Identifier: Apache-2.0 */
/* net/http1.c: HTTP/1.1 (RFC 9112) for a server, on llhttp in its strict mode.
 *
 *     BETWEEN ──> RECEIVING ──> OUT (at its job) ──> ANSWERING ──> BETWEEN
 *
 * One request at a time: what a client sends ahead waits in `rest`. The body's length is never a
 * matter of interpretation: two lengths, a length beside chunks, or an encoding that does not end in
 * chunks is refused and the connection closed (RFC 9112 section 11.2).
 */
#include <llhttp.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/field.h"
#include "net/protocol.h"

enum {
    MAX_HEAD = 256 * KIB, /* of an answer; our own headers are far below */
    MAX_REST = 64 * KIB,  /* what was read together with the end of a request */
    SMALL_BODY = 4 * KIB, /* sent in one piece with its head */
};

struct session {
    struct session_env *env;
    llhttp_t parser;
    struct exchange *ex; /* NULL: between two requests */
    struct buf target, name, value, rest, out;
    size_t out_at;
    bool headers_done;
    struct err fault;
    bool last;    /* after this answer the connection closes */
    bool is_dead; /* nothing more, not even what is pending */
};

/* What llhttp finds. A callback that returns -1 has set s->fault. */

static int fault(bool ok) { return ok ? 0 : -1; }

static int on_begin(llhttp_t *p)
{
    struct session *s = p->data;

    s->ex = exchange_new(s->env);
    s->headers_done = false;
    s->target.len = s->name.len = s->value.len = 0;
    return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t len)
{
    struct session *s = p->data;

    buf_put(&s->target, slice_of(at, len));
    return fault(buf_ok(&s->target) ||
                 err_set(&s->fault, E_HTTP_TOO_LARGE, "HTTP: a request target of more than %d bytes",
                         LIMIT_HTTP_LINE));
}

static int on_url_complete(llhttp_t *p)
{
    struct session *s = p->data;

    s->ex->request.method = slice_str(llhttp_method_name((llhttp_method_t)p->method));
    if (p->method == HTTP_CONNECT) /* its target is no path (RFC 9112 section 3.2.3) */
        return fault(err_set(&s->fault, E_HTTP_METHOD, "HTTP: CONNECT, and this is no proxy"));
    return fault(exchange_set_target(s->ex, buf_bytes(&s->target), &s->fault));
}

static int put_field(struct session *s, struct buf *to, const char *at, size_t len)
{
    buf_put(to, slice_of(at, len));
    return fault(buf_ok(to) || err_set(&s->fault, E_HTTP_TOO_LARGE,
                                       "HTTP: header fields of more than %d bytes", LIMIT_HTTP_HEADERS));
}

static int on_field(llhttp_t *p, const char *at, size_t len)
{
    struct session *s = p->data;

    return put_field(s, &s->name, at, len);
}

static int on_value(llhttp_t *p, const char *at, size_t len)
{
    struct session *s = p->data;

    return put_field(s, &s->value, at, len);
}

/* A trailer of a chunked body counts like a header and is dropped: no route here knows one. */
static int on_value_complete(llhttp_t *p)
{
    struct session *s = p->data;
    struct exchange_impl *impl = s->ex->impl;
    const struct slice name = buf_bytes(&s->name), value = field_trimmed(buf_bytes(&s->value));

    s->name.len = s->value.len = 0;
    if (!s->headers_done)
        return fault(exchange_add_header(s->ex, name, value, &s->fault));
    impl->header_bytes += name.len + value.len;
    return fault(impl->header_bytes <= LIMIT_HTTP_HEADERS ||
                 err_set(&s->fault, E_HTTP_TOO_LARGE,
                         "HTTP: header fields and trailers of more than %d bytes", LIMIT_HTTP_HEADERS));
}

static size_t count_headers(const struct http_request *r, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < r->num_headers; i++)
        n += slice_equal(r->headers[i].name, slice_str(name));
    return n;
}

/* RFC 9112 sections 3.2 (Host), 6.1 (no transfer coding before 1.1). */
static bool check_head(struct session *s, const llhttp_t *p)
{
    const size_t hosts = count_headers(&s->ex->request, "host");

    if (p->http_major != 1 || p->http_minor > 1)
        return err_set(&s->fault, E_HTTP_FORMAT, "HTTP: version %u.%u, expected 1.0 or 1.1", p->http_major,
                       p->http_minor);
    if (hosts > 1 || (hosts == 0 && p->http_minor == 1))
        return err_set(&s->fault, E_HTTP_FORMAT, "HTTP: %zu Host header fields, expected one", hosts);
    if (p->http_minor == 0 && (p->flags & F_TRANSFER_ENCODING) != 0)
        return err_set(&s->fault, E_HTTP_FORMAT, "HTTP: Transfer-Encoding in an HTTP/1.0 request");
    if ((p->flags & F_CONTENT_LENGTH) != 0 && p->content_length > s->env->max_body)
        return err_set(&s->fault, E_HTTP_TOO_LARGE, "HTTP: a body of %llu bytes, at most %zu are taken",
                       (unsigned long long)p->content_length, s->env->max_body);
    return true;
}

static int on_headers_complete(llhttp_t *p)
{
    struct session *s = p->data;
    const struct http_request *r = &s->ex->request;
    const bool has_body = (p->flags & F_CHUNKED) != 0 || p->content_length > 0;

    s->headers_done = true;
    p->upgrade = 0; /* we switch to nothing: the request is an ordinary one (RFC 9110 section 7.8) */
    if (!check_head(s, p))
        return -1;
    if (has_body && p->http_minor == 1 &&
        text_equal_fold(http_header(r->headers, r->num_headers, "expect"), slice_str("100-continue")))
        buf_str(&s->out, "HTTP/1.1 100 Continue\r\n\r\n");
    return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
    struct session *s = p->data;

    return fault(exchange_add_body(s->ex, slice_of(at, len), &s->fault));
}

static int on_complete(llhttp_t *p)
{
    (void)p;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static struct session *http1_open(struct session_env *env)
{
    struct session *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    s->env = env;
    llhttp_init(&s->parser, HTTP_REQUEST, &settings);
    s->parser.data = s;
    s->target = buf_max(LIMIT_HTTP_LINE);
    s->name = s->value = buf_max(LIMIT_HTTP_HEADERS);
    s->rest = buf_max(MAX_REST);
    s->out = buf_max(MAX_HEAD);
    return s;
}

static void http1_close(struct session *s)
{
    exchange_free(&s->ex);
    buf_wipe(&s->target);
    buf_wipe(&s->name);
    buf_wipe(&s->value);
    buf_wipe(&s->rest);
    buf_wipe(&s->out);
    free(s);
}

/* The answer. */

static bool has_no_content(int status) { return status == 204 || status == 304; }

static void put_header(struct buf *out, struct slice name, struct slice value)
{
    buf_put(out, name);
    buf_str(out, ": ");
    buf_put(out, value);
    buf_str(out, "\r\n");
}

/* The reason phrase may be empty, the space before it not (RFC 9112 section 4). */
static const char *reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } rows[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return rows[i].phrase;
    return "";
}

static void put_head(struct session *s, const struct http_response *r)
{
    buf_printf(&s->out, "HTTP/1.1 %d %s\r\n", r->status, reason_phrase(r->status));
    for (size_t i = 0; i < r->num_headers; i++)
        if (exchange_sends(&r->headers[i]))
            put_header(&s->out, r->headers[i].name, r->headers[i].value);
    if (!has_no_content(r->status))
        buf_printf(&s->out, "content-length: %zu\r\n", r->body.len);
    if (s->last)
        buf_str(&s->out, "connection: close\r\n");
    else if (s->parser.http_minor == 0)
        buf_str(&s->out, "connection: keep-alive\r\n");
    buf_str(&s->out, "\r\n");
}

static void answer(struct session *s)
{
    struct http_response *r = &s->ex->response;

    if (r->status < 200 || r->status > 599) /* nothing that a handler may say: RFC 9110 section 15 */
        *r = (struct http_response){.status = 500};
    put_head(s, r);
    if (has_no_content(r->status) || slice_equal(s->ex->request.method, slice_str("HEAD")))
        r->body = (struct slice){0};
    if (r->body.len <= SMALL_BODY) {
        buf_put(&s->out, r->body);
        r->body = (struct slice){0};
    }
    s->is_dead = !buf_ok(&s->out);
    s->ex->impl->phase = PHASE_ANSWERING;
    s->ex->impl->since = s->env->now;
}

/* A request that is not understood leaves the parser at no defined place: the connection ends with the
 * answer. */
static void refuse(struct session *s, bool is_last)
{
    if (s->ex == NULL)
        s->ex = exchange_new(s->env);
    s->last = s->last || is_last;
    exchange_refuse(s->ex, s->env, &s->fault);
    answer(s);
}

static void launch(struct session *s)
{
    s->last = s->last || !llhttp_should_keep_alive(&s->parser);
    llhttp_resume(&s->parser);
    exchange_complete(s->ex);
    s->ex->impl->phase = PHASE_OUT;
    if (!s->env->start(s->env->owner, s->ex, &s->fault))
        refuse(s, false);
}

/* Bytes in. */

static bool is_token_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* "METHOD target HTTP/1.1", as far as it is there (RFC 9112 section 3). */
static bool is_request_line(struct slice in)
{
    size_t method = 0, target = 0;

    while (in.len > 0 && (in.ptr[0] == '\r' || in.ptr[0] == '\n'))
        in = slice_of(in.ptr + 1, in.len - 1);
    while (method < in.len && is_token_char(in.ptr[method]))
        method++;
    if (method == 0 || method == in.len || in.ptr[method] != ' ')
        return method > 0 && method == in.len;
    in = slice_of(in.ptr + method + 1, in.len - method - 1);
    while (target < in.len && in.ptr[target] > ' ' && in.ptr[target] < 0x7f)
        target++;
    return target == in.len ||
           (target > 0 && in.ptr[target] == ' ' &&
            (in.len - target < 9 || text_starts_with(slice_of(in.ptr + target, in.len - target), " HTTP/1.")));
}

/* llhttp knows a list of methods; any token is one (RFC 9110 section 9.1), though none that is known here. */
static bool is_other_method(const struct session *s, enum llhttp_errno rc, struct slice in)
{
    const struct slice reason = slice_str(llhttp_get_error_reason(&s->parser));

    return (rc == HPE_INVALID_METHOD && is_request_line(in)) ||
           (rc == HPE_INVALID_CONSTANT && text_starts_with(reason, "Invalid method for HTTP"));
}

static void parse(struct session *s, struct slice in)
{
    const enum llhttp_errno rc = llhttp_execute(&s->parser, (const char *)in.ptr, in.len);

    if (rc == HPE_OK)
        return;
    if (rc == HPE_PAUSED) {
        const size_t used = (size_t)((const uint8_t *)llhttp_get_error_pos(&s->parser) - in.ptr);

        buf_put(&s->rest, slice_of(in.ptr + used, in.len - used));
        launch(s);
        return;
    }
    if (s->fault.code == E_NONE && is_other_method(s, rc, in))
        (void)err_set(&s->fault, E_HTTP_METHOD, "HTTP: a method that is not known");
    if (s->fault.code == E_NONE)
        (void)err_set(&s->fault, E_HTTP_FORMAT, "HTTP: %s (%s)", llhttp_get_error_reason(&s->parser),
                      llhttp_errno_name(rc));
    refuse(s, true);
}

static bool is_ready(const struct session *s)
{
    return !s->is_dead && (s->ex == NULL ? !s->last : s->ex->impl->phase == PHASE_RECEIVING);
}

static void parse_rest(struct session *s)
{
    scoped(buf_wipe) struct buf rest = s->rest;

    s->rest = buf_max(MAX_REST);
    if (rest.len > 0 && is_ready(s))
        parse(s, buf_bytes(&rest));
}

static bool http1_feed(struct session *s, struct slice in, struct err *err)
{
    if (is_ready(s) && in.len > 0)
        parse(s, in);
    else
        buf_put(&s->rest, in);
    return buf_ok(&s->rest) ||
           err_set(err, E_HTTP_TOO_LARGE, "HTTP: more than %d bytes ahead of an answer", MAX_REST);
}

static bool http1_wants_input(const struct session *s) { return is_ready(s); }

/* Bytes out. */

static struct slice http1_pending(struct session *s)
{
    const struct exchange *ex = s->ex;

    if (s->is_dead)
        return (struct slice){0};
    if (s->out_at < s->out.len)
        return slice_of(s->out.ptr + s->out_at, s->out.len - s->out_at);
    if (ex == NULL || ex->impl->phase != PHASE_ANSWERING || ex->response.body.len == 0)
        return (struct slice){0};
    return slice_of(ex->response.body.ptr + ex->impl->body_sent, ex->response.body.len - ex->impl->body_sent);
}

static void http1_sent(struct session *s, size_t n)
{
    const size_t of_out = n < s->out.len - s->out_at ? n : s->out.len - s->out_at;
    struct exchange *ex = s->ex;

    s->out_at += of_out;
    if (s->out_at == s->out.len) {
        s->out_at = 0;
        buf_wipe(&s->out);
    }
    if (ex == NULL || ex->impl->phase != PHASE_ANSWERING)
        return;
    ex->impl->since = s->env->now;
    ex->impl->body_sent += n - of_out;
    if (s->out.len > 0 || ex->impl->body_sent < ex->response.body.len)
        return;
    exchange_free(&s->ex);
    s->fault = (struct err){0};
    parse_rest(s);
}

static void http1_reply(struct session *s, struct exchange *ex)
{
    (void)ex; /* is s->ex: one request at a time */
    answer(s);
}

/* Patience and ends. */

static uint64_t http1_deadline(const struct session *s)
{
    if (s->ex == NULL || s->ex->impl->phase == PHASE_OUT)
        return UINT64_MAX;
    return s->ex->impl->since +
           (s->ex->impl->phase == PHASE_RECEIVING ? s->env->request_ms : s->env->write_ms);
}

static void http1_expire(struct session *s)
{
    if (s->env->now < http1_deadline(s))
        return;
    if (s->ex->impl->phase == PHASE_ANSWERING) {
        s->is_dead = true;
        return;
    }
    (void)err_set(&s->fault, E_TIMEOUT, "HTTP: the request was not complete after %u ms", s->env->request_ms);
    refuse(s, true);
}

static bool http1_idle(const struct session *s) { return s->ex == NULL; }

static void http1_shut(struct session *s) { s->last = true; }

static bool http1_over(const struct session *s)
{
    return s->is_dead || (s->last && s->ex == NULL && s->out_at == s->out.len);
}

const struct protocol http1 = {
    .alpn = "http/1.1",
    .open = http1_open,
    .wants_input = http1_wants_input,
    .feed = http1_feed,
    .pending = http1_pending,
    .sent = http1_sent,
    .reply = http1_reply,
    .deadline = http1_deadline,
    .expire = http1_expire,
    .idle = http1_idle,
    .shut = http1_shut,
    .over = http1_over,
    .close = http1_close,
};
