/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "manifest/template_lex.h"
#include "manifest/template_tree.h"
#include "pki/pem.h"

/* What a node can be worth. */
enum value_kind {
    VALUE_DOT,
    VALUE_MARBLERUN,
    VALUE_PREVIOUS,
    VALUE_SECRETS,
    VALUE_SECRET, /* a whole one */
    VALUE_CERT,
    VALUE_PUBLIC,
    VALUE_PRIVATE,
    VALUE_TEXT,
};

struct value {
    enum value_kind kind;
    struct slice bytes; /* of CERT, PUBLIC, PRIVATE, TEXT */
    const struct secret_value *secret;
    const struct secret_set *set;
};

struct run {
    const struct template *template;
    const struct template_data *data;
    struct arena *arena;
    struct err *err;
};

static const char *kind_name(enum value_kind k)
{
    static const char *const names[] = {
        [VALUE_DOT] = "the dot",         [VALUE_MARBLERUN] = ".MarbleRun",  [VALUE_PREVIOUS] = ".Previous",
        [VALUE_SECRETS] = ".Secrets",    [VALUE_SECRET] = "a whole secret", [VALUE_CERT] = "a certificate",
        [VALUE_PUBLIC] = "a public key", [VALUE_PRIVATE] = "a private key", [VALUE_TEXT] = "text",
    };

    return names[k];
}

static bool fault(const struct run *run, const struct node *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool fault(const struct run *run, const struct node *n, const char *fmt, ...)
{
    const struct text_place p = text_place(run->template->text, n->at);
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(run->err, E_TEMPLATE_VALUE, "line %zu, column %zu: %s", p.line, p.column, text);
}

/* ---- fields ----------------------------------------------------------------------------------- */

static bool is(const char *name, const char *what) { return strcmp(name, what) == 0; }

static bool no_field(const struct run *run, const struct node *n, const char *of, const char *name)
{
    return fault(run, n, "%s has no \"%s\"", of, text_shown(run->arena, slice_str(name)));
}

static bool secret_named(const struct run *run, const struct node *n, const struct secret_set *set,
                         const char *name, struct value *out)
{
    const struct secret_value *v = set == NULL ? NULL : secret_find(set, name);

    if (v == NULL)
        return fault(run, n, "there is no secret \"%s\"; define it under Secrets in the manifest",
                     text_shown(run->arena, slice_str(name)));
    *out = (struct value){.kind = VALUE_SECRET, .secret = v};
    return true;
}

static bool field_of_dot(const struct run *run, const struct node *n, const char *name, struct value *out)
{
    if (is(name, "Secrets"))
        *out = (struct value){.kind = VALUE_SECRETS, .set = run->data->secrets};
    else if (is(name, "Previous"))
        *out = (struct value){.kind = VALUE_PREVIOUS};
    else if (is(name, "MarbleRun"))
        *out = (struct value){.kind = VALUE_MARBLERUN};
    else
        return fault(run, n, "there is no .%s; there are .Secrets, .Previous and .MarbleRun",
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

static struct slice number_text(const struct run *run, uint64_t v)
{
    return slice_str(arena_printf(run->arena, "%llu", (unsigned long long)v));
}

/* What the manifest says of a secret, as Go prints it. */
static bool field_of_spec(const struct run *run, const struct node *n, const struct secret_spec *s,
                          const char *name, struct value *out)
{
    struct slice text;

    if (is(name, "Type"))
        text = slice_str(secret_type_name(s->type));
    else if (is(name, "Size"))
        text = number_text(run, s->size);
    else if (is(name, "ValidFor"))
        text = number_text(run, secret_valid_for(s));
    else if (is(name, "Shared"))
        text = slice_str(s->shared ? "true" : "false");
    else if (is(name, "UserDefined"))
        text = slice_str(s->user_defined ? "true" : "false");
    else
        return no_field(run, n, "a secret", name);
    *out = (struct value){.kind = VALUE_TEXT, .bytes = text};
    return true;
}

static bool field_of_secret(const struct run *run, const struct node *n, const struct secret_value *s,
                            const char *name, struct value *out)
{
    if (is(name, "Cert"))
        *out = (struct value){.kind = VALUE_CERT, .bytes = s->cert};
    else if (is(name, "Public"))
        *out = (struct value){.kind = VALUE_PUBLIC, .bytes = s->public_key};
    else if (is(name, "Private"))
        *out = (struct value){.kind = VALUE_PRIVATE, .bytes = s->private_key};
    else if (s->spec != NULL)
        return field_of_spec(run, n, s->spec, name, out);
    else
        return no_field(run, n, "a certificate of .MarbleRun", name);
    return true;
}

static bool field_of_value(const struct run *run, const struct node *n, const struct value *v,
                           const char *name, struct value *out)
{
    switch (v->kind) {
    case VALUE_DOT:
        return field_of_dot(run, n, name, out);
    case VALUE_MARBLERUN:
        return field_of_marblerun(run, n, name, out);
    case VALUE_PREVIOUS:
        if (!is(name, "Secrets"))
            return no_field(run, n, ".Previous", name);
        *out = (struct value){.kind = VALUE_SECRETS, .set = run->data->previous};
        return true;
    case VALUE_SECRETS:
        return secret_named(run, n, v->set, name, out);
    case VALUE_SECRET:
        return field_of_secret(run, n, v->secret, name, out);
    default:
        return no_field(run, n, kind_name(v->kind), name);
    }
}

/* ---- functions -------------------------------------------------------------------------------- */

/* The bytes to encode: of a whole secret its public half, as MarbleRun has it. */
static bool take_bytes(struct run *run, const struct node *call, const struct value *v, struct slice *out)
{
    const struct slice bytes = v->kind == VALUE_SECRET ? v->secret->public_key : v->bytes;

    if (v->kind < VALUE_SECRET || v->kind == VALUE_TEXT)
        return fault(run, call, "\"%s\" takes a secret or its .Cert, .Public or .Private, found %s",
                     call->function->name, kind_name(v->kind));
    if (bytes.len == 0)
        return fault(run, call, "\"%s\" of an empty value: this secret has no %s", call->function->name,
                     v->kind == VALUE_CERT      ? "certificate"
                     : v->kind == VALUE_PRIVATE ? "private key"
                                                : "public key");
    *out = bytes;
    return true;
}

static bool give_text(struct value *out, struct slice text)
{
    *out = (struct value){.kind = VALUE_TEXT, .bytes = text};
    return true;
}

static bool apply_pem(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    static const char *const labels[] = {
        [VALUE_CERT] = "CERTIFICATE", [VALUE_PUBLIC] = "PUBLIC KEY", [VALUE_PRIVATE] = "PRIVATE KEY"};
    struct slice bytes;

    if (args[0].kind == VALUE_SECRET)
        return fault(run, call, "\"pem\" takes .Cert, .Public or .Private of a secret, found a whole secret");
    return take_bytes(run, call, &args[0], &bytes) &&
           give_text(out, slice_str(pem_text(run->arena, labels[args[0].kind], bytes)));
}

static bool apply_hex(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) && give_text(out, slice_str(hex_text(run->arena, bytes)));
}

static bool apply_base64(struct run *run, const struct node *call, const struct value *args,
                         struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) &&
           give_text(out, slice_str(base64_text(run->arena, bytes, BASE64_STD)));
}

static bool apply_raw(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) && give_text(out, bytes);
}

static bool apply_string(struct run *run, const struct node *call, const struct value *args,
                         struct value *out)
{
    const struct secret_value *s = args[0].secret;
    struct slice bytes;

    if (args[0].kind != VALUE_SECRET || s->spec == NULL || s->spec->type != SECRET_PLAIN)
        return fault(run, call, "\"string\" takes a whole secret of type plain, found %s",
                     args[0].kind == VALUE_SECRET ? "one of another type" : kind_name(args[0].kind));
    if (!take_bytes(run, call, &args[0], &bytes))
        return false;
    if (memchr(bytes.ptr, 0, bytes.len) != NULL)
        return fault(run, call, "the secret holds a NUL byte, which an environment variable cannot");
    return give_text(out, bytes);
}

static bool apply_index(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    if (args[0].kind != VALUE_SECRETS)
        return fault(run, call, "\"index\" takes .Secrets or .Previous.Secrets, found %s",
                     kind_name(args[0].kind));
    if (args[1].kind != VALUE_TEXT)
        return fault(run, call, "\"index\" takes a name in quotes, found %s", kind_name(args[1].kind));
    if (memchr(args[1].bytes.ptr, 0, args[1].bytes.len) != NULL)
        return fault(run, call, "no secret has a NUL in its name");
    return secret_named(run, call, args[0].set, arena_strndup(run->arena, args[1].bytes), out);
}

const struct template_function *template_function_named(struct slice name)
{
    static const struct template_function functions[] = {
        {"pem", true, true, 1, apply_pem},        {"hex", true, true, 1, apply_hex},
        {"base64", true, true, 1, apply_base64},  {"raw", true, false, 1, apply_raw},
        {"string", false, true, 1, apply_string}, {"index", true, true, 2, apply_index},
    };

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (slice_equal(name, slice_str(functions[i].name)))
            return &functions[i];
    return NULL;
}

/* ---- running ---------------------------------------------------------------------------------- */

/* Recursion is as deep as pipelines and parentheses: the parser bounds both. */
static bool evaluate(struct run *run, const struct node *n, struct value *out)
{
    struct value args[2] = {{.kind = VALUE_DOT}};

    if (n->kind == NODE_STRING)
        return give_text(out, n->text);
    for (size_t i = 0; i < n->num_args; i++)
        if (!evaluate(run, n->args[i], &args[i]))
            return false;
    if (n->kind == NODE_CALL)
        return n->function->apply(run, n, args, out);
    for (size_t i = 0; i < n->num_names; i++)
        if (!field_of_value(run, n, &args[0], n->names[i], &args[0]))
            return false;
    *out = args[0];
    return true;
}

/* Only text prints. Go would print a key as a list of numbers, and a secret that is missing as "<no value>":
 * no service was ever meant to get that. */
static bool print(struct run *run, const struct node *n, struct buf *b)
{
    struct value v;

    if (!evaluate(run, n, &v))
        return false;
    if (v.kind != VALUE_TEXT)
        return fault(run, n, "%s does not print by itself; put pem, hex, base64%s before it",
                     kind_name(v.kind), " or another function");
    buf_put(b, v.bytes);
    return true;
}

bool template_run(const struct template *t, const struct template_data *data, struct arena *a,
                  struct slice *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_TEMPLATE_OUTPUT);
    struct run run = {.template = t, .data = data, .arena = &scratch, .err = err};

    for (const struct piece *p = t->pieces; p != NULL; p = p->next) {
        if (p->node == NULL)
            buf_put(&b, p->text);
        else if (!print(&run, p->node, &b))
            return false;
        arena_wipe(&scratch);
        if (!buf_ok(&b))
            return err_set(err, E_TEMPLATE_SIZE, "the expanded template has more than the %d bytes allowed",
                           LIMIT_TEMPLATE_OUTPUT);
    }
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}

void template_secrets(const struct template *t, template_secret_seen *seen, void *ctx)
{
    (void)t;
    seen(ctx, NULL, false);
}
