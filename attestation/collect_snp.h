/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_snp.h: reports, certificates and keys in a SEV-SNP guest, through /dev/sev-guest.
 *
 * Linux, "The Definitive SEV Guest API Documentation" (linux/sev-guest.h); AMD, "SEV Secure Nested Paging Firmware
 * ABI", MSG_REPORT_REQ, MSG_KEY_REQ.
 */
#pragma once
#include "attestation/collect.h"

enum { SNP_REPORT_DATA_AT = 0x50 };

/* The report as a part of `e`, and those certificates of the host's table that go with it (an empty table has none).
 * E_EVIDENCE_UNAVAILABLE. */
bool snp_parts(struct slice report, struct slice table, struct arena *a, struct evidence *e, struct err *err);

/* The report, and certificates if the host sends any. */
bool sev_guest_report(const uint8_t report_data[64], struct arena *a, struct evidence *e, struct err *err);

/* A key derived from the chip's, bound to the launch measurement and the guest's policy. E_NO_SEAL_KEY. */
bool sev_guest_seal_key(enum seal_policy policy, struct secret *out, struct err *err);

extern const struct tee tee_sev_guest;
