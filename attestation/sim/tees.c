/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/tees.h"

#include <stdlib.h>

#include "attestation/sim/azure.h"
#include "attestation/sim/measure.h"
#include "attestation/sim/nitro.h"
#include "attestation/sim/seed.h"
#include "attestation/snp_report.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

const struct sim_chip *const sim_chip_here = &sim_chips[0];

/* Which one is here is nobody's but the simulation's to say, so it is said in the environment. */
static bool chosen(const char *name, struct err *err)
{
    const char *wanted = collect_variable("MESH_SIM_TEE");

    if (wanted == NULL || wanted[0] == '\0')
        wanted = "sgx";
    return strcmp(wanted, name) == 0 ||
           err_set(err, E_NO_TEE, "MESH_SIM_TEE is \"%.40s\", not \"%s\"", wanted, name);
}

/* ---- guests ------------------------------------------------------------------------- */

struct sim_guest sim_guest_running(const struct sim_identity *id)
{
    struct sim_guest g = {0};

    sim_launch_measurement(id, g.measurement);
    if (id->debug)
        g.policy = 1 << SNP_POLICY_SMT | 1 << SNP_POLICY_RESERVED_ONE | 1 << SNP_POLICY_DEBUG;
    return g;
}

struct sim_td sim_td_running(const struct sim_identity *id)
{
    struct sim_td td = sim_td_default;

    sim_launch_measurement(id, td.mr_td);
    if (id->debug)
        td.attributes[0] = 1;
    return td;
}

/* ---- SGX ---------------------------------------------------------------------------- */

static bool probe_sgx(struct err *err) { return chosen("sgx", err); }

static bool evidence_sgx(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct sim_identity self;

    return sim_measure_self(&self, err) && sim_quote(&sim_platform_default, &self, report_data, a, out, err);
}

/* As EGETKEY derives with KEYPOLICY.MRSIGNER (and ISVPRODID) or KEYPOLICY.MRENCLAVE; a debug enclave gets
 * other keys, as there. */
void sim_seal_key_of(const struct sim_identity *id, enum seal_policy policy, struct secret *out)
{
    scoped(buf_wipe) struct buf context = buf_max(KIB);

    buf_u8(&context, (uint8_t)policy);
    buf_u8(&context, id->debug);
    if (policy == SEAL_UNIQUE) {
        buf_put(&context, slice_of(id->mr_enclave, sizeof id->mr_enclave));
    } else {
        buf_put(&context, slice_of(id->mr_signer, sizeof id->mr_signer));
        buf_u16le(&context, id->product_id);
    }
    sim_sealing_key(buf_bytes(&context), out);
}

static bool seal_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    struct sim_identity self;

    if (!sim_measure_self(&self, err))
        return false;
    sim_seal_key_of(&self, policy, out);
    return true;
}

/* ---- TDX and SEV-SNP ---------------------------------------------------------------- */

static bool probe_tdx(struct err *err) { return chosen("tdx", err); }
static bool probe_snp(struct err *err) { return chosen("snp", err); }
static bool probe_aci(struct err *err) { return chosen("snp-aci", err); }

static bool evidence_tdx(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    static const struct sim_quote_options as_they_are = {0};
    struct sim_identity self;
    struct sim_td td;

    if (!sim_measure_self(&self, err))
        return false;
    td = sim_td_running(&self);
    return sim_td_quote(&sim_platform_default, &td, report_data, &as_they_are, a, out, err);
}

static bool evidence_snp(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct sim_identity self;
    struct sim_guest guest;

    if (!sim_measure_self(&self, err))
        return false;
    guest = sim_guest_running(&self);
    return sim_snp_report(sim_chip_here, &guest, report_data, a, out, err);
}

/* A container group: the policy names the program, the measurement is that of the utility VM, endorsed. */
static bool evidence_aci(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_SNP};
    struct sim_uvm uvm = {.svn = "100"};
    struct sim_identity self;
    struct sim_guest guest;

    if (!sim_measure_self(&self, err))
        return false;
    guest = sim_guest_running(&self);
    sim_constant("utility VM", (struct slice){0}, guest.measurement, sizeof guest.measurement);
    memcpy(uvm.measurement, guest.measurement, sizeof uvm.measurement);
    e.cce_policy = slice_str(arena_printf(a, "package simulated\nprogram := \"%s\"\n",
                                          hex_text(a, slice_of(self.mr_enclave, sizeof self.mr_enclave))));
    sha256(guest.host_data, e.cce_policy);
    if (!sim_snp_report(sim_chip_here, &guest, report_data, a, &e.report, err) ||
        !sim_uvm_endorsement(&uvm, a, &e.uvm_endorsements, err) ||
        !sim_thim_json(sim_chip_here, clock_now(), a, &e.thim_json, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

/* ---- Azure confidential VMs --------------------------------------------------------- */

static bool probe_az_snp(struct err *err) { return chosen("az-snp", err); }
static bool probe_az_tdx(struct err *err) { return chosen("az-tdx", err); }

static bool evidence_azure(enum hcl_hardware hardware, const uint8_t report_data[64], struct arena *a,
                           struct slice *out, struct err *err)
{
    struct sim_identity self;
    struct evidence e;

    if (!sim_measure_self(&self, err) ||
        !sim_azure_evidence(hardware, &self, collect_variable("MESH_SIM_TPM"), report_data, a, &e, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

static bool evidence_az_snp(const uint8_t report_data[64], struct arena *a, struct slice *out,
                            struct err *err)
{
    return evidence_azure(HCL_SNP, report_data, a, out, err);
}

static bool evidence_az_tdx(const uint8_t report_data[64], struct arena *a, struct slice *out,
                            struct err *err)
{
    return evidence_azure(HCL_TDX, report_data, a, out, err);
}

/* ---- AWS Nitro ---------------------------------------------------------------------- */

static bool probe_nitro(struct err *err) { return chosen("nitro", err); }

/* PCR 0 measures the image; in debug mode the first three are zero. */
static bool evidence_nitro(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct sim_nitro n = {.user_data = slice_of(report_data, 64)};
    struct sim_identity self;

    if (!sim_measure_self(&self, err))
        return false;
    for (uint8_t i = 0; i < 3 && !self.debug; i++)
        sim_constant("PCR of an enclave image", slice_of(&i, 1), n.pcrs[i], sizeof n.pcrs[i]);
    if (!self.debug)
        sim_launch_measurement(&self, n.pcrs[0]);
    return sim_nitro_document(&n, clock_now(), a, out, err);
}

/* ---- the table ---------------------------------------------------------------------- */

#define NO_SEAL_KEY "the simulated TEE gives sealing keys where the real one does"

static const struct tee sgx = {
    .name = "sgx-simulated", .probe = probe_sgx, .evidence = evidence_sgx, .seal_key = seal_key};
static const struct tee tdx = {
    .name = "tdx-simulated", .probe = probe_tdx, .evidence = evidence_tdx, .why_no_seal_key = NO_SEAL_KEY};
static const struct tee snp = {
    .name = "snp-simulated", .probe = probe_snp, .evidence = evidence_snp, .seal_key = seal_key};
static const struct tee aci = {.name = "snp-aci-simulated",
                               .probe = probe_aci,
                               .evidence = evidence_aci,
                               .why_no_seal_key = NO_SEAL_KEY};
static const struct tee az_snp = {.name = "az-snp-simulated",
                                  .probe = probe_az_snp,
                                  .evidence = evidence_az_snp,
                                  .why_no_seal_key = NO_SEAL_KEY};
static const struct tee az_tdx = {.name = "az-tdx-simulated",
                                  .probe = probe_az_tdx,
                                  .evidence = evidence_az_tdx,
                                  .why_no_seal_key = NO_SEAL_KEY};
static const struct tee nitro = {.name = "nitro-simulated",
                                 .probe = probe_nitro,
                                 .evidence = evidence_nitro,
                                 .why_no_seal_key = NO_SEAL_KEY};

const struct tee *const sim_tees[] = {&sgx, &tdx, &snp, &aci, &az_snp, &az_tdx, &nitro, NULL};
