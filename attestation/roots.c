/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/attestation.h"

#include "base/text.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "pki/key.h"

/* The key of "Intel SGX Root CA", X || Y: published at
 * https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer. Intel has
 * issued two certificates with it (until 2033 and until 2049), so the key is pinned and not the certificate.
 * Intel's root of pre-production parts has the same name and another key. */
static const uint8_t intel_sgx_root_key[64] = {
    0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10,
    0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5,
    0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac,
    0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94,
};

/* ARKs, one for each product: SHA-256 of the certificates at
 * https://kdsintf.amd.com/vcek/v1/PRODUCT/cert_chain. The authorities below them have been issued anew; these
 * have not. */
static const struct amd_root amd_roots[] = {
    {"Milan",
     {0x69, 0xd0, 0x63, 0xb4, 0x53, 0x44, 0xd2, 0x6a, 0x2e, 0x94, 0xe1, 0xf4, 0x21, 0x0d, 0xe4, 0x9e,
      0xf5, 0x55, 0x30, 0x82, 0x87, 0xd4, 0xc1, 0x74, 0x44, 0x5c, 0x95, 0x63, 0x9a, 0x54, 0x0b, 0xcd}},
    {"Genoa",
     {0x4c, 0x65, 0x98, 0xd1, 0x9c, 0x18, 0x71, 0x9c, 0x5d, 0xfd, 0x4a, 0x7d, 0x33, 0x5f, 0x67, 0x4e,
      0x5b, 0xfe, 0x1d, 0x8f, 0x80, 0x0c, 0xea, 0x2c, 0xf2, 0x70, 0xc1, 0x0d, 0x10, 0x3d, 0xb2, 0xf1}},
    {"Turin",
     {0x1f, 0x08, 0x41, 0x61, 0xa4, 0x4b, 0xb6, 0xd9, 0x37, 0x78, 0xa9, 0x04, 0x87, 0x7d, 0x48, 0x19,
      0xca, 0xfa, 0x5d, 0x05, 0xef, 0x41, 0x93, 0xb2, 0xde, 0xd9, 0xdd, 0x9c, 0x73, 0xdd, 0x3f, 0x6a}},
};

/* "aws.nitro-enclaves": SHA-256 of the certificate in AWS_NitroEnclaves_Root-G1.zip at
 * https://aws-nitro-enclaves.amazonaws.com/. */
static const uint8_t nitro_root_g1[32] = {
    0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46, 0x31, 0x95, 0xd6, 0x06, 0x31,
    0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17, 0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b,
};

/* "Microsoft Supply Chain RSA Root CA 2022", for leaves that may sign images of utility VMs: the issuer in
 * each endorsement of Azure Container Instances. */
static const char uvm_issuer[] =
    "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2";

const struct roots *roots_production(void)
{
    static const struct slice intel[] = {{intel_sgx_root_key, sizeof intel_sgx_root_key}};
    static const struct slice nitro[] = {{nitro_root_g1, sizeof nitro_root_g1}};
    static const char *const uvm_issuers[] = {uvm_issuer};
    static const struct roots roots = {
        .intel = intel,
        .num_intel = 1,
        .amd = amd_roots,
        .num_amd = sizeof amd_roots / sizeof amd_roots[0],
        .nitro = nitro,
        .num_nitro = 1,
        .uvm_issuers = uvm_issuers,
        .num_uvm_issuers = 1,
    };

    return &roots;
}

/* ---- other roots ------------------------------------------------------------------------------ */

static bool read_certificates(struct slice text, struct arena *a, struct cert **out, size_t *num, struct err *err)
{
    if (text_starts_with(text, "-----BEGIN"))
        return cert_parse_pem(text, a, out, num, err);
    *num = 1;
    *out = arena_alloc(a, sizeof **out);
    return cert_parse(text, a, *out, err);
}

/* The product that an AMD root is of; NULL: it is none. */
static const char *product_of(const struct cert *c, struct arena *a)
{
    static const char ark[] = "ARK-";
    const struct slice name = cert_common_name(c);
    const size_t len = sizeof ark - 1;

    return text_starts_with(name, ark) ? arena_strndup(a, slice_of(name.ptr + len, name.len - len)) : NULL;
}

bool roots_of_certificates(struct slice certificates, struct arena *a, struct roots *out, struct err *err)
{
    struct slice *intel, *nitro;
    struct amd_root *amd;
    struct roots r = {0};
    struct cert *certs;
    struct err ignored;
    size_t num;

    if (!read_certificates(certificates, a, &certs, &num, err))
        return false;
    r.intel = intel = arena_array(a, num, sizeof *intel);
    r.nitro = nitro = arena_array(a, num, sizeof *nitro);
    r.amd = amd = arena_array(a, num, sizeof *amd);
    for (size_t i = 0; i < num; i++) {
        struct amd_root *root = &amd[r.num_amd];

        sha256(root->sha256, certs[i].der);
        nitro[r.num_nitro++] = arena_copy(a, slice_of(root->sha256, SHA256_LEN));
        r.num_intel += spki_p256_xy(certs[i].spki, &intel[r.num_intel], &ignored);
        root->product = product_of(&certs[i], a);
        r.num_amd += root->product != NULL;
    }
    *out = r;
    return true;
}
