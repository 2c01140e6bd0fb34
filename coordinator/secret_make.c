/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secret_make.h"

#include "base/limits.h"
#include "coordinator/secret_cert.h"
#include "pki/hash.h"

static bool symmetric_size(const struct secret_spec *spec, size_t max, size_t *out, struct err *err)
{
    if (spec->size == 0 || spec->size % 8 != 0 || spec->size / 8 > max)
        return err_set(err, E_SECRET_VALUE, "Size: expected a multiple of 8 from 8 to %zu bits, found %llu",
                       max * 8, (unsigned long long)spec->size);
    *out = (size_t)(spec->size / 8);
    return true;
}

static struct secret_value symmetric(const struct secret_spec *spec, struct slice key)
{
    return (struct secret_value){.spec = spec, .public_key = key, .private_key = key};
}

static bool make_random(const struct secret_spec *spec, struct arena *a, struct secret_value *out,
                        struct err *err)
{
    size_t len = 0;

    if (!symmetric_size(spec, LIMIT_TEMPLATE_OUTPUT, &len, err))
        return false;
    uint8_t *key = arena_alloc(a, len);

    random_bytes(key, len);
    *out = symmetric(spec, slice_of(key, len));
    return true;
}

bool secret_derive(const struct secret_spec *spec, struct slice root_secret, struct uuid uuid,
                   const struct marble *marble, struct arena *a, struct secret_value *out, struct err *err)
{
    const char *info = marble->disable_secret_binding ? "" : marble->type;
    char text[UUID_LEN + 1];
    size_t len = 0;

    if (!symmetric_size(spec, LIMIT_DERIVED_KEY, &len, err))
        return false;
    uint8_t *key = arena_alloc(a, len);

    uuid_format(text, uuid);
    hkdf_sha256(key, len, root_secret, slice_str(arena_printf(a, "%s%s", text, spec->name)), slice_str(info));
    *out = symmetric(spec, slice_of(key, len));
    return true;
}

bool secret_make(const struct secret_spec *spec, const struct authority *ca, int64_t now, struct arena *a,
                 struct secret_value *out, struct err *err)
{
    struct issued i;

    if (spec->type == SECRET_SYMMETRIC_KEY)
        return make_random(spec, a, out, err);
    if (!secret_type_is_cert(spec->type))
        return err_set(err, E_SECRET_VALUE, "a secret of type %s cannot be generated, it needs UserDefined",
                       secret_type_name(spec->type));
    if (!secret_cert_issue(spec, ca, now, a, &i, err))
        return false;
    *out = (struct secret_value){spec, i.cert, i.public_key, i.private_key};
    return true;
}
