/* SPDX-License-Identifier: Apache-2.0 */
/* How good the platform is: TDX module, levels of platform, module and quoting enclave, and what they give
 * together. Intel TDX DCAP quote verification; Intel PCS API v4, "Get TDX TCB Info". */
#include "attestation/dcap.h"
#include "base/text.h"

/* TEE_TCB_SVN: the TDX module's SVN and its version. */
enum { MODULE_SVN, MODULE_VERSION };

/* ---- the TDX module ----------------------------------------------------------------- */

static bool module_differs(const struct dcap *d, const char *what, struct slice expected, struct slice found,
                           struct err *err)
{
    return err_set(err, E_TDX_MODULE, "TDX module: %s: expected %s, found %s", what,
                   hex_text(d->x.arena, expected), hex_text(d->x.arena, found));
}

/* The module of that version is Intel's: its signer and its attributes, which must all be zero, whatever the
 * mask. */
static bool module_is_known(const struct dcap *d, struct slice svn, struct err *err)
{
    const struct tdx_claims *t = &d->quote.td.claims;
    const struct tdx_module *m = tcb_info_module(&d->tcb_info, svn.ptr[MODULE_VERSION]);

    if (m == NULL)
        return err_set(err, E_TDX_MODULE, "TDX module: tcbInfo knows no module of version %u",
                       (unsigned)svn.ptr[MODULE_VERSION]);
    if (!slice_equal(t->mr_signer_seam, m->mr_signer))
        return module_differs(d, "MRSIGNERSEAM", m->mr_signer, t->mr_signer_seam, err);
    return (slice_is_zero(t->seam_attributes) && slice_equal(t->seam_attributes, m->attributes)) ||
           module_differs(d, "SEAMATTRIBUTES", m->attributes, t->seam_attributes, err);
}

bool dcap_tdx_module(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct tdx_claims *t = &d->quote.td.claims;

    if (!dcap_is_tdx(d)) {
        d->x.found = "no TD";
        return true;
    }
    if (!d->tcb_info.has_module)
        return err_set(err, E_TDX_MODULE, "tcbInfo: tdxModule is missing");
    if (!module_is_known(d, t->tee_tcb_svn, err))
        return false;
    if (dcap_is_td15(d) && !module_is_known(d, t->tee_tcb_svn2, err))
        return err_in(err, "TEE_TCB_SVN2");
    d->x.found = arena_printf(d->x.arena, "version %u, SVN %u", (unsigned)t->tee_tcb_svn.ptr[MODULE_VERSION],
                              (unsigned)t->tee_tcb_svn.ptr[MODULE_SVN]);
    return true;
}

/* ---- levels ------------------------------------------------------------------------- */

static const char *level_text(struct arena *a, const struct tcb_level *level)
{
    return arena_printf(a, "%s since %s", tcb_status_name(level->status), time_text(a, level->date));
}

static bool find_platform(const struct dcap *d, struct slice svn, const struct tcb_level **out,
                          struct err *err)
{
    const struct pck_platform *p = &d->platform;
    const struct tcb_platform has = {p->components, p->pce_svn, svn};
    struct arena *a = d->x.arena;

    *out = tcb_platform_level(d->tcb_info.levels, d->tcb_info.num_levels, &has);
    if (*out != NULL)
        return true;
    return err_set(err, E_TCB_NOT_SUPPORTED,
                   "platform: components %s with PCESVN %u%s%s are below each of the %zu levels listed",
                   hex_text(a, slice_of(p->components, sizeof p->components)), p->pce_svn,
                   svn.len == 0 ? "" : " and TEE_TCB_SVN ", hex_text(a, svn), d->tcb_info.num_levels);
}

bool dcap_platform_tcb(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct tdx_claims *t = &d->quote.td.claims; /* of SGX: empty */

    if (!find_platform(d, t->tee_tcb_svn, &d->at_launch.platform, err))
        return false;
    if (dcap_is_td15(d) && !find_platform(d, t->tee_tcb_svn2, &d->now.platform, err))
        return err_in(err, "TEE_TCB_SVN2");
    d->x.found = level_text(d->x.arena, d->at_launch.platform);
    return true;
}

/* A module without a version has no levels of its own: the platform's speak for it. */
static bool find_module(const struct dcap *d, struct slice svn, const struct tcb_level **out, struct err *err)
{
    const struct tdx_module *m = tcb_info_module(&d->tcb_info, svn.ptr[MODULE_VERSION]);

    *out = NULL;
    if (svn.ptr[MODULE_VERSION] == 0)
        return true;
    *out = tcb_enclave_level(m->levels, m->num_levels, svn.ptr[MODULE_SVN]);
    return *out != NULL ||
           err_set(err, E_TCB_NOT_SUPPORTED, "TDX module %s: SVN %u is below each of the %zu levels listed",
                   text_shown(d->x.arena, slice_str(m->id)), (unsigned)svn.ptr[MODULE_SVN], m->num_levels);
}

bool dcap_module_tcb(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const struct tdx_claims *t = &d->quote.td.claims;

    if (!dcap_is_tdx(d)) {
        d->x.found = "no TD";
        return true;
    }
    if (!find_module(d, t->tee_tcb_svn, &d->at_launch.module, err))
        return false;
    if (dcap_is_td15(d) && !find_module(d, t->tee_tcb_svn2, &d->now.module, err))
        return err_in(err, "TEE_TCB_SVN2");
    d->x.found =
        d->at_launch.module == NULL ? "no levels of its own" : level_text(d->x.arena, d->at_launch.module);
    return true;
}

bool dcap_qe_tcb(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const unsigned svn = d->quote.qe_report.claims.isv_svn;

    d->x.v->claims.dcap.qe_isv_svn = svn;
    d->qe_level = tcb_enclave_level(d->qe_identity.levels, d->qe_identity.num_levels, svn);
    if (d->qe_level == NULL)
        return err_set(err, E_TCB_NOT_SUPPORTED,
                       "quoting enclave: ISVSVN %u is below each of the %zu levels listed", svn,
                       d->qe_identity.num_levels);
    d->x.found = level_text(d->x.arena, d->qe_level);
    return true;
}

/* ---- together ----------------------------------------------------------------------- */

static enum tcb_status converged(const struct dcap *d, const struct evaluation *e)
{
    const enum tcb_status s = tcb_converge(e->platform->status, d->qe_level->status);

    return e->module == NULL ? s : tcb_converge(s, e->module->status);
}

static int64_t earliest(const struct tcb_level *const *levels, size_t num)
{
    int64_t date = INT64_MAX;

    for (size_t i = 0; i < num; i++)
        if (levels[i] != NULL && levels[i]->date < date)
            date = levels[i]->date;
    return date;
}

static void claim_tcb(struct dcap *d, enum tcb_status s)
{
    const struct evaluation *e = &d->at_launch;
    const struct tcb_level *const levels[] = {e->platform, d->qe_level, e->module};
    struct dcap_claims *c = &d->x.v->claims.dcap;

    c->has_status = true;
    c->tcb_status = s;
    c->platform_tcb_status = e->platform->status;
    c->qe_tcb_status = d->qe_level->status;
    c->has_module_status = e->module != NULL;
    if (e->module != NULL)
        c->tdx_module_tcb_status = e->module->status;
    c->tcb_date = earliest(levels, 3);
    c->advisories = tcb_advisories(levels, 3, d->x.arena, &c->num_advisories);
}

/* A TD of version 1.5 is judged twice: as the platform was when it was launched, and as it is now. What is
 * revoked in either is revoked. */
bool dcap_tcb_status(void *dcap, struct err *err)
{
    struct dcap *d = dcap;
    const enum tcb_status launch = converged(d, &d->at_launch);
    const enum tcb_status now = dcap_is_td15(d) ? converged(d, &d->now) : launch;
    const enum tcb_status s = now == TCB_REVOKED ? now : tcb_relaunch(launch, now);
    const struct evaluation *e = now == TCB_REVOKED && launch != now ? &d->now : &d->at_launch;

    claim_tcb(d, s);
    d->x.found = tcb_status_name(s);
    return s != TCB_REVOKED ||
           err_set(err, E_TCB_REVOKED, "TCB status: Revoked (platform %s, quoting enclave %s%s%s)",
                   tcb_status_name(e->platform->status), tcb_status_name(d->qe_level->status),
                   e->module == NULL ? "" : ", TDX module ",
                   e->module == NULL ? "" : tcb_status_name(e->module->status));
}
