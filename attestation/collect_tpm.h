/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_tpm.h: what evidence needs of a TPM 2.0, through the TCG's software stack (tpm2-tss, ESYS).
 *
 * The stack is loaded when a TPM is used for the first time (libtss2-esys.so.0, libtss2-tctildr.so.0): most places
 * where services run have none, and what is linked into a service stays small.
 */
#pragma once
#include "attestation/tpm_quote.h"

struct tpm; /* a connection */

/* `tcti` as tpm2-tss names it: "device:/dev/tpmrm0", "swtpm:path=...". E_EVIDENCE_UNAVAILABLE. */
bool tpm_open(const char *tcti, struct tpm **out, struct err *err);
void tpm_close(struct tpm **t); /* accepts NULL inside */

/* All of an NV index, read with the owner's (empty) authorisation. E_EVIDENCE_UNAVAILABLE. */
bool tpm_nv_read(struct tpm *t, uint32_t index, struct arena *a, struct slice *out, struct err *err);

/* A quote by the key at this persistent handle over all PCRs of the SHA-256 bank, and their values at that time.
 * `pcrs` as tpm_pcrs_verify() reads it. */
struct tpm_evidence {
    struct slice message, signature, pcrs;
};
bool tpm_quote_all(struct tpm *t, uint32_t key, struct slice extra_data, struct arena *a, struct tpm_evidence *out,
                   struct err *err);
