/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_aci.h: evidence in a container group of Azure Container Instances: the report of its utility
 * VM, with what Azure puts into files beside the container.
 *
 * Microsoft, "Confidential containers on Azure Container Instances", security context: the folder that
 * UVM_SECURITY_CONTEXT_DIR names holds security-policy-base64, reference-info-base64 and host-amd-cert-base64.
 */
#pragma once
#include "attestation/collect.h"

/* What the files in `folder` hold, decoded. E_EVIDENCE_UNAVAILABLE. */
bool aci_context(const char *folder, struct arena *a, struct evidence *e, struct err *err);

extern const struct tee tee_aci;
