/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/policy.h: what a relying party demands of evidence: MarbleRun's package properties.
 *
 * The same properties name a package in a manifest and the coordinator in an era file.
 */
#pragma once
#include "attestation/attestation.h"
#include "base/json.h"

struct package_policy {
    bool debug;
    const char *unique_id, *signer_id; /* hex of either case; NULL or "": not demanded */
    bool has_product_id, has_security_version;
    uint64_t product_id;
    uint64_t security_version;
    char **tcb_statuses; /* accepted besides UpToDate; none given: SWHardeningNeeded */
    size_t num_tcb_statuses;
    char **advisories; /* accepted with SWHardeningNeeded; none given: all */
    size_t num_advisories;
};

/* Reads Debug, UniqueID, SignerID, ProductID, SecurityVersion, AcceptedTCBStatuses, AcceptedAdvisories.
 * Nothing is judged: see policy_is_complete(). */
bool policy_parse(struct fields *f, struct package_policy *out);
extern const char *const policy_known_fields[]; /* for fields_unknown() */

/* The rule of sets: UniqueID alone, or SignerID with ProductID and SecurityVersion; with Debug both
 * mistakes are only worth a warning, whose text is given back (NULL: none). E_PACKAGE_INCOMPLETE,
 * E_PACKAGE_CONFLICT. */
bool policy_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err);

/* Does genuine evidence satisfy the policy? In this order: TCB status (E_TCB_STATUS), advisories
 * (E_ADVISORY), report data (E_REPORT_DATA; all 64 bytes), Debug equal (E_DEBUG), UniqueID (E_UNIQUE_ID),
 * SignerID (E_SIGNER_ID), ProductID equal (E_PRODUCT_ID), SecurityVersion at least (E_SECURITY_VERSION). */
bool policy_match(const struct package_policy *p, const struct verdict *v, struct slice report_data, struct err *err);

/* As JSON, MarbleRun's names: what `package-info --json` prints. */
char *policy_json(const struct package_policy *p, struct arena *a);
