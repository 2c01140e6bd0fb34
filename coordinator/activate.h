/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/activate.h: a marble asks to be one: rpc.Marble/Activate, from values to values.
 *
 * The steps and their gRPC statuses are MarbleRun's. Nothing is changed before the last step, and that
 * only counts, if the type is limited.
 */
#pragma once
#include "coordinator/core.h"
#include "manifest/activation.h"

struct activation {
    const struct activation_request *request;
    const struct slice *peer_chain; /* DER, leaf first, of this connection; not verified */
    size_t num_peer_chain;
    int64_t now;
};

enum {
    GRPC_OK = 0,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_INTERNAL = 13,
    GRPC_UNAUTHENTICATED = 16
};

/* *reply is the encoded ActivationResp. On refusal *status is the gRPC status that goes with err. */
bool activate(struct core *core, const struct activation *what, struct arena *a, struct slice *reply,
              int *status, struct err *err);

/* Will activating a marble of this type make RSA keys, which takes a second or more? Looks at the manifest alone. */
bool activation_is_slow(const struct mesh *mesh, const char *type);
