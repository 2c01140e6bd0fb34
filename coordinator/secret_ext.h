/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/secret_ext.h: the extensions of a certificate template, as Go writes them (RFC 5280
 * section 4.2). */
#pragma once
#include "manifest/secret.h"

/* Purposes, subject key id, authority information, policies, name constraints, distribution points, as far as
 * the template asks for them, then its own; of a type that it brings itself none is made. E_SECRET_VALUE. */
bool secret_extensions(const struct cert_template *t, struct arena *a, struct extension **out, size_t *num,
                       struct err *err);
