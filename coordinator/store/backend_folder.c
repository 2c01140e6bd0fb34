/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "coordinator/store/backend.h"

/* Files stay open from their first write on: the system tells an error of writing to whoever has the file
 * open, and might forget it otherwise. */
enum { MAX_OPEN = 8 };
struct open_file {
    char name[32]; /* empty: free */
    int fd;
};

struct folder {
    struct backend backend;
    char *path;
    int fd;
    struct open_file open[MAX_OPEN];
};

static struct folder *folder_of(struct backend *b) { return (struct folder *)b; }

static struct open_file *find_open(struct folder *f, const char *name)
{
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (strcmp(f->open[i].name, name) == 0)
            return &f->open[i];
    return NULL;
}

static void forget(struct folder *f, const char *name)
{
    struct open_file *o = find_open(f, name);

    if (o == NULL)
        return;
    (void)close(o->fd);
    o->name[0] = '\0';
}

static bool failed(struct folder *f, enum err_code code, const char *doing, const char *name, struct err *err)
{
    return err_errno(err, code, "%s %s/%s", doing, f->path, name);
}

/* The name's file, opened for writing if it is not yet; or -1 with errno. */
static int fd_of(struct folder *f, const char *name, int flags)
{
    struct open_file *o = find_open(f, name);

    if (o != NULL)
        return o->fd;
    o = find_open(f, "");
    if (o == NULL || strlen(name) >= sizeof o->name) {
        errno = EMFILE;
        return -1;
    }
    o->fd = openat(f->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (o->fd >= 0)
        memcpy(o->name, name, strlen(name) + 1);
    return o->fd;
}

static bool folder_read(struct backend *b, const char *name, size_t max, struct arena *a, struct slice *out,
                        bool *found, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct err why = {0};
    const bool there =
        file_read(arena_printf(&scratch, "%s/%s", folder_of(b)->path, name), max, a, out, &why);

    if (!there && why.code != E_FILE_MISSING) {
        *err = why;
        return false;
    }
    *found = there;
    return true;
}

static bool folder_exists(struct backend *b, const char *name)
{
    struct stat st;

    return fstatat(folder_of(b)->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool folder_remove(struct backend *b, const char *name, struct err *err)
{
    struct folder *f = folder_of(b);

    forget(f, name);
    return unlinkat(f->fd, name, 0) == 0 || errno == ENOENT || failed(f, E_FILE_WRITE, "removing", name, err);
}

/* A new file, never the old one emptied: nothing that failed to reach the disk once is in its pages. */
static bool folder_create(struct backend *b, const char *name, struct err *err)
{
    return folder_remove(b, name, err) && (fd_of(folder_of(b), name, O_CREAT | O_EXCL) >= 0 ||
                                           failed(folder_of(b), E_FILE_WRITE, "creating", name, err));
}

static bool folder_write(struct backend *b, const char *name, uint64_t at, struct slice bytes,
                         struct err *err)
{
    struct folder *f = folder_of(b);
    const int fd = fd_of(f, name, 0);

    while (fd >= 0 && bytes.len > 0) {
        const ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(f, E_FILE_WRITE, "writing", name, err);
        at += (uint64_t)n;
        bytes = slice_of(bytes.ptr + n, bytes.len - (size_t)n);
    }
    return fd >= 0 || failed(f, E_FILE_WRITE, "opening", name, err);
}

static bool folder_cut(struct backend *b, const char *name, uint64_t len, struct err *err)
{
    const int fd = fd_of(folder_of(b), name, 0);

    return (fd >= 0 && ftruncate(fd, (off_t)len) == 0) ||
           failed(folder_of(b), E_FILE_WRITE, "cutting", name, err);
}

static bool folder_sync(struct backend *b, const char *name, struct err *err)
{
    const int fd = fd_of(folder_of(b), name, 0);

    return (fd >= 0 && fdatasync(fd) == 0) || failed(folder_of(b), E_FILE_WRITE, "making durable", name, err);
}

static bool folder_rename(struct backend *b, const char *from, const char *to, struct err *err)
{
    struct folder *f = folder_of(b);
    struct open_file *o = find_open(f, from);

    if (renameat(f->fd, from, f->fd, to) != 0)
        return failed(f, E_FILE_WRITE, "putting into place", to, err);
    forget(f, to);
    if (o != NULL)
        memcpy(o->name, to, strlen(to) + 1);
    return true;
}

/* EINVAL and ENOSYS: a file system that cannot do this for folders; there is nothing to wait for. */
static bool folder_sync_names(struct backend *b, struct err *err)
{
    struct folder *f = folder_of(b);

    return fsync(f->fd) == 0 || errno == EINVAL || errno == ENOSYS ||
           err_errno(err, E_FILE_WRITE, "making the names in %s durable", f->path);
}

static const char *folder_place(const struct backend *b) { return ((const struct folder *)b)->path; }

static void folder_close(struct backend **b)
{
    struct folder *f = folder_of(*b);

    for (size_t i = 0; i < MAX_OPEN; i++)
        if (f->open[i].name[0] != '\0')
            (void)close(f->open[i].fd);
    if (f->fd >= 0)
        (void)close(f->fd);
    free(f->path);
    free(f);
    *b = NULL;
}

static const struct backend_ops FOLDER = {
    folder_read,   folder_exists, folder_create,     folder_write, folder_cut,   folder_sync,
    folder_rename, folder_remove, folder_sync_names, folder_place, folder_close,
};

static bool take(const char *path, int *fd, struct err *err)
{
    if (!file_make_folders(path, 0700, err))
        return err_in(err, "folder of the sealed state");
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return err_errno(err, E_FILE_READ, "folder of the sealed state: opening %s", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return err_set(err, E_STATE_LOCKED, "folder of the sealed state %s: another coordinator is using it",
                       path);
    return err_errno(err, E_FILE_READ, "folder of the sealed state %s: locking it", path);
}

bool backend_folder(const char *path, struct backend **out, struct err *err)
{
    struct folder *f = calloc(1, sizeof *f);
    struct backend *b = &f->backend;

    if (f == NULL || (f->path = strdup(path)) == NULL)
        abort();
    f->fd = -1;
    f->backend.ops = &FOLDER;
    if (!take(path, &f->fd, err)) {
        folder_close(&b);
        return false;
    }
    *out = b;
    return true;
}

bool backend_replace(struct backend *b, const char *name, struct slice contents, bool *renamed,
                     struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *tmp = arena_printf(&scratch, "%s.tmp", name);
    struct err ignored;

    *renamed = false;
    if (!b->ops->create(b, tmp, err) || !b->ops->write(b, tmp, 0, contents, err) ||
        !b->ops->sync(b, tmp, err)) {
        (void)b->ops->remove(b, tmp, &ignored);
        return false;
    }
    *renamed = true; /* a rename that failed may have been done */
    return b->ops->rename(b, tmp, name, err) && b->ops->sync_names(b, err);
}
