/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/limits.h"
#include "coordinator/metrics.h"

static struct arena a;
static struct metrics *m;

static void begin(void) { m = metrics_new(); }

static void end(void)
{
    metrics_free(&m);
    arena_wipe(&a);
}

static const char *shown(void)
{
    scoped(buf_wipe) struct buf b = buf_max(64 * MIB);

    metrics_put(m, &(struct metrics_now){"1.2.3", "abc", 2}, &b);
    return arena_strndup(&a, buf_bytes(&b));
}

static void expect(const char *line)
{
    const char *text = shown(), *at = strstr(text, arena_printf(&a, "\n%s\n", line));

    cr_expect_not_null(at, "no line '%s' in:\n%s", line, text);
}

static size_t count(const char *what)
{
    size_t n = 0;

    for (const char *at = shown(); (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static void request(const char *path, const char *method, int status, int64_t us, size_t in, size_t out)
{
    metrics_http_begin(m, path);
    metrics_http_end(m, &(struct http_sample){path, slice_str(method), status, us, in, out});
}

Test(metrics, version_and_state_are_shown_without_anything_counted, .init = begin, .fini = end)
{
    expect("coordinator_version_info{commit=\"abc\",version=\"1.2.3\"} 0");
    expect("coordinator_state 2");
    expect("# TYPE coordinator_state gauge");
    metrics_free(&m);
    expect("coordinator_state 2");
}

Test(metrics, a_request_is_counted_under_path_method_and_status, .init = begin, .fini = end)
{
    request("/api/v2/status", "GET", 200, 5000, 100, 101);
    request("/api/v2/status", "GET", 200, 5001, 10001, 2000);
    request("/api/v2/status", "BREW", 405, 9000000, 0, 0);
    expect("server_client_api_http_request_total{code=\"200\",method=\"get\",path=\"/api/v2/status\"} 2");
    expect("server_client_api_http_request_total{code=\"405\",method=\"unknown\",path=\"/api/v2/status\"} 1");
    expect("server_client_api_http_in_flight_requests{path=\"/api/v2/status\"} 0");
}

Test(metrics, a_bound_of_a_histogram_is_inside_its_bucket, .init = begin, .fini = end)
{
#define H "server_client_api_http_request_duration_histogram_seconds"
#define S "server_client_api_http_re"
    request("/p", "GET", 200, 5000, 100, 101);
    request("/p", "GET", 200, 5001, 10001, 2000);
    expect(H "_bucket{method=\"get\",path=\"/p\",le=\"0.005\"} 1");
    expect(H "_bucket{method=\"get\",path=\"/p\",le=\"0.025\"} 2");
    expect(H "_bucket{method=\"get\",path=\"/p\",le=\"+Inf\"} 2");
    expect(H "_sum{method=\"get\",path=\"/p\"} 0.010001");
    expect(H "_count{method=\"get\",path=\"/p\"} 2");
    expect(S "quest_size_histogram_bytes_bucket{path=\"/p\",le=\"100\"} 1");
    expect(S "quest_size_histogram_bytes_bucket{path=\"/p\",le=\"10000\"} 1");
    expect(S "quest_size_histogram_bytes_bucket{path=\"/p\",le=\"+Inf\"} 2");
    expect(S "sponse_size_histogram_bytes_bucket{path=\"/p\",le=\"2000\"} 2");
    expect(S "sponse_size_histogram_bytes_sum{path=\"/p\"} 2101");
}

Test(metrics, a_request_that_is_being_answered_is_in_flight, .init = begin, .fini = end)
{
    metrics_http_begin(m, "/p");
    expect("server_client_api_http_in_flight_requests{path=\"/p\"} 1");
    metrics_http_end(m, &(struct http_sample){"/p", slice_str("GET"), 200, 1, 1, 1});
    expect("server_client_api_http_in_flight_requests{path=\"/p\"} 0");
    metrics_http_refused(m, &(struct http_sample){"/p", slice_str("GET"), 413, 1, 1, 1});
    expect("server_client_api_http_in_flight_requests{path=\"/p\"} 0");
    expect("server_client_api_http_request_total{code=\"413\",method=\"get\",path=\"/p\"} 1");
}

Test(metrics, statuses_that_have_no_place_are_counted_as_500, .init = begin, .fini = end)
{
    request("/p", "GET", 599, 1, 1, 1);
    expect("server_client_api_http_request_total{code=\"500\",method=\"get\",path=\"/p\"} 1");
}

#define TRIED "coordinator_marble_activations_total"
#define DONE  "coordinator_marble_activations_success_total"

Test(metrics, a_marble_has_a_label_once_it_was_activated, .init = begin, .fini = end)
{
    metrics_activation(m, "web", "one", true, false);
    expect(TRIED "{type=\"web\",uuid=\"other\"} 1");
    cr_expect_eq(count("uuid=\"one\""), 0);
    metrics_activation(m, "web", "one", true, true);
    expect(TRIED "{type=\"web\",uuid=\"one\"} 1");
    expect(DONE "{type=\"web\",uuid=\"one\"} 1");
    metrics_activation(m, "web", "one", true, false);
    expect(TRIED "{type=\"web\",uuid=\"one\"} 2");
    expect(DONE "{type=\"web\",uuid=\"one\"} 1");
    expect(DONE "{type=\"web\",uuid=\"other\"} 0");
}

Test(metrics, what_the_manifest_does_not_know_is_never_a_label, .init = begin, .fini = end)
{
    metrics_activation(m, "nobody", "one", false, false);
    metrics_activation(m, NULL, NULL, false, false);
    expect(TRIED "{type=\"other\",uuid=\"other\"} 2");
    cr_expect_eq(count("nobody"), 0);
}

Test(metrics, labels_are_bounded_and_nothing_is_lost, .init = begin, .fini = end)
{
    for (int i = 0; i < 3 * LIMIT_METRIC_MARBLES; i++)
        metrics_activation(m, "web", arena_printf(&a, "uuid-%d", i), true, true);
    cr_expect_eq(count("uuid=\"uuid-"), 2 * LIMIT_METRIC_MARBLES, "tried and done of each");
    expect(arena_printf(&a, DONE "{type=\"web\",uuid=\"other\"} %d", 2 * LIMIT_METRIC_MARBLES));
    metrics_activation(m, "web", "uuid-7", true, true);
    expect(DONE "{type=\"web\",uuid=\"uuid-7\"} 2");
    for (int i = 0; i < 2 * LIMIT_METRIC_MARBLES; i++)
        metrics_activation(m, arena_printf(&a, "type-%d", i), "x", true, false);
    cr_expect_eq(count("\n" TRIED "{"), 2 * LIMIT_METRIC_MARBLES + 1);
    expect(arena_printf(&a, TRIED "{type=\"other\",uuid=\"other\"} %d", LIMIT_METRIC_MARBLES + 1));
}

Test(metrics, text_in_labels_is_escaped, .init = begin, .fini = end)
{
    metrics_activation(m, "a\"b\\c\nd", "u", true, true);
    expect(DONE "{type=\"a\\\"b\\\\c\\nd\",uuid=\"u\"} 1");
}

Test(metrics, calls_of_the_marble_api_are_counted_by_code, .init = begin, .fini = end)
{
#define G "grpc_method=\"Activate\",grpc_service=\"rpc.Marble\",grpc_type=\"unary\"}"
    metrics_grpc_started(m, GRPC_METHOD_RPC_ACTIVATE);
    metrics_grpc_handled(m, GRPC_METHOD_RPC_ACTIVATE, true, 0);
    metrics_grpc_started(m, GRPC_METHOD_RPC_ACTIVATE);
    metrics_grpc_handled(m, GRPC_METHOD_RPC_ACTIVATE, true, 7);
    metrics_grpc_handled(m, GRPC_METHOD_RPC_ACTIVATE, false, 99);
    expect("grpc_server_started_total{" G " 2");
    expect("grpc_server_handled_total{grpc_code=\"OK\"," G " 1");
    expect("grpc_server_handled_total{grpc_code=\"PermissionDenied\"," G " 1");
    expect("grpc_server_handled_total{grpc_code=\"Unknown\"," G " 1");
    expect("grpc_server_handled_total{grpc_code=\"DataLoss\"," G " 0");
    expect("grpc_server_msg_received_total{" G " 2");
    expect("grpc_server_msg_sent_total{" G " 1");
    expect("grpc_server_started_total{grpc_method=\"Renew\",grpc_service=\"mesh.v1.Mesh\",grpc_type="
           "\"unary\"} 0");
    metrics_grpc_handled(m, GRPC_METHOD_WATCH, true, 0);
    expect("grpc_server_msg_sent_total{grpc_method=\"Watch\",grpc_service=\"mesh.v1.Mesh\",grpc_type="
           "\"server_stream\"} 1");
}
