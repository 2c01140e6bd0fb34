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
