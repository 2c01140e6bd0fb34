/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/routes.h"

#include "base/log.h"
#include "coordinator/api/reply.h"

enum lane { QUICK, SLOW };
enum {
    RECOVERY = 1 << MESH_RECOVERY,
    FRESH = 1 << MESH_ACCEPTING_MANIFEST,
    RUNNING = 1 << MESH_ACCEPTING_MARBLES,
    ANY = RECOVERY | FRESH | RUNNING,
};

/* Who may call what: nobody is authenticated here yet, because nothing here needs it. Setting a manifest
 * is open to all until one is set: whoever sets it is the owner. */
static const struct route {
    const char *method, *path;
    unsigned states;
    enum lane lane;
    api_handle *handle;
} ROUTES[] = {
    {"GET", "/api/v2/status", ANY, QUICK, api_status_get},
    {"GET", "/api/v2/quote", ANY, SLOW, api_quote_get}, /* a quoting service takes its time */
    {"GET", "/api/v2/manifest", RUNNING, QUICK, api_manifest_get},
    {"POST", "/api/v2/manifest", RECOVERY | FRESH, SLOW,
     api_manifest_set}, /* keys are made, disks are waited for */
};
enum { NUM_ROUTES = sizeof ROUTES / sizeof ROUTES[0] };

static const struct route *route_of(const struct http_request *r)
{
    for (size_t i = 0; i < NUM_ROUTES; i++)
        if (slice_equal(r->method, slice_str(ROUTES[i].method)) &&
            slice_equal(r->path, slice_str(ROUTES[i].path)))
            return &ROUTES[i];
    return NULL;
}

/* "GET, POST" for a path that exists with other methods (RFC 9110 section 15.5.6); NULL for others. */
static const char *allowed(const struct http_request *r, struct arena *a)
{
    const char *list = NULL;

    for (size_t i = 0; i < NUM_ROUTES; i++)
        if (slice_equal(r->path, slice_str(ROUTES[i].path)))
            list = list == NULL ? ROUTES[i].method : arena_printf(a, "%s, %s", list, ROUTES[i].method);
    return list;
}

static void log_refused(const struct core *core, const struct exchange *ex, const struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    log_refusal(core_config(core)->http_error_level, err, "request refused", "method",
                arena_strndup(&scratch, ex->request.method), "path",
                arena_strndup(&scratch, ex->request.path), "peer",
                arena_strndup(&scratch, ex->request.peer_address));
}

static void handle(void *app, struct exchange *ex)
{
    struct core *core = app;
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    const struct route *r = route_of(&ex->request);
    struct err err = {0};

    if (r == NULL) {
        reply_no_route(ex, allowed(&ex->request, &ex->arena));
        return;
    }
    if (mesh_require(mesh, r->states, &err) && r->handle(core, mesh, ex, &err))
        return;
    log_refused(core, ex, &err);
    reply_refusal(ex, &err);
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    (void)app;
    reply_net_refusal(ex, err);
}

static bool is_slow(void *app, const struct http_request *request)
{
    const struct route *r = route_of(request);

    (void)app;
    return r != NULL && r->lane == SLOW;
}

static struct tls_identity *identity(void *app)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(app);

    return tls_identity_hold(mesh->ca->client_identity);
}

static void trouble(void *app, const char *peer_address, const struct err *err)
{
    log_refusal(core_config(app)->http_error_level, err, "client API connection", "peer", peer_address);
}

struct net_handler api_handler(struct core *core)
{
    return (struct net_handler){core, handle, refuse, is_slow, identity, trouble};
}
