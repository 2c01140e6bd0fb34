/* SPDX-License-Identifier: Apache-2.0 */
/* marble/uuid_file.h: the UUID that a service keeps over restarts; secrets of its own are derived from it. */
#pragma once
#include "base/err.h"
#include "base/uuid.h"

/* The UUID in the file, in any spelling and with one newline at most after it. If there is no such file,
 * makes one (version 4, mode 0600, 36 characters). E_MARBLE_UUID_FILE: it cannot be read or written, or holds
 * something else; the UUID of zeroes counts as something else, because it stands for the shared secrets of
 * all. */
bool uuid_file_read(const char *path, struct uuid *out, struct err *err);
