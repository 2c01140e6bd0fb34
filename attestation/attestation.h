/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/attestation.h: the verifier (RFC 9334): evidence in, verdict out.
 *
 * appraise() is a pure function of (evidence, collateral, roots, time, what is demanded of freshness): no
 * clock, no network, no file, no state. The same input gives the same verdict on any machine, for ever, so
 * stored evidence can be appraised again. It decides whether evidence is genuine and what it says; whether
 * that is welcome is for a policy (attestation/policy.h) and the caller.
 *
 * Kinds of evidence are a table (attestation/kinds.c); each kind is a list of steps in the order of the
 * vendor's own verifier. Sources: each kind's file; docs/attestation.md lists every check with its source.
 */
#pragma once
#include "attestation/claims.h"
#include "attestation/evidence.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* ---- what is judged ------------------------------------------------------------------------- */

/* What comes from a vendor's service to judge evidence with. All slices borrow; empty: not there. Chains are
 * PEM, any order; CRLs are DER, PEM or hexadecimal text; certificates are DER or PEM. */
struct collateral {
    /* Intel: bodies as the PCS serves them. */
    struct slice tcb_info, tcb_issuer_chain;
    struct slice qe_identity, qe_issuer_chain;
    struct slice pck_crl, root_ca_crl;
    struct slice pck_crl_issuer_chain;
    struct slice pck_chain; /* only for evidence that does not carry it (certification data types 1 to 3) */
    /* AMD: as the KDS serves them; evidence may carry them instead (struct evidence). */
    struct slice vek, vek_chain; /* VCEK or VLEK; ASK or ASVK, and ARK */
    struct slice vek_crl;        /* optional */
};

/* Trust anchors. */
struct amd_root {
    const char *product; /* "Milan", "Genoa", "Turin" */
    uint8_t sha256[32];  /* of the ARK certificate's DER */
};
struct roots {
    const struct slice *intel; /* public keys, X || Y of P-256: Intel has issued two roots with one key */
    size_t num_intel;
    const struct amd_root *amd;
    size_t num_amd;
    const struct slice *nitro; /* 32 bytes each: SHA-256 of the root certificate's DER */
    size_t num_nitro;
    const char *const *uvm_issuers; /* did:x509 of who may endorse utility VMs, unless the appraisal says */
    size_t num_uvm_issuers;
    bool simulated; /* of the simulated TEE: claims say so */
};

/* The vendors' roots, and no others. */
const struct roots *roots_production(void);

/* Other trust anchors than the vendors': one or more certificates, PEM or one in DER. Each counts for whichever
 * verifier takes one of its kind: for Intel's evidence by its key (P-256), for AMD's by its digest (its name is
 * "ARK-" and the product), for Nitro's by its digest. E_CERT_FORMAT. */
bool roots_of_certificates(struct slice certificates, struct arena *a, struct roots *out, struct err *err);

/* How certificates carry evidence: bits of a set; of several that are there the first accepted one counts. */
enum certificate_framing {
    FRAMING_DICE_TAGGED = 1,    /* TCG DICE, 2.23.133.5.4.9: Interoperable RA-TLS */
    FRAMING_OE_REPORT = 2,      /* Open Enclave and EGo, 1.3.6.1.4.1.311.105.1 or 1.2.840.113556.10.1.1 */
    FRAMING_OE_EVIDENCE = 4,    /* the same with .2 at the end */
    FRAMING_GRAMINE_LEGACY = 8, /* 0.6.9.42.840.113741.1337.6, as it goes over the wire: only if asked for */
    FRAMINGS_USUAL = FRAMING_DICE_TAGGED | FRAMING_OE_REPORT | FRAMING_OE_EVIDENCE,
};

struct memo; /* attestation/memo.h: signatures that were found to hold */

struct appraisal {
    const struct evidence *evidence;
    const struct collateral *collateral;
    const struct roots *roots;
    int64_t now;
    uint64_t min_tcb_evaluation_data_number; /* 0: any */
    int64_t grace; /* seconds after nextUpdate that TCB info, QE identity and CRLs still serve; a check says so */
    struct slice nonce; /* what a vTPM quote must carry as extra data, a Nitro document as nonce; empty: any */
    unsigned framings; /* of evidence in a certificate: bits of enum certificate_framing; 0: the usual ones */
    const char *const *uvm_issuers; /* did:x509 of accepted UVM endorsements; NULL: those of the roots */
    size_t num_uvm_issuers;
    struct memo *memo; /* or NULL; changes nothing but the time it takes */
};

/* ---- what is found -------------------------------------------------------------------------- */

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
    struct claims claims; /* what was read before the first refusal; to be believed only if genuine */
    int64_t not_before, not_after; /* window in which everything used is valid */
    struct check *checks;
    size_t num_checks;
};

/* Judges. The verdict lives in the arena and borrows from evidence and collateral. */
void appraise(const struct appraisal *what, struct arena *a, struct verdict *out);

/* For people: one line per check, then the outcome and the claims. */
char *verdict_text(const struct verdict *v, struct arena *a);

/* {"outcome": ..., "reason": ..., "message": ..., "tee": ..., "checks": [...], "claims": {...},
 *  "window": {"not_before": ..., "not_after": ...}}: names and forms of claims are those that
 * docs/attestation.md lists (lower-case hex in memory order, integers as numbers). The outcome is "genuine" or
 * "rejected", or the word of a caller who judged further (and may have set the verdict's reason). One line, no
 * newline. */
char *verdict_json(const struct verdict *v, struct arena *a);
char *verdict_json_as(const struct verdict *v, const char *outcome, struct arena *a);

/* Appends a check that the caller made: passed if `err` is NULL, else failed, and the verdict's reason is set. */
void verdict_note(struct verdict *v, const char *name, const char *expected, const struct err *err, struct arena *a);
