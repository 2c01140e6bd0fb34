/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/snp_report.h: the attestation report of SEV-SNP, read and checked by itself.
 *
 * Source: SEV Secure Nested Paging Firmware ABI Specification (AMD 56860), ATTESTATION_REPORT, versions 2 to
 * 5 (version 4 has version 3's layout). Integers are little endian. Slices borrow.
 */
#pragma once
#include "attestation/claims.h"

enum { SNP_REPORT_LEN = 0x4a0, SNP_SIGNED_LEN = 0x2a0, SNP_CHIP_ID_LEN = 64, SNP_TURIN_HWID_LEN = 8 };

/* Bits of the guest policy and of the key information. */
enum {
    SNP_POLICY_SMT = 16,
    SNP_POLICY_RESERVED_ONE = 17,
    SNP_POLICY_MIGRATE_MA = 18,
    SNP_POLICY_DEBUG = 19,
    SNP_POLICY_HIGHEST = 25,
    SNP_KEY_INFO_MASKED = 1, /* the chip's key is masked */
};
static inline bool snp_policy_has(uint64_t policy, unsigned bit) { return (policy >> bit & 1) != 0; }

struct snp_report {
    struct slice signed_part;  /* SNP_SIGNED_LEN: the original bytes */
    struct slice report_data;  /* 64 */
    struct slice r, s, unused; /* of the signature: 72, 72, 368 */
    bool masked;               /* the chip's key is masked: chip id need not be the certificate's */
    struct snp_claims says;    /* without what only certificates tell: product, TCB parts, CSP id */
};

/* Bare, or behind the 32 bytes in which the firmware answers (MSG_REPORT_RSP: status, size, reserved). In
 * this order: size, version, signature algorithm, policy bit 17 and the bits that mean nothing, reserved
 * bytes, signing key. E_EVIDENCE_FORMAT. */
bool snp_report_parse(struct slice in, struct snp_report *out, struct err *err);

/* The signature's form, and r || s big endian (96 bytes) in the arena: R and S are little endian in 72 bytes
 * each, what is above 384 bits and behind S is zero, neither is zero. E_REPORT_SIGNATURE. */
bool snp_report_signature(const struct snp_report *r, struct arena *a, struct slice *raw, struct err *err);

/* The product whose certificates go with this processor, by the CPUID in reports from version 3 on: "Milan",
 * "Genoa" (Bergamo and Siena too), "Turin". E_EVIDENCE_FORMAT for others; NULL in *out if the report does not
 * say. */
bool snp_report_product(const struct snp_report *r, const char **out, struct err *err);

/* The product that goes by this name: "Milan", "Milan-B0", "Bergamo"; NULL if there is none. */
const char *snp_product_named(struct slice name);
bool snp_is_turin(const char *product);

/* TCB_VERSION, 8 bytes, taken apart: Turin has a layout of its own. */
struct snp_tcb snp_tcb_parts(struct slice tcb, const char *product);
