/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/vek.h"

#include "attestation/sim/seed.h"
#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "base/json.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/pem.h"

enum { DAY = 24 * 60 * 60, YEAR = 365 * DAY, VCEK_YEARS = 7, VLEK_YEARS = 1, CRL_DAYS = 90 };

/* ---- keys --------------------------------------------------------------------------- */

static size_t hwid_len(const struct sim_chip *chip)
{
    return snp_is_turin(chip->product) ? SNP_TURIN_HWID_LEN : SNP_CHIP_ID_LEN;
}

bool sim_vek_key(const struct sim_chip *chip, bool vlek, struct key *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);

    buf_str(&b, chip->product);
    if (vlek)
        buf_str(&b, chip->csp_id);
    else
        buf_put(&b, slice_of(chip->hwid, hwid_len(chip)));
    buf_put(&b, slice_of(chip->tcb, sizeof chip->tcb));
    return sim_key_p384(vlek ? "VLEK" : "VCEK", buf_bytes(&b), out, err);
}

/* ---- extensions --------------------------------------------------------------------- */

enum { MAX_EXTENSIONS = 16 };
struct extensions {
    struct extension list[MAX_EXTENSIONS];
    size_t num;
    struct arena *arena;
};

static void add(struct extensions *e, const char *suffix, struct slice value)
{
    scoped(buf_wipe) struct buf oid = buf_max(KIB);

    (void)oid_from_text(arena_printf(e->arena, "1.3.6.1.4.1.3704.1.%s", suffix), &oid);
    e->list[e->num++] = (struct extension){arena_copy(e->arena, buf_bytes(&oid)), value, false};
}

static void add_number(struct extensions *e, const char *suffix, unsigned v)
{
    scoped(buf_wipe) struct buf b = buf_max(16);

    der_put_uint(&b, v);
    add(e, suffix, arena_copy(e->arena, buf_bytes(&b)));
}

static void add_string(struct extensions *e, const char *suffix, uint8_t tag, struct slice s)
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);

    der_put(&b, tag, s);
    add(e, suffix, arena_copy(e->arena, buf_bytes(&b)));
}

static void add_tcb(struct extensions *e, const struct sim_chip *chip)
{
    static const char *const reserved[] = {"3.4", "3.5", "3.6", "3.7"};
    const struct snp_tcb t = snp_tcb_parts(slice_of(chip->tcb, sizeof chip->tcb), chip->product);

    if (t.has_fmc)
        add_number(e, "3.9", t.fmc);
    add_number(e, "3.1", t.bl);
    add_number(e, "3.2", t.tee);
    for (size_t i = t.has_fmc; i < sizeof reserved / sizeof reserved[0]; i++)
        add_number(e, reserved[i], 0);
    add_number(e, "3.3", t.snp);
    add_number(e, "3.8", t.ucode);
}

static void add_all(struct extensions *e, const struct sim_chip *chip, const struct sim_snp_options *o)
{
    const struct slice hwid = slice_of(chip->hwid, hwid_len(chip));
    const bool milan = strcmp(chip->product, "Milan") == 0;

    add_number(e, "1", snp_is_turin(chip->product));
    add_string(e, "2", DER_IA5, slice_str(milan && !o->vlek ? "Milan-B0" : chip->product));
    add_tcb(e, chip);
    if (o->vlek)
        add_string(e, "5", DER_IA5, slice_str(chip->csp_id));
    else if (o->wrapped_hwid)
        add_string(e, "4", DER_OCTETS, hwid);
    else
        add(e, "4", hwid);
}

/* ---- certificates ------------------------------------------------------------------- */

static const struct slice oid_unit = {(const uint8_t[]){0x55, 0x04, 0x0b}, 3};

static bool load(const char *prefix, const struct sim_chip *chip, struct arena *a, struct sim_party *out,
                 struct err *err)
{
    return sim_embedded(arena_printf(a, "%s%s", prefix, chip->product), a, out, err);
}

bool sim_vek_issue(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                   const struct sim_party *issuer, struct arena *a, struct slice *der, struct err *err)
{
    static const uint8_t zero[1] = {0};
    const struct name_part subject[] = {
        {oid_unit, "Engineering"},
        {OID_COUNTRY, "US"},
        {OID_LOCALITY, "Santa Clara"},
        {OID_PROVINCE, "CA"},
        {OID_ORGANIZATION, "marblemesh simulated TEE, not AMD"},
        {OID_COMMON_NAME, o->vlek ? "SEV-VLEK" : "SEV-VCEK"},
    };
    struct extensions e = {.arena = a};
    struct cert_spec spec = {
        .subject = subject,
        .num_subject = sizeof subject / sizeof subject[0],
        .serial = slice_of(zero, sizeof zero),
        .not_before = o->valid_from != 0 ? o->valid_from : now - DAY,
        .not_after =
            o->valid_to != 0 ? o->valid_to : now + (int64_t)(o->vlek ? VLEK_YEARS : VCEK_YEARS) * YEAR,
        .rsa_pss = true,
    };
    scoped(sim_party_wipe) struct sim_party own = {0};
    scoped(key_wipe) struct key key = {0};

    add_all(&e, chip, o);
    spec.extra = e.list;
    spec.num_extra = e.num;
    if (issuer == NULL && !load(o->vlek ? "SEV-VLEK-" : "SEV-", chip, a, &own, err))
        return false;
    if (issuer == NULL)
        issuer = &own;
    return sim_vek_key(chip, o->vlek, &key, err) &&
           cert_issue(&spec, key_spki(&key, a), &issuer->cert, &issuer->key, a, der, err);
}

/* ---- what the KDS serves ------------------------------------------------------------ */

static bool issue_crl(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                      const struct sim_party *ark, struct arena *a, struct slice *out, struct err *err)
{
    struct sim_party ask = {0}, asvk = {0};
    struct slice serials[2];
    struct crl_spec spec = {
        .this_update = o->crl_from != 0 ? o->crl_from : now - DAY,
        .next_update = o->crl_to != 0 ? o->crl_to : now + (int64_t)CRL_DAYS * DAY,
        .number = 1,
        .serials = serials,
        .rsa_pss = true,
    };
    bool ok = load("SEV-", chip, a, &ask, err) && load("SEV-VLEK-", chip, a, &asvk, err);

    if (o->revoke_ask)
        serials[spec.num_serials++] = ask.cert.serial;
    if (o->revoke_asvk)
        serials[spec.num_serials++] = asvk.cert.serial;
    ok = ok && crl_issue(&spec, &ark->cert, &ark->key, a, out, err);
    sim_party_wipe(&ask);
    sim_party_wipe(&asvk);
    return ok;
}

/* ASK or ASVK, and ARK. */
struct authorities {
    struct sim_party ask, ark;
};

static void authorities_wipe(struct authorities *p)
{
    sim_party_wipe(&p->ask);
    sim_party_wipe(&p->ark);
}

static bool load_authorities(const struct sim_chip *chip, bool vlek, struct arena *a, struct authorities *out,
                             struct err *err)
{
    return load(vlek ? "SEV-VLEK-" : "SEV-", chip, a, &out->ask, err) &&
           load("ARK-", chip, a, &out->ark, err);
}

bool sim_snp_collateral(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                        struct arena *a, struct collateral *out, struct err *err)
{
    scoped(authorities_wipe) struct authorities p = {0};
    const struct sim_party *const chain[] = {&p.ask, &p.ark};
    struct collateral made = {0};

    if (!load_authorities(chip, o->vlek, a, &p, err) ||
        !sim_vek_issue(chip, o, now, &p.ask, a, &made.vek, err) ||
        (o->crl && !issue_crl(chip, o, now, &p.ark, a, &made.vek_crl, err)))
        return err_in(err, "simulated TEE: making AMD's collateral");
    made.vek_chain = sim_pem_chain(chain, 2, a);
    *out = made;
    return true;
}

bool sim_snp_certificate_table(const struct sim_chip *chip, const struct sim_snp_options *o, int64_t now,
                               struct arena *a, struct slice *table, struct err *err)
{
    scoped(authorities_wipe) struct authorities p = {0};
    struct snp_certificates certs = {0};

    if (!load_authorities(chip, o->vlek, a, &p, err) ||
        !sim_vek_issue(chip, o, now, &p.ask, a, o->vlek ? &certs.vlek : &certs.vcek, err))
        return err_in(err, "simulated TEE: making a certificate table");
    certs.ask = p.ask.cert.der;
    certs.ark = p.ark.cert.der;
    *table = snp_certificates_make(&certs, a);
    return true;
}

static void put_member(struct buf *b, const char *name, struct slice text)
{
    buf_printf(b, "\"%s\":", name);
    json_put_string(b, text);
    buf_u8(b, ',');
}

bool sim_thim_json(const struct sim_chip *chip, int64_t now, struct arena *a, struct slice *json,
                   struct err *err)
{
    static const struct sim_snp_options usual = {0};
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);
    struct collateral c;

    if (!sim_snp_collateral(chip, &usual, now, a, &c, err))
        return false;
    buf_u8(&b, '{');
    put_member(&b, "vcekCert", slice_str(pem_text(a, "CERTIFICATE", c.vek)));
    buf_str(&b, "\"tcbm\":\"");
    for (size_t i = sizeof chip->tcb; i-- > 0;)
        buf_printf(&b, "%02X", chip->tcb[i]);
    buf_str(&b, "\",");
    put_member(&b, "certificateChain", c.vek_chain);
    buf_str(&b, "\"cacheControl\":\"86400\"}");
    *json = arena_copy(a, buf_bytes(&b));
    return true;
}
