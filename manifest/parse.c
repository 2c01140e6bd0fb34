/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "manifest/decode.h"
#include "pki/hash.h"

/* ---- packages --------------------------------------------------------------------------------- */

static bool decode_package(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, policy_known_fields);
    struct package *p = element;

    if (!fields_done(&f) || !policy_parse(&f, &p->policy))
        return false;
    if (p->policy.debug)
        decode_warn(d, "%s.Debug: programs in debug mode can be looked into; for development only", path);
    return true;
}

/* MarbleRun overlooks what is incomplete with Debug, with a warning, and does not look at packages of no
 * marble. What is wrong without Debug is for manifest_check(). */
static void warn_of_incomplete_packages(struct decoder *d)
{
    const struct manifest *m = d->manifest;
    bool *used = arena_array(d->arena, m->num_packages, sizeof *used);

    for (size_t i = 0; i < m->num_marbles; i++)
        if (m->marbles[i].package != NULL)
            used[m->marbles[i].package - m->packages] = true;
    for (size_t i = 0; i < m->num_packages; i++) {
        char *warning = NULL;
        struct err ignored;

        if (used[i] && policy_check(&m->packages[i].policy, d->arena, &warning, &ignored) && warning != NULL)
            decode_warn(d, "%s: %s", path_entry(d->arena, "$.Packages", m->packages[i].name), warning);
    }
}

/* ---- what has no effect yet ---------------------------------------------------------------------- */

static bool decode_infrastructure(struct decoder *d, const json_t *value, const char *path, void *element)
{
    static const char *const known[] = {"CPUSVN", "QESVN", "PCESVN", "RootCA", NULL};
    struct fields f = decode_struct(d, value, path, known);

    (void)element;
    (void)field_bytes(&f, "CPUSVN", LIMIT_MANIFEST);
    (void)field_uint(&f, "QESVN", UINT16_MAX);
    (void)field_uint(&f, "PCESVN", UINT16_MAX);
    (void)field_bytes(&f, "RootCA", LIMIT_MANIFEST);
    return fields_done(&f);
}

static bool decode_recovery_key(struct decoder *d, const json_t *value, const char *path, void *element)
{
    (void)element;
    return json_is_string(value) || json_is_null(value) ||
           err_set(d->err, E_MANIFEST_SYNTAX, "%s: expected a string with a public key in PEM", path);
}

static void decode_rest(struct decoder *d, struct fields *f)
{
    struct manifest *m = d->manifest;
    size_t num_infrastructures;

    (void)decode_map(d, f, "Infrastructures", sizeof(char *), decode_infrastructure, &num_infrastructures);
    (void)decode_map(d, f, "RecoveryKeys", sizeof(char *), decode_recovery_key, &m->num_recovery_keys);
    if (num_infrastructures > 0)
        decode_warn(d, "$.Infrastructures: without effect, as in MarbleRun");
    if (m->num_users > 0)
        decode_warn(d, "$.Users: without effect in this version, nobody can sign in; see docs/known-gaps.md");
    if (m->num_roles > 0)
        decode_warn(d, "$.Roles: without effect in this version; see docs/known-gaps.md");
    if (m->num_recovery_keys > 0)
        decode_unsupported(d, "$.RecoveryKeys: this version cannot recover its state with keys");
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void find_packages(struct manifest *m)
{
    for (size_t i = 0; i < m->num_marbles; i++)
        m->marbles[i].package = manifest_package(m, m->marbles[i].package_name);
}

static void warn_of_unused_tls(struct decoder *d)
{
    const struct manifest *m = d->manifest;
    bool *used = arena_array(d->arena, m->num_tls, sizeof *used);

    for (size_t i = 0; i < m->num_marbles; i++)
        for (size_t j = 0; j < m->marbles[i].num_tls; j++) {
            const struct tls_tag *tag = manifest_tls(m, m->marbles[i].tls[j]);

            if (tag != NULL)
                used[tag - m->tls] = true;
        }
    for (size_t i = 0; i < m->num_tls; i++)
        if (!used[i])
            decode_warn(d, "%s: no marble has this tag", path_entry(d->arena, "$.TLS", m->tls[i].name));
}

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
    decode_rest(d, &f);
    if (!fields_done(&f) || !decode_config(d, field(&f, "Config"), "$.Config"))
        return false;
    find_packages(m);
    warn_of_incomplete_packages(d);
    warn_of_unused_tls(d);
    return true;
}

bool manifest_parse(struct slice raw, struct arena *a, struct manifest *out, struct err *err)
{
    scoped(json_release) json_t *root = NULL, *nothing = json_object();
    struct manifest m = {0};
    struct decoder d = {.arena = a, .err = err, .nothing = nothing, .manifest = &m};

    if (raw.len > LIMIT_MANIFEST)
        return err_set(err, E_MANIFEST_TOO_LARGE, "a manifest of %zu bytes, more than the %d allowed",
                       raw.len, LIMIT_MANIFEST);
    if (!json_parse(raw, JSON_NO_DUPLICATES, E_MANIFEST_SYNTAX, &root, err) || !decode_manifest(&d, root))
        return false;
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
