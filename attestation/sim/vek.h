/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/vek.h: the simulated VCEKs and VLEKs and their certificates, with the profile of AMD's KDS.
 */
#pragma once
#include "attestation/sim/keys.h"
#include "attestation/sim/snp.h"

/* The key of that chip (VCEK) or cloud (VLEK) at that TCB. */
bool sim_vek_key(const struct sim_chip *chip, bool vlek, struct key *out, struct err *err);

/* Its certificate, issued by `issuer` (NULL: the product's ASK or ASVK). */
bool sim_vek_issue(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                   const struct sim_party *issuer, struct arena *a, struct slice *der, struct err *err);
