/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/seed.h: every key of the simulated TEE, from one constant.
 *
 * None of this is secret: the seed stands in the source. It is derived, not random, so that what one
 * simulated program proves another accepts, on any machine, without set-up.
 */
#pragma once
#include "base/err.h"
#include "base/secret.h"
#include "pki/key.h"

/* The key of that purpose and, where each platform has its own, of that platform (else empty). */
bool sim_key(const char *purpose, struct slice platform, struct key *out, struct err *err);
bool sim_key_p384(const char *purpose, struct slice platform, struct key *out, struct err *err);

/* Bytes that are always the same for purpose and context: identities, serial numbers. */
void sim_constant(const char *purpose, struct slice context, void *out, size_t len);

/* What the simulated processor fuses for sealing, bound to `context`: 32 bytes. */
void sim_sealing_key(struct slice context, struct secret *out);

/* X || Y of a P-256 key: the 64 bytes at the end of its SubjectPublicKeyInfo. */
bool sim_key_xy(const struct key *k, struct arena *a, struct slice *xy, struct err *err);
