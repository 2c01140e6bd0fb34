/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/attestation.h: the verifier (RFC 9334): evidence in, verdict out.
 *
 * appraise() is a pure function of (evidence, collateral, roots, time): no clock, no network, no
 * file, no state. The same input gives the same verdict on any machine, for ever, so stored
 * evidence can be appraised again. It decides whether evidence is genuine and what it says;
 * whether that is welcome is for a policy (attestation/policy.h) and the caller.
 *
 * Source of formats and rules: Intel SGX DCAP ECDSA quote library API (quote formats), Intel PCS
 * API v4 (collateral), Intel SGX PCK certificate and CRL profile specification.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* ---- what is judged ------------------------------------------------------------------------- */

/* What comes with the evidence: bodies as the PCS serves them. All slices borrow. Chains are PEM,
 * either order; CRLs are DER, PEM or hexadecimal text. */
struct collateral {
    struct slice tcb_info, tcb_issuer_chain;
    struct slice qe_identity, qe_issuer_chain;
    struct slice pck_crl, root_ca_crl;
    struct slice pck_chain; /* only for evidence that does not carry it (certification data types 1 to 3) */
};

/* Trust anchors: public keys, X || Y of P-256 (Intel has issued two root certificates with one key). */
struct roots {
    const struct slice *intel;
    size_t num_intel;
    bool simulated; /* of the simulated TEE: claims say so */
};

/* Intel's key, and no other. */
const struct roots *roots_production(void);

struct appraisal {
    struct slice evidence; /* a quote, raw or in Open Enclave's 16-byte header */
    const struct collateral *collateral;
    const struct roots *roots;
    int64_t now;
    uint64_t min_tcb_evaluation_data_number; /* 0: any */
};

/* ---- what is found -------------------------------------------------------------------------- */

enum tee_kind { TEE_SGX, TEE_TDX, TEE_SNP };

/* Names as Intel writes them; tcb_status_name(), tcb_status_named(). */
enum tcb_status {
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    NUM_TCB_STATUSES
};
const char *tcb_status_name(enum tcb_status s);
bool tcb_status_named(const char *name, enum tcb_status *out);

/* What the evidence says, whatever TEE it comes from. Byte strings in memory order. */
struct claims {
    enum tee_kind tee;
    bool simulated; /* appraised under the simulated TEE's roots */
    bool debug;
    struct slice report_data; /* 64 */
    struct slice unique_id;   /* SGX: MRENCLAVE, 32 */
    struct slice signer_id;   /* SGX: MRSIGNER, 32 */
    uint64_t product_id;      /* SGX: ISVPRODID */
    unsigned security_version;/* SGX: ISVSVN */
    unsigned quote_version;
    unsigned body_type; /* quote version 5: 1, SGX enclave report; 0 in older quotes */
    /* SGX report body, the rest of it */
    struct slice cpu_svn, misc_select, isv_ext_prod_id, attributes, config_id, isv_family_id;
    unsigned config_svn;
    size_t trailing_bytes; /* behind the quote, signed by nobody: padding, as quoting services leave it */
};

enum check_outcome { CHECK_PASSED, CHECK_FAILED, CHECK_SKIPPED };

/* One step of the appraisal, in the order in which it was made. */
struct check {
    const char *name;     /* "pck_chain", "qe_report_signature", ... stable */
    enum check_outcome outcome;
    enum err_code code;   /* of a failed one */
    const char *expected, *found;
};

struct verdict {
    bool genuine;      /* formats, chains, signatures, bindings and dates hold, and the TCB is not revoked */
    struct err reason; /* why not, if not */
    struct claims claims; /* meaningful only if genuine */
    enum tcb_status tcb_status, platform_tcb_status, qe_tcb_status;
    int64_t tcb_date; /* the earliest of the chosen levels */
    char **advisories;
    size_t num_advisories;
    struct slice fmspc, pce_id, ppid, pck_serial; /* 6, 2, 16, contents without leading zero */
    const char *pck_ca; /* "processor" or "platform" */
    uint64_t tcb_evaluation_data_number; /* the lower of TCB info and QE identity */
    unsigned qe_isv_svn;
    int64_t not_before, not_after; /* window in which everything used is valid */
    struct check *checks;
    size_t num_checks;
};

/* Judges. The verdict lives in the arena and borrows from evidence and collateral. */
void appraise(const struct appraisal *what, struct arena *a, struct verdict *out);

/* For people: one line per check, then the outcome. */
char *verdict_text(const struct verdict *v, struct arena *a);

/* ---- framing -------------------------------------------------------------------------------- */

/* Takes Open Enclave's header (u32 1, u32 2, u64 length) off, if it is there. E_EVIDENCE_FORMAT. */
bool evidence_unwrap(struct slice evidence, struct slice *quote, struct err *err);
struct slice evidence_wrap_oe(struct arena *a, struct slice quote);
