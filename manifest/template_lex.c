/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template_lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "manifest/template_quote.h"

static const char open_mark[] = "{{", close_mark[] = "}}", comment_open[] = "/*", comment_close[] = "*/";

enum { MARK_LEN = 2, NOWHERE = -1 };

/* ---- looking ---------------------------------------------------------------------------------- */

/* The byte there, or NOWHERE behind the end. */
static int byte_at(const struct lexer *l, size_t at) { return at < l->text.len ? l->text.ptr[at] : NOWHERE; }

static bool is_space(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static bool is_digit(int c) { return c >= '0' && c <= '9'; }

/* Go asks Unicode which characters are letters or digits. Here every character outside ASCII may stand in a
 * name: what is no secret's name is refused as such. */
static bool is_word(int c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c >= 0x80;
}

static bool stands(const struct lexer *l, size_t at, const char *mark)
{
    return byte_at(l, at) == mark[0] && byte_at(l, at + 1) == mark[1];
}

/* The first place of a mark at or behind `at`; the text's length if there is none. */
static size_t find(const struct lexer *l, size_t at, const char *mark)
{
    while (at < l->text.len && !stands(l, at, mark))
        at++;
    return at;
}

/* Does an action end here: "}}", or white space and "-}}"? */
static bool at_close(const struct lexer *l, size_t at, bool *trim)
{
    *trim = is_space(byte_at(l, at)) && byte_at(l, at + 1) == '-' && stands(l, at + MARK_LEN, close_mark);
    return *trim || stands(l, at, close_mark);
}

static struct slice between(const struct lexer *l, size_t from, size_t to)
{
    return slice_of(from < to ? &l->text.ptr[from] : NULL, to - from);
}

bool lex_fault(const struct lexer *l, size_t at, const char *fmt, ...)
{
    const struct text_place p = text_place(l->text, at);
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(l->err, E_TEMPLATE_SYNTAX, "line %zu, column %zu: %s", p.line, p.column, text);
}

/* ---- text ------------------------------------------------------------------------------------- */

static void skip_space(struct lexer *l)
{
    while (is_space(byte_at(l, l->at)))
        l->at++;
}

static struct slice trim_end(struct slice text)
{
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static void pass_close(struct lexer *l, bool trim)
{
    l->at += trim ? 2 * MARK_LEN : MARK_LEN;
    if (trim)
        skip_space(l);
}

/* A comment fills its action: its marks touch the braces, or the trim markers. */
static bool pass_comment(struct lexer *l)
{
    const size_t from = l->at, end = find(l, from + MARK_LEN, comment_close);
    bool trim;

    if (end == l->text.len)
        return lex_fault(l, from, "the comment does not end: */ is missing");
    if (!at_close(l, end + MARK_LEN, &trim))
        return lex_fault(l, end, "*/ must be followed by }}: a comment fills its action");
    l->at = end + MARK_LEN;
    pass_close(l, trim);
    return true;
}

bool lex_text(struct lexer *l, struct slice *text, enum lex_next *next)
{
    const size_t from = l->at, end = find(l, from, open_mark);
    bool trim;

    *text = between(l, from, end);
    *next = LEX_NOTHING;
    l->at = end;
    if (end == l->text.len)
        return true;
    l->at += MARK_LEN;
    trim = byte_at(l, l->at) == '-' && is_space(byte_at(l, l->at + 1));
    if (trim) {
        *text = trim_end(*text);
        l->at += MARK_LEN;
    }
    *next = stands(l, l->at, comment_open) ? LEX_COMMENT : LEX_ACTION;
    return *next == LEX_ACTION || pass_comment(l);
}

/* ---- tokens ----------------------------------------------------------------------------------- */

static bool ends_word(const struct lexer *l, size_t at)
{
    const int c = byte_at(l, at);

    return c == NOWHERE || is_space(c) || (c != 0 && strchr(".,|:()", c) != NULL) ||
           stands(l, at, close_mark);
}

/* A character in a message, also if it is none that prints. */
static char *shown(struct lexer *l, size_t at) { return text_shown(l->arena, between(l, at, at + 1)); }

static bool lex_word(struct lexer *l, struct token *out)
{
    const size_t from = l->at;

    while (is_word(byte_at(l, l->at)))
        l->at++;
    out->text = between(l, from, l->at);
    return ends_word(l, l->at) ||
           lex_fault(l, l->at, "unexpected \"%s\" in a name%s", shown(l, l->at),
                     byte_at(l, l->at) == '-'
                         ? "; take names with dashes out with: index .Secrets \"my-name\""
                         : "");
}

static bool lex_field(struct lexer *l, struct token *out)
{
    l->at++;
    if (is_digit(byte_at(l, l->at)))
        return lex_fault(l, out->at, "only whole numbers are supported");
    out->kind = ends_word(l, l->at) ? TOKEN_DOT : TOKEN_FIELD;
    return out->kind == TOKEN_DOT || lex_word(l, out);
}

/* The number of one character, or of one byte that is none. */
static int64_t utf8_value(struct slice c)
{
    int64_t v = c.len == 1 ? c.ptr[0] : c.ptr[0] & (0x7f >> c.len);

    for (size_t i = 1; i < c.len; i++)
        v = v << 6 | (c.ptr[i] & 0x3f);
    return v;
}

static bool lex_variable(struct lexer *l, struct token *out)
{
    out->kind = TOKEN_VARIABLE;
    l->at++;
    return lex_word(l, out);
}

/* ---- numbers ---------------------------------------------------------------------------------- */

/* After "0x", "0o", "0b", "0" or nothing; underscores part digits. Go's integer literals. */
static bool read_digits(struct slice text, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    bool any = false;

    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        const unsigned none = 99;
        const unsigned digit = is_digit(c)                ? c - (unsigned)'0'
                               : c >= 'A' && c <= 'z' && c != '_' ? (c | 0x20u) - 'a' + 10
                                                          : none;

        if (c == '_' && i + 1 < text.len && text.ptr[i + 1] != '_' && (any || base != 10))
            continue;
        if (digit >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
        any = true;
    }
    *out = v;
    return any;
}

static bool read_whole(struct slice text, int64_t *out)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } bases[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0O", 8}, {"0b", 2}, {"0B", 2}, {"0", 8}};
    const bool minus = text.len > 0 && *text.ptr == '-';
    uint64_t v = 0;
    unsigned base = 10;
    struct cursor c = cursor_over(text);

    if (text.len > 0 && (*text.ptr == '-' || *text.ptr == '+'))
        (void)cursor_u8(&c);
    for (size_t i = 0; base == 10 && c.rest.len > 1 && i < sizeof bases / sizeof bases[0]; i++)
        if (text_starts_with(c.rest, bases[i].prefix)) {
            base = bases[i].base;
            (void)cursor_take(&c, strlen(bases[i].prefix));
        }
    if (!read_digits(c.rest, base, &v) || v > (uint64_t)INT64_MAX + minus)
        return false;
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

static bool lex_number(struct lexer *l, struct token *out)
{
    const size_t from = l->at++;

    out->kind = TOKEN_NUMBER;
    while (is_word(byte_at(l, l->at)) || byte_at(l, l->at) == '.')
        l->at++;
    return read_whole(between(l, from, l->at), &out->number) ||
           lex_fault(l, from, "\"%s\" is no number: only whole numbers that fit 64 bits are supported",
                     text_shown(l->arena, between(l, from, l->at)));
}

/* A constant of one character is its number. */
static bool lex_character(struct lexer *l, struct token *out)
{
    const size_t from = ++l->at;
    struct slice body, c;

    out->kind = TOKEN_NUMBER;
    while (byte_at(l, l->at) != NOWHERE && byte_at(l, l->at) != '\n' &&
           (byte_at(l, l->at) != '\'' || l->at == from))
        l->at += byte_at(l, l->at) == '\\' ? 2 : 1;
    body = between(l, from, l->at < l->text.len ? l->at : l->text.len);
    if (byte_at(l, l->at++) != '\'')
        return lex_fault(l, out->at, "the character constant does not end: ' is missing");
    if (slice_equal(body, slice_str("\\'")))
        body = slice_str("'");
    if (!unquote(body, l->arena, &c) || c.len == 0 || (c.len > 1 && text_utf8_len(c) != c.len))
        return lex_fault(l, out->at, "a character constant holds one character");
    out->number = utf8_value(c);
    return true;
}

/* ---- strings ---------------------------------------------------------------------------------- */

static bool lex_string(struct lexer *l, struct token *out)
{
    struct slice body;

    out->kind = TOKEN_STRING;
    l->at++;
    for (;; l->at++) {
        const int c = byte_at(l, l->at);

        if (c == '"')
            break;
        if (c == '\\')
            l->at++;
        if (c == NOWHERE || c == '\n' || byte_at(l, l->at) == NOWHERE || byte_at(l, l->at) == '\n')
            return lex_fault(l, out->at, "the string constant does not end: \" is missing");
    }
    body = between(l, out->at + 1, l->at);
    l->at++;
    return unquote(body, l->arena, &out->text) ||
           lex_fault(l, out->at, "the string constant has an escape that Go does not know, or is not UTF-8");
}

static bool lex_raw(struct lexer *l, struct token *out)
{
    const uint8_t *end =
        l->at + 1 < l->text.len ? memchr(&l->text.ptr[l->at + 1], '`', l->text.len - l->at - 1) : NULL;

    out->kind = TOKEN_STRING;
    if (end == NULL)
        return lex_fault(l, out->at, "the raw string constant does not end: ` is missing");
    l->at = (size_t)(end - l->text.ptr) + 1;
    out->text = unquote_raw(between(l, out->at + 1, l->at - 1), l->arena);
    return true;
}

/* White space; that before "-}}" is part of the end. */
static void lex_space(struct lexer *l, struct token *out)
{
    bool trim;

    out->kind = TOKEN_SPACE;
    while (is_space(byte_at(l, l->at)) && !at_close(l, l->at, &trim))
        l->at++;
}

static bool lex_mark(struct lexer *l, struct token *out, enum token_kind kind)
{
    out->kind = kind;
    l->at++;
    return true;
}

static bool refuse(struct lexer *l, int c)
{
    if (c == '-')
        return lex_fault(l, l->at, "white space must part trim markers from the rest: {{- ... -}}");
    return lex_fault(l, l->at, "unexpected \"%s\"", shown(l, l->at));
}

static bool lex_declare(struct lexer *l, struct token *out)
{
    if (byte_at(l, l->at + 1) != '=')
        return lex_fault(l, l->at, "expected := after a variable");
    l->at++;
    return lex_mark(l, out, TOKEN_DECLARE);
}

bool lex_token(struct lexer *l, struct token *out)
{
    const int c = byte_at(l, l->at);
    bool trim;

    *out = (struct token){.kind = TOKEN_END, .at = l->at};
    if (at_close(l, l->at, &trim)) {
        pass_close(l, trim);
        return true;
    }
    if (c == NOWHERE)
        return lex_fault(l, l->at, "the action does not end: }} is missing");
    if (is_space(c)) {
        lex_space(l, out);
        return true;
    }
    switch (c) {
    case '.':
        return lex_field(l, out);
    case '$':
        return lex_variable(l, out);
    case '"':
        return lex_string(l, out);
    case '`':
        return lex_raw(l, out);
    case '\'':
        return lex_character(l, out);
    case ':':
        return lex_declare(l, out);
    case '=':
        return lex_mark(l, out, TOKEN_ASSIGN);
    case ',':
        return lex_mark(l, out, TOKEN_COMMA);
    case '|':
        return lex_mark(l, out, TOKEN_PIPE);
    case '(':
        return lex_mark(l, out, TOKEN_OPEN);
    case ')':
        return lex_mark(l, out, TOKEN_CLOSE);
    default:
        if (is_digit(c) || ((c == '+' || c == '-') && is_digit(byte_at(l, l->at + 1))))
            return lex_number(l, out);
        if (!is_word(c))
            return refuse(l, c);
        out->kind = TOKEN_WORD;
        return lex_word(l, out);
    }
}
