/* SPDX-License-Identifier: Apache-2.0 */
/* marble/apply.h: what the coordinator delivered becomes files, environment and argv of this process. */
#pragma once
#include "manifest/activation.h"

/* Files that are doors into the TEE's runtime rather than files: Gramine takes its keys there (Gramine
 * documentation, "Attestation and secret provisioning"). They exist already, are written in place, and come
 * first, because other files may lie where these keys are needed. */
struct key_files {
    const char *folder; /* with a slash at its end: all that is below it */
    const char *file;   /* and this one, after them */
};
extern const struct key_files gramine_key_files;

/* Is all of it possible? Nothing is touched. E_MARBLE_PATH, E_MARBLE_ENV; E_MARBLE_TLS if transparent TLS is
 * demanded, for a service that was to be protected must not start unprotected. */
bool apply_check(const struct parameters *p, struct err *err);

/* Installs the files, all or none (marble/stage.h). E_MARBLE_APPLY. */
bool apply_files(const struct parameters *p, const struct key_files *keys, struct err *err);

/* Sets the variables on top of those that are set. Stops the process if memory ends. Not to be called once
 * there are threads. */
void apply_env(const struct parameters *p);

/* argv as the manifest has it, or {"./marble"} if it says nothing; ends with a NULL that *num does not count.
 * Lives in the arena. */
char **apply_argv(const struct parameters *p, struct arena *a, int *num);
