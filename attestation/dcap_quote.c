/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/dcap_quote.h"

#include "base/limits.h"

enum {
    ATTESTATION_KEY_P256 = 2,
    TEE_TYPE_SGX = 0,
    TEE_TYPE_TDX = 0x81,
    CERT_DATA_QE_REPORT = 6, /* the record that wraps the rest of the signature data since version 4 */
    CERT_DATA_HIGHEST = 7,
};

static const uint8_t intel_qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                            0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* ---- reports ------------------------------------------------------------------------ */

/* sgx_report_body_t, Intel SDM volume 3D, table 34-21 (REPORT), its first 384 bytes. */
static struct sgx_report read_report(struct slice raw)
{
    struct cursor c = cursor_over(raw);
    struct sgx_report r = {.raw = raw};
    struct sgx_claims *s = &r.claims;

    s->cpu_svn = cursor_take(&c, 16);
    s->misc_select = cursor_take(&c, 4);
    (void)cursor_take(&c, 12);
    s->isv_ext_prod_id = cursor_take(&c, 16);
    s->attributes = cursor_take(&c, 16);
    s->mr_enclave = cursor_take(&c, 32);
    (void)cursor_take(&c, 32);
    s->mr_signer = cursor_take(&c, 32);
    (void)cursor_take(&c, 32);
    s->config_id = cursor_take(&c, 64);
    s->isv_prod_id = cursor_u16le(&c);
    s->isv_svn = cursor_u16le(&c);
    s->config_svn = cursor_u16le(&c);
    (void)cursor_take(&c, 42);
    s->isv_family_id = cursor_take(&c, 16);
    r.report_data = cursor_take(&c, 64);
    return r;
}

/* Intel TDX Module ABI: TEE_TCB_INFO and TDINFO as the quote holds them; TD 1.5 has two members more. */
static struct td_report read_td_report(struct slice raw)
{
    struct cursor c = cursor_over(raw);
    struct td_report r = {.raw = raw};
    struct tdx_claims *t = &r.claims;

    t->tee_tcb_svn = cursor_take(&c, 16);
    t->mr_seam = cursor_take(&c, 48);
    t->mr_signer_seam = cursor_take(&c, 48);
    t->seam_attributes = cursor_take(&c, 8);
    t->td_attributes = cursor_take(&c, 8);
    t->xfam = cursor_take(&c, 8);
    t->mr_td = cursor_take(&c, 48);
    t->mr_config_id = cursor_take(&c, 48);
    t->mr_owner = cursor_take(&c, 48);
    t->mr_owner_config = cursor_take(&c, 48);
    for (size_t i = 0; i < sizeof t->rtmr / sizeof t->rtmr[0]; i++)
        t->rtmr[i] = cursor_take(&c, 48);
    r.report_data = cursor_take(&c, 64);
    if (raw.len == TD15_REPORT_LEN) {
        t->tee_tcb_svn2 = cursor_take(&c, 16);
        t->mr_service_td = cursor_take(&c, 48);
    }
    return r;
}

bool sgx_report_parse(struct slice in, struct sgx_report *out, struct err *err)
{
    if (in.len != SGX_REPORT_LEN)
        return err_set(err, E_EVIDENCE_FORMAT, "SGX report: expected %d bytes, found %zu", SGX_REPORT_LEN,
                       in.len);
    *out = read_report(in);
    return true;
}

/* ---- header and body ---------------------------------------------------------------- */

struct header {
    unsigned version, key_type;
    uint32_t tee_type;
    struct slice qe_vendor;
};

static struct header read_header(struct cursor *c)
{
    struct header h = {.version = cursor_u16le(c)};

    h.key_type = cursor_u16le(c);
    h.tee_type = cursor_u32le(c);
    (void)cursor_take(
        c, 4); /* SVNs of the quoting and provisioning enclaves: only informative, so not believed */
    h.qe_vendor = cursor_take(c, sizeof intel_qe_vendor);
    (void)cursor_take(c, 20); /* the quoting enclave's own data */
    return h;
}

static bool check_header(const struct header *h, struct err *err)
{
    if (h->version < 3 || h->version > 5)
        return err_set(err, E_EVIDENCE_FORMAT, "quote version: expected 3, 4 or 5, found %u", h->version);
    if (h->key_type != ATTESTATION_KEY_P256)
        return err_set(err, E_EVIDENCE_FORMAT, "attestation key type: expected 2 (ECDSA P-256), found %u",
                       h->key_type);
    if (h->version > 3 && h->tee_type != TEE_TYPE_SGX && h->tee_type != TEE_TYPE_TDX)
        return err_set(err, E_EVIDENCE_FORMAT, "TEE type: expected 0 (SGX) or 0x81 (TDX), found 0x%x",
                       (unsigned)h->tee_type);
    if (!slice_equal(h->qe_vendor, slice_of(intel_qe_vendor, sizeof intel_qe_vendor)))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "QE vendor id: expected Intel's (939a7233f79c4ca9940a0db3957f0607)");
    return true;
}

/* Body types of version 5. Of the extended TD report (type 4, 885 bytes) there is no public evidence. */
static const struct body {
    unsigned type;
    enum tee_kind tee;
    uint32_t len;
    const char *name;
} bodies[] = {
    {1, TEE_SGX, SGX_REPORT_LEN, "SGX enclave report"},
    {2, TEE_TDX, TD10_REPORT_LEN, "TD report 1.0"},
    {3, TEE_TDX, TD15_REPORT_LEN, "TD report 1.5"},
};
enum { TD15_EXTENDED = 4 };

static const struct body *body_of_type(unsigned type)
{
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        if (bodies[i].type == type)
            return &bodies[i];
    return NULL;
}

/* Version 5 says what follows the header and how long it is; both must be what the TEE type says. */
static bool read_body_descriptor(struct cursor *c, enum tee_kind tee, const struct body **out,
                                 struct err *err)
{
    const unsigned type = cursor_u16le(c);
    const uint32_t size = cursor_u32le(c);
    const struct body *body = body_of_type(type);

    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT, "quote: ends inside its body descriptor");
    if (type == TD15_EXTENDED)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "quote body: type 4 (extended TD report 1.5) is not understood by this version");
    if (body == NULL)
        return err_set(err, E_EVIDENCE_FORMAT, "quote body: expected type 1 (SGX), 2 or 3 (TDX), found %u",
                       type);
    if (size != body->len)
        return err_set(err, E_EVIDENCE_FORMAT, "quote body: type %u (%s) has %u bytes, found %u", type,
                       body->name, (unsigned)body->len, (unsigned)size);
    if (body->tee != tee)
        return err_set(err, E_EVIDENCE_FORMAT, "quote body: type %u (%s) does not fit the TEE type %s", type,
                       body->name, tee == TEE_SGX ? "0 (SGX)" : "0x81 (TDX)");
    *out = body;
    return true;
}

static bool read_body(struct slice in, struct cursor *c, const struct header *h, struct dcap_quote *q,
                      struct err *err)
{
    const struct body *body;
    struct slice raw;

    q->version = h->version;
    q->tee = h->version > 3 && h->tee_type == TEE_TYPE_TDX ? TEE_TDX : TEE_SGX;
    body = body_of_type(q->tee == TEE_TDX ? 2 : 1);
    if (h->version == 5) {
        if (!read_body_descriptor(c, q->tee, &body, err))
            return false;
        q->body_type = body->type;
    }
    raw = cursor_take(c, body->len);
    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT, "quote: %zu bytes end inside the report", in.len);
    if (q->tee == TEE_TDX)
        q->td = read_td_report(raw);
    else
        q->report = read_report(raw);
    q->signed_part = slice_of(in.ptr, in.len - c->rest.len);
    return true;
}

/* ---- signature data ----------------------------------------------------------------- */

static void read_certification(struct cursor *c, struct dcap_quote *q)
{
    q->qe_report = read_report(cursor_take(c, SGX_REPORT_LEN));
    q->qe_signature = cursor_take(c, 64);
    q->qe_auth = cursor_take(c, cursor_u16le(c));
    q->cert_type = cursor_u16le(c);
    q->cert_data = cursor_take(c, cursor_u32le(c));
}

/* What follows the length of the signature data; since version 4 all but signature and key stand in a record.
 */
static bool read_signature_data(struct cursor sig, struct dcap_quote *q, struct err *err)
{
    q->signature = cursor_take(&sig, 64);
    q->attestation_key = cursor_take(&sig, 64);
    if (q->version > 3) {
        const unsigned type = cursor_u16le(&sig);
        const uint32_t len = cursor_u32le(&sig);

        if (cursor_ok(&sig) && (type != CERT_DATA_QE_REPORT || len != sig.rest.len))
            return err_set(
                err, E_EVIDENCE_FORMAT,
                "outer certification data: expected type 6 of %zu bytes, found type %u of %u bytes",
                sig.rest.len, type, (unsigned)len);
    }
    read_certification(&sig, q);
    if (!cursor_done(&sig))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "quote: the lengths inside the signature data do not add up to its length");
    if (q->cert_type == 0 || q->cert_type > CERT_DATA_HIGHEST || q->cert_type == CERT_DATA_QE_REPORT)
        return err_set(err, E_EVIDENCE_FORMAT, "certification data type: expected 1 to 5 or 7, found %u",
                       q->cert_type);
    return true;
}

bool dcap_quote_parse(struct slice in, struct dcap_quote *out, struct err *err)
{
    struct cursor c = cursor_over(in), sig;
    struct dcap_quote q = {0};
    const struct header h = read_header(&c);
    uint32_t len;

    if (in.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "quote: %zu bytes, more than the %d allowed", in.len,
                       LIMIT_EVIDENCE);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT, "quote: %zu bytes, shorter than its header of %d", in.len,
                       QUOTE_HEADER_LEN);
    if (!check_header(&h, err) || !read_body(in, &c, &h, &q, err))
        return false;
    len = cursor_u32le(&c);
    sig = cursor_block(&c, len);
    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "quote: %zu bytes do not hold the %u of signature data announced", in.len,
                       (unsigned)len);
    if (!read_signature_data(sig, &q, err))
        return false;
    q.trailing = c.rest;
    *out = q;
    return true;
}
