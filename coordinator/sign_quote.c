/* SPDX-License-Identifier: Apache-2.0 */
/* The coordinator vouches for a quote that it has verified; contract 2.4, sign-quote. */
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/change.h"

/* Genuine evidence, whatever its TCB level is worth: the status goes into what is signed, Revoked too. */
static bool verify(const struct core *core, struct slice quote, int64_t now, struct arena *a,
                   const char **tcb_status, struct err *err)
{
    struct evidence evidence;
    struct verdict verdict;

    if (quote.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "a quote of %zu bytes, and more than %d are not read",
                       quote.len, LIMIT_EVIDENCE);
    if (!evidence_decode(quote, &evidence, err))
        return false;
    if (evidence.kind != EVIDENCE_DCAP)
        return err_set(err, E_EVIDENCE_FORMAT, "expected an SGX quote, found evidence of the kind %s",
                       evidence_kind_name(evidence.kind));
    if (!judge_genuine(core->judge, &evidence, 0, now, a, &verdict, err) && err->code != E_TCB_REVOKED)
        return false;
    if (verdict.claims.tee != TEE_SGX)
        return err_set(err, E_EVIDENCE_FORMAT, "expected an SGX quote, found one of %s",
                       verdict.claims.tee_name);
    *tcb_status = tcb_status_name(verdict.claims.dcap.tcb_status);
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
