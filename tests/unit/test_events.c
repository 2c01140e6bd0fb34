/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "coordinator/events.h"
#include "coordinator/metrics.h"

static struct arena a;
static struct events *e;

static void begin(void)
{
    e = events_new();
    log_setup(LOG_JSON, LOG_FATAL);
}

static void end(void)
{
    events_free(&e);
    arena_wipe(&a);
}

static const char *shown(void)
{
    scoped(buf_wipe) struct buf b = buf_max(64 * MIB);

    events_put(e, &b);
    return arena_strndup(&a, buf_bytes(&b));
}

static struct event activated(const char *uuid)
{
    return (struct event){.kind = EVENT_ACTIVATED,
                          .marble_type = "web <1>",
                          .uuid = uuid,
                          .known_type = true,
                          .quote = slice_str("quote")};
}

Test(events, nothing_is_kept_that_nobody_will_ask_for, .init = begin, .fini = end)
{
    const struct event event = activated("one");

    events_note(e, &event);
    cr_expect_str_eq(shown(), "null\n");
}

Test(events, activations_are_kept_as_marblerun_shows_them, .init = begin, .fini = end)
{
    const struct event event = activated("one"), read = {.kind = EVENT_SECRET_READ, .subject = "x"};
    struct event refused = activated("two");
    const char *text;

    events_keep(e);
    cr_expect_str_eq(shown(), "null\n");
    refused.kind = EVENT_ACTIVATION_REFUSED;
    events_note(e, &event);
    events_note(e, &read);
    events_note(e, &refused);
    text = shown();
    cr_expect_eq(strncmp(text, "[{\"time\":\"20", 12), 0, "%s", text);
    cr_expect_not_null(strstr(text, "Z\",\"activation\":{\"marbleType\":\"web \\u003c1\\u003e\",\"uuid\":\"one\","
                                    "\"quote\":\"cXVvdGU=\"}}]\n"),
                       "%s", text);
}

Test(events, the_oldest_give_way_to_the_newest, .init = begin, .fini = end)
{
    json_t *list;
    struct err err;

    events_keep(e);
    for (int i = 0; i < EVENTS_KEPT + 10; i++) {
        const struct event event = activated(arena_printf(&a, "%d", i));

        events_note(e, &event);
    }
    cr_assert(json_parse(slice_str(shown()), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &list, &err), "%s", err.text);
    cr_expect_eq(json_array_size(list), EVENTS_KEPT);
    for (size_t i = 0; i < json_array_size(list); i++)
        cr_expect_str_eq(json_string_value(json_object_get(
                             json_object_get(json_array_get(list, i), "activation"), "uuid")),
                         arena_printf(&a, "%zu", i + 10));
    json_decref(list);
}

Test(events, an_event_is_one_line_of_the_log, .init = begin, .fini = end)
{
    struct event event = {.kind = EVENT_SECRET_SET, .user = "anna\nB", .subject = "key", .peer = "::1"};
    struct err err;
    char line[512] = "";
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    cr_assert(dup2(ends[1], STDERR_FILENO) >= 0);
    log_setup(LOG_JSON, LOG_INFO);
    events_note(e, &event);
    (void)err_set(&err, E_INTERNAL, "why");
    event = (struct event){.kind = EVENT_AUTH_REFUSED, .what = "GET /x", .err = &err};
    events_note(e, &event);
    cr_assert(read(ends[0], line, sizeof line - 1) > 0);
    cr_expect_not_null(strstr(line, "\"msg\":\"secret set\",\"user\":\"anna?B\",\"subject\":\"key\",\"peer\":\"::1\"}\n"),
                       "%s", line);
    cr_expect_not_null(strstr(line, "{\"level\":\"warn\""), "%s", line);
    cr_expect_not_null(
        strstr(line, "\"msg\":\"request denied\",\"what\":\"GET /x\",\"reason\":\"internal\",\"error\":\"why\"}\n"), "%s", line);
}

Test(events, activations_are_counted, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(MIB);
    const struct event event = activated("one");

    events_note(e, &event);
    metrics_put(events_metrics(e), &(struct metrics_now){"", "", 0}, &b);
    cr_expect_not_null(strstr(arena_strndup(&a, buf_bytes(&b)),
                              "coordinator_marble_activations_success_total{type=\"web <1>\",uuid=\"one\"} 1\n"));
}
