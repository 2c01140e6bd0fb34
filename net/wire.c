/* SPDX-License-Identifier: Apache-2.0 */
#include "net/wire.h"

#include "base/limits.h"

enum { MAX_IN = 64 * KIB, MAX_OUT = 128 * KIB, FULL_OUT = 64 * KIB };

void wire_init(struct wire *w, struct tls *tls)
{
    *w =
        (struct wire){.tls = tls, .in = buf_max(MAX_IN), .out = buf_max(MAX_OUT), .flight = buf_max(MAX_OUT)};
}

void wire_wipe(struct wire *w)
{
    tls_free(&w->tls);
    buf_wipe(&w->in);
    buf_wipe(&w->out);
    buf_wipe(&w->flight);
}

enum tls_result wire_handshake(struct wire *w, struct err *err)
{
    return w->tls != NULL ? tls_handshake(w->tls, err) : TLS_DONE;
}

enum tls_result wire_read(struct wire *w, uint8_t *to, size_t cap, size_t *got, struct err *err)
{
    const size_t have = w->in.len - w->in_at, n = have < cap ? have : cap;

    if (w->tls != NULL)
        return tls_read(w->tls, to, cap, got, err);
    if (n == 0)
        return TLS_WANT_INPUT;
    memcpy(to, w->in.ptr + w->in_at, n);
    w->in_at += n;
    *got = n;
    return TLS_DONE;
}

enum tls_result wire_write(struct wire *w, struct slice plain, size_t *taken, struct err *err)
{
    const size_t room = w->out.len < FULL_OUT ? FULL_OUT - w->out.len : 0;
    const size_t n = plain.len < room ? plain.len : room;

    if (w->tls != NULL)
        return tls_write(w->tls, plain, taken, err);
    buf_put(&w->out, slice_of(plain.ptr, n));
    *taken = n;
    return TLS_DONE;
}

void wire_close(struct wire *w)
{
    if (w->tls != NULL)
        tls_close(w->tls);
}

bool wire_feed(struct wire *w, struct slice bytes)
{
    if (w->tls != NULL)
        return tls_feed(w->tls, bytes);
    buf_drop(&w->in, w->in_at);
    w->in_at = 0;
    buf_put(&w->in, bytes);
    return buf_ok(&w->in);
}

struct slice wire_pending(struct wire *w)
{
    if (w->tls != NULL)
        return tls_pending(w->tls);
    if (w->flight.len == 0) {
        const struct buf emptied = w->flight;

        w->flight = w->out;
        w->out = emptied;
    }
    return buf_bytes(&w->flight);
}

void wire_sent(struct wire *w, size_t n)
{
    if (w->tls != NULL)
        tls_sent(w->tls, n);
    else
        buf_drop(&w->flight, n);
}
