/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that MarbleRun adds to templates: they turn secrets into text. */
#include "base/text.h"
#include "manifest/template_functions.h"
#include "pki/pem.h"

/* The bytes to encode: of a whole secret its public half, as MarbleRun has it. */
static bool take_bytes(struct run *run, const struct node *call, const struct value *v, struct slice *out)
{
    const struct slice bytes = v->kind == VALUE_SECRET ? v->secret->public_key : v->bytes;

    if (v->kind == VALUE_MISSING)
        return template_missing(run, call, v->missing);
    if (v->kind != VALUE_SECRET && !value_is_bytes(v))
        return template_fault(run, call, "\"%s\" takes a secret or its .Cert, .Public or .Private, found %s",
                     call->function->name, value_kind_name(v->kind));
    if (bytes.len == 0 && v->missing != NULL)
        return template_missing(run, call, v->missing);
    if (bytes.len == 0)
        return template_fault(run, call, "\"%s\" of an empty value: this secret has no %s", call->function->name,
                     v->kind == VALUE_CERT      ? "certificate"
                     : v->kind == VALUE_PRIVATE ? "private key"
                                                : "public key");
    *out = bytes;
    return true;
}

static bool give_text(struct value *out, struct slice text)
{
    *out = value_text(text);
    return true;
}

bool apply_pem(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    static const char *const labels[] = {
        [VALUE_CERT] = "CERTIFICATE", [VALUE_PUBLIC] = "PUBLIC KEY", [VALUE_PRIVATE] = "PRIVATE KEY"};
    struct slice bytes;

    if (args[0].kind == VALUE_SECRET)
        return template_fault(run, call, "\"pem\" takes .Cert, .Public or .Private of a secret, found a whole secret");
    return take_bytes(run, call, &args[0], &bytes) &&
           give_text(out, slice_str(pem_text(run->arena, labels[args[0].kind], bytes)));
}

bool apply_hex(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) && give_text(out, slice_str(hex_text(run->arena, bytes)));
}

bool apply_base64(struct run *run, const struct node *call, const struct value *args,
                         struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) &&
           give_text(out, slice_str(base64_text(run->arena, bytes, BASE64_STD)));
}

bool apply_raw(struct run *run, const struct node *call, const struct value *args, struct value *out)
{
    struct slice bytes;

    return take_bytes(run, call, &args[0], &bytes) && give_text(out, bytes);
}

bool apply_string(struct run *run, const struct node *call, const struct value *args,
                         struct value *out)
{
    const struct secret_value *s = args[0].secret;
    struct slice bytes;

    if (args[0].kind == VALUE_MISSING)
        return template_missing(run, call, args[0].missing);
    if (args[0].kind != VALUE_SECRET || s->spec == NULL || s->spec->type != SECRET_PLAIN)
        return template_fault(run, call, "\"string\" takes a whole secret of type plain, found %s",
                     args[0].kind == VALUE_SECRET ? "one of another type" : value_kind_name(args[0].kind));
    if (!take_bytes(run, call, &args[0], &bytes))
        return false;
    if (memchr(bytes.ptr, 0, bytes.len) != NULL)
        return template_fault(run, call, "the secret holds a NUL byte, which an environment variable cannot");
    return give_text(out, bytes);
}
