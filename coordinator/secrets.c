/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secrets.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/secret_cert.h"
#include "pki/hash.h"

enum {
    HKDF_MAX = 255 * SHA256_LEN, /* RFC 5869 section 2.3 */
    MAX_SUM = 16 * MIB,          /* of all symmetric keys; in base64 they fit LIMIT_STATE with ease */
};

static bool symmetric_size(const struct secret_spec *spec, size_t max, size_t *out, struct err *err)
{
    if (spec->size == 0 || spec->size % 8 != 0 || spec->size / 8 > max)
        return err_set(err, E_SECRET_VALUE, "Size: expected a multiple of 8 from 8 to %zu bits, found %llu",
                       max * 8, (unsigned long long)spec->size);
    *out = (size_t)(spec->size / 8);
    return true;
}

static void set_symmetric(struct slice key, struct secret_value *out)
{
    out->public_key = key;
    out->private_key = key;
}

static bool make_random(const struct secret_spec *spec, struct arena *a, struct secret_value *out,
                        struct err *err)
{
    size_t len = 0;

    if (!symmetric_size(spec, LIMIT_TEMPLATE_OUTPUT, &len, err))
        return false;
    uint8_t *key = arena_alloc(a, len);

    random_bytes(key, len);
    set_symmetric(slice_of(key, len), out);
    return true;
}

static bool derive(const struct secrets_for *who, const struct secret_spec *spec, struct arena *a,
                   struct secret_value *out, struct err *err)
{
    const char *info = who->marble->disable_secret_binding ? "" : who->marble->type;
    char uuid[UUID_LEN + 1];
    size_t len = 0;

    if (!symmetric_size(spec, HKDF_MAX, &len, err))
        return false;
    uint8_t *key = arena_alloc(a, len);

    uuid_format(uuid, who->uuid);
    hkdf_sha256(key, len, who->root_secret, slice_str(arena_printf(a, "%s%s", uuid, spec->name)),
                slice_str(info));
    set_symmetric(slice_of(key, len), out);
    return true;
}

static bool make_cert(const struct secret_spec *spec, const struct authority *ca, int64_t now,
                      struct arena *a, struct secret_value *out, struct err *err)
{
    struct issued i;

    if (!secret_cert_issue(spec, ca, now, a, &i, err))
        return false;
    out->cert = i.cert;
    out->public_key = i.public_key;
    out->private_key = i.private_key;
    return true;
}

/* Whoever sets a manifest has not been asked who he is: sums are checked before anything is allocated. */
static bool check_sums(const struct manifest *m, struct err *err)
{
    uint64_t sum[2] = {0};

    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *spec = &m->secrets[i];

        if (spec->type != SECRET_SYMMETRIC_KEY || spec->user_defined || spec->size / 8 > MAX_SUM)
            continue; /* one that is too large by itself is told so by its name */
        sum[spec->shared] += spec->size / 8;
        if (sum[spec->shared] > MAX_SUM)
            return err_set(err, E_STATE_SIZE,
                           "secrets: the %s symmetric keys take more than %d bytes together",
                           spec->shared ? "shared" : "private", MAX_SUM);
    }
    return true;
}

bool secrets_make_shared(const struct manifest *m, const struct authority *ca, int64_t now, struct arena *a,
                         struct secret_set *out, struct err *err)
{
    struct secret_value *values = arena_array(a, m->num_secrets, sizeof *values);
    size_t num = 0;

    if (!check_sums(m, err))
        return false;
    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *spec = &m->secrets[i];
        struct secret_value *v = &values[num];

        if (!spec->shared || spec->user_defined)
            continue;
        v->spec = spec;
        if (!(spec->type == SECRET_SYMMETRIC_KEY ? make_random(spec, a, v, err)
                                                 : make_cert(spec, ca, now, a, v, err)))
            return err_in(err, "secret \"%s\"", spec->name);
        num++;
    }
    *out = (struct secret_set){values, num};
    return true;
}

static bool value_of(const struct secrets_for *who, const struct secret_spec *spec, int64_t now,
                     struct arena *a, struct secret_value *out, struct err *err)
{
    const struct secret_value *shared = secret_find(who->shared, spec->name);

    if (shared != NULL)
        *out = *shared;
    out->spec = spec;
    if (shared != NULL || spec->user_defined || spec->shared)
        return true; /* what is not set has no value: a template that uses it says so */
    if (spec->type == SECRET_SYMMETRIC_KEY)
        return derive(who, spec, a, out, err);
    return make_cert(spec, who->ca, now, a, out, err);
}

bool secrets_of_marble(const struct secrets_for *who, int64_t now, struct arena *a, struct secret_set *out,
                       struct err *err)
{
    const struct manifest *m = who->manifest;
    struct secret_value *values = arena_array(a, m->num_secrets, sizeof *values);

    for (size_t i = 0; i < m->num_secrets; i++)
        if (!value_of(who, &m->secrets[i], now, a, &values[i], err))
            return err_in(err, "secret \"%s\"", m->secrets[i].name);
    *out = (struct secret_set){values, m->num_secrets};
    return true;
}

/* ---- in the store ---------------------------------------------------------------------------- */

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

struct slice secret_value_encode(const struct secret_value *v, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    buf_printf(&b, "{\"Type\":\"%s\",\"Size\":%llu,\"Shared\":%s,\"UserDefined\":%s",
               secret_type_name(v->spec->type), (unsigned long long)v->spec->size,
               v->spec->shared ? "true" : "false", v->spec->user_defined ? "true" : "false");
    put_bytes(&b, "Cert", v->cert);
    buf_printf(&b, ",\"ValidFor\":%llu", (unsigned long long)v->spec->valid_for);
    put_bytes(&b, "Private", v->private_key);
    put_bytes(&b, "Public", v->public_key);
    buf_str(&b, "}");
    return arena_copy(a, buf_bytes(&b));
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
    if (!fields_done(&f))
        return false;
    *out = v;
    return true;
}
