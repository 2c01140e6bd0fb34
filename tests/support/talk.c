/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/talk.h"

#include <stdlib.h>

static bool start(void *owner, struct exchange *ex, struct err *err)
{
    struct talk *t = owner;

    if (t->is_busy || t->num_out == TALK_MAX)
        return err_set(err, E_BUSY, "busy");
    t->out[t->num_out++] = ex;
    return true;
}

static void refuse(void *owner, struct exchange *ex, const struct err *err)
{
    struct talk *t = owner;

    t->reason = *err;
    t->num_refused++;
    ex->response.status = err_http_status(err_kind(err));
    ex->response.body = slice_str(reason_of(err->code)->name);
}

void talk_begin(struct talk *t, const struct protocol *protocol)
{
    t->protocol = protocol;
    t->budget.max = 100000;
    t->said = buf_max(64 << 20);
    t->env = (struct session_env){.owner = t,
                                  .now = 1000,
                                  .max_body = 1000,
                                  .request_ms = 100,
                                  .write_ms = 50,
                                  .budget = &t->budget,
                                  .peer_address = slice_str("192.0.2.1"),
                                  .start = start,
                                  .refuse = refuse};
    t->session = protocol->open(&t->env);
}

void talk_end(struct talk *t)
{
    while (t->num_out > 0)
        t->protocol->reply(t->session, t->out[--t->num_out]);
    t->protocol->close(t->session);
    buf_wipe(&t->said);
    if (t->budget.used != 0)
        abort(); /* a body was not given back */
}

bool talk_feed(struct talk *t, struct slice bytes)
{
    const bool ok = t->protocol->feed(t->session, bytes, &t->fault);

    talk_drain(t);
    return ok;
}

bool talk_say(struct talk *t, const char *text) { return talk_feed(t, slice_str(text)); }

void talk_drain(struct talk *t)
{
    for (struct slice out; (out = t->protocol->pending(t->session)).len > 0;) {
        const size_t n = out.len < 7 ? out.len : out.len - 3; /* never all at once */

        buf_put(&t->said, slice_of(out.ptr, n));
        t->protocol->sent(t->session, n);
    }
}

void talk_answer(struct talk *t, size_t i, int status, const char *body)
{
    struct exchange *ex = t->out[i];

    t->out[i] = t->out[--t->num_out];
    ex->response.status = status;
    ex->response.body = arena_copy(&ex->arena, slice_str(body));
    t->protocol->reply(t->session, ex);
    talk_drain(t);
}

char *talk_said(struct talk *t, struct arena *a)
{
    char *text = arena_strndup(a, buf_bytes(&t->said));

    t->said.len = 0;
    return text;
}
