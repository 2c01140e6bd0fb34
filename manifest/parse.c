/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "manifest/decode.h"
#include "pki/hash.h"

static bool decode_manifest(struct decoder *d, const json_t *root)
{
    static const char *const known[] = {"Packages",     "Infrastructures", "Marbles", "Users",  "Secrets",
                                        "RecoveryKeys", "Roles",           "TLS",     "Config", NULL};
    struct fields f = decode_struct(d, root, "$", known);
    struct manifest *m = d->manifest;

    if (json_is_null(root))
        return err_set(d->err, E_MANIFEST_SYNTAX, "$: expected an object, found null");
    m->packages = decode_map(d, &f, "Packages", sizeof *m->packages, decode_package, &m->num_packages);
    m->secrets = decode_map(d, &f, "Secrets", sizeof *m->secrets, decode_secret, &m->num_secrets);
    m->marbles = decode_map(d, &f, "Marbles", sizeof *m->marbles, decode_marble, &m->num_marbles);
    m->users = decode_map(d, &f, "Users", sizeof *m->users, decode_user, &m->num_users);
    m->roles = decode_map(d, &f, "Roles", sizeof *m->roles, decode_role, &m->num_roles);
    m->tls = decode_map(d, &f, "TLS", sizeof *m->tls, decode_tls_tag, &m->num_tls);
    m->infrastructures = decode_map(d, &f, "Infrastructures", sizeof *m->infrastructures,
                                    decode_infrastructure, &m->num_infrastructures);
    m->recovery_keys = decode_map(d, &f, "RecoveryKeys", sizeof *m->recovery_keys, decode_recovery_key,
                                  &m->num_recovery_keys);
    return fields_done(&f) && decode_initial(d, &f) && decode_config(d, field(&f, "Config"), "$.Config");
}

bool manifest_parse(struct slice raw, struct arena *a, struct manifest *out, struct err *err)
{
    scoped(json_release) json_t *root = NULL, *nothing = json_object();
    scoped(arena_wipe) struct arena scratch = {0};
    struct json_document document;
    struct manifest m = {0};
    struct decoder d = {.arena = a, .err = err, .nothing = nothing, .document = &document, .manifest = &m};

    if (raw.len > LIMIT_MANIFEST)
        return err_set(err, E_MANIFEST_TOO_LARGE, "a manifest of %zu bytes, more than the %d allowed",
                       raw.len, LIMIT_MANIFEST);
    if (!json_parse_go(raw, JSON_REST_REFUSED, E_MANIFEST_SYNTAX, &scratch, &document, err))
        return false;
    root = document.root;
    if (!decode_manifest(&d, root))
        return false;
    parse_templates(&d);
    link_manifest(&d);
    m.raw = arena_copy(a, raw);
    sha256(m.fingerprint, raw);
    *out = m;
    return true;
}

/* ---- looking up --------------------------------------------------------------------------------- */

const struct marble *manifest_marble(const struct manifest *m, const char *type)
{
    return find_named(type, m->marbles, m->num_marbles, sizeof *m->marbles);
}

const struct secret_spec *manifest_secret(const struct manifest *m, const char *name)
{
    return find_named(name, m->secrets, m->num_secrets, sizeof *m->secrets);
}

const struct package *manifest_package(const struct manifest *m, const char *name)
{
    return find_named(name, m->packages, m->num_packages, sizeof *m->packages);
}

const struct role *manifest_role(const struct manifest *m, const char *name)
{
    return find_named(name, m->roles, m->num_roles, sizeof *m->roles);
}

const struct tls_tag *manifest_tls(const struct manifest *m, const char *name)
{
    return find_named(name, m->tls, m->num_tls, sizeof *m->tls);
}

const struct user *manifest_user(const struct manifest *m, const char *name)
{
    return find_named(name, m->users, m->num_users, sizeof *m->users);
}

const struct infrastructure *manifest_infrastructure(const struct manifest *m, const char *name)
{
    return find_named(name, m->infrastructures, m->num_infrastructures, sizeof *m->infrastructures);
}
