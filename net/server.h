/* SPDX-License-Identifier: Apache-2.0 */
/* net/server.h: HTTPS servers (HTTP/1.1, HTTP/2) on several event loops.
 *
 * The loop moves bytes, jobs think. Each listener is served by N loops (SO_REUSEPORT); a
 * connection stays on its loop. A complete request becomes a job on a bounded pool of worker
 * threads, where the handler is straight-line code that may block. Handlers marked slow by
 * `is_slow` run on a lane of their own and never delay quick ones. What a client can make us
 * hold is limited by base/limits.h in size, number and time.
 */
#pragma once
#include "net/http.h"
#include "net/tls.h"

/* One request on a worker thread. All memory of request and response lives in `arena`. */
struct exchange {
    struct arena arena;
    struct http_request request;
    struct http_response response;
    struct exchange_impl *impl; /* net/'s own */
};

struct net_handler {
    void *app;

    /* Answers the exchange; always leaves a response in it. Runs on a worker thread. */
    void (*handle)(void *app, struct exchange *ex);

    /* A refusal that net/ itself makes (malformed, too large, too slow, busy): writes the response
     * in the program's own form. Must not block. */
    void (*refuse)(void *app, struct exchange *ex, const struct err *err);

    /* Is this request for the slow lane? NULL: none is. Must not block. */
    bool (*is_slow)(void *app, const struct http_request *request);

    /* The identity for a new connection, held for the caller. Must not block. NULL for a plain
     * (non-TLS) listener. */
    struct tls_identity *(*identity)(void *app);

    /* Something a person may want to know: a failed handshake, a refused connection. May be NULL. */
    void (*trouble)(void *app, const char *peer_address, const struct err *err);
};

struct net_listener {
    const char *address; /* "host:port", ":port" (all interfaces, both families), "[::1]:port"; port 0: any free */
    enum tls_client_auth client_auth;
    bool http1, http2; /* ALPN offers; h2 is preferred when both */
    struct net_handler handler;
};

/* Limits and patience; zeros mean the defaults of base/limits.h. Tests shorten them. */
struct net_limits {
    size_t max_body, max_connections, max_connections_per_peer;
    unsigned handshake_ms, request_ms, idle_ms, write_ms, drain_ms;
};

struct net_server;
struct net_server_options {
    unsigned num_loops, num_workers; /* 0: as many as there are processors, two at least */
    struct net_limits limits;
};

/* Starts loops and workers; listeners are added afterwards, each live on return. */
bool net_server_start(const struct net_server_options *options, struct net_server **out, struct err *err);
bool net_server_listen(struct net_server *s, const struct net_listener *listener, unsigned *port, struct err *err);

/* Graceful: stops accepting, finishes requests under way (drain_ms at most), joins all threads, frees.
 * Accepts NULL inside. */
void net_server_stop(struct net_server **s);
