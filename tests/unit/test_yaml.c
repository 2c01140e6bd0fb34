/* SPDX-License-Identifier: Apache-2.0 */
/* The results are those of Go's sigs.k8s.io/yaml 1.6.0, where it has one. */
#include "manifest/yaml.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/limits.h"

struct row {
    const char *yaml, *json; /* or, behind '!', the refusal */
};

static void expect_rows(const struct row *rows, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        struct arena a = {0};
        struct slice json = {0};
        struct err err = {0};
        const bool good = yaml_to_json(slice_str(rows[i].yaml), &a, &json, &err);
        const char *found = good ? arena_strndup(&a, json) : arena_printf(&a, "!%s", err.text);

        cr_expect_str_eq(found, rows[i].json, "%s\nexpected %s\nfound    %s", rows[i].yaml, rows[i].json, found);
        cr_expect_eq(err.code, good ? E_NONE : E_YAML_SYNTAX);
        arena_wipe(&a);
    }
}
#define EXPECT(rows) expect_rows(rows, sizeof(rows) / sizeof(rows)[0])

Test(yaml, names_are_sorted_and_the_text_is_compact)
{
    static const struct row rows[] = {
        {"b: 1\na: {d: [1, two, {}], c: []}\n", "{\"a\":{\"c\":[],\"d\":[1,\"two\",{}]},\"b\":1}"},
        {"", "null"},
        {"# only", "null"},
        {"\"x\"", "\"x\""},
        {"--- \na: 1\n...\n", "{\"a\":1}"},
        {"? a\n", "{\"a\":null}"},
        {"\xc3\xa9: \"<>&\\t\\x01\\0\"\n", "{\"\xc3\xa9\":\"\\u003c\\u003e\\u0026\\t\\u0001\\u0000\"}"},
        {"c: |\n  l1\n  l2\nd: >\n  f1\n  f2\n", "{\"c\":\"l1\\nl2\\n\",\"d\":\"f1 f2\\n\"}"},
    };

    EXPECT(rows);
}

Test(yaml, words_and_numbers_are_those_of_yaml_1_1)
{
    static const struct row rows[] = {
        {"[y, Yes, on, TRUE, n, No, OFF, false]", "[true,true,true,true,false,false,false,false]"},
        {"[~, null, NULL, yEs, tRUE, 'yes', \"null\"]", "[null,null,null,\"yEs\",\"tRUE\",\"yes\",\"null\"]"},
        {"[0x1F, 017, 0o17, 0b101, 1_000, +12, -3, 08, 0, -0]", "[31,15,15,5,1000,12,-3,8,0,0]"},
        {"[18446744073709551615, 9223372036854775808, 18446744073709551616]",
         "[18446744073709551615,9223372036854775808,18446744073709552000]"},
        {"[1.5, .5, 1., 1e3, 1e21, 1e20, 1E-7, 0.000001, 12345678.9, -0.0]",
         "[1.5,0.5,1,1000,1e+21,100000000000000000000,1e-7,0.000001,12345678.9,-0]"},
        {"[190:20:30, 2001-01-01, 1e, 0x, 0b2, _1, ._1, 1e400, inf]",
         "[\"190:20:30\",\"2001-01-01\",\"1e\",\"0x\",\"0b2\",\"_1\",\"._1\",\"1e400\",\"inf\"]"},
        {"{1: a, 1.5: b, 0x10: c, off: d, 1e21: e, 0.00001: f}",
         "{\"1\":\"a\",\"1.5\":\"b\",\"16\":\"c\",\"1e+21\":\"e\",\"1e-05\":\"f\",\"false\":\"d\"}"},
        {"[!!str 1, !!int \"1\", !!float 1, !!bool \"yes\", !!null \"\", ! 5]", "[\"1\",1,1,true,null,\"5\"]"},
        {"a: .inf", "!line 1, column 4: a number that JSON cannot carry"},
        {"a: .nan", "!line 1, column 4: a number that JSON cannot carry"},
        {"a: !!int 1.5", "!line 1, column 4: the tag does not fit the value, or is not known"},
        {"a: !foo 1", "!line 1, column 4: the tag does not fit the value, or is not known"},
        {"a: !foo {}", "!line 1, column 4: unknown tag"},
    };

    EXPECT(rows);
}

Test(yaml, anchors_aliases_and_merges)
{
    static const struct row rows[] = {
        {"a: &x {p: 1, q: 2}\nb: *x\n", "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":2}}"},
        {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: {q: 4, <<: *x}\nd: {<<: [*x, {r: 5, p: 9}]}\n",
         "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":3},\"c\":{\"p\":1,\"q\":2},"
         "\"d\":{\"p\":1,\"q\":2,\"r\":5}}"},
        {"\"<<\": 1", "{\"\\u003c\\u003c\":1}"},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}"},
        {"a: *x", "!line 1, column 4: the alias names no anchor"},
        {"a: &a [*a]", "!line 1, column 8: the alias stands inside of what it names"},
        {"a: {<<: 1}", "!line 1, column 9: << takes a map or a list of maps"},
        {"a: {<<: [1]}", "!line 1, column 9: << takes a map or a list of maps"},
    };

    EXPECT(rows);
}

Test(yaml, what_cannot_be_one_manifest_is_refused)
{
    static const struct row rows[] = {
        {"a: 1\na: 2\n", "!line 2, column 1: the name \"a\" is given twice"},
        {"1: a\n\"1\": b\n", "!line 2, column 1: the name \"1\" is given twice"},
        {"a: 1\n---\nb: 2\n", "!line 2, column 1: expected one document, found a second one"},
        {"? [a]\n: b\n", "!line 1, column 3: a name cannot be a list or a map"},
        {"~: a", "!line 1, column 1: a name cannot be of this type"},
        {"a: [1", "!line 2, column 1: did not find expected ',' or ']'"},
        {"a: b: c", "!line 1, column 5: mapping values are not allowed in this context"},
        {"\tx", "!line 1, column 1: found character that cannot start any token"},
        {"a: \"\xff\"", "!byte 4: invalid leading UTF-8 octet"},
    };

    EXPECT(rows);
}

/* A billion laughs: nine aliases, each nine times the one before. */
Test(yaml, aliases_do_not_multiply_without_bound)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct arena a = {0};
    struct slice json;
    struct err err = {0};

    buf_str(&b, "l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        buf_printf(&b, "l%d: &l%d [", i, i);
        for (int k = 0; k < 9; k++)
            buf_printf(&b, "%s*l%d", k == 0 ? "" : ", ", i - 1);
        buf_str(&b, "]\n");
    }
    cr_expect_not(yaml_to_json(buf_bytes(&b), &a, &json, &err));
    cr_expect_eq(err.code, E_YAML_SYNTAX);
    cr_expect_not_null(strstr(err.text, "once aliases are written out"), "%s", err.text);
    arena_wipe(&a);
}

Test(yaml, depth_is_bounded)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct arena a = {0};
    struct slice json;
    struct err err = {0};

    for (int i = 0; i < 1000; i++)
        buf_str(&b, "[");
    cr_expect_not(yaml_to_json(buf_bytes(&b), &a, &json, &err));
    cr_expect_eq(err.code, E_YAML_SYNTAX);
    arena_wipe(&a);
}

Test(yaml, every_truncation_is_something_or_an_error)
{
    static const char whole[] = "a: &x {p: [1, \"two\"], q: !!str 3}\nb: {<<: *x}\nc: |\n  text\n";

    for (size_t len = 0; len < sizeof whole; len++) {
        struct arena a = {0};
        struct slice json;
        struct err err = {0};

        if (!yaml_to_json(slice_of(whole, len), &a, &json, &err))
            cr_expect_eq(err.code, E_YAML_SYNTAX);
        arena_wipe(&a);
    }
}
