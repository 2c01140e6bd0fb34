/* SPDX-License-Identifier: Apache-2.0 */
/* cli/client/verify.h: a coordinator verified by its evidence. First it presents itself, then that is judged:
 * between both nothing is believed.
 */
#pragma once
#include "attestation/judge.h"
#include "cli/client/coordinator.h"

/* What a coordinator says of itself. */
struct presented {
    struct coordinator coordinator; /* any_peer */
    struct slice quote;             /* empty: it has none */
    struct slice nonce;
    bool is_old; /* it knows REST v1 only, whose evidence carries no nonce: it may not be fresh */
};

/* Asks `c` (its address and patience; anybody may answer, so nobody is told who asks) for certificates and
 * evidence over the nonce. With `old_too` a coordinator that knows no nonces may answer as well.
 * E_COORDINATOR for an answer of another form. */
bool coordinator_present(const struct coordinator *c, struct slice nonce, bool old_too, struct arena *a,
                         struct presented *out, struct err *err);

/* The coordinator whose evidence is genuine, is bound to its root certificate and the nonce, and satisfies
 * the policy; its intermediate certificate, of which the evidence says nothing, must come from the root. A
 * debug coordinator only if the policy says Debug, a production one always. *verdict is filled as far as the
 * appraisal came, also on refusal. E_EVIDENCE_MISSING; the reasons of judge_evidence(); E_CERT_CHAIN. */
bool coordinator_verify(const struct presented *p, const struct package_policy *policy, struct judge *judge,
                        int64_t now, struct arena *a, struct verdict *verdict, struct coordinator *out,
                        struct err *err);

/* A policy for coordinators (an era file): package properties, or in its member "Simulation" those for a
 * simulated one. Without UniqueID, ProductID and SecurityVersion are demanded, as MarbleRun does; where other
 * TEEs are described policy_check() decides. *warning: what is accepted although it says too little; NULL:
 * nothing. E_JSON_SYNTAX, E_PACKAGE_INCOMPLETE, E_PACKAGE_CONFLICT. */
bool era_parse(struct slice text, struct arena *a, struct package_policy *out, struct err *err);
bool era_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err);
