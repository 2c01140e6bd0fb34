/* SPDX-License-Identifier: Apache-2.0 */
/* cli/target.h: the coordinator that a command talks to: who is believed by what the command line, the
 * environment and the cache say. How is in cli/client/.
 */
#pragma once
#include "cli/client/coordinator.h"
#include "cli/command.h"

struct target {
    struct cli *cli;
    struct coordinator coordinator;
    bool verified; /* by its evidence, now or when its certificate was cached; false: --insecure */
};

/* Fetches the quote with a nonce, appraises it, matches the policy. Says on stderr which policy was used, and
 * what was not checked with --insecure; with --verbose also each step of a verification that failed. */
bool target_attest(struct cli *cli, const char *address, struct target *out, struct err *err);

/* Believes the cached certificate; attests if there is none. */
bool target_cached(struct cli *cli, const char *address, struct target *out, struct err *err);

/* E_COORDINATOR_OTHER unless the cache holds the same root certificate (MarbleRun's rule for `certificate`);
 * nothing is compared with --insecure. */
bool target_same_as_cached(const struct target *t, struct err *err);

/* Where the cache is; NULL and E_CONFIG if neither the command line nor the environment says so. */
const char *target_cache_path(struct cli *cli, struct err *err);

/* Writes the certificates to the cache file (0600, folders 0755). Not of a coordinator that was not verified:
 * that is said. */
bool target_keep(const struct target *t, struct err *err);

/* The same where nobody asked for it: without a place for the cache it is only said. */
bool target_keep_if_possible(const struct target *t, struct err *err);
