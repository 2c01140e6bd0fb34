/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template_value.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

const char *value_kind_name(enum value_kind k)
{
    static const char *const names[] = {
        [VALUE_MISSING] = "nothing",       [VALUE_NIL] = "nil",
        [VALUE_ROOT] = "the whole data",   [VALUE_MARBLERUN] = ".MarbleRun",
        [VALUE_PREVIOUS] = ".Previous",    [VALUE_SECRETS] = ".Secrets",
        [VALUE_SECRET] = "a whole secret", [VALUE_CERT] = "a certificate",
        [VALUE_PUBLIC] = "a public key",   [VALUE_PRIVATE] = "a private key",
        [VALUE_TEXT] = "text",             [VALUE_NUMBER] = "a number",
        [VALUE_BOOL] = "a boolean",
    };

    return names[k];
}

bool template_fault(const struct run *run, const struct node *n, const char *fmt, ...)
{
    const struct text_place p = text_place(run->template->text, n->at);
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(run->err, E_TEMPLATE_VALUE, "line %zu, column %zu: %s", p.line, p.column, text);
}

bool template_missing(const struct run *run, const struct node *n, const char *name)
{
    return template_fault(run, n, "there is no secret \"%s\"; define it under Secrets in the manifest",
                          text_shown(run->arena, slice_str(name)));
}

struct value value_text(struct slice text) { return (struct value){.kind = VALUE_TEXT, .bytes = text}; }

struct value value_bool(bool b) { return (struct value){.kind = VALUE_BOOL, .number = b}; }

struct value value_number(uint64_t number, bool negative)
{
    return (struct value){.kind = VALUE_NUMBER, .number = number, .negative = negative};
}

/* Go: false, 0, nil, and what is empty; structures are true. A certificate, which is one to Go, counts here as
 * the bytes that it is. */
bool value_is_true(const struct value *v)
{
    switch (v->kind) {
    case VALUE_MISSING:
    case VALUE_NIL:
        return false;
    case VALUE_SECRETS:
        return v->set != NULL && v->set->num > 0;
    case VALUE_CERT:
    case VALUE_PUBLIC:
    case VALUE_PRIVATE:
    case VALUE_TEXT:
        return v->bytes.len > 0;
    case VALUE_NUMBER:
    case VALUE_BOOL:
        return v->number != 0;
    default:
        return true;
    }
}

bool value_print(struct run *run, const struct node *n, const struct value *v, struct buf *out)
{
    switch (v->kind) {
    case VALUE_TEXT:
        buf_put(out, v->bytes);
        return true;
    case VALUE_NUMBER:
        buf_printf(out, v->negative ? "%lld" : "%llu", (unsigned long long)v->number);
        return true;
    case VALUE_BOOL:
        buf_str(out, v->number != 0 ? "true" : "false");
        return true;
    case VALUE_NIL:
        buf_str(out, "<nil>");
        return true;
    case VALUE_MISSING:
        return template_missing(run, n, v->missing);
    default:
        return template_fault(run, n,
                              "%s does not print by itself; put pem, hex, base64 or another function before it",
                              value_kind_name(v->kind));
    }
}

/* ---- fields ----------------------------------------------------------------------------------- */

static bool is(const char *name, const char *what) { return strcmp(name, what) == 0; }

static bool no_field(const struct run *run, const struct node *n, const char *of, const char *name)
{
    return template_fault(run, n, "%s has no \"%s\"", of, text_shown(run->arena, slice_str(name)));
}

struct value value_secret_named(const struct run *run, const struct secret_set *set, const char *name)
{
    const struct secret_value *v = set == NULL ? NULL : secret_find(set, name);

    if (v == NULL)
        return (struct value){.kind = VALUE_MISSING, .missing = arena_strdup(run->arena, name)};
    return (struct value){.kind = VALUE_SECRET, .secret = v};
}

static bool field_of_root(const struct run *run, const struct node *n, const char *name, struct value *out)
{
    if (is(name, "Secrets"))
        *out = (struct value){.kind = VALUE_SECRETS, .set = run->data->secrets};
    else if (is(name, "Previous"))
        *out = (struct value){.kind = VALUE_PREVIOUS};
    else if (is(name, "MarbleRun"))
        *out = (struct value){.kind = VALUE_MARBLERUN};
    else
        return template_fault(run, n, "there is no .%s; there are .Secrets, .Previous and .MarbleRun",
                              text_shown(run->arena, slice_str(name)));
    return true;
}

static bool field_of_marblerun(const struct run *run, const struct node *n, const char *name,
                               struct value *out)
{
    const struct template_data *d = run->data;
    const struct {
        const char *name;
        const struct secret_value *value;
    } fields[] = {
        {"RootCA", &d->root_ca},
        {"MarbleCert", &d->marble},
        {"CoordinatorRoot", &d->coordinator_root},
        {"CoordinatorIntermediate", &d->coordinator_intermediate},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (is(name, fields[i].name)) {
            *out = (struct value){.kind = VALUE_SECRET, .secret = fields[i].value};
            return true;
        }
    return no_field(run, n, ".MarbleRun", name);
}

/* What the manifest says of a secret; of an empty one (NULL) Go's zeros. */
static bool field_of_spec(const struct run *run, const struct node *n, const struct secret_spec *s,
                          const char *name, struct value *out)
{
    if (is(name, "Type"))
        *out = value_text(slice_str(s == NULL ? "" : secret_type_name(s->type)));
    else if (is(name, "Size"))
        *out = value_number(s == NULL ? 0 : s->size, false);
    else if (is(name, "ValidFor"))
        *out = value_number(s == NULL ? 0 : secret_valid_for(s), false);
    else if (is(name, "Shared"))
        *out = value_bool(s != NULL && s->shared);
    else if (is(name, "UserDefined"))
        *out = value_bool(s != NULL && s->user_defined);
    else
        return no_field(run, n, "a secret", name);
    return true;
}

static bool field_of_secret(const struct run *run, const struct node *n, const struct value *v,
                            const char *name, struct value *out)
{
    const struct secret_value *s = v->secret;
    const char *missing = v->missing;

    if (is(name, "Cert"))
        *out = (struct value){.kind = VALUE_CERT, .bytes = s->cert};
    else if (is(name, "Public"))
        *out = (struct value){.kind = VALUE_PUBLIC, .bytes = s->public_key};
    else if (is(name, "Private"))
        *out = (struct value){.kind = VALUE_PRIVATE, .bytes = s->private_key};
    else if (s->spec != NULL || missing != NULL)
        return field_of_spec(run, n, s->spec, name, out);
    else
        return no_field(run, n, "a certificate of .MarbleRun", name);
    out->missing = missing;
    return true;
}

bool value_field(struct run *run, const struct node *n, const struct value *v, const char *name,
                 struct value *out)
{
    switch (v->kind) {
    case VALUE_MISSING: /* has every field, and each is missing: Go looks no further */
        *out = *v;
        return true;
    case VALUE_ROOT:
        return field_of_root(run, n, name, out);
    case VALUE_MARBLERUN:
        return field_of_marblerun(run, n, name, out);
    case VALUE_PREVIOUS:
        if (!is(name, "Secrets"))
            return no_field(run, n, ".Previous", name);
        *out = (struct value){.kind = VALUE_SECRETS, .set = run->data->previous};
        return true;
    case VALUE_SECRETS:
        *out = value_secret_named(run, v->set, name);
        return true;
    case VALUE_SECRET:
        return field_of_secret(run, n, v, name, out);
    default:
        return no_field(run, n, value_kind_name(v->kind), name);
    }
}
