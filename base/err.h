/* SPDX-License-Identifier: Apache-2.0 */
/* base/err.h: how a function says no.
 *
 * Whatever can fail returns bool and takes `struct err *err` as its last argument:
 *     true    done: the outputs are set, *err is untouched
 *     false   refused: the outputs are untouched, *err says why
 *
 * `code` is for programs: a stable reason, one row of base/reasons.def, which also knows
 * what kind of refusal it is, its general cause and its remedy. `text` is for the person
 * at the end of the line: the CLI prints it, the REST API sends it, the log keeps it. It
 * names the thing, what was expected and what was found; never a secret. Whoever detects
 * the fault calls err_set(); whoever knows more of the situation puts it in front with
 * err_in(). Both return false, so calls chain:
 *
 *     return (manifest_parse(body, a, &m, err) && manifest_check(m, err))
 *         || err_in(err, "manifest");
 *
 * A struct err owns nothing: it lives where the operation lives, and needs no release.
 */
#pragma once
#include <stdbool.h>

enum err_kind {                      /* HTTP  gRPC                       what the caller can do about it */
                ERR_NONE,            /*  200  OK                                                         */
                ERR_INVALID,         /*  400  INVALID_ARGUMENT           send something well-formed      */
                ERR_UNAUTHENTICATED, /*  401  UNAUTHENTICATED            say who you are                 */
                ERR_DENIED,          /*  403  PERMISSION_DENIED          nothing: it is not allowed      */
                ERR_NOT_FOUND,       /*  404  NOT_FOUND                  name something that exists      */
                ERR_STATE,           /*  409  FAILED_PRECONDITION        ask at another time             */
                ERR_TOO_LARGE,       /*  413  RESOURCE_EXHAUSTED         send less                       */
                ERR_TIMEOUT,         /*  408  DEADLINE_EXCEEDED          be quicker                      */
                ERR_UNAVAILABLE,     /*  503  UNAVAILABLE                try again: a peer is not there  */
                ERR_UNSUPPORTED,     /*  501  UNIMPLEMENTED              use what this version can do    */
                ERR_INTERNAL,        /*  500  INTERNAL                   report a bug                    */
};

enum err_code {
    E_NONE,
#define REASON(id, name, kind, cause, remedy) E_##id,
#include "base/reasons.def"
#undef REASON
    NUM_ERR_CODES
};

struct err {
    enum err_code code;
    char text[1024]; /* NUL-terminated, printable; what does not fit is cut */
};

/* One row of the table. `name` is the stable word that programs match on. */
struct reason {
    const char *name;
    enum err_kind kind;
    const char *cause, *remedy;
};
const struct reason *reason_of(enum err_code code);

/* The row's code by its word, or E_NONE. */
enum err_code reason_named(const char *name);

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));
bool err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* Adds ": " and the system's words for errno. */
bool err_errno(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), cold));

static inline enum err_kind err_kind(const struct err *err) { return reason_of(err->code)->kind; }

/* The reason of a lower layer, told as this one: the text stays, the code changes. */
static inline bool err_as(struct err *err, enum err_code code)
{
    err->code = code;
    return false;
}

int err_http_status(enum err_kind kind);
int err_grpc_status(enum err_kind kind);
