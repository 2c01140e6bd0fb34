/* SPDX-License-Identifier: Apache-2.0 */
/* attestation.h: libmeshattest, a verifier for evidence of trusted execution environments (RFC 9334).
 *
 * Evidence in, verdict out: Intel SGX and TDX quotes, AMD SEV-SNP reports (bare, of Azure's container groups, and of
 * Azure's confidential VMs with their virtual TPM), AWS Nitro documents, and certificates that carry one of these.
 *
 *     const struct mesh_attest_request request = {
 *         .size = sizeof request, .evidence = {quote, quote_len}, .collateral = collateral, .now = time(NULL)};
 *     struct mesh_attest_verdict *verdict = mesh_attest_appraise(&request);
 *
 *     if (mesh_attest_outcome(verdict) == MESH_ATTEST_ACCEPTED)
 *         puts(mesh_attest_claim(verdict, "mrenclave"));
 *     mesh_attest_verdict_free(verdict);
 *
 * The library uses no network, no file, no clock and no environment variable: all that a verdict depends on is in the
 * request, and the same request gives the same verdict on any machine, for ever. Collateral is fetched by
 * whoever has a network: `meshctl collateral fetch` writes it into a bundle file.
 *
 * Ownership: a request and what it points to stay the caller's and are only read during the call. What a function
 * returns as a pointer to a struct is the caller's, who gives it back to the function with _free in its name, which
 * accepts NULL. Strings belong to the object that they were asked of, are never changed, and live as long as it does.
 *
 * Threads: all functions may be called from any thread at any time. A collateral, a policy and a verdict never change
 * once they are made, and a memory is made for many threads: each may serve any number of calls at the same time. Only
 * the end is the caller's: nobody may use what is being freed.
 *
 * Memory: where the system has none left the process is ended (abort).
 *
 * The words of reasons, checks and claims are stable; docs/attestation.md and docs/errors.md of marblemesh list them.
 */
#ifndef MESH_ATTESTATION_H
#define MESH_ATTESTATION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MESH_ATTEST_API __attribute__((visibility("default")))
#else
#define MESH_ATTEST_API
#endif

/* The version of this library: "0.1.0". */
MESH_ATTEST_API const char *mesh_attest_version(void);

struct mesh_attest_bytes {
    const void *ptr;
    size_t len;
};

/* Why something was not taken: `reason` is a stable word, the text is one sentence for people. */
struct mesh_attest_error {
    char reason[48];
    char text[1024];
};

/* ---- what evidence is judged with --------------------------------------------------------------------------- */

/* Collateral from a bundle, JSON as `meshctl collateral fetch` writes it. What does not fit the evidence does not
 * matter, so one bundle serves many platforms. Nothing is verified here: the appraisal verifies what it uses.
 * NULL: the error (may be NULL) says why. */
struct mesh_attest_collateral;
MESH_ATTEST_API struct mesh_attest_collateral *mesh_attest_collateral_parse(struct mesh_attest_bytes bundle,
                                                                            struct mesh_attest_error *error);
MESH_ATTEST_API void mesh_attest_collateral_free(struct mesh_attest_collateral *collateral);

/* A policy: JSON, the properties of a package in a manifest. "{}" is MarbleRun's default: TCB status UpToDate or
 * SWHardeningNeeded, no debugging, any program. NULL: the error (may be NULL) says why. */
struct mesh_attest_policy;
MESH_ATTEST_API struct mesh_attest_policy *mesh_attest_policy_parse(struct mesh_attest_bytes json,
                                                                    struct mesh_attest_error *error);
MESH_ATTEST_API void mesh_attest_policy_free(struct mesh_attest_policy *policy);

/* Signatures of vendors that were found to hold, so that they are not verified again: it changes the time that an
 * appraisal takes, never its verdict. `max_entries` is a bound of 64 bytes each; 0: 4096. */
struct mesh_attest_memory;
MESH_ATTEST_API struct mesh_attest_memory *mesh_attest_memory_new(size_t max_entries);
MESH_ATTEST_API void mesh_attest_memory_free(struct mesh_attest_memory *memory);

/* ---- the question --------------------------------------------------------------------------------------------- */

/* A part that is not in the evidence itself, by its name:
 *
 *     sent along by the attester   quote tpm_quote_msg tpm_quote_sig tpm_pcrs vek vek_chain thim_json
 *                                  uvm_endorsements cce_policy runtime_data
 *     collateral, as the vendor's service delivers it, where there is no bundle; counts before the bundle's
 *                                  tcb_info tcb_issuer_chain qe_identity qe_issuer_chain pck_crl root_ca_crl
 *                                  pck_crl_issuer_chain pck_chain vek_crl
 */
struct mesh_attest_part {
    const char *name;
    struct mesh_attest_bytes bytes;
};

/* How a certificate may carry evidence: bits of `framings`. */
#define MESH_ATTEST_DICE_TAGGED    1u /* TCG DICE, 2.23.133.5.4.9: Interoperable RA-TLS */
#define MESH_ATTEST_OE_REPORT      2u /* Open Enclave and EGo, 1.3.6.1.4.1.311.105.1 */
#define MESH_ATTEST_OE_EVIDENCE    4u /* the same with .2 at the end */
#define MESH_ATTEST_GRAMINE_LEGACY 8u /* 0.6.9.42.840.113741.1337.6: only if asked for */

/* Members that are zero demand nothing. Members may be added at the end: `size` tells which ones the caller knows. */
struct mesh_attest_request {
    size_t size;                       /* sizeof(struct mesh_attest_request) */
    struct mesh_attest_bytes evidence; /* bare, in our container, or as text: hexadecimal, base64, PEM certificate */
    int64_t now;                       /* seconds since 1970-01-01T00:00:00Z */
    const struct mesh_attest_collateral *collateral;
    const struct mesh_attest_part *parts;
    size_t num_parts;
    const struct mesh_attest_policy *policy; /* NULL: only whether the evidence is genuine */
    struct mesh_attest_bytes report_data;    /* 1 to 64 bytes that the evidence must be bound to; zeroes follow */
    struct mesh_attest_bytes nonce; /* what a virtual TPM's quote or a Nitro document must carry */
    struct mesh_attest_bytes roots; /* certificates, PEM; none: the vendors' own roots, and no others */
    unsigned framings;              /* 0: all but MESH_ATTEST_GRAMINE_LEGACY */
    struct mesh_attest_memory *memory;
};

/* ---- the answer ------------------------------------------------------------------------------------------------ */

struct mesh_attest_verdict;

/* Never NULL. */
MESH_ATTEST_API struct mesh_attest_verdict *mesh_attest_appraise(const struct mesh_attest_request *request);
MESH_ATTEST_API void mesh_attest_verdict_free(struct mesh_attest_verdict *verdict);

/* Without a policy, "accepted" means no more than genuine: a debug enclave on an old platform is genuine, too. */
enum mesh_attest_outcome {
    MESH_ATTEST_ACCEPTED = 0, /* genuine, bound to the report data, and as the policy demands */
    MESH_ATTEST_REJECTED = 1,
    MESH_ATTEST_UNJUDGED = 2 /* collateral is missing, the kind is unknown, or the request is faulty */
};
MESH_ATTEST_API enum mesh_attest_outcome mesh_attest_outcome(const struct mesh_attest_verdict *verdict);

/* Of what was not accepted: the stable word and a sentence; else "none" and "". */
MESH_ATTEST_API const char *mesh_attest_reason(const struct mesh_attest_verdict *verdict);
MESH_ATTEST_API const char *mesh_attest_message(const struct mesh_attest_verdict *verdict);

/* One claim by its name, of a member in an object with dots: "mrtd", "tcb_status", "reported_tcb_parts.snp". Byte
 * strings are lower-case hexadecimal, numbers decimal, lists and objects JSON. NULL: there is none, or the
 * evidence is not genuine. */
MESH_ATTEST_API const char *mesh_attest_claim(const struct mesh_attest_verdict *verdict, const char *name);

/* The times between which, both included, everything that was used is valid. 0, and nothing is set, if the evidence
 * is not genuine; else 1. */
MESH_ATTEST_API int mesh_attest_window(const struct mesh_attest_verdict *verdict, int64_t *not_before,
                                       int64_t *not_after);

/* The steps in the order in which they were made. `reason` of those that failed, else NULL; `expected` and `found`
 * may be NULL. Returns 0 past the last one. */
enum mesh_attest_step { MESH_ATTEST_PASSED = 0, MESH_ATTEST_FAILED = 1, MESH_ATTEST_SKIPPED = 2 };
struct mesh_attest_check {
    const char *name;
    enum mesh_attest_step outcome;
    const char *reason, *expected, *found;
};
MESH_ATTEST_API int mesh_attest_check_at(const struct mesh_attest_verdict *verdict, size_t index,
                                         struct mesh_attest_check *check);

/* The whole verdict: as one line of JSON, as `meshctl evidence verify --json` prints it; and for people. */
MESH_ATTEST_API const char *mesh_attest_json(const struct mesh_attest_verdict *verdict);
MESH_ATTEST_API const char *mesh_attest_text(const struct mesh_attest_verdict *verdict);

#ifdef __cplusplus
}
#endif
#endif
