/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/field.h"

enum { PREFIX_LEN = 5 }; /* compressed flag, length as four bytes */

static bool is_grpc_type(const struct header *headers, size_t num)
{
    const struct slice type = http_header(headers, num, "content-type");
    const size_t len = strlen("application/grpc");

    return text_starts_with(type, "application/grpc") &&
           (type.len == len || type.ptr[len] == '+' || type.ptr[len] == ';');
}

bool grpc_is_call(const struct http_request *request)
{
    return slice_equal(request->method, slice_str("POST")) &&
           is_grpc_type(request->headers, request->num_headers);
}

/* Length-prefixed-message, once: all calls here are unary. */
static bool unframe(struct slice body, struct slice *message, struct err *err)
{
    struct cursor c = cursor_over(body);
    const uint8_t compressed = cursor_u8(&c);
    const uint32_t len = cursor_u32be(&c);
    const struct slice got = cursor_take(&c, len);

    if (body.len >= PREFIX_LEN && len > LIMIT_GRPC_MESSAGE)
        return err_set(err, E_HTTP_TOO_LARGE, "gRPC: a message of %u bytes, at most %d are taken", len,
                       LIMIT_GRPC_MESSAGE);
    if (!cursor_done(&c))
        return err_set(err, E_GRPC_FORMAT, "gRPC: %zu bytes are not one message with its prefix", body.len);
    if (compressed != 0)
        return err_set(err, E_UNSUPPORTED, "gRPC: the message is compressed (flag %u), expected 0",
                       compressed);
    *message = got;
    return true;
}

bool grpc_message(const struct http_request *request, struct slice *message, struct err *err)
{
    return unframe(request->body, message, err);
}

static struct slice frame(struct arena *a, struct slice message)
{
    scoped(buf_wipe) struct buf b = buf_max(SIZE_MAX);

    buf_u8(&b, 0);
    buf_u32be(&b, (uint32_t)message.len);
    buf_put(&b, message);
    return arena_copy(a, buf_bytes(&b));
}

/* grpc-message: everything but printable ASCII, and '%' itself, as %XX. */
static char *percent_encode(struct arena *a, const char *text)
{
    char *out = arena_alloc(a, 3 * strlen(text) + 1), *to = out;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p >= 0x20 && *p <= 0x7e && *p != '%')
            *to++ = *p;
        else
            to += snprintf(to, 4, "%%%02X", (unsigned)(unsigned char)*p);
    }
    return out;
}

/* The specification wants text that is not well encoded shown as it is. */
static struct slice percent_decode(struct arena *a, struct slice text)
{
    uint8_t *to = arena_alloc(a, text.len);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        const int escaped = field_escape(text, i);

        to[n++] = escaped >= 0 ? (uint8_t)escaped : text.ptr[i];
        i += escaped >= 0 ? 2 : 0;
    }
    return slice_of(to, n);
}

void grpc_reply(struct http_response *r, struct arena *a, struct slice message)
{
    r->status = 200;
    http_add_header(r, a, "content-type", "application/grpc");
    r->body = frame(a, message);
    http_add_trailer(r, a, "grpc-status", "0");
}

void grpc_refuse(struct http_response *r, struct arena *a, int status, const struct err *err)
{
    const char *reason = reason_of(err->code)->name;

    *r = (struct http_response){.status = 200};
    http_add_header(r, a, "content-type", "application/grpc");
    http_add_trailer(r, a, "grpc-status", arena_printf(a, "%d", status));
    http_add_trailer(r, a, "grpc-message", percent_encode(a, arena_printf(a, "%s [%s]", err->text, reason)));
    http_add_trailer(r, a, "mesh-reason", reason);
}

/* The client. */

/* What a status means for us when the peer does not say its own reason. */
static enum err_code code_of(uint64_t status)
{
    static const enum err_code codes[] = {
        [1] = E_PEER_UNAVAILABLE, [2] = E_PEER_INTERNAL,
        [3] = E_PEER_INVALID,     [4] = E_TIMEOUT,
        [5] = E_PEER_NOT_FOUND,   [6] = E_PEER_STATE,
        [7] = E_PEER_DENIED,      [8] = E_HTTP_TOO_LARGE,
        [9] = E_PEER_STATE,       [10] = E_PEER_STATE,
        [11] = E_PEER_INVALID,    [12] = E_GRPC_METHOD,
        [13] = E_PEER_INTERNAL,   [14] = E_PEER_UNAVAILABLE,
        [15] = E_PEER_INTERNAL,   [16] = E_PEER_UNAUTHENTICATED,
    };
    return status > 0 && status < sizeof codes / sizeof codes[0] ? codes[status] : E_PEER_INTERNAL;
}

/* An answer without a message has its status among the headers ("Trailers-Only"). */
static struct slice status_field(const struct http_response *r, const char *name)
{
    const struct slice value = http_header(r->trailers, r->num_trailers, name);

    return value.len > 0 ? value : http_header(r->headers, r->num_headers, name);
}

static bool refused(const struct http_response *r, uint64_t status, struct arena *a, struct err *err)
{
    const struct slice text = percent_decode(a, status_field(r, "grpc-message"));
    const enum err_code known = reason_named(arena_strndup(a, status_field(r, "mesh-reason")));

    if (text.len == 0)
        return err_set(err, known != E_NONE ? known : code_of(status), "gRPC status %u", (unsigned)status);
    return err_set(err, known != E_NONE ? known : code_of(status), "%s", arena_strndup(a, text));
}

static bool read_reply(const struct http_response *r, struct arena *a, struct slice *reply, struct err *err)
{
    uint64_t status;

    if (r->status != 200)
        return err_set(err, E_GRPC_FORMAT, "gRPC: HTTP status %d, expected 200", r->status);
    if (!is_grpc_type(r->headers, r->num_headers))
        return err_set(err, E_GRPC_FORMAT, "gRPC: the answer is \"%s\", expected application/grpc",
                       text_shown(a, http_header(r->headers, r->num_headers, "content-type")));
    if (!decimal_decode(status_field(r, "grpc-status"), UINT32_MAX, &status))
        return err_set(err, E_GRPC_FORMAT, "gRPC: the answer has no status");
    return status == 0 ? unframe(r->body, reply, err) : refused(r, status, a, err);
}

bool grpc_call(struct client *c, const char *method, struct slice message, struct arena *a,
               struct slice *reply, struct err *err)
{
    struct header headers[] = {{slice_str("content-type"), slice_str("application/grpc")},
                               {slice_str("te"), slice_str("trailers")}};
    const struct http_request request = {.method = slice_str("POST"),
                                         .path = slice_str(method),
                                         .headers = headers,
                                         .num_headers = sizeof headers / sizeof headers[0],
                                         .body = frame(a, message)};
    struct http_response response;

    if (message.len > LIMIT_GRPC_MESSAGE)
        return err_set(err, E_HTTP_TOO_LARGE, "gRPC: a message of %zu bytes, at most %d are sent",
                       message.len, LIMIT_GRPC_MESSAGE);
    return (client_call(c, &request, a, &response, err) && read_reply(&response, a, reply, err)) ||
           err_in(err, "%s", method);
}
