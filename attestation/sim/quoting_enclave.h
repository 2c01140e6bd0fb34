/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/quoting_enclave.h: what the simulated quoting enclave is: quotes show it, collateral names
 * it. */
#pragma once
#include "attestation/sim/sim.h"

enum { SIM_QE_PROD_ID = 1, SIM_TD_QE_PROD_ID = 2 };

/* Intel SDM volume 3D, ATTRIBUTES: bits of the first byte; and an x-feature mask as servers show it. */
enum { SIM_INIT = 0x01, SIM_DEBUG = 0x02, SIM_MODE64BIT = 0x04, SIM_PROVISION_KEY = 0x10, SIM_XFRM = 0xe7 };

void sim_qe_signer(uint8_t mr_signer[32]);

/* What a quote is about: the body that the quoting enclave signs. */
struct sim_body {
    enum tee_kind tee;
    unsigned type; /* of version 5 */
    struct slice bytes;
};

/* Header, body, signatures, quoting enclave and certificates; `version` is what the options leave open. */
bool sim_quote_body(const struct sim_platform *p, const struct sim_body *body, unsigned version,
                    const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err);
