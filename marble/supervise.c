/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/supervise.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marble/renew.h"

struct signals {
    sigset_t mask;
    void (*on_child)(int);
};

_Noreturn void become(const char *path, const struct launch *launch)
{
    struct err err;

    (void)execve(path, launch->argv, launch->env);
    (void)err_errno(&err, E_MARBLE_PROGRAM, "files are installed, but %s could not be started", path);
    premain_refuse(&err);
}

_Noreturn static void be_child(const char *path, const struct launch *launch, const struct signals *were,
                               pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_FAILURE); /* it was killed before that call */
    (void)signal(SIGCHLD, were->on_child);
    (void)sigprocmask(SIG_SETMASK, &were->mask, NULL);
    become(path, launch);
}

/* A core of ours would hold keys, and say nothing of the program. */
_Noreturn static void end_by(int signal_number)
{
    const struct rlimit none = {0};
    sigset_t set;

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(signal_number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal_number);
    (void)raise(signal_number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

/* What the program did, we do: a shell sees us alone. */
static void follow(pid_t child)
{
    int status;

    while (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
        if (WIFSTOPPED(status))
            (void)kill(getpid(), SIGSTOP);
        else if (WIFSIGNALED(status))
            end_by(WTERMSIG(status));
        else
            exit(WEXITSTATUS(status));
    }
}

_Noreturn static void stay(pid_t child, const sigset_t *all)
{
    siginfo_t info;

    for (;;) {
        const int got = sigwaitinfo(all, &info);

        if (got == SIGCHLD)
            follow(child);
        else if (got > 0 && info.si_code <= 0) /* the kernel's, of the terminal, went to the whole group */
            (void)kill(child, got);
    }
}

_Noreturn void supervise(const char *path, const struct launch *launch)
{
    const pid_t self = getpid();
    struct signals were;
    struct err err;
    sigset_t all;
    pid_t child;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &were.mask);
    were.on_child = signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exit status with it */
    child = fork();
    if (child == 0)
        be_child(path, launch, &were, self);
    if (child < 0) {
        (void)err_errno(&err, E_MARBLE_PROGRAM, "files are installed, but no process could be made for %s",
                        path);
        premain_refuse(&err);
    }
    renew_start(child);
    stay(child, &all);
}
