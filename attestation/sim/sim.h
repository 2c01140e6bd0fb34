/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/sim.h: the simulated TEE: byte-exact SGX evidence under a test root.
 *
 * For development, demonstrations and tests. Whoever has this code has its keys, which are derived
 * from a constant: so simulated programs on one machine (or many) trust each other out of the box,
 * and what they prove is worth nothing against anyone who does not play along. Production programs
 * do not contain it (a check of the build looks for its symbols) and do not know its root.
 *
 * In the simulation MRENCLAVE of a native process is a digest over its executable file; MRSIGNER is
 * the SHA-256 of a developer's public key (SubjectPublicKeyInfo). A program is signed with
 * `meshsim sign`, which writes PROGRAM.sim-sig beside it; an unsigned program has the built-in
 * developer's key, ProductID 1, SecurityVersion 1, not debug.
 */
#pragma once
#include "attestation/collect.h"
#include "attestation/dcap_quote.h"
#include "pki/cert.h"
#include "pki/key.h"

/* What a simulated enclave is. */
struct sim_identity {
    uint8_t mr_enclave[32], mr_signer[32];
    uint16_t product_id, security_version;
    bool debug;
};

/* The digest: SHA-256 over "marblemesh simulated enclave v1" and the file's contents. A signature beside the
 * file that does not hold, or is for other contents, is E_SIM_SIGNATURE: a CPU would not launch the enclave. */
bool sim_measure(const char *path, struct sim_identity *out, struct err *err);

/* Signs with a P-256 key: writes PATH.sim-sig (attestation/sim/signature.h). The signature covers measurement,
 * product id, version and debug. */
bool sim_sign(const char *path, const struct key *developer, uint16_t product_id, uint16_t security_version, bool debug,
              struct err *err);

/* The test PKI: keys and certificates with the profiles of Intel's: SGX Root CA -> PCK Platform CA ->
 * PCK certificate; Root CA -> TCB Signing. Each part can be varied for tests. */
struct sim_platform {
    uint8_t fmspc[6], pce_id[2], ppid[16];
    uint8_t components[16]; /* SGX TCB component SVNs of the PCK certificate */
    uint16_t pce_svn;
    uint16_t qe_isv_svn;
};
extern const struct sim_platform sim_platform_default;

/* A quote (version 3) over this report, as this platform's quoting enclave would make it. It bears no date:
 * its certificates are valid from 2020 to 2049. */
bool sim_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
               struct arena *a, struct slice *quote, struct err *err);

/* What a collateral service would serve for the platform at that time: valid from a day before `now` to
 * 29 days after it. TCB info has the platform's level and, a step below it in everything, one that is out of
 * date; the QE identity likewise. */
struct sim_collateral_options {
    const char *tcb_status;      /* of the platform's level; NULL: "UpToDate" */
    const char *const *advisories; /* NULL-terminated, or NULL */
    const char *qe_status;       /* NULL: "UpToDate" */
    bool revoke_pck;             /* list the PCK certificate in the PCK CRL */
    bool revoke_platform_ca;     /* list the PCK Platform CA in the root CRL */
    bool revoke_tcb_signing;     /* list the TCB signing certificate in the root CRL */
    int64_t valid_from, valid_to; /* 0: as above */
};
bool sim_collateral(const struct sim_platform *p, const struct sim_collateral_options *o, int64_t now, struct arena *a,
                    struct collateral *out, struct err *err);

const struct roots *sim_roots(void);

/* The built-in developer's key (for `meshsim sign` without --key and for tests). */
bool sim_developer_key(struct key *out, struct err *err);

/* The 32-byte key that the simulated processor derives for this enclave: by signer and product, or by
 * measurement; a debug enclave never gets the key of one that is not. */
void sim_seal_key_of(const struct sim_identity *id, enum seal_policy policy, struct secret *out);
