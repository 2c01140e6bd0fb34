/* SPDX-License-Identifier: Apache-2.0 */
/* marble/session.h: one connection to a coordinator's mesh.v1.Mesh, and what is bound to it: the challenge,
 * the evidence in answer to it, and what the coordinator gives for that. Wire contract: manifest/mesh.proto.
 *
 * The order is the protection: the server shows a chain, says which root it ends in and, where a policy pins
 * the coordinator, proves what it is; only then does anything of the service's own go out.
 */
#pragma once
#include "marble/config.h"
#include "marble/pin.h"
#include "net/grpc.h"

struct session_options {
    const struct config *config;
    const struct pin *pin;
    struct tls_identity *identity; /* of a marble that renews; NULL: one that says nothing */
    struct slice root;             /* of the coordinator, if it is known from before; DER */
    unsigned connect_ms, call_ms;
};

struct session {
    const struct session_options *options;
    struct client *client;
    uint8_t exporter[TLS_EXPORTER_LEN];
    struct slice nonce, root; /* after session_challenge(); in the arena that was given there */
};

/* Connects, TLS 1.3. With options->root: to a server whose chain ends in it, before our own certificate is
 * shown (E_CERT_CHAIN). The options are borrowed until session_close(). */
bool session_open(const struct session_options *options, struct session *out, struct err *err);
void session_close(struct session *s); /* zero state again */

/* Asks for the nonce and, if the coordinator is pinned, for evidence, which is verified (pin_verify()).
 * E_GRPC_METHOD: it does not know mesh.v1. */
bool session_challenge(struct session *s, struct arena *a, struct err *err);

/* What the coordinator gave. Lives in the arena, which is to be wiped: the key is among the parameters. */
struct activation {
    bool by_mesh; /* false: by rpc.Marble; then there are parameters only */
    struct parameters parameters;
    struct slice root;             /* the coordinator's, DER */
    int64_t not_before, not_after; /* of the service's certificate */
    uint64_t revision;             /* of the mesh */
};

/* Makes a key, and evidence over it, this nonce and this connection, and asks for a certificate by `method`
 * (MESH_ACTIVATE_METHOD or MESH_RENEW_METHOD). The key stays here; it is put where the parameters name it.
 * *refused: it was the coordinator that said no. */
bool session_activate(struct session *s, const char *method, const char *uuid, struct arena *a,
                      struct activation *out, bool *refused, struct err *err);
