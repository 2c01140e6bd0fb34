/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/activate.h: a marble asks to be one, or to stay one, from values to values.
 *
 * The steps and their gRPC statuses are MarbleRun's. Nothing is changed before the last step, and that
 * only counts, if the type is limited. The three ways differ in what evidence is bound to, in whose key is
 * certified, and in the form of the answer:
 *
 *     rpc.Marble/Activate    the client's certificate            a key made here, for MarbleRun's validity
 *     mesh.v1.Mesh/Activate  mesh_binding(): nonce, connection,  the request's key, for Config.LeafLifetime
 *                            key
 *     mesh.v1.Mesh/Renew     the same; the client's certificate  the same; not counted
 *                            says who it is
 */
#pragma once
#include "coordinator/core.h"
#include "manifest/mesh_v1.h"

enum activation_way { ACTIVATE_BY_RPC, ACTIVATE_BY_MESH, RENEW_BY_MESH };

struct activation {
    enum activation_way way;
    struct mesh_activate_request request; /* of rpc.Marble without a nonce; see activation_of_rpc() */
    struct slice exporter;                /* of this connection; empty below TLS 1.3 */
    const struct slice *peer_chain;       /* DER, leaf first, of this connection; not verified */
    size_t num_peer_chain;
    int64_t now;
};

static inline struct mesh_activate_request activation_of_rpc(const struct activation_request *r)
{
    return (struct mesh_activate_request){
        .evidence = r->quote, .csr = r->csr, .marble_type = r->marble_type, .uuid = r->uuid};
}

enum {
    GRPC_OK = 0,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_INTERNAL = 13,
    GRPC_UNAUTHENTICATED = 16
};

/* *reply is the encoded answer of its way. On refusal *status is the gRPC status that goes with err. Of a
 * renewal type and UUID of the request become the certificate's. */
bool activate(struct core *core, struct activation *what, struct arena *a, struct slice *reply, int *status,
              struct err *err);

/* Will activating a marble of this type make RSA keys, which takes a second or more? Looks at the manifest
 * alone. */
bool activation_is_slow(const struct mesh *mesh, const char *type);
