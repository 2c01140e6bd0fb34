/* SPDX-License-Identifier: Apache-2.0 */
/* cli/own_file.h: what was built or installed together with this program. */
#pragma once
#include "base/arena.h"

/* The first of these that exists; relative to the folder of the program, NULL-terminated. NULL: none of them
 * does. */
const char *own_file(struct arena *a, const char *const *where);
