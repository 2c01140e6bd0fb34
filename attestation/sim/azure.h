/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/azure.h: what the paravisor of an Azure confidential VM makes, simulated: its report, and its
 * virtual TPM.
 *
 * The hardware's report inside is the simulated hardware's (attestation/sim/sim.h). The virtual TPM is one in software,
 * with a key that stands in the source; a real one (swtpm) takes its place where one is named.
 */
#pragma once
#include "attestation/hcl_report.h"
#include "attestation/sim/tees.h"
#include "attestation/tpm_quote.h"

/* The attestation key of the simulated virtual TPM, RSA of 2048 bits. */
bool sim_azure_ak(struct key *out, struct err *err);

/* JSON with this key as "HCLAkPub" (SubjectPublicKeyInfo of an RSA key with exponent 65537). E_KEY_FORMAT. */
bool sim_hcl_runtime_data(struct slice ak_spki, const uint8_t user_data[64], struct arena *a, struct slice *out,
                          struct err *err);

/* The report as it stands in an NV index of `len` bytes, zeroes behind; it has to fit. Azure's index has 2600. */
enum { SIM_HCL_NV_LEN = 2600 };
struct slice sim_hcl_report(enum hcl_hardware hardware, struct slice report, struct slice runtime_data, size_t len,
                            struct arena *a);

/* A quote over all PCRs. `signature` is bare, as Azure's tools give it. */
struct sim_tpm_quote {
    struct slice message, signature, pcrs;
};
bool sim_tpm_quote(const struct key *ak, struct slice extra_data, const uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN],
                   struct arena *a, struct sim_tpm_quote *out, struct err *err);

/* TPMS_ATTEST over PCRs of one bank, for tests that want others. */
struct slice sim_tpm_attest(struct slice extra_data, uint32_t pcr_selection, struct slice pcr_digest, struct arena *a);

/* What a VM shows that has booted one simulated image and runs this program, measured into PCR 11; NULL: no program. */
void sim_azure_pcrs(const struct sim_identity *id, uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN]);

/* The paravisor's report for this attestation key, on this hardware, `len` bytes long. The paravisor is always the same;
 * a debug program runs in a VM that is open for debugging. */
bool sim_azure_report(enum hcl_hardware hardware, const struct sim_identity *id, struct slice ak_spki, size_t len,
                      struct arena *a, struct slice *out, struct err *err);

/* Evidence of a confidential VM that runs this program. `tcti`: the virtual TPM to ask, with such a report in it
 * and what it likes in its PCRs; NULL or empty: the one in software. */
bool sim_azure_evidence(enum hcl_hardware hardware, const struct sim_identity *id, const char *tcti,
                        const uint8_t report_data[64], struct arena *a, struct evidence *out, struct err *err);
