/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_gramine.h: evidence and keys inside Gramine, which offers them as files.
 *
 * Gramine documentation, "Attestation and Secret Provisioning": writing 64 bytes to user_report_data and
 * reading quote makes a DCAP quote; keys/_sgx_mrsigner and keys/_sgx_mrenclave are 16-byte keys of EGETKEY.
 * `folder` is /dev/attestation in a program; tests have one of their own.
 */
#pragma once
#include "attestation/collect.h"

/* E_NO_TEE: no such folder, or Gramine runs without DCAP attestation. */
bool gramine_probe(const char *folder, struct err *err);

/* The files belong to the whole process, so callers wait for each other. The quote is checked to be the one
 * asked for. E_EVIDENCE_UNAVAILABLE. */
bool gramine_evidence(const char *folder, const uint8_t report_data[64], struct arena *a, struct slice *out,
                      struct err *err);

/* 32 bytes derived from Gramine's 16. E_EVIDENCE_UNAVAILABLE. */
bool gramine_seal_key(const char *folder, enum seal_policy policy, struct secret *out, struct err *err);

extern const struct tee tee_gramine; /* over /dev/attestation */
