/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/signed_json.h: Intel's signed JSON: {"tcbInfo":{...},"signature":"<128 hex>"}.
 *
 * The signature covers the very bytes of the inner object, so they are cut out, verified and then
 * parsed; nothing outside of them is believed.
 * Source: Intel PCS API v4, "Get TCB Info" and "Get Quoting Enclave Identity".
 */
#pragma once
#include "attestation/chain.h"

struct signed_json {
    struct slice body;      /* from its '{' to the matching '}', as delivered */
    struct slice signature; /* 64: r || s */
};

/* One JSON object in which no key occurs twice, at any depth. `member` is the signed part's name.
 * E_COLLATERAL_FORMAT. */
bool signed_json_split(struct slice text, const char *member, struct arena *a, struct signed_json *out,
                       struct err *err);

/* Who signs: exactly two certificates, in either order. */
struct tcb_signer {
    struct cert leaf, root;
};
bool tcb_signer_parse(struct slice pem, struct arena *a, struct tcb_signer *out, struct err *err);

/* Trusted root (E_ROOT), name and signature of the leaf (E_COLLATERAL_SIGNATURE). Not: dates, revocation. */
bool tcb_signer_verify(const struct appraisal *in, const struct tcb_signer *s, struct err *err);

bool signed_json_verify(const struct appraisal *in, const struct signed_json *j, const struct tcb_signer *s,
                        struct err *err); /* E_COLLATERAL_SIGNATURE */
