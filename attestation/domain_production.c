/* SPDX-License-Identifier: Apache-2.0 */
/* The production trust domain: what a program is built for that is linked with attestation_production. */
#include "attestation/collect_aci.h"
#include "attestation/collect_azure.h"
#include "attestation/collect_gramine.h"
#include "attestation/collect_nsm.h"
#include "attestation/collect_occlum.h"
#include "attestation/collect_snp.h"
#include "attestation/collect_tsm.h"
#include "attestation/sigstruct.h"
#include "base/text.h"

/* The order of probing. What is inside of something else comes first: an enclave in a VM is an enclave, a container
 * group in a VM has more to show than the VM. Hardware that can be asked comes before a virtual TPM that it vouches
 * for. */
static const struct tee *const tees[] = {&tee_gramine, &tee_occlum,    &tee_nsm,   &tee_aci, &tee_tsm_tdx,
                                         &tee_tsm_snp, &tee_sev_guest, &tee_azure, NULL};

static bool package_info(const char *path, struct arena *a, struct package_policy *out, struct err *err)
{
    struct sigstruct s;

    if (!sigstruct_read(path, &s, err))
        return false;
    *out = (struct package_policy){
        .debug = s.debug,
        .unique_id = hex_text(a, slice_of(s.mr_enclave, sizeof s.mr_enclave)),
        .signer_id = hex_text(a, slice_of(s.mr_signer, sizeof s.mr_signer)),
        .has_product_id = true,
        .has_security_version = true,
        .product_id = s.isv_prod_id,
        .security_version = s.isv_svn,
    };
    return true;
}

const struct trust_domain *trust_domain(void)
{
    static const struct trust_domain domain = {
        .name = "production",
        .simulated = false,
        .roots = roots_production,
        .tees = tees,
        .collateral = NULL,
        .package_info = package_info,
    };
    return &domain;
}
