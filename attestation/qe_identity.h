/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/qe_identity.h: what Intel says its quoting enclave looks like.
 *
 * Source: Intel PCS API v4, "Get Quoting Enclave Identity". Hexadecimal members, MISCSELECT too, are in
 * memory order.
 */
#pragma once
#include "attestation/dcap_quote.h"
#include "attestation/tcb.h"

struct qe_identity {
    const char *id; /* "QE" (SGX), "TD_QE" (TDX) */
    unsigned version;
    int64_t issue_date, next_update;
    uint64_t tcb_evaluation_data_number;
    struct slice misc_select, misc_select_mask; /* 4, 4 */
    struct slice attributes, attributes_mask;   /* 16, 16 */
    struct slice mr_signer;                     /* 32 */
    unsigned isv_prod_id;
    struct tcb_level *levels; /* by isv_svn, descending */
    size_t num_levels;
};

/* `body` are the signed bytes. E_COLLATERAL_FORMAT, E_TCB_STATUS_UNKNOWN. */
bool qe_identity_parse(struct slice body, struct arena *a, struct qe_identity *out, struct err *err);

/* Is the enclave that made this report Intel's? E_QE_IDENTITY. */
bool qe_identity_match(const struct qe_identity *id, const struct sgx_report *qe, struct err *err);
