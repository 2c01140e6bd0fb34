/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/yaml.h: a manifest written in YAML, as the JSON that is uploaded and hashed.
 *
 * What MarbleRun's command line makes of it: one document, compact, names sorted by their bytes, strings
 * escaped as Go's encoder does. Plain scalars are read by YAML 1.1's rules, as that converter has them: null,
 * true, false, yes, no, on, off; decimal, hexadecimal, octal and binary whole numbers; floating-point numbers;
 * all else is text. Names that are numbers or booleans become text. Anchors, aliases and merge keys (<<) work.
 *
 * E_YAML_SYNTAX, with line and column: what is no YAML, names given twice, more than one document, names that
 * are lists or maps, numbers that JSON cannot carry, unknown tags. Bounded: LIMIT_MANIFEST bytes in and out,
 * LIMIT_JSON_DEPTH levels, LIMIT_JSON_VALUES values, aliases counted each time they are used.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

bool yaml_to_json(struct slice yaml, struct arena *a, struct slice *json, struct err *err);
