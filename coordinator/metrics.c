/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

typedef atomic_uint_fast64_t counter;

static void add(counter *c, uint64_t n) { atomic_fetch_add_explicit(c, n, memory_order_relaxed); }
static uint64_t value(const counter *c) { return atomic_load_explicit(c, memory_order_relaxed); }

/* ---- histograms ------------------------------------------------------------------------------ */

enum { MAX_BOUNDS = 7 };

struct bounds {
    size_t num;
    uint64_t at[MAX_BOUNDS]; /* inclusive, in the unit that is measured */
    const char *text[MAX_BOUNDS];
};

static const struct bounds DURATION = {
    7,
    {5000, 25000, 100000, 500000, 1000000, 2500000, 5000000}, /* microseconds */
    {"0.005", "0.025", "0.1", "0.5", "1", "2.5", "5"},
};
static const struct bounds SIZE = {
    5, {100, 1000, 2000, 5000, 10000}, {"100", "1000", "2000", "5000", "10000"}};

struct histogram {
    counter buckets[MAX_BOUNDS + 1]; /* not cumulative; the last one is for what is beyond all bounds */
    counter sum;
};

static void observe(struct histogram *h, const struct bounds *b, uint64_t v)
{
    size_t i = 0;

    while (i < b->num && v > b->at[i])
        i++;
    add(&h->buckets[i], 1);
    add(&h->sum, v);
}

/* ---- what is counted ------------------------------------------------------------------------- */

/* Methods and statuses that can be; whatever else is the last one. */
static const char *const METHODS[] = {"get",   "post",    "put",     "head",  "delete",
                                      "patch", "options", "connect", "trace", "unknown"};
enum { NUM_METHODS = sizeof METHODS / sizeof METHODS[0] };
static const int STATUSES[] = {200, 400, 401, 403, 404, 405, 408, 410, 413, 503, 500};
enum { NUM_STATUSES = sizeof STATUSES / sizeof STATUSES[0] };

enum { MAX_PATHS = 40, NUM_SLOTS = 4 * LIMIT_METRIC_MARBLES };

struct path {
    _Atomic(const char *) name;
    counter requests[NUM_METHODS][NUM_STATUSES];
    struct histogram duration[NUM_METHODS], request_size, response_size;
    atomic_int_fast64_t in_flight;
};

struct calls {
    counter started, received, sent, handled[NUM_GRPC_CODES];
};

struct marble_series {
    char *type, *uuid;
    counter tried, activated;
};

struct metrics {
    struct path paths[MAX_PATHS]; /* filled from the front */
    struct calls calls[NUM_GRPC_METHODS];
    _Atomic(struct marble_series *) marbles[NUM_SLOTS]; /* open addressing; nothing is ever removed */
    atomic_uint num_marbles;
    struct marble_series other; /* of types that the manifest does not know, or that found no room */
    counter scrapes;
};

struct metrics *metrics_new(void)
{
    struct metrics *m = calloc(1, sizeof *m);

    if (m == NULL)
        abort();
    return m;
}

static void series_free(struct marble_series *s)
{
    if (s == NULL)
        return;
    free(s->type);
    free(s->uuid);
    free(s);
}

void metrics_free(struct metrics **m)
{
    struct metrics *mine = *m;

    *m = NULL;
    if (mine == NULL)
        return;
    for (size_t i = 0; i < NUM_SLOTS; i++)
        series_free(atomic_load(&mine->marbles[i]));
    free(mine);
}

/* ---- the client API -------------------------------------------------------------------------- */

/* The path's place, taken on first use. */
static struct path *path_of(struct metrics *m, const char *name)
{
    for (size_t i = 0; i < MAX_PATHS; i++) {
        const char *none = NULL;

        if (atomic_compare_exchange_strong(&m->paths[i].name, &none, name) || strcmp(none, name) == 0)
            return &m->paths[i];
    }
    abort(); /* the table of routes has outgrown MAX_PATHS */
}

static size_t method_of(struct slice sent)
{
    size_t i = 0;

    while (i < NUM_METHODS - 1 && !text_equal_fold(sent, slice_str(METHODS[i])))
        i++;
    return i;
}

static size_t status_of(int status)
{
    size_t i = 0;

    while (i < NUM_STATUSES - 1 && STATUSES[i] != status)
        i++;
    return i;
}

void metrics_http_begin(struct metrics *m, const char *path)
{
    atomic_fetch_add_explicit(&path_of(m, path)->in_flight, 1, memory_order_relaxed);
}

static void count(struct path *p, const struct http_sample *s)
{
    const size_t method = method_of(s->method);

    add(&p->requests[method][status_of(s->status)], 1);
    observe(&p->duration[method], &DURATION, (uint64_t)s->duration_us);
    observe(&p->request_size, &SIZE, s->request_len);
    observe(&p->response_size, &SIZE, s->response_len);
}

void metrics_http_end(struct metrics *m, const struct http_sample *s)
{
    struct path *p = path_of(m, s->path);

    count(p, s);
    atomic_fetch_sub_explicit(&p->in_flight, 1, memory_order_relaxed);
}

void metrics_http_refused(struct metrics *m, const struct http_sample *s) { count(path_of(m, s->path), s); }

/* ---- the marble API -------------------------------------------------------------------------- */

void metrics_grpc_started(struct metrics *m, enum grpc_method method) { add(&m->calls[method].started, 1); }

void metrics_grpc_handled(struct metrics *m, enum grpc_method method, bool has_message, int status)
{
    struct calls *c = &m->calls[method];

    add(&c->received, has_message);
    add(&c->sent, status == 0);
    add(&c->handled[status >= 0 && status < NUM_GRPC_CODES ? status : 2], 1);
}

/* FNV-1a over both, with what neither holds between them. */
static size_t slot_of(const char *type, const char *uuid)
{
    uint64_t h = 0xcbf29ce484222325;

    for (const char *p = type; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * 0x100000001b3;
    h *= 0x100000001b3;
    for (const char *p = uuid; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * 0x100000001b3;
    return (size_t)(h % NUM_SLOTS);
}

static struct marble_series *series_new(const char *type, const char *uuid)
{
    struct marble_series *s = calloc(1, sizeof *s);

    if (s == NULL || (s->type = strdup(type)) == NULL || (s->uuid = strdup(uuid)) == NULL)
        abort();
    return s;
}

static bool take_room(struct metrics *m, unsigned max)
{
    if (atomic_fetch_add(&m->num_marbles, 1) < max)
        return true;
    atomic_fetch_sub(&m->num_marbles, 1);
    return false;
}

static void give_back(struct metrics *m, struct marble_series *s)
{
    if (s != NULL)
        atomic_fetch_sub(&m->num_marbles, 1);
    series_free(s);
}

/* The series of these labels. It is made while there are fewer than `max`; NULL if it is not there. */
static struct marble_series *series_of(struct metrics *m, const char *type, const char *uuid, unsigned max)
{
    struct marble_series *mine = NULL;

    for (size_t i = slot_of(type, uuid);; i = (i + 1) % NUM_SLOTS) {
        struct marble_series *s = atomic_load(&m->marbles[i]);

        if (s == NULL && mine == NULL && take_room(m, max))
            mine = series_new(type, uuid);
        if (s == NULL && (mine == NULL || atomic_compare_exchange_strong(&m->marbles[i], &s, mine)))
            return mine;
        if (strcmp(s->type, type) == 0 && strcmp(s->uuid, uuid) == 0) {
            give_back(m, mine);
            return s;
        }
    }
}

void metrics_activation(struct metrics *m, const char *type, const char *uuid, bool is_known_type,
                        bool is_activated)
{
    struct marble_series *s = NULL;

    if (is_known_type)
        s = series_of(m, type, uuid, is_activated ? LIMIT_METRIC_MARBLES : 0);
    if (is_known_type && s == NULL) /* has room of its own, so that it is not the marbles who take it all */
        s = series_of(m, type, METRICS_OTHER, 2 * LIMIT_METRIC_MARBLES);
    if (s == NULL)
        s = &m->other;
    add(&s->tried, 1);
    add(&s->activated, is_activated);
}

/* ---- what is shown --------------------------------------------------------------------------- */

static void put_family(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* "Label values may hold any character; backslash, double quote and line feed are escaped." */
static void put_label(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, "%s=\"", name);
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            buf_u8(b, '\\');
        if (*text == '\n')
            buf_str(b, "\\n");
        else
            buf_u8(b, (uint8_t)*text);
    }
    buf_str(b, "\"");
}

static void put_number(struct buf *b, uint64_t n) { buf_printf(b, " %llu\n", (unsigned long long)n); }

/* `labels` without braces. A histogram that saw nothing is not shown, as with MarbleRun's. */
static void put_histogram(struct buf *b, const char *name, const char *labels, const struct histogram *h,
                          const struct bounds *bounds)
{
    uint64_t sum = value(&h->sum), total = 0;

    for (size_t i = 0; i <= bounds->num; i++)
        total += value(&h->buckets[i]);
    if (total == 0)
        return;
    total = 0;
    for (size_t i = 0; i <= bounds->num; i++) {
        total += value(&h->buckets[i]);
        buf_printf(b, "%s_bucket{%s,le=\"%s\"}", name, labels, i < bounds->num ? bounds->text[i] : "+Inf");
        put_number(b, total);
    }
    buf_printf(b, "%s_sum{%s} ", name, labels);
    if (bounds == &DURATION)
        buf_printf(b, "%llu.%06u\n", (unsigned long long)(sum / 1000000), (unsigned)(sum % 1000000));
    else
        buf_printf(b, "%llu\n", (unsigned long long)sum);
    buf_printf(b, "%s_count{%s}", name, labels);
    put_number(b, total);
}

#define API "server_client_api_http_"

static void put_requests(const struct path *p, const char *name, struct buf *b)
{
    for (size_t m = 0; m < NUM_METHODS; m++)
        for (size_t s = 0; s < NUM_STATUSES; s++) {
            const uint64_t n = value(&p->requests[m][s]);

            if (n == 0)
                continue;
            buf_printf(b, API "request_total{code=\"%d\",method=\"%s\",path=\"%s\"}", STATUSES[s], METHODS[m],
                       name);
            put_number(b, n);
        }
}

static void put_durations(const struct path *p, const char *name, struct buf *b)
{
    char labels[128];

    for (size_t m = 0; m < NUM_METHODS; m++) {
        (void)snprintf(labels, sizeof labels, "method=\"%s\",path=\"%s\"", METHODS[m], name);
        put_histogram(b, API "request_duration_histogram_seconds", labels, &p->duration[m], &DURATION);
    }
}

static void put_request_sizes(const struct path *p, const char *name, struct buf *b)
{
    char labels[96];

    (void)snprintf(labels, sizeof labels, "path=\"%s\"", name);
    put_histogram(b, API "request_size_histogram_bytes", labels, &p->request_size, &SIZE);
}

static void put_response_sizes(const struct path *p, const char *name, struct buf *b)
{
    char labels[96];

    (void)snprintf(labels, sizeof labels, "path=\"%s\"", name);
    put_histogram(b, API "response_size_histogram_bytes", labels, &p->response_size, &SIZE);
}

static void put_in_flight(const struct path *p, const char *name, struct buf *b)
{
    buf_printf(b, API "in_flight_requests{path=\"%s\"} %lld\n", name,
               (long long)atomic_load_explicit(&p->in_flight, memory_order_relaxed));
}

static void put_http(struct metrics *m, struct buf *b)
{
    static const struct {
        const char *name, *type, *help;
        void (*put)(const struct path *p, const char *name, struct buf *b);
    } families[] = {
        {API "request_total", "counter", "Requests to the client API.", put_requests},
        {API "request_duration_histogram_seconds", "histogram", "Time that requests took.", put_durations},
        {API "request_size_histogram_bytes", "histogram", "Sizes of requests.", put_request_sizes},
        {API "response_size_histogram_bytes", "histogram", "Sizes of answers.", put_response_sizes},
        {API "in_flight_requests", "gauge", "Requests that are being answered.", put_in_flight},
    };

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        put_family(b, families[i].name, families[i].type, families[i].help);
        for (size_t p = 0; p < MAX_PATHS; p++) {
            const char *name = atomic_load(&m->paths[p].name);

            if (name != NULL)
                families[i].put(&m->paths[p], name, b);
        }
    }
}

static void put_series(struct buf *b, const char *name, const struct marble_series *s, const char *type,
                       const char *uuid, const counter *c)
{
    if (value(&s->tried) == 0)
        return;
    buf_printf(b, "%s{", name);
    put_label(b, "type", type);
    buf_str(b, ",");
    put_label(b, "uuid", uuid);
    buf_str(b, "}");
    put_number(b, value(c));
}

static void put_marbles(struct metrics *m, struct buf *b)
{
    static const char *const names[] = {"coordinator_marble_activations_total",
                                        "coordinator_marble_activations_success_total"};
    static const char *const helps[] = {"Attempts of marbles to be activated.", "Marbles activated."};

    for (size_t n = 0; n < 2; n++) {
        put_family(b, names[n], "counter", helps[n]);
        for (size_t i = 0; i < NUM_SLOTS; i++) {
            const struct marble_series *s = atomic_load(&m->marbles[i]);

            if (s != NULL)
                put_series(b, names[n], s, s->type, s->uuid, n == 0 ? &s->tried : &s->activated);
        }
        put_series(b, names[n], &m->other, METRICS_OTHER, METRICS_OTHER,
                   n == 0 ? &m->other.tried : &m->other.activated);
    }
}

static const char *const GRPC_LABELS[NUM_GRPC_METHODS] = {
    [GRPC_METHOD_RPC_ACTIVATE] = "grpc_method=\"Activate\",grpc_service=\"rpc.Marble\",grpc_type=\"unary\"",
    [GRPC_METHOD_CHALLENGE] = "grpc_method=\"Challenge\",grpc_service=\"mesh.v1.Mesh\",grpc_type=\"unary\"",
    [GRPC_METHOD_ACTIVATE] = "grpc_method=\"Activate\",grpc_service=\"mesh.v1.Mesh\",grpc_type=\"unary\"",
    [GRPC_METHOD_RENEW] = "grpc_method=\"Renew\",grpc_service=\"mesh.v1.Mesh\",grpc_type=\"unary\"",
    [GRPC_METHOD_WATCH] = "grpc_method=\"Watch\",grpc_service=\"mesh.v1.Mesh\",grpc_type=\"server_stream\"",
};

static void put_handled(const struct calls *c, const char *labels, struct buf *b)
{
    static const char *const codes[NUM_GRPC_CODES] = {
        "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
        "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
        "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
        "DataLoss", "Unauthenticated",
    };

    for (size_t i = 0; i < NUM_GRPC_CODES; i++) {
        buf_printf(b, "grpc_server_handled_total{grpc_code=\"%s\",%s}", codes[i], labels);
        put_number(b, value(&c->handled[i]));
    }
}

static void put_calls(struct metrics *m, size_t offset, const char *family, const char *help, struct buf *b)
{
    put_family(b, family, "counter", help);
    for (size_t i = 0; i < NUM_GRPC_METHODS; i++) {
        buf_printf(b, "%s{%s}", family, GRPC_LABELS[i]);
        put_number(b, value((const counter *)(const void *)((const char *)&m->calls[i] + offset)));
    }
}

static void put_grpc(struct metrics *m, struct buf *b)
{
    put_calls(m, offsetof(struct calls, started), "grpc_server_started_total", "Calls that were begun.", b);
    put_family(b, "grpc_server_handled_total", "counter", "Calls that were answered, whatever the answer.");
    for (size_t i = 0; i < NUM_GRPC_METHODS; i++)
        put_handled(&m->calls[i], GRPC_LABELS[i], b);
    put_calls(m, offsetof(struct calls, received), "grpc_server_msg_received_total",
              "Messages that were received.", b);
    put_calls(m, offsetof(struct calls, sent), "grpc_server_msg_sent_total", "Messages that were sent.", b);
}

/* Of the listener of metrics itself, as MarbleRun's has them. What is being answered is this very request. */
static void put_scrapes(struct metrics *m, struct buf *b)
{
    put_family(b, "promhttp_metric_handler_requests_total", "counter", "Scrapes by status.");
    buf_str(b, "promhttp_metric_handler_requests_total{code=\"200\"}");
    put_number(b, value(&m->scrapes));
    buf_str(b, "promhttp_metric_handler_requests_total{code=\"500\"} 0\n"
               "promhttp_metric_handler_requests_total{code=\"503\"} 0\n");
    put_family(b, "promhttp_metric_handler_requests_in_flight", "gauge", "Scrapes being answered.");
    buf_str(b, "promhttp_metric_handler_requests_in_flight 1\n");
    put_family(b, "promhttp_metric_handler_errors_total", "counter", "Scrapes that failed, by cause.");
    buf_str(b, "promhttp_metric_handler_errors_total{cause=\"encoding\"} 0\n"
               "promhttp_metric_handler_errors_total{cause=\"gathering\"} 0\n");
}

void metrics_put(struct metrics *m, const struct metrics_now *now, struct buf *b)
{
    put_family(b, "coordinator_version_info", "gauge", "Version of the coordinator, in its labels.");
    buf_str(b, "coordinator_version_info{");
    put_label(b, "commit", now->commit);
    buf_str(b, ",");
    put_label(b, "version", now->version);
    buf_str(b, "} 0\n");
    put_family(b, "coordinator_state", "gauge",
               "State: 0 uninitialized, 1 recovery, 2 accepting a manifest, 3 accepting marbles.");
    buf_printf(b, "coordinator_state %d\n", now->state);
    if (m == NULL)
        return;
    put_marbles(m, b);
    put_http(m, b);
    put_grpc(m, b);
    put_scrapes(m, b);
    add(&m->scrapes, 1);
}
