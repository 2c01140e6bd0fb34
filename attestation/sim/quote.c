/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes as Intel's quoting enclave makes them: Intel SGX ECDSA Quote Library Reference, A.4 (version 3). */
#include "attestation/sim/pki.h"
#include "attestation/sim/quoting_enclave.h"
#include "attestation/sim/seed.h"
#include "base/limits.h"
#include "pki/hash.h"

enum { QUOTE_VERSION = 3, KEY_TYPE_P256 = 2, QE_AUTH_LEN = 32, CERT_TYPE_CHAIN = 5 };
enum { USER_DATA_LEN = 20 };

static const uint8_t intel_qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                            0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* Components of a client or server of 2023, one above 127 so that its DER needs a leading zero. */
const struct sim_platform sim_platform_default = {
    .fmspc = {0xf0, 'S', 'I', 'M', 0x00, 0x00},
    .pce_id = {0x00, 0x00},
    .ppid = {'m', 'a', 'r', 'b', 'l', 'e', 'm', 'e', 's', 'h', '-', 's', 'i', 'm', 0x00, 0x01},
    .components = {12, 12, 3, 3, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    .pce_svn = 13,
    .qe_isv_svn = 8,
};

void sim_qe_signer(uint8_t mr_signer[32])
{
    sim_constant("quoting enclave signer", (struct slice){0}, mr_signer, 32);
}

/* What of a report is not always the same. */
struct report {
    const uint8_t *mr_enclave, *mr_signer, *report_data; /* 32, 32, 64 */
    uint8_t flags;
    uint16_t product_id, security_version;
};

/* Intel SDM volume 3D, structure REPORT (its body). */
static void put_report(struct buf *b, const struct sim_platform *p, const struct report *r)
{
    buf_put(b, slice_of(p->components, 16)); /* CPUSVN */
    buf_zero(b, 4 + 12 + 16);                /* MISCSELECT, reserved, ISVEXTPRODID */
    buf_u8(b, r->flags);
    buf_zero(b, 7);
    buf_u8(b, SIM_XFRM);
    buf_zero(b, 7);
    buf_put(b, slice_of(r->mr_enclave, 32));
    buf_zero(b, 32);
    buf_put(b, slice_of(r->mr_signer, 32));
    buf_zero(b, 32 + 64); /* reserved, CONFIGID */
    buf_u16le(b, r->product_id);
    buf_u16le(b, r->security_version);
    buf_zero(b, 2 + 42 + 16); /* CONFIGSVN, reserved, ISVFAMILYID */
    buf_put(b, slice_of(r->report_data, 64));
}

static void put_header(struct buf *b, const struct sim_platform *p, struct arena *a)
{
    uint8_t user_data[USER_DATA_LEN];

    sim_constant("platform id", sim_platform_bytes(p, a), user_data, sizeof user_data);
    buf_u16le(b, QUOTE_VERSION);
    buf_u16le(b, KEY_TYPE_P256);
    buf_zero(b, 4);
    buf_u16le(b, p->qe_isv_svn);
    buf_u16le(b, p->pce_svn);
    buf_put(b, slice_of(intel_qe_vendor, sizeof intel_qe_vendor));
    buf_put(b, slice_of(user_data, sizeof user_data));
}

/* The quoting enclave's report binds the attestation key: SHA-256(key || authentication data). */
static void put_qe_report(struct buf *b, const struct sim_platform *p, struct slice attestation_key,
                          struct slice auth)
{
    const struct slice bound[] = {attestation_key, auth};
    uint8_t measurement[32], signer[32], report_data[64] = {0};
    const struct report r = {
        .mr_enclave = measurement,
        .mr_signer = signer,
        .report_data = report_data,
        .flags = SIM_INIT | SIM_MODE64BIT | SIM_PROVISION_KEY,
        .product_id = SIM_QE_PROD_ID,
        .security_version = p->qe_isv_svn,
    };

    sim_constant("quoting enclave", (struct slice){0}, measurement, sizeof measurement);
    sim_qe_signer(signer);
    sha256_of(report_data, bound, 2);
    put_report(b, p, &r);
}

/* The part after the length: signatures, key, quoting enclave, certificates. */
static bool put_signature_data(struct buf *b, const struct sim_platform *p, const struct sim_pki *pki,
                               struct slice signed_part, struct arena *a, struct err *err)
{
    const struct sim_party *const chain[] = {&pki->pck, &pki->platform_ca, &pki->root};
    const struct slice pem = sim_pem_chain(chain, 3, a);
    scoped(buf_wipe) struct buf report = buf_max(SGX_REPORT_LEN);
    scoped(key_wipe) struct key attestation = {0};
    struct slice signature, xy, qe_signature;
    uint8_t auth[QE_AUTH_LEN];

    for (uint8_t i = 0; i < sizeof auth; i++)
        auth[i] = i;
    if (!sim_key("attestation key", sim_platform_bytes(p, a), &attestation, err) ||
        !sim_key_xy(&attestation, a, &xy, err) ||
        !key_sign_raw(&attestation, signed_part, a, &signature, err))
        return false;
    put_qe_report(&report, p, xy, slice_of(auth, sizeof auth));
    if (!key_sign_raw(&pki->pck.key, buf_bytes(&report), a, &qe_signature, err))
        return false;
    buf_put(b, signature);
    buf_put(b, xy);
    buf_put(b, buf_bytes(&report));
    buf_put(b, qe_signature);
    buf_u16le(b, sizeof auth);
    buf_put(b, slice_of(auth, sizeof auth));
    buf_u16le(b, CERT_TYPE_CHAIN);
    buf_u32le(b, (uint32_t)(pem.len + 1));
    buf_put(b, pem);
    buf_u8(b, 0); /* quoting libraries count the string's end */
    return true;
}

bool sim_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
               struct arena *a, struct slice *quote, struct err *err)
{
    const struct report r = {
        .mr_enclave = id->mr_enclave,
        .mr_signer = id->mr_signer,
        .report_data = report_data,
        .flags = (uint8_t)(SIM_INIT | SIM_MODE64BIT | (id->debug ? SIM_DEBUG : 0)),
        .product_id = id->product_id,
        .security_version = id->security_version,
    };
    scoped(sim_pki_wipe) struct sim_pki pki = {0};
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE), tail = buf_max(LIMIT_EVIDENCE);

    put_header(&b, p, a);
    put_report(&b, p, &r);
    if (!sim_pki_platform(p, a, &pki, err) || !put_signature_data(&tail, p, &pki, buf_bytes(&b), a, err))
        return err_in(err, "simulated TEE: making a quote");
    buf_u32le(&b, (uint32_t)tail.len);
    buf_put(&b, buf_bytes(&tail));
    *quote = arena_copy(a, buf_bytes(&b));
    return true;
}
