/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template.h: Go's text/template as far as manifests use it, parsed once, run often.
 *
 * Text with actions: {{ pipeline }}, {{- trim -}}, comments; if, else if, else, with, else with, range, break,
 * continue, end; variables ($x := ..., $x = ...); operands: .A.B.C, $, $x.A, constants (strings, characters,
 * whole numbers, true, false, nil), parenthesised pipelines. Functions: pem, hex, base64, raw (files only),
 * string (environment only); of Go's: and, or, not, len, index, slice, print, printf, println, html, urlquery,
 * eq, ne, lt, le, gt, ge.
 * What the language does not have here (define, template, block, call, js, fractions) is refused when parsed,
 * with line and column: nothing passes silently.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "manifest/secret.h"

enum template_place { TEMPLATE_FILE, TEMPLATE_ENV };

struct template;

/* Parses. The result borrows nothing and lives in the arena. E_TEMPLATE_SYNTAX. */
bool template_parse(struct slice text, enum template_place place, struct arena *a, struct template **out, struct err *err);

/* What of .Secrets and .Previous.Secrets running it can look at: an analysis of the text, never too little.
 * `name` NULL: any secret, because a name is made while the template runs. */
typedef void template_secret_seen(void *ctx, const char *name, bool previous);
void template_secrets(const struct template *t, template_secret_seen *seen, void *ctx);

/* Does running it need anything? False: it is literal text. */
bool template_has_actions(const struct template *t);

/* What a template can name. Certificates' values have empty `public_key` and `private_key` unless said. */
struct template_data {
    struct secret_value root_ca;      /* .MarbleRun.RootCA: the marble root certificate */
    struct secret_value marble;       /* .MarbleRun.MarbleCert: this marble's, with both keys */
    struct secret_value coordinator_root, coordinator_intermediate;
    const struct secret_set *secrets; /* .Secrets */
    const struct secret_set *previous; /* .Previous.Secrets */
    size_t *steps_left; /* what several runs may take together; NULL: LIMIT_TEMPLATE_STEPS for each */
};

/* Runs. E_TEMPLATE_VALUE: a name that does not exist, an empty value, a type that the function does
 * not take; E_TEMPLATE_SIZE: more than LIMIT_TEMPLATE_OUTPUT, or more steps than allowed. */
bool template_run(const struct template *t, const struct template_data *data, struct arena *a, struct slice *out,
                  struct err *err);
