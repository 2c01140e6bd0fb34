/* SPDX-License-Identifier: Apache-2.0 */
/* cli/manifest_file.h: a manifest in a file, JSON or YAML. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct manifest_file {
    const char *path;
    struct slice text; /* as in the file */
    struct slice json; /* as it is uploaded and hashed: JSON is left as it is, YAML is converted */
    bool is_yaml;
};

/* "-" is standard input. E_JSON_SYNTAX, E_YAML_SYNTAX with line and column; errors of reading. */
bool manifest_file_read(const char *path, struct arena *a, struct manifest_file *out, struct err *err);

/* SHA-256, in hexadecimal. */
char *fingerprint_of(struct arena *a, struct slice manifest);
