/* SPDX-License-Identifier: Apache-2.0 */
/* Values as JSON, and what users upload. */
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/secrets.h"

/* ---- as the store and the API have them --------------------------------------------------------- */

static void put_bytes(struct buf *b, const char *name, struct slice s)
{
    buf_printf(b, ",\"%s\":", name);
    if (s.len == 0) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "\"");
    base64_put(b, s, BASE64_STD);
    buf_str(b, "\"");
}

void secret_value_put(struct buf *b, const struct secret_value *v)
{
    buf_printf(b, "{\"Type\":\"%s\",\"Size\":%llu,\"Shared\":%s,\"UserDefined\":%s",
               secret_type_name(v->spec->type), (unsigned long long)v->spec->size,
               v->spec->shared ? "true" : "false", v->spec->user_defined ? "true" : "false");
    put_bytes(b, "Cert", v->cert);
    buf_printf(b, ",\"ValidFor\":%llu", (unsigned long long)secret_valid_for(v->spec));
    put_bytes(b, "Private", v->private_key);
    put_bytes(b, "Public", v->public_key);
    buf_str(b, "}");
}

struct slice secret_value_encode(const struct secret_value *v, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    secret_value_put(&b, v);
    return arena_copy(a, buf_bytes(&b));
}

/* A value of another definition is not this secret's. ValidFor, which only its maker needs, may differ. */
static bool check_definition(struct fields *f, const struct secret_spec *spec)
{
    const char *type = field_str(f, "Type");
    const uint64_t size = field_uint(f, "Size", UINT64_MAX);

    if (fields_done(f) && (type == NULL || strcmp(type, secret_type_name(spec->type)) != 0))
        return field_fault(f, "Type", "expected \"%s\", as the manifest has it",
                           secret_type_name(spec->type));
    if (fields_done(f) && size != spec->size)
        return field_fault(f, "Size", "expected %llu, as the manifest has it",
                           (unsigned long long)spec->size);
    return fields_done(f);
}

bool secret_value_decode(struct slice text, const struct secret_spec *spec, struct arena *a,
                         struct secret_value *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    char *path = arena_printf(a, "secret:%s", spec->name);
    struct secret_value v = {.spec = spec};

    if (!json_parse(text, JSON_NO_DUPLICATES, E_STATE_CORRUPT, &json, err))
        return err_in(err, "%s", path);
    struct fields f = fields_of(json, path, JSON_EXACT, E_STATE_CORRUPT, a, err);

    v.cert = field_bytes(&f, "Cert", LIMIT_STATE);
    v.private_key = field_bytes(&f, "Private", LIMIT_STATE);
    v.public_key = field_bytes(&f, "Public", LIMIT_STATE);
    if (!check_definition(&f, spec))
        return false;
    *out = v;
    return true;
}

/* ---- uploads ------------------------------------------------------------------------------------ */

/* A string is a certificate, DER in base64; an empty object is what Go's clients send for none. */
static bool decode_cert(struct fields *f, struct arena *a, struct slice *out)
{
    const json_t *v = field(f, "Cert");
    struct cert c;
    struct err why;

    if (v == NULL || (json_is_object(v) && json_object_size(v) == 0))
        return fields_done(f);
    if (!json_is_string(v))
        return field_fault(f, "Cert", "expected a certificate, DER in base64");
    if (!base64_decode(field_text(f, "Cert"), BASE64_STD, a, out))
        return field_fault(f, "Cert", "expected base64");
    return cert_parse(*out, a, &c, &why) || field_fault(f, "Cert", "%s", why.text);
}

bool secret_upload_decode(const json_t *value, const char *path, struct arena *a, struct secret_upload *out,
                          struct err *err)
{
    struct fields f = fields_of(value, path, JSON_FOLD, E_SECRET_BODY, a, err);
    struct secret_upload u = {.has_key = field_present(&f, "Key"),
                              .has_private = field_present(&f, "Private")};

    u.key = field_bytes(&f, "Key", LIMIT_TEMPLATE_OUTPUT);
    u.private_key = field_bytes(&f, "Private", LIMIT_TEMPLATE_OUTPUT);
    if (!decode_cert(&f, a, &u.cert) || !fields_done(&f))
        return false;
    *out = u;
    return true;
}

static bool refuse(struct err *err, const char *what, const struct secret_spec *spec)
{
    return err_set(err, E_SECRET_UPLOAD, "%s, which a secret of type %s does not have", what,
                   secret_type_name(spec->type));
}

/* MarbleRun does not compare the certificate's kind of key with the type, nor the private key with it. */
static bool cert_value(const struct secret_spec *spec, const struct secret_upload *u, struct arena *a,
                       struct secret_value *out, struct err *err)
{
    struct cert c;

    if (u->has_key)
        return refuse(err, "found a Key", spec);
    if (u->cert.len == 0)
        return err_set(err, E_SECRET_UPLOAD, "expected a Cert for a secret of type %s, found none",
                       secret_type_name(spec->type));
    if (!cert_parse(u->cert, a, &c, err))
        return err_as(err, E_SECRET_UPLOAD);
    *out = (struct secret_value){spec, u->cert, c.spki, u->private_key};
    return true;
}

bool secret_upload_value(const struct secret_spec *spec, const struct secret_upload *u, struct arena *a,
                         struct secret_value *out, struct err *err)
{
    if (!spec->user_defined)
        return err_set(err, E_SECRET_UPLOAD, "the manifest does not declare it as UserDefined");
    if (secret_type_is_cert(spec->type))
        return cert_value(spec, u, a, out, err);
    if (u->cert.len > 0)
        return refuse(err, "found a Cert", spec);
    if (u->has_private)
        return refuse(err, "found a Private", spec);
    if (spec->type == SECRET_SYMMETRIC_KEY && (uint64_t)u->key.len * 8 != spec->size)
        return err_set(err, E_SECRET_UPLOAD,
                       "declared size and actual size don't match: expected %llu bits, found %llu",
                       (unsigned long long)spec->size, (unsigned long long)u->key.len * 8);
    *out = (struct secret_value){.spec = spec, .public_key = u->key, .private_key = u->key};
    return true;
}
