/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/secret.h"
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
    wipe(h + 1, h->size);
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

void json_unquote(struct err *err)
{
    char *quoted = strstr(err->text, " near '"); /* jansson's form */

    if (quoted != NULL)
        *quoted = '\0';
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

/* ---- names ------------------------------------------------------------------------------------ */

struct slice json_name(const char *name)
{
    const char *mark = strchr(name, (char)JSON_MARK);

    return slice_of(name, mark == NULL ? strlen(name) : (size_t)(mark - name));
}

/* Unicode's simple folding, which Go uses, has two characters outside ASCII that fold into it: U+017F (s) and
 * U+212A (k). `name` is ASCII. */
bool json_name_folds(struct slice key, const char *name)
{
    struct cursor c = cursor_over(key);

    for (; *name != '\0'; name++) {
        uint8_t byte = cursor_u8(&c);

        if (byte == 0xc5 && cursor_u8(&c) == 0xbf)
            byte = 's';
        else if (byte == 0xe2 && cursor_u16be(&c) == 0x84aa)
            byte = 'k';
        if (!text_equal_fold(slice_of(&byte, 1), slice_of(name, 1)))
            return false;
    }
    return cursor_done(&c);
}

/* The members of that name, one after the other; *at begins at NULL. */
static bool next_named(const struct fields *f, const char *name, void **at, json_t **value)
{
    json_t *object = (json_t *)(uintptr_t)f->object;

    if (f->names == JSON_EXACT) {
        *at = *at == NULL ? json_object_iter_at(object, name) : NULL;
    } else {
        *at = *at == NULL ? json_object_iter(object) : json_object_iter_next(object, *at);
        while (*at != NULL && !json_name_folds(json_name(json_object_iter_key(*at)), name))
            *at = json_object_iter_next(object, *at);
    }
    *value = *at == NULL ? NULL : json_object_iter_value(*at);
    return *at != NULL;
}

/* ---- faults ----------------------------------------------------------------------------------- */

/* " (line L, column C)" of the last member of that name, or "". */
static const char *place_text(struct fields *f, const char *name)
{
    const struct json_document *d = f->document;
    const char *key = NULL;
    void *at = NULL;
    json_t *value;

    while (next_named(f, name, &at, &value))
        key = json_object_iter_key(at);
    for (size_t i = 0; d != NULL && key != NULL && i < d->num_places; i++)
        if (d->places[i].name == key) {
            const struct text_place p = text_place(d->text, d->places[i].at);

            return arena_printf(f->arena, " (line %zu, column %zu)", p.line, p.column);
        }
    return "";
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
    return err_set(f->err, f->code, "%s: %s%s", field_path(f, name), text, place_text(f, name));
}

/* ---- members ---------------------------------------------------------------------------------- */

/* Moves the members of one object behind those of another. */
static void join(json_t *object, json_t *more)
{
    const char *key;
    json_t *value;

    json_object_foreach(more, key, value)
    {
        char name[1024];
        const struct slice bare = json_name(key);

        if (json_object_get(object, key) == NULL)
            (void)json_object_set_nocheck(object, key, value);
        else if (snprintf(name, sizeof name, "%.*s%c%zu", (int)bare.len, (const char *)bare.ptr, JSON_MARK,
                          json_object_size(object)) < (int)sizeof name)
            (void)json_object_set_nocheck(object, name, value);
    }
    (void)json_object_clear(more);
}

static json_t *joined(json_t *found, json_t *v)
{
    if (found == v || !json_is_object(found) || !json_is_object(v))
        return v;
    join(found, v);
    return found;
}

json_t *field(struct fields *f, const char *name)
{
    json_t *found = NULL, *v;
    void *at = NULL;

    while (!f->bad && next_named(f, name, &at, &v))
        if (!json_is_null(v))
            found = joined(found, v);
    return found;
}

bool field_present(struct fields *f, const char *name)
{
    json_t *v, *last = NULL;
    void *at = NULL;

    while (!f->bad && next_named(f, name, &at, &v))
        last = v;
    return last != NULL && !json_is_null(last);
}

/* ---- values ----------------------------------------------------------------------------------- */

static bool is_marked(const json_t *v)
{
    return json_is_string(v) && (uint8_t)json_string_value(v)[0] == JSON_MARK;
}

bool json_is_text(const json_t *v) { return json_is_string(v) && !is_marked(v); }

const char *json_number_text(const json_t *v) { return is_marked(v) ? json_string_value(v) + 1 : NULL; }

static bool is_whole(const char *number) { return number[strcspn(number, ".eE")] == '\0'; }

static const char *type_name(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return !is_marked(v)                   ? "a string"
               : is_whole(json_number_text(v)) ? "a whole number"
                                               : "a fractional number";
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

/* The next member of that name which is not null, of the right type. Of several each has to be right. */
static bool next_typed(struct fields *f, const char *name, bool (*is)(const json_t *), const char *wanted,
                       void **at, json_t **value)
{
    if (f->bad || !next_named(f, name, at, value))
        return false;
    return json_is_null(*value) || is(*value) ||
           field_fault(f, name, "expected %s, found %s", wanted, type_name(*value));
}

static bool is_bool(const json_t *v) { return json_is_boolean(v); }
static bool is_int(const json_t *v)
{
    return json_is_integer(v) || (is_marked(v) && is_whole(json_number_text(v)));
}
static bool is_object(const json_t *v) { return json_is_object(v); }
static bool is_array(const json_t *v) { return json_is_array(v); }

bool field_bool(struct fields *f, const char *name)
{
    bool out = false;
    void *at = NULL;
    json_t *v;

    while (next_typed(f, name, is_bool, "true or false", &at, &v))
        out = json_is_null(v) ? out : json_is_true(v);
    return out && !f->bad;
}

static bool uint_of(struct fields *f, const char *name, const json_t *v, uint64_t max, uint64_t *out)
{
    const char *big = json_number_text(v);
    const json_int_t n = json_integer_value(v);

    if (big != NULL ? decimal_decode(slice_str(big), max, out) : n >= 0 && (uint64_t)n <= max) {
        *out = big != NULL ? *out : (uint64_t)n;
        return true;
    }
    if (big != NULL)
        return field_fault(f, name, "%.40s is not between 0 and %llu", big, (unsigned long long)max);
    return field_fault(f, name, "%lld is not between 0 and %llu", (long long)n, (unsigned long long)max);
}

uint64_t field_uint(struct fields *f, const char *name, uint64_t max)
{
    uint64_t out = 0;
    void *at = NULL;
    json_t *v;

    while (next_typed(f, name, is_int, "a whole number", &at, &v))
        if (!json_is_null(v) && !uint_of(f, name, v, max, &out))
            return 0;
    return f->bad ? 0 : out;
}

static const json_t *string_named(struct fields *f, const char *name)
{
    const json_t *out = NULL;
    void *at = NULL;
    json_t *v;

    while (next_typed(f, name, json_is_text, "a string", &at, &v))
        out = json_is_null(v) ? out : v;
    return f->bad ? NULL : out;
}

static struct slice text_of(const json_t *v) { return slice_of(json_string_value(v), json_string_length(v)); }

struct slice field_text(struct fields *f, const char *name)
{
    const json_t *v = string_named(f, name);

    return v == NULL ? (struct slice){0} : arena_copy(f->arena, text_of(v));
}

static char *plain_string(struct fields *f, const char *name, const json_t *v)
{
    const struct slice s = text_of(v);

    if (memchr(s.ptr, 0, s.len) != NULL) {
        (void)field_fault(f, name, "contains a NUL character");
        return NULL;
    }
    return arena_strndup(f->arena, s);
}

char *field_str(struct fields *f, const char *name)
{
    const json_t *v = string_named(f, name);

    return v == NULL ? NULL : plain_string(f, name, v);
}

struct slice field_hex(struct fields *f, const char *name, size_t len)
{
    const json_t *v = string_named(f, name);
    struct slice out = {0};

    if (v == NULL)
        return out;
    if (!hex_decode(text_of(v), f->arena, &out) || out.len != len) {
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

        if (f->names == JSON_FOLD && json_is_null(e))
            continue;
        if (!json_is_integer(e) || json_integer_value(e) < 0 || json_integer_value(e) > 255) {
            (void)field_fault(f, name, "element %zu is not a byte (0 to 255)", i);
            return (struct slice){0};
        }
        out[i] = (uint8_t)json_integer_value(e);
    }
    return slice_of(out, num);
}

static struct slice bytes_of(struct fields *f, const char *name, const json_t *v)
{
    struct slice out = {0};

    if (json_is_array(v))
        return bytes_of_array(f, name, v);
    if (!json_is_text(v))
        (void)field_fault(f, name, "expected base64 or an array of bytes, found %s", type_name(v));
    else if (!base64_decode(text_of(v), BASE64_STD, f->arena, &out))
        (void)field_fault(f, name, "not valid base64 (RFC 4648, padded)");
    return out;
}

struct slice field_bytes(struct fields *f, const char *name, size_t max)
{
    struct slice out = {0};
    void *at = NULL;
    json_t *v;

    while (!f->bad && next_named(f, name, &at, &v))
        out = json_is_null(v) ? (struct slice){0} : bytes_of(f, name, v);
    if (out.len > max)
        (void)field_fault(f, name, "%zu bytes, more than the %zu allowed", out.len, max);
    return f->bad ? (struct slice){0} : out;
}

static bool strs_of(struct fields *f, const char *name, const json_t *v, char **out)
{
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *e = json_array_get(v, i);

        if (f->names == JSON_FOLD && json_is_null(e))
            out[i] = arena_strdup(f->arena, "");
        else if (!json_is_text(e))
            return field_fault(f, name, "element %zu: expected a string, found %s", i, type_name(e));
        else
            out[i] = plain_string(f, name, e);
        if (f->bad)
            return false;
    }
    return true;
}

char **field_strs(struct fields *f, const char *name, size_t *num)
{
    const char *wanted = "an array of strings";
    char **out = arena_array(f->arena, 1, sizeof *out);
    void *at = NULL;
    json_t *v;

    *num = 0;
    while (next_typed(f, name, is_array, wanted, &at, &v)) {
        out = arena_array(f->arena, json_array_size(v) + 1, sizeof *out);
        if (!strs_of(f, name, v, out))
            break;
        *num = json_array_size(v);
    }
    if (f->bad)
        *num = 0;
    return out;
}

json_t *field_object(struct fields *f, const char *name)
{
    json_t *found = NULL, *v;
    void *at = NULL;

    while (next_typed(f, name, is_object, "an object", &at, &v))
        found = json_is_null(v) ? NULL : joined(found, v);
    return f->bad ? NULL : found;
}

json_t *field_struct(struct fields *f, const char *name)
{
    json_t *found = NULL, *v;
    void *at = NULL;

    while (next_typed(f, name, is_object, "an object", &at, &v))
        found = json_is_null(v) ? found : joined(found, v);
    return f->bad ? NULL : found;
}

json_t *field_array(struct fields *f, const char *name)
{
    json_t *last = NULL, *v;
    void *at = NULL;

    while (next_typed(f, name, is_array, "an array", &at, &v))
        last = json_is_null(v) ? NULL : v;
    return f->bad ? NULL : last;
}

void field_need(struct fields *f, const char *name)
{
    if (!f->bad && !field_present(f, name))
        (void)field_fault(f, name, "is missing");
}

static bool is_known(const struct fields *f, const char *const *known, const char *key)
{
    for (; *known != NULL; known++)
        if (f->names == JSON_FOLD ? json_name_folds(json_name(key), *known) : strcmp(key, *known) == 0)
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

void fields_only(struct fields *f, const char *const *known) { fields_unknown(f, known, refuse_member, f); }

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
        const size_t n = text_utf8_len(s);

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
