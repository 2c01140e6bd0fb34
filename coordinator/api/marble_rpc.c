/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/marble_rpc.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/activate.h"
#include "net/grpc.h"

static void log_activation(const struct activation_request *r, struct exchange *ex, const struct err *err)
{
    const char *type = text_shown(&ex->arena, slice_str(r->marble_type));
    const char *uuid = text_shown(&ex->arena, slice_str(r->uuid));
    const char *peer = arena_strndup(&ex->arena, ex->request.peer_address);

    if (err == NULL)
        log_info("marble activated", "type", type, "uuid", uuid, "peer", peer);
    else
        log_refusal(LOG_WARN, err, "marble refused", "type", type, "uuid", uuid, "peer", peer);
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    (void)app;
    grpc_refuse(&ex->response, &ex->arena, err_grpc_status(err_kind(err)), err);
}

static void call_activate(struct core *core, struct exchange *ex, struct slice message)
{
    struct activation_request request;
    const struct activation what = {&request, ex->request.peer_chain, ex->request.num_peer_chain,
                                    clock_now()};
    struct err err = {0};
    struct slice reply;
    int status;

    if (!activation_request_decode(message, &ex->arena, &request, &err)) {
        log_refusal(LOG_WARN, &err, "marble refused", "peer",
                    arena_strndup(&ex->arena, ex->request.peer_address));
        refuse(core, ex, &err);
        return;
    }
    if (activate(core, &what, &ex->arena, &reply, &status, &err)) {
        log_activation(&request, ex, NULL);
        grpc_reply(&ex->response, &ex->arena, reply);
        return;
    }
    log_activation(&request, ex, &err);
    grpc_refuse(&ex->response, &ex->arena, status, &err);
}

static bool message_of(struct exchange *ex, struct slice *message, struct err *err)
{
    if (!grpc_is_call(&ex->request))
        return err_set(err, E_GRPC_FORMAT, "the marble API is gRPC, and this request is not a call of it");
    if (!slice_equal(ex->request.path, slice_str(ACTIVATE_METHOD)))
        return err_set(err, E_GRPC_METHOD, "the marble API has the method %s, not \"%s\"", ACTIVATE_METHOD,
                       text_shown(&ex->arena, ex->request.path));
    return grpc_message(&ex->request, message, err);
}

static void handle(void *app, struct exchange *ex)
{
    struct err err = {0};
    struct slice message;

    if (message_of(ex, &message, &err))
        call_activate(app, ex, message);
    else
        refuse(app, ex, &err);
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
    return (struct net_handler){core, handle, refuse, NULL, identity, trouble};
}
