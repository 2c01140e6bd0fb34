/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/config.h: the coordinator's settings, read from an environment once and checked.
 *
 * Names and defaults are MarbleRun's (EDG_...); ours begin with MESH_. There are no command line
 * arguments. Nothing here looks at the process: the environment is a parameter.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "pki/cert.h"

struct config {
    const char *mesh_address, *client_address;
    const char *metrics_address; /* NULL: there is no such listener */
    struct san names;             /* of the root certificate: EDG_COORDINATOR_DNS_NAMES, 127.0.0.1, ::1 */
    const char *seal_dir;         /* absolute, or relative to the working directory */
    const char *startup_manifest; /* a file, or NULL */
    const char *ready_file;       /* where to write the ports, or NULL */
    bool dev_mode, debug_logging;
    bool no_evidence; /* MESH_SIM=none; only in the simulated trust domain */
    enum log_level http_error_level;
    const char **without_effect; /* variables that are set and that this version does not act on */
    size_t num_without_effect;
};

/* `environment` is NULL-terminated NAME=VALUE strings; a variable that is set but empty counts as not set.
 * `simulated`: of the trust domain. The result borrows from the environment. E_CONFIG names the variable,
 * what was expected and what was found. */
bool config_read(char *const *environment, bool simulated, struct arena *a, struct config *out,
                 struct err *err);
