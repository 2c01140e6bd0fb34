/* SPDX-License-Identifier: Apache-2.0 */
/* marble/stage.h: several files installed together, or none of them.
 *
 * Each file is written and made durable under a temporary name beside its target, which needs no space later.
 * Only when all stand there are they renamed. What was not committed is taken away again by stage_wipe(),
 * with the folders that were made for it. Zero-initialised is empty.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct staged;

struct stage {
    struct arena arena;
    struct staged *last; /* of the temporary files and the new folders, the newest */
    bool is_committed;
};

/* Folders on the way get mode 0700, the file 0600. The path must have passed stage_check_path().
 * E_MARBLE_APPLY. */
bool stage_add(struct stage *s, const char *path, struct slice contents, struct err *err);

/* Before the first rename, looks whether a target is something that a file cannot take the place of: a
 * folder, a device, a mount point. After that only a failing disk can come between; then the message says how
 * many files are in place already. A target that is a symbolic link is replaced, not followed.
 * E_MARBLE_APPLY. */
bool stage_commit(struct stage *s, struct err *err);

void stage_wipe(struct stage *s);

/* A path from outside names a file: not empty, no "..", no slash at its end, nothing longer than the system
 * takes. Relative paths start in the working directory. E_MARBLE_PATH. */
bool stage_check_path(const char *path, struct err *err);

/* Writes into a file that exists, in place and in one piece: how pseudo-files take their contents.
 * E_MARBLE_APPLY. */
bool stage_write_in_place(const char *path, struct slice contents, struct err *err);
