/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/sim.h: the simulated TEE: byte-exact SGX and TDX evidence under a test root.
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

/* What a simulated TD is: the members of its report that are not the platform's. */
struct sim_td {
    uint8_t mr_td[48], mr_config_id[48], mr_owner[48], mr_owner_config[48], rtmr[4][48];
    uint8_t attributes[8], xfam[8];
    uint8_t mr_seam[48], mr_signer_seam[48], seam_attributes[8];
    uint8_t tee_tcb_svn[16];  /* of the TDX module: SVN, version, ... */
    bool is_td15;             /* the report is of version 1.5 and has the next two: */
    uint8_t tee_tcb_svn2[16]; /* those of the module that runs now */
    uint8_t mr_service_td[48];
};
extern const struct sim_td sim_td_default; /* a TD 1.0 on a module of version 1 */

/* The test PKI: keys and certificates with the profiles of Intel's: SGX Root CA -> PCK Platform CA ->
 * PCK certificate; Root CA -> TCB Signing. Each part can be varied for tests. */
struct sim_platform {
    uint8_t fmspc[6], pce_id[2], ppid[16];
    uint8_t components[16]; /* SGX TCB component SVNs of the PCK certificate */
    uint16_t pce_svn;
    uint16_t qe_isv_svn;
};
extern const struct sim_platform sim_platform_default;

/* Dates of a certificate; both zero: from 2020 to 2049. */
struct sim_validity {
    int64_t from, to;
};

/* How a quote is made. The zero state is what production platforms make: version 3 of SGX, 4 of TDX 1.0, 5 of
 * TDX 1.5; the PCK chain in it; 32 bytes of authentication data; nothing behind it. */
struct sim_quote_options {
    unsigned version;   /* 3 to 5 */
    unsigned cert_type; /* certification data type, 1 to 7; only 4 and 5 hold certificates */
    bool has_auth_len;
    uint16_t auth_len;
    size_t trailing; /* zeroes behind the quote, as quoting services leave them */
    struct sim_validity pck, platform_ca, root;
};

/* A quote over this report, as this platform's quoting enclave would make it. It bears no date: its
 * certificates are valid from 2020 to 2049. sim_quote() is an SGX quote with the zero state of options. */
bool sim_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
               struct arena *a, struct slice *quote, struct err *err);
bool sim_sgx_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
                   const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err);
bool sim_td_quote(const struct sim_platform *p, const struct sim_td *td, const uint8_t report_data[64],
                  const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err);

/* What a collateral service would serve for the platform at that time: valid from a day before `now` to
 * 29 days after it. TCB info has the platform's level and, a step below it in everything, one that is out of
 * date; the QE identity likewise. TCB info of TDX knows a module without a version, and of each of the versions 1
 * and 3 the SVNs 5 (up to date), 3 (out of date) and 1 (revoked). */
struct sim_collateral_options {
    bool tdx;                    /* TCB info and QE identity of TDX */
    const char *module_status;   /* TDX: of the module's level with SVN 5; NULL: "UpToDate" */
    bool no_module;              /* TDX: leave tdxModule out */
    bool pck_chain;              /* the platform's chain too, for quotes that do not hold it */
    const char *tcb_status;      /* of the platform's level; NULL: "UpToDate" */
    const char *const *advisories; /* NULL-terminated, or NULL */
    const char *qe_status;       /* NULL: "UpToDate" */
    bool revoke_pck;             /* list the PCK certificate in the PCK CRL */
    bool revoke_platform_ca;     /* list the PCK Platform CA in the root CRL */
    bool revoke_tcb_signing;     /* list the TCB signing certificate in the root CRL */
    int64_t valid_from, valid_to; /* 0: as above */
    struct sim_validity signing;  /* of the TCB signing certificate */
};
bool sim_collateral(const struct sim_platform *p, const struct sim_collateral_options *o, int64_t now, struct arena *a,
                    struct collateral *out, struct err *err);

const struct roots *sim_roots(void);

/* The certificates of these roots as PEM: Intel's, AMD's of each product, AWS's. */
bool sim_root_certificates(struct arena *a, struct slice *pem, struct err *err);

/* The built-in developer's key (for `meshsim sign` without --key and for tests). */
bool sim_developer_key(struct key *out, struct err *err);

/* The 32-byte key that the simulated processor derives for this enclave: by signer and product, or by
 * measurement; a debug enclave never gets the key of one that is not. */
void sim_seal_key_of(const struct sim_identity *id, enum seal_policy policy, struct secret *out);
