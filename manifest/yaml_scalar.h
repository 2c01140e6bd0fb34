/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/yaml_scalar.h: what YAML's scalars mean, by the rules of YAML 1.1 as Go's converter reads them.
 *
 * Private to yaml.c. Source: YAML 1.1 types (yaml.org/type/: null, bool, int, float), without base 60.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_TEXT };

struct yaml_scalar {
    enum yaml_type type;
    struct slice text; /* as written; of YAML_TEXT what it means */
    bool plain;        /* written without quotes and without a tag */
    bool yes;          /* YAML_BOOL */
    bool negative;     /* YAML_INT: -number */
    uint64_t number;
    double real;
};

/* `tag` NULL: none. False: the tag is unknown, or the text is not of its type. */
bool yaml_scalar_read(struct slice text, const char *tag, bool plain, struct yaml_scalar *out);

/* As JSON; false: infinite, or no number. */
bool yaml_scalar_json(const struct yaml_scalar *s, struct buf *out);

/* As the name of a member; false: null cannot be one. */
bool yaml_scalar_name(const struct yaml_scalar *s, struct arena *a, struct slice *out);
