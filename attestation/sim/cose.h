/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/cose.h: CBOR and COSE_Sign1 messages, written. */
#pragma once
#include "attestation/cose.h"

void cbor_put_int(struct buf *b, int64_t v);
void cbor_put_bytes(struct buf *b, struct slice s);
void cbor_put_text(struct buf *b, const char *s);
void cbor_put_array(struct buf *b, uint64_t num);
void cbor_put_map(struct buf *b, uint64_t num);
void cbor_put_map_open(struct buf *b); /* of indefinite length: closed by cbor_put_break() */
void cbor_put_break(struct buf *b);
void cbor_put_null(struct buf *b);

/* The message of these two, its unprotected headers empty, signed by the key as `alg` of pki/key.h says. */
bool sim_cose_sign1(struct slice protected_headers, struct slice payload, const struct key *k,
                    enum signature_alg alg, bool tagged, struct arena *a, struct slice *out, struct err *err);
