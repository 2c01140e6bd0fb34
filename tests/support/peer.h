/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/peer.h: another program to hold ours against, in a folder of its own. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* A fresh folder, and its end with all that is in it. For the .init and .fini of a test. */
void peer_begin(void);
void peer_end(void);

/* The path of a file in the folder; and its contents, all of them. A fault aborts. */
char *peer_path(struct arena *a, const char *name);
void peer_write(const char *name, struct slice contents);
struct slice peer_read(struct arena *a, const char *name);

/* Runs a shell command in the folder; *said gets its output and errors, as one text. True if it returned 0.
 */
bool peer_run(struct arena *a, char **said, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The folder with the vectors of others: $MARBLEMESH_VECTORS, or ../shared/vectors beside the source; or
 * NULL. */
const char *vectors_folder(struct arena *a);
