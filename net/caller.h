/* SPDX-License-Identifier: Apache-2.0 */
/* net/caller.h: a client's speaker of HTTP, one call at a time. Bytes in, bytes out; no input or output of
 * its own: client1.c and client2.c implement it, client.c drives it, tests drive it with arrays.
 */
#pragma once
#include "base/buf.h"
#include "net/http.h"

struct caller; /* each speaker has its own */

struct caller_protocol {
    const char *alpn;
    struct caller *(*open)(void);

    /* Begins a call. Request and arena must stay until the call is done or the caller closed; the answer's
     * memory is the arena's. E_PEER_CLOSED when the connection takes no call any more. */
    bool (*call)(struct caller *c, const struct http_request *request, const char *host, size_t max_body,
                 struct arena *a, struct err *err);

    bool (*feed)(struct caller *c, struct slice in, struct err *err);
    bool (*ended)(struct caller *c,
                  struct err *err);            /* the peer has closed; true if the answer ends with that */
    struct slice (*pending)(struct caller *c); /* to send next: the same until sent() */
    void (*sent)(struct caller *c, size_t n);
    bool (*done)(const struct caller *c, struct http_response *response); /* true: the answer is complete */
    void (*close)(struct caller *c);
};

extern const struct caller_protocol caller1, caller2;

/* An answer as it comes in. */
struct incoming {
    struct arena *a;
    struct http_response response;
    size_t header_bytes;
    struct buf body;
    bool is_done;
};
void incoming_begin(struct incoming *in, struct arena *a, size_t max_body);
bool incoming_header(struct incoming *in, struct slice name, struct slice value, bool is_trailer,
                     struct err *err);
bool incoming_body(struct incoming *in, struct slice part, struct err *err);
void incoming_finish(struct incoming *in); /* the body moves to the arena */
void incoming_wipe(struct incoming *in);
