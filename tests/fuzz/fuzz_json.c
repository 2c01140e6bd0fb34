/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of an unknown author, read by name; whatever comes out is printable again. */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    struct err err = {0};
    json_t *v;

    if (json_parse(slice_of(data, len), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err)) {
        struct fields f = fields_of(v, "$", JSON_FOLD, E_JSON_SYNTAX, &a, &err);
        struct buf b = buf_max(1 << 20);
        const struct slice s = field_text(&f, "s");
        size_t num;

        (void)field_bytes(&f, "b", 1000);
        (void)field_uint(&f, "n", 1000);
        (void)field_strs(&f, "l", &num);
        json_put_string(&b, s);
        if (b.len < s.len)
            __builtin_trap();
        buf_wipe(&b);
        json_decref(v);
    }
    arena_wipe(&a);
    return 0;
}
