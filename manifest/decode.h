/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/decode.h: JSON to a manifest's structs, section by section.
 *
 * Private to manifest/. Results live in the decoder's arena; every function that returns bool sets the
 * decoder's err when it returns false. Paths are those of people ("$.Marbles.frontend.MaxActivations").
 */
#pragma once
#include "base/json.h"
#include "manifest/manifest.h"

struct decoder {
    struct arena *arena;
    struct err *err;
    const json_t *nothing; /* {}: what null stands for where an object may be */
    const struct json_document *document;
    struct manifest *manifest;
};

/* "PATH.name", or "PATH["name"]" where the name is not a plain word. */
char *path_entry(struct arena *a, const char *path, const char *name);

/* Adds a warning; after LIMIT_MANIFEST_WARNINGS of them only that there are more. */
void decode_warn(struct decoder *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Notes what manifest_check() refuses as E_UNSUPPORTED; the first one counts. */
void decode_unsupported(struct decoder *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An object with fields, names without regard to case; null is one without members. Warns of members not
 * in `known` (NULL-terminated), and of those given twice. */
struct fields decode_struct(struct decoder *d, const json_t *value, const char *path,
                            const char *const *known);

char *decode_text(struct fields *f, const char *name); /* like field_str(), "" if absent */

/* An object whose member names are data. `one` decodes a value to an element of `size` bytes, whose first
 * member is `const char *name` (set already). The array comes sorted by name; of the same name the last one
 * counts, with a warning. NULL after a fault. */
typedef bool decode_one(struct decoder *d, const json_t *value, const char *path, void *element);
void *decode_map(struct decoder *d, struct fields *f, const char *name, size_t size, decode_one *one,
                 size_t *num);

/* One value by itself, its text being a document: "PATH" begins the paths in messages. */
bool decode_alone(struct slice text, enum err_code code, const char *path, decode_one *one, void *element,
                  struct arena *a, struct err *err);

/* Looks an element up in such an array, or returns NULL. */
const void *find_named(const char *name, const void *array, size_t num, size_t size);

/* The sections. */
bool decode_package(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_infrastructure(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_marble(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_secret(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_cert_template(struct decoder *d, const json_t *value, const char *path,
                          struct cert_template *out);
bool decode_user(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_role(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_tls_tag(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_recovery_key(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_config(struct decoder *d, const json_t *value, const char *path);

/* What a secret has as Private, Public, Cert in the manifest itself; see manifest/initial.c. */
bool decode_initial(struct decoder *d, struct fields *f);

/* Does the role grant this action on this resource? */
bool role_grants(const struct role *r, enum user_action action, const char *resource);

/* Parses what of files and variables is a template. A fault is kept for manifest_check(). */
void parse_templates(struct decoder *d);

/* Finds what names refer to, and which secrets each marble can use. */
void link_manifest(struct decoder *d);

/* Their checks. */
bool check_secrets(const struct manifest *m, struct err *err);
bool check_users(const struct manifest *m, struct err *err);
bool check_certificates(const struct manifest *m, struct err *err);
bool check_roles(const struct manifest *m, struct err *err);
bool check_tls(const struct manifest *m, struct err *err);
bool check_config(const struct manifest *m, struct err *err);
