/* SPDX-License-Identifier: Apache-2.0 */
/* net/http.h: one HTTP request and its answer, as values. */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

struct header {
    struct slice name, value; /* name in lower case */
};

struct http_request {
    struct slice method, path, query; /* path as sent, without "?query"; percent-encoding untouched */
    struct header *headers;
    size_t num_headers;
    struct slice body;
    const struct slice *peer_chain; /* DER, leaf first, as the client presented it; not verified */
    size_t num_peer_chain;
    struct slice peer_address; /* "127.0.0.1", for logs */
    struct slice exporter;     /* TLS_EXPORTER_LEN, of this connection (net/tls.h); empty: not TLS 1.3 */
    bool http2;
};

struct http_response {
    int status;
    struct header *headers;
    size_t num_headers;
    struct slice body;
    struct header *trailers; /* HTTP/2 only; gRPC */
    size_t num_trailers;
};

/* The header's value, or an empty slice. Names compare without case. */
struct slice http_header(const struct header *headers, size_t num, const char *name);

/* The value of ?name=value, percent-decoded into the arena; *found says whether it is there.
 * E_HTTP_FORMAT if it is not well encoded. `nth` = 0 is the first of several. */
bool http_query(struct slice query, const char *name, size_t nth, struct arena *a, struct slice *value, bool *found,
                struct err *err);

/* All values of that name, in order. */
bool http_query_all(struct slice query, const char *name, struct arena *a, struct slice **values, size_t *num,
                    struct err *err);

/* Adds to a response; strings are copied into the arena. */
void http_add_header(struct http_response *r, struct arena *a, const char *name, const char *value);
void http_add_trailer(struct http_response *r, struct arena *a, const char *name, const char *value);
