/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/keys.h: parties of the simulated TEE that are data and not derived (keys.pem, make-keys).
 *
 * RSA keys take too long to derive, and certificates whose digest is a trust anchor have to be the same bytes
 * for ever. The file stands in the program.
 */
#pragma once
#include "attestation/sim/pki.h"

/* The party whose certificate has this common name. Where the file has no key for it, the key is empty. The
 * certificate lives in the arena. */
bool sim_embedded(const char *common_name, struct arena *a, struct sim_party *out, struct err *err);

/* Common names of the parties that are not AMD's: those are "ARK-", "SEV-" and "SEV-VLEK-" with the product.
 */
#define SIM_NITRO_ROOT "aws.nitro-enclaves"
#define SIM_UVM_ROOT   "Supply Chain RSA Root CA"
#define SIM_UVM_CA     "SCD Products RSA CA"
#define SIM_UVM_LEAF   "ContainerPlat"
