/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/talk.h: a server's speaker of HTTP without server or socket: bytes in, bytes out, and the
 * exchanges that it gives away, to be answered by hand.
 */
#pragma once
#include "net/protocol.h"

enum { TALK_MAX = 200 };

struct talk {
    const struct protocol *protocol;
    struct session *session;
    struct session_env env;
    struct budget budget;
    struct exchange *out[TALK_MAX]; /* given away, not answered yet */
    size_t num_out;
    bool is_busy;      /* refuse to start anything */
    struct err fault;  /* of feed() */
    struct err reason; /* of the last refusal */
    size_t num_refused;
    struct buf said; /* everything that came out */
};

void talk_begin(struct talk *t,
                const struct protocol *protocol); /* on zeroes; body limit 1000, patience 100 ms */
void talk_end(struct talk *t);

bool talk_feed(struct talk *t, struct slice bytes); /* also while nothing is wanted, as a test of that */
bool talk_say(struct talk *t, const char *text);
void talk_drain(struct talk *t); /* all that is pending becomes said */
void talk_answer(struct talk *t, size_t i, int status, const char *body); /* and drains */
char *talk_said(struct talk *t, struct arena *a);                         /* as text; forgets it */
