/* SPDX-License-Identifier: Apache-2.0 */
#include "net/exchange.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

struct whole {
    struct exchange ex;
    struct exchange_impl impl;
};

struct exchange *exchange_new(struct session_env *env)
{
    struct whole *w = calloc(1, sizeof *w);

    if (w == NULL)
        abort();
    w->ex.impl = &w->impl;
    w->ex.request = (struct http_request){.peer_chain = env->peer_chain,
                                          .num_peer_chain = env->num_peer_chain,
                                          .peer_address = env->peer_address,
                                          .exporter = env->exporter};
    w->impl.ex = &w->ex;
    w->impl.owner = env->owner;
    w->impl.budget = env->budget;
    w->impl.since = env->now;
    w->impl.body = buf_max(env->max_body);
    atomic_init(&w->impl.abandoned, false);
    return &w->ex;
}

void exchange_free(struct exchange **ex)
{
    struct exchange *mine = *ex;

    *ex = NULL;
    if (mine == NULL)
        return;
    atomic_fetch_sub_explicit(&mine->impl->budget->used, mine->impl->body.len, memory_order_relaxed);
    buf_wipe(&mine->impl->body);
    arena_wipe(&mine->arena);
    free(mine); /* first member of struct whole */
}

/* The request target. RFC 9112 section 3.2: origin-form, absolute-form (its authority is of no interest
 * here), and "*" of OPTIONS. */
static struct slice strip_authority(struct slice target)
{
    const size_t scheme = text_starts_with(target, "http://")    ? strlen("http://")
                          : text_starts_with(target, "https://") ? strlen("https://")
                                                                 : 0;
    size_t at = scheme;

    while (scheme > 0 && at < target.len && target.ptr[at] != '/')
        at++;
    return slice_of(target.ptr + at, target.len - at);
}

bool exchange_set_target(struct exchange *ex, struct slice target, struct err *err)
{
    const struct slice all = arena_copy(&ex->arena, target), local = strip_authority(all);
    const uint8_t *mark;

    if (local.len == 0 || (local.ptr[0] != '/' && !slice_equal(local, slice_str("*"))))
        return err_set(err, E_HTTP_FORMAT,
                       "HTTP: request target \"%s\", expected a path that starts with '/'",
                       text_shown(&ex->arena, all));
    mark = memchr(local.ptr, '?', local.len);
    ex->request.path = mark == NULL ? local : slice_of(local.ptr, (size_t)(mark - local.ptr));
    if (mark != NULL)
        ex->request.query = slice_of(mark + 1, local.len - ex->request.path.len - 1);
    return true;
}

bool exchange_add_header(struct exchange *ex, struct slice name, struct slice value, struct err *err)
{
    struct http_request *r = &ex->request;
    uint8_t *lower;

    ex->impl->header_bytes += name.len + value.len;
    if (r->num_headers == LIMIT_HTTP_NUM_HEADERS)
        return err_set(err, E_HTTP_TOO_LARGE, "HTTP: more than %d header fields", LIMIT_HTTP_NUM_HEADERS);
    if (ex->impl->header_bytes > LIMIT_HTTP_HEADERS)
        return err_set(err, E_HTTP_TOO_LARGE, "HTTP: header fields of more than %d bytes",
                       LIMIT_HTTP_HEADERS);
    if (r->headers == NULL)
        r->headers = arena_array(&ex->arena, LIMIT_HTTP_NUM_HEADERS, sizeof *r->headers);
    lower = arena_alloc(&ex->arena, name.len);
    for (size_t i = 0; i < name.len; i++)
        lower[i] = (uint8_t)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i]);
    r->headers[r->num_headers++] = (struct header){slice_of(lower, name.len), arena_copy(&ex->arena, value)};
    return true;
}

bool exchange_add_body(struct exchange *ex, struct slice part, struct err *err)
{
    struct exchange_impl *impl = ex->impl;
    size_t before;

    if (part.len > impl->body.max - impl->body.len)
        return err_set(err, E_HTTP_TOO_LARGE, "HTTP: a body of more than %zu bytes", impl->body.max);
    before = atomic_fetch_add_explicit(&impl->budget->used, part.len, memory_order_relaxed);
    if (before + part.len > impl->budget->max) {
        atomic_fetch_sub_explicit(&impl->budget->used, part.len, memory_order_relaxed);
        return err_set(err, E_BUSY, "HTTP: requests under way hold %zu bytes already", before);
    }
    buf_put(&impl->body, part);
    return true;
}

void exchange_complete(struct exchange *ex) { ex->request.body = buf_bytes(&ex->impl->body); }

uint64_t linger_deadline(bool is_stopping, uint64_t since, uint64_t heard)
{
    const uint64_t end = since + (is_stopping ? PATIENCE_QUIET_MS : PATIENCE_LINGER_MS);

    return end < heard + PATIENCE_QUIET_MS ? end : heard + PATIENCE_QUIET_MS;
}

void exchange_refuse(struct exchange *ex, struct session_env *env, const struct err *err)
{
    ex->response = (struct http_response){0};
    env->refuse(env->owner, ex, err);
    if (ex->response.status == 0)
        ex->response.status = err_http_status(err_kind(err));
}

static bool is_one_line(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
            return false;
    return true;
}

bool exchange_sends(const struct header *h)
{
    static const char *const own[] = {"connection", "content-length", "keep-alive", "transfer-encoding",
                                      "upgrade"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (text_equal_fold(h->name, slice_str(own[i])))
            return false;
    return h->name.len > 0 && is_one_line(h->name) && is_one_line(h->value);
}
