/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/cose.h: one signed message, COSE_Sign1 (RFC 9052 section 4.2), with or without its tag 18.
 *
 * Algorithms of RFC 9053: ES256, ES384 and ES512, each on its own curve (P-256, P-384, P-521), and PS256,
 * PS384 and PS512. External data are empty. Slices borrow from what was parsed.
 */
#pragma once
#include "attestation/memo.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

enum cose_alg {
    COSE_ES256 = -7,
    COSE_ES384 = -35,
    COSE_ES512 = -36,
    COSE_PS256 = -37,
    COSE_PS384 = -38,
    COSE_PS512 = -39,
};

/* Labels of headers: RFC 9052 3.1, RFC 9597 (CWT claims), RFC 9360 (x5chain), COSE hash envelope. */
enum {
    COSE_ALG = 1,
    COSE_CRIT = 2,
    COSE_CONTENT_TYPE = 3,
    COSE_CWT_CLAIMS = 15,
    COSE_X5CHAIN = 33,
    COSE_PAYLOAD_HASH_ALG = 258,
};

struct cose_sign1 {
    struct slice protected_headers;   /* contents of the byte string: a map, or empty */
    struct slice unprotected_headers; /* a map */
    struct slice payload, signature;
};

/* The whole message and nothing behind it; both sets of headers are maps of at most LIMIT_COSE_HEADERS, in
 * which no label occurs twice; what is marked critical is known here. E_EVIDENCE_FORMAT, with `what` in front
 * of its text. */
bool cose_sign1_parse(struct slice in, const char *what, struct cose_sign1 *out, struct err *err);

/* The encoded value of a header, by number or by text; empty if it is not there. Of maps that stand in
 * headers too. */
struct slice cose_header(struct slice map, int64_t label);
struct slice cose_header_named(struct slice map, const char *label);

/* The algorithm of the protected headers; 0 if there is none. */
int64_t cose_algorithm(const struct cose_sign1 *m);

/* What is signed: the Sig_structure of RFC 9052 section 4.4. */
void cose_put_signed(struct buf *b, const struct cose_sign1 *m);

/* Signed by this key. E_SIGNATURE says what does not hold or does not go together. `now`, `until`: for the
 * memo. */
bool cose_sign1_verify(const struct cose_sign1 *m, struct slice spki, struct memo *memo, int64_t now,
                       int64_t until, struct err *err);
