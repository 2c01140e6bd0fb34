/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/challenge.h"

#include "base/buf.h"
#include "net/tls.h"
#include "pki/hash.h"

enum { TIME_LEN = 8 };

static bool check_exporter(struct slice exporter, struct err *err)
{
    return exporter.len == TLS_EXPORTER_LEN ||
           err_set(err, E_CHALLENGE,
                   "challenge: expected a connection of TLS 1.3, this one is of an older version");
}

static void make(const struct secret *key, struct slice exporter, uint64_t time, uint8_t out[CHALLENGE_LEN])
{
    for (size_t i = 0; i < TIME_LEN; i++)
        out[i] = (uint8_t)(time >> (8 * (TIME_LEN - 1 - i)));
    hkdf_sha256(out + TIME_LEN, CHALLENGE_LEN - TIME_LEN, secret_bytes(key), exporter,
                slice_of(out, TIME_LEN));
}

bool challenge_make(const struct secret *key, struct slice exporter, int64_t now, uint8_t out[CHALLENGE_LEN],
                    struct err *err)
{
    if (!check_exporter(exporter, err))
        return false;
    make(key, exporter, (uint64_t)now, out);
    return true;
}

bool challenge_check(const struct secret *key, struct slice exporter, struct slice nonce, int64_t now,
                     struct err *err)
{
    struct cursor c = cursor_over(nonce);
    const uint64_t time = cursor_u64be(&c);
    uint8_t expected[CHALLENGE_LEN];

    if (!check_exporter(exporter, err))
        return false;
    make(key, exporter, time, expected);
    if (!secret_equal(slice_of(expected, sizeof expected), nonce))
        return err_set(err, E_CHALLENGE, "challenge: the nonce was not given on this connection");
    return (time <= (uint64_t)now && (uint64_t)now - time <= CHALLENGE_SECONDS) ||
           err_set(err, E_CHALLENGE, "challenge: the nonce was given more than %d seconds ago",
                   CHALLENGE_SECONDS);
}
