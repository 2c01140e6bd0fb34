/* SPDX-License-Identifier: Apache-2.0 */
/* pki/psa.h: what the files of pki/ that call PSA have in common. Not for others. */
#pragma once
#include <psa/crypto.h>
#include <stdlib.h>

#include "pki/key.h"

/* What cannot fail with these arguments did: the library is broken, and nothing it makes is to be trusted. */
static inline void psa_must(psa_status_t status)
{
    if (status != PSA_SUCCESS)
        abort();
}

psa_algorithm_t psa_alg_of(enum signature_alg alg);
