/* SPDX-License-Identifier: Apache-2.0 */
/* The Secrets section; what a secret is: secret.c. */
#include "base/limits.h"
#include "base/text.h"
#include "manifest/cert_template.h"

static const char *const secret_fields[] = {"Type", "Size",    "Shared", "UserDefined", "ValidFor",
                                            "Cert", "Private", "Public", NULL};

static bool decode_type(struct fields *f, enum secret_type *out)
{
    const char *name = decode_text(f, "Type");

    if (!fields_done(f) || secret_type_named(name, out))
        return fields_done(f);
    f->code = E_SECRET_TYPE;
    return field_fault(f, "Type",
                       "\"%s\" is none of symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519, plain",
                       text_shown(f->arena, slice_str(name)));
}

/* The initial value that a user-defined secret may have; MarbleRun computes none of the parts from others. */
static void decode_own_values(struct decoder *d, struct fields *f, const char *path, struct secret_spec *s)
{
    s->initial.private_key = field_bytes(f, "Private", LIMIT_MANIFEST);
    s->initial.public_key = field_bytes(f, "Public", LIMIT_MANIFEST);
    if (!s->user_defined && s->initial.private_key.len + s->initial.public_key.len > 0)
        decode_warn(d, "%s: Private and Public are ignored: the values are generated", path);
}

/* A string in the place of the template: a finished certificate, DER in base64. */
static bool decode_finished(struct decoder *d, const json_t *value, const char *path, struct secret_spec *s)
{
    const struct slice text = slice_of(json_string_value(value), json_string_length(value));
    struct cert c;

    if (!base64_decode(text, BASE64_STD, d->arena, &s->initial.cert)) {
        decode_warn(d, "%s: ignored, it is neither a template nor base64", path);
        return true;
    }
    if (s->user_defined ? cert_parse(s->initial.cert, d->arena, &c, d->err)
                        : template_of_cert(s->initial.cert, d->arena, &s->cert, d->err)) {
        s->has_cert = !s->user_defined;
        return true;
    }
    return err_as(d->err, E_SECRET_CERT) || err_in(d->err, "%s", path);
}

static bool decode_cert(struct decoder *d, const json_t *value, const char *path, struct secret_spec *s)
{
    s->cert.max_path_len = -1;
    if (value == NULL)
        return true;
    if (!secret_type_is_cert(s->type)) {
        decode_warn(d, "%s: ignored, the secret is no certificate", path);
        return true;
    }
    if (json_is_text(value))
        return decode_finished(d, value, path, s);
    if (s->user_defined)
        decode_warn(d, "%s: ignored, the certificate is uploaded", path);
    s->has_cert = true;
    return decode_cert_template(d, value, path, &s->cert);
}

bool decode_secret(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, secret_fields);
    struct secret_spec *s = element;

    s->size = field_uint(&f, "Size", UINT64_MAX);
    s->shared = field_bool(&f, "Shared");
    s->user_defined = field_bool(&f, "UserDefined");
    s->valid_for = field_uint(&f, "ValidFor", UINT64_MAX);
    decode_own_values(d, &f, path, s);
    return decode_type(&f, &s->type) && decode_cert(d, field(&f, "Cert"), field_path(&f, "Cert"), s);
}

/* ---- checks ------------------------------------------------------------------------------------- */

static bool check_symmetric(const struct secret_spec *s, struct err *err)
{
    const uint64_t max = 8 * (uint64_t)(s->shared ? LIMIT_SHARED_KEY : LIMIT_DERIVED_KEY);

    if (s->size == 0 || s->size % 8 != 0)
        return err_set(err, E_SECRET_SIZE, "Size: expected a multiple of 8 bits, more than 0; found %llu",
                       (unsigned long long)s->size);
    if (s->size > max)
        return err_set(err, E_SECRET_SIZE, "Size: %llu bits, more than the %llu that a %s key can have",
                       (unsigned long long)s->size, (unsigned long long)max,
                       s->shared ? "shared" : "private");
    return true;
}

static bool check_key_size(const struct secret_spec *s, struct err *err)
{
    const unsigned long long size = s->size;

    if (s->type == SECRET_CERT_RSA && (size < RSA_MIN_BITS || size > RSA_MAX_BITS || size % 8 != 0))
        return err_set(err, E_SECRET_SIZE,
                       "Size: expected a multiple of 8 from %d to %d bits for RSA, found %llu", RSA_MIN_BITS,
                       RSA_MAX_BITS, size);
    if (s->type == SECRET_CERT_ECDSA && size != 224 && size != 256 && size != 384 && size != 521)
        return err_set(err, E_SECRET_SIZE, "Size: expected 224, 256, 384 or 521; found %llu", size);
    if (s->type == SECRET_CERT_ED25519 && size != 0)
        return err_set(err, E_SECRET_SIZE, "Size: Ed25519 has one size, leave it away; found %llu", size);
    return true;
}

static bool check_cert(const struct secret_spec *s, struct err *err)
{
    if (s->valid_for != 0 && s->cert.has_not_after)
        return err_set(err, E_SECRET_VALIDITY,
                       "ValidFor and Cert.NotAfter are both given; one of them is enough");
    if (s->valid_for > LIMIT_VALIDITY_DAYS)
        return err_set(err, E_SECRET_VALIDITY, "ValidFor: %llu days, more than the %d allowed",
                       (unsigned long long)s->valid_for, LIMIT_VALIDITY_DAYS);
    if (s->cert.max_path_len >= 0 && !s->cert.is_ca)
        return err_set(err, E_SECRET_CERT, "Cert.MaxPathLen: only a certificate with IsCA can have it");
    return s->user_defined || check_key_size(s, err);
}

static bool check_secret(const struct secret_spec *s, struct err *err)
{
    if (secret_type_is_cert(s->type))
        return check_cert(s, err);
    if (s->type == SECRET_PLAIN)
        return s->user_defined ||
               err_set(err, E_SECRET_TYPE, "Type: a plain secret cannot be generated, it needs UserDefined");
    return s->user_defined || check_symmetric(s, err);
}

bool check_secrets(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_secrets; i++)
        if (!check_secret(&m->secrets[i], err))
            return err_in(err, "%s", path_entry(&scratch, "$.Secrets", m->secrets[i].name));
    return true;
}
