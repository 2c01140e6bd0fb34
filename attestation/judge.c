/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/judge.h"

#include <stdlib.h>

#include "attestation/memo.h"
#include "base/file.h"
#include "base/limits.h"

enum { DEFAULT_MEMO = 4096 };

struct judge {
    enum tcb_update update;
    struct memo *memo;
    struct collateral_cache *cache;
};

static bool import_bundle(struct judge *j, const char *path, int64_t now, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct collateral_items items;
    struct slice text;

    return (file_read(path, LIMIT_BUNDLE, &scratch, &text, err) && bundle_parse(text, &scratch, &items, err) &&
            collateral_cache_import(j->cache, &items, now, err)) ||
           err_in(err, "collateral bundle %s", path);
}

bool judge_open(const struct judge_options *options, int64_t now, struct judge **out, struct err *err)
{
    scoped(judge_close) struct judge *j = calloc(1, sizeof *j);
    const struct collateral_cache_options cache = {
        .fetch = options->fetch,
        .fetches = options->fetches,
        .folder = options->folder,
        .roots = trust_domain()->roots(),
    };

    if (j == NULL)
        abort();
    j->update = options->update;
    j->memo = memo_new(options->max_memo != 0 ? options->max_memo : DEFAULT_MEMO);
    if (!collateral_cache_open(&cache, &j->cache, err) ||
        (options->bundle != NULL && !import_bundle(j, options->bundle, now, err)))
        return false;
    *out = j;
    j = NULL;
    return true;
}

void judge_close(struct judge **j)
{
    if (*j == NULL)
        return;
    collateral_cache_close(&(*j)->cache);
    memo_free(&(*j)->memo);
    free(*j);
    *j = NULL;
}

struct collateral_cache_counts judge_counts(struct judge *j) { return collateral_cache_counts(j->cache); }

/* ---- collateral --------------------------------------------------------------------------------- */

bool judge_collateral(struct judge *j, const struct evidence *evidence, int64_t grace, int64_t now, struct arena *a,
                      struct collateral_items *out, struct err *err)
{
    struct collateral_needs needs;

    return collateral_needs_of(evidence, j->update, a, &needs, err) &&
           collateral_cache_get(j->cache, &needs, now, grace, a, out, err);
}

/* From the judge if it has it, else from the domain, if that makes its own. */
static bool find_collateral(struct judge *j, const struct evidence *evidence, int64_t grace, int64_t now,
                            struct arena *a, struct collateral *out, struct err *err)
{
    const struct trust_domain *domain = trust_domain();
    struct collateral_items items;
    struct collateral_needs needs;
    struct err ignored;

    if (j != NULL && judge_collateral(j, evidence, grace, now, a, &items, err))
        return collateral_needs_of(evidence, j->update, a, &needs, err) &&
               collateral_assemble(&needs, &items, out, err);
    if (domain->collateral != NULL && (j == NULL || err->code == E_COLLATERAL_MISSING))
        return domain->collateral(evidence, now, a, out, j == NULL ? err : &ignored);
    if (j == NULL)
        (void)err_set(err, E_COLLATERAL_MISSING, "no service or bundle was named to take collateral from");
    return false;
}

/* ---- judging ------------------------------------------------------------------------------------- */

static bool unjudged(const struct err *err, struct verdict *verdict)
{
    *verdict = (struct verdict){.reason = *err};
    return false;
}

/* `p`: whose grace and whose issuers of endorsements count; all zero: those of the trust domain. */
static bool is_genuine(struct judge *j, const struct evidence *evidence, const struct package_policy *p, int64_t grace,
                       int64_t now, struct arena *a, struct verdict *verdict, struct err *err)
{
    struct collateral collateral = {0};
    struct err missing = {0};
    const bool have = find_collateral(j, evidence, grace, now, a, &collateral, &missing);
    const struct appraisal what = {.evidence = evidence,
                                   .collateral = &collateral,
                                   .roots = trust_domain()->roots(),
                                   .now = now,
                                   .grace = grace,
                                   .uvm_issuers = (const char *const *)p->uvm.issuers,
                                   .num_uvm_issuers = p->uvm.num_issuers,
                                   .memo = j != NULL ? j->memo : NULL};

    appraise(&what, a, verdict);
    if (verdict->genuine)
        return true;
    if (!have && verdict_wants_collateral(verdict))
        verdict->reason = missing;
    *err = verdict->reason;
    return false;
}

bool judge_genuine(struct judge *j, const struct evidence *evidence, int64_t grace, int64_t now, struct arena *a,
                   struct verdict *verdict, struct err *err)
{
    static const struct package_policy none = {0};

    return is_genuine(j, evidence, &none, grace, now, a, verdict, err);
}

bool judge_evidence(struct judge *j, struct slice evidence, const struct package_policy *p,
                    struct slice report_data, int64_t now, struct arena *a, struct verdict *verdict, struct err *err)
{
    struct evidence parts;

    if (!evidence_decode(evidence, &parts, err))
        return unjudged(err, verdict);
    return is_genuine(j, &parts, p, policy_grace(p), now, a, verdict, err) &&
           policy_match(p, verdict, report_data, now, err);
}
