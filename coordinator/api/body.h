/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/body.h: what a request says, read from its JSON body as Go reads it.
 *
 * Names in any case; null and absent members are the zero value, and so is a body that is null. An empty body, or one
 * that is cut off, is refused. In REST v2 the first value counts and what follows it is ignored (a streaming decoder).
 */
#pragma once
#include "base/json.h"
#include "net/server.h"

struct body {
    json_t *json;
    struct fields fields;
};
void body_release(struct body *b);

/* Must be an object, or null. Refusals are `code`. To be released in any case; `err` is used until then. */
bool body_open(struct slice text, enum json_rest rest, enum err_code code, struct arena *a, struct body *out,
               struct err *err);

/* Members that are bytes, in the arena; empty where they are not there. */
struct body_bytes {
    const char *name;
    struct slice *out;
};
bool body_bytes(struct slice text, enum err_code code, const struct body_bytes *members, size_t num,
                struct arena *a, struct err *err);

/* {"manifest": bytes}. E_MANIFEST_BODY. */
bool body_manifest(struct exchange *ex, struct slice *out, struct err *err);
