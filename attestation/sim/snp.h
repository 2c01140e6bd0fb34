/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/snp.h: simulated SEV-SNP: reports, the certificates that AMD's KDS would serve for them,
 * and the endorsement of a utility VM (Azure Container Instances); byte-exact under the test roots.
 *
 * Source: as attestation/snp_report.h, snp_vek.h, snp_certificates.h and uvm.h say.
 */
#pragma once
#include "attestation/sim/sim.h"

/* A processor. What differs tells its keys apart, as in the real ones. */
struct sim_chip {
    const char *product; /* "Milan", "Genoa", "Turin" */
    uint8_t cpuid[3];    /* family, model, stepping */
    uint8_t hwid[64];    /* of Turin the first eight */
    uint8_t tcb[8];      /* TCB_VERSION as the product lays it out */
    const char *csp_id;  /* in its VLEK */
};
extern const struct sim_chip sim_chips[3]; /* one of each product, in the order above */

/* What a report says of a guest; zero is a sound guest that nothing is said of. */
struct sim_guest {
    uint8_t measurement[48], host_data[32], id_key_digest[48], author_key_digest[48];
    uint32_t guest_svn, vmpl;
    uint64_t policy;  /* 0: SMT is allowed, and nothing else */
    unsigned version; /* of the report; 0: 2 for Milan, 3 for Genoa, 5 for Turin */
    bool vlek;        /* signed by the cloud's key, not the chip's */
    bool masked;      /* with a chip key that is masked, and no chip id */
};

/* The launch measurement that a simulated native program has: SHA-384 over "marblemesh simulated guest v1"
 * and the digest of its executable (sim_measure). */
void sim_launch_measurement(const struct sim_identity *id, uint8_t measurement[48]);

bool sim_snp_report(const struct sim_chip *chip, const struct sim_guest *guest, const uint8_t report_data[64],
                    struct arena *a, struct slice *report, struct err *err);

/* Signs the first 0x2a0 bytes of a report, whatever they say. */
bool sim_snp_sign(const struct sim_chip *chip, bool vlek, struct slice signed_part, struct arena *a,
                  struct slice *report, struct err *err);

/* VEK (DER), ASK or ASVK and ARK (PEM), and a revocation list if one is asked for. */
struct sim_snp_options {
    bool vlek;
    bool wrapped_hwid;            /* as an OCTET STRING */
    int64_t valid_from, valid_to; /* of the VEK; 0: from a day before, for 7 years (VLEK: 1) */
    bool crl;                     /* a list, valid from a day before for 90 days */
    bool revoke_ask, revoke_asvk;
    int64_t crl_from, crl_to; /* 0: as above */
};
bool sim_snp_collateral(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                        struct arena *a, struct collateral *out, struct err *err);

/* The same certificates as a host hands them out (attestation/snp_certificates.h), and as Azure's does
 * (thim.h). */
bool sim_snp_certificate_table(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                               struct arena *a, struct slice *table, struct err *err);
bool sim_thim_json(const struct sim_chip *chip, int64_t now, struct arena *a, struct slice *json,
                   struct err *err);

/* Endorsements of utility VMs. */
struct sim_uvm {
    uint8_t measurement[48];
    const char *svn;    /* NULL: none is named */
    const char *issuer; /* NULL: sim_uvm_issuer() */
    bool cwt_claims;    /* issuer and feed in CWT claims, not in headers of their own */
    bool untagged;
};
bool sim_uvm_endorsement(const struct sim_uvm *u, struct arena *a, struct slice *out, struct err *err);
const char *sim_uvm_issuer(void);
