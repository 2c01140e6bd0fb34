/* SPDX-License-Identifier: Apache-2.0 */
/* marble/pause.h: pauses between attempts, each twice as long as the last. */
#pragma once
#include "base/clock.h"

struct pause {
    unsigned least_ms, most_ms;
    unsigned next_ms; /* 0: the least */
};

/* How long the next one will be; it, and the one after it will be longer; sleeping alone. */
unsigned pause_next_ms(const struct pause *p);
void pause_take(struct pause *p);
void pause_ms(unsigned ms);
