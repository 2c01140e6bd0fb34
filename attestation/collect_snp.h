/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_snp.h: reports, certificates and keys in a SEV-SNP guest, through /dev/sev-guest.
 *
 * Linux, "The Definitive SEV Guest API Documentation" (linux/sev-guest.h); AMD, "SEV Secure Nested Paging Firmware
 * ABI", MSG_REPORT_REQ, MSG_KEY_REQ; AMD, "GHCB specification" 4.1.8.1 for the certificate table.
 */
#pragma once
#include "attestation/collect.h"

enum { SNP_REPORT_DATA_AT = 0x50 };

/* Puts what the host sends along into `e`: the chip's certificate, and ASK (or ASVK) and ARK as a chain. The table is
 * the host's: nothing is believed, and what is not understood is left out. E_EVIDENCE_UNAVAILABLE: not a table. */
bool snp_certificates(struct slice table, struct arena *a, struct evidence *e, struct err *err);

/* The report, and certificates if the host sends any. */
bool sev_guest_report(const uint8_t report_data[64], struct arena *a, struct evidence *e, struct err *err);

/* A key derived from the chip's, bound to the launch measurement and the guest's policy. E_NO_SEAL_KEY. */
bool sev_guest_seal_key(enum seal_policy policy, struct secret *out, struct err *err);

extern const struct tee tee_sev_guest;
