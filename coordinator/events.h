/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/events.h: what happened that matters to security, told once to everybody who wants to know.
 *
 * One call per event writes one line of the log, keeps what /events shows (bounded), and counts what
 * /metrics shows (bounded labels). No secret is in an event. Thread-safe; activations share no lock.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct events;
struct metrics;
struct events *events_new(void);
void events_free(struct events **e); /* accepts NULL inside */

/* Somebody will read them: from now on activations are kept for /events. Before other threads know *e. */
void events_keep(struct events *e);

struct metrics *events_metrics(struct events *e);

/* What /events shows: a JSON array, oldest first, of the last EVENTS_KEPT activations; null if there are none. */
enum { EVENTS_KEPT = 512 };
void events_put(struct events *e, struct buf *b);

enum event_kind {
    EVENT_MANIFEST_SET,
    EVENT_UPDATE, /* applied, pending, acknowledged, cancelled: see `what` */
    EVENT_SECRET_SET,
    EVENT_SECRET_READ,
    EVENT_RECOVERY, /* a share accepted or refused, done */
    EVENT_ACTIVATED,
    EVENT_ACTIVATION_REFUSED,
    EVENT_RENEWED,
    EVENT_COUNTER,
    EVENT_QUOTE_SIGNED,
    EVENT_AUTH_REFUSED,
    NUM_EVENT_KINDS
};

struct event {
    enum event_kind kind;
    const char *what;        /* a few words: "full update applied" */
    const char *user;        /* or NULL */
    const char *marble_type; /* or NULL; as sent: who reads it bounds it */
    const char *uuid;        /* or NULL; as sent */
    const char *subject;     /* a package's, secret's or counter's name; or NULL */
    const char *peer;        /* address, or NULL */
    const char *fingerprint; /* of a manifest, hex; or NULL */
    struct slice quote;      /* of an activation; may be empty */
    bool known_type;         /* the manifest has this marble type: only then it may become a label */
    const struct err *err;   /* of a refusal, or NULL */
};
void events_note(struct events *e, const struct event *what);
