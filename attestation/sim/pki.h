/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/pki.h: the test PKI, with the profiles of Intel's.
 *
 * SGX Root CA -> PCK Platform CA -> PCK certificate, and Root CA -> TCB Signing (Intel SGX PCK Certificate
 * and CRL Profile Specification 1.5). Common names are those by which a verifier finds the roles; the
 * organisation says what they really are. Contents are always the same; only the signatures differ from
 * one making to the next, as ECDSA's do.
 */
#pragma once
#include "attestation/sim/sim.h"

/* A certificate with its key. */
struct sim_party {
    struct key key;
    struct cert cert;
};
void sim_party_wipe(struct sim_party *p);

/* The purpose of the key (attestation/sim/seed.h) that is Intel's root here. */
#define SIM_INTEL_ROOT "root"

/* Who signs what a quote consists of, and who signs collateral. Zero state is empty. */
struct sim_pki {
    struct sim_party root, platform_ca, pck, tcb_signing;
};
void sim_pki_wipe(struct sim_pki *p);

/* Root, Platform CA and the platform's PCK certificate, with the dates that the options have for them;
 * sim_pki_signing() makes root and TCB Signing. Certificates live in the arena. */
bool sim_pki_platform(const struct sim_platform *p, const struct sim_quote_options *o, struct arena *a,
                      struct sim_pki *out, struct err *err);
bool sim_pki_signing(struct sim_validity signing, struct arena *a, struct sim_pki *out, struct err *err);

/* PEM of the certificates given, in this order. */
struct slice sim_pem_chain(const struct sim_party *const *parties, size_t num, struct arena *a);

/* All that tells one platform from another, as bytes: context for what each platform has for itself. */
struct slice sim_platform_bytes(const struct sim_platform *p, struct arena *a);
