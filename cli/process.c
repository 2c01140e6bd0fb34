/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/text.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024, WORDS_MAX = 300 };

/* Files in memory for its standard descriptors: whatever it reads or prints, nobody waits for anybody. */
struct standard {
    int fd[3];
};

static void close_standard(struct standard *s)
{
    for (int i = 0; i < 3; i++)
        if (s->fd[i] >= 0)
            (void)close(s->fd[i]);
}

static bool open_standard(struct standard *s, struct slice input, struct err *err)
{
    for (int i = 0; i < 3; i++)
        s->fd[i] = memfd_create("standard", MFD_CLOEXEC);
    if (s->fd[0] < 0 || s->fd[1] < 0 || s->fd[2] < 0)
        return err_errno(err, E_INTERNAL, "a file in memory");
    return (file_write_all(s->fd[0], input) && lseek(s->fd[0], 0, SEEK_SET) == 0) ||
           err_errno(err, E_INTERNAL, "a file in memory");
}

static bool read_back(int fd, struct arena *a, struct slice *out, struct err *err)
{
    return file_read(arena_printf(a, "/proc/self/fd/%d", fd), OUTPUT_MAX, a, out, err);
}

/* What this program ignores, another need not. */
static int spawn(const char *const *argv, const struct standard *s, pid_t *process)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int error;

    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    for (int i = 0; i < 3; i++)
        (void)posix_spawn_file_actions_adddup2(&files, s->fd[i], i);
    error = posix_spawnp(process, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static int wait_for(pid_t process)
{
    int status = -1;

    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* Its last lines as one, printable: there stands the fault. */
static char *last_words(struct slice text, struct arena *a)
{
    const size_t skip = text.len > WORDS_MAX ? text.len - WORDS_MAX : 0;
    char *words = arena_strndup(a, slice_of(text.ptr + skip, text.len - skip)), *line = strchr(words, '\n');
    size_t len = strlen(words);

    while (len > 0 && (unsigned char)words[len - 1] <= ' ')
        words[--len] = '\0';
    if (skip > 0 && line != NULL && line < words + len)
        words = line + 1;
    for (char *c = words; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return words[0] != '\0' ? words : arena_strdup(a, "it said nothing");
}

static bool judge_exit(const char *const *argv, int status, const struct standard *s, struct arena *a,
                       struct slice *out, struct err *err)
{
    struct slice said = {0};

    if (status == 0)
        return read_back(s->fd[1], a, out, err);
    if (!read_back(s->fd[2], a, &said, err))
        return false;
    if (!WIFEXITED(status))
        return err_set(err, E_TOOL, "%s was ended by signal %d", argv[0], WTERMSIG(status));
    return err_set(err, E_TOOL, "%s ended with status %d: %s", argv[0], WEXITSTATUS(status),
                   last_words(said, a));
}

bool process_run(const char *const *argv, struct slice input, struct arena *a, struct slice *out,
                 struct err *err)
{
    scoped(close_standard) struct standard s = {{-1, -1, -1}};
    pid_t process;
    int error;

    if (!open_standard(&s, input, err))
        return false;
    (void)signal(SIGCHLD,
                 SIG_DFL); /* ignored, as whoever started us may have left it, there would be no status */
    error = spawn(argv, &s, &process);
    if (error != 0) {
        errno = error;
        return err_errno(err, error == ENOENT ? E_TOOL_MISSING : E_TOOL, "starting %s", argv[0]);
    }
    return judge_exit(argv, wait_for(process), &s, a, out, err);
}
