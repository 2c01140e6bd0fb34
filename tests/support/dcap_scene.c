/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/dcap_scene.h"

#include "pki/hash.h"

const struct sim_identity scene_enclave = {
    .mr_enclave = {0xe1}, .mr_signer = {0x51}, .product_id = 7, .security_version = 3};
const uint8_t scene_report_data[64] = {0xda, 0x7a};

static void finish(struct scene *s)
{
    s->evidence = (struct evidence){.kind = EVIDENCE_DCAP, .quote = s->quote};
    s->what = (struct appraisal){
        .evidence = &s->evidence, .collateral = &s->collateral, .roots = sim_roots(), .now = NOW};
}

void scene_of(struct scene *s, const struct sim_platform *p, const struct sim_platform *collateral_for,
              const struct sim_collateral_options *o)
{
    struct err err;

    pki_init();
    *s = (struct scene){0};
    cr_assert(sim_quote(p, &scene_enclave, scene_report_data, &s->a, &s->quote, &err), "%s", err.text);
    cr_assert(sim_collateral(collateral_for, o, NOW, &s->a, &s->collateral, &err), "%s", err.text);
    finish(s);
}

void scene_usual(struct scene *s)
{
    static const struct sim_collateral_options usual = {0};

    scene_of(s, &sim_platform_default, &sim_platform_default, &usual);
}

void scene_of_td(struct scene *s, const struct sim_td *td, const struct sim_quote_options *q,
                 const struct sim_collateral_options *o)
{
    struct sim_collateral_options of_tdx = *o;
    struct err err;

    pki_init();
    *s = (struct scene){0};
    of_tdx.tdx = true;
    cr_assert(sim_td_quote(&sim_platform_default, td, scene_report_data, q, &s->a, &s->quote, &err), "%s",
              err.text);
    cr_assert(sim_collateral(&sim_platform_default, &of_tdx, NOW, &s->a, &s->collateral, &err), "%s",
              err.text);
    finish(s);
}

void scene_close(struct scene *s) { arena_wipe(&s->a); }

enum err_code judge(struct scene *s)
{
    appraise(&s->what, &s->a, &s->v);
    return s->v.reason.code;
}

struct slice changed(struct arena *a, struct slice s, size_t at, uint8_t flip)
{
    uint8_t *copy = arena_alloc(a, s.len);

    memcpy(copy, s.ptr, s.len);
    copy[at] ^= flip;
    return slice_of(copy, s.len);
}
