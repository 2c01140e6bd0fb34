/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of Go's templates: conditions, collections, comparisons. */
#include "manifest/template_functions.h"

#include "base/text.h"

static bool missing_or(struct run *run, const struct node *call, const struct value *v, const char *wanted)
{
    if (v->kind == VALUE_MISSING)
        return template_missing(run, call, v->missing);
    return template_fault(run, call, "\"%s\" takes %s, found %s", call->function->name, wanted,
                          value_kind_name(v->kind));
}

bool apply_not(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    (void)run;
    (void)call;
    *out = value_bool(!value_is_true(&args[0]));
    return true;
}

/* The first argument that decides, or the last; what stands behind it is not looked at. */
static bool first_that_is(struct run *run, const struct node *call, bool wanted, struct value *out)
{
    for (size_t i = 0; i < call->num_args; i++) {
        if (!template_evaluate(run, call->args[i], out))
            return false;
        if (value_is_true(out) == wanted)
            break;
    }
    return true;
}

static bool lazy_and(struct run *run, const struct node *call, struct value *out)
{
    return first_that_is(run, call, false, out);
}

static bool lazy_or(struct run *run, const struct node *call, struct value *out)
{
    return first_that_is(run, call, true, out);
}

/* ---- collections ------------------------------------------------------------------------------ */

bool apply_len(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    const struct value *v = &args[0];

    if (v->kind == VALUE_SECRETS)
        *out = value_number(v->set == NULL ? 0 : v->set->num, false);
    else if (v->kind == VALUE_PUBLIC || v->kind == VALUE_PRIVATE || v->kind == VALUE_TEXT)
        *out = value_number(v->bytes.len, false);
    else
        return missing_or(run, call, v, "text, a key or .Secrets");
    return true;
}

/* A number from 0 to max. */
static bool take_number(struct run *run, const struct node *call, const struct value *v, uint64_t max,
                        size_t *out)
{
    if (v->kind != VALUE_NUMBER)
        return missing_or(run, call, v, "a number here");
    if (v->negative || v->number > max)
        return template_fault(run, call, "\"%s\": the number is not between 0 and %llu", call->function->name,
                              (unsigned long long)max);
    *out = (size_t)v->number;
    return true;
}

/* A map gives an empty element for a name that it has not: Go's rule for index. */
static bool index_secrets(struct run *run, const struct node *call, const struct value *map,
                          const struct value *key, struct value *out)
{
    static const struct secret_value nothing;

    if (key->kind != VALUE_TEXT)
        return missing_or(run, call, key, "a name in quotes");
    if (memchr(key->bytes.ptr, 0, key->bytes.len) != NULL)
        return template_fault(run, call, "no secret has a NUL in its name");
    *out = value_secret_named(run, map->set, arena_strndup(run->arena, key->bytes));
    if (out->kind == VALUE_MISSING)
        *out = (struct value){.kind = VALUE_SECRET, .secret = &nothing, .missing = out->missing};
    return true;
}

bool apply_index(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    const struct value *v = &args[0];
    size_t at = 0;

    if (v->kind == VALUE_SECRETS)
        return index_secrets(run, call, v, &args[1], out);
    if (v->kind != VALUE_PUBLIC && v->kind != VALUE_PRIVATE && v->kind != VALUE_TEXT)
        return missing_or(run, call, v, ".Secrets or .Previous.Secrets");
    if (v->bytes.len == 0)
        return template_fault(run, call, "\"index\" of an empty value");
    if (!take_number(run, call, &args[1], v->bytes.len - 1, &at))
        return false;
    *out = value_number(v->bytes.ptr[at], false);
    return true;
}

bool apply_slice(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    const struct value *v = &args[0];
    size_t from = 0, to = v->bytes.len;

    if (v->kind != VALUE_PUBLIC && v->kind != VALUE_PRIVATE && v->kind != VALUE_TEXT)
        return missing_or(run, call, v, "text or a key");
    if ((call->num_args > 2 && !take_number(run, call, &args[2], to, &to)) ||
        (call->num_args > 1 && !take_number(run, call, &args[1], to, &from)))
        return false;
    *out = *v;
    out->bytes = slice_of(from < to ? v->bytes.ptr + from : NULL, to - from);
    return true;
}

/* ---- comparisons ------------------------------------------------------------------------------ */

static bool is_basic(const struct value *v)
{
    return v->kind == VALUE_TEXT || v->kind == VALUE_NUMBER || v->kind == VALUE_BOOL;
}

static bool is_nothing(const struct value *v) { return v->kind == VALUE_MISSING || v->kind == VALUE_NIL; }

static bool same(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_TEXT)
        return slice_equal(a->bytes, b->bytes);
    return a->number == b->number && a->negative == b->negative;
}

static bool equal(struct run *run, const struct node *call, const struct value *a, const struct value *b,
                  bool *out)
{
    if (is_nothing(a) || is_nothing(b)) {
        *out = is_nothing(a) && is_nothing(b);
        return true;
    }
    if (!is_basic(a) || !is_basic(b))
        return template_fault(run, call, "\"%s\" compares text, numbers and booleans, found %s",
                              call->function->name, value_kind_name(is_basic(a) ? b->kind : a->kind));
    if (a->kind != b->kind)
        return template_fault(run, call, "\"%s\" compares values of one kind, found %s and %s",
                              call->function->name, value_kind_name(a->kind), value_kind_name(b->kind));
    *out = same(a, b);
    return true;
}

bool apply_eq(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    bool is_equal = false;

    for (size_t i = 1; i < call->num_args && !is_equal; i++)
        if (!equal(run, call, &args[0], &args[i], &is_equal))
            return false;
    *out = value_bool(is_equal);
    return true;
}

bool apply_ne(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    bool is_equal = false;

    if (!equal(run, call, &args[0], &args[1], &is_equal))
        return false;
    *out = value_bool(!is_equal);
    return true;
}

static int order_of(const struct value *a, const struct value *b)
{
    const size_t len = a->bytes.len < b->bytes.len ? a->bytes.len : b->bytes.len;
    int order;

    if (a->kind == VALUE_NUMBER) {
        if (a->negative != b->negative)
            return a->negative ? -1 : 1;
        return a->number < b->number ? -1 : a->number > b->number;
    }
    order = len == 0 ? 0 : memcmp(a->bytes.ptr, b->bytes.ptr, len);
    return order != 0 ? order : a->bytes.len < b->bytes.len ? -1 : a->bytes.len > b->bytes.len;
}

static bool compare(struct run *run, const struct node *call, const struct value *args, int *order)
{
    for (size_t i = 0; i < 2; i++)
        if (args[i].kind != VALUE_TEXT && args[i].kind != VALUE_NUMBER)
            return missing_or(run, call, &args[i], "text or numbers");
    if (args[0].kind != args[1].kind)
        return template_fault(run, call, "\"%s\" compares values of one kind, found %s and %s",
                              call->function->name, value_kind_name(args[0].kind),
                              value_kind_name(args[1].kind));
    *order = order_of(&args[0], &args[1]);
    return true;
}

#define COMPARISON(name, test)                                                                               \
    bool apply_##name(struct run *run, const struct node *call, const struct value *args, struct value *out) \
    {                                                                                                        \
        int order = 0;                                                                                       \
                                                                                                             \
        if (!compare(run, call, args, &order))                                                               \
            return false;                                                                                    \
        *out = value_bool(test);                                                                             \
        return true;                                                                                         \
    }
COMPARISON(lt, order < 0)
COMPARISON(le, order <= 0)
COMPARISON(gt, order > 0)
COMPARISON(ge, order >= 0)
#undef COMPARISON

/* ---- the table -------------------------------------------------------------------------------- */

const struct template_function *template_function_named(struct slice name)
{
    enum { MANY = TEMPLATE_MAX_ARGS };
    static const struct template_function functions[] = {
        {"pem", true, true, 1, 1, apply_pem, NULL},
        {"hex", true, true, 1, 1, apply_hex, NULL},
        {"base64", true, true, 1, 1, apply_base64, NULL},
        {"raw", true, false, 1, 1, apply_raw, NULL},
        {"string", false, true, 1, 1, apply_string, NULL},
        {"and", true, true, 1, MANY, NULL, lazy_and},
        {"or", true, true, 1, MANY, NULL, lazy_or},
        {"not", true, true, 1, 1, apply_not, NULL},
        {"len", true, true, 1, 1, apply_len, NULL},
        {"index", true, true, 2, 2, apply_index, NULL},
        {"slice", true, true, 1, 3, apply_slice, NULL},
        {"print", true, true, 0, MANY, apply_print, NULL},
        {"printf", true, true, 1, MANY, apply_printf, NULL},
        {"println", true, true, 0, MANY, apply_println, NULL},
        {"html", true, true, 0, MANY, apply_html, NULL},
        {"urlquery", true, true, 0, MANY, apply_urlquery, NULL},
        {"eq", true, true, 2, MANY, apply_eq, NULL},
        {"ne", true, true, 2, 2, apply_ne, NULL},
        {"lt", true, true, 2, 2, apply_lt, NULL},
        {"le", true, true, 2, 2, apply_le, NULL},
        {"gt", true, true, 2, 2, apply_gt, NULL},
        {"ge", true, true, 2, 2, apply_ge, NULL},
    };

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (slice_equal(name, slice_str(functions[i].name)))
            return &functions[i];
    return NULL;
}
