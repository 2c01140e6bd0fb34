/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/certificate_evidence.h: evidence that a certificate carries, and what binds it to the key.
 *
 * Framings in use: TCG DICE tagged evidence (Interoperable RA-TLS), Open Enclave's report and evidence, and
 * Gramine's older extension (enum certificate_framing). Finding decides nothing about the evidence; the
 * verifier (certificate_appraise) then appraises it like any other and compares its report data. Such
 * evidence is as old as the certificate: who needs freshness compares claims.framing.nonce.
 *
 * Source: TCG DICE Attestation Architecture 1.1 (tagged evidence); CCC Interoperable RA-TLS; Open Enclave
 * attested TLS.
 */
#pragma once
#include "attestation/attestation.h"
#include "pki/cert.h"

struct certificate_evidence {
    enum certificate_framing framing;
    struct slice evidence;       /* a quote, bare or in Open Enclave's header */
    struct slice report_data[2]; /* one of these 64 bytes must be the evidence's */
    size_t num_report_data;
    struct slice key_hash;        /* DICE: claim "pubkey-hash"; others: none */
    struct framing_claims claims; /* DICE: all but "pubkey-hash" */
};

/* Evidence in the first accepted framing that is there, once (E_EVIDENCE_MISSING, E_EVIDENCE_FORMAT). The
 * result borrows from certificate and arena. An extension under the OID of Intel's PCK certificates, where
 * Intel's SGX SDK puts a second copy of the quote, is not looked at. */
bool certificate_evidence_find(const struct cert *c, unsigned framings, struct arena *a,
                               struct certificate_evidence *out, struct err *err);

/* The claim over the key, where there is one, names the certificate's own. E_KEY_BINDING; E_EVIDENCE_FORMAT.
 */
bool certificate_evidence_key(const struct certificate_evidence *e, const struct cert *c, struct err *err);

/* Report data is bound to what the certificate says. E_KEY_BINDING. */
bool certificate_evidence_bound(const struct certificate_evidence *e, struct slice report_data,
                                struct err *err);
