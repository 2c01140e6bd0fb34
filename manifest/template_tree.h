/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_tree.h: a parsed template, between its parser, its runner and its analysis.
 *
 * Private to the template language. Everything lives in the arena given to template_parse().
 */
#pragma once
#include "manifest/template.h"
#include "manifest/template_lex.h"

struct run;
struct value;
struct node;

struct template_function {
    const char *name;
    bool in_files, in_env;
    size_t min_args, max_args; /* the piped one included */
    /* `lazy` functions evaluate their arguments themselves. */
    bool (*apply)(struct run *run, const struct node *call, const struct value *args, struct value *out);
    bool (*lazy)(struct run *run, const struct node *call, struct value *out);
};
const struct template_function *template_function_named(struct slice name); /* or NULL */

enum { TEMPLATE_MAX_ARGS = 16, TEMPLATE_MAX_SLOTS = 64 };

enum node_kind {
    NODE_DOT,
    NODE_ROOT,     /* "$" */
    NODE_VARIABLE, /* what its slot holds */
    NODE_FIELDS,   /* names, one after the other, of args[0] */
    NODE_STRING,
    NODE_NUMBER,
    NODE_BOOL, /* number is 0 or 1 */
    NODE_NIL,
    NODE_CALL,
};

struct node {
    enum node_kind kind;
    size_t at; /* in the template's text */
    struct slice text;
    int64_t number;
    size_t slot;
    char **names;
    size_t num_names;
    const struct template_function *function;
    struct node **args;
    size_t num_args;
};

/* Literal text, or an action. */
enum piece_kind {
    PIECE_TEXT,
    PIECE_PRINT,
    PIECE_SET, /* a variable: declared or assigned, which is the same when it runs */
    PIECE_IF,
    PIECE_WITH,
    PIECE_RANGE,
    PIECE_BREAK,
    PIECE_CONTINUE,
};

struct piece {
    struct piece *next;
    enum piece_kind kind;
    size_t at;
    struct slice text;
    struct node *node;
    size_t slots[2], num_slots; /* variables that the pipeline sets; of a range with two: key, element */
    bool assigns;               /* it was declared before */
    struct piece *body, *otherwise;
};

struct template
{
    struct slice text; /* a copy of the whole */
    struct piece *pieces;
    size_t num_slots;
    bool has_actions;
};

/* ---- the parser's two halves ------------------------------------------------------------------ */

struct parser {
    struct lexer lexer;
    struct token token; /* the one looked at */
    enum template_place place;
    unsigned depth; /* open parentheses */
    struct {
        struct slice name;
        size_t slot;
    } scope[TEMPLATE_MAX_SLOTS]; /* the variables that can be named here */
    size_t num_scope, num_slots;
    unsigned nesting, num_ranges; /* open control structures; ranges among them */
};

/* A pipeline without declarations: stands on what ended it. */
bool parse_pipeline(struct parser *p, struct node **out);
bool parser_advance(struct parser *p);
bool parser_skip_space(struct parser *p);
