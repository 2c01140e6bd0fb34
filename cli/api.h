/* SPDX-License-Identifier: Apache-2.0 */
/* cli/api.h: the coordinator's REST calls (cli/client/calls.h) as a command makes them. */
#pragma once
#include "cli/client/calls.h"
#include "cli/target.h"

/* coordinator_ask() of cli/client/calls.h, with progress on a terminal. */
bool api_call(const struct target *t, const struct api_request *request, bool *is_v1, json_t **data,
              struct err *err);

/* The coordinator that is cached, called as the user of --cert and --key. Released with target_release(). */
bool target_as_user(struct cli *cli, const char *address, struct target *out, struct err *err);
void target_release(struct target *t);

/* What the coordinator has in force: the manifest, whose signature has been checked; the log, see
 * cli/client/calls.h. */
bool fetch_manifest(const struct target *t, struct slice *manifest, struct err *err);
bool fetch_update_log(const struct target *t, json_t **lines, struct err *err);
bool fetch_status(const struct target *t, uint64_t *code, const char **message, struct err *err);

/* {"manifest": base64} */
struct slice manifest_body(struct arena *a, struct slice manifest);
