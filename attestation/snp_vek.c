/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_vek.h"

#include "attestation/chain.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"

/* ---- reading ------------------------------------------------------------------------ */

enum { MAX_CERTS = 4 }; /* one more than there may be */

struct pile {
    struct cert certs[MAX_CERTS];
    size_t num;
};

/* The same certificate twice, in the VEK's place and in the chain, is one. */
static bool add(struct pile *p, const struct cert *c, struct err *err)
{
    for (size_t i = 0; i < p->num; i++)
        if (slice_equal(p->certs[i].der, c->der))
            return true;
    if (p->num == MAX_CERTS)
        return err_set(err, E_VEK_CHAIN, "VEK chain: expected three certificates, found more");
    p->certs[p->num++] = *c;
    return true;
}

static bool read_pem(struct slice text, struct arena *a, struct pile *p, struct err *err)
{
    struct cert *certs;
    size_t num;

    if (!chain_read(text, E_COLLATERAL_FORMAT, a, &certs, &num, err))
        return false;
    for (size_t i = 0; i < num; i++)
        if (!add(p, &certs[i], err))
            return false;
    return true;
}

/* One certificate behind the other. */
static bool read_der(struct slice in, struct arena *a, struct pile *p, struct err *err)
{
    struct cursor c = cursor_over(in);
    struct cert cert;

    while (cursor_ok(&c) && c.rest.len > 0) {
        const struct slice element = der_element(&c);

        if (!cursor_ok(&c))
            return err_set(err, E_COLLATERAL_FORMAT, "VEK chain: expected certificates in PEM or DER");
        if (!cert_parse(element, a, &cert, err))
            return err_as(err, E_COLLATERAL_FORMAT);
        if (!add(p, &cert, err))
            return false;
    }
    return true;
}

static bool read_certs(struct slice in, struct arena *a, struct pile *p, struct err *err)
{
    if (in.len > LIMIT_COLLATERAL_CHAIN)
        return err_set(err, E_COLLATERAL_FORMAT, "VEK chain: %zu bytes, more than the %d allowed", in.len,
                       LIMIT_COLLATERAL_CHAIN);
    return in.len == 0 || in.ptr[0] == DER_SEQUENCE ? read_der(in, a, p, err) : read_pem(in, a, p, err);
}

/* ---- roles -------------------------------------------------------------------------- */

static const char vcek_name[] = "SEV-VCEK", vlek_name[] = "SEV-VLEK";

static bool is_named(const struct cert *c, const char *name)
{
    return slice_equal(cert_common_name(c), slice_str(name));
}

static bool is_vek(const struct cert *c) { return is_named(c, vcek_name) || is_named(c, vlek_name); }

static bool is_authority_root(const struct cert *c) { return cert_is_self_issued(c); }

static bool is_authority(const struct cert *c) { return !cert_is_self_issued(c) && !is_vek(c); }

/* The one certificate of the pile from `from` on that has the role. */
static bool pick(const struct pile *p, size_t from, bool (*has_role)(const struct cert *c), const char *role,
                 struct cert *out, struct err *err)
{
    size_t found = 0;

    for (size_t i = from; i < p->num; i++)
        if (has_role(&p->certs[i])) {
            *out = p->certs[i];
            found++;
        }
    return found == 1 || err_set(err, E_VEK_CHAIN, "VEK chain: expected one %s, found %zu", role, found);
}

bool vek_chain_parse(struct slice vek, struct slice chain, struct arena *a, struct vek_chain *out,
                     struct err *err)
{
    struct pile p = {0};
    struct vek_chain c = {0};

    if (!read_certs(vek, a, &p, err))
        return err_in(err, "VEK");
    if (vek.len > 0 && p.num != 1)
        return err_set(err, E_VEK_CHAIN, "VEK: expected one certificate, found %zu", p.num);
    if (!read_certs(chain, a, &p, err))
        return err_in(err, "ASK and ARK");
    if (vek.len > 0)
        c.vek = p.certs[0];
    else if (!pick(&p, 0, is_vek, "certificate of a VEK (SEV-VCEK, SEV-VLEK)", &c.vek, err))
        return false;
    if (!pick(&p, vek.len > 0, is_authority_root, "ARK, which is self-issued", &c.ark, err) ||
        !pick(&p, vek.len > 0, is_authority, "ASK or ASVK", &c.ask, err))
        return false;
    if (p.num != 3)
        return err_set(err, E_VEK_CHAIN,
                       "VEK chain: expected VEK, ASK or ASVK, and ARK, found %zu certificates", p.num);
    *out = c;
    return true;
}

/* ---- trust -------------------------------------------------------------------------- */

bool vek_chain_root(struct vek_chain *c, const struct roots *roots, struct err *err)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, c->ark.der);
    for (size_t i = 0; i < roots->num_amd; i++)
        if (memcmp(roots->amd[i].sha256, digest, sizeof digest) == 0) {
            c->product = roots->amd[i].product;
            return true;
        }
    return err_set(err, E_ROOT,
                   "ARK: it is none of the %zu trust anchors of this program's trust domain (%s)",
                   roots->num_amd, roots->simulated ? "simulated" : "production");
}

/* AMD 57230, "Certificate format": RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes. */
static bool signed_as_amd_signs(const struct vek_chain *c, struct err *err)
{
    return (c->ark.alg == SIG_RSA_PSS_SHA384 && c->ask.alg == SIG_RSA_PSS_SHA384 &&
            c->vek.alg == SIG_RSA_PSS_SHA384) ||
           err_set(err, E_VEK_CHAIN, "VEK chain: expected signatures of RSASSA-PSS with SHA-384");
}

static bool key_is_p384(const struct cert *vek, struct err *err)
{
    enum key_type type;

    if (!spki_key_type(vek->spki, &type, err))
        return err_as(err, E_VEK_CHAIN);
    return type == KEY_P384 || err_set(err, E_VEK_CHAIN, "VEK: expected a key on P-384");
}

bool vek_chain_verify(const struct vek_chain *c, struct appraising *x, struct err *err)
{
    if (c->vek.is_ca)
        return err_set(err, E_VEK_CHAIN, "VEK: it is an authority's certificate");
    return (signed_as_amd_signs(c, err) && key_is_p384(&c->vek, err) &&
            cert_is_issued_by(x->in, &c->ark, &c->ark, 1, err) &&
            cert_is_issued_by(x->in, &c->ask, &c->ark, 1, err) &&
            cert_is_issued_by(x->in, &c->vek, &c->ask, 0, err)) ||
           err_as(err, E_VEK_CHAIN);
}

static bool check_name(const struct cert *c, const char *role, const char *expected, struct arena *a,
                       struct err *err)
{
    return is_named(c, expected) ||
           err_set(err, E_VEK_CHAIN, "%s: expected the common name \"%s\", found \"%s\"", role, expected,
                   text_shown(a, cert_common_name(c)));
}

bool vek_chain_named(const struct vek_chain *c, const char *signing_key, struct arena *a, struct err *err)
{
    const bool vlek = strcmp(signing_key, "VLEK") == 0;

    return check_name(&c->ark, "ARK", arena_printf(a, "ARK-%s", c->product), a, err) &&
           check_name(&c->ask, vlek ? "ASVK" : "ASK",
                      arena_printf(a, vlek ? "SEV-VLEK-%s" : "SEV-%s", c->product), a, err) &&
           check_name(&c->vek, signing_key, vlek ? vlek_name : vcek_name, a, err);
}

/* ---- extensions --------------------------------------------------------------------- */

/* 1.3.6.1.4.1.3704.1 and what follows; AMD 57230, "VCEK certificate extensions". */
static const uint8_t oid_amd[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01};
enum { EXT_PRODUCT = 2, EXT_SPL, EXT_HWID, EXT_CSP_ID };
enum { SPL_BL = 1, SPL_TEE = 2, SPL_SNP = 3, SPL_UCODE = 8, SPL_FMC = 9 };

static const struct extension *amd_extension(const struct cert *c, uint8_t first, uint8_t second)
{
    uint8_t oid[sizeof oid_amd + 2];

    memcpy(oid, oid_amd, sizeof oid_amd);
    oid[sizeof oid_amd] = first;
    oid[sizeof oid_amd + 1] = second;
    return cert_extension(c, slice_of(oid, sizeof oid_amd + (second == 0 ? 1 : 2)));
}

static bool read_spl(const struct cert *c, uint8_t which, const char *name, unsigned *out, struct err *err)
{
    const struct extension *e = amd_extension(c, EXT_SPL, which);
    struct cursor value = cursor_over(e == NULL ? (struct slice){0} : e->value);

    *out = (unsigned)der_uint(&value, DER_INTEGER, UINT8_MAX);
    return cursor_done(&value) ||
           err_set(err, E_VEK_CHAIN, "VEK: extension %s SPL: expected an INTEGER of 0 to 255", name);
}

static bool read_tcb(const struct cert *c, bool turin, struct snp_tcb *out, struct err *err)
{
    out->has_fmc = turin;
    return read_spl(c, SPL_BL, "boot loader", &out->bl, err) && read_spl(c, SPL_TEE, "TEE", &out->tee, err) &&
           read_spl(c, SPL_SNP, "SNP", &out->snp, err) &&
           read_spl(c, SPL_UCODE, "microcode", &out->ucode, err) &&
           (!turin || read_spl(c, SPL_FMC, "FMC", &out->fmc, err));
}

static bool read_text(const struct extension *e, const char *name, struct slice *out, struct err *err)
{
    struct cursor value = cursor_over(e == NULL ? (struct slice){0} : e->value);
    const struct slice text = der_take(&value, DER_IA5);

    if (!cursor_done(&value) || !text_is_utf8(text))
        return err_set(err, E_VEK_CHAIN, "VEK: extension %s: expected an IA5String", name);
    *out = text;
    return true;
}

/* The octets stand there as they are; newer certificates wrap them as an OCTET STRING. */
static bool read_hwid(const struct extension *e, size_t len, struct slice *out, struct err *err)
{
    struct cursor value = cursor_over(e->value);

    *out = e->value.len == len ? e->value : der_take(&value, DER_OCTETS);
    return (out->len == len && (e->value.len == len || cursor_done(&value))) ||
           err_set(err, E_VEK_CHAIN, "VEK: hardware id: expected %zu octets, bare or as an OCTET STRING",
                   len);
}

bool vek_platform_parse(const struct vek_chain *c, const char *signing_key, struct vek_platform *out,
                        struct err *err)
{
    const struct extension *hwid = amd_extension(&c->vek, EXT_HWID, 0),
                           *csp = amd_extension(&c->vek, EXT_CSP_ID, 0);
    const bool vlek = strcmp(signing_key, "VLEK") == 0, turin = snp_is_turin(c->product);
    struct vek_platform p = {0};

    if ((hwid != NULL) == vlek || (csp != NULL) != vlek)
        return err_set(err, E_VEK_CHAIN, "%s: expected the extension %s and not the other's", signing_key,
                       vlek ? "CSP id" : "hardware id");
    if (!read_text(amd_extension(&c->vek, EXT_PRODUCT, 0), "product name", &p.product_name, err) ||
        !read_tcb(&c->vek, turin, &p.tcb, err) ||
        !(vlek ? read_text(csp, "CSP id", &p.csp_id, err)
               : read_hwid(hwid, turin ? SNP_TURIN_HWID_LEN : SNP_CHIP_ID_LEN, &p.hwid, err)))
        return false;
    p.product = snp_product_named(p.product_name);
    *out = p;
    return true;
}

static bool same_spl(const char *name, unsigned certified, unsigned reported, struct err *err)
{
    return certified == reported ||
           err_set(err, E_VEK_MISMATCH, "reported TCB: %s: the certificate is for %u, the report says %u",
                   name, certified, reported);
}

static bool same_tcb(const struct snp_tcb *certified, const struct snp_tcb *reported, struct err *err)
{
    return same_spl("FMC", certified->fmc, reported->fmc, err) &&
           same_spl("boot loader", certified->bl, reported->bl, err) &&
           same_spl("TEE", certified->tee, reported->tee, err) &&
           same_spl("SNP", certified->snp, reported->snp, err) &&
           same_spl("microcode", certified->ucode, reported->ucode, err);
}

/* A masked chip id is zero; Turin's fills the first eight bytes. */
static bool same_chip(const struct vek_platform *p, const struct snp_report *r, struct err *err)
{
    struct cursor c = cursor_over(r->says.chip_id);
    const struct slice id = cursor_take(&c, p->hwid.len);

    if (r->masked && slice_is_zero(r->says.chip_id))
        return true;
    return (slice_equal(id, p->hwid) && slice_is_zero(c.rest)) ||
           err_set(err, E_VEK_MISMATCH, "chip id: the certificate is another chip's");
}

bool vek_platform_matches(const struct vek_platform *p, const struct snp_report *r, const char *product,
                          struct err *err)
{
    const struct snp_tcb reported = snp_tcb_parts(r->says.reported_tcb, product);

    if (p->product == NULL || strcmp(p->product, product) != 0)
        return err_set(err, E_VEK_MISMATCH, "VEK: product name: expected one of %s, found \"%.*s\"", product,
                       (int)(p->product_name.len > 40 ? 40 : p->product_name.len),
                       (const char *)p->product_name.ptr);
    if (!same_tcb(&p->tcb, &reported, err))
        return false;
    return p->hwid.len == 0 || same_chip(p, r, err); /* a VLEK is no chip's */
}
