/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

enum { MAX_NUMBER = 400 }; /* longer ones are text: no number that is meant has so many digits */

/* ---- words ------------------------------------------------------------------------------------ */

static bool is_one_of(struct slice text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (slice_equal(text, slice_str(*words)))
            return true;
    return false;
}

static bool read_word(struct slice text, struct yaml_scalar *out)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"y",    "Y",    "yes",  "Yes", "YES", "true",
                                      "True", "TRUE", "on",   "On",  "ON",  NULL};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                     "False", "FALSE", "off", "Off", "OFF", NULL};
    static const char *const infinite[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL};
    static const char *const minus_infinite[] = {"-.inf", "-.Inf", "-.INF", NULL};
    static const char *const no_number[] = {".nan", ".NaN", ".NAN", NULL};

    if (is_one_of(text, nulls)) {
        out->type = YAML_NULL;
    } else if (is_one_of(text, yes) || is_one_of(text, no)) {
        out->type = YAML_BOOL;
        out->yes = is_one_of(text, yes);
    } else if (is_one_of(text, infinite) || is_one_of(text, minus_infinite) || is_one_of(text, no_number)) {
        out->type = YAML_FLOAT;
        out->real = is_one_of(text, no_number) ? NAN : is_one_of(text, infinite) ? INFINITY : -INFINITY;
    } else {
        return false;
    }
    return true;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

/* Without the underscores that part digits; NULL: too long. */
static const char *bare_number(struct slice text, char out[MAX_NUMBER + 1])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_')
            continue;
        if (len == MAX_NUMBER || text.ptr[i] == 0)
            return NULL;
        out[len++] = (char)text.ptr[i];
    }
    out[len] = '\0';
    return out;
}

static unsigned base_of(const char **digits)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } bases[] = {{"0x", 16}, {"0X", 16}, {"0o", 8}, {"0O", 8}, {"0b", 2}, {"0B", 2}};

    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        if (strncmp(*digits, bases[i].prefix, 2) == 0) {
            *digits += 2;
            return bases[i].base;
        }
    return **digits == '0' && (*digits)[1] != '\0' ? 8 : 10;
}

static bool read_int(const char *s, struct yaml_scalar *out)
{
    const bool negative = *s == '-';
    uint64_t v = 0;
    unsigned base;

    s += *s == '-' || *s == '+';
    base = base_of(&s);
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        const unsigned c = (unsigned char)*s;
        const unsigned digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' ? (c | 0x20) - 'a' + 10 : 99;

        if (digit >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    if (negative && v > (uint64_t)INT64_MAX + 1)
        return false;
    out->type = YAML_INT;
    out->number = v;
    out->negative = negative && v > 0;
    return true;
}

/* [-+]? ( digits [ . digits? ] | . digits ) ( [eE] [-+]? digits )? */
static bool has_float_form(const char *s)
{
    size_t whole, part = 0;

    s += *s == '-' || *s == '+';
    whole = strspn(s, "0123456789");
    s += whole;
    if (*s == '.') {
        part = strspn(s + 1, "0123456789");
        s += part + 1;
    }
    if (whole + part == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        if (strspn(s, "0123456789") == 0)
            return false;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

static bool read_float(const char *s, struct yaml_scalar *out)
{
    if (!has_float_form(s))
        return false;
    out->real = strtod(s, NULL);
    out->type = YAML_FLOAT;
    return isfinite(out->real);
}

static bool read_number(struct slice text, struct yaml_scalar *out)
{
    char bare[MAX_NUMBER + 1];
    const uint8_t first = text.len == 0 ? 0 : *text.ptr;

    if (first == 0 || strchr("0123456789+-.", first) == NULL || bare_number(text, bare) == NULL)
        return false;
    if (first == '.') /* here the converter does not skip underscores */
        return memchr(text.ptr, '_', text.len) == NULL && read_float(bare, out);
    return read_int(bare, out) || read_float(bare, out);
}

static void resolve(struct slice text, struct yaml_scalar *out)
{
    if (!read_word(text, out) && !read_number(text, out))
        out->type = YAML_TEXT;
}

/* ---- tags ------------------------------------------------------------------------------------- */

static bool as_float(struct yaml_scalar *s)
{
    if (s->type == YAML_INT) {
        s->real = s->negative ? -(double)s->number : (double)s->number;
        s->type = YAML_FLOAT;
    }
    return s->type == YAML_FLOAT;
}

bool yaml_scalar_read(struct slice text, const char *tag, bool plain, struct yaml_scalar *out)
{
    static const char standard[] = "tag:yaml.org,2002:";
    const bool has_tag = tag != NULL && strcmp(tag, "!") != 0;
    const char *type = has_tag && strncmp(tag, standard, sizeof standard - 1) == 0 ? tag + sizeof standard - 1 : "";

    *out = (struct yaml_scalar){.type = YAML_TEXT, .text = text, .plain = plain && tag == NULL};
    if (tag == NULL && plain)
        resolve(text, out);
    if (!has_tag || strcmp(type, "str") == 0 || strcmp(type, "timestamp") == 0)
        return true;
    resolve(text, out);
    if (strcmp(type, "int") == 0)
        return out->type == YAML_INT;
    if (strcmp(type, "float") == 0)
        return as_float(out);
    if (strcmp(type, "bool") == 0)
        return out->type == YAML_BOOL;
    return strcmp(type, "null") == 0 && out->type == YAML_NULL;
}

/* ---- written ---------------------------------------------------------------------------------- */

/* The shortest digits that give the same number back, and the decimal exponent: d.ddd * 10^exponent. */
static size_t shortest(double v, char digits[20], int *exponent)
{
    char text[40] = "";
    size_t len = 0;

    for (int precision = 0; precision < 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    for (const char *p = text; *p != 'e' && *p != '\0'; p++)
        if (*p >= '0' && *p <= '9')
            digits[len++] = *p;
    *exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    return len;
}

/* Go's two forms of a number; `min_digits` of the exponent. */
static void put_float(struct buf *b, double v, int low, int high, int min_digits)
{
    char digits[20] = "";
    int exponent = 0;
    const size_t len = shortest(fabs(v), digits, &exponent);

    buf_str(b, signbit(v) ? "-" : "");
    if (v != 0 && (exponent < low || exponent >= high)) {
        buf_printf(b, "%c%s%.*se%c%0*d", digits[0], len > 1 ? "." : "", (int)len - 1, digits + 1,
                   exponent < 0 ? '-' : '+', min_digits, abs(exponent));
        return;
    }
    if (exponent < 0)
        buf_str(b, "0.");
    for (int i = exponent + 1; i < 0; i++)
        buf_str(b, "0");
    for (int i = 0; i < (int)len || i <= exponent; i++) {
        buf_u8(b, i < (int)len ? (uint8_t)digits[i] : '0');
        if (i == exponent && i + 1 < (int)len)
            buf_str(b, ".");
    }
}

static void put_int(const struct yaml_scalar *s, struct buf *out)
{
    buf_printf(out, "%s%llu", s->negative ? "-" : "", (unsigned long long)s->number);
}

bool yaml_scalar_json(const struct yaml_scalar *s, struct buf *out)
{
    switch (s->type) {
    case YAML_NULL:
        buf_str(out, "null");
        return true;
    case YAML_BOOL:
        buf_str(out, s->yes ? "true" : "false");
        return true;
    case YAML_INT:
        put_int(s, out);
        return true;
    case YAML_FLOAT:
        if (!isfinite(s->real))
            return false;
        put_float(out, s->real, -6, 21, 1); /* as Go's JSON encoder: 1e-7, 1e+21 */
        return true;
    case YAML_TEXT:
        json_put_string(out, s->text);
        return true;
    }
    return false;
}

bool yaml_scalar_name(const struct yaml_scalar *s, struct arena *a, struct slice *out)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_NUMBER);

    if (s->type == YAML_TEXT) {
        *out = s->text;
        return true;
    }
    if (s->type == YAML_BOOL)
        buf_str(&b, s->yes ? "true" : "false");
    else if (s->type == YAML_INT && (s->negative || s->number <= INT64_MAX))
        put_int(s, &b);
    else if (s->type == YAML_FLOAT && isfinite(s->real))
        put_float(&b, s->real, -4, 6, 2); /* as Go's strconv: 1e-05, 1e+06 */
    else
        return false;
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
