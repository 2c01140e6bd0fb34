/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect.h"

#include "base/buf.h"
#include "base/limits.h"

bool tee_here(const struct tee **out, struct err *err)
{
    scoped(buf_wipe) struct buf tried = buf_max(KIB);
    const struct trust_domain *domain = trust_domain();
    struct err why;

    for (const struct tee *const *t = domain->tees; *t != NULL; t++) {
        if ((*t)->probe(&why)) {
            *out = *t;
            return true;
        }
        buf_printf(&tried, "; %s: %s", (*t)->name, why.text);
    }
    return err_set(err, E_NO_TEE, "none of the TEEs of the %s trust domain is here%.*s", domain->name,
                   (int)tried.len, (const char *)tried.ptr);
}

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
        return policy_match(p, verdict, report_data, err);
    if (!have_collateral && verdict->reason.code == E_CRL) /* the first step that needs any */
        verdict->reason = missing;
    *err = verdict->reason;
    return false;
}
