/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <criterion/criterion.h>

#include "base/text.h"

/* Parses an object and lets `read` take what it wants; gives the error's text, or "". */
struct doc {
    struct arena a;
    json_t *json;
    struct fields f;
    struct err err;
};

static void doc_open(struct doc *d, const char *text, enum json_names names)
{
    cr_assert(json_parse(slice_str(text), JSON_LAST_WINS, E_JSON_SYNTAX, &d->json, &d->err), "%s",
              d->err.text);
    d->f = fields_of(d->json, "$", names, E_JSON_SYNTAX, &d->a, &d->err);
}

static void doc_close(struct doc *d)
{
    json_decref(d->json);
    arena_wipe(&d->a);
}

Test(json, one_value_and_nothing_after_it)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "line 1, column 0: "},           {"{} x", "line 1, column 4: end of file expected near 'x'"},
        {"{\"a\":1,}", "line 1, column 8: "}, {"{'a':1}", "line 1, column 2: "},
        {"// c\n{}", "line 1, column 1: "},   {"{\"a\":\"\xff\"}", "line 1, column "},
    };
    struct err err;
    json_t *v;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(json_parse(slice_str(bad[i].text), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err), "%s",
                      bad[i].text);
        cr_expect_eq(strncmp(err.text, bad[i].why, strlen(bad[i].why)), 0, "%s: %s", bad[i].text, err.text);
    }
    cr_assert(json_parse(slice_str(" {} \n"), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err));
    json_decref(v);
}

Test(json, duplicates_are_judged_as_asked)
{
    struct err err;
    json_t *v;

    cr_expect_not(json_parse(slice_str("{\"a\":1,\"a\":2}"), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &v, &err));
    cr_assert(json_parse(slice_str("{\"a\":1,\"a\":2}"), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err));
    cr_expect_eq(json_integer_value(json_object_get(v, "a")), 2);
    json_decref(v);
}

Test(json, depth_is_bounded)
{
    char deep[201] = {0};
    struct err err;
    json_t *v;

    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    cr_expect_not(json_parse(slice_of(deep, 200), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err));
    cr_expect_str_eq(err.text, "JSON nested deeper than 64 levels");
    cr_assert(
        json_parse(
            slice_str(
                "\"[[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""),
            JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err),
        "brackets inside a string do not nest");
    json_decref(v);
}

Test(json, typed_members_and_their_faults)
{
    static const struct {
        const char *text, *fault;
    } rows[] = {
        {"{\"n\":7}", NULL},
        {"{\"n\":null}", NULL},
        {"{\"n\":\"7\"}", "$.n: expected a whole number, found a string"},
        {"{\"n\":1.0}", "$.n: expected a whole number, found a fractional number"},
        {"{\"n\":-1}", "$.n: -1 is not between 0 and 10"},
        {"{\"n\":11}", "$.n: 11 is not between 0 and 10"},
        {"{\"b\":1}", "$.b: expected true or false, found a whole number"},
        {"{\"s\":\"a\\u0000b\"}", "$.s: contains a NUL character"},
        {"{\"h\":\"0102\"}", "$.h: expected 6 hexadecimal digits"},
        {"{\"h\":\"010203\"}", NULL},
        {"{\"y\":\"AQI=\"}", NULL},
        {"{\"y\":[1,2]}", NULL},
        {"{\"y\":[1,256]}", "$.y: element 1 is not a byte (0 to 255)"},
        {"{\"y\":\"?\"}", "$.y: not valid base64 (RFC 4648, padded)"},
        {"{\"y\":\"AQIDBAU=\"}", "$.y: 5 bytes, more than the 4 allowed"},
        {"{\"l\":[\"a\",1]}", "$.l: element 1: expected a string, found a whole number"},
        {"{\"l\":\"\"}", "$.l: expected an array of strings, found a string"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct doc d = {0};
        size_t num;

        doc_open(&d, rows[i].text, JSON_EXACT);
        (void)field_uint(&d.f, "n", 10);
        (void)field_bool(&d.f, "b");
        (void)field_str(&d.f, "s");
        (void)field_hex(&d.f, "h", 3);
        (void)field_bytes(&d.f, "y", 4);
        (void)field_strs(&d.f, "l", &num);
        cr_expect_eq(fields_done(&d.f), rows[i].fault == NULL, "%s", rows[i].text);
        if (rows[i].fault != NULL)
            cr_expect_str_eq(d.err.text, rows[i].fault);
        doc_close(&d);
    }
}

Test(json, folded_names_match_as_go_matches_them)
{
    struct doc d = {0};

    doc_open(&d, "{\"NAME\":\"first\",\"name\":\"last\"}", JSON_FOLD);
    cr_expect_str_eq(field_str(&d.f, "Name"), "last");
    doc_close(&d);
    d = (struct doc){0};
    doc_open(&d, "{\"NAME\":\"x\"}", JSON_EXACT);
    cr_expect_null(field_str(&d.f, "Name"));
    doc_close(&d);
}

static void remember(void *ctx, const char *path) { strcat(strcat(ctx, path), " "); }

Test(json, unknown_members_are_told_with_their_path)
{
    struct doc d = {0};
    char seen[100] = "";

    doc_open(&d, "{\"a\":1,\"Bee\":2,\"c\":3}", JSON_FOLD);
    fields_unknown(&d.f, (const char *const[]){"A", "c", NULL}, remember, seen);
    cr_expect_str_eq(seen, "$.Bee ");
    field_need(&d.f, "zz");
    cr_expect_str_eq(d.err.text, "$.zz: is missing");
    doc_close(&d);
}

Test(json, an_object_is_wanted)
{
    struct err err = {0};
    struct arena a = {0};
    struct fields f = fields_of(NULL, "$.x", JSON_EXACT, E_JSON_SYNTAX, &a, &err);

    cr_expect_null(field(&f, "y"));
    cr_expect_not(fields_done(&f));
    cr_expect_str_eq(err.text, "$.x: expected an object");
}

Test(json, strings_are_written_as_go_writes_them)
{
    scoped(buf_wipe) struct buf b = buf_max(200);

    json_put_string(&b, slice_of("a\"\\\n\t\r<>&\x01\0\xc3\xbc\xff\xe2\x80\xa8", 17));
    buf_u8(&b, 0);
    cr_expect_str_eq((char *)b.ptr,
                     "\"a\\\"\\\\\\n\\t\\r\\u003c\\u003e\\u0026\\u0001\\u0000\xc3\xbc\\ufffd\\u2028\"");
}
