/* SPDX-License-Identifier: Apache-2.0 */
/* cli/lint.h: what a coordinator accepts and an operator should look at twice. */
#pragma once
#include "manifest/manifest.h"

/* Each finding a sentence that begins with its path: "$.Config.SealMode: ...". Of a manifest that was checked. */
size_t manifest_lint(const struct manifest *m, struct arena *a, char ***findings);
