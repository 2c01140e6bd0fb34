/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/marble_rpc.h: the marble API over gRPC: rpc.Marble, which is MarbleRun's, and mesh.v1.Mesh.
 */
#pragma once
#include "coordinator/activate.h"
#include "coordinator/metrics.h"
#include "net/server.h"

/* For net_listener.handler of the marble port; `app` is a struct core. */
struct net_handler marble_rpc_handler(struct core *core);

/* ---- for the files of the API -------------------------------------------------------------------- */

/* One method. `call` answers; false: it has refused, with this status and err. `is_slow` looks at the message
 * alone, on the event loop; NULL: it never is. */
struct rpc {
    const char *path;
    enum grpc_method method;
    bool (*call)(struct core *core, struct exchange *ex, struct slice message, int *status, struct err *err);
    bool (*is_slow)(struct core *core, struct slice message);
};
extern const struct rpc MESH_RPCS[];
extern const size_t NUM_MESH_RPCS;

/* Tells of an activation or renewal; err NULL: it was granted. */
void rpc_tell(struct core *core, struct exchange *ex, const struct activation *what, const struct err *err);

/* Does activating this type make RSA keys, which takes a second or more? */
bool rpc_type_is_slow(struct core *core, struct slice type);
