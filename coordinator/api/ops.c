/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/ops.h"

#include "coordinator/api/reply.h"
#include "coordinator/api/status.h"
#include "coordinator/metrics.h"

static void answer(struct exchange *ex, int status, const char *type, struct slice body)
{
    ex->response = (struct http_response){.status = status, .body = arena_copy(&ex->arena, body)};
    http_add_header(&ex->response, &ex->arena, "content-type", type);
}

/* What a page is made of; without a core all of it is NULL. */
struct view {
    struct core *core;
    struct mesh *mesh;
};

static enum mesh_state state_of(const struct view *v)
{
    return v->mesh == NULL ? MESH_UNINITIALIZED : v->mesh->state;
}

static void get_metrics(const struct view *v, struct exchange *ex)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    const struct metrics_now now = {MARBLEMESH_VERSION, MARBLEMESH_COMMIT, (int)state_of(v)};

    metrics_put(v->core == NULL ? NULL : events_metrics(core_events(v->core)), &now, &b);
    answer(ex, 200, "text/plain; version=0.0.4; charset=utf-8", buf_bytes(&b));
}

static void get_events(const struct view *v, struct exchange *ex)
{
    scoped(buf_wipe) struct buf b = buf_max(SIZE_MAX); /* EVENTS_KEPT quotes at most */

    if (v->core == NULL)
        buf_str(&b, "null\n");
    else
        events_put(core_events(v->core), &b);
    answer(ex, 200, "application/json", buf_bytes(&b));
}

static void get_health(const struct view *v, struct exchange *ex)
{
    (void)v;
    answer(ex, 200, "text/plain; charset=utf-8", slice_str("ok\n"));
}

static void get_readiness(const struct view *v, struct exchange *ex)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    const enum mesh_state state = state_of(v);
    const bool is_ready = state == MESH_ACCEPTING_MARBLES;

    buf_printf(&b, "{\"ready\":%s", is_ready ? "true" : "false");
    put_number_member(&b, "state", state);
    put_member(&b, "message", slice_str(api_status_text(state, v->core, &ex->arena)));
    buf_str(&b, "}\n");
    answer(ex, is_ready ? 200 : 503, "application/json", buf_bytes(&b));
}

static const struct {
    const char *path;
    void (*get)(const struct view *v, struct exchange *ex);
} PAGES[] = {
    {"/metrics", get_metrics},
    {"/events", get_events},
    {"/healthz", get_health},
    {"/readyz", get_readiness},
};

static void show(void (*get)(const struct view *v, struct exchange *ex), struct core *core, struct exchange *ex)
{
    scoped(mesh_release) struct mesh *mesh = core == NULL ? NULL : core_mesh(core);

    get(&(struct view){core, mesh}, ex);
}

static void handle(void *app, struct exchange *ex)
{
    struct ops *ops = app;
    const struct http_request *r = &ex->request;

    for (size_t i = 0; i < sizeof PAGES / sizeof PAGES[0]; i++) {
        if (!slice_equal(r->path, slice_str(PAGES[i].path)))
            continue;
        if (slice_equal(r->method, slice_str("GET")) || slice_equal(r->method, slice_str("HEAD"))) {
            show(PAGES[i].get, atomic_load(&ops->core), ex);
            return;
        }
        answer(ex, 405, "text/plain; charset=utf-8", slice_str("method not allowed\n"));
        http_add_header(&ex->response, &ex->arena, "allow", "GET, HEAD");
        return;
    }
    answer(ex, 404, "text/plain; charset=utf-8", slice_str("not found\n"));
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    const int status = err->code == E_HTTP_METHOD ? 405 : err_http_status(err_kind(err));

    (void)app;
    answer(ex, status, "text/plain; charset=utf-8", slice_str(arena_printf(&ex->arena, "%s\n", err->text)));
}

struct net_handler ops_handler(struct ops *ops)
{
    return (struct net_handler){ops, handle, refuse, NULL, NULL, NULL};
}
