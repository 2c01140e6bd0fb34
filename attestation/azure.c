/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/claims_out.h"
#include "attestation/verifiers.h"

void azure_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    struct err err;

    (void)what;
    (void)err_set(&err, E_UNSUPPORTED, "evidence of the kind azure is not judged by this version");
    verdict_refuse(v, a, "evidence_kind", "evidence of a kind that is judged here", &err);
}

void claims_put_vtpm(const struct claims *c, struct claims_out *o)
{
    (void)c, (void)o;
}
