/* SPDX-License-Identifier: Apache-2.0 */
/* The collateral cache with a real service over HTTPS that fails when told to. A plain program: threads ask at once,
 * which the thread sanitizer looks at. */
#include <ftw.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestation/collateral_cache.h"
#include "attestation/sim/serve.h"
#include "attestation/sim/sim.h"
#include "attestation/sim/snp.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/client.h"
#include "pki/hash.h"

enum { DAY = 24 * 60 * 60, THREADS = 8 };

static struct sim_service *service;
static struct net_server *server;
static char *url;
static const char *work;
static struct arena memory;
static struct collateral_needs sgx, snp;

static void fail_at(int line, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
static void fail_at(int line, const char *fmt, ...)
{
    va_list ap;

    (void)fprintf(stderr, "line %d: ", line);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    exit(1);
}
#define must(x, ...)                                                                                         \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            fail_at(__LINE__, __VA_ARGS__);                                                                  \
    } while (0)

/* ---- the service ----------------------------------------------------------------------------------- */

static void start_service(void)
{
    struct net_listener listener = {.address = "localhost:0", .http1 = true};
    unsigned port;
    struct err err;

    service = sim_service_new();
    listener.handler = sim_service_handler(service);
    must(net_server_start(&(struct net_server_options){.num_workers = THREADS}, &server, &err) &&
             net_server_listen(server, &listener, &port, &err),
         "%s", err.text);
    url = arena_printf(&memory, "https://localhost:%u", port);
    must(file_save(arena_printf(&memory, "%s/ca.pem", work), slice_str(sim_service_certificate(service)), 0644, &err),
         "%s", err.text);
}

static void close_client(struct client **c) { client_close(c); }

static const char *ask_service(const char *method, const char *path, const char *body)
{
    const struct client_options o = {.address = url + sizeof "https://" - 1};
    const struct http_request r = {.method = slice_str(method), .path = slice_str(path), .body = slice_str(body)};
    scoped(close_client) struct client *c = NULL;
    struct http_response got;
    struct err err;

    must(client_connect(&o, &c, &err) && client_call(c, &r, &memory, &got, &err) && got.status == 200, "%s %s: %s",
         method, path, err.text);
    return arena_strndup(&memory, got.body);
}

static void tell(const char *faults)
{
    (void)ask_service("DELETE", "/sim/faults", "");
    if (*faults != '\0')
        (void)ask_service("POST", "/sim/faults", faults);
}

/* How often paths with this part were asked for. */
static unsigned asked(const char *part)
{
    char *text = arena_strdup(&memory, ask_service("GET", "/sim/counts", ""));
    unsigned sum = 0;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strstr(line, part) != NULL)
            sum += (unsigned)strtoul(line, NULL, 10);
    return sum;
}

/* ---- caches ----------------------------------------------------------------------------------------- */

static struct collateral_cache *open_cache(const char *folder, size_t max_items)
{
    const struct collateral_cache_options o = {
        .fetch = {.intel_url = url,
                  .amd_url = url,
                  .ca_file = arena_printf(&memory, "%s/ca.pem", work),
                  .call_ms = 5000},
        .fetches = true,
        .folder = folder,
        .roots = sim_roots(),
        .max_items = max_items,
    };
    struct collateral_cache *c;
    struct err err;

    must(collateral_cache_open(&o, &c, &err), "%s", err.text);
    return c;
}

static bool get(struct collateral_cache *c, const struct collateral_needs *needs, int64_t now, int64_t grace,
                struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct collateral_items items;

    *err = (struct err){0};
    return collateral_cache_get(c, needs, now, grace, &a, &items, err);
}

static void find_needs(void)
{
    static const uint8_t nothing[64];
    struct sim_identity id = {.product_id = 1};
    struct evidence e;
    struct slice bytes;
    struct err err;

    must(sim_quote(&sim_platform_default, &id, nothing, &memory, &bytes, &err) && evidence_decode(bytes, &e, &err) &&
             collateral_needs_of(&e, UPDATE_STANDARD, &memory, &sgx, &err),
         "%s", err.text);
    must(sim_snp_report(&sim_chips[1], &(struct sim_guest){0}, nothing, &memory, &bytes, &err) &&
             evidence_decode(bytes, &e, &err) && collateral_needs_of(&e, UPDATE_STANDARD, &memory, &snp, &err),
         "%s", err.text);
}

/* ---- what must hold ----------------------------------------------------------------------------------- */

static void an_item_is_fetched_once_and_kept(void)
{
    const char *folder = arena_printf(&memory, "%s/kept", work);
    struct collateral_cache *c = open_cache(folder, 0);
    const int64_t now = clock_now();
    const unsigned before = asked("/");
    struct err err;

    must(get(c, &sgx, now, 0, &err), "%s", err.text);
    must(get(c, &sgx, now, 0, &err), "%s", err.text);
    must(get(c, &snp, now, 0, &err), "%s", err.text);
    must(asked("/") == before + 7, "expected 4 + 3 requests, found %u", asked("/") - before);
    must(collateral_cache_counts(c).items == 7 && collateral_cache_counts(c).hits == 4, "counts");
    collateral_cache_close(&c);
    c = open_cache(folder, 0);
    must(get(c, &sgx, now, 0, &err) && get(c, &snp, now, 0, &err), "%s", err.text);
    must(asked("/") == before + 7, "what is on disk was fetched again");
    collateral_cache_close(&c);
}

static struct collateral_cache *shared;

static void *ask_shared(void *result)
{
    struct err err;

    if (!get(shared, &sgx, clock_now(), 0, &err))
        *(struct err *)result = err;
    return NULL;
}

static void many_that_ask_at_once_make_one_request(void)
{
    struct err errs[THREADS] = {0};
    pthread_t threads[THREADS];
    const unsigned before = asked("tcb");

    shared = open_cache(NULL, 0);
    tell("delay:300 tcb");
    for (int i = 0; i < THREADS; i++)
        must(pthread_create(&threads[i], NULL, ask_shared, &errs[i]) == 0, "threads");
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        must(errs[i].code == E_NONE, "%s", errs[i].text);
    }
    must(asked("tcb") == before + 1, "expected one request, found %u", asked("tcb") - before);
    tell("");
    collateral_cache_close(&shared);
}

static void what_does_not_hold_is_refused_and_not_kept(void)
{
    static const struct {
        const char *faults, *words;
        enum err_code code;
    } rows[] = {
        {"404 tcb", "answered 404", E_COLLATERAL_SOURCE},
        {"503 qe/identity", "answered 503", E_COLLATERAL_SOURCE},
        {"429:7 pckcrl", "answered 429", E_COLLATERAL_SOURCE},
        {"truncate tcb", "", E_COLLATERAL_FORMAT},
        {"truncate qe/identity", "", E_COLLATERAL_FORMAT},
        {"truncate pckcrl", "", E_CRL},
        {"truncate rootcacrl", "", E_CRL},
        {"issuer tcb", "", E_NONE},
        {"issuer qe/identity", "", E_NONE},
        {"issuer pckcrl", "", E_CRL},
        {"issuer rootcacrl", "", E_CRL},
        {"expired tcb", "was valid until", E_COLLATERAL_EXPIRED},
        {"expired pckcrl", "was valid until", E_COLLATERAL_EXPIRED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct collateral_cache *c = open_cache(NULL, 0);
        struct err err;

        tell(rows[i].faults);
        must(!get(c, &sgx, clock_now(), 0, &err), "%s: accepted", rows[i].faults);
        must(rows[i].code == E_NONE || err.code == rows[i].code, "%s: %s: %s", rows[i].faults, reason_of(err.code)->name,
             err.text);
        must(strstr(err.text, rows[i].words) != NULL, "%s: %s", rows[i].faults, err.text);
        collateral_cache_close(&c);
    }
    for (const char *const *faults = (const char *const[]){"issuer cert_chain", "issuer vcek/v1/Genoa/", "truncate cert_chain", NULL};
         *faults != NULL; faults++) {
        struct collateral_cache *c = open_cache(NULL, 0);
        struct err err;

        tell(*faults);
        must(!get(c, &snp, clock_now(), 0, &err), "%s: accepted", *faults);
        collateral_cache_close(&c);
    }
    tell("");
}

static void a_source_that_fails_is_left_alone_for_a_while(void)
{
    struct collateral_cache *c = open_cache(NULL, 0);
    const unsigned before = asked("tcb");
    struct err err;

    tell("429:30 tcb 1");
    must(!get(c, &sgx, clock_now(), 0, &err), "accepted");
    must(!get(c, &sgx, clock_now(), 0, &err) && strstr(err.text, "429") != NULL, "%s", err.text);
    must(asked("tcb") == before + 1, "it was asked again at once");
    tell("");
    collateral_cache_close(&c);
    c = open_cache(NULL, 0);
    tell("503 tcb 1");
    must(!get(c, &sgx, clock_now(), 0, &err), "accepted");
    must(!get(c, &sgx, clock_now(), 0, &err), "asked again within a second");
    (void)usleep(1200 * 1000);
    must(get(c, &sgx, clock_now(), 0, &err), "%s", err.text);
    collateral_cache_close(&c);
}

static void what_is_due_is_refreshed_while_it_serves(void)
{
    struct collateral_cache *c = open_cache(NULL, 0);
    const int64_t now = clock_now();
    const unsigned before = asked("tcb");
    struct err err;

    must(get(c, &sgx, now, 0, &err), "%s", err.text);
    tell("delay:200 /");
    must(get(c, &sgx, now + 2 * DAY, 0, &err), "%s", err.text); /* older than a day: due, and served at once */
    for (int i = 0; i < 100 && asked("tcb") < before + 2; i++)
        (void)usleep(50 * 1000);
    must(asked("tcb") == before + 2, "it was not refreshed");
    tell("503 /");
    must(get(c, &sgx, now + 20 * DAY, 0, &err), "the source is down, and what is valid does not serve: %s", err.text);
    must(!get(c, &sgx, now + 40 * DAY, 0, &err), "past its end it serves");
    must(get(c, &sgx, now + 40 * DAY, 30 * DAY, &err), "within its grace period: %s", err.text);
    must(!get(c, &sgx, now + 40 * DAY, 2 * DAY, &err), "past its grace period it serves");
    tell("");
    collateral_cache_close(&c);
}

static void its_size_is_bounded(void)
{
    struct collateral_cache *c = open_cache(NULL, 4);
    struct err err;

    must(get(c, &sgx, clock_now(), 0, &err) && get(c, &snp, clock_now(), 0, &err), "%s", err.text);
    must(collateral_cache_counts(c).items <= 4, "%zu items", collateral_cache_counts(c).items);
    collateral_cache_close(&c);
}

static void a_bundle_serves_where_nothing_is_fetched(void)
{
    const struct collateral_cache_options o = {.roots = sim_roots()};
    struct collateral_cache *c = open_cache(NULL, 0), *offline;
    struct collateral_items items, read;
    const int64_t now = clock_now();
    struct err err;

    must(collateral_cache_get(c, &sgx, now, 0, &memory, &items, &err), "%s", err.text);
    must(bundle_parse(slice_str(bundle_text(&items, &memory)), &memory, &read, &err), "%s", err.text);
    must(collateral_cache_open(&o, &offline, &err), "%s", err.text);
    must(!get(offline, &sgx, now, 0, &err) && err.code == E_COLLATERAL_MISSING, "%s", err.text);
    must(collateral_cache_import(offline, &read, now, &err) && get(offline, &sgx, now, 0, &err), "%s", err.text);
    read.at[0].body = slice_of(read.at[0].body.ptr, read.at[0].body.len - 1);
    must(!collateral_cache_import(offline, &read, now, &err), "what does not hold was imported");
    collateral_cache_close(&offline);
    collateral_cache_close(&c);
}

static void a_server_is_who_its_certificate_says(void)
{
    struct fetch_options o = {.intel_url = url, .ca_file = arena_printf(&memory, "%s/ca.pem", work)};
    struct fetch_options by_address = o, untrusted = {.intel_url = url}, any = {.intel_url = url, .any_server = true};
    struct collateral_item item;
    struct fetch_status status;
    struct err err;

    by_address.intel_url = arena_printf(&memory, "https://127.0.0.1:%s", strrchr(url, ':') + 1);
    must(fetch_item(&o, &sgx.at[0], clock_now(), &memory, &item, &status, &err), "%s", err.text);
    must(fetch_item(&by_address, &sgx.at[0], clock_now(), &memory, &item, &status, &err), "%s", err.text);
    must(fetch_item(&any, &sgx.at[0], clock_now(), &memory, &item, &status, &err), "%s", err.text);
    untrusted.ca_file = arena_printf(&memory, "%s/other.pem", work);
    must(file_save(untrusted.ca_file, slice_str(sim_service_certificate(service)), 0644, &err), "%s", err.text);
    {
        struct sim_service *other = sim_service_new();

        must(file_save(untrusted.ca_file, slice_str(sim_service_certificate(other)), 0644, &err), "%s", err.text);
        sim_service_free(&other);
    }
    must(!fetch_item(&untrusted, &sgx.at[0], clock_now(), &memory, &item, &status, &err) &&
             err.code == E_COLLATERAL_SOURCE && status.http_status == 0,
         "a certificate of nobody is taken");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int main(void)
{
    char folder[] = "/tmp/marblemesh-test-XXXXXX";

    work = mkdtemp(folder);
    must(work != NULL, "no folder");
    json_init();
    pki_init();
    net_init();
    start_service();
    find_needs();
    an_item_is_fetched_once_and_kept();
    many_that_ask_at_once_make_one_request();
    what_does_not_hold_is_refused_and_not_kept();
    a_source_that_fails_is_left_alone_for_a_while();
    what_is_due_is_refreshed_while_it_serves();
    its_size_is_bounded();
    a_bundle_serves_where_nothing_is_fetched();
    a_server_is_who_its_certificate_says();
    net_server_stop(&server);
    sim_service_free(&service);
    (void)nftw(work, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_wipe(&memory);
    return 0;
}
