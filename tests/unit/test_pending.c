/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/json.h"
#include "coordinator/pending.h"
#include "coordinator/update_log.h"

static struct arena a;
static struct err err;
static const struct user ALICE = {.name = "alice"}, BOB = {.name = "bob"}, CARL = {.name = "carl"};
static const struct user *const USERS[] = {&ALICE, &BOB, &CARL};

static void begin(void) { json_init(); }
static void end(void) { arena_wipe(&a); }

static struct pending_update *two_of_three(void)
{
    struct pending_update *p = pending_new(slice_str("{}"), USERS, 3, 2, &a);

    cr_assert(pending_acknowledge(p, "bob", &a, &p, &err), "%s", err.text);
    return p;
}

static char *text_of(const struct pending_update *p) { return arena_strndup(&a, pending_encode(p, &a)); }

Test(pending, counts_each_user_once, .init = begin, .fini = end)
{
    struct pending_update *p = two_of_three(), *again;
    const char **missing;
    size_t num;

    cr_expect_eq(p->missing, 1);
    missing = pending_missing_users(p, &a, &num);
    cr_assert_eq(num, 2);
    cr_expect_str_eq(missing[0], "alice");
    cr_expect_str_eq(missing[1], "carl");
    cr_assert(pending_acknowledge(p, "bob", &a, &again, &err));
    cr_expect_eq(again->missing, 1, "bob has done so before");
    cr_expect(pending_has(again, "bob"));
    cr_expect_not(pending_has(again, "alice"));
    cr_expect_not(pending_has(again, "nobody"));
    cr_assert(pending_acknowledge(p, "alice", &a, &again, &err));
    cr_expect_eq(again->missing, 0);
    cr_expect_eq(p->missing, 1, "a value is not changed");
}

Test(pending, others_may_not_acknowledge, .init = begin, .fini = end)
{
    struct pending_update *p = two_of_three();

    cr_expect_not(pending_acknowledge(p, "dora", &a, &p, &err));
    cr_expect_eq(err.code, E_USER_DENIED);
    cr_expect_str_eq(err.text, "user \"dora\" is not one of those who may acknowledge this update");
}

Test(pending, is_kept_as_marblerun_keeps_it, .init = begin, .fini = end)
{
    struct pending_update *p;

    cr_expect_str_eq(
        text_of(two_of_three()),
        "{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"alice\":false,\"bob\":true,\"carl\":false},"
        "\"missingAcknowledgments\":1}");
    cr_assert(pending_decode(pending_encode(two_of_three(), &a), &a, &p, &err), "%s", err.text);
    cr_expect_str_eq(text_of(p), text_of(two_of_three()));
    cr_assert(pending_decode(slice_str("{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"b\":true,\"c\":false,"
                                       "\"a\":false}}"),
                             &a, &p, &err),
              "%s", err.text);
    cr_expect_eq(p->missing, 2, "without a count, all who have not");
    cr_expect_str_eq(p->users[0].name, "a", "sorted");
}

Test(pending, says_what_is_wrong_with_what_was_kept, .init = begin, .fini = end)
{
    static const char *const cases[][2] = {
        {"", "pendingUpdate: "},
        {"[]", "pendingUpdate: expected an object"},
        {"{\"requiredUsers\":{\"a\":false}}", "pendingUpdate.manifestRaw"},
        {"{\"manifestRaw\":1,\"requiredUsers\":{\"a\":false}}", "pendingUpdate.manifestRaw"},
        {"{\"manifestRaw\":\"e30=\",\"requiredUsers\":[]}", "pendingUpdate.requiredUsers"},
        {"{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"a\":1}}",
         "pendingUpdate.requiredUsers: expected true or false for each user"},
        {"{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"a\":false},\"missingAcknowledgments\":2}",
         "pendingUpdate.missingAcknowledgments"},
        {"{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"a\":true}}",
         "pendingUpdate.missingAcknowledgments: an update that misses none is not pending"},
        {"{\"manifestRaw\":\"e30=\"}",
         "pendingUpdate.missingAcknowledgments: an update that misses none is not pending"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pending_update *none = NULL;

        cr_expect_not(pending_decode(slice_str(cases[i][0]), &a, &none, &err), "%s", cases[i][0]);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%s", cases[i][0]);
        cr_expect_eq(strncmp(err.text, cases[i][1], strlen(cases[i][1])), 0, "%s: %s", cases[i][0], err.text);
    }
}

Test(update_log, writes_lines_that_tools_search, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(1000);
    const char *const names[] = {"b", "\"c\""};

    line_begin(&b, 1790000000, "SecurityVersion of a package set");
    line_text(&b, "user", "<admin>");
    line_text(&b, "package", "frontend");
    line_number(&b, "new version", UINT64_MAX);
    line_names(&b, "missingUsers", names, 2);
    line_names(&b, "none", NULL, 0);
    line_end(&b);
    cr_expect_str_eq(
        arena_strndup(&a, buf_bytes(&b)),
        "{\"time\":\"2026-09-21T14:13:20.000Z\",\"update\":\"SecurityVersion of a package set\","
        "\"user\":\"\\u003cadmin\\u003e\",\"package\":\"frontend\","
        "\"new version\":18446744073709551615,\"missingUsers\":[\"b\",\"\\\"c\\\"\"],\"none\":[]}\n");
}
