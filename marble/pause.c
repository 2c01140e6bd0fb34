/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/pause.h"

#include <time.h>

unsigned pause_next_ms(const struct pause *p)
{
    const unsigned next = p->next_ms > p->least_ms ? p->next_ms : p->least_ms;

    return next < p->most_ms ? next : p->most_ms;
}

void pause_take(struct pause *p)
{
    const unsigned now = pause_next_ms(p);

    p->next_ms = now * 2;
    pause_ms(now);
}

void pause_ms(unsigned ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0)
        continue; /* a signal; what is left of the pause was written back */
}
