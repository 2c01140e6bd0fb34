/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <criterion/criterion.h>
#include <time.h>

Test(clock, civil_dates_agree_with_the_c_library)
{
    for (int64_t t = -70000000000; t < 250000000000; t += 86400 * 97 + 12345) {
        const time_t when = (time_t)t;
        const struct civil c = civil_of_time(t);
        struct tm tm;

        cr_assert_not_null(gmtime_r(&when, &tm));
        cr_assert(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 && c.day == tm.tm_mday &&
                      c.hour == tm.tm_hour && c.minute == tm.tm_min && c.second == tm.tm_sec,
                  "%lld", (long long)t);
        cr_assert_eq(civil_to_time(c), t);
    }
}

Test(clock, rfc3339_has_one_spelling)
{
    static const char *const bad[] = {
        "2025-02-29T00:00:00Z",  "2025-04-31T00:00:00Z",   "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",  "2025-01-01T24:00:00Z",   "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:60Z",  "2025-01-01t00:00:00Z",   "2025-01-01T00:00:00z",
        "2025-01-01T00:00:00",   "2025-01-01T00:00:00.0Z", "2025-01-01T00:00:00+00:00",
        "25-01-01T00:00:00Z",    "2025-1-01T00:00:00Z",    "",
        "2025-01-01T00:00:00ZZ", "-025-01-01T00:00:00Z"};
    char text[RFC3339_LEN + 1];
    int64_t t;

    cr_expect(rfc3339_parse(slice_str("2024-02-29T12:34:56Z"), &t));
    cr_expect_eq(t, 1709210096);
    rfc3339_format(text, t);
    cr_expect_str_eq(text, "2024-02-29T12:34:56Z");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(rfc3339_parse(slice_str(bad[i]), &t), "%s", bad[i]);
}

Test(clock, ticks_do_not_go_back)
{
    const int64_t first = clock_ticks_ms();

    cr_expect_geq(clock_ticks_ms(), first);
    cr_expect_gt(clock_now(), 1700000000);
}

Test(clock, durations_are_read_as_go_writes_them)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: it is none */
    } cases[] = {
        {"24h", 86400000},
        {"1h30m", 5400000},
        {"1.5h", 5400000},
        {"90s", 90000},
        {"100ms", 100},
        {".5s", 500},
        {"1.s", 1000},
        {"1500us", 1},
        {"1.0000000000001s", 1000},
        {"0s", 0},
        {"", -1},
        {"24", -1},
        {"h", -1},
        {".s", -1},
        {"-1h", -1},
        {"+1h", -1},
        {"1 h", -1},
        {"1d", -1},
        {"1..5h", -1},
        {"1h30", -1},
        {"9999999999h", -1},
        {"99999999999999999999s", -1},
        {"2562047h1000h", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;

        cr_expect_eq(duration_decode(slice_str(cases[i].text), &ms), cases[i].ms >= 0, "%s", cases[i].text);
        cr_expect_eq(ms, cases[i].ms, "%s: %lld", cases[i].text, (long long)ms);
    }
}
