/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate with evidence in it: the certificate itself, the evidence by its own verifier, and the
 * binding of the one to the other. */
#include "attestation/certificate_evidence.h"
#include "attestation/steps.h"
#include "attestation/verifiers.h"

struct certificate {
    struct appraising x;
    struct cert cert;
    struct certificate_evidence found;
};

static bool certificate_format(void *certificate, struct err *err)
{
    struct certificate *c = certificate;

    return cert_parse(c->x.in->evidence->certificate, c->x.arena, &c->cert, err) ||
           err_as(err, E_EVIDENCE_FORMAT);
}

/* Not remembered: anyone can sign certificates of his own. */
static bool certificate_signature(void *certificate, struct err *err)
{
    const struct certificate *c = certificate;

    if (cert_signed_by(&c->cert, &c->cert, err))
        return true;
    (void)err_in(err, "certificate with evidence: is not signed by its own key");
    return err_as(err, E_SIGNATURE);
}

static bool certificate_dates(void *certificate, struct err *err)
{
    struct certificate *c = certificate;

    return step_cert_in_time(&c->x, &c->cert, err);
}

static bool certificate_evidence(void *certificate, struct err *err)
{
    struct certificate *c = certificate;

    if (!certificate_evidence_find(&c->cert, c->x.in->framings, c->x.arena, &c->found, err))
        return false;
    c->x.v->claims.framing = c->found.claims;
    c->x.found = c->found.claims.name;
    return true;
}

static bool certificate_key(void *certificate, struct err *err)
{
    const struct certificate *c = certificate;

    return certificate_evidence_key(&c->found, &c->cert, err);
}

/* The evidence's own framing gives way to the certificate's; its claims stand beside. */
static bool certificate_binding(void *certificate, struct err *err)
{
    struct certificate *c = certificate;
    struct framing_claims inner = c->x.v->claims.framing;

    c->x.v->claims.framing = c->found.claims;
    if (c->found.claims.num_claims == 0) {
        c->x.v->claims.framing.claims = inner.claims;
        c->x.v->claims.framing.num_claims = inner.num_claims;
    }
    return certificate_evidence_bound(&c->found, c->x.v->claims.report_data, err);
}

static const struct step before[] = {
    {"certificate_format", certificate_format, "an X.509 certificate"},
    {"certificate_signature", certificate_signature, "a certificate that its own key signed"},
    {"certificate_dates", certificate_dates, "a certificate that is valid now"},
    {"certificate_evidence", certificate_evidence, "evidence in a framing that is accepted, once"},
    {"certificate_key", certificate_key, "claims that name the certificate's own key, or none about it"},
};
static const struct step after[] = {
    {"certificate_binding", certificate_binding,
     "report data that speaks of the certificate's key or claims"},
};

void certificate_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    struct certificate *c = arena_alloc(a, sizeof *c);
    struct evidence inner = {.kind = EVIDENCE_DCAP};
    struct appraisal of_inner = *what;

    c->x = appraising_begin(what, a, v);
    (void)steps_take(&c->x, before, sizeof before / sizeof before[0]);
    appraising_end(&c->x);
    if (v->reason.code == E_NONE) {
        inner.quote = c->found.evidence;
        of_inner.evidence = &inner;
        dcap_appraise(&of_inner, a, v);
    }
    c->x.window = (struct window){v->not_before, v->not_after};
    (void)steps_take(&c->x, after, 1);
    appraising_end(&c->x);
}
