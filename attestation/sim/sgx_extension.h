/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/sgx_extension.h: the SGX extension of PCK certificates, written.
 *
 * Intel SGX PCK Certificate and CRL Profile Specification, section 1.3.5: OID 1.2.840.113741.1.13.1, as a
 * certificate of the Platform CA carries it, with all optional members.
 */
#pragma once
#include "attestation/sim/sim.h"

extern const struct slice OID_SGX;

/* The value: what goes into the extension's OCTET STRING. */
struct slice sim_sgx_extension(const struct sim_platform *p, struct arena *a);
