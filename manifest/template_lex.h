/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_lex.h: a template cut into text and tokens, as Go's text/template cuts it.
 *
 * Private to the template language. Source: the documentation of Go's package text/template, sections
 * "Text and spaces" and "Pipelines"; string constants: The Go Programming Language Specification,
 * "String literals". What Go has and this language has not is refused here with its name.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum token_kind {
    TOKEN_SPACE,    /* white space between words: it separates operands */
    TOKEN_DOT,      /* "." alone */
    TOKEN_FIELD,    /* ".name"; text is the name */
    TOKEN_VARIABLE, /* "$name" or "$"; text is the name without "$" */
    TOKEN_WORD,     /* a function or a keyword */
    TOKEN_STRING,   /* text is what the constant means */
    TOKEN_NUMBER,   /* number is what the constant means; characters are numbers */
    TOKEN_DECLARE,  /* ":=" */
    TOKEN_ASSIGN,   /* "=" */
    TOKEN_COMMA,
    TOKEN_PIPE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_END, /* the end of the action */
};

struct token {
    enum token_kind kind;
    struct slice text;
    int64_t number;
    size_t at; /* where it begins: bytes from the template's first */
};

struct lexer {
    struct slice text;
    size_t at;
    struct arena *arena; /* string constants live here */
    struct err *err;
};

enum lex_next { LEX_NOTHING, LEX_COMMENT, LEX_ACTION };

/* The text up to the next "{{", trimmed as the markers around it say, and what follows it: the end, a
 * comment that is passed over, or an action whose tokens are read next. */
bool lex_text(struct lexer *l, struct slice *text, enum lex_next *next);

/* The next token of an action. */
bool lex_token(struct lexer *l, struct token *out);

/* "line L, column C: ..." of the byte at `at`, both from 1, columns in bytes. Returns false. */
bool lex_fault(const struct lexer *l, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
