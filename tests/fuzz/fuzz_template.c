/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of an unknown author, for a file or a variable: refused with the right reason, or run. */
#include "base/limits.h"
#include "manifest/template.h"

static const struct secret_spec specs[] = {
    {.name = "cert", .type = SECRET_CERT_ECDSA, .size = 256},
    {.name = "key", .type = SECRET_SYMMETRIC_KEY, .size = 8},
    {.name = "plain", .type = SECRET_PLAIN, .user_defined = true},
};
static const struct slice bytes = {(const uint8_t *)"bytes", 5};

static void run(struct slice text, enum template_place place)
{
    const struct secret_value values[] = {
        {&specs[0], bytes, bytes, bytes}, {&specs[1], {0}, bytes, bytes}, {&specs[2], {0}, bytes, bytes}};
    const struct secret_set set = {values, 3};
    const struct template_data data = {
        .root_ca = values[0], .marble = values[0], .secrets = &set, .previous = &set};
    struct template *t;
    struct arena a = {0};
    struct slice out;
    struct err err;

    if (!template_parse(text, place, &a, &t, &err)) {
        if (err.code != E_TEMPLATE_SYNTAX)
            __builtin_trap();
    } else if (!template_run(t, &data, &a, &out, &err)) {
        if (err.code != E_TEMPLATE_VALUE && err.code != E_TEMPLATE_SIZE)
            __builtin_trap();
    } else if (out.len > LIMIT_TEMPLATE_OUTPUT || (!template_has_actions(t) && out.len > text.len)) {
        __builtin_trap();
    }
    arena_wipe(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    run(slice_of(data, len), TEMPLATE_FILE);
    run(slice_of(data, len), TEMPLATE_ENV);
    return 0;
}
