/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/dcap.h: the appraisal of an SGX or TDX quote under way. For the files dcap*.c only.
 *
 * Each step reads what earlier ones left in struct dcap. dcap.c has the table of steps and those about quote
 * and platform certificates; dcap_collateral.c those about revocation lists, TCB info and QE identity;
 * dcap_tcb.c those about TDX module and TCB levels.
 */
#pragma once
#include "attestation/crls.h"
#include "attestation/oe.h"
#include "attestation/pck.h"
#include "attestation/qe_identity.h"
#include "attestation/signed_json.h"
#include "attestation/steps.h"
#include "attestation/tcb_info.h"

/* One of the two signed documents. */
struct document {
    struct signed_json json;
    struct tcb_signer signer;
};

/* What one set of SVNs reaches. */
struct evaluation {
    const struct tcb_level *platform, *module; /* module: NULL where it has no version, and for SGX */
};

struct dcap {
    struct appraising x;
    struct oe_framed framed;
    struct dcap_quote quote;
    struct pck_chain pck;
    struct memo_entry *fresh_pck; /* to be kept when it is verified */
    struct pck_platform platform;
    struct crl root_crl, pck_crl;
    struct document tcb_doc, qe_doc;
    struct tcb_info tcb_info;
    struct qe_identity qe_identity;
    struct evaluation at_launch, now; /* `now`: TD 1.5 only */
    const struct tcb_level *qe_level;
};

static inline bool dcap_is_tdx(const struct dcap *d) { return d->quote.tee == TEE_TDX; }
static inline bool dcap_is_td15(const struct dcap *d)
{
    return dcap_is_tdx(d) && d->quote.td.claims.tee_tcb_svn2.len > 0;
}

/* Steps; contracts of each: docs/attestation.md. */
typedef bool dcap_step(void *dcap, struct err *err);
dcap_step dcap_root_ca_crl, dcap_pck_crl, dcap_pck_revocation;
dcap_step dcap_tcb_info_issuer, dcap_tcb_info_signature, dcap_tcb_info_dates;
dcap_step dcap_qe_identity_issuer, dcap_qe_identity_signature, dcap_qe_identity_dates;
dcap_step dcap_collateral_match, dcap_tcb_evaluation_number;
dcap_step dcap_tdx_module, dcap_platform_tcb, dcap_module_tcb, dcap_qe_tcb, dcap_tcb_status;
