/* SPDX-License-Identifier: Apache-2.0 */
/* The Secrets section; what a secret is: secret.c. */
#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

static const char *const secret_fields[] = {"Type", "Size",    "Shared", "UserDefined", "ValidFor",
                                            "Cert", "Private", "Public", NULL};

static bool is_cert(const struct secret_spec *s)
{
    return s->type == SECRET_CERT_RSA || s->type == SECRET_CERT_ECDSA || s->type == SECRET_CERT_ED25519;
}

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

static void note_unsupported(struct decoder *d, const char *path, const struct secret_spec *s)
{
    if (s->user_defined)
        return;
    if (s->type == SECRET_CERT_RSA || s->type == SECRET_CERT_ED25519)
        decode_unsupported(d, "%s.Type: this version makes no keys for %s; use cert-ecdsa", path,
                           secret_type_name(s->type));
    else if (s->type == SECRET_CERT_ECDSA && s->size == 224)
        decode_unsupported(d, "%s.Size: this version has no P-224; use 256, 384 or 521", path);
}

bool decode_secret(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, secret_fields);
    struct secret_spec *s = element;
    const json_t *cert;

    s->size = field_uint(&f, "Size", UINT64_MAX);
    s->shared = field_bool(&f, "Shared");
    s->user_defined = field_bool(&f, "UserDefined");
    s->valid_for = field_uint(&f, "ValidFor", UINT64_MAX);
    if (field_bytes(&f, "Private", LIMIT_MANIFEST).len + field_bytes(&f, "Public", LIMIT_MANIFEST).len > 0 &&
        !s->user_defined)
        decode_warn(d, "%s: Private and Public are ignored: the values are generated", path);
    if (!decode_type(&f, &s->type))
        return false;
    cert = field(&f, "Cert");
    if (s->user_defined && json_is_text(cert))
        return true; /* a value: decode_initial() */
    s->has_cert = cert != NULL;
    if (!decode_cert_template(d, cert, field_path(&f, "Cert"), is_cert(s), &s->cert))
        return false;
    note_unsupported(d, path, s);
    return true;
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

    if (s->type == SECRET_CERT_RSA && size < 1024)
        return err_set(err, E_SECRET_SIZE, "Size: RSA needs 1024 bits or more, found %llu", size);
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
    if (is_cert(s))
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
