/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/crls.h: Intel's revocation lists in every form in which they are served.
 *
 * DER (the provisioning service), PEM (its default) and hexadecimal text of the DER (caching services),
 * each possibly followed by a NUL. A list that is absent or empty is a fault, never "nothing revoked".
 */
#pragma once
#include "attestation/chain.h"

bool crl_read(struct slice text, struct arena *a, struct crl *out, struct err *err); /* E_CRL */

/* Issued and signed by `issuer`: E_CRL. Valid at `now`, or not longer over than
 * `grace` seconds: E_CRL_EXPIRED. `name` is for messages. */
bool crl_verify(const struct appraisal *in, const struct crl *c, const struct cert *issuer, const char *name,
                struct err *err);
bool crl_valid_at(const struct crl *c, int64_t now, int64_t grace, const char *name, struct err *err);
