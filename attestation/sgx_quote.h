/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sgx_quote.h: an SGX ECDSA quote, taken apart. Nothing is decided here.
 *
 * Versions 3, 4 and 5 with an SGX enclave report as body (Intel SGX DCAP quote formats).
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

enum { SGX_REPORT_LEN = 384, SGX_QUOTE_HEADER_LEN = 48 };

struct sgx_report {
    struct slice raw; /* SGX_REPORT_LEN bytes */
    struct slice cpu_svn, misc_select, isv_ext_prod_id, attributes, mr_enclave, mr_signer, config_id;
    struct slice isv_family_id, report_data;
    unsigned isv_prod_id, isv_svn, config_svn;
};

struct sgx_quote {
    unsigned version;
    unsigned body_type; /* version 5: 1; 0 in older versions, which do not say */
    struct slice signed_part; /* what the quote signature covers */
    struct sgx_report report;
    struct slice signature, attestation_key; /* 64, 64 */
    struct sgx_report qe_report;
    struct slice qe_signature, qe_auth; /* 64, any */
    unsigned cert_type; /* certification data type; 5: PEM chain */
    struct slice cert_data;
    size_t trailing_bytes; /* after the structure */
};

/* Takes the length from the structure; bytes after it are allowed (quoting services pad). E_EVIDENCE_FORMAT. */
bool sgx_quote_parse(struct slice in, struct sgx_quote *out, struct err *err);
bool sgx_report_parse(struct slice in, struct sgx_report *out, struct err *err);
