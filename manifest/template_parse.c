/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "manifest/template_lex.h"
#include "manifest/template_tree.h"

/* Depth and stages bound the recursion of parser and runner. */
enum { MAX_DEPTH = 16, MAX_STAGES = 16, MAX_ARGS = 4, MAX_NAMES = 8 };

struct parser {
    struct lexer lexer;
    struct token token; /* the one looked at */
    enum template_place place;
    unsigned depth; /* open parentheses */
};

static bool parse_pipeline(struct parser *p, struct node **out);

static bool advance(struct parser *p) { return lex_token(&p->lexer, &p->token); }

static bool skip_space(struct parser *p) { return p->token.kind != TOKEN_SPACE || advance(p); }

static bool ends_command(enum token_kind k) { return k == TOKEN_PIPE || k == TOKEN_CLOSE || k == TOKEN_END; }

static struct node *new_node(struct parser *p, enum node_kind kind)
{
    struct node *n = arena_alloc(p->lexer.arena, sizeof *n);

    *n = (struct node){.kind = kind, .at = p->token.at};
    return n;
}

/* Adds an argument; more than any function takes is a matter for the count to refuse. */
static void add_arg(struct parser *p, struct node *n, struct node *arg)
{
    if (n->args == NULL)
        n->args = arena_array(p->lexer.arena, MAX_ARGS, sizeof(struct node *));
    if (n->num_args < MAX_ARGS)
        n->args[n->num_args++] = arg;
}

/* ".A.B.C", of dot or of what stands before it. */
static bool parse_fields(struct parser *p, struct node *of, struct node **out)
{
    struct node *n = new_node(p, NODE_FIELDS);

    n->names = arena_array(p->lexer.arena, MAX_NAMES, sizeof *n->names);
    if (of != NULL)
        add_arg(p, n, of);
    while (p->token.kind == TOKEN_FIELD) {
        if (n->num_names == MAX_NAMES)
            return lex_fault(&p->lexer, p->token.at, "more than %d names in a row", MAX_NAMES);
        n->names[n->num_names++] = arena_strndup(p->lexer.arena, p->token.text);
        if (!advance(p))
            return false;
    }
    *out = n;
    return true;
}

static bool parse_string(struct parser *p, struct node **out)
{
    struct node *n = new_node(p, NODE_STRING);

    n->text = p->token.text;
    *out = n;
    return advance(p) && (p->token.kind != TOKEN_FIELD ||
                          lex_fault(&p->lexer, p->token.at, "a string constant has no fields"));
}

static bool parse_parentheses(struct parser *p, struct node **out)
{
    struct node *inner;

    if (p->depth == MAX_DEPTH)
        return lex_fault(&p->lexer, p->token.at, "parentheses nested deeper than %d levels", MAX_DEPTH);
    p->depth++;
    if (!advance(p) || !parse_pipeline(p, &inner))
        return false;
    if (p->token.kind != TOKEN_CLOSE)
        return lex_fault(&p->lexer, p->token.at, "a parenthesis is not closed: ) is missing");
    p->depth--;
    if (!advance(p))
        return false;
    if (p->token.kind == TOKEN_FIELD)
        return parse_fields(p, inner, out);
    *out = inner;
    return true;
}

/* What follows an operand must be parted from it. */
static bool parted(struct parser *p)
{
    if (p->token.kind == TOKEN_SPACE || ends_command(p->token.kind))
        return true;
    return lex_fault(&p->lexer, p->token.at, "white space is missing before this");
}

static bool parse_operand(struct parser *p, struct node **out)
{
    bool done;

    switch (p->token.kind) {
    case TOKEN_FIELD:
        done = parse_fields(p, NULL, out);
        break;
    case TOKEN_STRING:
        done = parse_string(p, out);
        break;
    case TOKEN_OPEN:
        done = parse_parentheses(p, out);
        break;
    case TOKEN_WORD:
        return lex_fault(&p->lexer, p->token.at,
                         "put parentheses around a call that is an argument: (%s ...)",
                         text_shown(p->lexer.arena, p->token.text));
    default:
        return lex_fault(&p->lexer, p->token.at, "a value is missing here");
    }
    return done && parted(p) && skip_space(p);
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* What Go has beyond this language, to tell a gap from a mistake. */
static bool is_go(struct slice word)
{
    static const char *const words[] = {
        "if", "else", "end", "with",  "range",  "define", "template", "block", "break", "continue", "and",
        "or", "not",  "len", "slice", "printf", "print",  "println",  "html",  "js",    "urlquery", "call",
        "eq", "ne",   "lt",  "le",    "gt",     "ge",     "true",     "false", "nil",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(word, slice_str(words[i])))
            return true;
    return false;
}

static bool find_function(struct parser *p, const struct template_function **out)
{
    const struct template_function *f = template_function_named(p->token.text);
    const char *name = text_shown(p->lexer.arena, p->token.text);

    if (f == NULL)
        return lex_fault(&p->lexer, p->token.at,
                         is_go(p->token.text)
                             ? "\"%s\" of Go's templates is not supported; there are pem, hex, "
                               "base64, raw, string and index"
                             : "there is no function \"%s\"; there are pem, hex, base64, raw, "
                               "string and index",
                         name);
    if (p->place == TEMPLATE_ENV ? !f->in_env : !f->in_files)
        return lex_fault(&p->lexer, p->token.at, "\"%s\" is not for %s; use %s", name,
                         p->place == TEMPLATE_ENV ? "Env, which cannot hold every byte" : "Files",
                         p->place == TEMPLATE_ENV ? "base64 or hex" : "raw");
    *out = f;
    return true;
}

static bool parse_call(struct parser *p, struct node *piped, struct node **out)
{
    struct node *n = new_node(p, NODE_CALL), *arg;
    size_t num = piped != NULL;

    if (!find_function(p, &n->function) || !advance(p) || !parted(p) || !skip_space(p))
        return false;
    while (!ends_command(p->token.kind)) {
        if (!parse_operand(p, &arg))
            return false;
        add_arg(p, n, arg);
        num++;
    }
    if (num != n->function->num_args)
        return lex_fault(&p->lexer, n->at, "\"%s\" takes %zu argument%s, found %zu", n->function->name,
                         n->function->num_args, n->function->num_args == 1 ? "" : "s", num);
    if (piped != NULL)
        add_arg(p, n, piped);
    *out = n;
    return true;
}

static bool parse_command(struct parser *p, struct node *piped, struct node **out)
{
    const size_t at = p->token.at;

    if (p->token.kind == TOKEN_WORD)
        return parse_call(p, piped, out);
    if (!parse_operand(p, out))
        return false;
    if (piped != NULL)
        return lex_fault(&p->lexer, at, "a pipe must lead to a function");
    if (!ends_command(p->token.kind))
        return lex_fault(&p->lexer, p->token.at, "only functions take arguments; there is none before this");
    return true;
}

/* command | command ...; stands on what ended it. */
static bool parse_pipeline(struct parser *p, struct node **out)
{
    struct node *value = NULL;

    for (unsigned stages = 0; stages < MAX_STAGES; stages++) {
        if (!skip_space(p) || !parse_command(p, value, &value))
            return false;
        if (p->token.kind != TOKEN_PIPE) {
            *out = value;
            return true;
        }
        if (!advance(p))
            return false;
    }
    return lex_fault(&p->lexer, p->token.at, "a pipeline of more than %d stages", MAX_STAGES);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static bool parse_action(struct parser *p, struct node **out)
{
    p->depth = 0;
    if (!advance(p) || !parse_pipeline(p, out))
        return false;
    return p->token.kind == TOKEN_END || lex_fault(&p->lexer, p->token.at, "no parenthesis is open here");
}

static void add_piece(struct arena *a, struct piece ***tail, struct piece what)
{
    struct piece *piece = arena_alloc(a, sizeof *piece);

    *piece = what;
    **tail = piece;
    *tail = &piece->next;
}

bool template_parse(struct slice text, enum template_place place, struct arena *a, struct template **out,
                    struct err *err)
{
    struct template *t = arena_alloc(a, sizeof *t);
    struct parser p = {.place = place};
    struct piece **tail = &t->pieces;
    enum lex_next next = LEX_COMMENT;

    t->text = arena_copy(a, text);
    p.lexer = (struct lexer){.text = t->text, .arena = a, .err = err};
    while (next != LEX_NOTHING) {
        struct piece literal = {0}, action = {0};

        if (!lex_text(&p.lexer, &literal.text, &next))
            return false;
        if (literal.text.len > 0)
            add_piece(a, &tail, literal);
        if (next != LEX_ACTION)
            continue;
        if (!parse_action(&p, &action.node))
            return false;
        add_piece(a, &tail, action);
        t->has_actions = true;
    }
    *out = t;
    return true;
}

bool template_has_actions(const struct template *t) { return t->has_actions; }
