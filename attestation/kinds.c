/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of evidence, and who verifies each. */
#include "attestation/verifiers.h"

static const struct kind {
    enum evidence_kind kind;
    const char *name;
    verifier *appraise;
} kinds[] = {
    {EVIDENCE_DCAP, "dcap", dcap_appraise},
    {EVIDENCE_SNP, "snp", snp_appraise},
    {EVIDENCE_AZURE, "azure", azure_appraise},
    {EVIDENCE_NITRO, "nitro", nitro_appraise},
    {EVIDENCE_CERTIFICATE, "certificate", certificate_appraise},
};

static const struct kind *find(enum evidence_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return &kinds[i];
    return NULL;
}

const char *evidence_kind_name(enum evidence_kind kind)
{
    const struct kind *k = find(kind);

    return k == NULL ? "unknown" : k->name;
}

verifier *verifier_of(enum evidence_kind kind)
{
    const struct kind *k = find(kind);

    return k == NULL ? NULL : k->appraise;
}

void verdict_refuse(struct verdict *v, struct arena *a, const char *check, const char *expected,
                    const struct err *reason)
{
    struct check *c = arena_alloc(a, sizeof *c);

    *c = (struct check){.name = check,
                        .outcome = CHECK_FAILED,
                        .code = reason->code,
                        .expected = expected,
                        .found = arena_strdup(a, reason->text)};
    v->reason = *reason;
    v->checks = c;
    v->num_checks = 1;
}

void verdict_note(struct verdict *v, const char *name, const char *expected, const struct err *err,
                  struct arena *a)
{
    struct check *checks = arena_array(a, v->num_checks + 1, sizeof *checks);

    if (v->num_checks > 0)
        memcpy(checks, v->checks, v->num_checks * sizeof *checks);
    checks[v->num_checks++] = (struct check){.name = name,
                                             .outcome = err == NULL ? CHECK_PASSED : CHECK_FAILED,
                                             .code = err == NULL ? E_NONE : err->code,
                                             .expected = expected,
                                             .found = err == NULL ? NULL : arena_strdup(a, err->text)};
    v->checks = checks;
    if (err != NULL)
        v->reason = *err;
}

static void refuse_unknown(struct arena *a, struct verdict *v)
{
    static const char expected[] = "evidence of a kind that is known";
    struct err err;

    (void)err_set(&err, E_EVIDENCE_FORMAT, "evidence: expected a kind that is known, found none");
    verdict_refuse(v, a, "evidence_kind", expected, &err);
}

void appraise(const struct appraisal *what, struct arena *a, struct verdict *out)
{
    struct verdict v = {.not_before = INT64_MIN, .not_after = INT64_MAX};
    verifier *judge = verifier_of(what->evidence->kind);

    v.claims.simulated = what->roots->simulated;
    if (judge == NULL)
        refuse_unknown(a, &v);
    else
        judge(what, a, &v);
    v.genuine = v.reason.code == E_NONE;
    if (!v.genuine)
        v.not_before = v.not_after = 0;
    *out = v;
}
