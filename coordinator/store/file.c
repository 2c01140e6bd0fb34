/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"

static char *path_in(const struct seal_folder *f, const char *name, const char *suffix, struct arena *a)
{
    return arena_printf(a, "%s/%s%s", f->path, name, suffix);
}

static void close_listing(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

/* Whoever holds the lock is the only writer, so temporary files are of a process that is gone. */
static void remove_leftovers(const struct seal_folder *f)
{
    scoped(close_listing) DIR *listing = opendir(f->path);
    const struct dirent *e;

    while (listing != NULL && (e = readdir(listing)) != NULL)
        if (strncmp(e->d_name, SEALED_DATA ".tmp.", sizeof SEALED_DATA ".tmp." - 1) == 0 ||
            strncmp(e->d_name, SEALED_KEY ".tmp.", sizeof SEALED_KEY ".tmp." - 1) == 0)
            (void)unlinkat(f->fd, e->d_name, 0);
}

bool seal_folder_open(const char *path, struct seal_folder *out, struct err *err)
{
    struct seal_folder f = SEAL_FOLDER_NONE;

    if (!file_make_folders(path, 0700, err))
        return err_in(err, "folder of the sealed state");
    f.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f.fd < 0)
        return err_errno(err, E_FILE_READ, "folder of the sealed state: opening %s", path);
    if (flock(f.fd, LOCK_EX | LOCK_NB) != 0) {
        (void)err_errno(err, errno == EWOULDBLOCK ? E_STATE_LOCKED : E_FILE_READ,
                        "folder of the sealed state %s: locking it", path);
        if (err->code == E_STATE_LOCKED)
            (void)err_set(err, E_STATE_LOCKED,
                          "folder of the sealed state %s: another coordinator is using it", path);
        seal_folder_close(&f);
        return false;
    }
    f.path = strdup(path);
    if (f.path == NULL)
        abort();
    remove_leftovers(&f);
    *out = f;
    return true;
}

void seal_folder_close(struct seal_folder *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    free(f->path);
    *f = SEAL_FOLDER_NONE;
}

bool seal_folder_read(const struct seal_folder *f, const char *name, struct arena *a, struct slice *out,
                      bool *found, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct err why;
    const bool there = file_read(path_in(f, name, "", &scratch), LIMIT_FILE, a, out, &why);

    if (!there && why.code != E_FILE_MISSING) {
        *err = why;
        return false;
    }
    *found = there;
    return true;
}

bool seal_folder_write(const struct seal_folder *f, const char *name, struct slice contents, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    return file_replace(path_in(f, name, "", &scratch), contents, 0600, err);
}

static bool link_old(const struct seal_folder *f, const char *name, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *from = path_in(f, name, "", &scratch), *to = path_in(f, name, ".old", &scratch);

    if (!file_exists(from))
        return true;
    if ((unlink(to) != 0 && errno != ENOENT) || link(from, to) != 0 || fsync(f->fd) != 0)
        return err_errno(err, E_FILE_WRITE, "keeping %s as %s", from, to);
    return true;
}

/* The data come last, so two names of one file of data say that the key was set aside as well, and that
 * the replacement was interrupted: then the key that stands there now is not the old data's. */
bool seal_folder_set_aside(const struct seal_folder *f, struct err *err)
{
    struct stat now, old;

    if (fstatat(f->fd, SEALED_DATA, &now, 0) != 0 && errno == ENOENT)
        return true;
    if (fstatat(f->fd, SEALED_DATA ".old", &old, 0) == 0 && fstatat(f->fd, SEALED_DATA, &now, 0) == 0 &&
        old.st_ino == now.st_ino)
        return true;
    return link_old(f, SEALED_KEY, err) && link_old(f, SEALED_DATA, err);
}
