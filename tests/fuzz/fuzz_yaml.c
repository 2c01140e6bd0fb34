/* SPDX-License-Identifier: Apache-2.0 */
/* YAML of an unknown author: refused with the right reason, or one JSON value within bounds, the same if that
 * is read as YAML again. */
#include "base/json.h"
#include "base/limits.h"
#include "manifest/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    struct err err = {0};
    struct slice json;
    json_t *v;

    if (yaml_to_json(slice_of(data, len), &a, &json, &err)) {
        if (json.len > LIMIT_MANIFEST || !json_parse(json, JSON_NO_DUPLICATES, E_JSON_SYNTAX, &v, &err))
            __builtin_trap();
        json_decref(v);
    } else if (err.code != E_YAML_SYNTAX) {
        __builtin_trap();
    }
    arena_wipe(&a);
    return 0;
}
