/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Go's encoding/json reads it. jansson's own reader drops members that are given twice, refuses text
 * that is not UTF-8, and has no numbers beyond 2^63-1; its values can carry all that, so only the reader is
 * ours. Source: RFC 8259; documentation of Go's package encoding/json, Unmarshal. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

struct reader {
    struct slice text;
    size_t at;
    int depth, num_values;
    struct buf string; /* the string or number read last */
    struct buf places;
    enum err_code code;
    struct err *err;
};

static json_t *read_value(struct reader *r);

enum { NOWHERE = -1 };

static int look(const struct reader *r) { return r->at < r->text.len ? r->text.ptr[r->at] : NOWHERE; }

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

/* ---- faults ----------------------------------------------------------------------------------- */

static bool fault(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fault(struct reader *r, const char *fmt, ...)
{
    const struct text_place p = text_place(r->text, r->at);
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(r->err, r->code, "line %zu, column %zu: %s", p.line, p.column, text);
}

static bool unexpected(struct reader *r, const char *wanted)
{
    const int c = look(r);

    if (c == NOWHERE)
        return fault(r, "expected %s, found the end of the text", wanted);
    if (c < 0x20 || c > 0x7e)
        return fault(r, "expected %s, found byte 0x%02x", wanted, (unsigned)c);
    return fault(r, "expected %s, found '%c'", wanted, c);
}

/* ---- strings ---------------------------------------------------------------------------------- */

enum { REPLACEMENT = 0xfffd };

static bool is_surrogate(uint32_t v) { return v >= 0xd800 && v < 0xe000; }

/* Four hexadecimal digits. */
static bool read_hex4(struct reader *r, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    uint32_t v = 0;

    for (int i = 0; i < 4; i++, r->at++) {
        const char *found = look(r) > 0 ? strchr(digits, look(r)) : NULL;

        if (found == NULL)
            return unexpected(r, "four hexadecimal digits");
        v = v << 4 | (uint32_t)((found - digits) % 16);
    }
    *out = v;
    return true;
}

/* Behind "\u". A surrogate without its other half becomes U+FFFD, and what follows it stands for itself. */
static bool read_unicode(struct reader *r)
{
    uint32_t high, low;
    size_t back;

    if (!read_hex4(r, &high))
        return false;
    if (!is_surrogate(high)) {
        text_put_utf8(&r->string, high);
        return true;
    }
    back = r->at;
    if (high < 0xdc00 && look(r) == '\\') {
        r->at++;
        if (look(r) == 'u') {
            r->at++;
            if (!read_hex4(r, &low))
                return false;
            if (low >= 0xdc00 && low < 0xe000) {
                text_put_utf8(&r->string, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                return true;
            }
        }
        r->at = back;
    }
    text_put_utf8(&r->string, REPLACEMENT);
    return true;
}

static bool read_escape(struct reader *r)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *found;

    r->at++;
    found = look(r) > 0 ? strchr(names, look(r)) : NULL;
    if (look(r) == 'u') {
        r->at++;
        return read_unicode(r);
    }
    if (found == NULL)
        return unexpected(r, "an escape (one of \"\\/bfnrtu)");
    buf_u8(&r->string, (uint8_t)values[found - names]);
    r->at++;
    return true;
}

/* Each byte that is no UTF-8 becomes U+FFFD. */
static void read_char(struct reader *r)
{
    const struct slice rest = slice_of(r->text.ptr + r->at, r->text.len - r->at);
    const size_t len = text_utf8_len(rest);

    if (len == 0)
        text_put_utf8(&r->string, REPLACEMENT);
    else
        buf_put(&r->string, slice_of(rest.ptr, len));
    r->at += len == 0 ? 1 : len;
}

static bool read_string(struct reader *r)
{
    buf_drop(&r->string, r->string.len);
    for (r->at++; look(r) != '"';) {
        if (look(r) == NOWHERE)
            return unexpected(r, "the end of a string");
        if (look(r) < 0x20)
            return unexpected(r, "a character of a string");
        if (look(r) != '\\')
            read_char(r);
        else if (!read_escape(r))
            return false;
    }
    r->at++;
    return true;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static bool read_digits(struct reader *r)
{
    if (!is_digit(look(r)))
        return unexpected(r, "a digit");
    while (is_digit(look(r)))
        r->at++;
    return true;
}

static bool pass_number(struct reader *r)
{
    if (look(r) == '-')
        r->at++;
    if (look(r) == '0')
        r->at++;
    else if (!read_digits(r))
        return false;
    if (look(r) == '.') {
        r->at++;
        if (!read_digits(r))
            return false;
    }
    if (look(r) == 'e' || look(r) == 'E') {
        r->at++;
        if (look(r) == '+' || look(r) == '-')
            r->at++;
        return read_digits(r);
    }
    return true;
}

/* What jansson's integers cannot hold is kept as it is written: see json_number_text(). */
static json_t *read_number(struct reader *r)
{
    const size_t from = r->at;
    struct slice digits;
    uint64_t v;
    bool minus;

    if (!pass_number(r))
        return NULL;
    digits = slice_of(r->text.ptr + from, r->at - from);
    minus = *digits.ptr == '-';
    if (minus)
        digits = slice_of(digits.ptr + 1, digits.len - 1);
    if (decimal_decode(digits, INT64_MAX, &v) && !(minus && v == 0))
        return json_integer(minus ? -(json_int_t)v : (json_int_t)v);
    buf_drop(&r->string, r->string.len);
    buf_u8(&r->string, JSON_MARK);
    buf_put(&r->string, slice_of(r->text.ptr + from, r->at - from));
    return json_stringn_nocheck((const char *)r->string.ptr, r->string.len);
}

/* ---- the rest --------------------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
    while (look(r) == ' ' || look(r) == '\t' || look(r) == '\n' || look(r) == '\r')
        r->at++;
}

static json_t *read_word(struct reader *r, const char *word, json_t *value)
{
    for (; *word != '\0'; word++, r->at++)
        if (look(r) != *word) {
            (void)unexpected(r, "a value");
            return NULL;
        }
    return value;
}

static bool deeper(struct reader *r)
{
    r->at++;
    return ++r->depth <= LIMIT_JSON_DEPTH || fault(r, "nested deeper than %d levels", LIMIT_JSON_DEPTH);
}

/* After an element: is there another one? */
static bool read_comma(struct reader *r, char close, const char *wanted, bool *more)
{
    skip_space(r);
    *more = look(r) == ',';
    if (!*more && look(r) != close)
        return unexpected(r, wanted);
    r->at++;
    if (*more)
        skip_space(r);
    return true;
}

static bool read_elements(struct reader *r, json_t *array)
{
    bool more = true;

    if (!deeper(r))
        return false;
    skip_space(r);
    if (look(r) == ']') {
        r->at++;
        more = false;
    }
    while (more) {
        json_t *v = read_value(r);

        if (v == NULL || json_array_append_new(array, v) != 0 || !read_comma(r, ']', "',' or ']'", &more))
            return false;
    }
    r->depth--;
    return true;
}

/* The name read last, as the tree holds it: without a NUL, and marked if the object has it already. */
static const char *tree_name(struct reader *r, const json_t *object)
{
    for (size_t i = 0; i < r->string.len; i++)
        if (r->string.ptr[i] == 0)
            r->string.ptr[i] = JSON_NUL;
    buf_u8(&r->string, 0);
    if (json_object_get(object, (const char *)r->string.ptr) != NULL) {
        r->string.len--;
        buf_printf(&r->string, "%c%zu", JSON_MARK, json_object_size(object));
        buf_u8(&r->string, 0);
    }
    return (const char *)r->string.ptr;
}

/* Puts the name in first, to hold its place in the order, then the value. */
static bool read_member(struct reader *r, json_t *object)
{
    struct json_place place;
    const char *name;
    json_t *v;
    void *member;

    if (look(r) != '"')
        return unexpected(r, "a name in quotes");
    if (!read_string(r))
        return false;
    skip_space(r);
    if (look(r) != ':')
        return unexpected(r, "':'");
    r->at++;
    skip_space(r);
    name = tree_name(r, object);
    (void)json_object_set_new_nocheck(object, name, json_null());
    member = json_object_iter_at(object, name);
    place = (struct json_place){.name = json_object_iter_key(member), .at = r->at};
    buf_put(&r->places, slice_of(&place, sizeof place));
    v = read_value(r);
    return v != NULL && json_object_iter_set_new(object, member, v) == 0;
}

static bool read_members(struct reader *r, json_t *object)
{
    bool more = true;

    if (!deeper(r))
        return false;
    skip_space(r);
    if (look(r) == '}') {
        r->at++;
        more = false;
    }
    while (more)
        if (!read_member(r, object) || !read_comma(r, '}', "',' or '}'", &more))
            return false;
    r->depth--;
    return true;
}

static json_t *whole(json_t *v, bool good)
{
    if (good)
        return v;
    json_decref(v);
    return NULL;
}

static json_t *read_container(struct reader *r)
{
    json_t *v = look(r) == '{' ? json_object() : json_array();

    return whole(v, json_is_object(v) ? read_members(r, v) : read_elements(r, v));
}

/* Depth bounds the recursion. */
static json_t *read_value(struct reader *r)
{
    if (++r->num_values > LIMIT_JSON_VALUES) {
        (void)fault(r, "more than %d values", LIMIT_JSON_VALUES);
        return NULL;
    }
    switch (look(r)) {
    case '{':
    case '[':
        return read_container(r);
    case '"':
        return read_string(r) ? json_stringn_nocheck((const char *)r->string.ptr, r->string.len) : NULL;
    case 't':
        return read_word(r, "true", json_true());
    case 'f':
        return read_word(r, "false", json_false());
    case 'n':
        return read_word(r, "null", json_null());
    default:
        if (look(r) == '-' || is_digit(look(r)))
            return read_number(r);
        (void)unexpected(r, "a value");
        return NULL;
    }
}

static void reader_wipe(struct reader *r)
{
    buf_wipe(&r->string);
    buf_wipe(&r->places);
}

bool json_parse_go(struct slice text, enum json_rest rest, enum err_code code, struct arena *a,
                   struct json_document *out, struct err *err)
{
    enum { GROWTH = 3, SPARE = 64 }; /* of a byte that becomes U+FFFD; for marks */
    scoped(reader_wipe) struct reader r = {
        .text = text, .string = buf_max(GROWTH * text.len + SPARE), .code = code, .err = err};
    json_t *root;

    r.places = buf_max(LIMIT_JSON_VALUES * sizeof(struct json_place));
    buf_u8(&r.string, 0); /* an empty string is not NULL either */
    skip_space(&r);
    root = read_value(&r);
    if (root != NULL && rest == JSON_REST_REFUSED) {
        skip_space(&r);
        root = whole(root, look(&r) == NOWHERE || unexpected(&r, "the end of the text"));
    }
    if (root == NULL)
        return false;
    *out = (struct json_document){.root = root, .text = text};
    out->num_places = r.places.len / sizeof *out->places;
    out->places = arena_array(a, out->num_places, sizeof *out->places);
    if (out->num_places > 0)
        memcpy(out->places, r.places.ptr, r.places.len);
    return true;
}
