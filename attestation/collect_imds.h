/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_imds.h: Azure's instance metadata service, which a VM reaches at 169.254.169.254.
 *
 * It is the host: what it says goes into evidence for others to verify, and is believed by nobody.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* POST /acc/tdquote {"report": base64url} -> {"quote": base64url}. E_EVIDENCE_UNAVAILABLE. */
bool imds_td_quote(const char *address, struct slice td_report, struct arena *a, struct slice *quote, struct err *err);

/* GET /metadata/THIM/amd/certification: JSON with VCEK and its chain. E_EVIDENCE_UNAVAILABLE. */
bool imds_amd_certificates(const char *address, struct arena *a, struct slice *json, struct err *err);
