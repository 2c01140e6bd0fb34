/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/manifest.h: what the owner of a mesh wants, read from MarbleRun's JSON.
 *
 * Pure: no file, no network, no clock. A parsed manifest is immutable and lives in an arena; it may be
 * read by many threads. Arrays are sorted by name (strcmp), so that a look-up costs the same in a mesh
 * of ten and of ten thousand.
 *
 * Decoding follows Go's encoding/json as MarbleRun's users meet it: field names without regard to case,
 * unknown members ignored (but reported as warnings with their path), null leaves a field at its zero.
 * One thing is stricter: a member that is given twice is refused, also in two spellings, because people and
 * programs would not agree which of them counts.
 */
#pragma once
#include "attestation/policy.h"
#include "manifest/secret.h"
#include "manifest/template.h"
#include "manifest/tls.h"
#include "manifest/user.h"

struct package {
    const char *name;
    struct package_policy policy;
};

/* A file's or a variable's content. */
struct content {
    const char *name;     /* path, or variable */
    struct slice data;    /* decoded; literal if no template */
    struct template *template; /* NULL: data as it is */
};

struct marble {
    const char *type;
    const char *package_name;
    const struct package *package; /* NULL: not defined, which manifest_check() refuses */
    uint64_t max_activations; /* 0: no limit */
    struct content *files, *env;
    size_t num_files, num_env;
    char **argv;
    size_t num_argv;
    char **tls; /* names of tags */
    size_t num_tls;
    bool disable_secret_binding;
};

enum manifest_seal_mode { MANIFEST_SEAL_PRODUCT_KEY, MANIFEST_SEAL_UNIQUE_KEY, MANIFEST_SEAL_DISABLED };

struct manifest {
    struct slice raw;          /* as uploaded; a copy */
    uint8_t fingerprint[32];   /* SHA-256 of raw */
    struct package *packages;
    struct marble *marbles;
    struct secret_spec *secrets;
    struct user *users;
    struct role *roles;
    struct tls_tag *tls;
    size_t num_packages, num_marbles, num_secrets, num_users, num_roles, num_tls, num_recovery_keys;
    enum manifest_seal_mode seal_mode;
    char **feature_gates;
    size_t num_feature_gates;
    uint64_t update_threshold, recovery_threshold;
    bool rotate_root_secret;
    const char *unsupported; /* the first thing that this version cannot honour, for E_UNSUPPORTED; or NULL */
    char **warnings; /* "$.Packages.x.Foo: unknown member, ignored" */
    size_t num_warnings;
};

/* JSON to structs: decoding rules (E_MANIFEST_TOO_LARGE; E_MANIFEST_SYNTAX, with position or path), words
 * that do not exist (E_SECRET_TYPE, E_MANIFEST_CONFIG), templates that do not parse (E_TEMPLATE_SYNTAX).
 * pki_init() must have run. */
bool manifest_parse(struct slice raw, struct arena *a, struct manifest *out, struct err *err);

/* Everything that makes a manifest unacceptable, in MarbleRun's order (E_MANIFEST_*, E_PACKAGE_*,
 * E_SECRET_*). Then features that this version does not have are refused by name (E_UNSUPPORTED), never
 * silently ignored: what rests without harm until a later version is a warning instead (Users, Roles,
 * Infrastructures, TLS tags of no marble). Then a dry run of every template with dummy values, as
 * MarbleRun does at set (E_TEMPLATE_VALUE, E_TEMPLATE_SIZE, E_MANIFEST_ENV_NUL). */
bool manifest_check(const struct manifest *m, struct err *err);

const struct marble *manifest_marble(const struct manifest *m, const char *type); /* or NULL */
const struct secret_spec *manifest_secret(const struct manifest *m, const char *name);
const struct package *manifest_package(const struct manifest *m, const char *name);
const struct role *manifest_role(const struct manifest *m, const char *name);
const struct tls_tag *manifest_tls(const struct manifest *m, const char *name);
