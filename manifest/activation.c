/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/activation.h"

#include "manifest/protobuf.h"

/* ---- the request ------------------------------------------------------------------------------- */

struct slice activation_request_encode(const struct activation_request *r, struct arena *a)
{
    Rpc__ActivationReq m = RPC__ACTIVATION_REQ__INIT;

    m.quote = proto_give_bytes(r->quote);
    m.csr = proto_give_bytes(r->csr);
    m.marbletype = proto_give_string(r->marble_type);
    m.uuid = proto_give_string(r->uuid);
    return proto_pack(&m.base, a);
}

bool activation_request_decode(struct slice in, struct arena *a, struct activation_request *out,
                               struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    char *marble_type = NULL, *uuid = NULL;
    const Rpc__ActivationReq *m;
    ProtobufCMessage *base;

    if (!proto_unpack(&rpc__activation_req__descriptor, in, PROTO_PER_FIELD_BYTE, &pool, &base, err))
        return false;
    m = (const Rpc__ActivationReq *)base;
    if (!proto_take_string(m->marbletype, "MarbleType", a, &marble_type, err) ||
        !proto_take_string(m->uuid, "UUID", a, &uuid, err))
        return false;
    *out = (struct activation_request){
        .quote = proto_take_bytes(m->quote, a),
        .csr = proto_take_bytes(m->csr, a),
        .marble_type = marble_type,
        .uuid = uuid,
    };
    return true;
}

/* ---- the response ------------------------------------------------------------------------------ */

struct slice activation_response_encode(const struct parameters *p, struct arena *a)
{
    scoped(arena_wipe) struct arena scratch = {0};
    Rpc__ActivationResp response = RPC__ACTIVATION_RESP__INIT;
    Rpc__Parameters m;

    proto_give_parameters(p, &scratch, &m);
    response.parameters = &m;
    return proto_pack(&response.base, a);
}

bool activation_response_decode(struct slice in, struct arena *a, struct parameters *out, struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    ProtobufCMessage *base;

    return proto_unpack(&rpc__activation_resp__descriptor, in, PROTO_PER_ENTRY_BYTE, &pool, &base, err) &&
           proto_take_parameters(((const Rpc__ActivationResp *)base)->parameters, a, out, err);
}

/* ---- the type alone --------------------------------------------------------------------------- */

bool activation_request_type(struct slice in, struct slice *type)
{
    enum { MARBLE_TYPE = 3 };

    return proto_find(in, MARBLE_TYPE, type);
}
