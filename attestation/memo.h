/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/memo.h: signatures that were found to hold, remembered.
 *
 * An entry's key is SHA-256 over everything that the verification depends on (algorithm, public key, message,
 * signature), so a remembered "holds" can never be another's: there is nothing to poison. Only what holds
 * is remembered. Dates, revocation and policy are never remembered: they are judged each time. Bounded: where
 * there is no room, what expired goes first, then what was not used for longest. For all threads:
 * finding something takes no lock. With a NULL memo nothing is remembered and all is verified.
 *
 * What an attacker can sign as much of as he likes (quotes, certificates of his own) is not to be remembered:
 * it would drive out what is of use.
 */
#pragma once
#include "pki/cert.h"
#include "pki/key.h"

struct memo;
struct memo *memo_new(size_t max_entries); /* 49 bytes each, at once */
void memo_free(struct memo **m);           /* accepts NULL inside */

/* As spki_verify() and p256_verify_raw(). `until`: when the entry is of no use any more (the earliest expiry
 * of the things signed), in the appraisal's time `now`. */
bool memo_spki_verify(struct memo *m, int64_t now, int64_t until, struct slice spki, enum signature_alg alg,
                      struct slice message, struct slice signature, struct err *err);
bool memo_p256_verify_raw(struct memo *m, int64_t now, int64_t until, struct slice xy, struct slice message,
                          struct slice signature, struct err *err);

/* As cert_signed_by() and crl_signed_by(); kept until the sooner of both ends. */
bool memo_cert_signed_by(struct memo *m, int64_t now, const struct cert *c, const struct cert *issuer,
                         struct err *err);
bool memo_crl_signed_by(struct memo *m, int64_t now, const struct crl *c, const struct cert *issuer,
                        struct err *err);

/* How often something was found, and how often it had to be verified. */
struct memo_count {
    uint64_t found, verified;
};
struct memo_count memo_count(struct memo *m);
