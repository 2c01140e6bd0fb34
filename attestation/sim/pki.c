/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/pki.h"

#include "attestation/sim/seed.h"
#include "attestation/sim/sgx_extension.h"
#include "base/clock.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"

enum { SERIAL_LEN = 20, KEY_ID_LEN = 20 };

/* .invalid (RFC 2606) names no host: nobody is to fetch anything from here. */
#define SERVICE "https://simulated-sgx.invalid"

static const char organization[] = "marblemesh simulated TEE, not Intel";

struct profile {
    const char *purpose, *common_name, *crl;
    bool is_ca;
    int path_len;
    unsigned key_usage;
};
static const struct profile root_profile = {
    SIM_INTEL_ROOT, "Intel SGX Root CA", SERVICE "/IntelSGXRootCA.der", true, 1, KU_CERT_SIGN | KU_CRL_SIGN,
};
static const struct profile platform_ca_profile = {
    "PCK Platform CA",          "Intel SGX PCK Platform CA", SERVICE "/IntelSGXRootCA.der", true, 0,
    KU_CERT_SIGN | KU_CRL_SIGN,
};
static const struct profile pck_profile = {
    "PCK",
    "Intel SGX PCK Certificate",
    SERVICE "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
    false,
    -1,
    KU_DIGITAL_SIGNATURE | KU_CONTENT_COMMITMENT,
};
static const struct profile tcb_signing_profile = {
    "TCB signing",
    "Intel SGX TCB Signing",
    SERVICE "/IntelSGXRootCA.der",
    false,
    -1,
    KU_DIGITAL_SIGNATURE | KU_CONTENT_COMMITMENT,
};

void sim_party_wipe(struct sim_party *p)
{
    key_wipe(&p->key);
    p->cert = (struct cert){0};
}

void sim_pki_wipe(struct sim_pki *p)
{
    sim_party_wipe(&p->root);
    sim_party_wipe(&p->platform_ca);
    sim_party_wipe(&p->pck);
    sim_party_wipe(&p->tcb_signing);
}

/* CRLDistributionPoints (RFC 5280 4.2.1.13) with one full name. */
static struct slice crl_distribution_point(const char *url, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);
    const size_t points = der_begin(&b, DER_SEQUENCE), point = der_begin(&b, DER_SEQUENCE);
    const size_t name = der_begin(&b, der_context_constructed(0));
    const size_t full_name = der_begin(&b, der_context_constructed(0));

    der_put(&b, der_context(6), slice_str(url));
    der_end(&b, full_name);
    der_end(&b, name);
    der_end(&b, point);
    der_end(&b, points);
    return arena_copy(a, buf_bytes(&b));
}

/* The same number for the same certificate, 20 bytes, positive. */
static struct slice serial_of(const struct profile *p, struct slice platform, struct arena *a)
{
    uint8_t *serial = arena_alloc(a, SERIAL_LEN);

    sim_constant(arena_printf(a, "serial number of %s", p->purpose), platform, serial, SERIAL_LEN);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return slice_of(serial, SERIAL_LEN);
}

static bool issue(const struct profile *p, struct sim_validity v, struct slice platform,
                  const struct extension *more, size_t num_more, const struct sim_party *issuer,
                  struct arena *a, struct sim_party *out, struct err *err)
{
    const struct name_part subject[] = {{OID_COMMON_NAME, p->common_name}, {OID_ORGANIZATION, organization}};
    struct extension *extra = arena_array(a, num_more + 1, sizeof *extra);
    const struct cert_spec spec = {
        .subject = subject,
        .num_subject = 2,
        .serial = serial_of(p, platform, a),
        .not_before = v.from != 0 ? v.from : civil_to_time((struct civil){2020, 1, 1, 0, 0, 0}),
        .not_after = v.to != 0 ? v.to : civil_to_time((struct civil){2049, 12, 31, 23, 59, 59}),
        .key_usage = p->key_usage,
        .basic_constraints = true,
        .is_ca = p->is_ca,
        .path_len = p->path_len,
        .key_ids = true,
        .extra = extra,
        .num_extra = num_more + 1,
    };
    scoped(sim_party_wipe) struct sim_party made = {0};
    struct slice der;

    extra[0] = (struct extension){OID_CRL_DISTRIBUTION_POINTS, crl_distribution_point(p->crl, a), false};
    for (size_t i = 0; i < num_more; i++)
        extra[i + 1] = more[i];
    if (!sim_key(p->purpose, platform, &made.key, err) ||
        !cert_issue(&spec, key_spki(&made.key, a), issuer == NULL ? NULL : &issuer->cert,
                    issuer == NULL ? &made.key : &issuer->key, a, &der, err) ||
        !cert_parse(der, a, &made.cert, err))
        return err_in(err, "simulated TEE: making the certificate \"%s\"", p->common_name);
    *out = made;
    made = (struct sim_party){0};
    return true;
}

struct slice sim_platform_bytes(const struct sim_platform *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);

    buf_put(&b, slice_of(p->fmspc, sizeof p->fmspc));
    buf_put(&b, slice_of(p->pce_id, sizeof p->pce_id));
    buf_put(&b, slice_of(p->ppid, sizeof p->ppid));
    buf_put(&b, slice_of(p->components, sizeof p->components));
    buf_u16le(&b, p->pce_svn);
    return arena_copy(a, buf_bytes(&b));
}

bool sim_pki_platform(const struct sim_platform *p, const struct sim_quote_options *o, struct arena *a,
                      struct sim_pki *out, struct err *err)
{
    const struct slice platform = sim_platform_bytes(p, a), nowhere = {0};
    const struct extension sgx = {OID_SGX, sim_sgx_extension(p, a), false};
    scoped(sim_pki_wipe) struct sim_pki made = {0};

    if (!issue(&root_profile, o->root, nowhere, NULL, 0, NULL, a, &made.root, err) ||
        !issue(&platform_ca_profile, o->platform_ca, nowhere, NULL, 0, &made.root, a, &made.platform_ca, err) ||
        !issue(&pck_profile, o->pck, platform, &sgx, 1, &made.platform_ca, a, &made.pck, err))
        return false;
    *out = made;
    made = (struct sim_pki){0};
    return true;
}

bool sim_pki_signing(struct sim_validity signing, struct arena *a, struct sim_pki *out, struct err *err)
{
    const struct sim_validity usual = {0};
    const struct slice nowhere = {0};
    scoped(sim_pki_wipe) struct sim_pki made = {0};

    if (!issue(&root_profile, usual, nowhere, NULL, 0, NULL, a, &made.root, err) ||
        !issue(&tcb_signing_profile, signing, nowhere, NULL, 0, &made.root, a, &made.tcb_signing, err))
        return false;
    *out = made;
    made = (struct sim_pki){0};
    return true;
}

struct slice sim_pem_chain(const struct sim_party *const *parties, size_t num, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_CHAIN * LIMIT_CERTIFICATE);

    for (size_t i = 0; i < num; i++)
        pem_put(&b, "CERTIFICATE", parties[i]->cert.der);
    return arena_copy(a, buf_bytes(&b));
}

bool sim_developer_key(struct key *out, struct err *err)
{
    return sim_key("developer", (struct slice){0}, out, err);
}
