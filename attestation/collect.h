/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect.h: the trust domain that a program is built for, and the TEE it runs in.
 *
 * A program is linked with exactly one trust domain: the production one (Intel's roots, real TEEs)
 * or the simulated one (attestation/sim: test roots, evidence made in the process, for the -sim
 * twins only). Nothing at run time can change it.
 */
#pragma once
#include "attestation/attestation.h"
#include "attestation/policy.h"
#include "base/secret.h"

/* Which programs may open what was sealed: those of the same signer and product, or only this one. */
enum seal_policy { SEAL_PRODUCT, SEAL_UNIQUE };

struct tee {
    const char *name; /* "sgx-gramine", "snp-tsm", "sgx-simulated"; docs/collection.md lists them */

    /* Is it here? If not, err says how one can tell (E_NO_TEE). */
    bool (*probe)(struct err *err);

    /* Evidence over 64 bytes of report data, as evidence_decode() reads it: the bare blob, or a container with
     * what the platform sends along. E_EVIDENCE_UNAVAILABLE. */
    bool (*evidence)(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err);

    /* A 32-byte key that this TEE gives to this program again after a restart (tee_seal_key()); NULL: it gives
     * none, for the reason beside. */
    bool (*seal_key)(enum seal_policy policy, struct secret *out, struct err *err);
    const char *why_no_seal_key;
};

/* E_NO_SEAL_KEY: this TEE gives none, now or ever; what is sealed can be opened by recovery only. */
bool tee_seal_key(const struct tee *t, enum seal_policy policy, struct secret *out, struct err *err);

struct trust_domain {
    const char *name; /* "production", "simulated" */
    bool simulated;
    const struct roots *(*roots)(void);
    const struct tee *const *tees; /* NULL-terminated; the first that is here is used */

    /* Collateral that the domain makes itself: the simulated one, what fits the evidence at `now`. NULL: none. */
    bool (*collateral)(const struct evidence *evidence, int64_t now, struct arena *a, struct collateral *out,
                       struct err *err);

    /* For a launcher: evidence is to be about the program file that it will become, not about itself. NULL: the TEE
     * measured all that may run in it when it started. */
    void (*becomes)(const char *path);

    /* The package properties that evidence of this program file would show. Production: from the
     * SIGSTRUCT of an SGX enclave file; simulated: of any native program. E_PACKAGE_FILE. */
    bool (*package_info)(const char *path, struct arena *a, struct package_policy *out, struct err *err);
};
const struct trust_domain *trust_domain(void);

/* A variable that evidence is collected by, or NULL; after collect_remember() as it was then: for programs that get
 * another environment, and may change that in another thread. To be called by the only thread. */
const char *collect_variable(const char *name);
void collect_remember(void);

/* The TEE we run in: the first of the domain's that is here. E_NO_TEE lists each that was tried and why it is not
 * here. */
bool tee_here(const struct tee **out, struct err *err);

/* For people: a line for each TEE of the domain, in the order in which they are probed: whether it is here, and if
 * not, why; which of those here is used; whether it gives a sealing key. */
char *tee_survey(struct arena *a);
