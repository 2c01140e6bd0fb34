/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/pck.h: the platform's certificate (Provisioning Certification Key) and its chain.
 *
 * Parsing, verifying and reading the extension are separate so that results can be kept.
 * Source: Intel SGX PCK Certificate and Certificate Revocation List Profile Specification, section 1.3.
 */
#pragma once
#include "attestation/chain.h"
#include "attestation/dcap_quote.h"

struct pck_chain {
    struct cert leaf, intermediate, root;
};

/* Certification data types, Intel SGX ECDSA Quote Library API Reference, A.4. */
enum certification {
    CERT_PPID_CLEAR = 1,
    CERT_PPID_RSA2048,
    CERT_PPID_RSA3072,
    CERT_PCK_LEAF,  /* the PCK certificate alone; its issuers are in the collateral */
    CERT_PCK_CHAIN, /* what production platforms have */
    CERT_QE_REPORT,
    CERT_PLATFORM_MANIFEST,
};

/* The three certificates, from the quote or, where it holds none in PEM, from the collateral.
 * E_EVIDENCE_FORMAT, also if a chain is needed and not there; E_PCK_CHAIN for the roles. */
bool pck_chain_of(const struct dcap_quote *q, const struct collateral *c, struct arena *a,
                  struct pck_chain *out, struct err *err);

/* Exactly three certificates whose roles are found by name. E_EVIDENCE_FORMAT; E_PCK_CHAIN for the roles. */
bool pck_chain_parse(struct slice pem, struct arena *a, struct pck_chain *out, struct err *err);

/* Names, CA flags, signatures from root to leaf; whether the root is trusted is asked elsewhere, as are
 * dates and revocation. E_PCK_CHAIN. */
bool pck_chain_verify(const struct appraisal *in, const struct pck_chain *c, struct err *err);

/* "processor" or "platform": which of Intel's two authorities issued it. */
const char *pck_ca_name(const struct pck_chain *c);

/* The SGX extension of the leaf, 1.2.840.113741.1.13.1; slices borrow from the certificate. */
struct pck_platform {
    struct slice ppid, pce_id, fmspc; /* 16, 2, 6 */
    uint8_t components[16];           /* TCB component SVNs */
    unsigned pce_svn;
    unsigned sgx_type; /* 0 standard, 1 scalable, 2 scalable with integrity */
};
bool pck_platform_parse(const struct cert *leaf, struct pck_platform *out, struct err *err); /* E_PCK_CHAIN */
