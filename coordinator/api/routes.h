/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/routes.h: the client API: which request is for whom, and what it may do.
 *
 * The table in routes.c is the authority: a method and path that are not in it do not exist (405), and a handler is
 * called only by those, in those states and with those features that its row names. docs/api describes the same
 * from outside.
 */
#pragma once
#include "coordinator/core.h"
#include "net/server.h"

/* For net_listener.handler of the client port; `app` is a struct core. */
struct net_handler api_handler(struct core *core);

/* A request that may be made, and who makes it. */
struct api_call {
    struct core *core;
    const struct mesh *mesh; /* held until the answer is there */
    struct exchange *ex;
    int64_t now;
    const char *peer;          /* address */
    const struct user *user;   /* of a route for users */
    struct marble_peer marble; /* of a route for marbles */

    /* Set by a handler that refuses, where it knows more than the table: */
    int status;        /* instead of what the error's code means; 0: that */
    struct slice data; /* JSON text for "data"; empty: null */
    bool is_told;      /* an event has told of it already */
};

/* Notes the event, with its user and peer. With an error it is told of, and not once more. */
void api_note(struct api_call *c, struct event what);

/* SHA-256 of a manifest, in hex. */
const char *api_fingerprint(struct api_call *c, struct slice manifest);

/* The handlers, a file for each resource. They leave a success in the exchange, or refuse. */
typedef bool api_handle(struct api_call *c, struct err *err);
api_handle api_status_get, api_quote_get;
api_handle api_manifest_get, api_manifest_set;
api_handle api_update_log, api_update_apply, api_update_pending, api_update_acknowledge, api_update_cancel;
api_handle api_secrets_get, api_secrets_set;
api_handle api_recover, api_recover_public_key;
api_handle api_quote_sign, api_counter_set;

/* The same in REST v1. */
api_handle api_v1_status_get, api_v1_quote_get;
api_handle api_v1_manifest_get, api_v1_manifest_set;
api_handle api_v1_update_log, api_v1_update_apply, api_v1_update_acknowledge, api_v1_update_cancel;
api_handle api_v1_secrets_get, api_v1_secrets_set;
api_handle api_v1_recover;
