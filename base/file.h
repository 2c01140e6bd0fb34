/* SPDX-License-Identifier: Apache-2.0 */
/* base/file.h: whole files, read bounded and replaced atomically. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* All of a file of at most `max` bytes, followed in memory by a NUL that is not counted. A file
 * that is not there is E_FILE_MISSING; another fault E_FILE_READ. */
bool file_read(const char *path, size_t max, struct arena *a, struct slice *out, struct err *err);

/* Replaces or makes a file so that after a crash at any instant either the old or the new
 * contents stand there: writes PATH.tmp.*, fsync, rename, fsync of the folder. If it fails, the old ones
 * stand there (on a file system without hard links: unless the folder's fsync was what failed).
 * Errors: E_FILE_WRITE. */
bool file_replace(const char *path, struct slice contents, unsigned mode, struct err *err);

/* What a user named as output: a file is replaced as above; a link is written through, and so is what is no file, such
 * as /dev/stdout or a pipe. */
bool file_save(const char *path, struct slice contents, unsigned mode, struct err *err);

/* All of the bytes into an open file; false with errno set if that fails. */
bool file_write_all(int fd, struct slice s);

/* mkdir -p; existing folders are left as they are. */
bool file_make_folders(const char *path, unsigned mode, struct err *err);

bool file_exists(const char *path);
