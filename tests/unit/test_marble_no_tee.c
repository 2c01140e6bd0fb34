/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "attestation/collect.h"
#include "base/scope.h"
#include "marble/credentials.h"
#include "pki/hash.h"

/* Linked with the production trust domain, on a machine without a TEE. */
Test(marble_no_tee, is_an_error_and_never_an_empty_quote)
{
    scoped(arena_wipe) struct arena a = {0};
    struct credentials credentials = {0};
    const struct config config = {.has_evidence = true};
    const struct tee *tee;
    struct err err;

    pki_init();
    if (tee_here(&tee, &err))
        cr_skip_test("this machine has a TEE: %s", tee->name);
    cr_expect_not(credentials_make(&config, 0, &a, &credentials, &err));
    cr_expect_eq(err.code, E_NO_TEE);
    cr_expect_null(credentials.key.impl, "outputs are as they were");
    cr_expect_eq(credentials.cert.len, 0);
}
