/* SPDX-License-Identifier: Apache-2.0 */
/* Whole appraisals in which one part is the input: the first byte says which, the others are simulated and in
 * order. Whatever the input, only a report that the simulated quoting enclave signed may come out as genuine.
 */
#include <stdlib.h>

#include "attestation/sim/sim.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1767323045 };

static struct arena usual;
static struct slice quote;
static struct collateral collateral;
static struct dcap_quote parsed;

static void set_up(void)
{
    static const struct sim_collateral_options options = {0};
    static const struct sim_identity enclave = {.mr_enclave = {1}};
    static const uint8_t report_data[64] = {2};
    struct err err;

    pki_init();
    if (!sim_quote(&sim_platform_default, &enclave, report_data, &usual, &quote, &err) ||
        !sim_collateral(&sim_platform_default, &options, NOW, &usual, &collateral, &err) ||
        !dcap_quote_parse(quote, &parsed, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct collateral c;
    struct evidence e = {.kind = EVIDENCE_DCAP};
    struct appraisal what = {.evidence = &e, .collateral = &c, .roots = sim_roots(), .now = NOW};
    struct slice *const parts[] = {&e.quote,            &c.tcb_info, &c.tcb_issuer_chain, &c.qe_identity,
                                   &c.qe_issuer_chain, &c.pck_crl,  &c.root_ca_crl};
    struct arena a = {0};
    struct verdict v;

    if (quote.len == 0)
        set_up();
    c = collateral;
    e.quote = quote;
    if (size > 0)
        *parts[data[0] % (sizeof parts / sizeof parts[0])] = slice_of(data + 1, size - 1);
    appraise(&what, &a, &v);
    if (v.genuine && !slice_equal(v.claims.sgx.mr_enclave, parsed.report.claims.mr_enclave))
        abort();
    if (v.genuine != (v.reason.code == E_NONE))
        abort();
    (void)verdict_text(&v, &a);
    (void)verdict_json(&v, &a);
    arena_wipe(&a);
    return 0;
}
