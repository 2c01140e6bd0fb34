/* SPDX-License-Identifier: Apache-2.0 */
/* marble/credentials.h: what a service shows to the coordinator: a key of its own, made for this one request;
 * evidence of the TEE; and a request for the certificate that it wants.
 *
 * For mesh.v1 the evidence is over the key, the coordinator's nonce and the connection (manifest/mesh_v1.h).
 * For rpc.Marble it is over a certificate for the key, which is the connection's client certificate. That is
 * MarbleRun's premain's, but for the curve: self-signed, CN "MarbleRun Marble", the names of the
 * configuration, digitalSignature and keyAgreement, server and client authentication, not an authority, valid
 * for 2^63 - 1 nanoseconds. The evidence's report data is SHA-256 of its DER, then zeroes, and the evidence
 * stands in Open Enclave's header.
 */
#pragma once
#include "manifest/mesh_v1.h"
#include "marble/config.h"
#include "net/tls.h"
#include "pki/key.h"

struct credentials {
    struct key key;
    struct slice cert; /* empty in mesh.v1 */
    struct slice csr, evidence;
};

/* Released with credentials_wipe(); slices live in the arena. Evidence that the TEE does not give is an error
 * (E_NO_TEE, E_EVIDENCE_UNAVAILABLE); it is empty only if the configuration wants none. */
bool credentials_make(const struct config *config, int64_t now, struct arena *a, struct credentials *out,
                      struct err *err);

/* For mesh.v1: bound to nonce and exporter of `b`, whose spki is not looked at. */
bool credentials_bound(const struct config *config, const struct mesh_binding *b, struct arena *a,
                       struct credentials *out, struct err *err);

/* Coordinators ask everybody for a client certificate, MarbleRun's on mesh.v1's behalf, too. One that says
 * nothing of the service: the same, without its names, and with a key that is used for nothing else. */
bool credentials_anonymous(int64_t now, struct tls_identity **out, struct err *err);
void credentials_wipe(struct credentials *c);
