/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/reply.h: the envelope of the client API (JSend, as MarbleRun writes it).
 *
 *     success  200      application/json    {"status":"success","data":...}
 *     fail     4xx      application/json    {"status":"fail","data":null,"message":...,"reason":...}
 *     error    5xx, 405 text/plain          {"status":"error","data":null,"message":...,"reason":...}
 *
 * Bodies end with a newline; '<', '>' and '&' are escaped as Go does. "reason" is ours: the stable word of
 * base/reasons.def. Every answer of a simulated coordinator carries "Mesh-Trust-Domain: simulated".
 */
#pragma once
#include "base/buf.h"
#include "net/server.h"

/* Members of an object; commas are the caller's. */
void put_member(struct buf *b, const char *name, struct slice text); /* "name":"text" */
void put_bytes_member(struct buf *b, const char *name,
                      struct slice bytes); /* base64; null if there are none */

/* `data` is JSON text. */
void reply_success(struct exchange *ex, struct slice data);

/* A refusal of a handler: 400 "fail" if the request could not be read, else 500 "error", as the API of
 * MarbleRun has it. */
void reply_refusal(struct exchange *ex, const struct err *err);

/* A refusal before any handler was asked (too large, too slow, busy): by the kind of the error. */
void reply_net_refusal(struct exchange *ex, const struct err *err);

/* 405. `allow`: the methods that the path knows, or NULL for a path that does not exist. */
void reply_no_route(struct exchange *ex, const char *allow);
