/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/routes.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/api/reply.h"
#include "coordinator/metrics.h"
#include "pki/hash.h"

enum {
    RECOVERY = 1 << MESH_RECOVERY,
    FRESH = 1 << MESH_ACCEPTING_MANIFEST,
    RUNNING = 1 << MESH_ACCEPTING_MARBLES,
    ANY = RECOVERY | FRESH | RUNNING,
};
enum lane { QUICK, SLOW };

/* Setting a manifest is open to all until one is set: whoever sets it is the owner. USER: a user of the manifest,
 * by certificate; rights that hang on what is asked for are checked where that is read. MARBLE: a marble with a
 * certificate of the present marble root. */
enum who { ANYONE, USER, MARBLE };

/* V1 is deprecated: each use is logged, but for the two that MarbleRun does not log. */
enum api { V2, V1, V1_QUIET };

/* A call is refused for its gate, its caller, its state, in this order, and then by its handler. */
static const struct route {
    const char *method, *path;
    enum api api;
    enum who who;
    unsigned states;
    const char *gate; /* a feature gate of the manifest that must be open */
    enum lane lane;   /* SLOW: keys are made, disks or quoting services are waited for */
    int fault;        /* status of a refusal whose code does not name one */
    api_handle *handle;
} ROUTES[] = {
    {"GET", "/api/v2/status", V2, ANYONE, ANY, NULL, QUICK, 500, api_status_get},
    {"GET", "/api/v2/quote", V2, ANYONE, ANY, NULL, SLOW, 500, api_quote_get},
    {"GET", "/api/v2/manifest", V2, ANYONE, RUNNING, NULL, QUICK, 500, api_manifest_get},
    {"POST", "/api/v2/manifest", V2, ANYONE, RECOVERY | FRESH, NULL, SLOW, 500, api_manifest_set},
    {"GET", "/api/v2/update", V2, ANYONE, RUNNING, NULL, QUICK, 500, api_update_log},
    {"POST", "/api/v2/update", V2, USER, RUNNING, NULL, SLOW, 500, api_update_apply},
    {"GET", "/api/v2/update-manifest", V2, ANYONE, ANY, NULL, QUICK, 500, api_update_pending},
    {"POST", "/api/v2/update-manifest", V2, USER, RUNNING, NULL, SLOW, 500, api_update_acknowledge},
    {"POST", "/api/v2/update-cancel", V2, USER, RUNNING, NULL, SLOW, 500, api_update_cancel},
    {"POST", "/api/v2/recover", V2, ANYONE, ANY, NULL, SLOW, 500, api_recover},
    {"GET", "/api/v2/recover/public-key", V2, ANYONE, RECOVERY, NULL, SLOW, 500, api_recover_public_key},
    {"GET", "/api/v2/secrets", V2, USER, RUNNING, NULL, QUICK, 500, api_secrets_get},
    {"POST", "/api/v2/secrets", V2, USER, RUNNING, NULL, SLOW, 500, api_secrets_set},
    {"POST", "/api/v2/sign-quote", V2, ANYONE, RUNNING, "SignQuoteEndpoint", QUICK, 500, api_quote_sign},
    {"POST", "/api/v2/monotonic-counter", V2, MARBLE, RUNNING, "MonotonicCounter", QUICK, 500,
     api_counter_set},

    {"GET", "/status", V1, ANYONE, ANY, NULL, QUICK, 500, api_v1_status_get},
    {"GET", "/quote", V1, ANYONE, ANY, NULL, QUICK, 500, api_v1_quote_get},
    {"GET", "/manifest", V1, ANYONE, ANY, NULL, QUICK, 500, api_v1_manifest_get},
    {"POST", "/manifest", V1, ANYONE, RECOVERY | FRESH, NULL, SLOW, 400, api_v1_manifest_set},
    {"GET", "/update", V1, ANYONE, RUNNING, NULL, QUICK, 500, api_v1_update_log},
    {"POST", "/update", V1, USER, RUNNING, NULL, SLOW, 400, api_v1_update_apply},
    {"GET", "/update-manifest", V1_QUIET, ANYONE, ANY, NULL, QUICK, 500, api_update_pending},
    {"POST", "/update-manifest", V1_QUIET, USER, RUNNING, NULL, SLOW, 500, api_v1_update_acknowledge},
    {"POST", "/update-cancel", V1_QUIET, USER, RUNNING, NULL, SLOW, 500, api_v1_update_cancel},
    {"GET", "/secrets", V1, USER, RUNNING, NULL, QUICK, 400, api_v1_secrets_get},
    {"POST", "/secrets", V1, USER, RUNNING, NULL, SLOW, 400, api_v1_secrets_set},
    {"POST", "/recover", V1, ANYONE, ANY, NULL, QUICK, 410, api_v1_recover},
};
enum { NUM_ROUTES = sizeof ROUTES / sizeof ROUTES[0] };

/* Refusals whose status does not depend on the route. */
static int status_of(const struct route *r, enum err_code code)
{
    switch (code) {
    case E_REQUEST_BODY:
    case E_MANIFEST_BODY:
    case E_REQUEST_QUERY:
    case E_QUOTE_NONCE:
    case E_SECRET_BODY:
    case E_RECOVERY_DECRYPT:
        return 400;
    case E_USER_UNKNOWN:
    case E_MARBLE_CERT:
        return 401;
    case E_FEATURE_OFF:
        return 403;
    case E_UPDATE_NONE:
        return 404;
    default:
        return r->fault;
    }
}

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

/* ---- one call -------------------------------------------------------------------------------- */

void api_note(struct api_call *c, struct event what)
{
    what.user = c->user != NULL ? c->user->name : NULL;
    what.peer = c->peer;
    c->is_told = c->is_told || what.err != NULL;
    events_note(core_events(c->core), &what);
}

const char *api_fingerprint(struct api_call *c, struct slice manifest)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, manifest);
    return hex_text(&c->ex->arena, slice_of(digest, sizeof digest));
}

static bool identify(struct api_call *c, enum who who, struct err *err)
{
    const struct http_request *r = &c->ex->request;

    switch (who) {
    case ANYONE:
        return true;
    case USER:
        return mesh_user(c->mesh, r->peer_chain, r->num_peer_chain, &c->user, err);
    case MARBLE:
        return mesh_marble_peer(c->mesh, r->peer_chain, r->num_peer_chain, c->now, &c->ex->arena, &c->marble,
                                err);
    }
    return err_set(err, E_INTERNAL, "a route is for nobody");
}

static bool allow(struct api_call *c, const struct route *r, struct err *err)
{
    return (r->gate == NULL || mesh_feature(c->mesh, r->gate, err)) && identify(c, r->who, err) &&
           mesh_require(c->mesh, r->states, err);
}

static void log_deprecated(const struct api_call *c, const struct route *r)
{
    if (r->api == V1)
        log_warn("deprecated REST v1 is used", "method", r->method, "path", r->path, "peer", c->peer);
}

/* Who may not is always worth a line; what went wrong otherwise, as EDG_HTTP_ERROR_LOG_LEVEL says. */
static void tell_refused(struct api_call *c, const struct route *r, int status, const struct err *err)
{
    if (c->is_told)
        return;
    if (status == 401 || status == 403 || err->code == E_USER_DENIED)
        api_note(c, (struct event){.kind = EVENT_AUTH_REFUSED,
                                   .what = arena_printf(&c->ex->arena, "%s %s", r->method, r->path),
                                   .err = err});
    else
        log_refusal(core_config(c->core)->http_error_level, err, "request refused", "method", r->method,
                    "path", r->path, "peer", c->peer);
}

static void refuse_call(struct api_call *c, const struct route *r, const struct err *err)
{
    const int status = c->status != 0 ? c->status : status_of(r, err->code);
    const bool is_fail = r->api == V2 && (status == 400 || status == 401);

    tell_refused(c, r, status, err);
    reply_refusal(c->ex, status, is_fail, c->data, err);
}

static void answer(struct core *core, const struct route *r, struct exchange *ex)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    struct api_call c = {.core = core, .mesh = mesh, .ex = ex, .now = clock_now()};
    struct err err = {0};

    c.peer = arena_strndup(&ex->arena, ex->request.peer_address);
    log_deprecated(&c, r);
    if (!allow(&c, r, &err) || !r->handle(&c, &err))
        refuse_call(&c, r, &err);
}

/* ---- what the server wants to know ----------------------------------------------------------- */

static size_t headers_len(const struct header *h, size_t num)
{
    size_t n = 0;

    for (size_t i = 0; i < num; i++)
        n += h[i].name.len + h[i].value.len + 4;
    return n;
}

static struct http_sample sample(const struct exchange *ex, const char *path, int64_t since)
{
    const struct http_request *q = &ex->request;
    const struct http_response *a = &ex->response;

    return (struct http_sample){
        .path = path,
        .method = q->method,
        .status = a->status,
        .duration_us = clock_ticks_us() - since,
        .request_len = q->method.len + q->path.len + q->query.len + headers_len(q->headers, q->num_headers) +
                       q->body.len,
        .response_len = a->body.len,
    };
}

static void handle(void *app, struct exchange *ex)
{
    const struct route *r = route_of(&ex->request);
    const char *path = r != NULL ? r->path : METRICS_OTHER;
    const int64_t since = clock_ticks_us();
    struct metrics *metrics = events_metrics(core_events(app));

    metrics_http_begin(metrics, path);
    if (r != NULL)
        answer(app, r, ex);
    else
        reply_no_route(ex, allowed(&ex->request, &ex->arena));
    const struct http_sample s = sample(ex, path, since);

    metrics_http_end(metrics, &s);
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    const struct route *r = route_of(&ex->request);

    if (err->code == E_HTTP_METHOD)
        reply_no_route(ex, allowed(&ex->request, &ex->arena));
    else
        reply_net_refusal(ex, err);
    const struct http_sample s = sample(ex, r != NULL ? r->path : METRICS_OTHER, clock_ticks_us());

    metrics_http_refused(events_metrics(core_events(app)), &s);
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
