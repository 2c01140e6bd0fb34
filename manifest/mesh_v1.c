/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/mesh_v1.h"

#include "base/limits.h"
#include "base/text.h"
#include "manifest/mesh.pb-c.h"
#include "manifest/protobuf.h"
#include "pki/hash.h"

void mesh_binding(const struct mesh_binding *b, uint8_t report_data[64])
{
    const struct slice connection[] = {slice_str("mesh.v1.Mesh/Activate"), b->nonce, b->exporter};

    sha256_of(report_data, connection, 3);
    sha256(report_data + MESH_BINDING_CONNECTION, b->spki);
}

static bool check_size(ProtobufCBinaryData b, size_t size, const char *what, struct err *err)
{
    return b.len == size || err_set(err, E_GRPC_FORMAT, "%s has %zu bytes, and not %zu", what, b.len, size);
}

/* ---- Challenge --------------------------------------------------------------------------------- */

struct slice mesh_challenge_request_encode(struct slice nonce, struct arena *a)
{
    Mesh__V1__ChallengeRequest m = MESH__V1__CHALLENGE_REQUEST__INIT;

    m.nonce = proto_give_bytes(nonce);
    return proto_pack(&m.base, a);
}

bool mesh_challenge_request_decode(struct slice in, struct arena *a, struct slice *nonce, struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    const Mesh__V1__ChallengeRequest *m;
    ProtobufCMessage *base;

    if (!proto_unpack(&mesh__v1__challenge_request__descriptor, in, PROTO_PER_FIELD_BYTE, &pool, &base, err))
        return false;
    m = (const Mesh__V1__ChallengeRequest *)base;
    if (m->nonce.len != 0 && !check_size(m->nonce, MESH_NONCE_SIZE, "Nonce", err))
        return false;
    *nonce = proto_take_bytes(m->nonce, a);
    return true;
}

struct slice mesh_challenge_reply_encode(const struct mesh_challenge_reply *r, struct arena *a)
{
    Mesh__V1__ChallengeReply m = MESH__V1__CHALLENGE_REPLY__INIT;

    m.nonce = proto_give_bytes(r->nonce);
    m.root = proto_give_bytes(r->root);
    m.evidence = proto_give_bytes(r->evidence);
    m.collateral = proto_give_bytes(r->collateral);
    return proto_pack(&m.base, a);
}

bool mesh_challenge_reply_decode(struct slice in, struct arena *a, struct mesh_challenge_reply *out,
                                 struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    const Mesh__V1__ChallengeReply *m;
    ProtobufCMessage *base;

    if (!proto_unpack(&mesh__v1__challenge_reply__descriptor, in, PROTO_PER_FIELD_BYTE, &pool, &base, err))
        return false;
    m = (const Mesh__V1__ChallengeReply *)base;
    if (!check_size(m->nonce, MESH_NONCE_SIZE, "Nonce", err))
        return false;
    *out = (struct mesh_challenge_reply){
        .nonce = proto_take_bytes(m->nonce, a),
        .root = proto_take_bytes(m->root, a),
        .evidence = proto_take_bytes(m->evidence, a),
        .collateral = proto_take_bytes(m->collateral, a),
    };
    return true;
}

/* ---- Activate and Renew: the request ------------------------------------------------------------- */

struct slice mesh_activate_request_encode(const struct mesh_activate_request *r, struct arena *a)
{
    Mesh__V1__ActivateRequest m = MESH__V1__ACTIVATE_REQUEST__INIT;

    m.nonce = proto_give_bytes(r->nonce);
    m.evidence = proto_give_bytes(r->evidence);
    m.csr = proto_give_bytes(r->csr);
    m.marbletype = proto_give_string(r->marble_type);
    m.uuid = proto_give_string(r->uuid);
    return proto_pack(&m.base, a);
}

bool mesh_activate_request_decode(struct slice in, struct arena *a, struct mesh_activate_request *out,
                                  struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    char *marble_type = NULL, *uuid = NULL;
    const Mesh__V1__ActivateRequest *m;
    ProtobufCMessage *base;

    if (!proto_unpack(&mesh__v1__activate_request__descriptor, in, PROTO_PER_FIELD_BYTE, &pool, &base, err))
        return false;
    m = (const Mesh__V1__ActivateRequest *)base;
    if (!check_size(m->nonce, MESH_NONCE_SIZE, "Nonce", err) ||
        !proto_take_string(m->marbletype, "MarbleType", a, &marble_type, err) ||
        !proto_take_string(m->uuid, "UUID", a, &uuid, err))
        return false;
    *out = (struct mesh_activate_request){
        .nonce = proto_take_bytes(m->nonce, a),
        .evidence = proto_take_bytes(m->evidence, a),
        .csr = proto_take_bytes(m->csr, a),
        .marble_type = marble_type,
        .uuid = uuid,
    };
    return true;
}

bool mesh_activate_request_type(struct slice in, struct slice *type)
{
    enum { MARBLE_TYPE = 4 };

    return proto_find(in, MARBLE_TYPE, type);
}

/* ---- Activate and Renew: the reply --------------------------------------------------------------- */

struct slice mesh_activate_reply_encode(const struct mesh_activate_reply *r, struct arena *a)
{
    scoped(arena_wipe) struct arena scratch = {0};
    Mesh__V1__ActivateReply m = MESH__V1__ACTIVATE_REPLY__INIT;
    Rpc__Parameters parameters;

    m.chain = arena_array(&scratch, r->num_chain, sizeof *m.chain);
    m.n_chain = r->num_chain;
    for (size_t i = 0; i < r->num_chain; i++)
        m.chain[i] = proto_give_bytes(r->chain[i]);
    proto_give_parameters(&r->parameters, &scratch, &parameters);
    m.parameters = &parameters;
    m.keystandin = proto_give_bytes(r->key_stand_in);
    m.revision = r->revision;
    return proto_pack(&m.base, a);
}

static bool check_chain(const Mesh__V1__ActivateReply *m, struct err *err)
{
    if (m->n_chain == 0 || m->n_chain > LIMIT_CHAIN)
        return err_set(err, E_GRPC_FORMAT, "Chain has %zu certificates, and not 1 to %d", m->n_chain,
                       LIMIT_CHAIN);
    return true;
}

bool mesh_activate_reply_decode(struct slice in, struct arena *a, struct mesh_activate_reply *out,
                                struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    struct mesh_activate_reply r = {0};
    const Mesh__V1__ActivateReply *m;
    ProtobufCMessage *base;

    if (!proto_unpack(&mesh__v1__activate_reply__descriptor, in, PROTO_PER_ENTRY_BYTE, &pool, &base, err))
        return false;
    m = (const Mesh__V1__ActivateReply *)base;
    if (!check_chain(m, err) || !check_size(m->keystandin, MESH_STAND_IN_SIZE, "KeyStandIn", err) ||
        !proto_take_parameters(m->parameters, a, &r.parameters, err))
        return false;
    r.chain = arena_array(a, m->n_chain, sizeof *r.chain);
    for (; r.num_chain < m->n_chain; r.num_chain++)
        r.chain[r.num_chain] = proto_take_bytes(m->chain[r.num_chain], a);
    r.key_stand_in = proto_take_bytes(m->keystandin, a);
    r.revision = m->revision;
    *out = r;
    return true;
}

/* ---- Watch --------------------------------------------------------------------------------------- */

struct slice mesh_watch_event_encode(uint64_t revision, struct arena *a)
{
    Mesh__V1__WatchEvent m = MESH__V1__WATCH_EVENT__INIT;

    m.revision = revision;
    return proto_pack(&m.base, a);
}

bool mesh_watch_event_decode(struct slice in, uint64_t *revision, struct err *err)
{
    scoped(proto_pool_wipe) struct proto_pool pool = {0};
    ProtobufCMessage *base;

    if (!proto_unpack(&mesh__v1__watch_event__descriptor, in, PROTO_PER_FIELD_BYTE, &pool, &base, err))
        return false;
    *revision = ((const Mesh__V1__WatchEvent *)base)->revision;
    return true;
}
