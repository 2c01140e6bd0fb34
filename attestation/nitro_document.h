/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/nitro_document.h: the attestation document of an AWS Nitro enclave, read and checked by itself.
 *
 * Source: AWS Nitro Enclaves NSM API, "Attestation process" (github.com/aws/aws-nitro-enclaves-nsm-api),
 * sections 3.1 and 3.2.2: syntactical validation. Maps may be of indefinite length, as the hypervisor came to
 * write them; members that are not known are passed over. Slices borrow.
 */
#pragma once
#include "attestation/cose.h"

enum { NITRO_NUM_PCRS = 32, NITRO_MAX_CHAIN = 8 };

struct nitro_document {
    struct cose_sign1 message;
    struct slice module_id;
    uint64_t timestamp_ms;
    struct slice pcrs[NITRO_NUM_PCRS]; /* empty: not there */
    struct slice certificate;
    struct slice cabundle[NITRO_MAX_CHAIN]; /* root first */
    size_t num_cabundle;
    struct slice public_key, user_data, nonce; /* empty: not there */
};

/* COSE_Sign1 of ES384 and nothing else in its headers; a map with all that is required, each once, of its
 * type and size. E_EVIDENCE_FORMAT. */
bool nitro_document_parse(struct slice in, struct nitro_document *out, struct err *err);
