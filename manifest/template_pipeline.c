/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines: the expressions of templates. */
#include "base/text.h"
#include "manifest/template_tree.h"

/* Depth and stages bound the recursion of parser and runner. */
enum { MAX_DEPTH = 16, MAX_STAGES = 16, MAX_NAMES = 8 };

bool parser_advance(struct parser *p) { return lex_token(&p->lexer, &p->token); }

bool parser_skip_space(struct parser *p) { return p->token.kind != TOKEN_SPACE || parser_advance(p); }

static bool ends_command(enum token_kind k) { return k == TOKEN_PIPE || k == TOKEN_CLOSE || k == TOKEN_END; }

static struct node *new_node(struct parser *p, enum node_kind kind)
{
    struct node *n = arena_alloc(p->lexer.arena, sizeof *n);

    *n = (struct node){.kind = kind, .at = p->token.at};
    return n;
}

static bool add_arg(struct parser *p, struct node *n, struct node *arg)
{
    if (n->args == NULL)
        n->args = arena_array(p->lexer.arena, TEMPLATE_MAX_ARGS, sizeof(struct node *));
    if (n->num_args == TEMPLATE_MAX_ARGS)
        return lex_fault(&p->lexer, arg->at, "more than %d arguments", TEMPLATE_MAX_ARGS);
    n->args[n->num_args++] = arg;
    return true;
}

/* ".A.B.C" of what stands before it. */
static bool parse_fields(struct parser *p, struct node *of, struct node **out)
{
    struct node *n = new_node(p, NODE_FIELDS);

    if (p->token.kind != TOKEN_FIELD) {
        *out = of;
        return true;
    }
    n->names = arena_array(p->lexer.arena, MAX_NAMES, sizeof *n->names);
    while (p->token.kind == TOKEN_FIELD) {
        if (n->num_names == MAX_NAMES)
            return lex_fault(&p->lexer, p->token.at, "more than %d names in a row", MAX_NAMES);
        n->names[n->num_names++] = arena_strndup(p->lexer.arena, p->token.text);
        if (!parser_advance(p))
            return false;
    }
    *out = n;
    return add_arg(p, n, of);
}

static bool parse_dot(struct parser *p, struct node **out)
{
    struct node *dot = new_node(p, NODE_DOT);

    if (p->token.kind == TOKEN_DOT) {
        *out = dot;
        return parser_advance(p);
    }
    return parse_fields(p, dot, out);
}

static bool parse_variable(struct parser *p, struct node **out)
{
    struct node *n = new_node(p, p->token.text.len == 0 ? NODE_ROOT : NODE_VARIABLE);
    size_t i = p->num_scope;

    while (n->kind == NODE_VARIABLE && i > 0 && !slice_equal(p->scope[i - 1].name, p->token.text))
        i--;
    if (n->kind == NODE_VARIABLE && i == 0)
        return lex_fault(&p->lexer, p->token.at, "there is no variable $%s here; declare it with :=",
                         text_shown(p->lexer.arena, p->token.text));
    n->slot = n->kind == NODE_VARIABLE ? p->scope[i - 1].slot : 0;
    return parser_advance(p) && parse_fields(p, n, out);
}

static bool parse_constant(struct parser *p, enum node_kind kind, struct node **out)
{
    struct node *n = new_node(p, kind);

    n->text = p->token.text;
    n->number = kind == NODE_BOOL ? slice_equal(p->token.text, slice_str("true")) : p->token.number;
    *out = n;
    return parser_advance(p) && (p->token.kind != TOKEN_FIELD ||
                                 lex_fault(&p->lexer, p->token.at, "a constant has no fields"));
}

static bool parse_parentheses(struct parser *p, struct node **out)
{
    struct node *inner;

    if (p->depth == MAX_DEPTH)
        return lex_fault(&p->lexer, p->token.at, "parentheses nested deeper than %d levels", MAX_DEPTH);
    p->depth++;
    if (!parser_advance(p) || !parse_pipeline(p, &inner))
        return false;
    if (p->token.kind != TOKEN_CLOSE)
        return lex_fault(&p->lexer, p->token.at, "a parenthesis is not closed: ) is missing");
    p->depth--;
    if (!parser_advance(p))
        return false;
    return parse_fields(p, inner, out);
}

/* What follows an operand must be parted from it. */
static bool parted(struct parser *p)
{
    if (p->token.kind == TOKEN_SPACE || ends_command(p->token.kind))
        return true;
    return lex_fault(&p->lexer, p->token.at, "white space is missing before this");
}

static bool is_constant(struct slice word)
{
    return slice_equal(word, slice_str("true")) || slice_equal(word, slice_str("false")) ||
           slice_equal(word, slice_str("nil"));
}

static bool parse_operand_itself(struct parser *p, struct node **out)
{
    switch (p->token.kind) {
    case TOKEN_DOT:
    case TOKEN_FIELD:
        return parse_dot(p, out);
    case TOKEN_VARIABLE:
        return parse_variable(p, out);
    case TOKEN_STRING:
        return parse_constant(p, NODE_STRING, out);
    case TOKEN_NUMBER:
        return parse_constant(p, NODE_NUMBER, out);
    case TOKEN_OPEN:
        return parse_parentheses(p, out);
    case TOKEN_WORD:
        if (is_constant(p->token.text))
            return parse_constant(p, slice_equal(p->token.text, slice_str("nil")) ? NODE_NIL : NODE_BOOL, out);
        return lex_fault(&p->lexer, p->token.at,
                         "put parentheses around a call that is an argument: (%s ...)",
                         text_shown(p->lexer.arena, p->token.text));
    case TOKEN_DECLARE:
    case TOKEN_ASSIGN:
    case TOKEN_COMMA:
        return lex_fault(&p->lexer, p->token.at,
                         "variables are declared at the beginning of an action: {{ $x := ... }}");
    default:
        return lex_fault(&p->lexer, p->token.at, "a value is missing here");
    }
}

static bool parse_operand(struct parser *p, struct node **out)
{
    return parse_operand_itself(p, out) && parted(p) && parser_skip_space(p);
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* What Go has beyond this language, to tell a gap from a mistake. */
static bool is_go(struct slice word)
{
    static const char *const words[] = {"define", "template", "block", "call", "js"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(word, slice_str(words[i])))
            return true;
    return false;
}

static bool is_keyword(struct slice word)
{
    static const char *const words[] = {"if", "else", "end", "with", "range", "break", "continue"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(word, slice_str(words[i])))
            return true;
    return false;
}

static bool no_function(struct parser *p, const char *name)
{
    if (is_go(p->token.text))
        return lex_fault(&p->lexer, p->token.at, "\"%s\" of Go's templates is not supported", name);
    if (is_keyword(p->token.text))
        return lex_fault(&p->lexer, p->token.at, "\"%s\" cannot stand here; it begins an action", name);
    return lex_fault(&p->lexer, p->token.at,
                     "there is no function \"%s\"; there are pem, hex, base64, raw, string, and, or, not, len, "
                     "index, slice, print, printf, println, html, urlquery, eq, ne, lt, le, gt, ge",
                     name);
}

static bool find_function(struct parser *p, const struct template_function **out)
{
    const struct template_function *f = template_function_named(p->token.text);
    const char *name = text_shown(p->lexer.arena, p->token.text);

    if (f == NULL)
        return no_function(p, name);
    if (p->place == TEMPLATE_ENV ? !f->in_env : !f->in_files)
        return lex_fault(&p->lexer, p->token.at, "\"%s\" is not for %s; use %s", name,
                         p->place == TEMPLATE_ENV ? "Env, which cannot hold every byte" : "Files",
                         p->place == TEMPLATE_ENV ? "base64 or hex" : "raw");
    *out = f;
    return true;
}

static bool check_num_args(struct parser *p, const struct node *n)
{
    const struct template_function *f = n->function;

    if (n->num_args >= f->min_args && n->num_args <= f->max_args)
        return true;
    if (f->min_args == f->max_args)
        return lex_fault(&p->lexer, n->at, "\"%s\" takes %zu argument%s, found %zu", f->name, f->min_args,
                         f->min_args == 1 ? "" : "s", n->num_args);
    return lex_fault(&p->lexer, n->at, "\"%s\" takes %zu to %zu arguments, found %zu", f->name, f->min_args,
                     f->max_args, n->num_args);
}

static bool parse_call(struct parser *p, struct node *piped, struct node **out)
{
    struct node *n = new_node(p, NODE_CALL), *arg;

    if (!find_function(p, &n->function) || !parser_advance(p) || !parted(p) || !parser_skip_space(p))
        return false;
    while (!ends_command(p->token.kind))
        if (!parse_operand(p, &arg) || !add_arg(p, n, arg))
            return false;
    if (piped != NULL && !add_arg(p, n, piped))
        return false;
    *out = n;
    return check_num_args(p, n);
}

static bool parse_command(struct parser *p, struct node *piped, struct node **out)
{
    const size_t at = p->token.at;

    if (p->token.kind == TOKEN_WORD && !is_constant(p->token.text))
        return parse_call(p, piped, out);
    if (!parse_operand(p, out))
        return false;
    if (piped != NULL)
        return lex_fault(&p->lexer, at, "a pipe must lead to a function");
    if (!ends_command(p->token.kind) && p->token.kind != TOKEN_DECLARE && p->token.kind != TOKEN_ASSIGN)
        return lex_fault(&p->lexer, p->token.at, "only functions take arguments; there is none before this");
    return (*out)->kind != NODE_NIL || lex_fault(&p->lexer, at, "nil is no command");
}

/* command | command ...; stands on what ended it. */
bool parse_pipeline(struct parser *p, struct node **out)
{
    struct node *value = NULL;

    for (unsigned stages = 0; stages < MAX_STAGES; stages++) {
        if (!parser_skip_space(p) || !parse_command(p, value, &value))
            return false;
        if (p->token.kind == TOKEN_DECLARE || p->token.kind == TOKEN_ASSIGN)
            return lex_fault(&p->lexer, p->token.at,
                             "variables are declared at the beginning of an action: {{ $x := ... }}");
        if (p->token.kind != TOKEN_PIPE) {
            *out = value;
            return true;
        }
        if (!parser_advance(p))
            return false;
    }
    return lex_fault(&p->lexer, p->token.at, "a pipeline of more than %d stages", MAX_STAGES);
}
