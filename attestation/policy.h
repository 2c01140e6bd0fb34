/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/policy.h: what a relying party demands of evidence.
 *
 * MarbleRun's package properties describe an SGX enclave. Ours stand beside them in sections named after what
 * they describe: TDX, SNP, UVM, VTPM, Nitro; docs/attestation.md shows each property. The same properties
 * name a package in a manifest and the coordinator in an era file.
 *
 * A policy that describes some TEEs accepts evidence of these alone; one that describes none (MarbleRun's
 * default) accepts evidence of any. Everything that a policy says must hold together.
 */
#pragma once
#include "attestation/accepted.h"
#include "attestation/attestation.h"
#include "base/json.h"

/* A status other than UpToDate that is acceptable under conditions. */
struct accepted_tcb {
    enum tcb_status status;
    char **advisories; /* those that may apply; NULL: any */
    size_t num_advisories;
    bool has_advisories;
    int64_t until; /* INT64_MAX: no end */
};

enum { MAX_MEASURED = 32 };

/* Properties with values that must equal one of several. */
struct accepted_list {
    struct accepted at[MAX_MEASURED];
    size_t num;
};

struct tdx_policy {
    bool given;
    struct accepted_list values; /* MRTD, RTMR0..3, MRSEAM, ..., TDAttributes, XFAM */
};

/* Bits of the guest policy or of the platform that a policy looks at. */
struct demanded_bits {
    uint64_t must_be_set, must_be_clear;
};

struct snp_policy {
    bool given;
    struct accepted_list values; /* Measurement, HostData, IDKeyDigest, AuthorKeyDigest, FamilyID, ImageID, ChipID */
    struct demanded_bits guest, platform;
    struct snp_tcb minimum; /* of reported, committed and launch TCB */
    bool has_minimum_fmc;
    uint64_t minimum_guest_svn;
    unsigned minimum_abi; /* major << 8 | minor */
    uint64_t vmpl;        /* the one that is accepted; 0 where the policy is silent */
    char **products;      /* NULL: any */
    size_t num_products;
    const char *signing_key; /* "VCEK", "VLEK", or NULL: either */
};

struct uvm_policy {
    bool given;
    char **issuers; /* did:x509; at least one */
    size_t num_issuers;
    const char *feed;
    uint64_t minimum_svn;
};

struct vtpm_policy {
    bool given;
    struct accepted_list pcrs; /* "0" to "23" */
};

struct nitro_policy {
    bool given;
    struct accepted_list pcrs; /* "0" to "31" */
};

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
    struct accepted_tcb *accepted_tcb; /* ours: further statuses, per advisory and until a date */
    size_t num_accepted_tcb;
    uint64_t min_tcb_evaluation; /* ours: of the collateral; 0: any */
    bool relay_proof; /* ours: only evidence that is bound to the connection it comes over (mesh.v1) */
    uint64_t collateral_grace_days; /* ours: after its nextUpdate, while its source cannot be reached */
    struct tdx_policy tdx;
    struct snp_policy snp;
    struct uvm_policy uvm;
    struct vtpm_policy vtpm;
    struct nitro_policy nitro;
};

/* Reads all properties. In sections of ours an unknown member is a fault. Nothing else is judged: see
 * policy_check(). */
bool policy_parse(struct fields *f, struct package_policy *out);
extern const char *const policy_known_fields[]; /* for fields_unknown() */

/* A policy by itself: JSON with these properties and no others, each once. E_JSON_SYNTAX. */
bool policy_read(struct slice json, struct arena *a, struct package_policy *out, struct err *err);

/* The rule of sets: UniqueID alone, or SignerID with ProductID and SecurityVersion, unless only other TEEs are
 * described; a section of ours names at least what tells programs apart (TDX: MRTD; SNP: Measurement,
 * IDKeyDigest or AuthorKeyDigest, or a UVM section; VTPM and Nitro: a PCR). With Debug such mistakes are only
 * worth a warning, whose text is given back (NULL: none). E_PACKAGE_INCOMPLETE, E_PACKAGE_CONFLICT. */
bool policy_check(const struct package_policy *p, struct arena *a, char **warning, struct err *err);

/* Does genuine evidence satisfy the policy at this time? In this order: TCB status (E_TCB_STATUS), advisories
 * (E_ADVISORY), age of collateral (E_TCB_EVALUATION), report data (E_REPORT_DATA; all 64 bytes that the
 * evidence is bound to), Debug equal (E_DEBUG), the TEE is one that is described (E_TEE_KIND), then what is
 * said of it: SGX UniqueID (E_UNIQUE_ID), SignerID (E_SIGNER_ID), ProductID equal (E_PRODUCT_ID),
 * SecurityVersion at least (E_SECURITY_VERSION); others E_MEASUREMENT, E_RUNTIME_MEASUREMENT, E_TEE_ATTRIBUTES,
 * E_HOST_DATA, E_KEY_DIGEST, E_VMPL, E_PRODUCT_LINE, E_TCB_MINIMUM, E_UVM. */
bool policy_match(const struct package_policy *p, const struct verdict *v, struct slice report_data,
                  int64_t now, struct err *err);

/* That step alone. */
bool policy_match_report_data(const struct verdict *v, struct slice report_data, struct err *err);

static inline int64_t policy_grace(const struct package_policy *p) /* seconds */
{
    return (int64_t)p->collateral_grace_days * 24 * 60 * 60;
}

/* As JSON, MarbleRun's names: what `package-info --json` prints. */
char *policy_json(const struct package_policy *p, struct arena *a);
