/* SPDX-License-Identifier: Apache-2.0 */
/* cli/output.h: where results go. */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "cli/command.h"

/* What was printed has arrived; if not, E_FILE_WRITE. Who closed the pipe has seen enough: no error. */
bool flush_output(struct err *err);

/* Writes to stdout, or to the file of --output if it was given (0600). */
bool print_or_save(struct cli *cli, struct slice text, struct err *err);

/* The same for a JSON value, two spaces deep, and a final newline. */
bool print_or_save_json(struct cli *cli, const json_t *value, struct err *err);

/* A JSON value as text, by jansson's flags. */
void put_json(struct buf *b, const json_t *value, size_t flags);

/* A file that must not be there yet (0600). E_FILE_WRITE if it is. */
bool save_new(const char *path, struct slice contents, struct err *err);

/* Is the terminal one that wants colour? Never in a pipe, with NO_COLOR set, or TERM=dumb. */
bool wants_colour(FILE *to);

/* Asks for "yes" on a terminal, unless --yes was given. Where nobody can be asked the answer is `alone`: what a
 * script gets that does not say --yes. E_USAGE: not confirmed. */
enum unasked { UNASKED_GOES_ON, UNASKED_IS_REFUSED };
bool confirm(struct cli *cli, const char *what, enum unasked alone, struct err *err);
