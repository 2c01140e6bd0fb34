/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of Go's templates that make text. What Go's fmt would mark inside its output (an argument too
 * many, or of a kind that the verb does not take) is refused. */
#include <ctype.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/template_functions.h"

static bool done(struct run *run, const struct node *call, struct buf *b, struct value *out)
{
    if (!buf_ok(b))
        return template_fault(run, call, "\"%s\" makes more than the %d bytes allowed", call->function->name,
                              LIMIT_TEMPLATE_OUTPUT);
    *out = value_text(arena_copy(run->arena, buf_bytes(b)));
    return true;
}

/* fmt.Sprint: a space between two of which none is text. */
static bool sprint(struct run *run, const struct node *call, const struct value *args, struct buf *b)
{
    for (size_t i = 0; i < call->num_args; i++) {
        if (i > 0 && args[i].kind != VALUE_TEXT && args[i - 1].kind != VALUE_TEXT)
            buf_str(b, " ");
        if (!value_print(run, call, &args[i], b))
            return false;
    }
    return true;
}

bool apply_print(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_TEMPLATE_OUTPUT);

    return sprint(run, call, args, &b) && done(run, call, &b, out);
}

bool apply_println(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_TEMPLATE_OUTPUT);

    for (size_t i = 0; i < call->num_args; i++) {
        if (i > 0)
            buf_str(&b, " ");
        if (!value_print(run, call, &args[i], &b))
            return false;
    }
    buf_str(&b, "\n");
    return done(run, call, &b, out);
}

/* ---- escapes ---------------------------------------------------------------------------------- */

bool apply_html(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    scoped(buf_wipe) struct buf text = buf_max(LIMIT_TEMPLATE_OUTPUT), b = buf_max(LIMIT_TEMPLATE_OUTPUT);

    if (!sprint(run, call, args, &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        const char *escape = c == '<'    ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '&'  ? "&amp;"
                             : c == '"'  ? "&#34;"
                             : c == '\'' ? "&#39;"
                             : c == 0    ? "\xef\xbf\xbd"
                                         : NULL;

        if (escape != NULL)
            buf_str(&b, escape);
        else
            buf_u8(&b, c);
    }
    return done(run, call, &b, out);
}

bool apply_urlquery(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    scoped(buf_wipe) struct buf text = buf_max(LIMIT_TEMPLATE_OUTPUT), b = buf_max(LIMIT_TEMPLATE_OUTPUT);

    if (!sprint(run, call, args, &text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];

        if (c == ' ')
            buf_u8(&b, '+');
        else if (c != 0 && strchr(plain, c) != NULL)
            buf_u8(&b, c);
        else
            buf_printf(&b, "%%%02X", c);
    }
    return done(run, call, &b, out);
}

/* ---- printf ----------------------------------------------------------------------------------- */

struct verb {
    char letter;
    bool left, zeros, plus, has_precision;
    size_t width, precision;
};

enum { MAX_WIDTH = 1000 };

static bool read_width(struct cursor *c, size_t *out)
{
    for (*out = 0; c->rest.len > 0 && isdigit(*c->rest.ptr) && *out <= MAX_WIDTH;)
        *out = *out * 10 + (size_t)(cursor_u8(c) - '0');
    return *out <= MAX_WIDTH;
}

static bool read_verb(struct cursor *c, struct verb *v)
{
    *v = (struct verb){0};
    for (; c->rest.len > 0 && strchr("-0+", *c->rest.ptr) != NULL && *c->rest.ptr != 0; (void)cursor_u8(c)) {
        v->left |= *c->rest.ptr == '-';
        v->zeros |= *c->rest.ptr == '0';
        v->plus |= *c->rest.ptr == '+';
    }
    if (!read_width(c, &v->width))
        return false;
    v->has_precision = c->rest.len > 0 && *c->rest.ptr == '.';
    if (v->has_precision && (cursor_u8(c), !read_width(c, &v->precision)))
        return false;
    v->letter = (char)cursor_u8(c);
    return cursor_ok(c);
}

/* Go's %q: what JSON needs escaped is escaped; other text stays. */
static void put_quoted(struct buf *b, struct slice s)
{
    static const char names[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";

    buf_str(b, "\"");
    while (s.len > 0) {
        const size_t len = text_utf8_len(s) == 0 ? 1 : text_utf8_len(s);
        const char *simple = *s.ptr == 0 ? NULL : strchr(values, *s.ptr);

        if (simple != NULL)
            buf_printf(b, "\\%c", names[simple - values]);
        else if (text_utf8_len(s) == 0 || *s.ptr < 0x20 || *s.ptr == 0x7f)
            buf_printf(b, "\\x%02x", *s.ptr);
        else
            buf_put(b, slice_of(s.ptr, len));
        s = slice_of(s.ptr + len, s.len - len);
    }
    buf_str(b, "\"");
}

static size_t num_characters(struct slice s)
{
    size_t num = 0;

    for (size_t i = 0; i < s.len; num++)
        i += text_utf8_len(slice_of(s.ptr + i, s.len - i)) == 0
                 ? 1
                 : text_utf8_len(slice_of(s.ptr + i, s.len - i));
    return num;
}

static struct slice cut(const struct verb *v, struct slice s)
{
    size_t at = 0;

    for (size_t i = 0; v->has_precision && i < v->precision && at < s.len; i++) {
        const size_t len = text_utf8_len(slice_of(s.ptr + at, s.len - at));

        at += len == 0 ? 1 : len;
    }
    return v->has_precision ? slice_of(s.ptr, at) : s;
}

static bool put_hex(struct buf *b, const struct verb *v, const struct value *arg)
{
    const bool upper = v->letter == 'X';
    const unsigned long long size = arg->negative ? 0 - arg->number : arg->number;

    if (arg->kind == VALUE_NUMBER) {
        buf_str(b, arg->negative ? "-" : "");
        buf_printf(b, upper ? "%llX" : "%llx", size);
        return true;
    }
    for (size_t i = 0; i < arg->bytes.len; i++)
        buf_printf(b, upper ? "%02X" : "%02x", arg->bytes.ptr[i]);
    return arg->kind == VALUE_TEXT || arg->kind == VALUE_PUBLIC || arg->kind == VALUE_PRIVATE;
}

/* One argument without its padding; false: the verb does not take it. */
static bool put_arg(struct buf *b, const struct verb *v, const struct value *arg)
{
    const bool is_text = arg->kind == VALUE_TEXT || arg->kind == VALUE_PUBLIC || arg->kind == VALUE_PRIVATE;
    const bool is_number = arg->kind == VALUE_NUMBER;

    if (v->has_precision && is_number)
        return false;
    if (is_number && v->plus && !arg->negative && strchr("dv", v->letter) != NULL)
        buf_str(b, "+");
    if (v->letter == 's' && is_text)
        buf_put(b, cut(v, arg->bytes));
    else if (v->letter == 'q' && is_text)
        put_quoted(b, cut(v, arg->bytes));
    else if (v->letter == 'v' && arg->kind == VALUE_TEXT)
        buf_put(b, cut(v, arg->bytes));
    else if ((v->letter == 'd' || v->letter == 'v') && is_number)
        buf_printf(b, arg->negative ? "%lld" : "%llu", (unsigned long long)arg->number);
    else if ((v->letter == 't' || v->letter == 'v') && arg->kind == VALUE_BOOL)
        buf_str(b, arg->number != 0 ? "true" : "false");
    else if (v->letter == 'v' && arg->kind == VALUE_NIL)
        buf_str(b, "<nil>");
    else
        return (v->letter == 'x' || v->letter == 'X') && !v->has_precision && put_hex(b, v, arg);
    return true;
}

/* Pads with spaces, or a number with zeros behind its sign. */
static void put_padded(struct buf *b, const struct verb *v, const struct value *arg, struct slice s)
{
    const size_t len = num_characters(s), pad = len < v->width ? v->width - len : 0;
    const bool zeros = v->zeros && !v->left && arg->kind == VALUE_NUMBER;
    const bool sign = zeros && s.len > 0 && (*s.ptr == '-' || *s.ptr == '+');

    if (sign)
        buf_put(b, slice_of(s.ptr, 1));
    for (size_t i = 0; i < pad && !v->left; i++)
        buf_str(b, zeros ? "0" : " ");
    buf_put(b, slice_of(s.ptr + sign, s.len - sign));
    for (size_t i = 0; i < pad && v->left; i++)
        buf_str(b, " ");
}

static bool format_one(struct run *run, const struct node *call, const struct verb *v, const struct value *arg,
                       struct buf *b)
{
    scoped(buf_wipe) struct buf one = buf_max(LIMIT_TEMPLATE_OUTPUT);

    if (arg->kind == VALUE_MISSING)
        return template_missing(run, call, arg->missing);
    buf_u8(&one, 0); /* an empty one is not NULL */
    buf_drop(&one, 1);
    if (!put_arg(&one, v, arg))
        return template_fault(run, call,
                              "\"printf\": %%%c is not supported for %s; there are %%s %%q %%x %%X %%d %%t %%v",
                              isprint((unsigned char)v->letter) ? v->letter : '?', value_kind_name(arg->kind));
    put_padded(b, v, arg, buf_bytes(&one));
    b->bad |= one.bad;
    return true;
}

static bool sprintf_args(struct run *run, const struct node *call, const struct value *args, struct buf *b)
{
    struct cursor c = cursor_over(args[0].bytes);
    struct verb v;
    size_t next = 1;

    while (c.rest.len > 0) {
        const uint8_t byte = cursor_u8(&c);

        if (byte != '%') {
            buf_u8(b, byte);
            continue;
        }
        if (!read_verb(&c, &v))
            return template_fault(run, call, "\"printf\": the format ends in a verb, or is too wide");
        if (v.letter == '%') {
            buf_u8(b, '%');
            continue;
        }
        if (next == call->num_args)
            return template_fault(run, call, "\"printf\": the format wants more arguments than the %zu given",
                                  call->num_args - 1);
        if (!format_one(run, call, &v, &args[next++], b))
            return false;
    }
    return next == call->num_args ||
           template_fault(run, call, "\"printf\": the format uses %zu of %zu arguments", next - 1,
                          call->num_args - 1);
}

bool apply_printf(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_TEMPLATE_OUTPUT);

    if (args[0].kind != VALUE_TEXT)
        return template_fault(run, call, "\"printf\" takes a format first, found %s",
                              value_kind_name(args[0].kind));
    return sprintf_args(run, call, args, &b) && done(run, call, &b, out);
}
