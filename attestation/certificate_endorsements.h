/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/certificate_endorsements.h: collateral that a certificate carries for the quote in it.
 *
 * TCG DICE endorsement manifest (2.23.133.5.4.2), of SGX and TDX: CBOR 60000([version, TCB info, its issuer
 * chain, PCK CRL, root CA CRL, issuer chain of the PCK CRL, QE identity, its issuer chain, time of
 * creation]); the last may be absent. Whoever sends the certificate chose them: they are verified like any
 * collateral, and count only where the verifier has none of its own.
 *
 * Source: CCC Interoperable RA-TLS, "SGX / TDX Endorsement Data Format" and "X.509 Cert with Evidence and
 * Endorsements".
 */
#pragma once
#include "attestation/attestation.h"
#include "pki/cert.h"

/* What is there; nothing, if there is no such extension or one with another tag, which is for others. Borrows
 * from the certificate. E_COLLATERAL_FORMAT. */
bool certificate_endorsements(const struct cert *c, struct collateral *out, struct err *err);
