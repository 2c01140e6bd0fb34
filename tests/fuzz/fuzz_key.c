/* SPDX-License-Identifier: Apache-2.0 */
/* Private and public keys of others; what was read is written and read again. */
#include <stdlib.h>

#include "pki/hash.h"
#include "pki/key.h"

static void read_again(const struct key *k, struct arena *a)
{
    scoped(secret_wipe) struct secret pkcs8 = {0};
    scoped(key_wipe) struct key again = {0};
    struct err err;

    key_to_pkcs8(k, &pkcs8);
    if (!key_from_pkcs8(secret_bytes(&pkcs8), &again, &err) ||
        !slice_equal(key_spki(k, a), key_spki(&again, a)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct arena a = {0};
    struct key k = {0};
    enum key_type type;
    struct slice spki;
    struct err err;

    pki_init();
    if (key_from_pkcs8(in, &k, &err) || key_from_pem(in, &k, &err))
        read_again(&k, &a);
    (void)spki_check(in, &type, &err);
    (void)spki_from_pem(in, &a, &spki, &type, &err);
    key_wipe(&k);
    arena_wipe(&a);
    return 0;
}
