/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_value.h: what a node of a template can be worth while it runs.
 *
 * Private to the template language. The kinds are those of Go's values that MarbleRun's data hold.
 */
#pragma once
#include "base/buf.h"
#include "manifest/template_tree.h"

enum value_kind {
    VALUE_MISSING, /* of a name that is not there: Go's "no value" */
    VALUE_NIL,
    VALUE_ROOT, /* the whole data */
    VALUE_MARBLERUN,
    VALUE_PREVIOUS,
    VALUE_SECRETS,
    VALUE_SECRET, /* a whole one */
    VALUE_CERT,
    VALUE_PUBLIC,
    VALUE_PRIVATE,
    VALUE_TEXT,
    VALUE_NUMBER,
    VALUE_BOOL,
};

struct value {
    enum value_kind kind;
    struct slice bytes; /* of CERT, PUBLIC, PRIVATE, TEXT */
    const struct secret_value *secret;
    const struct secret_set *set;
    uint64_t number; /* of NUMBER, of BOOL 0 or 1 */
    bool negative;   /* NUMBER: it is number - 2^64 */
    const char *missing; /* the name that is not there, of MISSING and of what comes from an empty secret */
};

struct run {
    const struct template *template;
    const struct template_data *data;
    struct value dot;
    struct value slots[TEMPLATE_MAX_SLOTS];
    struct buf *out;
    struct arena *arena; /* for the action at hand */
    struct arena *kept;  /* for what variables hold; num_kept bytes */
    size_t num_kept;
    size_t *steps_left;
    struct err *err;
};

const char *value_kind_name(enum value_kind k); /* "a private key" */
static inline bool value_is_bytes(const struct value *v)
{
    return v->kind >= VALUE_CERT && v->kind <= VALUE_PRIVATE;
}
bool value_is_true(const struct value *v); /* as "if" sees it */

struct value value_text(struct slice text);
struct value value_bool(bool b);
struct value value_number(uint64_t number, bool negative);

/* As Go prints it, into `out`. Refused is what no service was ever meant to get: whole secrets, keys as lists
 * of numbers, "<no value>". E_TEMPLATE_VALUE. */
bool value_print(struct run *run, const struct node *n, const struct value *v, struct buf *out);

/* A field of a value, and a secret of a map. E_TEMPLATE_VALUE. */
bool value_field(struct run *run, const struct node *n, const struct value *v, const char *name,
                 struct value *out);
struct value value_secret_named(const struct run *run, const struct secret_set *set, const char *name);

bool template_evaluate(struct run *run, const struct node *n, struct value *out);

/* "line L, column C: ..." E_TEMPLATE_VALUE. */
bool template_fault(const struct run *run, const struct node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "there is no secret ..." */
bool template_missing(const struct run *run, const struct node *n, const char *name);
