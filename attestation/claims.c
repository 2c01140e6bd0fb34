/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/claims_out.h"

static const char *const status_names[NUM_TCB_STATUSES] = {
    [TCB_UP_TO_DATE] = "UpToDate",
    [TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [TCB_OUT_OF_DATE] = "OutOfDate",
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
    [TCB_REVOKED] = "Revoked",
};

const char *tcb_status_name(enum tcb_status s)
{
    return (unsigned)s < NUM_TCB_STATUSES ? status_names[s] : "unknown";
}

bool tcb_status_named(const char *name, enum tcb_status *out)
{
    for (unsigned i = 0; i < NUM_TCB_STATUSES; i++)
        if (strcmp(status_names[i], name) == 0) {
            *out = (enum tcb_status)i;
            return true;
        }
    return false;
}

/* ---- written ------------------------------------------------------------------------ */

/* Genuine evidence's claims have no member "simulated"; that of the simulated TEE says so first. */
static void put_common(const struct claims *c, struct claims_out *o)
{
    if (c->tee == TEE_NONE)
        return;
    claim_str(o, "tee", c->tee_name);
    if (c->simulated)
        claim_bool(o, "simulated", true);
    claim_bool(o, "debug", c->debug);
    claim_hex(o, "report_data", c->report_data);
}

void claims_put_framing(const struct claims *c, struct claims_out *o)
{
    const struct framing_claims *f = &c->framing;

    if (f->name == NULL)
        return;
    claim_str(o, "framing", f->name);
    claim_hex(o, "certificate_spki_sha256", f->spki_sha256);
    if (f->claims == NULL)
        return;
    claim_object(o, "claims");
    for (size_t i = 0; i < f->num_claims; i++)
        if (f->claims[i].value.len == 0)
            claim_str(o, f->claims[i].name, "");
        else
            claim_hex(o, f->claims[i].name, f->claims[i].value);
    claim_end(o);
}

void claims_put(const struct claims *c, struct claims_out *o)
{
    static void (*const parts[])(const struct claims *, struct claims_out *) = {
        put_common,     claims_put_dcap, claims_put_sgx,   claims_put_tdx,     claims_put_snp,
        claims_put_uvm, claims_put_vtpm, claims_put_nitro, claims_put_framing,
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        parts[i](c, o);
}
