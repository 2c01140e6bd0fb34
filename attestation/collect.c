/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect.h"

/* The reason stands in the verdict too: whoever stores verdicts sees why there is none. */
static bool unjudged(const struct err *err, struct verdict *verdict)
{
    *verdict = (struct verdict){.reason = *err};
    return false;
}

bool evidence_check(struct slice evidence, const struct package_policy *p, struct slice report_data,
                    const char *bundle_path, int64_t now, struct arena *a, struct verdict *verdict,
                    struct err *err)
{
    const struct trust_domain *domain = trust_domain();
    struct collateral collateral = {0};
    struct evidence parts;
    struct err missing;
    bool have_collateral;
    const struct appraisal what = {
        .evidence = &parts, .collateral = &collateral, .roots = domain->roots(), .now = now};

    if (!evidence_decode(evidence, &parts, err))
        return unjudged(err, verdict);
    have_collateral = domain->collateral(evidence, bundle_path, now, a, &collateral, &missing);
    appraise(&what, a, verdict);
    if (verdict->genuine)
        return policy_match(p, verdict, report_data, now, err);
    if (!have_collateral && verdict->reason.code == E_CRL) /* the first step that needs any */
        verdict->reason = missing;
    *err = verdict->reason;
    return false;
}
