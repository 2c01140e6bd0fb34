/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets as users upload them and as the store has them. */
#include <stdlib.h>

#include "coordinator/secrets.h"
#include "pki/hash.h"

static const struct secret_spec specs[] = {
    {.name = "k", .type = SECRET_SYMMETRIC_KEY, .size = 16, .user_defined = true},
    {.name = "c", .type = SECRET_CERT_ECDSA, .size = 256, .user_defined = true},
    {.name = "p", .type = SECRET_PLAIN, .user_defined = true},
};

static void upload(const json_t *json, const struct secret_spec *spec, struct arena *a)
{
    struct secret_upload u;
    struct secret_value v, back;
    struct err err;

    if (!secret_upload_decode(json, "$", a, &u, &err) || !secret_upload_value(spec, &u, a, &v, &err))
        return;
    if (!secret_value_decode(secret_value_encode(&v, a), spec, a, &back, &err) ||
        !slice_equal(v.cert, back.cert) || !slice_equal(v.private_key, back.private_key) ||
        !slice_equal(v.public_key, back.public_key))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct arena a = {0};
    json_t *json = NULL;
    struct secret_value v;
    struct err err;

    json_init();
    pki_init();
    for (size_t i = 0; i < 3; i++)
        (void)secret_value_decode(in, &specs[i], &a, &v, &err);
    if (json_parse(in, JSON_LAST_WINS, E_SECRET_BODY, &json, &err))
        for (size_t i = 0; i < 3; i++)
            upload(json, &specs[i], &a);
    json_decref(json);
    arena_wipe(&a);
    return 0;
}
