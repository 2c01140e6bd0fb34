/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/marble_rpc.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "net/grpc.h"

static struct metrics *metrics_of(struct core *core) { return events_metrics(core_events(core)); }

/* ---- rpc.Marble/Activate ------------------------------------------------------------------------- */

void rpc_tell(struct core *core, struct exchange *ex, const struct activation *what, const struct err *err)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    const struct mesh_activate_request *r = &what->request;
    const bool is_known = r->marble_type != NULL && manifest_marble(mesh->manifest, r->marble_type) != NULL;

    events_note(core_events(core),
                &(struct event){.kind = what->way == RENEW_BY_MESH ? EVENT_RENEWED
                                        : err == NULL              ? EVENT_ACTIVATED
                                                                   : EVENT_ACTIVATION_REFUSED,
                                .marble_type = r->marble_type,
                                .uuid = r->uuid,
                                .known_type = is_known,
                                .quote = r->evidence,
                                .peer = arena_strndup(&ex->arena, ex->request.peer_address),
                                .err = err});
}

static bool call_activate(struct core *core, struct exchange *ex, struct slice message, int *status,
                          struct err *err)
{
    struct activation_request request = {0};
    struct activation what = {.way = ACTIVATE_BY_RPC,
                              .peer_chain = ex->request.peer_chain,
                              .num_peer_chain = ex->request.num_peer_chain,
                              .now = clock_now()};
    struct slice reply;

    if (activation_request_decode(message, &ex->arena, &request, err)) {
        what.request = activation_of_rpc(&request);
        if (activate(core, &what, &ex->arena, &reply, status, err)) {
            rpc_tell(core, ex, &what, NULL);
            grpc_reply(&ex->response, &ex->arena, reply);
            return true;
        }
    }
    rpc_tell(core, ex, &what, err);
    return false;
}

bool rpc_type_is_slow(struct core *core, struct slice type)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    scoped(arena_wipe) struct arena scratch = {0};

    return activation_is_slow(mesh, arena_strndup(&scratch, type));
}

static bool activate_is_slow(struct core *core, struct slice message)
{
    struct slice type;

    return activation_request_type(message, &type) && rpc_type_is_slow(core, type);
}

static const struct rpc RPC_ACTIVATE = {ACTIVATE_METHOD, GRPC_METHOD_RPC_ACTIVATE, call_activate,
                                        activate_is_slow};

/* ---- any call ------------------------------------------------------------------------------------ */

static const struct rpc *rpc_of(const struct http_request *r)
{
    if (slice_equal(r->path, slice_str(RPC_ACTIVATE.path)))
        return &RPC_ACTIVATE;
    for (size_t i = 0; i < NUM_MESH_RPCS; i++)
        if (slice_equal(r->path, slice_str(MESH_RPCS[i].path)))
            return &MESH_RPCS[i];
    return NULL;
}

/* Before the call: not gRPC, no such method, no message, too large, too slow. */
static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    const int status = err_grpc_status(err_kind(err));
    const struct rpc *rpc = rpc_of(&ex->request);

    if (rpc != NULL)
        metrics_grpc_handled(metrics_of(app), rpc->method, false, status);
    grpc_refuse(&ex->response, &ex->arena, status, err);
}

static bool message_of(struct exchange *ex, struct slice *message, struct err *err)
{
    if (!grpc_is_call(&ex->request))
        return err_set(err, E_GRPC_FORMAT, "the marble API is gRPC, and this request is not a call of it");
    if (rpc_of(&ex->request) == NULL)
        return err_set(err, E_GRPC_METHOD, "the marble API has %s and mesh.v1.Mesh, not \"%s\"",
                       ACTIVATE_METHOD, text_shown(&ex->arena, ex->request.path));
    return grpc_message(&ex->request, message, err);
}

static void handle(void *app, struct exchange *ex)
{
    const struct rpc *rpc = rpc_of(&ex->request);
    int status = err_grpc_status(ERR_INVALID);
    struct err err = {0};
    struct slice message;

    if (rpc != NULL)
        metrics_grpc_started(metrics_of(app), rpc->method);
    if (!message_of(ex, &message, &err)) {
        refuse(app, ex, &err);
        return;
    }
    if (rpc->call(app, ex, message, &status, &err))
        status = GRPC_OK;
    else
        grpc_refuse(&ex->response, &ex->arena, status, &err);
    metrics_grpc_handled(metrics_of(app), rpc->method, true, status);
}

/* ---- the listener -------------------------------------------------------------------------------- */

/* On the event loop: so it looks at little. */
static bool is_slow(void *app, const struct http_request *request)
{
    const struct rpc *rpc = rpc_of(request);
    struct slice message;
    struct err err;

    return rpc != NULL && rpc->is_slow != NULL && grpc_message(request, &message, &err) &&
           rpc->is_slow(app, message);
}

static struct tls_identity *identity(void *app)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(app);

    return tls_identity_hold(mesh->ca->mesh_identity);
}

static void trouble(void *app, const char *peer_address, const struct err *err)
{
    log_refusal(core_config(app)->http_error_level, err, "marble API connection", "peer", peer_address);
}

struct net_handler marble_rpc_handler(struct core *core)
{
    return (struct net_handler){core, handle, refuse, is_slow, identity, trouble};
}
