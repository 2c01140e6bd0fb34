/* SPDX-License-Identifier: Apache-2.0 */
/* mesh.v1.Mesh (manifest/mesh.proto). */
#include "base/clock.h"
#include "base/limits.h"
#include "coordinator/api/marble_rpc.h"
#include "coordinator/challenge.h"
#include "net/grpc.h"

/* ---- Challenge ----------------------------------------------------------------------------------- */

/* What this coordinator has for its own evidence. A client that finds nothing here looks elsewhere. */
static struct slice own_collateral(struct core *core, struct slice quote, int64_t now, struct arena *a)
{
    struct collateral_items items;
    struct evidence evidence;
    struct err ignored;

    if (core_judge(core) == NULL || quote.len == 0 || !evidence_decode(quote, &evidence, &ignored) ||
        !judge_collateral(core_judge(core), &evidence, 0, now, a, &items, &ignored))
        return (struct slice){0};
    return slice_str(bundle_text(&items, a));
}

static bool answer_challenge(struct core *core, struct exchange *ex, struct slice wanted, struct err *err)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    struct arena *a = &ex->arena;
    uint8_t nonce[CHALLENGE_LEN];
    struct mesh_challenge_reply reply = {.nonce = slice_of(nonce, sizeof nonce), .root = mesh->ca->root.der};
    const int64_t now = clock_now();

    if (!challenge_make(core_challenge_key(core), ex->request.exporter, now, nonce, err))
        return false;
    if (wanted.len > 0) {
        if (!core_quote(core, mesh, wanted, a, &reply.evidence, err))
            return false;
        reply.collateral = own_collateral(core, reply.evidence, now, a);
    }
    grpc_reply(&ex->response, a, mesh_challenge_reply_encode(&reply, a));
    return true;
}

static bool call_challenge(struct core *core, struct exchange *ex, struct slice message, int *status,
                           struct err *err)
{
    struct slice wanted;

    if (mesh_challenge_request_decode(message, &ex->arena, &wanted, err) &&
        answer_challenge(core, ex, wanted, err))
        return true;
    *status = err_grpc_status(err_kind(err));
    return false;
}

/* A nonce asks for a quote. */
static bool challenge_is_slow(struct core *core, struct slice message)
{
    (void)core;
    return message.len > 0;
}

/* ---- Activate, Renew ------------------------------------------------------------------------------ */

static bool grant(struct core *core, struct exchange *ex, enum activation_way way, struct slice message,
                  int *status, struct err *err)
{
    struct activation what = {.way = way,
                              .exporter = ex->request.exporter,
                              .peer_chain = ex->request.peer_chain,
                              .num_peer_chain = ex->request.num_peer_chain,
                              .now = clock_now()};
    struct slice reply;

    if (mesh_activate_request_decode(message, &ex->arena, &what.request, err) &&
        activate(core, &what, &ex->arena, &reply, status, err)) {
        rpc_tell(core, ex, &what, NULL);
        grpc_reply(&ex->response, &ex->arena, reply);
        return true;
    }
    rpc_tell(core, ex, &what, err);
    return false;
}

static bool call_activate(struct core *core, struct exchange *ex, struct slice message, int *status,
                          struct err *err)
{
    return grant(core, ex, ACTIVATE_BY_MESH, message, status, err);
}

static bool call_renew(struct core *core, struct exchange *ex, struct slice message, int *status,
                       struct err *err)
{
    return grant(core, ex, RENEW_BY_MESH, message, status, err);
}

/* Of a renewal the certificate decides, not the message; but a marble says the same in both. */
static bool activate_is_slow(struct core *core, struct slice message)
{
    struct slice type;

    return mesh_activate_request_type(message, &type) && rpc_type_is_slow(core, type);
}

const struct rpc MESH_RPCS[] = {
    {MESH_CHALLENGE_METHOD, GRPC_METHOD_CHALLENGE, call_challenge, challenge_is_slow},
    {MESH_ACTIVATE_METHOD, GRPC_METHOD_ACTIVATE, call_activate, activate_is_slow},
    {MESH_RENEW_METHOD, GRPC_METHOD_RENEW, call_renew, activate_is_slow},
};
const size_t NUM_MESH_RPCS = sizeof MESH_RPCS / sizeof MESH_RPCS[0];
