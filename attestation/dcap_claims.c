/* SPDX-License-Identifier: Apache-2.0 */
/* What quote and platform say, written. */
#include "attestation/claims_out.h"
#include "base/text.h"

void claims_put_sgx(const struct claims *c, struct claims_out *o)
{
    const struct sgx_claims *s = &c->sgx;

    if (c->tee != TEE_SGX)
        return;
    claim_hex(o, "mrenclave", s->mr_enclave);
    claim_hex(o, "mrsigner", s->mr_signer);
    claim_uint(o, "isvprodid", s->isv_prod_id);
    claim_uint(o, "isvsvn", s->isv_svn);
    claim_hex(o, "cpusvn", s->cpu_svn);
    claim_hex(o, "miscselect", s->misc_select);
    claim_hex(o, "attributes", s->attributes);
    claim_hex(o, "isv_ext_prod_id", s->isv_ext_prod_id);
    claim_hex(o, "isv_family_id", s->isv_family_id);
    claim_hex(o, "config_id", s->config_id);
    claim_uint(o, "config_svn", s->config_svn);
}

void claims_put_tdx(const struct claims *c, struct claims_out *o)
{
    static const char *const rtmrs[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    const struct tdx_claims *t = &c->tdx;

    if (c->tee != TEE_TDX)
        return;
    claim_hex(o, "mrtd", t->mr_td);
    for (size_t i = 0; i < sizeof rtmrs / sizeof rtmrs[0]; i++)
        claim_hex(o, rtmrs[i], t->rtmr[i]);
    claim_hex(o, "mrconfigid", t->mr_config_id);
    claim_hex(o, "mrowner", t->mr_owner);
    claim_hex(o, "mrownerconfig", t->mr_owner_config);
    claim_hex(o, "tdattributes", t->td_attributes);
    claim_hex(o, "xfam", t->xfam);
    claim_hex(o, "mrseam", t->mr_seam);
    claim_hex(o, "mrsignerseam", t->mr_signer_seam);
    claim_hex(o, "seamattributes", t->seam_attributes);
    claim_hex(o, "tee_tcb_svn", t->tee_tcb_svn);
    claim_hex(o, "tee_tcb_svn2", t->tee_tcb_svn2);
    claim_hex(o, "mrservicetd", t->mr_service_td);
}

static void put_status(const struct claims *c, struct claims_out *o)
{
    const struct dcap_claims *d = &c->dcap;

    claim_str(o, "tcb_status", tcb_status_name(d->tcb_status));
    claim_str(o, "platform_tcb_status", tcb_status_name(d->platform_tcb_status));
    claim_str(o, "qe_tcb_status", tcb_status_name(d->qe_tcb_status));
    if (c->tee == TEE_TDX)
        claim_str(o, "tdx_module_tcb_status",
                  d->has_module_status ? tcb_status_name(d->tdx_module_tcb_status) : NULL);
    claim_strs(o, "advisory_ids", d->advisories, d->num_advisories);
    claim_time(o, "tcb_date", d->tcb_date);
    claim_uint(o, "tcb_evaluation_data_number", d->tcb_evaluation_data_number);
    claim_uint(o, "qe_isvsvn", d->qe_isv_svn);
}

/* A serial number is a number: no zero in front. */
static void put_serial(struct slice serial, struct claims_out *o)
{
    char text[2 * 64 + 1];

    hex_encode(text, slice_of(serial.ptr, serial.len < 64 ? serial.len : 64));
    claim_str(o, "pck_serial", text + (text[0] == '0' && text[1] != '\0'));
}

void claims_put_dcap(const struct claims *c, struct claims_out *o)
{
    const struct dcap_claims *d = &c->dcap;

    if (!claims_have_dcap(c))
        return;
    claim_uint(o, "quote_version", d->quote_version);
    if (d->body_type != 0)
        claim_uint(o, "body_type", d->body_type);
    if (d->trailing_bytes != 0)
        claim_uint(o, "trailing_bytes", d->trailing_bytes);
    if (d->has_status)
        put_status(c, o);
    claim_hex(o, "fmspc", d->fmspc);
    claim_hex(o, "pceid", d->pce_id);
    claim_hex(o, "ppid", d->ppid);
    if (d->pck_serial.len > 0)
        put_serial(d->pck_serial, o);
    if (d->pck_ca != NULL)
        claim_str(o, "pck_ca", d->pck_ca);
}
