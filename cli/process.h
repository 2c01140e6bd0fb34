/* SPDX-License-Identifier: Apache-2.0 */
/* cli/process.h: another program, run to its end. Its arguments are a vector; there is no shell in between.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* The program is looked for in PATH; argv ends with NULL, `input` becomes its standard input. If it exits
 * with 0, *out is what it printed. Else E_TOOL with the last of what it said on standard error.
 * E_TOOL_MISSING: there is none of this name. */
bool process_run(const char *const *argv, struct slice input, struct arena *a, struct slice *out,
                 struct err *err);
