/* SPDX-License-Identifier: Apache-2.0 */
/* net/exchange.h: one request and its answer from first byte to last, and who is answerable for them.
 *
 * An exchange belongs to the session that receives it; from env->start() to reply() to its job,
 * even if the stream or the connection ends meanwhile; then to the session again, until the last
 * byte of the answer is sent.
 */
#pragma once
#include <stdatomic.h>

#include "base/buf.h"
#include "net/pool.h"
#include "net/server.h"

/* Bytes of request bodies that all connections of a server hold together. */
struct budget {
    atomic_size_t used;
    size_t max;
};

/* What a session needs from who drives it. */
struct session_env {
    void *owner;
    uint64_t now; /* ticks in milliseconds; set before each call of the session */
    size_t max_body;
    unsigned request_ms, write_ms;
    struct budget *budget;
    const struct slice *peer_chain;
    size_t num_peer_chain;
    struct slice peer_address, exporter;

    /* A complete request: true gives it away until reply(); false (E_BUSY): it is still ours. */
    bool (*start)(void *owner, struct exchange *ex, struct err *err);
    void (*refuse)(void *owner, struct exchange *ex, const struct err *err);
};

enum phase {
    PHASE_RECEIVING, /* not complete */
    PHASE_OUT,       /* at its job */
    PHASE_ANSWERING, /* the answer is being sent */
    PHASE_LINGERING, /* http2: it is sent, and the client still sends the refused request */
};

struct exchange_impl {
    struct job job; /* first: a job is its exchange */
    struct exchange *ex;
    void *owner; /* env->owner */
    struct budget *budget;
    struct exchange *prev, *next; /* http2: all of its session */
    enum phase phase;
    uint64_t since; /* tick of the first byte, or when the answer, or what is sent after it, last moved */
    uint64_t answered; /* http2: tick when the answer was sent to its end */
    int32_t stream; /* http2; 0: gone */
    size_t header_bytes, body_sent;
    struct buf body;
    struct err fault;      /* why it is refused; code E_NONE: it is not */
    atomic_bool abandoned; /* nobody waits for the answer any more */
};

struct exchange *exchange_new(struct session_env *env);
void exchange_free(struct exchange **ex); /* accepts NULL inside */

/* Each E_HTTP_FORMAT or E_HTTP_TOO_LARGE. The bytes are copied. */
bool exchange_set_target(struct exchange *ex, struct slice target, struct err *err);
bool exchange_add_header(struct exchange *ex, struct slice name, struct slice value, struct err *err);
bool exchange_add_body(struct exchange *ex, struct slice part, struct err *err); /* also E_BUSY */

/* Has the request been completed: its body gets its place. */
void exchange_complete(struct exchange *ex);

/* Until when what a client still sends is dropped, once it was answered at `since` and last heard of at
 * `heard`. */
uint64_t linger_deadline(bool is_stopping, uint64_t since, uint64_t heard);

/* Answers it with a refusal in the program's form. */
void exchange_refuse(struct exchange *ex, struct session_env *env, const struct err *err);

/* May this header of a response be sent? Not what is the protocol's own business (length, connection), nor
 * what would end its line and begin another. */
bool exchange_sends(const struct header *h);
