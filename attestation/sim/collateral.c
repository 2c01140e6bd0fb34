/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral as a service would serve it: Intel PCS API v4, TCB info version 3, enclave identity version 2.
 */
#include "attestation/sim/pki.h"
#include "attestation/sim/quoting_enclave.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

enum { DAY = 24 * 60 * 60, EVALUATION_DATA_NUMBER = 20, CRL_NUMBER = 1, NUM_COMPONENTS = 16 };

/* Dates of the levels: this one, and the one below. */
static const char date_of_level[] = "2025-05-14T00:00:00Z", date_below[] = "2023-08-09T00:00:00Z";

struct window {
    int64_t from, to;
};

static struct window window_of(const struct sim_collateral_options *o, int64_t now)
{
    return (struct window){
        .from = o->valid_from != 0 ? o->valid_from : now - DAY,
        .to = o->valid_to != 0 ? o->valid_to : now + (int64_t)29 * DAY,
    };
}

static void put_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
    buf_u8(b, '"');
    for (size_t i = 0; i < len; i++)
        buf_printf(b, "%02X", bytes[i]); /* capitals, as the service writes */
    buf_u8(b, '"');
}

static void put_dates(struct buf *b, struct window w)
{
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

    rfc3339_format(from, w.from);
    rfc3339_format(to, w.to);
    buf_printf(b, "\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",", from, to);
}

/* What follows the "tcb" of a level. */
static void put_status(struct buf *b, const char *date, const char *status, const char *const *advisories)
{
    buf_printf(b, ",\"tcbDate\":\"%s\",\"tcbStatus\":", date);
    json_put_string(b, slice_str(status));
    if (advisories != NULL && *advisories != NULL) {
        buf_str(b, ",\"advisoryIDs\":");
        for (size_t i = 0; advisories[i] != NULL; i++) {
            buf_u8(b, i == 0 ? '[' : ',');
            json_put_string(b, slice_str(advisories[i]));
        }
        buf_u8(b, ']');
    }
    buf_u8(b, '}');
}

static void put_components(struct buf *b, const char *name, const uint8_t components[NUM_COMPONENTS])
{
    buf_printf(b, "\"%s\":", name);
    for (size_t i = 0; i < NUM_COMPONENTS; i++)
        buf_printf(b, "%c{\"svn\":%u}", i == 0 ? '[' : ',', (unsigned)components[i]);
    buf_str(b, "],");
}

/* `tdx`: of TDX, else NULL. */
static void put_platform_tcb(struct buf *b, const uint8_t components[NUM_COMPONENTS], unsigned pce_svn,
                             const uint8_t *tdx)
{
    buf_str(b, "{\"tcb\":{");
    put_components(b, "sgxtcbcomponents", components);
    if (tdx != NULL)
        put_components(b, "tdxtcbcomponents", tdx);
    buf_printf(b, "\"pcesvn\":%u}", pce_svn);
}

/* The platform's own level, and one that is a step below in everything, so that an older platform with the
 * same FMSPC is out of date and one older still is not supported. */
static void put_platform_levels(struct buf *b, const struct sim_platform *p,
                                const struct sim_collateral_options *o)
{
    static const uint8_t tdx[NUM_COMPONENTS] = {5, 0, 2}, tdx_below[NUM_COMPONENTS] = {3, 0, 1};
    uint8_t below[NUM_COMPONENTS];
    const unsigned pce_svn_below = p->pce_svn > 0 ? p->pce_svn - 1U : 0;

    for (size_t i = 0; i < NUM_COMPONENTS; i++)
        below[i] = (uint8_t)(p->components[i] - (p->components[i] > 0));
    buf_str(b, "\"tcbLevels\":[");
    put_platform_tcb(b, p->components, p->pce_svn, o->tdx ? tdx : NULL);
    put_status(b, date_of_level, o->tcb_status == NULL ? "UpToDate" : o->tcb_status, o->advisories);
    if (pce_svn_below != p->pce_svn || memcmp(below, p->components, sizeof below) != 0) {
        buf_u8(b, ',');
        put_platform_tcb(b, below, pce_svn_below, o->tdx ? tdx_below : NULL);
        put_status(b, date_below, "OutOfDate", NULL);
    }
    buf_u8(b, ']');
}

static void put_isv_level(struct buf *b, unsigned isv_svn, const char *date, const char *status)
{
    buf_printf(b, "{\"tcb\":{\"isvsvn\":%u}", isv_svn);
    put_status(b, date, status, NULL);
}

/* Intel's modules: signer and attributes all zero. */
static void put_module(struct buf *b)
{
    static const uint8_t zeros[48], ones[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    buf_str(b, "\"mrsigner\":");
    put_hex(b, zeros, 48);
    buf_str(b, ",\"attributes\":");
    put_hex(b, zeros, 8);
    buf_str(b, ",\"attributesMask\":");
    put_hex(b, ones, 8);
}

static void put_module_identity(struct buf *b, unsigned version, const char *status)
{
    buf_printf(b, "{\"id\":\"TDX_%02X\",", version);
    put_module(b);
    buf_str(b, ",\"tcbLevels\":[");
    put_isv_level(b, 5, date_of_level, status);
    buf_u8(b, ',');
    put_isv_level(b, 3, date_below, "OutOfDate");
    buf_u8(b, ',');
    put_isv_level(b, 1, date_below, "Revoked");
    buf_str(b, "]}");
}

static void put_modules(struct buf *b, const struct sim_collateral_options *o)
{
    const char *status = o->module_status == NULL ? "UpToDate" : o->module_status;

    if (!o->no_module) {
        buf_str(b, "\"tdxModule\":{");
        put_module(b);
        buf_str(b, "},");
    }
    buf_str(b, "\"tdxModuleIdentities\":[");
    put_module_identity(b, 3, status);
    buf_u8(b, ',');
    put_module_identity(b, 1, status);
    buf_str(b, "],");
}

static void put_tcb_info(struct buf *b, const struct sim_platform *p, const struct sim_collateral_options *o,
                         struct window w)
{
    buf_printf(b, "{\"id\":\"%s\",\"version\":3,", o->tdx ? "TDX" : "SGX");
    put_dates(b, w);
    buf_str(b, "\"fmspc\":");
    put_hex(b, p->fmspc, sizeof p->fmspc);
    buf_str(b, ",\"pceId\":");
    put_hex(b, p->pce_id, sizeof p->pce_id);
    buf_printf(b, ",\"tcbType\":0,\"tcbEvaluationDataNumber\":%d,", EVALUATION_DATA_NUMBER);
    if (o->tdx)
        put_modules(b, o);
    put_platform_levels(b, p, o);
    buf_u8(b, '}');
}

/* Masks as Intel's: everything counts but MODE64BIT and the x-features, so a debug enclave does not fit. */
static void put_qe_identity(struct buf *b, const struct sim_platform *p,
                            const struct sim_collateral_options *o, struct window w)
{
    static const uint8_t attributes[16] = {SIM_INIT | SIM_PROVISION_KEY};
    static const uint8_t mask[16] = {0xff & ~SIM_MODE64BIT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t signer[32];

    sim_qe_signer(signer);
    buf_printf(b, "{\"id\":\"%s\",\"version\":2,", o->tdx ? "TD_QE" : "QE");
    put_dates(b, w);
    buf_printf(b, "\"tcbEvaluationDataNumber\":%d,", EVALUATION_DATA_NUMBER);
    buf_str(b, "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":");
    put_hex(b, attributes, sizeof attributes);
    buf_str(b, ",\"attributesMask\":");
    put_hex(b, mask, sizeof mask);
    buf_str(b, ",\"mrsigner\":");
    put_hex(b, signer, sizeof signer);
    buf_printf(b, ",\"isvprodid\":%d,\"tcbLevels\":[", o->tdx ? SIM_TD_QE_PROD_ID : SIM_QE_PROD_ID);
    put_isv_level(b, p->qe_isv_svn, date_of_level, o->qe_status == NULL ? "UpToDate" : o->qe_status);
    if (p->qe_isv_svn > 1) {
        buf_u8(b, ',');
        put_isv_level(b, p->qe_isv_svn - 1U, date_below, "OutOfDate");
    }
    buf_str(b, "]}");
}

/* {"NAME":BODY,"signature":"..."}: the signature, r || s, is over the bytes of BODY as they stand. */
static bool sign_body(const char *name, const struct buf *body, const struct key *signer, struct arena *a,
                      struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_COLLATERAL_JSON);
    struct slice signature;

    if (!key_sign_raw(signer, buf_bytes(body), a, &signature, err))
        return false;
    buf_printf(&b, "{\"%s\":", name);
    buf_put(&b, buf_bytes(body));
    buf_printf(&b, ",\"signature\":\"%s\"}", hex_text(a, signature));
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}

/* A list of those of the certificates whose flag is set. */
static bool issue_crl(const struct sim_party *issuer, struct window w, const struct slice *serials,
                      const bool *revoke, size_t num, struct arena *a, struct slice *out, struct err *err)
{
    struct slice *listed = arena_array(a, num, sizeof *listed);
    struct crl_spec spec = {
        .this_update = w.from, .next_update = w.to, .number = CRL_NUMBER, .serials = listed};

    for (size_t i = 0; i < num; i++)
        if (revoke[i])
            listed[spec.num_serials++] = serials[i];
    return crl_issue(&spec, &issuer->cert, &issuer->key, a, out, err);
}

static bool issue_crls(const struct sim_pki *platform, const struct sim_pki *signing,
                       const struct sim_collateral_options *o, struct window w, struct arena *a,
                       struct collateral *out, struct err *err)
{
    const struct slice below_root[] = {platform->platform_ca.cert.serial, signing->tcb_signing.cert.serial};
    const bool revoke[] = {o->revoke_platform_ca, o->revoke_tcb_signing};

    return issue_crl(&platform->platform_ca, w, &platform->pck.cert.serial, &o->revoke_pck, 1, a,
                     &out->pck_crl, err) &&
           issue_crl(&platform->root, w, below_root, revoke, 2, a, &out->root_ca_crl, err);
}

/* What comes with the PCK CRL: its issuer and the root; and, if wanted, the platform's own chain. */
static void add_chains(const struct sim_pki *platform, const struct sim_collateral_options *o,
                       struct arena *a, struct collateral *out)
{
    const struct sim_party *const chain[] = {&platform->pck, &platform->platform_ca, &platform->root};

    out->pck_crl_issuer_chain = sim_pem_chain(chain + 1, 2, a);
    if (o->pck_chain)
        out->pck_chain = sim_pem_chain(chain, 3, a);
}

bool sim_collateral(const struct sim_platform *p, const struct sim_collateral_options *o, int64_t now,
                    struct arena *a, struct collateral *out, struct err *err)
{
    static const struct sim_quote_options usual = {0};
    const struct window w = window_of(o, now);
    scoped(buf_wipe) struct buf tcb_info = buf_max(LIMIT_COLLATERAL_JSON),
                                identity = buf_max(LIMIT_COLLATERAL_JSON);
    scoped(sim_pki_wipe) struct sim_pki platform = {0}, signing = {0};
    const struct sim_party *const chain[] = {&signing.tcb_signing, &signing.root};
    struct collateral made = {0};

    put_tcb_info(&tcb_info, p, o, w);
    put_qe_identity(&identity, p, o, w);
    if (!sim_pki_platform(p, &usual, a, &platform, err) || !sim_pki_signing(o->signing, a, &signing, err) ||
        !sign_body("tcbInfo", &tcb_info, &signing.tcb_signing.key, a, &made.tcb_info, err) ||
        !sign_body("enclaveIdentity", &identity, &signing.tcb_signing.key, a, &made.qe_identity, err) ||
        !issue_crls(&platform, &signing, o, w, a, &made, err))
        return err_in(err, "simulated TEE: making collateral");
    made.tcb_issuer_chain = made.qe_issuer_chain = sim_pem_chain(chain, 2, a);
    add_chains(&platform, o, a, &made);
    *out = made;
    return true;
}
