/* SPDX-License-Identifier: Apache-2.0 */
/* cli/progress.h: a line on the terminal about what takes longer than a second, and for how long it has;
 * taken away when it is over. Nothing where stderr is no terminal.
 *
 *     scoped(progress_end) struct progress p = progress_begin("Asking the coordinator at %s", address);
 */
#pragma once
#include "base/scope.h"

struct progress {
    struct progress_line *line; /* NULL: nobody looks */
};
struct progress progress_begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_end(struct progress *p);
