/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/diff.h: two manifests, entry by entry. Private to manifest/; see plan.h. */
#pragma once
#include "manifest/plan.h"

/* Sets entries and num_entries of the plan. `effective` stands in for the packages of `old`. */
void diff_manifests(const struct manifest *old, const struct package *effective, const struct manifest *next,
                    struct arena *a, struct plan *out);

/* Was this entry added, removed or changed? NULL: neither. */
const struct plan_entry *plan_find(const struct plan *p, enum plan_section section, const char *name);
