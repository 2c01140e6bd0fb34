/* SPDX-License-Identifier: Apache-2.0 */
/* cli/evidence_files.h: evidence and its collateral in files, each part under a name of its own.
 *
 *     evidence     quote.bin  report.bin  hcl_report.bin  document.cose  certificate.pem|der  oe_report.bin
 *     sent along   tpm_quote.msg  tpm_quote.sig  tpm_pcrs.json  thim_certs.json  uvm_endorsements.cose
 *                  cce_policy.rego  runtime_data.bin
 *     collateral   tcb_info.json  tcb_issuer_chain.pem  qe_identity.json  qe_issuer_chain.pem
 *                  pck_crl.der|pem|hex  root_ca_crl.der|pem|hex  pck_crl_issuer_chain.pem  pck_chain.pem
 *                  vek.der|pem  vek_chain.pem  vek_crl.der|pem
 */
#pragma once
#include "attestation/collateral.h"

/* Reads the evidence of one file: kind and encoding are recognised; where they cannot be, and the file has one of the
 * names above, it is taken as what its name says (and will be refused for its form). E_EVIDENCE_FORMAT: unknown. */
bool evidence_file_read(const char *path, struct arena *a, struct evidence *out, struct err *err);

/* Adds what the folder holds beside the evidence. */
bool evidence_folder_read(const char *folder, struct arena *a, struct evidence *evidence, struct collateral *out,
                          struct err *err);
