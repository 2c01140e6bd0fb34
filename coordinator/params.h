/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/params.h: what a marble gets: files, environment, arguments, with templates expanded. */
#pragma once
#include "coordinator/ca.h"
#include "coordinator/secrets.h"
#include "manifest/activation.h"
#include "manifest/manifest.h"

/* Who the marble is now: its identity and the certificates of the mesh. */
struct marble_identity {
    const struct authority *ca;
    struct issued issued;
};

/* Expands the marble's files and variables. Env also holds MarbleRun's predefined variables, which win over
 * entries of the manifest with their names: four always, and MARBLE_TTLS_CONFIG if the marble has TLS tags.
 * Errors name the file or variable: E_TEMPLATE_*, E_ACTIVATION_SIZE. */
bool params_build(const struct manifest *mesh, const struct marble *m, const struct marble_identity *who,
                  const struct marble_secrets *secrets, struct arena *a, struct parameters *out,
                  struct err *err);

/* The value of MARBLE_TTLS_CONFIG: JSON, compact, keys sorted; of several tags the later one's endpoint
 * counts. E_TEMPLATE_VALUE if a tag names a secret without certificate and key. */
bool params_ttls(const struct manifest *mesh, const struct marble *m, const struct marble_identity *who,
                 const struct secret_set *secrets, struct arena *a, struct slice *out, struct err *err);
