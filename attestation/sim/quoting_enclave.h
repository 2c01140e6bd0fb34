/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/quoting_enclave.h: what the simulated quoting enclave is: quotes show it, collateral names
 * it. */
#pragma once
#include "base/bytes.h"

enum { SIM_QE_PROD_ID = 1 };

/* Intel SDM volume 3D, ATTRIBUTES: bits of the first byte; and an x-feature mask as servers show it. */
enum { SIM_INIT = 0x01, SIM_DEBUG = 0x02, SIM_MODE64BIT = 0x04, SIM_PROVISION_KEY = 0x10, SIM_XFRM = 0xe7 };

void sim_qe_signer(uint8_t mr_signer[32]);
