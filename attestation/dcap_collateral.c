/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists, TCB info and QE identity: genuine, valid now, and of this platform. */
#include "attestation/dcap.h"
#include "attestation/memo.h"
#include "base/text.h"

/* ---- what is remembered: each kind of text, read ------------------------------------- */

static bool read_crl(struct slice text, struct arena *a, void *crl, struct err *err)
{
    return crl_read(text, a, crl, err);
}

static bool read_signer(struct slice text, struct arena *a, void *signer, struct err *err)
{
    return tcb_signer_parse(text, a, signer, err);
}

static bool read_signed_tcb_info(struct slice text, struct arena *a, void *json, struct err *err)
{
    return signed_json_split(text, "tcbInfo", a, json, err);
}

static bool read_signed_qe_identity(struct slice text, struct arena *a, void *json, struct err *err)
{
    return signed_json_split(text, "enclaveIdentity", a, json, err);
}

static bool read_tcb_info(struct slice body, struct arena *a, void *info, struct err *err)
{
    return tcb_info_parse(body, a, info, err);
}

static bool read_qe_identity(struct slice body, struct arena *a, void *identity, struct err *err)
{
    return qe_identity_parse(body, a, identity, err);
}

static void keep(const struct dcap *d, int64_t until, struct memo_entry *fresh)
{
    memo_keep(d->x.in->memo, d->x.in->now, until, fresh);
}

#define READ(d, read, text, out, fresh, err)                                                                 \
    memo_read((d)->x.in->memo, (d)->x.in->now, read, text, (d)->x.arena, out, sizeof *(out), fresh, err)

/* ---- revocation lists --------------------------------------------------------------- */

static bool take_crl(struct dcap *d, struct slice text, const struct cert *issuer, const char *name,
                     struct crl *out, struct err *err)
{
    struct memo_entry *fresh;

    if (!READ(d, read_crl, text, out, &fresh, err))
        return err_in(err, "%s", name);
    if (!crl_verify(d->x.in, out, issuer, name, err))
        return false;
    keep(d, out->next_update, fresh);
    window_narrow(&d->x.window, out->this_update, out->next_update + d->x.in->grace);
    if (!crl_valid_at(out, d->x.in->now, d->x.in->grace, name, err))
        return false;
    d->x.found = arena_printf(d->x.arena, "%zu revoked, valid until %s%s", out->num_revoked,
                              time_text(d->x.arena, out->next_update),
                              d->x.in->now > out->next_update ? " and used in its grace period" : "");
    return true;
}

bool dcap_root_ca_crl(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return take_crl(d, d->x.in->collateral->root_ca_crl, &d->pck.root, "root CA CRL", &d->root_crl, err);
}

bool dcap_pck_crl(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return take_crl(d, d->x.in->collateral->pck_crl, &d->pck.intermediate, "PCK CRL", &d->pck_crl, err);
}

static bool not_revoked(const struct dcap *d, const struct crl *crl, const struct cert *c, const char *name,
                        struct err *err)
{
    if (!crl_lists(crl, c->serial))
        return true;
    return err_set(err, E_CERT_REVOKED, "%s: its serial number %s is revoked", name,
                   hex_text(d->x.arena, c->serial));
}

bool dcap_pck_revocation(void *dcap, struct err *err)
{
    const struct dcap *d = dcap;

    return not_revoked(d, &d->root_crl, &d->pck.intermediate, "intermediate certificate", err) &&
           not_revoked(d, &d->pck_crl, &d->pck.leaf, "PCK certificate", err);
}

/* ---- TCB info and QE identity ------------------------------------------------------- */

static bool document_issuer(struct dcap *d, struct slice chain, struct document *doc, struct err *err)
{
    struct tcb_signer *s = &doc->signer;
    struct memo_entry *fresh;

    if (!READ(d, read_signer, chain, s, &fresh, err) || !tcb_signer_verify(d->x.in, s, err))
        return false;
    keep(d, s->leaf.not_after, fresh);
    if (!step_cert_in_time(&d->x, &s->leaf, err) || !step_cert_in_time(&d->x, &s->root, err)) {
        (void)err_in(err, "issuer chain");
        return err_as(err, E_COLLATERAL_EXPIRED);
    }
    return not_revoked(d, &d->root_crl, &s->leaf, "TCB signing certificate", err);
}

static bool document_signature(struct dcap *d, struct slice text, const char *member, memo_reader *read,
                               struct document *doc, struct err *err)
{
    struct memo_entry *fresh;

    if (!READ(d, read, text, &doc->json, &fresh, err))
        return false;
    if (!signed_json_verify(d->x.in, &doc->json, &doc->signer, err))
        return err_in(err, "%s", member);
    keep(d, doc->signer.leaf.not_after, fresh);
    return true;
}

static bool document_dates(struct dcap *d, const char *member, int64_t from, int64_t to, struct err *err)
{
    struct arena *a = d->x.arena;

    window_narrow(&d->x.window, from, to + d->x.in->grace);
    d->x.found = arena_printf(a, "valid from %s to %s%s", time_text(a, from), time_text(a, to),
                              d->x.in->now > to && d->x.in->grace > 0 ? " and used in its grace period" : "");
    if (from <= d->x.in->now && d->x.in->now - d->x.in->grace <= to)
        return true;
    return err_set(err, E_COLLATERAL_EXPIRED, "%s: %s, the time is %s", member, d->x.found,
                   time_text(a, d->x.in->now));
}

bool dcap_tcb_info_issuer(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return document_issuer(d, d->x.in->collateral->tcb_issuer_chain, &d->tcb_doc, err) ||
           err_in(err, "tcbInfo");
}

bool dcap_tcb_info_signature(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return document_signature(d, d->x.in->collateral->tcb_info, "tcbInfo", read_signed_tcb_info, &d->tcb_doc,
                              err);
}

bool dcap_tcb_info_dates(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct tcb_info *t = &d->tcb_info;
    struct memo_entry *fresh;

    if (!READ(d, read_tcb_info, d->tcb_doc.json.body, &d->tcb_info, &fresh, err))
        return false;
    keep(d, t->next_update, fresh);
    return document_dates(d, "tcbInfo", t->issue_date, t->next_update, err);
}

bool dcap_qe_identity_issuer(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return document_issuer(d, d->x.in->collateral->qe_issuer_chain, &d->qe_doc, err) ||
           err_in(err, "enclaveIdentity");
}

bool dcap_qe_identity_signature(void *dcap, struct err *err)
{
    struct dcap *d = dcap;

    return document_signature(d, d->x.in->collateral->qe_identity, "enclaveIdentity", read_signed_qe_identity,
                              &d->qe_doc, err);
}

bool dcap_qe_identity_dates(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct qe_identity *q = &d->qe_identity;
    struct memo_entry *fresh;

    if (!READ(d, read_qe_identity, d->qe_doc.json.body, &d->qe_identity, &fresh, err))
        return false;
    keep(d, q->next_update, fresh);
    return document_dates(d, "enclaveIdentity", q->issue_date, q->next_update, err);
}

/* ---- does it belong together -------------------------------------------------------- */

static bool same_bytes(const struct dcap *d, const char *what, struct slice expected, struct slice found,
                       struct err *err)
{
    if (slice_equal(expected, found))
        return true;
    return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: %s: expected the platform's %s, found %s", what,
                   hex_text(d->x.arena, expected), hex_text(d->x.arena, found));
}

bool dcap_collateral_match(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct tcb_info *t = &d->tcb_info;
    const struct qe_identity *q = &d->qe_identity;
    const char *tee = dcap_is_tdx(d) ? "TDX" : "SGX", *id = dcap_is_tdx(d) ? "TD_QE" : "QE";
    struct arena *a = d->x.arena;

    d->x.expected =
        arena_printf(a, "TCB info of %s for FMSPC %s and PCEID %s, QE identity \"%s\" of version 2", tee,
                     hex_text(a, d->platform.fmspc), hex_text(a, d->platform.pce_id), id);
    if (strcmp(t->id, tee) != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: id: expected \"%s\", found \"%s\"", tee,
                       text_shown(a, slice_str(t->id)));
    if (t->tcb_type != 0)
        return err_set(err, E_COLLATERAL_MISMATCH, "tcbInfo: tcbType: expected 0, found %u", t->tcb_type);
    if (!same_bytes(d, "FMSPC", d->platform.fmspc, t->fmspc, err) ||
        !same_bytes(d, "PCEID", d->platform.pce_id, t->pce_id, err))
        return false;
    if (strcmp(q->id, id) == 0 && q->version == 2)
        return true;
    return err_set(err, E_COLLATERAL_MISMATCH,
                   "enclaveIdentity: expected id \"%s\" of version 2, found \"%s\" of version %u", id,
                   text_shown(a, slice_str(q->id)), q->version);
}

bool dcap_tcb_evaluation_number(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const uint64_t t = d->tcb_info.tcb_evaluation_data_number, q = d->qe_identity.tcb_evaluation_data_number;
    const uint64_t least = d->x.in->min_tcb_evaluation_data_number, found = t < q ? t : q;

    d->x.v->claims.dcap.tcb_evaluation_data_number = found;
    d->x.expected = arena_printf(d->x.arena, "at least %llu", (unsigned long long)least);
    d->x.found = arena_printf(d->x.arena, "%llu", (unsigned long long)found);
    return found >= least ||
           err_set(err, E_TCB_EVALUATION, "TCB evaluation data number: expected at least %llu, found %llu",
                   (unsigned long long)least, (unsigned long long)found);
}
