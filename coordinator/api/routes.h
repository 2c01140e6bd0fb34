/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/routes.h: the client API: which request is for whom, and what it may do.
 *
 * The table in routes.c is the authority: a method and path that are not in it do not exist (405), and
 * a handler is not called in a state that its row does not name.
 */
#pragma once
#include "coordinator/core.h"
#include "net/server.h"

/* For net_listener.handler of the client port; `app` is a struct core. */
struct net_handler api_handler(struct core *core);

/* The handlers, one resource each. They leave a success in the exchange, or refuse. */
typedef bool api_handle(struct core *core, const struct mesh *mesh, struct exchange *ex, struct err *err);
api_handle api_status_get;
api_handle api_quote_get;
api_handle api_manifest_get;
api_handle api_manifest_set;
