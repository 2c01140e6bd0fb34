/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/update_log.h: the lines of the update log, as MarbleRun writes and its tools read them.
 *
 * One JSON object a line: {"time":"2026-01-02T03:04:05.000Z","update":"...", then what belongs to the event,
 * in this order. Compact: tools search for "package":"NAME". The log is text in the store; who changes the
 * state adds to it in the same commit.
 */
#pragma once
#include "base/buf.h"

void line_begin(struct buf *b, int64_t now, const char *update);
void line_text(struct buf *b, const char *name, const char *value);
void line_number(struct buf *b, const char *name, uint64_t value);
void line_names(struct buf *b, const char *name, const char *const *names, size_t num);
void line_end(struct buf *b);
