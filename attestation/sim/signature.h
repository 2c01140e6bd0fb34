/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/signature.h: PROGRAM.sim-sig, the signature of a simulated enclave.
 *
 * It stands to a native program as SIGSTRUCT stands to an enclave: a developer's word for a measurement,
 * a product and its version. One JSON object, all members required and no others:
 *
 *     {"format":1,"measurement":HEX,"signer":BASE64,"productID":N,"securityVersion":N,"debug":BOOL,
 *      "signature":BASE64}
 *
 * `signer` is the developer's SubjectPublicKeyInfo (P-256), `signature` is r || s with SHA-256 over
 *
 *     "marblemesh simulated enclave signature v1" || measurement (32) || productID (u16, little endian)
 *     || securityVersion (u16, little endian) || debug (one byte, 0 or 1)
 */
#pragma once
#include "attestation/sim/sim.h"

enum { SIM_SIGNATURE_MAX = 4096 }; /* a file has about 450 bytes */

struct sim_signature {
    struct sim_identity identity; /* the measurement as the developer saw it; mr_signer computed */
    struct slice signer, signature;
};

/* Form only. The slices live in the arena. E_SIM_SIGNATURE. */
bool sim_signature_parse(struct slice text, struct arena *a, struct sim_signature *out, struct err *err);

/* Is it by its signer? E_SIM_SIGNATURE. */
bool sim_signature_verify(const struct sim_signature *s, struct err *err);

/* The text of a new one. `id->mr_signer` is not looked at: the key decides it. */
bool sim_signature_make(const struct sim_identity *id, const struct key *developer, struct arena *a,
                        struct slice *text, struct err *err);

/* MRSIGNER in the simulation: SHA-256 of the public key. */
void sim_signer_of(struct slice spki, uint8_t mr_signer[32]);
