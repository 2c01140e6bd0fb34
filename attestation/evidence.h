/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/evidence.h: evidence as it comes in, its kind recognised and its parts told apart.
 *
 * Some evidence is one blob (a quote, a report, a document); some needs parts beside it that the attester
 * sends along (a vTPM's quote, an endorsement, the chip's certificate). On the wire all of it is one byte
 * string: a bare blob, or a container:
 *
 *     "MESHEVID", u32le version 1, u32le number of parts; for each u8 length of name, name,
 *     u32le length, bytes. Names ascend strictly and are those of struct evidence's members.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum evidence_kind {
    EVIDENCE_UNKNOWN,
    EVIDENCE_DCAP,        /* SGX or TDX quote, bare or in Open Enclave's header */
    EVIDENCE_SNP,         /* report, bare or as the firmware wraps it; ACI with its endorsement */
    EVIDENCE_AZURE,       /* HCL report with vTPM quote; for TDX the TD quote besides */
    EVIDENCE_NITRO,       /* COSE_Sign1 document */
    EVIDENCE_CERTIFICATE, /* an X.509 certificate that carries one of the others */
};
const char *evidence_kind_name(enum evidence_kind k); /* "dcap", "snp", "azure", "nitro", "certificate" */

/* Slices borrow; empty: not there. Names of parts in a container are the members' names. */
struct evidence {
    enum evidence_kind kind;
    struct slice quote;       /* DCAP: the quote; Azure with TDX: the TD quote */
    struct slice report;      /* SNP */
    struct slice hcl_report;  /* Azure */
    struct slice document;    /* Nitro */
    struct slice certificate; /* DER */
    /* what an attester may send along */
    struct slice tpm_quote_msg, tpm_quote_sig, tpm_pcrs; /* TPMS_ATTEST, signature, JSON [hex, ...] */
    struct slice vek, vek_chain;                         /* SNP: from the host (auxblob, THIM) */
    struct slice thim_json;                              /* ACI: host-amd-cert, JSON */
    struct slice uvm_endorsements, cce_policy;           /* ACI: COSE_Sign1; Rego text */
    struct slice runtime_data; /* what report data's first half is the SHA-256 of, if the attester says so */
};

/* Recognises kind and encoding: bare bytes, a container, hexadecimal, base64 (standard or URL), PEM
 * CERTIFICATE; white space around text is allowed. Decoded text lives in the arena. E_EVIDENCE_FORMAT says
 * what was tried; E_EVIDENCE_MISSING for no bytes. Only the outermost form is looked at. */
bool evidence_read(struct slice in, struct arena *a, struct evidence *out, struct err *err);

/* The same for bytes from the wire: bare or container only, no text forms. */
bool evidence_decode(struct slice in, struct evidence *out, struct err *err);

/* The container of several parts, or the bare blob if there is only one. */
struct slice evidence_encode(const struct evidence *e, struct arena *a);

/* Takes Open Enclave's header (u32 1, u32 2, u64 length) off, if it is there. E_EVIDENCE_FORMAT. */
bool evidence_unwrap(struct slice evidence, struct slice *quote, struct err *err);
struct slice evidence_wrap_oe(struct arena *a, struct slice quote);

/* As evidence goes over the wire: a bare SGX or TDX quote with Open Enclave's header, as MarbleRun has it; all else as
 * it is. */
struct slice evidence_framed(struct slice evidence, struct arena *a);
