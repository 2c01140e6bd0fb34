/* SPDX-License-Identifier: Apache-2.0 */
/* base/secret.h: bytes that must not leave.
 *
 * On pages of its own between guards, locked as far as the system lets us, compared in constant time, wiped on
 * release; a dump of the process leaves it out. There is
 * no way from a secret to a char *, so none to a log line or a struct err.
 * Zero-initialised is empty.
 */
#pragma once
#include "base/bytes.h"
#include "base/scope.h"

struct secret {
    uint8_t *ptr;
    size_t len;
};

/* Aborts if the system has no randomness to give; waits for it while the system starts. May be called often and from
 * any thread. Every program calls it first thing. */
void secret_init(void);

void secret_new(struct secret *out, size_t len);         /* zeroed; never fails: aborts */
void secret_random(struct secret *out, size_t len);      /* fresh random bytes */
void secret_copy(struct secret *out, struct slice from); /* the source is the caller's to wipe */
void secret_wipe(struct secret *s);                      /* zeroes, releases; zero state again */
bool secret_equal(struct slice a, struct slice b);       /* constant time for equal lengths */

/* The bytes for a cryptographic function, and for nothing else. */
static inline struct slice secret_bytes(const struct secret *s) { return slice_of(s->ptr, s->len); }

/* Random bytes from the system, and zeroing that the compiler keeps. */
void random_bytes(void *out, size_t len);
void wipe(void *ptr, size_t len);
