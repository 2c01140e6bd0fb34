/* SPDX-License-Identifier: Apache-2.0 */
/* YAML of an unknown author: refused with the right reason, or one JSON value within bounds. */
#include "base/json.h"
#include "base/limits.h"
#include "manifest/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    struct err err = {0};
    struct json_document d;
    struct slice json;

    if (yaml_to_json(slice_of(data, len), &a, &json, &err)) {
        if (json.len > LIMIT_MANIFEST ||
            !json_parse_go(json, JSON_REST_REFUSED, E_JSON_SYNTAX, &a, &d, &err))
            __builtin_trap();
        json_decref(d.root);
    } else if (err.code != E_YAML_SYNTAX) {
        __builtin_trap();
    }
    arena_wipe(&a);
    return 0;
}
