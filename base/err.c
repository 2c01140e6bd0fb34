/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct reason reasons[] = {
    [E_NONE] = {"none", ERR_NONE, "", ""},
#define REASON(id, name, kind, cause, remedy) [E_##id] = {name, kind, cause, remedy},
#include "base/reasons.def"
#undef REASON
};

const struct reason *reason_of(enum err_code code)
{
    return &reasons[(unsigned)code < NUM_ERR_CODES ? code : E_INTERNAL];
}

enum err_code reason_named(const char *name)
{
    for (unsigned i = 1; i < NUM_ERR_CODES; i++)
        if (strcmp(reasons[i].name, name) == 0)
            return (enum err_code)i;
    return E_NONE;
}

/* Foreign words may have come in through %s: a line of text stays one printable line. */
static void make_printable(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = *p == '\n' || *p == '\t' ? ' ' : '?';
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    err->code = code;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    make_printable(err->text);
    return false;
}

bool err_in(struct err *err, const char *fmt, ...)
{
    char cause[sizeof err->text];
    size_t used;
    va_list ap;

    memcpy(cause, err->text, sizeof cause);
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text / 4, fmt, ap);
    va_end(ap);
    make_printable(err->text);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %.*s", (int)(sizeof cause - 1), cause);
    return false;
}

bool err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
    const int saved = errno;
    char words[128] = "";
    size_t used;
    va_list ap;

    err->code = code;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof err->text - sizeof words, fmt, ap);
    va_end(ap);
    make_printable(err->text);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", strerror_r(saved, words, sizeof words));
    return false;
}

int err_http_status(enum err_kind kind)
{
    static const int status[] = {
        [ERR_NONE] = 200,        [ERR_INVALID] = 400,     [ERR_UNAUTHENTICATED] = 401, [ERR_DENIED] = 403,
        [ERR_NOT_FOUND] = 404,   [ERR_STATE] = 409,       [ERR_TOO_LARGE] = 413,       [ERR_TIMEOUT] = 408,
        [ERR_UNAVAILABLE] = 503, [ERR_UNSUPPORTED] = 501, [ERR_INTERNAL] = 500,
    };
    return status[kind];
}

int err_grpc_status(enum err_kind kind)
{
    static const int status[] = {
        [ERR_NONE] = 0,         [ERR_INVALID] = 3,      [ERR_UNAUTHENTICATED] = 16, [ERR_DENIED] = 7,
        [ERR_NOT_FOUND] = 5,    [ERR_STATE] = 9,        [ERR_TOO_LARGE] = 8,        [ERR_TIMEOUT] = 4,
        [ERR_UNAVAILABLE] = 14, [ERR_UNSUPPORTED] = 12, [ERR_INTERNAL] = 13,
    };
    return status[kind];
}
