/* SPDX-License-Identifier: Apache-2.0 */
/* cli/client/calls.h: the coordinator's REST calls: version 2, and version 1 where a coordinator does not
 * know version 2.
 */
#pragma once
#include "cli/client/coordinator.h"

struct api_request {
    const char *method;
    const char *path;           /* "/manifest": version 2 has it behind /api/v2 */
    struct slice body, body_v1; /* empty: none */
    bool only_v2;               /* there is nothing of the kind in version 1 */
};

/* *data is the envelope's data member, which the caller releases; *is_v1 tells whose form it has. */
bool coordinator_ask(const struct coordinator *c, const struct api_request *request, struct arena *a,
                     bool *is_v1, json_t **data, struct err *err);

/* The manifest in force, with its signature by the coordinator's root key (ECDSA, DER), which has been
 * checked. Of version 1 it may be missing, as old coordinators have none; where nothing was verified nothing
 * is checked. E_SIGNATURE, E_STATE_WRONG. */
struct signed_manifest {
    struct slice text, signature;
};
bool coordinator_manifest(const struct coordinator *c, struct arena *a, struct signed_manifest *out,
                          struct err *err);

/* E_SIGNATURE unless the coordinator's root key has signed it. */
bool manifest_signed_by(const struct coordinator *c, const struct signed_manifest *m, struct err *err);

/* SHA-256 of a manifest's bytes, in hexadecimal; and E_MANIFEST_OTHER unless it is the wanted one (of either
 * case). */
char *fingerprint_of(struct arena *a, struct slice manifest);
bool fingerprint_match(const char *wanted, const char *found, struct err *err);

/* What was changed: lines, oldest first; an array of strings, which the caller releases. */
bool coordinator_update_log(const struct coordinator *c, struct arena *a, json_t **lines, struct err *err);

bool coordinator_status(const struct coordinator *c, struct arena *a, uint64_t *code, const char **message,
                        struct err *err);
