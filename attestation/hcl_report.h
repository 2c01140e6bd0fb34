/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/hcl_report.h: the report of an Azure confidential VM's paravisor ("HCL"), taken apart. Nothing is
 * decided here.
 *
 * Source: Microsoft, "Confidential VM guest attestation", section Boot attestation: a header of 32 bytes, the
 * hardware's report in a field of 1184 bytes, request data with the runtime data (JSON) behind. The hardware signs
 * the runtime data's digest: this is how it vouches for the virtual TPM's attestation key. All little endian.
 */
#pragma once
#include "attestation/claims.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { HCL_HARDWARE_LEN = 1184, TD_LOCAL_REPORT_LEN = 1024 };
enum hcl_hardware { HCL_SNP = 2, HCL_TDX = 4 };

struct hcl_report {
    unsigned version; /* of the header; 1 and 2 occur, and mean the same */
    enum hcl_hardware hardware;
    struct slice report; /* SNP: HCL_HARDWARE_LEN bytes; TDX: the TDREPORT, TD_LOCAL_REPORT_LEN bytes */
    unsigned hash_type;  /* of the runtime data in the hardware's report: 1, 2, 3: SHA-256, SHA-384, SHA-512 */
    struct slice runtime_data;
};

/* Zeroes behind the runtime data are allowed: the NV index is larger than the report. E_EVIDENCE_FORMAT. */
bool hcl_report_parse(struct slice in, struct hcl_report *out, struct err *err);

/* What the hardware's report data must be: the runtime data's digest, zeroes behind. */
void hcl_report_data(const struct hcl_report *h, uint8_t out[64]);

/* What the runtime data say. */
struct hcl_runtime {
    struct slice ak_spki;          /* of the key "HCLAkPub": RSA of 2048 to 4096 bits, exponent 65537; DER */
    struct slice ak_modulus;       /* big endian, without leading zero */
    const char *user_data;         /* hexadecimal as it stands; NULL: there is none */
    const char *vm_configuration;  /* compact JSON text; NULL: there is none */
};

/* Results live in the arena. E_EVIDENCE_FORMAT. */
bool hcl_runtime_parse(struct slice json, struct arena *a, struct hcl_runtime *out, struct err *err);

/* TDREPORT (Intel TDX Module ABI, TDREPORT_STRUCT): what a TD shows to its own platform, and a TD quote has as well. */
struct td_local_report {
    struct slice report_data; /* 64 */
    struct tdx_claims claims;
};
bool td_local_report_parse(struct slice in, struct td_local_report *out, struct err *err);
