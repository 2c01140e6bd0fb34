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

/* The variable of that name, or NULL. */
const struct parameter *apply_variable(const struct parameters *p, const char *name);

/* Is all of it possible? Nothing is touched. E_MARBLE_PATH, E_MARBLE_ENV. E_MARBLE_TLS if transparent TLS is
 * demanded, for a service that was to be protected must not start unprotected; unless the manifest says in
 * its variable MESH_TTLS=program that the program reads MARBLE_TTLS_CONFIG itself. That must name a
 * connection then. */
bool apply_check(const struct parameters *p, struct err *err);

/* Installs the files, all or none (marble/stage.h). E_MARBLE_APPLY. */
bool apply_files(const struct parameters *p, const struct key_files *keys, struct err *err);

/* Which of the variables that the process was started with are handed on: the host sets them, and the host is
 * not to be trusted. Names with commas between them; a '*' at a name's end stands for any rest. The
 * manifest's own MESH_PASS_ENV among p->env decides; without it that of the environment; without both, none
 * is. */
#define PASS_ENV "MESH_PASS_ENV"

/* The environment that main() gets: exactly the manifest's variables, and behind them those of `given` that
 * are handed on and that the manifest does not have. Ends with a NULL. `dropped`: the names of the others,
 * with commas. Both live in the arena. */
char **apply_env(const struct parameters *p, char *const *given, struct arena *a, const char **dropped);

/* argv as the manifest has it, or {"./marble"} if it says nothing; ends with a NULL that *num does not count.
 * Lives in the arena. */
char **apply_argv(const struct parameters *p, struct arena *a, int *num);
