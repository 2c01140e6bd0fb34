/* SPDX-License-Identifier: Apache-2.0 */
/* marble/program.h: which program the launcher starts, and with which argv (MarbleRun's rules for library
 * OSes).
 *
 *                   program                               argv
 *     Gramine       argv[0], as loader.argv has it        the manifest's, or {"./marble"}
 *     Occlum        the first entry of the manifest's     the manifest's, the first one cut to its base name
 *     otherwise     PROGRAM, looked for in PATH           the manifest's, or PROGRAM and its arguments
 *
 * Where argv[0] in Gramine is the launcher's own name, PROGRAM is given as it is outside.
 */
#pragma once
#include "base/arena.h"
#include "marble/premain.h"

enum library_os { NO_LIBRARY_OS, GRAMINE, OCCLUM };

/* By what uname() says: Gramine is Linux 3.10.0, version 1; Occlum names itself. */
enum library_os library_os_of(const char *sysname, const char *release, const char *version);
enum library_os library_os_here(void);

struct program {
    enum library_os os;
    const char *path; /* NULL: the manifest will say */
    char **argv;      /* as given; NULL: the manifest's only */
};

/* From the launcher's own argv. Strings borrow it or live in the arena. E_MARBLE_PROGRAM: none is named, or
 * the name is not found. */
bool program_of(enum library_os os, char **argv, struct arena *a, struct program *out, struct err *err);

/* Can it be started? A file, and one that may be executed. E_MARBLE_PROGRAM. */
bool program_check(const struct program *p, struct err *err);

/* With what the manifest says: settles path and launch->argv. */
bool program_choose(struct program *p, struct launch *launch, struct arena *a, struct err *err);
