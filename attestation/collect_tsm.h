/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_tsm.h: evidence in a confidential VM through configfs-tsm, the same for TDX and SEV-SNP.
 *
 * Linux (6.7 and later), Documentation/ABI/testing/configfs-tsm-report: an entry made with mkdir takes the report data
 * in `inblob` and gives the evidence in `outblob`.
 */
#pragma once
#include "attestation/collect.h"

extern const struct tee tee_tsm_tdx; /* provider "tdx_guest": a TD quote */
extern const struct tee tee_tsm_snp; /* provider "sev_guest": an SNP report, and the host's certificates */
