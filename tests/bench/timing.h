/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/timing.h: what the benchmarks share. */
#pragma once
#include "base/err.h"

/* Ends the program with what `err` says, unless `ok`. */
void must(bool ok, const struct err *err);

/* Microseconds of processor time that this process has used; and of a clock on the wall. */
double cpu_us(void);
double wall_us(void);

/* Processor time of one call, in microseconds: the best of three rounds of `round_ms` each, because noise
 * only adds. One call before them warms up. */
double measure(void (*once)(void), unsigned round_ms);
