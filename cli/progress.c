/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct progress_line {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool is_over, is_shown;
    char text[61]; /* a line of 80 columns, with the time */
};

/* Once a second, from the first one on, until it is over. */
static void *show(void *ctx)
{
    struct progress_line *l = ctx;
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    (void)pthread_mutex_lock(&l->lock);
    for (unsigned seconds = 1; !l->is_over; seconds++) {
        at.tv_sec++;
        while (!l->is_over && pthread_cond_timedwait(&l->over, &l->lock, &at) == 0)
            ;
        if (!l->is_over) {
            (void)fprintf(stderr, "\r%s ... %u s", l->text, seconds);
            (void)fflush(stderr);
            l->is_shown = true;
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Signals are for the thread that works. */
static bool start(struct progress_line *l)
{
    pthread_condattr_t clock;
    sigset_t all, before;
    bool ok;

    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->over, &clock);
    (void)pthread_condattr_destroy(&clock);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_create(&l->thread, NULL, show, l) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void release(struct progress_line *l)
{
    (void)pthread_cond_destroy(&l->over);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

struct progress progress_begin(const char *fmt, ...)
{
    struct progress_line *l = isatty(STDERR_FILENO) == 1 ? calloc(1, sizeof *l) : NULL;
    va_list args;

    if (l == NULL)
        return (struct progress){0};
    va_start(args, fmt);
    (void)vsnprintf(l->text, sizeof l->text, fmt, args);
    va_end(args);
    if (start(l))
        return (struct progress){l};
    release(l);
    return (struct progress){0};
}

/* The line is overwritten with spaces: not every terminal knows how to erase. */
void progress_end(struct progress *p)
{
    struct progress_line *l = p->line;

    p->line = NULL;
    if (l == NULL)
        return;
    (void)pthread_mutex_lock(&l->lock);
    l->is_over = true;
    (void)pthread_cond_signal(&l->over);
    (void)pthread_mutex_unlock(&l->lock);
    (void)pthread_join(l->thread, NULL);
    if (l->is_shown)
        (void)fprintf(stderr, "\r%*s\r", (int)strlen(l->text) + 16, "");
    release(l);
}
