/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/place.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/scope.h"
#include "cli/effective.h"
#include "cli/suggest.h"

const char program_name[] = "tool";

static const char json[] =
    "{\n"
    "  \"Packages\": {\"a.b\": {\"debug\": true}, \"a\": {\"x\": 1, \"x\": 2}},\n"
    "  \"Marbles\": {\"m\": {\"Parameters\": {\"Files\": {\"/etc/x\": \"\"}, \"Argv\": [\"one\",\n"
    "\t\"two\"]}}}\n"
    "}\n";

Test(place, is_found_by_the_path_that_a_message_begins_with)
{
    static const struct {
        const char *message;
        size_t line, column;
    } rows[] = {
        {"$.Packages: empty", 2, 3},
        {"$.Packages[\"a.b\"].Debug: programs can be looked into", 2, 24},
        {"$.Packages.a.b.Debug: the same", 2, 24},
        {"$.Packages.a.x: given twice", 2, 54},
        {"$.Marbles.m.Parameters.Files[\"/etc/x\"]: a template", 3, 46},
        {"$.Marbles.m.Parameters.Argv[1]: no", 4, 2},
        {"$.Marbles.m.Nothing.There: deepest known", 3, 15},
        {"marble \"m\" names a package", 3, 15},
        {"the package \"a\" is not at the front", 0, 0},
        {"line 3, column 7: expected a value", 3, 7},
        {"$: all of it", 0, 0},
        {"$.Marbles[", 3, 3},
        {"$.", 0, 0},
        {"", 0, 0},
    };
    const struct manifest_file f = {.path = "f", .text = slice_str(json), .json = slice_str(json)};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct text_place p = place_of(&f, rows[i].message);

        cr_expect_eq(p.line, rows[i].line, "%s: line %zu", rows[i].message, p.line);
        cr_expect_eq(p.column, rows[i].column, "%s: column %zu", rows[i].message, p.column);
    }
}

Test(place, of_a_text_that_is_cut_anywhere_does_no_harm)
{
    for (size_t len = 0; len < sizeof json; len++) {
        scoped(arena_wipe) struct arena a = {0};
        const struct manifest_file f = {
            .path = "f", .text = slice_of(json, len), .json = slice_of(json, len)};

        (void)place_shown(&f, place_of(&f, "$.Marbles.m.Parameters.Argv[1]: x"), &a);
        (void)place_shown(&f, (struct text_place){4, 1000}, &a);
        (void)place_shown(&f, (struct text_place){1000, 1}, &a);
    }
}

Test(place, is_shown_by_a_caret_under_a_line_without_control_characters)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct manifest_file f = {.path = "f", .text = slice_str(json), .json = slice_str(json)};

    cr_expect_str_eq(place_shown(&f, (struct text_place){4, 2}, &a), "     \"two\"]}}}\n     ^\n");
    cr_expect_str_eq(place_shown(&f, (struct text_place){0}, &a), "");
}

Test(place, of_a_long_line_is_on_the_screen)
{
    scoped(arena_wipe) struct arena a = {0};
    char line[2000];
    struct manifest_file f = {.path = "f", .text = slice_of(line, sizeof line)};
    const char *caret, *shown;

    memset(line, 'a', sizeof line);
    line[1499] = '!';
    shown = place_shown(&f, (struct text_place){1, 1500}, &a);
    caret = strchr(shown, '^');
    cr_assert_not_null(caret);
    cr_expect_lt(caret - strchr(shown, '\n'), 110);
    cr_expect_eq(shown[caret - strchr(shown, '\n') - 1], '!');
}

Test(suggest, counts_letters_that_have_to_be_changed)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {{"set", "set", 0}, {"set", "sett", 1}, {"udpate", "update", 1},
                {"", "abc", 3},    {"log", "logs", 1}, {"apply", "aplpy", 1},
                {"get", "set", 1}, {"abc", "xyz", 3},  {"quux", "check", 5}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(suggest_distance(rows[i].a, rows[i].b, 9), rows[i].distance, "%s %s", rows[i].a,
                     rows[i].b);
        cr_expect_eq(suggest_distance(rows[i].b, rows[i].a, 9), rows[i].distance, "%s %s", rows[i].b,
                     rows[i].a);
    }
    cr_expect_eq(suggest_distance("abc", "xyz", 1), 2);
}

Test(effective, versions_count_from_the_manifest_in_force_on)
{
    scoped(json_release) json_t *lines =
        json_pack("[s,s,s,s,s]", "{\"update\":\"set\"}", "{\"package\":\"p\",\"new version\":9}",
                  "{\"update\":\"applied\",\"manifestFingerprint\":\"abc\"}",
                  "{\"package\":\"p\",\"new version\":4}", "no JSON at all");
    uint64_t version = 0;

    cr_expect(effective_version(lines, "abc", "p", &version));
    cr_expect_eq(version, 4);
    cr_expect_not(effective_version(lines, "abc", "other", &version));
    (void)json_array_remove(lines, 3);
    cr_expect_not(effective_version(lines, "abc", "p", &version));
    cr_expect(effective_version(lines, "def", "p", &version));
    cr_expect_eq(version, 9);
}
