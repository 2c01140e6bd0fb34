/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/metrics.h"

/* An activation, as /events shows it: JSON text. Each has a lock of its own: two activations meet at one only when
 * EVENTS_KEPT others came between them. */
struct kept {
    pthread_mutex_t lock;
    uint64_t number; /* from 1; 0: empty */
    struct buf text;
};

struct events {
    struct metrics *metrics;
    struct kept *kept; /* EVENTS_KEPT of them; NULL: nobody will ask */
    atomic_uint_fast64_t num;
};

struct events *events_new(void)
{
    struct events *e = calloc(1, sizeof *e);

    if (e == NULL)
        abort();
    e->metrics = metrics_new();
    return e;
}

void events_keep(struct events *e)
{
    e->kept = calloc(EVENTS_KEPT, sizeof *e->kept);
    if (e->kept == NULL)
        abort();
    for (size_t i = 0; i < EVENTS_KEPT; i++)
        if (pthread_mutex_init(&e->kept[i].lock, NULL) != 0)
            abort();
}

void events_free(struct events **e)
{
    struct events *mine = *e;

    *e = NULL;
    if (mine == NULL)
        return;
    for (size_t i = 0; mine->kept != NULL && i < EVENTS_KEPT; i++) {
        buf_wipe(&mine->kept[i].text);
        (void)pthread_mutex_destroy(&mine->kept[i].lock);
    }
    free(mine->kept);
    metrics_free(&mine->metrics);
    free(mine);
}

struct metrics *events_metrics(struct events *e) { return e->metrics; }

/* ---- what is kept ---------------------------------------------------------------------------- */

static void put_time(struct buf *b, int64_t ms)
{
    char text[RFC3339_LEN + 1];

    rfc3339_format(text, ms / 1000);
    buf_printf(b, "\"%.*s.%03dZ\"", RFC3339_LEN - 1, text, (int)(ms % 1000));
}

static void keep(struct events *e, const struct event *what)
{
    const uint64_t number = atomic_fetch_add(&e->num, 1) + 1;
    struct kept *k = &e->kept[number % EVENTS_KEPT];
    struct buf b = buf_max(SIZE_MAX);

    buf_str(&b, "{\"time\":");
    put_time(&b, clock_now_ms());
    buf_str(&b, ",\"activation\":{\"marbleType\":");
    json_put_string(&b, slice_str(what->marble_type));
    buf_str(&b, ",\"uuid\":");
    json_put_string(&b, slice_str(what->uuid));
    buf_str(&b, ",\"quote\":\"");
    base64_put(&b, what->quote, BASE64_STD);
    buf_str(&b, "\"}}");
    (void)pthread_mutex_lock(&k->lock);
    buf_wipe(&k->text);
    k->text = b;
    k->number = number;
    (void)pthread_mutex_unlock(&k->lock);
}

/* Those between the oldest that can be there and the newest; one that is just being written is left out. */
void events_put(struct events *e, struct buf *b)
{
    const uint64_t newest = atomic_load(&e->num), oldest = newest < EVENTS_KEPT ? 0 : newest - EVENTS_KEPT;
    bool is_first = true;

    for (uint64_t n = oldest + 1; e->kept != NULL && n <= newest; n++) {
        struct kept *k = &e->kept[n % EVENTS_KEPT];

        (void)pthread_mutex_lock(&k->lock);
        if (k->number == n) {
            buf_str(b, is_first ? "[" : ",");
            buf_put(b, buf_bytes(&k->text));
            is_first = false;
        }
        (void)pthread_mutex_unlock(&k->lock);
    }
    buf_str(b, is_first ? "null\n" : "]\n");
}

/* ---- what is logged -------------------------------------------------------------------------- */

static const struct {
    const char *done, *refused;
} WORDS[NUM_EVENT_KINDS] = {
    [EVENT_MANIFEST_SET] = {"manifest set", "manifest refused"},
    [EVENT_UPDATE] = {"manifest update", "manifest update refused"},
    [EVENT_SECRET_SET] = {"secret set", "secret upload refused"},
    [EVENT_SECRET_READ] = {"secret read", "reading secrets refused"},
    [EVENT_RECOVERY] = {"recovery", "recovery secret refused"},
    [EVENT_ACTIVATED] = {"marble activated", "marble activated"},
    [EVENT_ACTIVATION_REFUSED] = {"marble refused", "marble refused"},
    [EVENT_RENEWED] = {"marble renewed", "renewal refused"},
    [EVENT_COUNTER] = {"monotonic counter set", "monotonic counter refused"},
    [EVENT_QUOTE_SIGNED] = {"quote signed", "signing a quote refused"},
    [EVENT_AUTH_REFUSED] = {"request denied", "request denied"},
};

static const char *shown(const char *text, struct arena *a)
{
    return text == NULL ? NULL : text_shown(a, slice_str(text));
}

static void write_down(const struct event *e)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *user = shown(e->user, &scratch), *type = shown(e->marble_type, &scratch);
    const char *uuid = shown(e->uuid, &scratch), *subject = shown(e->subject, &scratch);

    if (e->err == NULL)
        log_info(WORDS[e->kind].done, "what", e->what, "user", user, "type", type, "uuid", uuid, "subject",
                 subject, "fingerprint", e->fingerprint, "peer", e->peer);
    else
        log_refusal(LOG_WARN, e->err, WORDS[e->kind].refused, "what", e->what, "user", user, "type", type,
                    "uuid", uuid, "subject", subject, "fingerprint", e->fingerprint, "peer", e->peer);
}

void events_note(struct events *e, const struct event *what)
{
    const bool is_activated = what->kind == EVENT_ACTIVATED;

    write_down(what);
    if (is_activated || what->kind == EVENT_ACTIVATION_REFUSED)
        metrics_activation(e->metrics, what->marble_type, what->uuid, what->known_type, is_activated);
    if (is_activated && e->kept != NULL)
        keep(e, what);
}
