/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/library/inputs.h: what the opaque types of attestation.h are. Private to attestation/library/. */
#pragma once
#include "attestation/library/attestation.h"
#include "attestation/collateral.h"
#include "attestation/memo.h"
#include "attestation/policy.h"

struct mesh_attest_collateral {
    struct arena arena;
    struct collateral_items items;
};

struct mesh_attest_policy {
    struct arena arena;
    struct package_policy policy;
};

static inline struct slice bytes_in(struct mesh_attest_bytes b) { return slice_of(b.ptr, b.len); }
