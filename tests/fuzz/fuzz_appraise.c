/* SPDX-License-Identifier: Apache-2.0 */
/* Whole appraisals in which one part is the input: the first byte says which, and in its highest bit whether of an
 * enclave or of a TD; the others are simulated and in order. Whatever the input, only a report that the simulated
 * quoting enclave signed may come out as genuine.
 */
#include <stdlib.h>

#include "attestation/sim/sim.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1767323045 };

static struct arena usual;
static struct slice quote[2]; /* of an enclave, of a TD */
static struct collateral collateral[2];
static struct dcap_quote parsed[2];

static void set_up(void)
{
    static const struct sim_collateral_options options[2] = {{.tdx = false}, {.tdx = true}};
    static const struct sim_quote_options plain = {0};
    struct sim_td td = sim_td_default;
    static const struct sim_identity enclave = {.mr_enclave = {1}};
    static const uint8_t report_data[64] = {2};
    struct err err;

    pki_init();
    td.is_td15 = true;
    if (!sim_quote(&sim_platform_default, &enclave, report_data, &usual, &quote[0], &err) ||
        !sim_td_quote(&sim_platform_default, &td, report_data, &plain, &usual, &quote[1], &err))
        abort();
    for (int i = 0; i < 2; i++)
        if (!sim_collateral(&sim_platform_default, &options[i], NOW, &usual, &collateral[i], &err) ||
            !dcap_quote_parse(quote[i], &parsed[i], &err))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct collateral c;
    struct evidence e = {.kind = EVIDENCE_DCAP};
    struct appraisal what = {.evidence = &e, .collateral = &c, .roots = sim_roots(), .now = NOW};
    struct slice *const parts[] = {&e.quote,            &c.tcb_info, &c.tcb_issuer_chain, &c.qe_identity,
                                   &c.qe_issuer_chain, &c.pck_crl,  &c.root_ca_crl};
    const int tdx = size > 0 && data[0] >= 0x80;
    struct arena a = {0};
    struct verdict v;

    if (quote[0].len == 0)
        set_up();
    c = collateral[tdx];
    e.quote = quote[tdx];
    if (size > 0)
        *parts[(data[0] & 0x7f) % (sizeof parts / sizeof parts[0])] = slice_of(data + 1, size - 1);
    appraise(&what, &a, &v);
    if (v.genuine && !tdx && !slice_equal(v.claims.sgx.mr_enclave, parsed[0].report.claims.mr_enclave))
        abort();
    if (v.genuine && tdx && !slice_equal(v.claims.tdx.mr_td, parsed[1].td.claims.mr_td))
        abort();
    if (v.genuine != (v.reason.code == E_NONE))
        abort();
    (void)verdict_text(&v, &a);
    (void)verdict_json(&v, &a);
    arena_wipe(&a);
    return 0;
}
