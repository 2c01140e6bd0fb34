/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/dcap_quote.h: an ECDSA quote of SGX or TDX, taken apart. Nothing is decided here.
 *
 * Versions 3 (SGX), 4 and 5 (SGX or TDX): Intel SGX ECDSA Quote Library API Reference, appendix A, and Intel
 * TDX DCAP Quoting Library API, appendix A. TD reports: Intel TDX Module ABI, TDREPORT_STRUCT.
 */
#pragma once
#include "attestation/claims.h"
#include "base/bytes.h"
#include "base/err.h"

enum { SGX_REPORT_LEN = 384, TD10_REPORT_LEN = 584, TD15_REPORT_LEN = 648, QUOTE_HEADER_LEN = 48 };

struct sgx_report {
    struct slice raw; /* SGX_REPORT_LEN bytes */
    struct slice report_data;
    struct sgx_claims claims;
};

struct td_report {
    struct slice raw; /* TD10_REPORT_LEN or TD15_REPORT_LEN bytes */
    struct slice report_data;
    struct tdx_claims claims; /* tee_tcb_svn2 and mr_service_td: of TD 1.5, else empty */
};

struct dcap_quote {
    unsigned version;
    enum tee_kind tee;  /* TEE_SGX or TEE_TDX */
    unsigned body_type; /* version 5: 1 SGX, 2 TD 1.0, 3 TD 1.5; 0 in older versions, which do not say */
    struct slice signed_part;                /* what the quote signature covers */
    struct sgx_report report;                /* of SGX */
    struct td_report td;                     /* of TDX */
    struct slice signature, attestation_key; /* 64, 64 */
    struct sgx_report qe_report;
    struct slice qe_signature, qe_auth; /* 64, any */
    unsigned cert_type;                 /* certification data type, 1 to 7; 5: PEM chain */
    struct slice cert_data;
    struct slice trailing; /* after the structure */
};

/* Takes the length from the structure; bytes after it are allowed (quoting services pad). E_EVIDENCE_FORMAT.
 */
bool dcap_quote_parse(struct slice in, struct dcap_quote *out, struct err *err);
bool sgx_report_parse(struct slice in, struct sgx_report *out, struct err *err);

/* The 64 bytes that the attester chose. */
static inline struct slice dcap_quote_report_data(const struct dcap_quote *q)
{
    return q->tee == TEE_TDX ? q->td.report_data : q->report.report_data;
}
