/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_tree.h: a parsed template, between its parser and its runner.
 *
 * Private to the template language. Everything lives in the arena given to template_parse().
 */
#pragma once
#include "manifest/template.h"

struct run;
struct value;
struct node;

struct template_function {
    const char *name;
    bool in_files, in_env;
    size_t num_args; /* the piped one included */
    bool (*apply)(struct run *run, const struct node *call, const struct value *args, struct value *out);
};
const struct template_function *template_function_named(struct slice name); /* or NULL */

enum node_kind {
    NODE_FIELDS, /* names, one after the other, from the dot; or from args[0] if there is one */
    NODE_STRING,
    NODE_CALL,
};

struct node {
    enum node_kind kind;
    size_t at; /* in the template's text */
    struct slice text;
    char **names;
    size_t num_names;
    const struct template_function *function;
    struct node **args;
    size_t num_args;
};

/* Literal text, or an action if `node` is set. */
struct piece {
    struct piece *next;
    struct slice text;
    struct node *node;
};

struct template
{
    struct slice text; /* a copy of the whole */
    struct piece *pieces;
    bool has_actions;
};
