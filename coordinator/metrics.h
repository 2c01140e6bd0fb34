/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/metrics.h: what /metrics shows: MarbleRun's names and labels, in a number that no client decides.
 *
 * Labels come from tables of this program (paths, methods, statuses), but for a marble's type and UUID. Those
 * become a label once such a marble has been activated, and only the first LIMIT_METRIC_MARBLES of them; every
 * other attempt is counted under uuid="other", and under type="other" too if the manifest has no such type.
 * Counting takes no lock and never waits. Thread-safe.
 */
#pragma once
#include "base/buf.h"

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics **m); /* accepts NULL inside */

/* ---- the client API ---------------------------------------------------------------------------- */

#define METRICS_OTHER "other" /* the path of a request for what does not exist */

/* `path` is a constant of the table of routes, or METRICS_OTHER, and outlives the metrics. */
void metrics_http_begin(struct metrics *m, const char *path);

struct http_sample {
    const char *path;
    struct slice method; /* as sent */
    int status;
    int64_t duration_us;
    size_t request_len, response_len; /* bytes, head and body, before encryption */
};
void metrics_http_end(struct metrics *m, const struct http_sample *s); /* of one that was begun */
void metrics_http_refused(struct metrics *m, const struct http_sample *s); /* of one that never began */

/* ---- the marble API ---------------------------------------------------------------------------- */

enum { NUM_GRPC_CODES = 17 };
enum grpc_method {
    GRPC_METHOD_RPC_ACTIVATE,
    GRPC_METHOD_CHALLENGE,
    GRPC_METHOD_ACTIVATE,
    GRPC_METHOD_RENEW,
    GRPC_METHOD_WATCH,
    NUM_GRPC_METHODS
};
void metrics_grpc_started(struct metrics *m, enum grpc_method method);
void metrics_grpc_handled(struct metrics *m, enum grpc_method method, bool has_message, int status);

/* An attempt to activate, with its outcome. Text as sent. */
void metrics_activation(struct metrics *m, const char *type, const char *uuid, bool is_known_type,
                        bool is_activated);

/* ---- what is shown ----------------------------------------------------------------------------- */

/* Text format 0.0.4 of Prometheus. `m` NULL: nothing can have been counted yet. */
struct metrics_now {
    const char *version, *commit;
    int state;
};
void metrics_put(struct metrics *m, const struct metrics_now *now, struct buf *b);
