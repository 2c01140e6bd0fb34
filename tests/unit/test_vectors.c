/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine evidence, mutations of it and evidence of synthetic PKIs, with what an independent verifier says of
 * each. The vectors are data of others and no part of the project: they are looked for in the folder
 * MARBLEMESH_VECTORS names, then in ../shared/vectors beside the source. Without them only the other tests
 * speak for the verifier. */
#include "tests/support/vectors.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/json.h"
#include "pki/hash.h"
#include "tests/support/peer.h"
#include "tests/support/vector_reasons.h"

static void expect(void *ctx, const struct vector_seen *v)
{
    size_t *counts = ctx;

    counts[v->result]++;
    cr_expect(v->result != VECTOR_MISMATCH, "%s (%s): %s", v->id, v->verifier, v->wrong);
}

Test(vectors, evidence_is_judged_as_an_independent_verifier_judges_it, .timeout = 280)
{
    size_t counts[3] = {0};
    struct arena a = {0};
    const char *folder;
    struct err err;

    pki_init();
    folder = vectors_folder(&a);
    if (folder == NULL) {
        fprintf(stderr, "vectors: the genuine vectors were NOT present: nothing was checked here. Name their "
                        "folder with MARBLEMESH_VECTORS\n");
        return;
    }
    cr_assert(vectors_run(folder, &a, expect, counts, &err), "%s", err.text);
    fprintf(stderr, "vectors: %zu judged, %zu of a kind that is not supported\n",
            counts[VECTOR_AS_EXPECTED] + counts[VECTOR_MISMATCH], counts[VECTOR_NOT_SUPPORTED]);
    cr_assert(counts[VECTOR_AS_EXPECTED] > 0, "the index names no vectors");
    arena_wipe(&a);
}

Test(vectors, a_reason_is_right_if_it_means_one_of_the_words)
{
    json_t *one = json_string("format"), *several = json_pack("[s,s]", "crl", "revoked"), *none = json_null();

    cr_expect(vector_reason_is(one, "evidence_format") && !vector_reason_is(one, "crl"));
    cr_expect(vector_reason_is(several, "crl") && vector_reason_is(several, "cert_revoked"));
    cr_expect(!vector_reason_is(several, "crl_expired") && !vector_reason_is(none, "crl"));
    json_decref(one);
    json_decref(several);
}
