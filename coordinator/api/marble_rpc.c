/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/marble_rpc.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/activate.h"
#include "coordinator/metrics.h"
#include "net/grpc.h"

static struct metrics *metrics_of(struct core *core) { return events_metrics(core_events(core)); }

static void tell(struct core *core, struct exchange *ex, const struct activation_request *r,
                 const struct err *err)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    const bool is_known = r->marble_type != NULL && manifest_marble(mesh->manifest, r->marble_type) != NULL;

    events_note(core_events(core),
                &(struct event){.kind = err == NULL ? EVENT_ACTIVATED : EVENT_ACTIVATION_REFUSED,
                                .marble_type = r->marble_type,
                                .uuid = r->uuid,
                                .known_type = is_known,
                                .quote = r->quote,
                                .peer = arena_strndup(&ex->arena, ex->request.peer_address),
                                .err = err});
}

static void refuse_call(struct core *core, struct exchange *ex, bool has_message, int status,
                        const struct err *err)
{
    metrics_grpc_handled(metrics_of(core), has_message, status);
    grpc_refuse(&ex->response, &ex->arena, status, err);
}

static void call_activate(struct core *core, struct exchange *ex, struct slice message)
{
    struct activation_request request = {0};
    const struct activation what = {&request, ex->request.peer_chain, ex->request.num_peer_chain,
                                    clock_now()};
    struct err err = {0};
    struct slice reply;
    int status = err_grpc_status(ERR_INVALID);

    if (activation_request_decode(message, &ex->arena, &request, &err) &&
        activate(core, &what, &ex->arena, &reply, &status, &err)) {
        tell(core, ex, &request, NULL);
        metrics_grpc_handled(metrics_of(core), true, GRPC_OK);
        grpc_reply(&ex->response, &ex->arena, reply);
        return;
    }
    tell(core, ex, &request, &err);
    refuse_call(core, ex, true, status, &err);
}

static bool is_activate(const struct http_request *r)
{
    return slice_equal(r->path, slice_str(ACTIVATE_METHOD));
}

/* Before the call: not gRPC, no such method, no message, too large, too slow. */
static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    const int status = err_grpc_status(err_kind(err));

    if (is_activate(&ex->request))
        refuse_call(app, ex, false, status, err);
    else
        grpc_refuse(&ex->response, &ex->arena, status, err);
}

static bool message_of(struct exchange *ex, struct slice *message, struct err *err)
{
    if (!grpc_is_call(&ex->request))
        return err_set(err, E_GRPC_FORMAT, "the marble API is gRPC, and this request is not a call of it");
    if (!is_activate(&ex->request))
        return err_set(err, E_GRPC_METHOD, "the marble API has the method %s, not \"%s\"", ACTIVATE_METHOD,
                       text_shown(&ex->arena, ex->request.path));
    return grpc_message(&ex->request, message, err);
}

static void handle(void *app, struct exchange *ex)
{
    struct err err = {0};
    struct slice message;

    if (is_activate(&ex->request))
        metrics_grpc_started(metrics_of(app));
    if (message_of(ex, &message, &err))
        call_activate(app, ex, message);
    else
        refuse(app, ex, &err);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* What makes RSA keys takes a second or more. This runs on the event loop, so it looks at the type alone. */
static bool is_slow(void *app, const struct http_request *request)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(app);
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice message, type;
    struct err err;

    return grpc_message(request, &message, &err) && activation_request_type(message, &type) &&
           activation_is_slow(mesh, arena_strndup(&scratch, type));
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
