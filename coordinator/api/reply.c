/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/reply.h"

#include "attestation/collect.h"
#include "base/json.h"
#include "base/text.h"

static void put_name(struct buf *b, const char *name)
{
    const bool is_first = b->len == 0 || b->ptr[b->len - 1] == '{';

    buf_str(b, is_first ? "" : ",");
    json_put_string(b, slice_str(name));
    buf_str(b, ":");
}

void put_member(struct buf *b, const char *name, struct slice text)
{
    put_name(b, name);
    json_put_string(b, text);
}

void put_bytes_member(struct buf *b, const char *name, struct slice bytes)
{
    put_name(b, name);
    if (bytes.ptr == NULL) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "\"");
    base64_put(b, bytes, BASE64_STD);
    buf_str(b, "\"");
}

void put_number_member(struct buf *b, const char *name, uint64_t n)
{
    put_name(b, name);
    buf_printf(b, "%llu", (unsigned long long)n);
}

void put_strings_member(struct buf *b, const char *name, const char *const *strings, size_t num)
{
    put_name(b, name);
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "[" : ",");
        json_put_string(b, slice_str(strings[i]));
    }
    buf_str(b, num == 0 ? "null" : "]");
}

void put_json_member(struct buf *b, const char *name, struct slice json)
{
    put_name(b, name);
    buf_put(b, json);
}

static void send(struct exchange *ex, int status, const char *type, struct buf *body)
{
    struct http_response *r = &ex->response;

    *r = (struct http_response){.status = status};
    http_add_header(r, &ex->arena, "content-type", type);
    if (trust_domain()->simulated)
        http_add_header(r, &ex->arena, "mesh-trust-domain", "simulated");
    buf_str(body, "\n");
    r->body = arena_copy(&ex->arena, buf_bytes(body));
}

static void send_error(struct exchange *ex, int status, struct buf *body)
{
    send(ex, status, "text/plain; charset=utf-8", body);
    http_add_header(&ex->response, &ex->arena, "x-content-type-options", "nosniff");
}

void reply_success(struct exchange *ex, struct slice data)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    buf_str(&b, "{\"status\":\"success\",\"data\":");
    buf_put(&b, data);
    buf_str(&b, "}");
    send(ex, 200, "application/json", &b);
}

void reply_success_text(struct exchange *ex, const char *text)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    json_put_string(&b, slice_str(text));
    reply_success(ex, buf_bytes(&b));
}

void reply_refusal(struct exchange *ex, int status, bool is_fail, struct slice data, const struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    buf_printf(&b, "{\"status\":\"%s\",\"data\":", is_fail ? "fail" : "error");
    buf_put(&b, data.len > 0 ? data : slice_str("null"));
    put_member(&b, "message", slice_str(err->text));
    put_member(&b, "reason", slice_str(reason_of(err->code)->name));
    buf_str(&b, "}");
    if (is_fail)
        send(ex, status, "application/json", &b);
    else
        send_error(ex, status, &b);
}

void reply_net_refusal(struct exchange *ex, const struct err *err)
{
    const int status = err_http_status(err_kind(err));

    reply_refusal(ex, status, status < 500, (struct slice){0}, err);
}

void reply_no_route(struct exchange *ex, const char *allow)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    buf_str(&b, "{\"status\":\"error\",\"data\":null}");
    send_error(ex, 405, &b);
    if (allow != NULL)
        http_add_header(&ex->response, &ex->arena, "allow", allow);
}
