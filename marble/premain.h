/* SPDX-License-Identifier: Apache-2.0 */
/* marble/premain.h: everything that happens to a service before its main(), whatever way libmarble got in.
 *
 * No thread is started; nothing is left open, signals' dispositions are as they were, and what the
 * coordinator sent is wiped, but for what was installed.
 */
#pragma once
#include "base/err.h"

/* Lives as long as the process: it is what main() gets. */
struct launch {
    int argc;
    char **argv;
};

/* Environment -> UUID -> credentials -> activation -> files, environment, argv. false: nothing was installed.
 * To be called once, by the only thread. */
bool premain(struct launch *out, struct err *err);

/* The same, but a refusal is told on the standard error output, in one line, and ends the process with
 * MARBLE_EXIT_REFUSED. */
void premain_or_exit(struct launch *out);

/* That line, and that end. */
_Noreturn void premain_refuse(const struct err *err);

/* Who we are, since a successful premain(); NULL before. */
const char *premain_type(void);
const char *premain_uuid(void);
