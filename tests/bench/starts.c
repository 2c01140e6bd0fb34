/* SPDX-License-Identifier: Apache-2.0 */
/* starts RUNS PROGRAM [ARGUMENT...]: starts it so often, and prints milliseconds until it has ended (the
 * median), milliseconds of computing (the mean) and the most KiB of memory. A process begins with the memory
 * of who has started it, so that is a small program. What PROGRAM writes goes to standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000 };

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int start(char **argv, struct rusage *usage)
{
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    return child > 0 && wait4(child, &status, 0, usage) == child ? status : -1;
}

int main(int argc, char **argv)
{
    static double times[MOST];
    const int runs = argc > 2 ? atoi(argv[1]) : 0;
    double computing = 0;
    long peak = 0;

    if (runs < 1 || runs > MOST)
        return 2;
    for (int i = 0; i < runs; i++) {
        const double begun = now_ms();
        struct rusage usage;
        const int status = start(argv + 2, &usage);

        if (status != 0) {
            (void)fprintf(stderr, "%s ended with status %d\n", argv[2], status);
            return 1;
        }
        times[i] = now_ms() - begun;
        computing += ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
        peak = usage.ru_maxrss > peak ? usage.ru_maxrss : peak;
    }
    qsort(times, (size_t)runs, sizeof times[0], by_size);
    (void)printf("%.2f %.2f %ld\n", times[runs / 2], computing / runs, peak);
    return 0;
}
