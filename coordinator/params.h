/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/params.h: what a marble gets: files, environment, arguments, with templates expanded. */
#pragma once
#include "coordinator/ca.h"
#include "manifest/activation.h"
#include "manifest/manifest.h"

/* Who the marble is now: its identity and the certificates of the mesh. */
struct marble_identity {
    const struct authority *ca;
    struct issued issued;
};

/* Expands the marble's files and variables. Env also holds MarbleRun's four predefined variables, which
 * win over entries of the manifest with their names. Errors name the file or variable: E_TEMPLATE_*,
 * E_ACTIVATION_SIZE. */
bool params_build(const struct marble *m, const struct marble_identity *who, const struct secret_set *secrets,
                  struct arena *a, struct parameters *out, struct err *err);
