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
    struct manifest *manifest;
};

/* "PATH.name", or "PATH["name"]" where the name is not a plain word. */
char *path_entry(struct arena *a, const char *path, const char *name);

/* Adds a warning; after LIMIT_MANIFEST_WARNINGS of them only that there are more. */
void decode_warn(struct decoder *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Notes what manifest_check() refuses as E_UNSUPPORTED; the first one counts. */
void decode_unsupported(struct decoder *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An object with fields, names without regard to case; null is one without members. Warns of members not
 * in `known` (NULL-terminated), refuses those given twice. */
struct fields decode_struct(struct decoder *d, const json_t *value, const char *path,
                            const char *const *known);

char *decode_text(struct fields *f, const char *name); /* like field_str(), "" if absent */

/* An object whose member names are data. `one` decodes a value to an element of `size` bytes, whose first
 * member is `const char *name` (set already). The array comes sorted by name; NULL after a fault. */
void *decode_map(struct decoder *d, struct fields *f, const char *name, size_t size,
                 bool (*one)(struct decoder *d, const json_t *value, const char *path, void *element),
                 size_t *num);

/* Looks an element up in such an array, or returns NULL. */
const void *find_named(const char *name, const void *array, size_t num, size_t size);

/* The sections. */
bool decode_marble(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_secret(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_cert_template(struct decoder *d, const json_t *value, const char *path,
                          struct cert_template *out);
bool decode_user(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_role(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_tls_tag(struct decoder *d, const json_t *value, const char *path, void *element);
bool decode_config(struct decoder *d, const json_t *value, const char *path);

/* Their checks. */
bool check_secrets(const struct manifest *m, struct err *err);
bool check_users(const struct manifest *m, struct err *err);
bool check_roles(const struct manifest *m, struct err *err);
bool check_tls(const struct manifest *m, struct err *err);
bool check_config(const struct manifest *m, struct err *err);

/* Every template of every marble with dummy values. */
bool dry_run(const struct manifest *m, struct err *err);
