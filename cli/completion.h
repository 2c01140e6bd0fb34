/* SPDX-License-Identifier: Apache-2.0 */
/* cli/completion.h: scripts that complete commands and options in a shell, from the table. */
#pragma once
#include "base/buf.h"
#include "cli/command.h"

/* "bash", "zsh", "fish"; another is E_USAGE. */
bool completion_script(const char *shell, struct buf *out, struct err *err);
