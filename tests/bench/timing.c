/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/timing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 3 };

void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, err->text);
    exit(EXIT_FAILURE);
}

static double us_of(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double cpu_us(void) { return us_of(CLOCK_PROCESS_CPUTIME_ID); }
double wall_us(void) { return us_of(CLOCK_MONOTONIC); }

double measure(void (*once)(void), unsigned round_ms)
{
    double best = 0;

    once();
    for (int round = 0; round < ROUNDS; round++) {
        const double start = cpu_us();
        unsigned n = 0;
        double each;

        do {
            once();
            n++;
        } while (cpu_us() - start < round_ms * 1e3);
        each = (cpu_us() - start) / n;
        best = round == 0 || each < best ? each : best;
    }
    return best;
}
