/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/dcap_scene.h: simulated evidence of Intel's with its collateral, to be changed and judged. */
#pragma once
#include <criterion/criterion.h>

#include "attestation/memo.h"
#include "attestation/sim/sim.h"

enum { NOW = 1767323045, DAY = 86400 };

extern const struct sim_identity scene_enclave;
extern const uint8_t scene_report_data[64];

/* A case: what is judged, all of which a test may change first. */
struct scene {
    struct arena a;
    struct slice quote;
    struct evidence evidence; /* of the quote */
    struct collateral collateral;
    struct appraisal what;
    struct verdict v;
};

/* Of SGX: this platform's quote with the collateral of that one. Of TDX: of the usual platform. */
void scene_of(struct scene *s, const struct sim_platform *p, const struct sim_platform *collateral_for,
              const struct sim_collateral_options *o);
void scene_usual(struct scene *s);
void scene_of_td(struct scene *s, const struct sim_td *td, const struct sim_quote_options *q,
                 const struct sim_collateral_options *o); /* o->tdx is seen to */
void scene_close(struct scene *s);

enum err_code judge(struct scene *s);

/* A copy in which this byte differs. */
struct slice changed(struct arena *a, struct slice s, size_t at, uint8_t flip);

#define EXPECT_REFUSED(s, expected, fragment)                                                                \
    do {                                                                                                     \
        cr_expect_eq(judge(s), expected, "%s: %s", reason_of((s)->v.reason.code)->name, (s)->v.reason.text); \
        cr_expect(!(s)->v.genuine);                                                                          \
        cr_expect_not_null(strstr((s)->v.reason.text, fragment), "%s", (s)->v.reason.text);                  \
    } while (0)
