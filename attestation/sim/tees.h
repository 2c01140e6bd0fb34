/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/tees.h: the simulated TEEs that a -sim program can find itself in, and what it is in each.
 *
 * MESH_SIM_TEE names the one that is here: sgx (default), tdx, snp, snp-aci, az-snp, az-tdx, nitro. MESH_SIM_TPM names
 * the virtual TPM of the Azure kinds as tpm2-tss does ("swtpm:path=..."), with a report of `meshsim hcl-report` in it;
 * without it that TPM is simulated in software.
 */
#pragma once
#include "attestation/sim/snp.h"

/* A guest that runs this program and nothing else: its launch measurement is sim_launch_measurement(), and a debug
 * program makes a debug guest. */
struct sim_guest sim_guest_running(const struct sim_identity *id);
struct sim_td sim_td_running(const struct sim_identity *id);

/* The chip that simulated reports of programs come from. */
extern const struct sim_chip *const sim_chip_here;

extern const struct tee *const sim_tees[]; /* NULL-terminated */
