/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/certificate_evidence.h: evidence that a certificate carries, and what binds it to the key.
 *
 * Three framings are in use: TCG DICE tagged evidence (Interoperable RA-TLS), Open Enclave's report and
 * Gramine's older extension. Reading checks the certificate and everything that needs no appraisal; the
 * quote is then appraised like any other, and its report data compared. Such evidence is as old as the
 * certificate: who needs freshness compares the nonce.
 *
 * Source: TCG DICE Attestation Architecture 1.1 (tagged evidence); CCC Interoperable RA-TLS; Open Enclave
 * attested TLS.
 */
#pragma once
#include "attestation/attestation.h"
#include "pki/cert.h"

/* Bits of a set; of several that are there the first accepted one counts. */
enum certificate_framing {
    FRAMING_DICE_TAGGED = 1,    /* 2.23.133.5.4.9 */
    FRAMING_OE_REPORT = 2,      /* 1.3.6.1.4.1.311.105.1 or 1.2.840.113556.10.1.1 */
    FRAMING_GRAMINE_LEGACY = 4, /* 0.6.9.42.840.113741.1337.6, as it goes over the wire: only if asked for */
};
enum { FRAMINGS_DEFAULT = FRAMING_DICE_TAGGED | FRAMING_OE_REPORT };

struct certificate_claim {
    struct slice name, value; /* value: contents of a byte string, else the encoded item */
};

struct certificate_evidence {
    enum certificate_framing framing;
    const char *framing_name;
    struct slice evidence;       /* for appraise() */
    struct slice report_data[2]; /* one of these 64 bytes must be the evidence's */
    size_t num_report_data;
    struct slice spki_sha256;         /* 32: of the certificate's key */
    struct slice nonce;               /* claim "nonce"; empty if there is none */
    struct certificate_claim *claims; /* DICE: all but "pubkey-hash" */
    size_t num_claims;
};

/* The certificate signs itself (E_SIGNATURE), is valid at `now` (E_CERT_EXPIRED) and carries evidence in one
 * accepted framing once (E_EVIDENCE_MISSING, E_EVIDENCE_FORMAT); the claim over the key names the
 * certificate's own (E_KEY_BINDING). The result borrows from certificate and arena. */
bool certificate_evidence_read(const struct cert *c, unsigned framings, int64_t now, struct arena *a,
                               struct certificate_evidence *out, struct err *err);

/* The appraised evidence is bound to what the certificate says. E_KEY_BINDING. */
bool certificate_evidence_bound(const struct certificate_evidence *e, const struct verdict *v,
                                struct err *err);
