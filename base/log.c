/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

static enum log_format chosen = LOG_AUTO;
static enum log_level threshold = LOG_INFO;

void log_setup(enum log_format format, enum log_level least)
{
    chosen = format;
    threshold = least;
}

void log_setup_from_env(void)
{
    const char *format = getenv("EDG_LOG_FORMAT"), *debug = getenv("EDG_DEBUG_LOGGING");
    const bool json = format != NULL && strcasecmp(format, "json") == 0;
    const bool text = format != NULL && strcasecmp(format, "text") == 0;

    log_setup(json   ? LOG_JSON
              : text ? LOG_TEXT
                     : LOG_AUTO,
              debug != NULL && strcmp(debug, "1") == 0 ? LOG_DEBUG : LOG_INFO);
}

static void put_json_line(struct buf *b, enum log_level level, const char *msg, const struct err *err,
                          va_list ap)
{
    static const char *const names[] = {"debug", "info", "warn", "error", "fatal"};
    const int64_t now = clock_now_ms();
    const char *key, *value;

    buf_printf(b, "{\"level\":\"%s\",\"ts\":%lld.%03d,\"msg\":", names[level], (long long)(now / 1000),
               (int)(now % 1000));
    json_put_string(b, slice_str(msg));
    while ((key = va_arg(ap, const char *)) != NULL) {
        value = va_arg(ap, const char *);
        if (value == NULL)
            continue;
        buf_str(b, ",");
        json_put_string(b, slice_str(key));
        buf_str(b, ":");
        json_put_string(b, slice_str(value));
    }
    if (err != NULL) {
        buf_printf(b, ",\"reason\":\"%s\",\"error\":", reason_of(err->code)->name);
        json_put_string(b, slice_str(err->text));
    }
    buf_str(b, "}\n");
}

static void put_shown(struct buf *b, const char *s)
{
    for (; *s != '\0'; s++)
        buf_u8(b, (uint8_t)*s < 0x20 || *s == 0x7f ? '?' : (uint8_t)*s);
}

static void put_text_line(struct buf *b, enum log_level level, const char *msg, const struct err *err,
                          va_list ap)
{
    static const char *const names[] = {"debug", "info ", "warn ", "error", "fatal"};
    static const char *const colours[] = {"\033[2m", "", "\033[33m", "\033[31m", "\033[31m"};
    const bool colour = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL && level != LOG_INFO;
    const time_t now = (time_t)clock_now();
    struct tm local;
    const char *key, *value;

    if (localtime_r(&now, &local) != NULL)
        buf_printf(b, "%02d:%02d:%02d", local.tm_hour, local.tm_min, local.tm_sec);
    buf_printf(b, " %s%s%s  ", colour ? colours[level] : "", names[level], colour ? "\033[0m" : "");
    put_shown(b, msg);
    while ((key = va_arg(ap, const char *)) != NULL) {
        value = va_arg(ap, const char *);
        if (value == NULL)
            continue;
        buf_printf(b, "  %s=", key);
        put_shown(b, value);
    }
    if (err != NULL) {
        buf_str(b, ": ");
        put_shown(b, err->text);
        buf_printf(b, " [%s]", reason_of(err->code)->name);
    }
    buf_str(b, "\n");
}

static void write_line(enum log_level level, const struct err *err, const char *msg, va_list ap)
{
    scoped(buf_wipe) struct buf b = buf_max(64 * 1024);
    const bool json = chosen == LOG_JSON || (chosen == LOG_AUTO && !isatty(STDERR_FILENO));

    if (level < threshold)
        return;
    (json ? put_json_line : put_text_line)(&b, level, msg, err, ap);
    if (buf_ok(&b) && write(STDERR_FILENO, b.ptr, b.len) < 0)
        return; /* nobody listens: there is no one to tell */
}

void log_write(enum log_level level, const char *msg, ...)
{
    va_list ap;

    va_start(ap, msg);
    write_line(level, NULL, msg, ap);
    va_end(ap);
}

void log_write_err(enum log_level level, const struct err *err, const char *msg, ...)
{
    va_list ap;

    va_start(ap, msg);
    write_line(level, err, msg, ap);
    va_end(ap);
}
