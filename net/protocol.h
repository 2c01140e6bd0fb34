/* SPDX-License-Identifier: Apache-2.0 */
/* net/protocol.h: a server's speaker of HTTP. Bytes in, bytes out; no input or output of its own
 * and no clock: http1.c and http2.c implement it, conn.c drives it, tests drive it with arrays.
 *
 * A session lives on one thread. A complete request is given away with env->start() and comes
 * back, answered, with reply(). Requests that net/ refuses itself are answered by env->refuse().
 */
#pragma once
#include "net/exchange.h"

struct session; /* each speaker has its own */

struct protocol {
    const char *alpn;
    struct session *(*open)(struct session_env *env); /* env outlives the session */

    /* Is there any use in reading? Not while a request of HTTP/1.1 is being answered. */
    bool (*wants_input)(const struct session *s);

    /* Takes all of `in`. false: the connection is beyond help; what is pending may still be sent. */
    bool (*feed)(struct session *s, struct slice in, struct err *err);

    struct slice (*pending)(struct session *s);            /* to send next: the same until sent() */
    void (*sent)(struct session *s, size_t n);             /* n of those bytes went out */
    void (*reply)(struct session *s, struct exchange *ex); /* takes ex back from its job */

    /* When patience with the slowest request ends (ticks as env->now; UINT64_MAX: nothing is awaited
     * of the client), and what is done about all for whom it has ended. */
    uint64_t (*deadline)(const struct session *s);
    void (*expire)(struct session *s);

    bool (*idle)(const struct session *s); /* no request is under way */
    void (*shut)(struct session *s);       /* finishes what is under way, takes nothing new */
    bool (*over)(const struct session *s); /* nothing will be said any more: close */
    void (*close)(struct session *s);      /* when no exchange is out at a job any more */
};

extern const struct protocol http1, http2;
