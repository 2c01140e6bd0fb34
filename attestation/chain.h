/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/chain.h: Intel's certificate chains, before anything is looked up in them.
 *
 * Two kinds occur: PCK (leaf, intermediate, root) and TCB signing (leaf, root). Roles are found by name
 * because genuine evidence exists in more than one order. Certificates borrow from the arena.
 *
 * Source: Intel SGX PCK Certificate and Certificate Revocation List Profile Specification; RFC 5280.
 */
#pragma once
#include "attestation/attestation.h"
#include "pki/cert.h"

/* All certificates of a PEM text; nothing but white space and NULs before, between and after them.
 * LIMIT_CHAIN at most. What is malformed is refused with `format`. */
bool chain_read(struct slice pem, enum err_code format, struct arena *a, struct cert **out, size_t *num,
                struct err *err);

bool cert_is_self_issued(const struct cert *c);

/* Does the common name end with these words? ("SGX PCK Certificate": Intel puts its name in front.) */
bool cert_is_called(const struct cert *c, const char *words);

/* The key is one of the trust anchors and the certificate's own signature holds. E_ROOT. Of `in` roots, memo
 * and time are used, here and below; what holds is remembered. */
bool root_is_trusted(const struct appraisal *in, const struct cert *root, struct err *err);

/* `c` issued by `issuer`, which may issue certificates with `num_below` certification authorities under
 * it; neither has a critical extension that is not understood. E_CERT_CHAIN. */
bool cert_is_issued_by(const struct appraisal *in, const struct cert *c, const struct cert *issuer,
                       unsigned num_below, struct err *err);
