/* SPDX-License-Identifier: Apache-2.0 */
/* Appraisals of SNP reports in which one part is the input: the first byte says which, the others are
 * simulated and in order. Whatever the input, only what the simulated chip signed may come out as genuine,
 * and with it only what its report vouches for. */
#include <stdlib.h>

#include "attestation/sim/snp.h"
#include "attestation/snp_report.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1767323045 };

static struct arena usual;
static struct evidence evidence;
static struct collateral collateral;
static struct sim_guest guest = {.measurement = {1}};

static void set_up(void)
{
    static const struct sim_snp_options options = {.crl = true};
    static const char runtime_data[] = "{\"keys\":[]}", policy[] = "package policy\n";
    struct sim_uvm uvm = {.svn = "101"};
    uint8_t report_data[64] = {0};
    struct err err;

    pki_init();
    memcpy(uvm.measurement, guest.measurement, sizeof uvm.measurement);
    sha256(report_data, slice_str(runtime_data));
    sha256(guest.host_data, slice_str(policy));
    evidence = (struct evidence){
        .kind = EVIDENCE_SNP, .runtime_data = slice_str(runtime_data), .cce_policy = slice_str(policy)};
    if (!sim_snp_report(&sim_chips[0], &guest, report_data, &usual, &evidence.report, &err) ||
        !sim_snp_collateral(&sim_chips[0], &options, NOW, &usual, &collateral, &err) ||
        !sim_thim_json(&sim_chips[0], NOW, &usual, &evidence.thim_json, &err) ||
        !sim_uvm_endorsement(&uvm, &usual, &evidence.uvm_endorsements, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct collateral c;
    struct evidence e;
    struct slice *const parts[] = {&e.report,       &e.thim_json, &e.uvm_endorsements, &e.cce_policy,
                                   &e.runtime_data, &c.vek,       &c.vek_chain,        &c.vek_crl};
    struct appraisal what = {.evidence = &e, .collateral = &c, .roots = sim_roots(), .now = NOW};
    struct arena a = {0};
    struct verdict v;

    if (evidence.report.len == 0)
        set_up();
    c = collateral;
    e = evidence;
    if (size > 0)
        *parts[data[0] % (sizeof parts / sizeof parts[0])] = slice_of(data + 1, size - 1);
    appraise(&what, &a, &v);
    if (v.genuine &&
        !slice_equal(v.claims.snp.measurement, slice_of(guest.measurement, sizeof guest.measurement)))
        abort();
    if (v.genuine != (v.reason.code == E_NONE))
        abort();
    (void)verdict_json(&v, &a);
    arena_wipe(&a);
    return 0;
}
