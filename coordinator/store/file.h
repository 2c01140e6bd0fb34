/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/file.h: the folder that the sealed files live in.
 *
 * Held by one process at a time (flock on the folder, gone with the process however it ends). Files
 * are replaced atomically and durably; what an interrupted replacement left behind is removed when
 * the folder is opened.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct seal_folder {
    char *path; /* owned */
    int fd;
};
#define SEAL_FOLDER_NONE ((struct seal_folder){NULL, -1})

#define SEALED_DATA "sealed_data"
#define SEALED_KEY  "sealed_key"

/* Makes the folder (0700) if need be. E_STATE_LOCKED, E_FILE_WRITE. */
bool seal_folder_open(const char *path, struct seal_folder *out, struct err *err);
void seal_folder_close(struct seal_folder *f);

/* *found false: there is no such file. */
bool seal_folder_read(const struct seal_folder *f, const char *name, struct arena *a, struct slice *out,
                      bool *found, struct err *err);
bool seal_folder_write(const struct seal_folder *f, const char *name, struct slice contents, struct err *err);

/* Keeps the files of a state that is about to be superseded for good as *.old. */
bool seal_folder_set_aside(const struct seal_folder *f, struct err *err);
