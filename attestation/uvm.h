/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/uvm.h: who vouches for the utility VM of a confidential container group (Azure Container
 * Instances).
 *
 * `reference-info` is a COSE_Sign1 whose payload names the launch measurement and the security version of the
 * VM's image; its issuer is a did:x509 that its own certificate chain (x5chain) must bear out. Trust is in
 * the issuers named in the appraisal. **The chain's dates are not looked at**: the leaf lives for a year and
 * endorsements outlive it; what limits going back to an old image is the security version, for which a policy
 * has a minimum.
 *
 * Source: Microsoft's confidential container documentation (reference-info), RFC 9052, RFC 9360, RFC 9597.
 */
#pragma once
#include "attestation/steps.h"

/* Takes the steps for `endorsement`; the report's claims are in the verdict already. Fills claims.uvm. */
bool uvm_appraise(struct appraising *x, struct slice endorsement);
