/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_azure.h: evidence in an Azure confidential VM, whose hardware is behind a paravisor: its virtual
 * TPM has the hardware's report, and quotes for us.
 *
 * Microsoft, "Confidential VM guest attestation": NV index 0x01400001 (report of boot time), attestation key at
 * 0x81000003; the instance metadata service makes a TD quote of a TDREPORT (/acc/tdquote) and has the chip's
 * certificates (/metadata/THIM/amd/certification). What binds evidence to report data is the TPM's quote.
 */
#pragma once
#include "attestation/collect.h"

enum { AZURE_NV_REPORT = 0x01400001, AZURE_AK = 0x81000003 };

/* `tcti` names the TPM, `metadata_address` is HOST:PORT of the metadata service. */
struct azure_place {
    const char *tcti, *metadata_address;
};

/* Is there such a TPM with such a report? E_NO_TEE. */
bool azure_probe(const struct azure_place *p, struct err *err);

/* What the TPM has: its report, and a quote over these report data. E_EVIDENCE_UNAVAILABLE. */
struct hcl_report;
bool azure_vtpm_evidence(const char *tcti, const uint8_t report_data[64], struct arena *a, struct evidence *out,
                         struct hcl_report *report, struct err *err);

/* The same, with what the metadata service knows of the hardware. E_EVIDENCE_UNAVAILABLE. */
bool azure_evidence(const struct azure_place *p, const uint8_t report_data[64], struct arena *a, struct evidence *out,
                    struct err *err);

extern const struct tee tee_azure;
