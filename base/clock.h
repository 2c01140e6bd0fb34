/* SPDX-License-Identifier: Apache-2.0 */
/* base/clock.h: time. Libraries take the time as a parameter; programs ask here.
 *
 * Times are seconds since 1970-01-01T00:00:00Z as int64_t, without leap seconds.
 */
#pragma once
#include "base/bytes.h"

int64_t clock_now(void);      /* seconds, wall clock */
int64_t clock_now_ms(void);   /* milliseconds, wall clock */
int64_t clock_ticks_ms(void); /* milliseconds, monotonic, from an arbitrary start */
int64_t clock_ticks_us(void); /* microseconds, of the same kind */

/* A civil date in the Gregorian calendar, UTC. */
struct civil {
    int64_t year;
    int month, day, hour, minute, second; /* month and day from 1 */
};
int64_t civil_to_time(struct civil c);
struct civil civil_of_time(int64_t t);

/* Exactly "YYYY-MM-DDThh:mm:ssZ" (RFC 3339, UTC, no fraction), a date that exists. */
bool rfc3339_parse(struct slice text, int64_t *out);
enum { RFC3339_LEN = 20 };
void rfc3339_format(char out[RFC3339_LEN + 1], int64_t t); /* years 0000 to 9999 */

/* A duration as Go writes them ("1h30m", "1.5h", "90s", "100ms"; units ns, us, ms, s, m, h), not negative, in
 * milliseconds; what is less than one is dropped. */
bool duration_decode(struct slice text, int64_t *ms);
