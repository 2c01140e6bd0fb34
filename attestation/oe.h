/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/oe.h: Open Enclave's headers in front of a quote.
 *
 * Report (oe_report_header_t, 16 bytes): u32 version 1, u32 type (1 local, 2 remote), u64 size, then the
 * quote. What EGo makes and MarbleRun sends.
 *
 * Evidence (oe_attestation_header_t, 32 bytes): u32 version 3, format (a UUID, 16 bytes), 4 bytes of
 * alignment, u64 size at 24, then data as the format says. In the format of SGX quotes the quote is followed
 * by custom claims, of which report data is the SHA-256. Integers are little endian.
 *
 * Source: Open Enclave SDK, include/openenclave/internal/report.h and common/attest_plugin.h. The offset of
 * the size in the second is that of the C structure.
 */
#pragma once
#include "attestation/evidence.h"

enum oe_form { OE_BARE, OE_REPORT, OE_EVIDENCE };
struct oe_framed {
    enum oe_form form;
    bool is_tdx_format; /* of OE_EVIDENCE: what the format says the quote is */
    bool has_claims;    /* what follows the quote are custom claims, bound by report data */
    struct slice quote; /* with the claims behind it, if it has any */
};

/* The first four bytes are those of a header (no quote starts so). */
bool oe_has_header(struct slice in);

/* A bare quote stays as it is. E_EVIDENCE_FORMAT. */
bool oe_unframe(struct slice in, struct oe_framed *out, struct err *err);
