/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/reply.h: the envelope of the client API (JSend, as MarbleRun writes it).
 *
 *     success  200          application/json    {"status":"success","data":...}
 *     fail     400, 401     application/json    {"status":"fail","data":null,"message":...,"reason":...}
 *     error    all others   text/plain          {"status":"error","data":null,"message":...,"reason":...}
 *
 * REST v1 knows no "fail". Bodies end with a newline; '<', '>' and '&' are escaped as Go does. "reason" is ours: the
 * stable word of base/reasons.def. Every answer of a simulated coordinator carries "Mesh-Trust-Domain: simulated".
 */
#pragma once
#include "base/buf.h"
#include "base/limits.h"
#include "net/server.h"

/* More than any answer can have: all of the state, in base64, escaped. */
enum { REPLY_MAX = 4 * LIMIT_STATE };

/* A member of an object: "name":value, with a comma before it if it is not the first. Names are escaped. */
void put_member(struct buf *b, const char *name, struct slice text);
void put_bytes_member(struct buf *b, const char *name, struct slice bytes); /* base64; null if ptr is NULL */
void put_number_member(struct buf *b, const char *name, uint64_t n);
void put_strings_member(struct buf *b, const char *name, const char *const *strings,
                        size_t num); /* null if there are none */
void put_json_member(struct buf *b, const char *name, struct slice json);

/* `data` is JSON text. */
void reply_success(struct exchange *ex, struct slice data);
void reply_success_text(struct exchange *ex, const char *text); /* data is this string */

/* A refusal. `data` is JSON text; empty: null. */
void reply_refusal(struct exchange *ex, int status, bool is_fail, struct slice data, const struct err *err);

/* A refusal before any handler was asked (too large, too slow, busy): by the kind of the error. */
void reply_net_refusal(struct exchange *ex, const struct err *err);

/* 405. `allow`: the methods that the path knows, or NULL for a path that does not exist. */
void reply_no_route(struct exchange *ex, const char *allow);
