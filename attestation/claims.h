/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/claims.h: what evidence says, in the vendors' terms and in common ones.
 *
 * Byte strings are slices in memory order that borrow from the evidence; an empty one is not there. Which
 * members mean something depends on `tee`.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum tee_kind { TEE_NONE, TEE_SGX, TEE_TDX, TEE_SNP, TEE_NITRO }; /* TEE_NONE: nothing was read */

/* Names as Intel writes them; tcb_status_name(), tcb_status_named(). */
enum tcb_status {
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    NUM_TCB_STATUSES
};
const char *tcb_status_name(enum tcb_status s);
bool tcb_status_named(const char *name, enum tcb_status *out);

/* Intel's platform, of SGX and TDX. */
struct dcap_claims {
    unsigned quote_version;
    unsigned body_type; /* quote version 5: 1 SGX, 2 TD 1.0, 3 TD 1.5; 0 in older quotes */
    size_t trailing_bytes; /* behind the quote, signed by nobody: padding, as quoting services leave it */
    bool has_status; /* the appraisal came as far as the TCB status; so do the members up to num_advisories */
    enum tcb_status tcb_status, platform_tcb_status, qe_tcb_status, tdx_module_tcb_status;
    bool has_module_status; /* TDX modules without a version have none */
    int64_t tcb_date; /* the earliest of the chosen levels */
    char **advisories; /* sorted, each once */
    size_t num_advisories;
    struct slice fmspc, pce_id, ppid, pck_serial; /* 6, 2, 16, contents without leading zero */
    const char *pck_ca; /* "processor" or "platform" */
    uint64_t tcb_evaluation_data_number; /* the lower of TCB info and QE identity */
    unsigned qe_isv_svn;
};

struct sgx_claims {
    struct slice mr_enclave, mr_signer; /* 32, 32 */
    unsigned isv_prod_id, isv_svn, config_svn;
    struct slice cpu_svn, misc_select, isv_ext_prod_id, attributes, config_id, isv_family_id;
};

struct tdx_claims {
    struct slice tee_tcb_svn, mr_seam, mr_signer_seam, seam_attributes, td_attributes, xfam;
    struct slice mr_td, mr_config_id, mr_owner, mr_owner_config, rtmr[4];
    struct slice tee_tcb_svn2, mr_service_td; /* TD 1.5 */
};

/* Security patch levels of a TCB_VERSION, taken apart as the product lays it out. */
struct snp_tcb {
    bool has_fmc; /* Turin */
    unsigned fmc, bl, tee, snp, ucode;
};

struct snp_claims {
    unsigned report_version, guest_svn, vmpl, signature_algorithm;
    uint64_t policy, platform_info;
    uint32_t key_info;
    struct slice family_id, image_id, measurement, host_data, id_key_digest, author_key_digest;
    struct slice report_id, report_id_ma, chip_id;
    struct slice current_tcb, reported_tcb, committed_tcb, launch_tcb; /* 8 each, as they stand */
    struct snp_tcb current, reported, committed, launch;
    struct slice cpuid;                              /* version 3 on: family, model, stepping; 3 */
    struct slice current_version, committed_version; /* 3 each: build, minor, major */
    struct slice launch_mit_vector, current_mit_vector; /* version 5 */
    const char *product;     /* "Milan", "Genoa", "Turin" */
    const char *signing_key; /* "VCEK", "VLEK" */
    const char *csp_id;      /* VLEK; or NULL */
};

/* Azure Container Instances: who vouches for the utility VM. */
struct uvm_claims {
    bool there;
    const char *did, *feed, *svn;
    uint64_t svn_number;
};

/* A vTPM whose key hardware evidence vouches for (Azure confidential VMs). */
struct vtpm_claims {
    bool there, quoted;
    struct slice ak_modulus_sha256; /* 32 */
    const char *user_data;          /* as it stands in the runtime data */
    const char *vm_configuration;   /* JSON text */
    struct slice extra_data;
    uint32_t pcr_selection; /* bit n: PCR n */
    struct slice pcr_digest, pcrs[24]; /* PCR values, checked against the digest */
    struct slice firmware_version;     /* 8, as it stands */
};

struct nitro_claims {
    const char *module_id;
    uint64_t timestamp_ms;
    struct slice pcrs[32];
    struct slice user_data, nonce, public_key;
    bool has_user_data, has_nonce, has_public_key;
};

/* What a certificate or Open Enclave's header says around the evidence, and the evidence is bound to. */
struct framing_claim {
    const char *name;   /* UTF-8 */
    struct slice value; /* contents of a byte string, else the encoded item */
};
struct framing_claims {
    const char *name; /* "dice-tagged-evidence", "oe-report", "oe-evidence", "gramine-legacy"; NULL: there is none */
    struct slice spki_sha256; /* 32: of the certificate's key; empty: there is no certificate */
    struct slice nonce;       /* claim "nonce"; empty: there is none */
    const struct framing_claim *claims; /* NULL: a framing without any */
    size_t num_claims;
};

struct claims {
    enum tee_kind tee;
    const char *tee_name; /* "sgx", "tdx", "snp", "az-snp-vtpm", "az-tdx-vtpm", "nitro" */
    bool simulated;       /* appraised under the simulated TEE's roots */
    bool debug;
    struct slice report_data; /* of the hardware's report, 64; Nitro: none */
    /* What the attester bound its evidence to, 64 bytes, zeros behind: report data; with a vTPM the extra data
     * of its quote, of a Nitro document user_data. This is what a relying party compares. */
    struct slice bound;
    struct dcap_claims dcap;
    struct sgx_claims sgx;
    struct tdx_claims tdx;
    struct snp_claims snp;
    struct uvm_claims uvm;
    struct vtpm_claims vtpm;
    struct nitro_claims nitro;
    struct framing_claims framing;
};

static inline bool claims_have_dcap(const struct claims *c) { return c->tee == TEE_SGX || c->tee == TEE_TDX; }
