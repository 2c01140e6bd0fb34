/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

/* A file under its temporary name; or, without a target, a folder that was made. */
struct staged {
    struct staged *older;
    const char *target, *path;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static void remember(struct stage *s, const char *target, const char *path)
{
    struct staged *new = arena_alloc(&s->arena, sizeof *new);

    *new = (struct staged){s->last, target, arena_strdup(&s->arena, path)};
    s->last = new;
}

/* ---- paths -------------------------------------------------------------------------------------- */

bool stage_check_path(const char *path, struct err *err)
{
    const size_t len = strlen(path);

    if (len == 0)
        return err_set(err, E_MARBLE_PATH, "expected the path of a file, found nothing");
    if (len >= PATH_MAX - sizeof "/.marble.XXXXXX")
        return err_set(err, E_MARBLE_PATH, "%.40s...: a path of %zu bytes is longer than a file's can be",
                       path, len);
    for (const char *part = path; *part != '\0';) {
        const size_t n = strcspn(part, "/");

        if (n == 2 && memcmp(part, "..", 2) == 0)
            return err_set(err, E_MARBLE_PATH, "%s: \"..\" leads out of the folder that the path names",
                           path);
        if (n > NAME_MAX)
            return err_set(err, E_MARBLE_PATH, "%.40s...: a name of %zu bytes is longer than a file's can be",
                           path, n);
        part += n + (part[n] == '/');
    }
    if (path[len - 1] == '/' || strcmp(path, ".") == 0 || (len > 1 && strcmp(path + len - 2, "/.") == 0))
        return err_set(err, E_MARBLE_PATH, "%s: expected the path of a file, found that of a folder", path);
    return true;
}

/* "a/b" of "a/b/c", "/" of "/c", "." of "c". */
static char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return arena_strdup(a, ".");
    return arena_strndup(a, slice_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

static bool make_folder(struct stage *s, const char *path, struct err *err)
{
    if (file_exists(path)) /* not asked of mkdir(): read-only file systems say EROFS of these, too */
        return true;
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST || err_errno(err, E_MARBLE_APPLY, "making the folder %s", path);
    remember(s, NULL, path);
    return true;
}

static bool make_folders(struct stage *s, char *folder, struct err *err)
{
    for (char *p = folder + 1; *p != '\0'; p++) {
        bool made;

        if (*p != '/')
            continue;
        *p = '\0';
        made = make_folder(s, folder, err);
        *p = '/';
        if (!made)
            return false;
    }
    return make_folder(s, folder, err);
}

/* ---- files -------------------------------------------------------------------------------------- */

/* EINVAL: what is kept in memory alone need not be made durable, and some file systems say so. */
static bool make_durable(int fd) { return fsync(fd) == 0 || errno == EINVAL; }

bool stage_add(struct stage *s, const char *path, struct slice contents, struct err *err)
{
    char *folder = folder_of(&s->arena, path);
    char *temporary = arena_printf(&s->arena, "%s/.marble.XXXXXX", folder);

    if (!make_folders(s, folder, err))
        return err_in(err, "installing %s", path);
    scoped(close_fd) int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, E_MARBLE_APPLY, "installing %s: making a file in %s", path, folder);
    remember(s, arena_strdup(&s->arena, path), temporary);
    if (fchmod(fd, 0600) != 0 || !file_write_all(fd, contents) || !make_durable(fd))
        return err_errno(err, E_MARBLE_APPLY, "installing %s: writing %zu bytes into %s", path, contents.len,
                         folder);
    return true;
}

bool stage_write_in_place(const char *path, struct slice contents, struct err *err)
{
    scoped(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || !file_write_all(fd, contents))
        return err_errno(err, E_MARBLE_APPLY, "writing %zu bytes to %s", contents.len, path);
    return true;
}

/* ---- all together ------------------------------------------------------------------------------- */

static bool check_target(const char *target, struct err *err)
{
    struct statx st;

    if (statx(AT_FDCWD, target, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) != 0)
        return errno == ENOENT || err_errno(err, E_MARBLE_APPLY, "installing %s", target);
    if (S_ISDIR(st.stx_mode))
        return err_set(err, E_MARBLE_APPLY, "installing %s: there is a folder of that name", target);
    if (!S_ISREG(st.stx_mode) && !S_ISLNK(st.stx_mode))
        return err_set(err, E_MARBLE_APPLY, "installing %s: what stands there is not a file", target);
    if ((st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
        return err_set(err, E_MARBLE_APPLY,
                       "installing %s: a mounted file cannot be replaced; mount its folder", target);
    return true;
}

static bool sync_folder_of(struct stage *s, const char *target)
{
    scoped(close_fd) int fd = open(folder_of(&s->arena, target), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && make_durable(fd);
}

bool stage_commit(struct stage *s, struct err *err)
{
    size_t num = 0;

    for (const struct staged *f = s->last; f != NULL; f = f->older)
        if (f->target != NULL && !check_target(f->target, err))
            return false;
    for (struct staged *f = s->last; f != NULL; f = f->older) {
        if (f->target == NULL)
            continue;
        if (rename(f->path, f->target) != 0)
            return err_errno(err, E_MARBLE_APPLY, "installing %s, with %zu files in place already", f->target,
                             num);
        f->path = NULL;
        num++;
    }
    s->is_committed = true;
    for (const struct staged *f = s->last; f != NULL; f = f->older)
        if (f->target != NULL && !sync_folder_of(s, f->target))
            return err_errno(err, E_MARBLE_APPLY, "making %s durable", f->target);
    return true;
}

static void take_away(const struct staged *f)
{
    if (f->target == NULL)
        (void)rmdir(f->path); /* not empty any more: somebody else uses it */
    else if (f->path != NULL)
        (void)unlink(f->path);
}

void stage_wipe(struct stage *s)
{
    for (const struct staged *f = s->last; f != NULL && !s->is_committed; f = f->older)
        take_away(f);
    arena_wipe(&s->arena);
    *s = (struct stage){0};
}
