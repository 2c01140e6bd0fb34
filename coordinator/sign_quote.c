/* SPDX-License-Identifier: Apache-2.0 */
/* The coordinator vouches for a quote that it has verified; contract 2.4, sign-quote. */
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/change.h"

/* Genuine evidence, whatever its TCB level is worth: the status goes into what is signed, Revoked too. */
static bool verify(const struct core *core, struct slice quote, int64_t now, struct arena *a,
                   const char **tcb_status, struct err *err)
{
    const struct trust_domain *domain = trust_domain();
    struct collateral collateral;
    struct verdict verdict;
    struct appraisal what = {.evidence = quote, .collateral = &collateral, .roots = domain->roots(), .now = now};

    if (quote.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "a quote of %zu bytes, and more than %d are not read", quote.len,
                       LIMIT_EVIDENCE);
    if (!domain->collateral(quote, core->config->collateral, now, a, &collateral, err))
        return false;
    appraise(&what, a, &verdict);
    if (!verdict.genuine && verdict.reason.code != E_TCB_REVOKED) {
        *err = verdict.reason;
        return false;
    }
    *tcb_status = tcb_status_name(verdict.tcb_status);
    return true;
}

bool core_sign_quote(struct core *core, const struct mesh *m, struct slice quote, int64_t now,
                     struct arena *a, const char **tcb_status, struct slice *signature, struct err *err)
{
    const char *status, *signed_text;

    if (!verify(core, quote, now, a, &status, err))
        return err_in(err, "verifying the quote");
    signed_text = sign_quote_text(quote, status, a);
    if (!key_sign_as(&m->ca->root_key, SIG_ECDSA_SHA256, slice_str(signed_text), a, signature, err))
        return err_in(err, "signing the quote");
    *tcb_status = status;
    return true;
}

char *sign_quote_text(struct slice quote, const char *tcb_status, struct arena *a)
{
    return arena_printf(a, "%s%s", base64_text(a, quote, BASE64_STD), tcb_status);
}
