/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/secrets.h: the values of the secrets that a manifest declares.
 *
 * Shared symmetric keys are random and made once; private ones are derived from the mesh's root secret
 * (HKDF-SHA256: salt = UUID text ‖ name, info = marble type), so that a marble gets the same value
 * again. Shared certificates are made once, private ones at each activation, from the declared template
 * with MarbleRun's defaults; all are issued by the marble root. Values live in the caller's arena and
 * are wiped with it.
 */
#pragma once
#include "coordinator/ca.h"
#include "manifest/manifest.h"

enum { ROOT_SECRET_LEN = 32 };

/* The shared values, sorted by name. E_SECRET_VALUE, E_UNSUPPORTED, with the secret's name; E_STATE_SIZE if
 * all symmetric keys, shared or private, would take more than 16 MiB. */
bool secrets_make_shared(const struct manifest *m, const struct authority *ca, int64_t now, struct arena *a,
                         struct secret_set *out, struct err *err);

/* All that one marble's templates can name: the shared values, and its private ones made now. */
struct secrets_for {
    const struct manifest *manifest;
    const struct secret_set *shared;
    const struct authority *ca;
    struct slice root_secret;
    struct uuid uuid;
    const struct marble *marble;
};
bool secrets_of_marble(const struct secrets_for *who, int64_t now, struct arena *a, struct secret_set *out,
                       struct err *err);

/* A value as the store keeps it (JSON with MarbleRun's member names), and back. E_STATE_CORRUPT. */
struct slice secret_value_encode(const struct secret_value *v, struct arena *a);
bool secret_value_decode(struct slice text, const struct secret_spec *spec, struct arena *a,
                         struct secret_value *out, struct err *err);
