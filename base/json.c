/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

/* jansson's free() gives no size, so each block carries its own in front. */
union header {
    size_t size;
    max_align_t align;
};

static void *wiping_malloc(size_t n)
{
    union header *h = malloc(sizeof *h + n);

    if (h == NULL)
        abort();
    h->size = n;
    return h + 1;
}

static void wiping_free(void *p)
{
    union header *h = p;

    if (p == NULL)
        return;
    h--;
    sodium_memzero(h + 1, h->size);
    free(h);
}

void json_init(void) { json_set_alloc_funcs(wiping_malloc, wiping_free); }

/* jansson makes about 300 bytes of an empty object: what costs the sender three bytes is counted before. */
static bool is_bounded(struct slice text, enum err_code code, struct err *err)
{
    bool in_string = false;
    int depth = 0, num_values = 1;

    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                return err_set(err, code, "JSON nested deeper than %d levels", LIMIT_JSON_DEPTH);
            num_values++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ',') {
            num_values++;
        }
        if (num_values > LIMIT_JSON_VALUES)
            return err_set(err, code, "JSON of more than %d values", LIMIT_JSON_VALUES);
    }
    return true;
}

bool json_parse(struct slice text, enum json_duplicates duplicates, enum err_code code, json_t **out,
                struct err *err)
{
    const size_t flags =
        JSON_DECODE_ANY | JSON_ALLOW_NUL | (duplicates == JSON_NO_DUPLICATES ? JSON_REJECT_DUPLICATES : 0);
    json_error_t e;
    json_t *value;

    if (!is_bounded(text, code, err))
        return false;
    value = json_loadb((const char *)text.ptr, text.len, flags, &e);
    if (value == NULL)
        return err_set(err, code, "line %d, column %d: %s", e.line, e.column, e.text);
    *out = value;
    return true;
}

struct fields fields_of(const json_t *value, const char *path, enum json_names names, enum err_code code,
                        struct arena *a, struct err *err)
{
    struct fields f = {.object = value, .path = path, .names = names, .code = code, .arena = a, .err = err};

    if (!json_is_object(value))
        f.bad = !err_set(err, code, "%s: expected an object", path);
    return f;
}

char *field_path(struct fields *f, const char *name)
{
    return arena_printf(f->arena, "%s.%s", f->path, text_shown(f->arena, slice_str(name)));
}

bool field_fault(struct fields *f, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (f->bad)
        return false;
    f->bad = true;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(f->err, f->code, "%s: %s", field_path(f, name), text);
}

static json_t *find_folded(const json_t *object, const char *name)
{
    json_t *found = NULL, *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) if (text_equal_fold(slice_str(key), slice_str(name))) found = value;
    return found;
}

json_t *field(struct fields *f, const char *name)
{
    json_t *value;

    if (f->bad)
        return NULL;
    value = f->names == JSON_FOLD ? find_folded(f->object, name) : json_object_get(f->object, name);
    return json_is_null(value) ? NULL : value;
}

static const char *type_name(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a fractional number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return "null";
    }
}

static json_t *typed(struct fields *f, const char *name, bool (*is)(const json_t *), const char *wanted)
{
    json_t *v = field(f, name);

    if (v != NULL && !is(v)) {
        (void)field_fault(f, name, "expected %s, found %s", wanted, type_name(v));
        return NULL;
    }
    return v;
}

static bool is_bool(const json_t *v) { return json_is_boolean(v); }
static bool is_int(const json_t *v) { return json_is_integer(v); }
static bool is_str(const json_t *v) { return json_is_string(v); }
static bool is_object(const json_t *v) { return json_is_object(v); }
static bool is_array(const json_t *v) { return json_is_array(v); }

bool field_bool(struct fields *f, const char *name)
{
    return json_is_true(typed(f, name, is_bool, "true or false"));
}

uint64_t field_uint(struct fields *f, const char *name, uint64_t max)
{
    const json_t *v = typed(f, name, is_int, "a whole number");
    const json_int_t n = v == NULL ? 0 : json_integer_value(v);

    if (n < 0 || (uint64_t)n > max) {
        (void)field_fault(f, name, "%lld is not between 0 and %llu", (long long)n, (unsigned long long)max);
        return 0;
    }
    return (uint64_t)n;
}

struct slice field_text(struct fields *f, const char *name)
{
    const json_t *v = typed(f, name, is_str, "a string");

    return v == NULL ? (struct slice){0}
                     : arena_copy(f->arena, slice_of(json_string_value(v), json_string_length(v)));
}

static char *plain_string(struct fields *f, const char *name, const json_t *v)
{
    const struct slice s = slice_of(json_string_value(v), json_string_length(v));

    if (memchr(s.ptr, 0, s.len) != NULL) {
        (void)field_fault(f, name, "contains a NUL character");
        return NULL;
    }
    return arena_strndup(f->arena, s);
}

char *field_str(struct fields *f, const char *name)
{
    const json_t *v = typed(f, name, is_str, "a string");

    return v == NULL ? NULL : plain_string(f, name, v);
}

struct slice field_hex(struct fields *f, const char *name, size_t len)
{
    const json_t *v = typed(f, name, is_str, "a string");
    struct slice out = {0};

    if (v == NULL)
        return out;
    if (!hex_decode(slice_of(json_string_value(v), json_string_length(v)), f->arena, &out) ||
        out.len != len) {
        (void)field_fault(f, name, "expected %zu hexadecimal digits", 2 * len);
        return (struct slice){0};
    }
    return out;
}

static struct slice bytes_of_array(struct fields *f, const char *name, const json_t *v)
{
    const size_t num = json_array_size(v);
    uint8_t *out = arena_alloc(f->arena, num);

    for (size_t i = 0; i < num; i++) {
        const json_t *e = json_array_get(v, i);

        if (!json_is_integer(e) || json_integer_value(e) < 0 || json_integer_value(e) > 255) {
            (void)field_fault(f, name, "element %zu is not a byte (0 to 255)", i);
            return (struct slice){0};
        }
        out[i] = (uint8_t)json_integer_value(e);
    }
    return slice_of(out, num);
}

struct slice field_bytes(struct fields *f, const char *name, size_t max)
{
    const json_t *v = field(f, name);
    struct slice out = {0};

    if (v == NULL)
        return out;
    if (json_is_array(v))
        out = bytes_of_array(f, name, v);
    else if (!json_is_string(v))
        (void)field_fault(f, name, "expected base64 or an array of bytes, found %s", type_name(v));
    else if (!base64_decode(slice_of(json_string_value(v), json_string_length(v)), BASE64_STD, f->arena,
                            &out))
        (void)field_fault(f, name, "not valid base64 (RFC 4648, padded)");
    if (out.len > max)
        (void)field_fault(f, name, "%zu bytes, more than the %zu allowed", out.len, max);
    return f->bad ? (struct slice){0} : out;
}

char **field_strs(struct fields *f, const char *name, size_t *num)
{
    const json_t *v = typed(f, name, is_array, "an array of strings");
    char **out = arena_array(f->arena, json_array_size(v) + 1, sizeof *out);

    *num = 0;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *e = json_array_get(v, i);

        if (!json_is_string(e)) {
            (void)field_fault(f, name, "element %zu: expected a string, found %s", i, type_name(e));
            return out;
        }
        out[i] = plain_string(f, name, e);
        if (f->bad)
            return out;
    }
    *num = json_array_size(v);
    return out;
}

json_t *field_object(struct fields *f, const char *name) { return typed(f, name, is_object, "an object"); }
json_t *field_array(struct fields *f, const char *name) { return typed(f, name, is_array, "an array"); }

void field_need(struct fields *f, const char *name)
{
    if (!f->bad && !field_present(f, name))
        (void)field_fault(f, name, "is missing");
}

static bool is_known(const struct fields *f, const char *const *known, const char *key)
{
    for (; *known != NULL; known++)
        if (f->names == JSON_FOLD ? text_equal_fold(slice_str(key), slice_str(*known))
                                  : strcmp(key, *known) == 0)
            return true;
    return false;
}

void fields_unknown(struct fields *f, const char *const *known, void (*seen)(void *ctx, const char *path),
                    void *ctx)
{
    json_t *value;
    const char *key;

    if (f->bad)
        return;
    json_object_foreach((json_t *)(uintptr_t)f->object, key, value) if (!is_known(f, known, key))
        seen(ctx, field_path(f, key));
}

static void refuse_member(void *ctx, const char *path)
{
    struct fields *f = ctx;

    if (f->bad)
        return;
    f->bad = true;
    (void)err_set(f->err, f->code, "%s: there is no such member", path);
}

void fields_only(struct fields *f, const char *const *known)
{
    fields_unknown(f, known, refuse_member, f);
}

/* The length of the valid UTF-8 sequence at the front, or 0. */
static size_t utf8_len(struct slice s)
{
    for (size_t n = 1; n <= 4 && n <= s.len; n++)
        if (s.ptr[0] != 0 && text_is_utf8(slice_of(s.ptr, n)))
            return n;
    return s.len > 0 && s.ptr[0] == 0 ? 1 : 0;
}

static void put_char(struct buf *b, struct slice c)
{
    const uint8_t first = c.ptr[0];

    if (first == '"' || first == '\\')
        buf_printf(b, "\\%c", first);
    else if (first == '\n')
        buf_str(b, "\\n");
    else if (first == '\r')
        buf_str(b, "\\r");
    else if (first == '\t')
        buf_str(b, "\\t");
    else if (first < 0x20 || first == '<' || first == '>' || first == '&')
        buf_printf(b, "\\u%04x", first);
    else if (c.len == 3 && first == 0xe2 && c.ptr[1] == 0x80 && (c.ptr[2] & 0xfe) == 0xa8)
        buf_printf(b, "\\u202%c", '8' + (c.ptr[2] & 1));
    else
        buf_put(b, c);
}

void json_put_string(struct buf *b, struct slice s)
{
    buf_u8(b, '"');
    while (s.len > 0) {
        const size_t n = utf8_len(s);

        if (n == 0)
            buf_str(b, "\\ufffd");
        else
            put_char(b, slice_of(s.ptr, n));
        s = slice_of(s.ptr + (n == 0 ? 1 : n), s.len - (n == 0 ? 1 : n));
    }
    buf_u8(b, '"');
}

void json_put_comma(struct buf *b)
{
    if (b->len > 0 && b->ptr[b->len - 1] != '{' && b->ptr[b->len - 1] != '[')
        buf_str(b, ",");
}

void json_put_name(struct buf *b, const char *name)
{
    json_put_comma(b);
    buf_printf(b, "\"%s\":", name);
}
