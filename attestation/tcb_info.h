/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/tcb_info.h: what Intel says about one family of platforms.
 *
 * Versions 2 (API v3) and 3 (API v4). Parsing decides nothing: whose info it is and whether its dates
 * hold is asked elsewhere. Of a TDX info all but the levels is read, so that a mix-up is told as what it is.
 * Source: Intel PCS API v4, "Get TCB Info".
 */
#pragma once
#include "attestation/tcb.h"

struct tcb_info {
    unsigned version;
    const char *id; /* "SGX" (version 2 does not say it), "TDX" */
    unsigned tcb_type;
    int64_t issue_date, next_update;
    struct slice fmspc, pce_id; /* 6, 2 */
    uint64_t tcb_evaluation_data_number;
    struct tcb_level *levels; /* descending; of "SGX" only */
    size_t num_levels;
};

/* `body` are the signed bytes. Results live in the arena. E_COLLATERAL_FORMAT, E_TCB_STATUS_UNKNOWN. */
bool tcb_info_parse(struct slice body, struct arena *a, struct tcb_info *out, struct err *err);
