/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/ops.h: what those who run the coordinator look at, over plain HTTP without authentication:
 *
 *     GET /metrics   Prometheus's text format
 *     GET /events    activations, as MarbleRun shows them
 *     GET /healthz   200 as long as the process answers
 *     GET /readyz    200 when marbles are accepted, else 503; says which state it is
 *
 * It tells types, UUIDs and quotes of marbles: its address should be reachable by the operator alone.
 */
#pragma once
#include <stdatomic.h>

#include "coordinator/core.h"
#include "net/server.h"

/* Before there is a core, which takes its time to load, the state is 0. */
struct ops {
    _Atomic(struct core *) core; /* borrowed; NULL: not yet */
};

/* For net_listener.handler; `app` is the struct ops. */
struct net_handler ops_handler(struct ops *ops);
