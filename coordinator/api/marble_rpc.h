/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/marble_rpc.h: the marble API: rpc.Marble/Activate over gRPC. */
#pragma once
#include "coordinator/core.h"
#include "net/server.h"

/* For net_listener.handler of the marble port; `app` is a struct core. */
struct net_handler marble_rpc_handler(struct core *core);
