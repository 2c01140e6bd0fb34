/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/accepted.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

int64_t accepted_time(struct fields *f, const char *name, int64_t otherwise)
{
    const char *text = field_str(f, name);
    int64_t t = otherwise;

    if (text != NULL && !rfc3339_parse(slice_str(text), &t))
        (void)field_fault(f, name, "expected a time as \"2026-12-31T23:59:59Z\", found \"%s\"",
                          text_shown(f->arena, slice_str(text)));
    return t;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool parse_hex(struct fields *f, const struct measured *what, const char *text, struct accepted_value *out)
{
    uint8_t *bytes = arena_alloc(f->arena, what->len);

    if (!hex_decode_exact(slice_str(text), bytes, what->len))
        return field_fault(f, what->name, "expected %zu hexadecimal digits, found \"%s\"", 2 * what->len,
                           text_shown(f->arena, slice_str(text)));
    *out = (struct accepted_value){slice_of(bytes, what->len), {0}, INT64_MIN, INT64_MAX};
    return true;
}

static bool parse_object(struct fields *f, const struct measured *what, const json_t *value,
                         struct accepted_value *out)
{
    static const char *const known[] = {"Value", "Mask", "NotBefore", "NotAfter", NULL};
    struct fields g = fields_of(value, field_path(f, what->name), f->names, f->code, f->arena, f->err);
    struct accepted_value v = {0};

    field_need(&g, "Value");
    v.value = field_hex(&g, "Value", what->len);
    v.mask = field_hex(&g, "Mask", what->len);
    v.from = accepted_time(&g, "NotBefore", INT64_MIN);
    v.to = accepted_time(&g, "NotAfter", INT64_MAX);
    fields_only(&g, known);
    if (fields_done(&g) && v.from > v.to)
        (void)field_fault(&g, "NotAfter", "is before NotBefore: no time would be accepted");
    f->bad |= g.bad;
    *out = v;
    return !f->bad;
}

static bool parse_value(struct fields *f, const struct measured *what, const json_t *value,
                        struct accepted_value *out)
{
    if (json_is_string(value))
        return parse_hex(f, what, json_string_value(value), out);
    if (json_is_object(value))
        return parse_object(f, what, value, out);
    return field_fault(f, what->name, "expected hexadecimal digits, an object with Value, or a list of these");
}

bool accepted_parse(struct fields *f, const struct measured *what, struct accepted *out)
{
    const json_t *member = field(f, what->name);
    const size_t num = json_is_array(member) ? json_array_size(member) : 1;
    struct accepted a = {.what = what};

    if (member == NULL)
        return fields_done(f);
    if (num == 0 || num > LIMIT_ACCEPTED_VALUES)
        return field_fault(f, what->name, "expected 1 to %d values, found %zu", LIMIT_ACCEPTED_VALUES, num);
    a.values = arena_array(f->arena, num, sizeof *a.values);
    for (a.num = 0; a.num < num; a.num++)
        if (!parse_value(f, what, json_is_array(member) ? json_array_get(member, a.num) : member,
                         &a.values[a.num]))
            return false;
    *out = a;
    return true;
}

/* ---- matching --------------------------------------------------------------------------------- */

static bool equals_masked(const struct accepted_value *v, struct slice found)
{
    if (v->mask.len == 0)
        return slice_equal(v->value, found);
    if (found.len != v->value.len)
        return false;
    for (size_t i = 0; i < found.len; i++)
        if (((found.ptr[i] ^ v->value.ptr[i]) & v->mask.ptr[i]) != 0)
            return false;
    return true;
}

static bool refuse(const struct accepted *a, struct slice found, const struct accepted_value *outside,
                   struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    char edge[RFC3339_LEN + 1] = "";

    if (outside != NULL) {
        rfc3339_format(edge, outside->to == INT64_MAX ? outside->from : outside->to);
        return err_set(err, a->what->code, "%s: %s is accepted %s %s only", a->what->name,
                       hex_text(&scratch, found), outside->to == INT64_MAX ? "from" : "until", edge);
    }
    if (found.len == 0)
        return err_set(err, a->what->code, "%s: the policy demands one, and the evidence does not have it",
                       a->what->name);
    if (a->num == 1)
        return err_set(err, a->what->code, "%s: expected %s%s, found %s", a->what->name,
                       hex_text(&scratch, a->values[0].value), a->values[0].mask.len > 0 ? " (masked)" : "",
                       hex_text(&scratch, found));
    return err_set(err, a->what->code, "%s: expected one of %zu accepted values, found %s", a->what->name, a->num,
                   hex_text(&scratch, found));
}

bool accepted_match(const struct accepted *a, const struct claims *c, int64_t now, struct err *err)
{
    const struct slice found =
        a->num == 0 ? (struct slice){0}
                    : *(const struct slice *)(const void *)((const char *)c + a->what->claim_offset);
    const struct accepted_value *outside = NULL;

    for (size_t i = 0; i < a->num; i++) {
        const struct accepted_value *v = &a->values[i];

        if (!equals_masked(v, found))
            continue;
        if (v->from <= now && now <= v->to)
            return true;
        outside = v;
    }
    return a->num == 0 || refuse(a, found, outside, err);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_hex(struct buf *b, const char *name, struct slice s)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (s.len == 0)
        return;
    json_put_name(b, name);
    buf_printf(b, "\"%s\"", hex_text(&scratch, s));
}

static void put_time(struct buf *b, const char *name, int64_t t)
{
    char text[RFC3339_LEN + 1];

    if (t == INT64_MIN || t == INT64_MAX)
        return;
    rfc3339_format(text, t);
    json_put_name(b, name);
    buf_printf(b, "\"%s\"", text);
}

void accepted_put(struct buf *b, const struct accepted *a)
{
    if (a->num == 0)
        return;
    json_put_name(b, a->what->name);
    buf_str(b, "[");
    for (size_t i = 0; i < a->num; i++) {
        json_put_comma(b);
        buf_str(b, "{");
        put_hex(b, "Value", a->values[i].value);
        put_hex(b, "Mask", a->values[i].mask);
        put_time(b, "NotBefore", a->values[i].from);
        put_time(b, "NotAfter", a->values[i].to);
        buf_str(b, "}");
    }
    buf_str(b, "]");
}
