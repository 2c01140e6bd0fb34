/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/snp_vek.h: the certificate of the key that signs SNP reports (VCEK: the chip's; VLEK: loaded
 * for a cloud provider), and its chain: ARK, then ASK or ASVK, then VEK.
 *
 * Source: Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification (AMD 57230) and
 * its VLEK counterpart (AMD 58369); RFC 5280. Certificates borrow from the arena.
 */
#pragma once
#include "attestation/snp_report.h"
#include "attestation/steps.h"
#include "pki/cert.h"

struct vek_chain {
    struct cert vek, ask, ark;
    const char *product; /* of the trust anchor that the ARK is */
};

/* From a VEK (DER or PEM) and a chain (DER one behind the other, or PEM) in any order; if `vek` is empty, the
 * one of that name in the chain. Unreadable: E_COLLATERAL_FORMAT. Not all three, or more: E_VEK_CHAIN. */
bool vek_chain_parse(struct slice vek, struct slice chain, struct arena *a, struct vek_chain *out,
                     struct err *err);

/* The ARK is one of the trust anchors, byte by byte. Sets product. E_ROOT. */
bool vek_chain_root(struct vek_chain *c, const struct roots *roots, struct err *err);

/* Names, uses, algorithms (RSASSA-PSS with SHA-384; the VEK's own key is on P-384), signatures. E_VEK_CHAIN.
 */
bool vek_chain_verify(const struct vek_chain *c, struct appraising *x, struct err *err);

/* The common names are those that go with the signing key ("VCEK", "VLEK") and the product. E_VEK_CHAIN. */
bool vek_chain_named(const struct vek_chain *c, const char *signing_key, struct arena *a, struct err *err);

/* What the VEK's extensions certify. */
struct vek_platform {
    const char *product; /* or NULL: a name that is not known */
    struct slice product_name;
    struct snp_tcb tcb;
    struct slice hwid;   /* VCEK: 64 bytes, Turin 8 */
    struct slice csp_id; /* VLEK */
};

/* All that go with the signing key and the product are there, and none of the other kind's. E_VEK_CHAIN. */
bool vek_platform_parse(const struct vek_chain *c, const char *signing_key, struct vek_platform *out,
                        struct err *err);

/* They say what the report says: product, reported TCB, chip id. E_VEK_MISMATCH. */
bool vek_platform_matches(const struct vek_platform *p, const struct snp_report *r, const char *product,
                          struct err *err);
