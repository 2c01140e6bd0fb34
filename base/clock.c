/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_ms(void) { return read_clock_us(CLOCK_REALTIME) / 1000; }
int64_t clock_now(void) { return clock_now_ms() / 1000; }
int64_t clock_ticks_us(void) { return read_clock_us(CLOCK_MONOTONIC); }
int64_t clock_ticks_ms(void) { return clock_ticks_us() / 1000; }

/* Days since 1970-01-01, by counting years from March so that a leap day comes last. */
static int64_t days_of(int64_t year, int month, int day)
{
    const int64_t y = year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t civil_to_time(struct civil c)
{
    return days_of(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

struct civil civil_of_time(int64_t t)
{
    const int64_t days = (t >= 0 ? t : t - 86399) / 86400, rest = t - days * 86400;
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    struct civil c = {.day = (int)(doy - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9)};

    c.year = yoe + era * 400 + (c.month <= 2);
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    return c;
}

static bool digits(struct cursor *c, size_t n, int *out)
{
    const struct slice s = cursor_take(c, n);

    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *out = *out * 10 + (s.ptr[i] - '0');
    }
    return s.len == n;
}

bool rfc3339_parse(struct slice text, int64_t *out)
{
    struct cursor c = cursor_over(text);
    struct civil t = {0}, again;
    int year;
    bool ok = digits(&c, 4, &year) && cursor_u8(&c) == '-' && digits(&c, 2, &t.month) &&
              cursor_u8(&c) == '-' && digits(&c, 2, &t.day) && cursor_u8(&c) == 'T' &&
              digits(&c, 2, &t.hour) && cursor_u8(&c) == ':' && digits(&c, 2, &t.minute) &&
              cursor_u8(&c) == ':' && digits(&c, 2, &t.second) && cursor_u8(&c) == 'Z' && cursor_done(&c);

    if (!ok || t.month < 1 || t.month > 12 || t.day < 1 || t.hour > 23 || t.minute > 59 || t.second > 59)
        return false;
    t.year = year;
    again = civil_of_time(civil_to_time(t));
    if (again.month != t.month || again.day != t.day) /* 31 April */
        return false;
    *out = civil_to_time(t);
    return true;
}

void rfc3339_format(char out[RFC3339_LEN + 1], int64_t t)
{
    const struct civil c = civil_of_time(t);

    (void)snprintf(out, RFC3339_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)(c.year % 10000),
                   (unsigned)c.month % 100, (unsigned)c.day % 100, (unsigned)c.hour % 100,
                   (unsigned)c.minute % 100, (unsigned)c.second % 100);
}

/* ---- durations --------------------------------------------------------------------------------- */

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static int64_t take_unit(struct cursor *c)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
                 {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
    struct slice name = c->rest;

    for (name.len = 0; name.len < c->rest.len && !is_digit(name.ptr[name.len]) && name.ptr[name.len] != '.';)
        name.len++;
    (void)cursor_take(c, name.len);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (slice_equal(name, slice_str(units[i].name)))
            return units[i].ns;
    return 0;
}

/* A number with digits behind its point, as `n` of `scale` parts. Digits that change nothing are not kept. */
static bool take_number(struct cursor *c, int64_t *n, int64_t *scale)
{
    bool is_fraction = false, has_digit = false;

    *n = 0;
    *scale = 1;
    while (c->rest.len > 0 && (is_digit(c->rest.ptr[0]) || (c->rest.ptr[0] == '.' && !is_fraction))) {
        const uint8_t at = cursor_u8(c);

        has_digit |= at != '.';
        if (at == '.')
            is_fraction = true;
        else if (is_fraction && *scale >= 1000000000)
            continue;
        else if (__builtin_mul_overflow(*n, 10, n) || __builtin_add_overflow(*n, at - '0', n))
            return false;
        else if (is_fraction)
            *scale *= 10;
    }
    return has_digit;
}

bool duration_decode(struct slice text, int64_t *ms)
{
    struct cursor c = cursor_over(text);
    int64_t total = 0, n, scale;

    while (c.rest.len > 0) {
        int64_t unit, whole, part;

        if (!take_number(&c, &n, &scale) || (unit = take_unit(&c)) == 0 ||
            __builtin_mul_overflow(n / scale, unit, &whole))
            return false;
        part = unit >= scale ? n % scale * (unit / scale) : 0; /* below `unit` */
        if (__builtin_add_overflow(total, whole, &total) || __builtin_add_overflow(total, part, &total))
            return false;
    }
    if (text.len == 0)
        return false;
    *ms = total / 1000000;
    return true;
}
