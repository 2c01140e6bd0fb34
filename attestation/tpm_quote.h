/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/tpm_quote.h: a TPM 2.0 quote, and what it says.
 *
 * Source: TCG, "TPM 2.0 Library", part 2: TPMS_ATTEST (10.12.12), TPMS_QUOTE_INFO (10.12.1), TPMT_SIGNATURE
 * (11.3.4); part 3: TPM2_Quote. Big endian.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { TPM_NUM_PCRS = 24, TPM_PCR_LEN = 32 };

struct tpm_quote {
    struct slice qualified_signer, extra_data;
    uint64_t clock;
    uint32_t reset_count, restart_count;
    struct slice firmware_version; /* 8, as it stands */
    uint32_t pcr_selection;        /* of the SHA-256 bank; bit n: PCR n */
    struct slice pcr_digest;       /* 32 */
};

/* What the TPM made itself starts with a magic that it signs for nobody else. E_EVIDENCE_FORMAT. */
bool tpm_quote_parse(struct slice in, struct tpm_quote *out, struct err *err);

/* The bytes of an RSASSA signature with SHA-256, bare or in a TPMT_SIGNATURE; as long as the key. E_EVIDENCE_FORMAT. */
bool tpm_signature_parse(struct slice in, size_t key_len, struct slice *out, struct err *err);

/* JSON: ["hex", ...], of all 24 PCRs in order or of the selected ones. Not selected ones are left empty in `out`:
 * nothing vouches for them. E_EVIDENCE_FORMAT; E_PCR_DIGEST if they are not what was quoted. */
bool tpm_pcrs_verify(struct slice json, const struct tpm_quote *q, struct arena *a, struct slice out[TPM_NUM_PCRS],
                     struct err *err);

/* The text that tpm_pcrs_verify() reads, of all PCRs. */
struct slice tpm_pcrs_text(const uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN], struct arena *a);
