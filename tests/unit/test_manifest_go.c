/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's encoding/json makes of a manifest, and ours has to. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/limits.h"
#include "manifest/manifest.h"
#include "pki/hash.h"
#include "tests/support/manifests.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(manifest_go, .init = prepare);

static struct manifest parsed(struct arena *a, const char *text)
{
    struct manifest m = {0};
    struct err err = {0};

    cr_assert(manifest_parse(quoted(a, text), a, &m, &err), "%s", err.text);
    return m;
}

static bool warned(const struct manifest *m, const char *text)
{
    for (size_t i = 0; i < m->num_warnings; i++)
        if (strcmp(m->warnings[i], text) == 0)
            return true;
    return false;
}

Test(manifest_go, later_scalars_count_and_maps_are_merged)
{
    struct arena a = {0};
    const struct manifest m = parsed(
        &a, "{'Secrets':{'a':{'Type':'symmetric-key','Size':8},'b':{'Type':'symmetric-key','Size':8,'Shared':true}},"
            "'secrets':{'b':{'Type':'symmetric-key','Size':16},'c':{'Type':'symmetric-key','Size':24}},"
            "'Packages':{'p':{'Debug':true,'debug':false,'SecurityVersion':1,'SECURITYVERSION':2}},"
            "'Config':{'UpdateThreshold':1,'SealMode':'UniqueKey'},'Config':{'UpdateThreshold':2}}");

    cr_assert_eq(m.num_secrets, 3);
    cr_expect_eq(manifest_secret(&m, "a")->size, 8);
    cr_expect_eq(manifest_secret(&m, "b")->size, 16);
    cr_expect_not(manifest_secret(&m, "b")->shared, "an entry is replaced whole");
    cr_expect_not(m.packages[0].policy.debug);
    cr_expect_eq(m.packages[0].policy.security_version, 2);
    cr_expect_eq(m.update_threshold, 2);
    cr_expect_eq(m.seal_mode, MANIFEST_SEAL_UNIQUE_KEY, "objects with fields are merged field by field");
    cr_expect(warned(&m, "$.Secrets: given more than once; what comes later counts"));
    cr_expect(warned(&m, "$.Secrets.b: given more than once; the last one counts"));
    cr_expect(warned(&m, "$.Packages.p.Debug: given more than once; what comes later counts"));
    cr_expect(warned(&m, "$.Config: given more than once; what comes later counts"));
    arena_wipe(&a);
}

Test(manifest_go, null_after_a_value)
{
    struct arena a = {0};
    const struct manifest m = parsed(
        &a, "{'Packages':{'p':{'UniqueID':'00','UniqueID':null,'ProductID':1,'ProductID':null,"
            "'AcceptedAdvisories':['a'],'AcceptedAdvisories':null}},'Secrets':{'s':{'Type':'plain'}},'Secrets':null,"
            "'Config':{'UpdateThreshold':3},'Config':null}");

    cr_expect_str_eq(m.packages[0].policy.unique_id, "00", "null leaves a string alone");
    cr_expect_not(m.packages[0].policy.has_product_id, "and takes an optional number away");
    cr_expect_eq(m.packages[0].policy.num_advisories, 0);
    cr_expect_eq(m.num_secrets, 0, "and empties a map");
    cr_expect_eq(m.update_threshold, 3);
    arena_wipe(&a);
}

Test(manifest_go, text_is_repaired)
{
    struct arena a = {0};
    const struct manifest m = parsed(
        &a, "{'Marbles':{'m\xff':{'Parameters':{'Argv':['\xff\xc3\xa9\xed\xa0\x80','\\ud800','\\ud83d\\ude00',"
            "'\\ud800\\u0041','\\udc00x','\\ud800\\ud83d\\ude00','\xf0\x9f\x98']}}}}");
    static const char *const argv[] = {
        "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
        "\xef\xbf\xbd",
        "\xf0\x9f\x98\x80",
        ("\xef\xbf\xbd"
         "A"),
        "\xef\xbf\xbdx",
        "\xef\xbf\xbd\xf0\x9f\x98\x80",
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
    };

    cr_expect_str_eq(m.marbles[0].type, "m\xef\xbf\xbd");
    cr_assert_eq(m.marbles[0].num_argv, 7);
    for (size_t i = 0; i < 7; i++)
        cr_expect_str_eq(m.marbles[0].argv[i], argv[i], "%zu", i);
    arena_wipe(&a);
}

Test(manifest_go, names_fold_as_unicode_folds_them)
{
    struct arena a = {0};
    const struct manifest m = parsed(&a, "{'Pac\xe2\x84\xaa" "age\xc5\xbf':{'p':{}},'pac\xe2\x84\xab" "ages':{'q':{}}}");

    cr_assert_eq(m.num_packages, 1);
    cr_expect_str_eq(m.packages[0].name, "p");
    arena_wipe(&a);
}

Test(manifest_go, bytes_are_base64_or_numbers)
{
    struct arena a = {0};
    const struct manifest m = parsed(
        &a, "{'Infrastructures':{'i':{'CPUSVN':[0,1,null,255],'QESVN':2,'PCESVN':null,'RootCA':'A\\r\\nQI='},'j':{}}}");
    const struct infrastructure *i = manifest_infrastructure(&m, "i"), *j = manifest_infrastructure(&m, "j");

    cr_expect(slice_equal(i->cpusvn, slice_of("\0\1\0\xff", 4)));
    cr_expect(i->has_qesvn);
    cr_expect_eq(i->qesvn, 2);
    cr_expect_not(i->has_pcesvn);
    cr_expect(slice_equal(i->root_ca, slice_of("\1\2", 2)));
    cr_expect_null(j->cpusvn.ptr);
    arena_wipe(&a);
}

Test(manifest_go, values_of_user_defined_secrets_are_kept)
{
    struct arena a = {0};
    const struct manifest m = parsed(
        &a, "{'Secrets':{'z':{'Type':'plain','UserDefined':true,'Private':'aGk=','Public':[104,105]},"
            "'a':{'Type':'plain','UserDefined':true},'g':{'Type':'symmetric-key','Size':8,'Private':'AA=='}}}");

    cr_assert_eq(m.initial.num, 1);
    cr_expect_eq(m.initial.values[0].spec, manifest_secret(&m, "z"));
    cr_expect(slice_equal(m.initial.values[0].private_key, slice_str("hi")));
    cr_expect(slice_equal(m.initial.values[0].public_key, slice_str("hi")));
    cr_expect(warned(&m, "$.Secrets.g: Private and Public are ignored: the values are generated"));
    arena_wipe(&a);
}

Test(manifest_go, every_position_is_told)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_expect_not(manifest_parse(quoted(&a, "{\n 'Marbles': {\n  'm': {\n   'Package': 7\n  }\n }\n}"), &a, &m, &err));
    cr_expect_str_eq(err.text,
                     "$.Marbles.m.Package: expected a string, found a whole number (line 4, column 15)");
    cr_expect_not(manifest_parse(quoted(&a, "{\n 'Marbles': {'m': {'Parameters': {'Env':\n{'E': true}}}}}"), &a, &m, &err));
    cr_expect_str_eq(err.text, "$.Marbles.m.Parameters.Env.E: expected a string, or an object with Data (line 3, "
                               "column 7)");
    arena_wipe(&a);
}

Test(manifest_go, depth_is_bounded_and_says_so)
{
    struct arena a = {0};
    struct buf b = buf_max(1000);
    struct manifest m;
    struct err err = {0};

    buf_str(&b, "{\"x\":");
    for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
        buf_str(&b, "[");
    cr_expect_not(manifest_parse(buf_bytes(&b), &a, &m, &err));
    cr_expect_eq(err.code, E_MANIFEST_SYNTAX);
    cr_expect_str_eq(err.text, "line 1, column 70: nested deeper than 64 levels");
    buf_wipe(&b);
    arena_wipe(&a);
}

Test(manifest_go, the_same_text_in_a_stream_may_be_followed_by_anything)
{
    struct arena a = {0};
    struct json_document d;
    struct err err = {0};

    cr_assert(json_parse_go(slice_str("{\"a\":1} x"), JSON_REST_IGNORED, E_JSON_SYNTAX, &a, &d, &err));
    json_decref(d.root);
    cr_expect_not(json_parse_go(slice_str("{\"a\":1} x"), JSON_REST_REFUSED, E_JSON_SYNTAX, &a, &d, &err));
    cr_expect_str_eq(err.text, "line 1, column 9: expected the end of the text, found 'x'");
    arena_wipe(&a);
}

Test(manifest_go, what_is_no_json_is_refused_where_it_stands)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"[1,]", "line 1, column 4: expected a value, found ']'"},
        {"[1 2]", "line 1, column 4: expected ',' or ']', found '2'"},
        {"{\"a\" 1}", "line 1, column 6: expected ':', found '1'"},
        {"{\"a\":1 \"b\"}", "line 1, column 8: expected ',' or '}', found '\"'"},
        {"tru", "line 1, column 4: expected a value, found the end of the text"},
        {"truE", "line 1, column 4: expected a value, found 'E'"},
        {"01", "line 1, column 2: expected the end of the text, found '1'"},
        {"-", "line 1, column 2: expected a digit, found the end of the text"},
        {"1.", "line 1, column 3: expected a digit, found the end of the text"},
        {"1e+", "line 1, column 4: expected a digit, found the end of the text"},
        {"+1", "line 1, column 1: expected a value, found '+'"},
        {"\"a\nb\"", "line 1, column 3: expected a character of a string, found byte 0x0a"},
        {"\"\\x\"", "line 1, column 3: expected an escape (one of \"\\/bfnrtu), found 'x'"},
        {"\"\\u12g4\"", "line 1, column 6: expected four hexadecimal digits, found 'g'"},
        {"\"abc", "line 1, column 5: expected the end of a string, found the end of the text"},
        {"NaN", "line 1, column 1: expected a value, found 'N'"},
        {"\xef\xbb\xbf{}", "line 1, column 1: expected a value, found byte 0xef"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = {0};
        struct json_document d;
        struct err err = {0};

        cr_expect_not(json_parse_go(slice_str(rows[i].text), JSON_REST_REFUSED, E_JSON_SYNTAX, &a, &d, &err));
        cr_expect_str_eq(err.text, rows[i].why, "%s: %s", rows[i].text, err.text);
        arena_wipe(&a);
    }
}
