/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes as Intel's quoting enclaves make them: Intel SGX ECDSA Quote Library Reference, A.4 (version 3);
 * Intel TDX DCAP Quoting Library API, A.3 (version 4) and A.4 (version 5). */
#include "attestation/sim/pki.h"
#include "attestation/sim/quoting_enclave.h"
#include "attestation/sim/seed.h"
#include "base/limits.h"
#include "pki/hash.h"

enum { KEY_TYPE_P256 = 2, QE_AUTH_LEN = 32, USER_DATA_LEN = 20, TEE_TYPE_TDX = 0x81 };
enum { BODY_SGX = 1 };
enum { CERT_PPID_CLEAR = 1, CERT_PPID_RSA3072 = 3, CERT_LEAF, CERT_CHAIN, CERT_QE_REPORT, CERT_MANIFEST };

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

static void put_header(struct buf *b, const struct sim_platform *p, const struct sim_body *body,
                       unsigned version, struct arena *a)
{
    uint8_t user_data[USER_DATA_LEN];

    sim_constant("platform id", sim_platform_bytes(p, a), user_data, sizeof user_data);
    buf_u16le(b, (uint16_t)version);
    buf_u16le(b, KEY_TYPE_P256);
    buf_u32le(b, body->tee == TEE_TDX ? TEE_TYPE_TDX : 0);
    buf_u16le(b, version == 3 ? p->qe_isv_svn : 0);
    buf_u16le(b, version == 3 ? p->pce_svn : 0);
    buf_put(b, slice_of(intel_qe_vendor, sizeof intel_qe_vendor));
    buf_put(b, slice_of(user_data, sizeof user_data));
    if (version == 5) {
        buf_u16le(b, (uint16_t)body->type);
        buf_u32le(b, (uint32_t)body->bytes.len);
    }
}

/* The quoting enclave's report binds the attestation key: SHA-256(key || authentication data). */
static void put_qe_report(struct buf *b, const struct sim_platform *p, enum tee_kind tee,
                          struct slice attestation_key, struct slice auth)
{
    const struct slice bound[] = {attestation_key, auth};
    uint8_t measurement[32], signer[32], report_data[64] = {0};
    const struct report r = {
        .mr_enclave = measurement,
        .mr_signer = signer,
        .report_data = report_data,
        .flags = SIM_INIT | SIM_MODE64BIT | SIM_PROVISION_KEY,
        .product_id = tee == TEE_TDX ? SIM_TD_QE_PROD_ID : SIM_QE_PROD_ID,
        .security_version = p->qe_isv_svn,
    };

    sim_constant("quoting enclave", (struct slice){0}, measurement, sizeof measurement);
    sim_qe_signer(signer);
    sha256_of(report_data, bound, 2);
    put_report(b, p, &r);
}

/* Platform id in clear with CPUSVN, PCESVN and PCEID (36 bytes), or what stands for it encrypted. */
static void put_platform_id(struct buf *b, const struct sim_platform *p, unsigned cert_type, struct arena *a)
{
    uint8_t encrypted[384];

    sim_constant("encrypted PPID", sim_platform_bytes(p, a), encrypted, sizeof encrypted);
    if (cert_type == CERT_PPID_CLEAR)
        buf_put(b, slice_of(p->ppid, sizeof p->ppid));
    else
        buf_put(b, slice_of(encrypted, cert_type == CERT_PPID_RSA3072 ? 384 : 256));
    buf_put(b, slice_of(p->components, 16));
    buf_u16le(b, p->pce_svn);
    buf_put(b, slice_of(p->pce_id, sizeof p->pce_id));
}

/* The record at the end: who vouches for the quoting enclave. */
static void put_certification(struct buf *b, const struct sim_platform *p, const struct sim_pki *pki,
                              unsigned type, struct arena *a)
{
    const struct sim_party *const chain[] = {&pki->pck, &pki->platform_ca, &pki->root};
    scoped(buf_wipe) struct buf data = buf_max(LIMIT_EVIDENCE);

    if (type == CERT_LEAF || type == CERT_CHAIN) {
        buf_put(&data, sim_pem_chain(chain, type == CERT_LEAF ? 1 : 3, a));
        buf_u8(&data, 0); /* quoting libraries count the string's end */
    } else if (type == CERT_MANIFEST) {
        buf_str(&data, "platform manifest");
    } else {
        put_platform_id(&data, p, type, a);
    }
    buf_u16le(b, (uint16_t)type);
    buf_u32le(b, (uint32_t)data.len);
    buf_put(b, buf_bytes(&data));
}

struct quoting {
    const struct sim_platform *p;
    const struct sim_quote_options *o;
    enum tee_kind tee;
    unsigned version;
    struct sim_pki pki;
};

static struct slice auth_data(const struct sim_quote_options *o, struct arena *a)
{
    const size_t len = o->has_auth_len ? o->auth_len : QE_AUTH_LEN;
    uint8_t *auth = arena_alloc(a, len + 1);

    for (size_t i = 0; i < len; i++)
        auth[i] = (uint8_t)i;
    return slice_of(auth, len);
}

/* Report of the quoting enclave, its signature, authentication data, certificates. */
static bool put_quoting_enclave(struct buf *b, const struct quoting *q, struct slice xy, struct arena *a,
                                struct err *err)
{
    scoped(buf_wipe) struct buf report = buf_max(SGX_REPORT_LEN);
    const struct slice auth = auth_data(q->o, a);
    struct slice signature;

    put_qe_report(&report, q->p, q->tee, xy, auth);
    if (!key_sign_raw(&q->pki.pck.key, buf_bytes(&report), a, &signature, err))
        return false;
    buf_put(b, buf_bytes(&report));
    buf_put(b, signature);
    buf_u16le(b, (uint16_t)auth.len);
    buf_put(b, auth);
    put_certification(b, q->p, &q->pki, q->o->cert_type == 0 ? CERT_CHAIN : q->o->cert_type, a);
    return true;
}

/* The part after the length; since version 4 all but signature and key stand in a record. */
static bool put_signature_data(struct buf *b, const struct quoting *q, struct slice signed_part,
                               struct arena *a, struct err *err)
{
    scoped(key_wipe) struct key attestation = {0};
    scoped(buf_wipe) struct buf inner = buf_max(LIMIT_EVIDENCE);
    struct slice signature, xy;

    if (!sim_key("attestation key", sim_platform_bytes(q->p, a), &attestation, err) ||
        !sim_key_xy(&attestation, a, &xy, err) ||
        !key_sign_raw(&attestation, signed_part, a, &signature, err) ||
        !put_quoting_enclave(&inner, q, xy, a, err))
        return false;
    buf_put(b, signature);
    buf_put(b, xy);
    if (q->version > 3) {
        buf_u16le(b, CERT_QE_REPORT);
        buf_u32le(b, (uint32_t)inner.len);
    }
    buf_put(b, buf_bytes(&inner));
    return true;
}

static void quoting_wipe(struct quoting *q) { sim_pki_wipe(&q->pki); }

bool sim_quote_body(const struct sim_platform *p, const struct sim_body *body, unsigned version,
                    const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err)
{
    scoped(quoting_wipe) struct quoting q = {
        .p = p, .o = o, .tee = body->tee, .version = o->version != 0 ? o->version : version};
    scoped(buf_wipe) struct buf b = buf_max(2 * LIMIT_EVIDENCE), tail = buf_max(LIMIT_EVIDENCE);

    put_header(&b, p, body, q.version, a);
    buf_put(&b, body->bytes);
    if (!sim_pki_platform(p, o, a, &q.pki, err) || !put_signature_data(&tail, &q, buf_bytes(&b), a, err))
        return err_in(err, "simulated TEE: making a quote");
    buf_u32le(&b, (uint32_t)tail.len);
    buf_put(&b, buf_bytes(&tail));
    buf_zero(&b, o->trailing);
    *quote = arena_copy(a, buf_bytes(&b));
    return true;
}

bool sim_sgx_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
                   const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err)
{
    const struct report r = {
        .mr_enclave = id->mr_enclave,
        .mr_signer = id->mr_signer,
        .report_data = report_data,
        .flags = (uint8_t)(SIM_INIT | SIM_MODE64BIT | (id->debug ? SIM_DEBUG : 0)),
        .product_id = id->product_id,
        .security_version = id->security_version,
    };
    scoped(buf_wipe) struct buf b = buf_max(SGX_REPORT_LEN);
    struct sim_body body = {TEE_SGX, BODY_SGX, {0}};

    put_report(&b, p, &r);
    body.bytes = buf_bytes(&b);
    return sim_quote_body(p, &body, 3, o, a, quote, err);
}

bool sim_quote(const struct sim_platform *p, const struct sim_identity *id, const uint8_t report_data[64],
               struct arena *a, struct slice *quote, struct err *err)
{
    static const struct sim_quote_options usual = {0};

    return sim_sgx_quote(p, id, report_data, &usual, a, quote, err);
}
