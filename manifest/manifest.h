/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/manifest.h: what the owner of a mesh wants, read from MarbleRun's JSON.
 *
 * Pure: no file, no network, no clock. A parsed manifest is immutable and lives in an arena; it may be
 * read by many threads. Arrays are sorted by name (strcmp), so that a look-up costs the same in a mesh
 * of ten and of ten thousand.
 *
 * Decoding follows Go's encoding/json as MarbleRun's users meet it: field names without regard to case,
 * null leaves a field at its zero, of members given twice the later one counts and maps are merged. What
 * is ignored or given twice is reported as a warning with its path. docs/marblerun.md has all decisions.
 */
#pragma once
#include "attestation/platforms.h"
#include "attestation/policy.h"
#include "manifest/names.h"
#include "manifest/secret.h"
#include "manifest/template.h"
#include "manifest/tls.h"
#include "manifest/user.h"

struct package {
    const char *name;
    struct package_policy policy;
};

/* Properties of platforms. MarbleRun's own four fields have no effect, there as here. */
struct infrastructure {
    const char *name;
    struct slice cpusvn, root_ca;
    bool has_qesvn, has_pcesvn;
    uint16_t qesvn, pcesvn;
    struct platform_rule platforms; /* ours, and the only part with an effect */
};

/* A file's or a variable's content. */
struct content {
    const char *name;          /* path, or variable */
    struct slice data;         /* what is delivered if there is no template */
    struct template *template; /* NULL: data as it is */
    struct slice source;       /* as the manifest has it: decoded, templates not run */
    const char *encoding;      /* as the manifest has it: "string", "base64", "hex" in any case; "": string */
    bool no_templates;
};

/* A secret that a marble can use: its present value, the one before, or both. */
struct secret_use {
    const struct secret_spec *secret;
    bool current, previous;
};

struct marble {
    const char *type;
    const char *package_name;
    const struct package *package; /* NULL: not defined, which manifest_check() refuses */
    uint64_t max_activations;      /* 0: no limit */
    struct content *files, *env;
    size_t num_files, num_env;
    char **argv;
    size_t num_argv;
    char **tls; /* names of tags */
    size_t num_tls;
    bool disable_secret_binding;
    struct marble_names names;
    /* What its templates and TLS tags can name, sorted by name: an activation needs no other secrets. With
     * all_secrets a template makes names while it runs, and any secret may be needed. */
    struct secret_use *secrets;
    size_t num_secrets;
    bool all_secrets;
};

/* A key that a recovery secret is encrypted to. */
struct recovery_key {
    const char *name;
    const char *pem;         /* as in the manifest */
    struct slice spki;       /* SubjectPublicKeyInfo, DER; empty if the key cannot be used */
    const struct err *fault; /* why not (E_MANIFEST_RECOVERY_KEY); NULL: it can */
};

enum manifest_seal_mode { MANIFEST_SEAL_PRODUCT_KEY, MANIFEST_SEAL_UNIQUE_KEY, MANIFEST_SEAL_DISABLED };

struct manifest {
    struct slice raw;        /* as uploaded; a copy */
    uint8_t fingerprint[32]; /* SHA-256 of raw */
    struct package *packages;
    struct infrastructure *infrastructures;
    struct platform_rule *platform_rules; /* of all infrastructures, for platforms_match() */
    struct marble *marbles;
    struct secret_spec *secrets;
    struct user *users;
    struct role *roles;
    struct tls_tag *tls;
    struct recovery_key *recovery_keys;
    size_t num_packages, num_infrastructures, num_marbles, num_secrets, num_users, num_roles, num_tls,
        num_recovery_keys;
    const char *seal_mode_name; /* as in the manifest; "": product key */
    enum manifest_seal_mode seal_mode;
    char **feature_gates; /* see manifest_feature() */
    size_t num_feature_gates;
    uint64_t update_threshold, recovery_threshold; /* as in the manifest; 0: all */
    bool rotate_root_secret;
    const char *spiffe_trust_domain; /* ""; or of the SPIFFE IDs of marbles */
    const char *leaf_lifetime_text; /* as in the manifest; "": 24h */
    int64_t leaf_lifetime;          /* seconds: of the certificates that mesh.v1 issues */
    const char *unsupported;   /* the first thing that this version cannot honour, for E_UNSUPPORTED; or NULL */
    const struct err *deferred; /* a template that does not parse: told when its turn comes; or NULL */
    char **warnings;           /* "$.Packages.x.Foo: unknown member, ignored" */
    size_t num_warnings;
};

/* JSON to structs: decoding rules (E_MANIFEST_TOO_LARGE; E_MANIFEST_SYNTAX, with path and position), types
 * of secrets that do not exist (E_SECRET_TYPE). Good for package updates too, which have no marbles: whether
 * a manifest may be set says manifest_check(). pki_init() must have run. */
bool manifest_parse(struct slice raw, struct arena *a, struct manifest *out, struct err *err);

/* Everything that makes a manifest unacceptable, in MarbleRun's order (E_MANIFEST_*, E_PACKAGE_*,
 * E_SECRET_*). Then names in marbles' certificates (E_MANIFEST_NAMES). Then features that this version does not have are refused by name (E_UNSUPPORTED), never
 * silently ignored. Then a dry run of every template with dummy values (E_TEMPLATE_*, E_MANIFEST_ENV_NUL).
 * Recovery keys are looked at when secrets are made for them: manifest_check_recovery_keys(). */
bool manifest_check(const struct manifest *m, struct err *err);

/* Is each recovery key an RSA key that a secret can be encrypted to? E_MANIFEST_RECOVERY_KEY, with its name. */
bool manifest_check_recovery_keys(const struct manifest *m, struct err *err);

/* Runs every template of every marble once. Values come from the sets (NULL: none); a secret of the manifest
 * that has none there gets a dummy of one byte. `previous` NULL: the same as `secrets`. Any value of a
 * variable that holds a NUL is refused. E_TEMPLATE_*, E_MANIFEST_ENV_NUL, with the path of the value. */
bool manifest_dry_run(const struct manifest *m, const struct secret_set *secrets,
                      const struct secret_set *previous, struct err *err);

/* By name; NULL if there is none. */
const struct marble *manifest_marble(const struct manifest *m, const char *type);
const struct secret_spec *manifest_secret(const struct manifest *m, const char *name);
const struct package *manifest_package(const struct manifest *m, const char *name);
const struct role *manifest_role(const struct manifest *m, const char *name);
const struct user *manifest_user(const struct manifest *m, const char *name);
const struct tls_tag *manifest_tls(const struct manifest *m, const char *name);
const struct infrastructure *manifest_infrastructure(const struct manifest *m, const char *name);

/* In any such array, for example of effective packages. */
const struct package *package_find(const struct package *packages, size_t num, const char *name);

/* Is this feature gate open? Its name without regard to case: "SignQuoteEndpoint". */
bool manifest_feature(const struct manifest *m, const char *gate);

/* May the user do this with this resource (a package's or secret's name; NULL for the manifest)? The union
 * over the user's roles. */
bool manifest_user_may(const struct manifest *m, const struct user *u, enum user_action action,
                       const char *resource);

/* Who may update the manifest, in order of names; the array lives in the arena. */
const struct user **manifest_updaters(const struct manifest *m, struct arena *a, size_t *num);

/* How many of them an update needs: UpdateThreshold, or all of them if it is 0. */
size_t manifest_update_threshold(const struct manifest *m);

/* How many recovery secrets a recovery needs: RecoveryThreshold, or one of each key if it is 0. */
size_t manifest_recovery_threshold(const struct manifest *m);
