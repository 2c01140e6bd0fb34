/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An item by itself: is it what its name says, and signed by whom it must be? Whether it is in force now and fits
 * the evidence is for the appraisal, which verifies all of it again: here nonsense is kept out of caches.
 */
#include "attestation/collateral.h"
#include "attestation/crls.h"
#include "attestation/qe_identity.h"
#include "attestation/signed_json.h"
#include "attestation/tcb_info.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

struct looking {
    const struct collateral_need *need;
    struct appraisal in; /* for the roots */
    const struct collateral_item *issuers;
    struct arena *arena;
    struct collateral_item *item;
};

static void ends(struct looking *l, int64_t t)
{
    if (t < l->item->expires)
        l->item->expires = t;
}

/* ---- Intel's signed documents ----------------------------------------------------------------------- */

static bool signed_body(struct looking *l, const char *member, struct slice *body, struct err *err)
{
    struct signed_json json;
    struct tcb_signer signer;

    if (!signed_json_split(l->item->body, member, l->arena, &json, err) ||
        !tcb_signer_parse(l->item->chain, l->arena, &signer, err) || !tcb_signer_verify(&l->in, &signer, err) ||
        !signed_json_verify(&l->in, &json, &signer, err))
        return false;
    ends(l, signer.leaf.not_after);
    ends(l, signer.root.not_after);
    *body = json.body;
    return true;
}

static bool look_at_tcb_info(struct looking *l, struct err *err)
{
    const char *id = l->need->tdx ? "TDX" : "SGX";
    struct tcb_info info;
    struct slice body;

    if (!signed_body(l, "tcbInfo", &body, err) || !tcb_info_parse(body, l->arena, &info, err))
        return false;
    if (strcmp(info.id, id) != 0 || strcmp(hex_text(l->arena, info.fmspc), l->need->about) != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: expected %s for FMSPC %s, found %s for %s", id,
                       l->need->about, text_shown(l->arena, slice_str(info.id)), hex_text(l->arena, info.fmspc));
    ends(l, info.next_update);
    return true;
}

static bool look_at_qe_identity(struct looking *l, struct err *err)
{
    const char *id = l->need->tdx ? "TD_QE" : "QE";
    struct qe_identity identity;
    struct slice body;

    if (!signed_body(l, "enclaveIdentity", &body, err) || !qe_identity_parse(body, l->arena, &identity, err))
        return false;
    if (strcmp(identity.id, id) != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "enclaveIdentity: expected %s, found %s", id,
                       text_shown(l->arena, slice_str(identity.id)));
    ends(l, identity.next_update);
    return true;
}

/* ---- Intel's revocation lists ------------------------------------------------------------------------- */

/* SubjectPublicKeyInfo of a P-256 key (RFC 5480), up to the point's coordinates. */
static const uint8_t P256_SPKI[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

/* The list is signed by one of the roots' keys; whose certificate that is does not matter here. */
static bool signed_by_root(struct looking *l, const struct crl *crl, struct err *err)
{
    uint8_t spki[sizeof P256_SPKI + 64];

    memcpy(spki, P256_SPKI, sizeof P256_SPKI);
    for (size_t i = 0; i < l->in.roots->num_intel; i++) {
        memcpy(spki + sizeof P256_SPKI, l->in.roots->intel[i].ptr, 64);
        if (spki_verify(slice_of(spki, sizeof spki), crl->alg, crl->tbs, crl->signature, err))
            return true;
    }
    return err_set(err, E_CRL, "root CA CRL: its signature is not of a trusted root");
}

static bool look_at_root_crl(struct looking *l, struct err *err)
{
    struct crl crl;

    if (!crl_read(l->item->body, l->arena, &crl, err) || !signed_by_root(l, &crl, err))
        return false;
    ends(l, crl.next_update);
    return true;
}

static bool look_at_pck_crl(struct looking *l, struct err *err)
{
    const char *called = strcmp(l->need->about, "platform") == 0 ? "SGX PCK Platform CA" : "SGX PCK Processor CA";
    struct cert *chain;
    struct crl crl;
    size_t num, ca;

    if (!crl_read(l->item->body, l->arena, &crl, err) ||
        !chain_read(l->item->chain, E_COLLATERAL_FORMAT, l->arena, &chain, &num, err))
        return false;
    if (num != 2)
        return err_set(err, E_CRL, "PCK CRL: issuer chain: expected 2 certificates, found %zu", num);
    ca = cert_is_self_issued(&chain[0]) ? 1 : 0;
    if (!cert_is_called(&chain[ca], called))
        return err_set(err, E_COLLATERAL_MISMATCH, "PCK CRL: expected one issued by %s", called);
    ends(l, crl.next_update);
    ends(l, chain[ca].not_after);
    return root_is_trusted(&l->in, &chain[1 - ca], err) && cert_is_issued_by(&l->in, &chain[ca], &chain[1 - ca], 0, err) &&
           crl_verify(&l->in, &crl, &chain[ca], "PCK CRL", err);
}

/* ---- AMD's certificates --------------------------------------------------------------------------------- */

/* ASK or ASVK, and the ARK, which must be the product's trust anchor. */
static bool read_amd_chain(struct looking *l, struct slice pem, const char *product, struct cert **ask,
                           struct cert **ark, struct err *err)
{
    struct cert *certs;
    uint8_t digest[SHA256_LEN];
    size_t num;

    if (!chain_read(pem, E_COLLATERAL_FORMAT, l->arena, &certs, &num, err))
        return false;
    if (num != 2)
        return err_set(err, E_VEK_CHAIN, "expected 2 certificates (ASK or ASVK, ARK), found %zu", num);
    *ark = cert_is_self_issued(&certs[0]) ? &certs[0] : &certs[1];
    *ask = *ark == &certs[0] ? &certs[1] : &certs[0];
    sha256(digest, (*ark)->der);
    for (size_t i = 0; i < l->in.roots->num_amd; i++)
        if (strcmp(l->in.roots->amd[i].product, product) == 0 &&
            memcmp(l->in.roots->amd[i].sha256, digest, sizeof digest) == 0)
            return cert_is_issued_by(&l->in, *ask, *ark, 0, err) || err_as(err, E_VEK_CHAIN);
    return err_set(err, E_ROOT, "the ARK is not the trusted one of %s", product);
}

static bool look_at_amd_chain(struct looking *l, struct err *err)
{
    struct cert *ask, *ark;

    if (!read_amd_chain(l, l->item->body, l->need->about, &ask, &ark, err))
        return false;
    ends(l, ask->not_after);
    ends(l, ark->not_after);
    return true;
}

static bool look_at_vek(struct looking *l, struct err *err)
{
    struct cert vek, *ask, *ark;
    struct pem_block block = {.der = l->item->body};
    struct slice rest = l->item->body;

    if (text_starts_with(l->item->body, "-----BEGIN") && !pem_next(&rest, l->arena, &block, err))
        return false;
    if (!cert_parse(block.der, l->arena, &vek, err))
        return err_as(err, E_COLLATERAL_FORMAT);
    ends(l, vek.not_after);
    if (l->issuers == NULL)
        return true;
    return read_amd_chain(l, l->issuers->body, l->need->about, &ask, &ark, err) &&
           (cert_signed_by(&vek, ask, err) || err_as(err, E_VEK_CHAIN));
}

/* By the ARK, whose certificate is not here: the appraisal verifies it. */
static bool look_at_amd_crl(struct looking *l, struct err *err)
{
    struct crl crl;

    if (!crl_read(l->item->body, l->arena, &crl, err))
        return false;
    ends(l, crl.next_update);
    return true;
}

/* ---- the table -------------------------------------------------------------------------------------------- */

bool collateral_item_verify(const struct collateral_need *need, const struct roots *roots,
                            const struct collateral_item *issuers, struct arena *a, struct collateral_item *item,
                            struct err *err)
{
    static bool (*const look[])(struct looking *l, struct err *err) = {
        [COLLATERAL_TCB_INFO] = look_at_tcb_info,   [COLLATERAL_QE_IDENTITY] = look_at_qe_identity,
        [COLLATERAL_PCK_CRL] = look_at_pck_crl,     [COLLATERAL_ROOT_CA_CRL] = look_at_root_crl,
        [COLLATERAL_VEK] = look_at_vek,             [COLLATERAL_VEK_CHAIN] = look_at_amd_chain,
        [COLLATERAL_VEK_CRL] = look_at_amd_crl,
    };
    struct collateral_item copy = *item;
    struct looking l = {.need = need, .in = {.roots = roots}, .issuers = issuers, .arena = a, .item = &copy};

    copy.expires = INT64_MAX;
    if (copy.body.len > need->max)
        return err_set(err, E_COLLATERAL_FORMAT, "%s: %zu bytes, more than the %zu allowed", need->name, copy.body.len,
                       need->max);
    if (!look[need->kind](&l, err))
        return err_in(err, "%s", need->name);
    *item = copy;
    return true;
}
