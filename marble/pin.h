/* SPDX-License-Identifier: Apache-2.0 */
/* marble/pin.h: which coordinator a service takes for its own, and whether what answers is one.
 *
 * The policy is JSON with the properties of a package (attestation/policy.h), as in the file that comes with
 * a coordinator (coordinator-era.json); in the simulated trust domain its member "Simulation" counts, if
 * there is one. A program has it compiled in, as marble_coordinator_policy, or MESH_COORDINATOR_POLICY names
 * a file. Without one nothing is demanded, and nothing verified.
 */
#pragma once
#include "attestation/policy.h"
#include "manifest/mesh_v1.h"

struct pin {
    bool given;
    const char *source; /* where the policy comes from, for messages */
    struct package_policy policy;
};

/* Reads and checks the policy. `file`: what the variable names, or NULL. Lives in the arena.
 * E_COORDINATOR_POLICY: it is not one, or is given twice. */
bool pin_read(const char *file, struct arena *a, struct pin *out, struct err *err);

/* What the coordinator has said of itself in answer to `nonce`, on a connection whose server showed this
 * chain (leaf first, DER). */
struct pin_question {
    const struct slice *chain;
    size_t num_chain;
    struct slice nonce;
    const struct mesh_challenge_reply *reply;
    int64_t now;
};

/* The server's chain ends in the root that the reply names. E_CERT_CHAIN, E_CERT_EXPIRED. */
bool pin_check_chain(const struct slice *chain, size_t num_chain, struct slice root, int64_t now,
                     struct err *err);

/* That, and the evidence is genuine, bound to root and nonce, and satisfies the policy. It is judged with the
 * collateral that came along and, in the simulated trust domain, with what that makes itself; nothing is
 * fetched. E_EVIDENCE_MISSING, and what appraise() and policy_match() refuse with. */
bool pin_verify(const struct pin *pin, const struct pin_question *q, struct err *err);
