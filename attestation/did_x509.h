/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/did_x509.h: who an issuer named did:x509 is: a leaf below a certain authority that meets
 * policies.
 *
 *     did:x509:0:sha256:FINGERPRINT::eku:1.3.6.1.4.1.311.76.59.1.2
 *
 * Source: did:x509 Method Specification, version 0 (microsoft.github.io/did-x509). The fingerprint is
 * base64url without padding, of the DER of an authority's certificate; digests are sha256, sha384, sha512.
 * Policies are `eku` (an object identifier), `subject` (pairs of CN, L, ST, O, OU, C, STREET or an object
 * identifier, and a value) and `san` (`email`, `dns` or `uri`, and a value), values percent-encoded; each must
 * hold for the leaf. A policy that is not known is refused.
 */
#pragma once
#include "pki/cert.h"

/* `chain` is leaf first. Whether it holds, signature by signature, is for the caller to verify. E_UVM. */
bool did_x509_matches(struct slice did, const struct cert *chain, size_t num, struct err *err);
