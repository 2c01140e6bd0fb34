/* SPDX-License-Identifier: Apache-2.0 */
/* marble/premain.h: everything that happens to a service before its main(), whatever way libmarble got in.
 *
 * No thread is started; nothing is left open, signals' dispositions are as they were, and what the
 * coordinator sent is wiped, but for what was installed.
 */
#pragma once
#include "base/err.h"

/* What main() gets; lives as long as the process, in one block as the kernel lays it out: argv, environment
 * and auxiliary vector behind each other, then all strings. Some run times (Go's) look there, and programs
 * that write a title over argv[0] (nginx, Redis) measure how much room there is. */
struct launch {
    int argc;
    char **argv, **env;
    bool says_argv; /* false: the manifest says nothing of argv, which is {"./marble"} then */
    bool execs; /* given: main() is another program's, which execve() starts: nothing is kept in memory for it
                 */
};

/* Environment -> UUID -> credentials -> activation -> files, environment, argv. `launch` holds what the
 * kernel gave, and what is to be instead if it is true; `environ` is the same as launch->env then. false:
 * nothing was installed. To be called once, by the only thread. */
bool premain(struct launch *launch, struct err *err);

/* The same, but a refusal is told on the standard error output, in one line, and ends the process with
 * MARBLE_EXIT_REFUSED. */
void premain_or_exit(struct launch *launch);

/* That line, and that end. */
_Noreturn void premain_refuse(const struct err *err);

/* Who we are, since a successful premain(); NULL before. */
const char *premain_type(void);
const char *premain_uuid(void);
