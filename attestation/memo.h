/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/memo.h: what was verified, remembered.
 *
 * Two things cost time and give the same each time: a signature, and reading certificates, lists and
 * documents. Both are functions of bytes, and what is remembered is that a function gave this for these
 * bytes: the bytes themselves are kept and compared, so an entry can never be taken for another's, and there
 * is nothing to poison. Only what holds is remembered. Dates, revocation, whether a root is trusted, and
 * policy never are: they are judged each time.
 *
 * Bounded: where there is no room, what expired goes first, then what was not used for longest. For all
 * threads: finding something takes no lock. With a NULL memo nothing is remembered and all is verified.
 *
 * What an attacker can make as much of as he likes (quotes, certificates of his own) is not to be remembered:
 * it would drive out what is of use.
 */
#pragma once
#include "pki/cert.h"
#include "pki/key.h"

struct memo;
struct memo *memo_new(size_t max_bytes); /* the entries' own; the table has 1/256 of that, at once */
void memo_free(struct memo **m);         /* accepts NULL inside; what arenas hold lives on */

/* ---- signatures -------------------------------------------------------------------------------- */

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

/* ---- what was read ------------------------------------------------------------------------------ */

/* Fills *out from nothing but the text. Results live in the arena and may borrow from the text. */
typedef bool memo_reader(struct slice text, struct arena *a, void *out, struct err *err);

/* As read(text, a, out, err), of a result of `size` bytes. If it was remembered, many share what *out points
 * to; the arena holds it. If it was not, *fresh is for memo_keep(), once it is known to hold: what only can
 * be read proves nothing. Else *fresh is NULL. */
struct memo_entry;
bool memo_read(struct memo *m, int64_t now, memo_reader *read, struct slice text, struct arena *a, void *out,
               size_t size, struct memo_entry **fresh, struct err *err);

/* Accepts NULL. Before the arena that holds it is wiped. */
void memo_keep(struct memo *m, int64_t now, int64_t until, struct memo_entry *fresh);

/* How often something was found, how often it had to be verified or read, and what the entries hold now. */
struct memo_count {
    uint64_t found, verified, bytes;
};
struct memo_count memo_count(struct memo *m);
