/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of mesh.v1.Mesh from an unknown peer: what is understood survives another round, and the key is
 * put into whatever parameters came. */
#include "manifest/mesh_v1.h"

/* What was refused must have been refused as a message. */
static void refused(const struct err *err)
{
    if (err->code != E_GRPC_FORMAT)
        __builtin_trap();
}

static void same(struct slice a, struct slice b)
{
    if (!slice_equal(a, b))
        __builtin_trap();
}

static void challenge(struct slice in, struct arena *a)
{
    struct mesh_challenge_reply r, again;
    struct slice nonce;
    struct err err = {0};

    if (mesh_challenge_request_decode(in, a, &nonce, &err))
        (void)mesh_challenge_request_encode(nonce, a);
    else
        refused(&err);
    if (!mesh_challenge_reply_decode(in, a, &r, &err)) {
        refused(&err);
        return;
    }
    if (!mesh_challenge_reply_decode(mesh_challenge_reply_encode(&r, a), a, &again, &err))
        __builtin_trap();
    same(r.root, again.root);
    same(r.collateral, again.collateral);
}

static void request(struct slice in, struct arena *a)
{
    struct mesh_activate_request r, again;
    struct slice type;
    struct err err = {0};

    (void)mesh_activate_request_type(in, &type);
    if (!mesh_activate_request_decode(in, a, &r, &err)) {
        refused(&err);
        return;
    }
    if (!mesh_activate_request_decode(mesh_activate_request_encode(&r, a), a, &again, &err) ||
        strcmp(r.uuid, again.uuid) != 0 ||
        !mesh_activate_request_type(mesh_activate_request_encode(&r, a), &type))
        __builtin_trap();
    same(type, slice_str(r.marble_type));
    same(r.evidence, again.evidence);
    same(r.csr, again.csr);
}

static void reply(struct slice in, struct arena *a)
{
    struct mesh_activate_reply r, again;
    struct slice first;
    struct err err = {0};

    if (!mesh_activate_reply_decode(in, a, &r, &err)) {
        refused(&err);
        return;
    }
    first = mesh_activate_reply_encode(&r, a);
    if (!mesh_activate_reply_decode(first, a, &again, &err))
        __builtin_trap();
    same(first, mesh_activate_reply_encode(&again, a));
    mesh_put_key(&r.parameters, r.key_stand_in,
                 slice_str("a key that is longer than a line of PEM has bytes"), a);
}

static void event(struct slice in, struct arena *a)
{
    uint64_t revision, again;
    struct err err = {0};

    if (!mesh_watch_event_decode(in, &revision, &err))
        refused(&err);
    else if (!mesh_watch_event_decode(mesh_watch_event_encode(revision, a), &again, &err) ||
             again != revision)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};

    challenge(slice_of(data, len), &a);
    request(slice_of(data, len), &a);
    reply(slice_of(data, len), &a);
    event(slice_of(data, len), &a);
    arena_wipe(&a);
    return 0;
}
