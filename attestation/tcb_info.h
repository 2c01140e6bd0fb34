/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/tcb_info.h: what Intel says about one family of platforms.
 *
 * Versions 2 (API v3, SGX only) and 3 (API v4). Parsing decides nothing: whose info it is and whether its
 * dates hold is asked elsewhere. Source: Intel PCS API v4, "Get TCB Info".
 */
#pragma once
#include "attestation/tcb.h"

/* Who signed a TDX module, and how its attributes must be. */
struct tdx_module {
    const char *id; /* "TDX_01": version 1; NULL: modules without a version */
    struct slice mr_signer, attributes, attributes_mask; /* 48, 8, 8 */
    struct tcb_level *levels; /* by isv_svn, descending; of modules with a version */
    size_t num_levels;
};

struct tcb_info {
    unsigned version;
    const char *id; /* "SGX" (version 2 does not say it), "TDX" */
    unsigned tcb_type;
    int64_t issue_date, next_update;
    struct slice fmspc, pce_id; /* 6, 2 */
    uint64_t tcb_evaluation_data_number;
    struct tcb_level *levels; /* descending; of another id than "SGX" and "TDX": none */
    size_t num_levels;
    bool has_module; /* TDX */
    struct tdx_module module;
    struct tdx_module *modules; /* those with a version */
    size_t num_modules;
};

/* `body` are the signed bytes. Results live in the arena. E_COLLATERAL_FORMAT, E_TCB_STATUS_UNKNOWN. */
bool tcb_info_parse(struct slice body, struct arena *a, struct tcb_info *out, struct err *err);

/* The module of that version (TEE_TCB_SVN[1]); 0: the one without a version. NULL: there is none. */
const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t version);
