/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client/verify.h"

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "pki/hash.h"

/* ---- what it says of itself ------------------------------------------------------------------------ */

/* Version 1 knows no nonce: such evidence is of the right key, but it may be old. */
static bool ask_quote(const struct coordinator *c, struct slice nonce, bool old_too, struct arena *a,
                      json_t **data, bool *is_old, struct err *err)
{
    const char *path = arena_printf(a, "/api/v2/quote?nonce=%s", base64_text(a, nonce, BASE64_URL));

    *is_old = false;
    if (coordinator_call(c, "GET", path, (struct slice){0}, a, data, err))
        return true;
    if (err->code != E_HTTP_METHOD || !old_too)
        return false;
    *is_old = true;
    return coordinator_call(c, "GET", "/quote", (struct slice){0}, a, data, err);
}

static bool read_chain(const char *pem, struct arena *a, struct coordinator *c, struct err *err)
{
    struct cert *chain;
    size_t num;

    if (!cert_parse_pem(slice_str(pem), a, &chain, &num, err))
        return false;
    if (num != 2)
        return err_set(err, E_COORDINATOR,
                       "expected the intermediate and the root certificate, found %zu certificates", num);
    c->intermediate = chain[0];
    c->root = chain[1];
    c->chain_pem = pem;
    return true;
}

bool coordinator_present(const struct coordinator *c, struct slice nonce, bool old_too, struct arena *a,
                         struct presented *out, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct presented p = {.coordinator = *c, .nonce = nonce};
    const char *pem;
    struct fields f;

    p.coordinator.any_peer = true;
    p.coordinator.user = NULL;
    if (!ask_quote(&p.coordinator, nonce, old_too, a, &data, &p.is_old, err))
        return false;
    f = fields_of(data, "$", p.is_old ? JSON_FOLD : JSON_EXACT, E_COORDINATOR, a, err);
    field_need(&f, "cert");
    pem = field_str(&f, "cert");
    p.quote = field_bytes(&f, "quote", LIMIT_EVIDENCE);
    if (!fields_done(&f) || !read_chain(pem, a, &p.coordinator, err))
        return err_in(err, "the coordinator's answer to quote");
    p.coordinator.user = c->user;
    *out = p;
    return true;
}

/* ---- whether that is so ---------------------------------------------------------------------------- */

static bool judge_quote(const struct presented *p, const struct package_policy *policy,
                        struct slice report_data, struct judge *judge, int64_t now, struct arena *a,
                        struct verdict *verdict, struct err *err)
{
    struct package_policy production = *policy;

    if (judge_evidence(judge, p->quote, policy, report_data, now, a, verdict, err))
        return true;
    if (err->code != E_DEBUG || !policy->debug)
        return false;
    production.debug = false;
    return judge_evidence(judge, p->quote, &production, report_data, now, a, verdict, err);
}

bool coordinator_verify(const struct presented *p, const struct package_policy *policy, struct judge *judge,
                        int64_t now, struct arena *a, struct verdict *verdict, struct coordinator *out,
                        struct err *err)
{
    const struct slice bound[] = {p->coordinator.root.der, p->nonce};
    uint8_t report_data[64] = {0};

    *verdict = (struct verdict){0};
    if (p->quote.len == 0)
        return err_set(err, E_EVIDENCE_MISSING, "the coordinator at %s has no evidence of what it is",
                       p->coordinator.address);
    sha256_of(report_data, bound, p->is_old ? 1 : 2);
    if (!judge_quote(p, policy, slice_of(report_data, sizeof report_data), judge, now, a, verdict, err))
        return err_in(err, "the coordinator at %s", p->coordinator.address);
    if (!chain_verify(&p->coordinator.intermediate, NULL, 0, &p->coordinator.root, 1, now, err))
        return err_in(err, "the intermediate certificate that came with the evidence of %s",
                      p->coordinator.address);
    *out = p->coordinator;
    out->any_peer = false;
    return true;
}

/* ---- policies -------------------------------------------------------------------------------------- */

bool era_parse(struct slice text, struct arena *a, struct package_policy *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct package_policy policy = {0};
    const json_t *own;
    struct fields f;

    if (!json_parse(text, JSON_LAST_WINS, E_JSON_SYNTAX, &json, err))
        return false;
    own = trust_domain()->simulated ? json_object_get(json, "Simulation") : NULL;
    f = fields_of(own != NULL ? own : json, "$", JSON_FOLD, E_JSON_SYNTAX, a, err);
    if (!policy_parse(&f, &policy))
        return false;
    *out = policy;
    return true;
}

static bool is_given(const char *text) { return text != NULL && text[0] != '\0'; }

bool era_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err)
{
    const bool others = p->tdx.given || p->snp.given || p->uvm.given || p->vtpm.given || p->nitro.given;

    *warning = NULL;
    if (others)
        return policy_check(p, a, warning, err);
    if (is_given(p->unique_id))
        return true;
    if (p->security_version == 0 || p->product_id == 0)
        return err_set(err, E_PACKAGE_INCOMPLETE,
                       "without UniqueID, ProductID and SecurityVersion must be given and not 0");
    if (!is_given(p->signer_id))
        *warning =
            arena_strdup(a, "neither UniqueID nor SignerID is given: any signer's coordinator is accepted");
    return true;
}
