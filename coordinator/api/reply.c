/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/reply.h"

#include "attestation/collect.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

enum { MAX_REPLY = 2 * LIMIT_HTTP_BODY }; /* a manifest of LIMIT_MANIFEST in base64, with room */

void put_member(struct buf *b, const char *name, struct slice text)
{
    buf_printf(b, "\"%s\":", name);
    json_put_string(b, text);
}

void put_bytes_member(struct buf *b, const char *name, struct slice bytes)
{
    buf_printf(b, "\"%s\":", name);
    if (bytes.ptr == NULL) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "\"");
    base64_put(b, bytes, BASE64_STD);
    buf_str(b, "\"");
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
    scoped(buf_wipe) struct buf b = buf_max(MAX_REPLY);

    buf_str(&b, "{\"status\":\"success\",\"data\":");
    buf_put(&b, data);
    buf_str(&b, "}");
    send(ex, 200, "application/json", &b);
}

static void refuse(struct exchange *ex, int status, const char *kind, const struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_REPLY);

    buf_printf(&b, "{\"status\":\"%s\",\"data\":null,", kind);
    put_member(&b, "message", slice_str(err->text));
    buf_str(&b, ",");
    put_member(&b, "reason", slice_str(reason_of(err->code)->name));
    buf_str(&b, "}");
    if (kind[0] == 'f')
        send(ex, status, "application/json", &b);
    else
        send_error(ex, status, &b);
}

void reply_refusal(struct exchange *ex, const struct err *err)
{
    const bool unreadable = err->code == E_MANIFEST_BODY || err->code == E_QUOTE_NONCE;

    refuse(ex, unreadable ? 400 : 500, unreadable ? "fail" : "error", err);
}

void reply_net_refusal(struct exchange *ex, const struct err *err)
{
    const int status = err_http_status(err_kind(err));

    refuse(ex, status, status < 500 ? "fail" : "error", err);
}

void reply_no_route(struct exchange *ex, const char *allow)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_REPLY);

    buf_str(&b, "{\"status\":\"error\",\"data\":null}");
    send_error(ex, 405, &b);
    if (allow != NULL)
        http_add_header(&ex->response, &ex->arena, "allow", allow);
}
