/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "net/caller.h"

void incoming_begin(struct incoming *in, struct arena *a, size_t max_body)
{
    incoming_wipe(in);
    *in = (struct incoming){.a = a, .body = buf_max(max_body)};
}

void incoming_wipe(struct incoming *in) { buf_wipe(&in->body); }

bool incoming_header(struct incoming *in, struct slice name, struct slice value, bool is_trailer,
                     struct err *err)
{
    struct http_response *r = &in->response;
    struct header **list = is_trailer ? &r->trailers : &r->headers;
    size_t *num = is_trailer ? &r->num_trailers : &r->num_headers;

    in->header_bytes += name.len + value.len;
    if (*num == LIMIT_HTTP_NUM_HEADERS || in->header_bytes > LIMIT_HTTP_HEADERS)
        return err_set(err, E_HTTP_TOO_LARGE, "HTTP answer: more than %d header fields, or %d bytes of them",
                       LIMIT_HTTP_NUM_HEADERS, LIMIT_HTTP_HEADERS);
    if (*list == NULL)
        *list = arena_array(in->a, LIMIT_HTTP_NUM_HEADERS, sizeof **list);
    name = arena_copy(in->a, name);
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            ((uint8_t *)(uintptr_t)name.ptr)[i] |= 0x20; /* our own copy */
    (*list)[(*num)++] = (struct header){name, arena_copy(in->a, value)};
    return true;
}

bool incoming_body(struct incoming *in, struct slice part, struct err *err)
{
    buf_put(&in->body, part);
    return buf_ok(&in->body) ||
           err_set(err, E_HTTP_TOO_LARGE, "HTTP answer: a body of more than %zu bytes", in->body.max);
}

void incoming_finish(struct incoming *in)
{
    in->response.body = arena_copy(in->a, buf_bytes(&in->body));
    buf_wipe(&in->body);
    in->is_done = true;
}
