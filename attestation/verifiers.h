/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/verifiers.h: one verifier for each kind of evidence. Private to attestation/.
 *
 * Each appends its checks to the verdict, narrows its window and fills the claims of its kind as far as it
 * reads them; it refuses by the verdict's reason. The verdict is as appraise() begins it, or as an earlier
 * verifier left it (attestation/steps.h), so one can call another. Whether all in all the evidence is genuine
 * is for appraise() to say.
 */
#pragma once
#include "attestation/attestation.h"

typedef void verifier(const struct appraisal *what, struct arena *a, struct verdict *v);

verifier dcap_appraise;  /* dcap.c: SGX and TDX quotes */
verifier snp_appraise;   /* snp.c: SEV-SNP reports, those of ACI included */
verifier azure_appraise; /* azure.c: HCL report, vTPM quote, and the SNP report or TD quote under them */
verifier nitro_appraise; /* nitro.c: AWS Nitro documents */
verifier
    certificate_appraise; /* certificate.c: evidence of the other kinds in a certificate, and its binding */

/* The verifier of a kind; NULL for EVIDENCE_UNKNOWN. */
verifier *verifier_of(enum evidence_kind kind);

/* Notes one failed check. For what cannot be judged at all. */
void verdict_refuse(struct verdict *v, struct arena *a, const char *check, const char *expected,
                    const struct err *reason);
