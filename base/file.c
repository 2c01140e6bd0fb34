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

static bool write_all(int fd, struct slice s)
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

static bool sync_folder_of(const char *path)
{
    scoped(arena_wipe) struct arena a = {0};
    char *folder = arena_strdup(&a, path);
    char *slash = strrchr(folder, '/');

    if (slash == NULL)
        folder = arena_strdup(&a, ".");
    else
        slash[slash == folder] = '\0';
    scoped(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

bool file_replace(const char *path, struct slice contents, unsigned mode, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    char *temporary = arena_printf(&a, "%s.tmp.XXXXXX", path);
    scoped(close_fd) int fd = mkostemp(temporary, O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, E_FILE_WRITE, "creating %s", temporary);
    if (fchmod(fd, mode) != 0 || !write_all(fd, contents) || fsync(fd) != 0 || rename(temporary, path) != 0) {
        (void)err_errno(err, E_FILE_WRITE, "writing %s", path);
        (void)unlink(temporary);
        return false;
    }
    if (!sync_folder_of(path))
        return err_errno(err, E_FILE_WRITE, "making %s durable", path);
    return true;
}

static bool write_through(const char *path, struct slice contents, unsigned mode, struct err *err)
{
    scoped(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);

    return (fd >= 0 && write_all(fd, contents)) || err_errno(err, E_FILE_WRITE, "writing %s", path);
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
