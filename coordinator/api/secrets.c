/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/body.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

/* ---- reading --------------------------------------------------------------------------------- */

/* ?s=NAME&s=NAME. */
static bool names_of(struct api_call *c, const char *const **out, size_t *num, struct err *err)
{
    struct slice *found;
    const char **names;
    size_t n;

    if (!http_query_all(c->ex->request.query, "s", &c->ex->arena, &found, &n, err)) {
        (void)err_as(err, E_REQUEST_QUERY);
        return false;
    }
    if (n == 0)
        return err_set(err, E_REQUEST_QUERY, "query: expected the names of secrets, as in ?s=one&s=two");
    names = arena_array(&c->ex->arena, n, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        if (found[i].len == 0 || memchr(found[i].ptr, 0, found[i].len) != NULL)
            return err_set(err, E_REQUEST_QUERY, "query: the name of a secret is empty, or holds a NUL");
        names[i] = arena_strndup(&c->ex->arena, found[i]);
    }
    *out = names;
    *num = n;
    return true;
}

/* Name to secret, by name. */
static bool put_secrets(struct api_call *c, struct buf *b, struct err *err)
{
    const char *const *names = NULL;
    struct secret_set set;
    size_t num = 0;

    if (!names_of(c, &names, &num, err) ||
        !core_secrets_get(c->core, c->mesh, c->user, names, num, &c->ex->arena, &set, err))
        return false;
    buf_str(b, "{");
    for (size_t i = 0; i < set.num; i++) {
        const char *name = set.values[i].spec->name;

        put_json_member(b, name, secret_value_encode(&set.values[i], &c->ex->arena));
        api_note(c, (struct event){.kind = EVENT_SECRET_READ, .subject = name});
    }
    buf_str(b, "}");
    return true;
}

bool api_secrets_get(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    buf_str(&b, "{\"secrets\":");
    if (!put_secrets(c, &b, err))
        return false;
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_v1_secrets_get(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    if (!put_secrets(c, &b, err))
        return false;
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Each name once: of several the last one counts. The caller releases it. */
static json_t *last_of_each(const json_t *upload, struct arena *a)
{
    json_t *each = json_object(), *value;
    const char *name;

    json_object_foreach((json_t *)(uintptr_t)upload, name, value)
        (void)json_object_set(each, arena_strndup(a, json_name(name)), value);
    return each;
}

static bool set(struct api_call *c, const json_t *upload, struct err *err)
{
    scoped(json_release) json_t *each = last_of_each(upload, &c->ex->arena);
    json_t *value;
    const char *name;

    if (!core_secrets_set(c->core, c->user, each, c->now, err))
        return false;
    json_object_foreach(each, name, value)
        api_note(c, (struct event){.kind = EVENT_SECRET_SET, .subject = name});
    return true;
}

bool api_secrets_set(struct api_call *c, struct err *err)
{
    scoped(body_release) struct body b = {0};
    scoped(json_release) json_t *none = json_object();
    const json_t *upload;

    if (!body_open(c->ex->request.body, JSON_REST_IGNORED, E_REQUEST_BODY, &c->ex->arena, &b, err))
        return false;
    upload = field_object(&b.fields, "secrets");
    if (!fields_done(&b.fields))
        return err_in(err, "request body");
    if (!set(c, upload == NULL ? none : upload, err))
        return false;
    reply_success(c->ex, slice_str("null"));
    return true;
}

bool api_v1_secrets_set(struct api_call *c, struct err *err)
{
    scoped(body_release) struct body b = {0};

    if (!body_open(c->ex->request.body, JSON_REST_REFUSED, E_REQUEST_BODY, &c->ex->arena, &b, err) ||
        !set(c, b.json, err))
        return false;
    reply_success(c->ex, slice_str("null"));
    return true;
}
