/* SPDX-License-Identifier: Apache-2.0 */
/* What marble.h says of TLS between marbles: net/tls.h over a socket that blocks. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "marble/identity.h"
#include "marble/marble.h"
#include "marble/peer.h"
#include "marble/why.h"
#include "net/tls.h"

struct marble_tls {
    int socket;
    const char *type; /* wanted; during the handshake */
    struct identity *us;
    struct tls *tls;
    struct marble_peer peer;
};

static bool check_peer(void *ctx, const struct slice *chain, size_t num, struct err *err)
{
    struct marble_tls *t = ctx;

    return peer_verify(chain, num, t->us, t->type, clock_now(), &t->peer, err);
}

/* ---- the socket --------------------------------------------------------------------------------- */

static bool socket_failed(struct err *err, const char *doing)
{
    return err_errno(err, errno == EAGAIN || errno == EWOULDBLOCK ? E_TIMEOUT : E_PEER_CLOSED, "%s", doing);
}

static bool send_pending(struct marble_tls *t, struct err *err)
{
    for (struct slice s; (s = tls_pending(t->tls)).len > 0;) {
        const ssize_t n = send(t->socket, s.ptr, s.len, MSG_NOSIGNAL);

        if (n >= 0)
            tls_sent(t->tls, (size_t)n);
        else if (errno != EINTR)
            return socket_failed(err, "sending to the peer");
    }
    return true;
}

static bool receive_some(struct marble_tls *t, struct err *err)
{
    uint8_t bytes[16 * 1024];
    ssize_t n;

    do
        n = recv(t->socket, bytes, sizeof bytes, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return socket_failed(err, "receiving from the peer");
    if (n == 0)
        return err_set(err, E_PEER_CLOSED, "the peer hung up without closing the TLS connection");
    return tls_feed(t->tls, slice_of(bytes, (size_t)n)) ||
           err_set(err, E_TLS_HANDSHAKE, "the peer sends more than it may");
}

/* ---- the handshake ------------------------------------------------------------------------------ */

static bool shake_hands(struct marble_tls *t, struct err *err)
{
    for (;;) {
        const enum tls_result r = tls_handshake(t->tls, err);

        if (r == TLS_FAILED) { /* its alert tells the peer */
            struct err unsent;

            (void)send_pending(t, &unsent);
            return false;
        }
        if (!send_pending(t, err))
            return false;
        if (r == TLS_DONE)
            return true;
        if (r == TLS_CLOSED)
            return err_set(err, E_TLS_HANDSHAKE, "the peer closed the connection during the handshake");
        if (!receive_some(t, err))
            return false;
    }
}

static int begin(int socket, const char *type, bool server, struct marble_tls **out)
{
    struct marble_tls *t = calloc(1, sizeof *t);
    const struct tls_settings settings = {
        .server = server, .client_auth = TLS_CLIENT_REQUIRED, .check = check_peer, .check_ctx = t};

    if (t == NULL)
        abort();
    t->socket = socket;
    t->type = type;
    t->us = identity_hold();
    if (t->us == NULL)
        (void)err_set(why(), E_MARBLE_IDENTITY, "this process was not activated by libmarble before main()");
    else if (tls_new(&settings, t->us->tls, &t->tls, why()) && shake_hands(t, why())) {
        t->type = NULL; /* the caller's */
        *out = t;
        return 0;
    }
    tls_free(&t->tls);
    identity_release(&t->us);
    free(t);
    return -1;
}

int marble_tls_client(int socket, const char *type, struct marble_tls **out)
{
    return begin(socket, type, false, out);
}
int marble_tls_server(int socket, const char *type, struct marble_tls **out)
{
    return begin(socket, type, true, out);
}

const struct marble_peer *marble_tls_peer(const struct marble_tls *tls) { return &tls->peer; }

/* ---- data --------------------------------------------------------------------------------------- */

long marble_tls_read(struct marble_tls *tls, void *to, unsigned long cap)
{
    for (;;) {
        size_t got = 0;
        const enum tls_result r = tls_read(tls->tls, to, cap, &got, why());

        if (r == TLS_DONE)
            return (long)got;
        if (r == TLS_CLOSED)
            return 0;
        if (r == TLS_FAILED || !send_pending(tls, why()) || !receive_some(tls, why()))
            return -1;
    }
}

int marble_tls_write(struct marble_tls *tls, const void *from, unsigned long len)
{
    struct slice rest = slice_of(from, len);

    while (rest.len > 0) {
        size_t taken = 0;

        if (tls_write(tls->tls, rest, &taken, why()) != TLS_DONE || !send_pending(tls, why()))
            return -1;
        rest = slice_of(rest.ptr + taken, rest.len - taken);
    }
    return 0;
}

void marble_tls_close(struct marble_tls *tls)
{
    struct err unsent;

    if (tls == NULL)
        return;
    tls_close(tls->tls);
    (void)send_pending(tls, &unsent);
    tls_free(&tls->tls);
    identity_release(&tls->us);
    free(tls);
}
