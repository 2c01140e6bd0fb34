/* SPDX-License-Identifier: Apache-2.0 */
/* Values that a manifest itself gives to user-defined secrets: Private, Public, and Cert as base64 DER. */
#include "base/limits.h"
#include "manifest/decode.h"
#include "pki/cert.h"

/* Cert as a string is a finished certificate; as an object it is a template, which is not for here. */
static bool read_cert(struct fields *f, struct slice *out)
{
    const json_t *v = field(f, "Cert");
    struct cert cert;
    struct err why;

    if (!json_is_text(v))
        return fields_done(f);
    *out = field_bytes(f, "Cert", LIMIT_CERTIFICATE);
    if (!fields_done(f))
        return false;
    return cert_parse(*out, f->arena, &cert, &why) || field_fault(f, "Cert", "%s", why.text);
}

static bool read_value(struct decoder *d, const json_t *value, const char *path, struct secret_value *out)
{
    struct fields f = fields_of(value, path, JSON_FOLD, E_MANIFEST_SYNTAX, d->arena, d->err);

    f.document = d->document;
    out->private_key = field_bytes(&f, "Private", LIMIT_MANIFEST);
    out->public_key = field_bytes(&f, "Public", LIMIT_MANIFEST);
    return read_cert(&f, &out->cert) && fields_done(&f);
}

/* One slot for each secret, so of the same name the last one counts; then those that have something. */
bool decode_initial(struct decoder *d, struct fields *f)
{
    const struct manifest *m = d->manifest;
    struct secret_value *values = arena_array(d->arena, m->num_secrets, sizeof *values);
    json_t *map = field_object(f, "Secrets"), *value;
    const char *key;
    size_t num = 0;

    json_object_foreach(map, key, value)
    {
        char *name = arena_strndup(d->arena, json_name(key));
        const struct secret_spec *s = manifest_secret(m, name);
        struct secret_value v = {.spec = s};

        if (s == NULL || !s->user_defined || json_is_null(value))
            continue;
        if (!read_value(d, value, path_entry(d->arena, "$.Secrets", name), &v))
            return false;
        values[s - m->secrets] = v;
    }
    for (size_t i = 0; i < m->num_secrets; i++)
        if (values[i].cert.len + values[i].private_key.len + values[i].public_key.len > 0)
            values[num++] = values[i];
    d->manifest->initial = (struct secret_set){values, num};
    return fields_done(f);
}
