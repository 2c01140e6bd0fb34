/* SPDX-License-Identifier: Apache-2.0 */
/* Text and actions: the statements of templates. */
#include "base/text.h"
#include "manifest/template_tree.h"

enum { MAX_NESTING = 64 }; /* bounds the recursion of parser, runner and analysis */

/* What ended a list of pieces. */
enum list_end { END_OF_TEXT, END_END, END_ELSE };

static bool parse_list(struct parser *p, struct piece **out, enum list_end *end);

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_WORD && slice_equal(p->token.text, slice_str(word));
}

/* The action must end here. */
static bool parse_end(struct parser *p, const char *after)
{
    if (!parser_skip_space(p))
        return false;
    if (p->token.kind == TOKEN_END)
        return true;
    return lex_fault(&p->lexer, p->token.at,
                     p->token.kind == TOKEN_CLOSE ? "no parenthesis is open here" : "unexpected text after %s",
                     after);
}

/* ---- variables -------------------------------------------------------------------------------- */

static bool declare(struct parser *p, struct slice name, size_t at, size_t *slot)
{
    if (p->num_slots == TEMPLATE_MAX_SLOTS)
        return lex_fault(&p->lexer, at, "more than %d variables", TEMPLATE_MAX_SLOTS);
    *slot = p->num_slots++;
    p->scope[p->num_scope].name = name;
    p->scope[p->num_scope++].slot = *slot;
    return true;
}

static bool find_declared(struct parser *p, struct slice name, size_t at, size_t *slot)
{
    for (size_t i = p->num_scope; i > 0; i--)
        if (slice_equal(p->scope[i - 1].name, name)) {
            *slot = p->scope[i - 1].slot;
            return true;
        }
    return lex_fault(&p->lexer, at, "there is no variable $%s here; declare it with :=",
                     text_shown(p->lexer.arena, name));
}

/* "$x :=", "$x =", and of a range also "$k, $v :=". The names can be used behind the pipeline only, so
 * they are declared when it was read. */
struct variables {
    struct token names[2];
    size_t num;
    bool assigns;
};

static bool parse_variables(struct parser *p, bool is_range, struct variables *v)
{
    const struct lexer before = p->lexer;
    const struct token first = p->token;

    v->num = 0;
    if (!parser_skip_space(p))
        return false;
    while (p->token.kind == TOKEN_VARIABLE && v->num < (is_range ? 2u : 1u)) {
        v->names[v->num++] = p->token;
        if (!parser_advance(p) || !parser_skip_space(p))
            return false;
        if (p->token.kind == TOKEN_DECLARE || p->token.kind == TOKEN_ASSIGN) {
            v->assigns = p->token.kind == TOKEN_ASSIGN;
            return parser_advance(p);
        }
        if (p->token.kind != TOKEN_COMMA)
            break;
        if (!is_range)
            return lex_fault(&p->lexer, p->token.at, "only range sets two variables");
        if (!parser_advance(p) || !parser_skip_space(p))
            return false;
    }
    v->num = 0; /* a variable that is looked at */
    p->lexer = before;
    p->token = first;
    return true;
}

static bool set_variables(struct parser *p, const struct variables *v, struct piece *piece)
{
    piece->num_slots = v->num;
    piece->assigns = v->assigns;
    for (size_t i = 0; i < v->num; i++) {
        const struct token *t = &v->names[i];

        if (t->text.len == 0)
            return lex_fault(&p->lexer, t->at, "$ is the whole data and cannot be set");
        if (!(v->assigns ? find_declared(p, t->text, t->at, &piece->slots[i])
                         : declare(p, t->text, t->at, &piece->slots[i])))
            return false;
    }
    return true;
}

static bool parse_value(struct parser *p, struct piece *piece)
{
    struct variables v = {0};

    return parse_variables(p, piece->kind == PIECE_RANGE, &v) && parse_pipeline(p, &piece->node) &&
           parse_end(p, "the pipeline") && set_variables(p, &v, piece);
}

/* ---- control structures ----------------------------------------------------------------------- */

static struct piece *new_piece(struct parser *p, enum piece_kind kind)
{
    struct piece *piece = arena_alloc(p->lexer.arena, sizeof *piece);

    *piece = (struct piece){.kind = kind, .at = p->token.at};
    return piece;
}

static const char *const control_words[] = {[PIECE_IF] = "if", [PIECE_WITH] = "with", [PIECE_RANGE] = "range"};

static bool parse_control(struct parser *p, enum piece_kind kind, struct piece **out);

/* Behind {{else: nothing, or "if" or "with", which make a structure whose {{end}} is the outer one's too. */
static bool parse_else(struct parser *p, enum piece_kind outer, struct piece *piece)
{
    enum list_end end;

    if (!parser_skip_space(p))
        return false;
    for (enum piece_kind k = PIECE_IF; k <= PIECE_WITH; k++)
        if (outer == k && is_word(p, control_words[k]))
            return parser_advance(p) && parse_control(p, k, &piece->otherwise);
    if (!parse_end(p, "\"else\"") || !parse_list(p, &piece->otherwise, &end))
        return false;
    if (end == END_ELSE)
        return lex_fault(&p->lexer, p->token.at, "\"else\" stands here a second time");
    return end == END_END ||
           lex_fault(&p->lexer, piece->at, "\"%s\" does not end: {{end}} is missing", control_words[outer]);
}

static bool parse_branches(struct parser *p, struct piece *piece)
{
    const enum piece_kind kind = piece->kind;
    enum list_end end;
    size_t num_scope;
    bool good;

    if (!parse_value(p, piece))
        return false;
    num_scope = p->num_scope;
    p->num_ranges += kind == PIECE_RANGE;
    good = parse_list(p, &piece->body, &end);
    p->num_ranges -= kind == PIECE_RANGE;
    p->num_scope = num_scope;
    if (!good)
        return false;
    if (end == END_ELSE)
        return parse_else(p, kind, piece);
    return end == END_END ||
           lex_fault(&p->lexer, piece->at, "\"%s\" does not end: {{end}} is missing", control_words[kind]);
}

/* Variables that are declared in it are gone behind it. */
static bool parse_control(struct parser *p, enum piece_kind kind, struct piece **out)
{
    const size_t num_scope = p->num_scope;

    *out = new_piece(p, kind);
    if (++p->nesting > MAX_NESTING)
        return lex_fault(&p->lexer, p->token.at, "control structures nested deeper than %d levels",
                         MAX_NESTING);
    if (!parse_branches(p, *out))
        return false;
    p->nesting--;
    p->num_scope = num_scope;
    return true;
}

static bool parse_jump(struct parser *p, enum piece_kind kind, const char *word, struct piece **out)
{
    *out = new_piece(p, kind);
    if (p->num_ranges == 0)
        return lex_fault(&p->lexer, p->token.at, "\"%s\" outside of range", word);
    return parser_advance(p) && parse_end(p, word);
}

/* ---- lists ------------------------------------------------------------------------------------ */

static bool parse_print(struct parser *p, struct piece **out)
{
    *out = new_piece(p, PIECE_PRINT);
    if (!parse_value(p, *out))
        return false;
    if ((*out)->num_slots > 0)
        (*out)->kind = PIECE_SET;
    return true;
}

/* An action; *out stays NULL if it ends the list. */
static bool parse_action(struct parser *p, struct piece **out, enum list_end *end)
{
    *out = NULL;
    p->depth = 0;
    if (!parser_advance(p) || !parser_skip_space(p))
        return false;
    for (enum piece_kind k = PIECE_IF; k <= PIECE_RANGE; k++)
        if (is_word(p, control_words[k]))
            return parser_advance(p) && parse_control(p, k, out);
    if (is_word(p, "break"))
        return parse_jump(p, PIECE_BREAK, "break", out);
    if (is_word(p, "continue"))
        return parse_jump(p, PIECE_CONTINUE, "continue", out);
    if (is_word(p, "end") || is_word(p, "else")) {
        *end = is_word(p, "end") ? END_END : END_ELSE;
        if (p->nesting == 0)
            return lex_fault(&p->lexer, p->token.at, "\"%s\" without if, with or range",
                             *end == END_END ? "end" : "else");
        return parser_advance(p) && (*end == END_ELSE || parse_end(p, "\"end\""));
    }
    return parse_print(p, out);
}

/* Pieces to the end of the text, or to an {{end}} or {{else}}, whose word is passed. */
static bool parse_list(struct parser *p, struct piece **out, enum list_end *end)
{
    enum lex_next next = LEX_COMMENT;
    struct slice text;

    *out = NULL;
    *end = END_OF_TEXT;
    while (next != LEX_NOTHING) {
        struct piece *action = NULL;

        if (!lex_text(&p->lexer, &text, &next))
            return false;
        if (text.len > 0) {
            *out = new_piece(p, PIECE_TEXT);
            (*out)->text = text;
            out = &(*out)->next;
        }
        if (next != LEX_ACTION)
            continue;
        if (!parse_action(p, &action, end))
            return false;
        if (action == NULL)
            return true;
        *out = action;
        out = &action->next;
    }
    return true;
}

static bool only_text(const struct piece *p)
{
    while (p != NULL && p->kind == PIECE_TEXT)
        p = p->next;
    return p == NULL;
}

bool template_parse(struct slice text, enum template_place place, struct arena *a, struct template **out,
                    struct err *err)
{
    struct template *t = arena_alloc(a, sizeof *t);
    struct parser *p = arena_alloc(a, sizeof *p);
    enum list_end end;

    t->text = arena_copy(a, text);
    *p = (struct parser){.place = place, .lexer = {.text = t->text, .arena = a, .err = err}};
    if (!parse_list(p, &t->pieces, &end))
        return false;
    t->num_slots = p->num_slots;
    t->has_actions = !only_text(t->pieces);
    *out = t;
    return true;
}

bool template_has_actions(const struct template *t) { return t->has_actions; }
