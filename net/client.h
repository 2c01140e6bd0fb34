/* SPDX-License-Identifier: Apache-2.0 */
/* net/client.h: a blocking HTTPS client: one connection, one request at a time.
 *
 * Runs its own libuv loop inside the calling thread while a call is under way; starts no thread.
 */
#pragma once
#include "net/http.h"
#include "net/tls.h"

struct client_options {
    const char *address;    /* "host:port" */
    const char *host;       /* Host header and SNI; NULL: from the address */
    bool plain;             /* without TLS */
    bool http2;             /* offer only h2 (gRPC); otherwise http/1.1 */
    struct tls_identity *identity; /* client certificate, or NULL */
    tls_peer_check *check;  /* judges the server's chain; NULL accepts any */
    void *check_ctx;
    unsigned min_tls;             /* 12 or 13; 0: 12 */
    unsigned connect_ms, call_ms; /* 0: 10 s, 60 s */
    size_t max_body;              /* 0: LIMIT_HTTP_BODY */
};

struct client;
bool client_connect(const struct client_options *options, struct client **out, struct err *err);
bool client_call(struct client *c, const struct http_request *request, struct arena *a, struct http_response *response,
                 struct err *err);
size_t client_peer_chain(const struct client *c, const struct slice **chain);

/* What both ends know of this connection alone (tls_exporter()). E_TLS_HANDSHAKE if it is not TLS 1.3. */
bool client_exporter(struct client *c, uint8_t out[TLS_EXPORTER_LEN], struct err *err);
void client_close(struct client **c);
