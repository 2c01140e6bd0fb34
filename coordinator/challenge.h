/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/challenge.h: nonces that nobody has to remember, each good on one TLS connection and for a
 * minute.
 *
 *     time (u64, big endian, seconds) ‖ the first 24 bytes of HKDF-SHA-256(key; salt: exporter, info: time)
 *
 * The key is random and this process's alone: after a restart the connections are gone, too.
 */
#pragma once
#include "base/err.h"
#include "base/secret.h"

enum { CHALLENGE_LEN = 32, CHALLENGE_SECONDS = 60 };

/* `exporter`: of the connection (net/tls.h). E_CHALLENGE without one, which is below TLS 1.3. */
bool challenge_make(const struct secret *key, struct slice exporter, int64_t now, uint8_t out[CHALLENGE_LEN],
                    struct err *err);

/* E_CHALLENGE if it was not made for this connection, or longer ago. */
bool challenge_check(const struct secret *key, struct slice exporter, struct slice nonce, int64_t now,
                     struct err *err);
