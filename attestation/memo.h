/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/memo.h: signatures that were found to hold, remembered.
 *
 * An entry's key is SHA-256 over everything that the verification depends on (algorithm, public key, message,
 * signature), so a remembered "holds" can never be another's: there is nothing to poison. Only what holds
 * is remembered. Dates, revocation and policy are never remembered: they are judged each time. Bounded; an
 * entry is dropped at its expiry, or when the table is full. Thread-safe. With a NULL memo nothing is
 * remembered and all is verified.
 */
#pragma once
#include "pki/key.h"

struct memo;
struct memo *memo_new(size_t max_entries);
void memo_free(struct memo **m); /* accepts NULL inside */

/* As spki_verify() and p256_verify_raw(). `until`: when the entry is of no use any more (the earliest expiry
 * of the things signed), in the appraisal's time. */
bool memo_spki_verify(struct memo *m, int64_t now, int64_t until, struct slice spki, enum signature_alg alg,
                      struct slice message, struct slice signature, struct err *err);
bool memo_p256_verify_raw(struct memo *m, int64_t now, int64_t until, struct slice xy, struct slice message,
                          struct slice signature, struct err *err);
