/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static bool read_all(int fd, const char *path, struct buf *b, struct err *err)
{
    for (;;) {
        uint8_t *room = buf_room(b, 4096);
        ssize_t n;

        if (room == NULL)
            return err_set(err, E_FILE_TOO_LARGE, "%s: larger than %zu bytes", path, b->max - 4096);
        n = read(fd, room, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, E_FILE_READ, "reading %s", path);
        if (n == 0)
            return true;
        buf_grown(b, (size_t)n);
    }
}

bool file_read(const char *path, size_t max, struct arena *a, struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(max + 4096);
    scoped(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? E_FILE_MISSING : E_FILE_READ, "opening %s", path);
    if (!read_all(fd, path, &b, err))
        return false;
    if (b.len > max)
        return err_set(err, E_FILE_TOO_LARGE, "%s: larger than %zu bytes", path, max);
    *out = slice_of(arena_strndup(a, buf_bytes(&b)), b.len);
    return true;
}

bool file_write_all(int fd, struct slice s)
{
    while (s.len > 0) {
        const ssize_t n = write(fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s = slice_of(s.ptr + n, s.len - (size_t)n);
    }
    return true;
}

static int open_folder_of(const char *path)
{
    scoped(arena_wipe) struct arena a = {0};
    char *folder = arena_strdup(&a, path);
    char *slash = strrchr(folder, '/');

    if (slash == NULL)
        folder = arena_strdup(&a, ".");
    else
        slash[slash == folder] = '\0';
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Who is told that it failed must not find it done after a restart. `link_error` says what stands under
 * `before`: 0 the file of before, ENOENT that there was none. Another: no second name could be had. */
static void put_back(const char *path, const char *before, int link_error)
{
    if (link_error == 0)
        (void)rename(before, path);
    else if (link_error == ENOENT)
        (void)unlink(path);
}

static bool install(const char *temporary, const char *path, int folder, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *before = arena_printf(&a, "%s.old", temporary);
    const int link_error = link(path, before) == 0 ? 0 : errno;
    bool done = rename(temporary, path) == 0;

    if (!done) {
        (void)err_errno(err, E_FILE_WRITE, "writing %s", path);
    } else if (fsync(folder) != 0) {
        done = err_errno(err, E_FILE_WRITE, "making %s durable", path);
        put_back(path, before, link_error);
    }
    (void)unlink(before);
    return done;
}

bool file_replace(const char *path, struct slice contents, unsigned mode, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    char *temporary = arena_printf(&a, "%s.tmp.XXXXXX", path);
    scoped(close_fd) int folder = open_folder_of(path); /* first: nothing may be missing at the end */
    scoped(close_fd) int fd = folder < 0 ? -1 : mkostemp(temporary, O_CLOEXEC);
    bool done;

    if (fd < 0)
        return err_errno(err, E_FILE_WRITE, "creating %s", temporary);
    if (fchmod(fd, mode) != 0 || !file_write_all(fd, contents) || fsync(fd) != 0)
        done = err_errno(err, E_FILE_WRITE, "writing %s", path);
    else
        done = install(temporary, path, folder, err);
    if (!done)
        (void)unlink(temporary);
    return done;
}

static bool write_through(const char *path, struct slice contents, unsigned mode, struct err *err)
{
    scoped(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    struct stat st;

    /* Where a link leads there may be a file that others can read. */
    return (fd >= 0 && fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fchmod(fd, (mode_t)mode) == 0) &&
            file_write_all(fd, contents)) ||
           err_errno(err, E_FILE_WRITE, "writing %s", path);
}

bool file_save(const char *path, struct slice contents, unsigned mode, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_through(path, contents, mode, err);
    return file_replace(path, contents, mode, err);
}

bool file_make_folders(const char *path, unsigned mode, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    char *copy = arena_strdup(&a, path);
    struct stat st;

    for (char *p = copy + 1; p[-1] != '\0'; p++) {
        const char was = *p;

        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, mode) != 0 && errno != EEXIST)
            return err_errno(err, E_FILE_WRITE, "creating folder %s", copy);
        *p = was;
        if (was == '\0')
            break;
    }
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return err_set(err, E_FILE_WRITE, "%s is not a folder", path);
    return true;
}

bool file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}
