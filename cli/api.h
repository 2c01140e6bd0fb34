/* SPDX-License-Identifier: Apache-2.0 */
/* cli/api.h: the coordinator's REST calls: version 2, and version 1 where a coordinator does not know version 2. */
#pragma once
#include "cli/target.h"

struct api_request {
    const char *method;
    const char *path;             /* "/manifest": version 2 has it behind /api/v2 */
    struct slice body, body_v1;   /* empty: none */
    bool only_v2;                 /* there is nothing of the kind in version 1 */
};

/* *data is the envelope's data member, which the caller releases; *is_v1 tells whose form it has. */
bool api_call(const struct target *t, const struct api_request *request, bool *is_v1, json_t **data,
              struct err *err);

/* The coordinator that is cached, called as the user of --cert and --key. Released with target_release(). */
bool target_as_user(struct cli *cli, const char *address, struct target *out, struct err *err);
void target_release(struct target *t);

/* What the coordinator has in force. The log: its lines, oldest first. The caller releases *lines (an array). */
bool fetch_manifest(const struct target *t, struct slice *manifest, struct err *err);
bool fetch_update_log(const struct target *t, json_t **lines, struct err *err);
bool fetch_status(const struct target *t, uint64_t *code, const char **message, struct err *err);

/* {"manifest": base64} */
struct slice manifest_body(struct arena *a, struct slice manifest);
