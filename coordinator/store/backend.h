/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/backend.h: the few things that the store asks of whatever keeps its bytes.
 *
 * A flat set of names, each with bytes, held by one process at a time. What is written or renamed may be
 * lost, in part and in any order, until sync() or sync_names() has returned true. The file system is one
 * backend; the tests' is another, which fails, forgets and lies (tests/support/faulty_disk.h).
 *
 * One thread at a time. Operations fail with E_FILE_*, and then may have been done in part.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct backend {
    const struct backend_ops *ops;
};

struct backend_ops {
    /* All of it; *found is false if there is no such name. Longer than max: E_FILE_TOO_LARGE. */
    bool (*read)(struct backend *b, const char *name, size_t max, struct arena *a, struct slice *out,
                 bool *found, struct err *err);
    bool (*exists)(struct backend *b, const char *name);
    bool (*create)(struct backend *b, const char *name,
                   struct err *err); /* empty, in place of what was there */
    bool (*write)(struct backend *b, const char *name, uint64_t at, struct slice bytes, struct err *err);
    bool (*cut)(struct backend *b, const char *name, uint64_t len, struct err *err); /* to this length */
    bool (*sync)(struct backend *b, const char *name, struct err *err);
    bool (*rename)(struct backend *b, const char *from, const char *to, struct err *err); /* atomic */
    bool (*remove)(struct backend *b, const char *name, struct err *err); /* what is not there is removed */
    bool (*sync_names)(struct backend *b, struct err *err);
    const char *(*place)(const struct backend *b); /* for messages: the folder's path */
    void (*close)(struct backend **b);
};

/* A folder, made (0700) if need be, and locked as long as the process lives. E_STATE_LOCKED, E_FILE_*. */
bool backend_folder(const char *path, struct backend **out, struct err *err);

/* Contents in place of what was there, durably and at once: a crash leaves the old or the new. *renamed says
 * after a failure whether the new may stand there already. */
bool backend_replace(struct backend *b, const char *name, struct slice contents, bool *renamed,
                     struct err *err);
