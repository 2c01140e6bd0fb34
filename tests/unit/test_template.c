/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template.h"

#include <criterion/criterion.h>

#include "base/limits.h"
#include "base/text.h"

#define BYTES(s)                                                                                             \
    {                                                                                                        \
        (const uint8_t *)(s), sizeof(s) - 1                                                                  \
    }

static const struct secret_spec specs[] = {
    {.name = "Zeit", .type = SECRET_SYMMETRIC_KEY, .size = 16},
    {.name = "cert", .type = SECRET_CERT_ECDSA, .size = 256, .shared = true},
    {.name = "empty", .type = SECRET_PLAIN, .user_defined = true},
    {.name = "key", .type = SECRET_SYMMETRIC_KEY, .size = 32, .valid_for = 7},
    {.name = "my-key", .type = SECRET_SYMMETRIC_KEY, .size = 8},
    {.name = "nul", .type = SECRET_PLAIN, .user_defined = true},
    {.name = "plain", .type = SECRET_PLAIN, .user_defined = true},
    {.name = "schl\xc3\xbcssel", .type = SECRET_SYMMETRIC_KEY, .size = 8},
};
static const struct secret_value values[] = {
    {&specs[0], {0}, BYTES("zz"), BYTES("zz")},
    {&specs[1], BYTES("CERT"), BYTES("PUB"), BYTES("PRIV")},
    {&specs[2], {0}, {0}, {0}},
    {&specs[3], {0}, BYTES("\xde\xad\xbe\xef"), BYTES("\xde\xad\xbe\xef")},
    {&specs[4], {0}, BYTES("m"), BYTES("m")},
    {&specs[5], {0}, BYTES("a\0b"), BYTES("a\0b")},
    {&specs[6], {0}, BYTES("hello"), BYTES("hello")},
    {&specs[7], {0}, BYTES("s"), BYTES("s")},
};
static const struct secret_value old_values[] = {{&specs[3], {0}, BYTES("old"), BYTES("old")}};
static const struct secret_set secrets = {values, sizeof values / sizeof values[0]}, old = {old_values, 1};

static const struct template_data data = {
    .root_ca = {.cert = BYTES("ROOTCA")},
    .marble = {.cert = BYTES("LEAF"), .public_key = BYTES("LPUB"), .private_key = BYTES("LPRIV")},
    .coordinator_root = {.cert = BYTES("CROOT")},
    .coordinator_intermediate = {.cert = BYTES("CINT")},
    .secrets = &secrets,
    .previous = &old,
};

struct row {
    const char *text, *result;
};

/* Gives the result, or in the arena the error's text behind "error: " or, at run, "run: ". */
static const char *expanded(struct slice text, enum template_place place, struct arena *a)
{
    struct template *t = NULL;
    struct slice out = {0};
    struct err err = {0};

    if (!template_parse(text, place, a, &t, &err)) {
        cr_expect_eq(err.code, E_TEMPLATE_SYNTAX);
        cr_expect_null(t);
        return arena_printf(a, "error: %s", err.text);
    }
    if (!template_run(t, &data, a, &out, &err)) {
        cr_expect_eq(err.code, E_TEMPLATE_VALUE);
        cr_expect_null(out.ptr);
        return arena_printf(a, "run: %s", err.text);
    }
    return arena_strndup(a, out);
}

static void expect_rows(const struct row *rows, size_t num, enum template_place place)
{
    for (size_t i = 0; i < num; i++) {
        struct arena a = {0};
        const char *result = expanded(slice_str(rows[i].text), place, &a);

        cr_expect_str_eq(result, rows[i].result, "%s\nexpected %s\nfound    %s", rows[i].text, rows[i].result,
                         result);
        arena_wipe(&a);
    }
}
#define EXPECT(rows, place) expect_rows(rows, sizeof(rows) / sizeof(rows)[0], place)

Test(template, text_stands_for_itself)
{
    static const struct row rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"{ } }} {a}", "{ } }} {a}"},
        {"{", "{"},
        {"\xff\x01", "\xff\x01"},
        {"a{{\"{{\"}}b", "a{{b"},
        {"{{`{{ .x }}`}}", "{{ .x }}"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, a_nul_in_text_stands_for_itself)
{
    static const char text[] = "a\0b{{ hex .Secrets.key }}\0";
    struct template *t;
    struct arena a = {0};
    struct slice out;
    struct err err;

    cr_assert(template_parse(slice_of(text, sizeof text - 1), TEMPLATE_FILE, &a, &t, &err));
    cr_assert(template_run(t, &data, &a, &out, &err));
    cr_expect(slice_equal(out, slice_of("a\0bdeadbeef\0", 12)));
    arena_wipe(&a);
}

/* Go's documentation, "Text and spaces": {{- wants white space behind it, -}} before it. */
Test(template, trim_markers_take_the_space_around)
{
    static const struct row rows[] = {
        {"a \n\t{{- \"x\" -}} \r\n b", "axb"},
        {"a {{- \"x\"}} b", "ax b"},
        {"a {{\"x\" -}} b", "a xb"},
        {"a {{-\n\"x\"\n-}} b", "axb"},
        {"a {{- `x`   -}} b", "axb"},
        {"a\v{{- \"x\" -}}\vb", "a\vx\vb"},
        {"{{\"x\" -}} {{\"y\"}}", "xy"},
        {"{{\"x\"}} {{- \"y\"}}", "xy"},
        {"{{\"x\" -}}  ", "x"},
        {"a {{- /* c */ -}} b", "ab"},
        {"a {{/* c */ -}} b", "a b"},
        {"a {{- /* c */}} b", "a b"},
        {"{{-\"x\"}}",
         "error: line 1, column 3: white space must part trim markers from the rest: {{- ... -}}"},
        {"{{\"x\"-}}",
         "error: line 1, column 6: white space must part trim markers from the rest: {{- ... -}}"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, comments_fill_their_action)
{
    static const struct row rows[] = {
        {"a{{/* c */}}b", "ab"},
        {"a{{/* }} \n {{ */}}b", "ab"},
        {"{{/**/}}", ""},
        {"{{ /* c */}}", "error: line 1, column 4: unexpected \"/\""},
        {"{{/* c */ }}", "error: line 1, column 8: */ must be followed by }}: a comment fills its action"},
        {"{{/* c }}", "error: line 1, column 3: the comment does not end: */ is missing"},
        {"{{/*/}}", "error: line 1, column 3: the comment does not end: */ is missing"},
        {"{{/* c */\"x\"}}",
         "error: line 1, column 8: */ must be followed by }}: a comment fills its action"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, string_constants_are_gos)
{
    static const struct row rows[] = {
        {"{{\"a\\\"b\\\\\"}}", "a\"b\\"},
        {"{{\"\\a\\b\\f\\n\\r\\t\\v\"}}", "\a\b\f\n\r\t\v"},
        {"{{\"\\x41\\101\\u00fc\\u20ac\\U0001f600\"}}", "AA\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"{{\"\\xff\\377\"}}", "\xff\xff"},
        {"{{\"\xc3\xbc\"}}", "\xc3\xbc"},
        {"{{`a\\n\"`}}", "a\\n\""},
        {"{{`a\r\nb`}}", "a\nb"},
        {"{{``}}", ""},
        {"{{\"\"}}", ""},
        {"{{\"\\q\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\'\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\ud800\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\U00110000\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\400\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\18\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\\x4\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"\xff\"}}",
         "error: line 1, column 3: the string constant has an escape that Go does not know, or is not UTF-8"},
        {"{{\"a}}", "error: line 1, column 3: the string constant does not end: \" is missing"},
        {"{{\"a\n\"}}", "error: line 1, column 3: the string constant does not end: \" is missing"},
        {"{{\"a\\", "error: line 1, column 3: the string constant does not end: \" is missing"},
        {"{{\"a\\\n\"}}", "error: line 1, column 3: the string constant does not end: \" is missing"},
        {"{{`a}}", "error: line 1, column 3: the raw string constant does not end: ` is missing"},
        {"{{`", "error: line 1, column 3: the raw string constant does not end: ` is missing"},
    };

    EXPECT(rows, TEMPLATE_ENV);
}

Test(template, functions_encode_what_the_table_says)
{
    static const struct row rows[] = {
        {"{{ pem .Secrets.cert.Cert }}",
         "-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n"},
        {"{{ pem .Secrets.cert.Public }}", "-----BEGIN PUBLIC KEY-----\nUFVC\n-----END PUBLIC KEY-----\n"},
        {"{{ pem .Secrets.cert.Private }}",
         "-----BEGIN PRIVATE KEY-----\nUFJJVg==\n-----END PRIVATE KEY-----\n"},
        {"{{ pem .Secrets.key.Public }}", "-----BEGIN PUBLIC KEY-----\n3q2+7w==\n-----END PUBLIC KEY-----\n"},
        {"{{ pem .Secrets.cert }}",
         "run: line 1, column 4: \"pem\" takes .Cert, .Public or .Private of a secret, found a whole secret"},
        {"{{ hex .Secrets.key }}", "deadbeef"},
        {"{{ hex .Secrets.cert }}", "505542"},
        {"{{ hex .Secrets.cert.Cert }}", "43455254"},
        {"{{ hex .Secrets.cert.Public }}", "505542"},
        {"{{ hex .Secrets.cert.Private }}", "50524956"},
        {"{{ base64 .Secrets.key }}", "3q2+7w=="},
        {"{{ base64 .Secrets.cert.Cert }}", "Q0VSVA=="},
        {"{{ raw .Secrets.plain }}", "hello"},
        {"{{ raw .Secrets.cert.Private }}", "PRIV"},
        {"{{ hex .Secrets.schl\xc3\xbcssel }}", "73"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, everything_that_can_be_named)
{
    static const struct row rows[] = {
        {"{{ raw .MarbleRun.RootCA.Cert }}", "ROOTCA"},
        {"{{ raw .MarbleRun.MarbleCert.Cert }}", "LEAF"},
        {"{{ raw .MarbleRun.MarbleCert.Public }}", "LPUB"},
        {"{{ raw .MarbleRun.MarbleCert.Private }}", "LPRIV"},
        {"{{ raw .MarbleRun.MarbleCert }}", "LPUB"},
        {"{{ raw .MarbleRun.CoordinatorRoot.Cert }}", "CROOT"},
        {"{{ raw .MarbleRun.CoordinatorIntermediate.Cert }}", "CINT"},
        {"{{ raw .Previous.Secrets.key }}", "old"},
        {"{{ raw (index .Previous.Secrets \"key\").Private }}", "old"},
        {"{{ .Secrets.key.Type }} {{ .Secrets.key.Size }} {{ .Secrets.key.ValidFor }}", "symmetric-key 32 7"},
        {"{{ .Secrets.cert.ValidFor }} {{ .Secrets.cert.Shared }} {{ .Secrets.plain.UserDefined }}",
         "365 true true"},
        {"{{ .Secrets.key.Shared }} {{ .Secrets.key.UserDefined }}", "false false"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, pipelines_parentheses_and_index)
{
    static const struct row rows[] = {
        {"{{ .Secrets.key | hex }}", "deadbeef"},
        {"{{.Secrets.key|hex}}", "deadbeef"},
        {"{{hex\n\t.Secrets.key}}", "deadbeef"},
        {"{{ hex (.Secrets.key) }}", "deadbeef"},
        {"{{ (hex .Secrets.key) }}", "deadbeef"},
        {"{{ hex ((.Secrets).key) }}", "deadbeef"},
        {"{{ hex (index .Secrets \"my-key\") }}", "6d"},
        {"{{ index .Secrets `my-key` | hex }}", "6d"},
        {"{{ \"my-key\" | index .Secrets | hex }}", "6d"},
        {"{{ (index .Secrets \"cert\").Cert | hex }}", "43455254"},
        {"{{ hex (index .Secrets (\"key\")).Private }}", "deadbeef"},
        {"{{ \"text\" }}", "text"},
        {"{{ hex (index .Secrets \"nope\") }}",
         "run: line 1, column 9: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ hex (index .Secrets \"a\\x00\") }}", "run: line 1, column 9: no secret has a NUL in its name"},
        {"{{ index .Secrets.key \"a\" | hex }}",
         "run: line 1, column 4: \"index\" takes .Secrets or .Previous.Secrets, found a whole secret"},
        {"{{ index .Secrets .Secrets | hex }}",
         "run: line 1, column 4: \"index\" takes a name in quotes, found .Secrets"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, values_that_do_not_exist_are_empty_or_do_not_fit)
{
    static const struct row rows[] = {
        {"ab\nc{{ hex .Secrets.nope }}",
         "run: line 2, column 9: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ hex .Previous.Secrets.cert }}",
         "run: line 1, column 8: there is no secret \"cert\"; define it under Secrets in the manifest"},
        {"{{ hex .secrets.key }}",
         "run: line 1, column 8: there is no .secrets; there are .Secrets, .Previous and .MarbleRun"},
        {"{{ hex .Previous.key }}", "run: line 1, column 8: .Previous has no \"key\""},
        {"{{ hex .MarbleRun.RootCa.Cert }}", "run: line 1, column 8: .MarbleRun has no \"RootCa\""},
        {"{{ hex .Secrets.key.public }}", "run: line 1, column 8: a secret has no \"public\""},
        {"{{ hex .MarbleRun.RootCA.Type }}",
         "run: line 1, column 8: a certificate of .MarbleRun has no \"Type\""},
        {"{{ hex .Secrets.key.Public.X }}", "run: line 1, column 8: a public key has no \"X\""},
        {"{{ hex .Secrets.key.Cert }}",
         "run: line 1, column 4: \"hex\" of an empty value: this secret has no certificate"},
        {"{{ hex .MarbleRun.RootCA }}",
         "run: line 1, column 4: \"hex\" of an empty value: this secret has no public key"},
        {"{{ pem .MarbleRun.RootCA.Private }}",
         "run: line 1, column 4: \"pem\" of an empty value: this secret has no private key"},
        {"{{ base64 .Secrets.empty }}",
         "run: line 1, column 4: \"base64\" of an empty value: this secret has no public key"},
        {"{{ hex \"text\" }}",
         "run: line 1, column 4: \"hex\" takes a secret or its .Cert, .Public or .Private, found text"},
        {"{{ hex .Secrets }}",
         "run: line 1, column 4: \"hex\" takes a secret or its .Cert, .Public or .Private, found .Secrets"},
        {"{{ .Secrets.cert.Cert | pem | hex }}",
         "run: line 1, column 31: \"hex\" takes a secret or its .Cert, .Public or .Private, found text"},
        {"{{ .Secrets.nope }}",
         "run: line 1, column 4: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ .Secrets.key }}",
         "run: line 1, column 4: a whole secret does not print by itself; put pem, hex, base64 "
         "or another function before it"},
        {"{{ .Secrets.key.Private }}",
         "run: line 1, column 4: a private key does not print by itself; put pem, hex, "
         "base64 or another function before it"},
        {"{{ .Secrets }}",
         "run: line 1, column 4: .Secrets does not print by itself; put pem, hex, base64 or another "
         "function before it"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, the_environment_has_string_and_files_have_raw)
{
    static const struct row env[] = {
        {"{{ string .Secrets.plain }}", "hello"},
        {"{{ hex .Secrets.key }}{{ base64 .Secrets.key }}", "deadbeef3q2+7w=="},
        {"{{ string .Secrets.nul }}",
         "run: line 1, column 4: the secret holds a NUL byte, which an environment variable cannot"},
        {"{{ string .Secrets.empty }}",
         "run: line 1, column 4: \"string\" of an empty value: this secret has no public key"},
        {"{{ string .Secrets.key }}",
         "run: line 1, column 4: \"string\" takes a whole secret of type plain, found one of another type"},
        {"{{ string .Secrets.plain.Public }}",
         "run: line 1, column 4: \"string\" takes a whole secret of type plain, found a public key"},
        {"{{ string .MarbleRun.MarbleCert }}",
         "run: line 1, column 4: \"string\" takes a whole secret of type plain, found one of another type"},
        {"{{ raw .Secrets.key }}",
         "error: line 1, column 4: \"raw\" is not for Env, which cannot hold every byte; use base64 or hex"},
    };
    static const struct row files[] = {
        {"{{ string .Secrets.plain }}", "error: line 1, column 4: \"string\" is not for Files; use raw"},
    };

    EXPECT(env, TEMPLATE_ENV);
    EXPECT(files, TEMPLATE_FILE);
}

Test(template, what_is_not_of_the_language_is_refused)
{
    static const struct row rows[] = {
        {"{{", "error: line 1, column 3: the action does not end: }} is missing"},
        {"a\nbc{{ hex .Secrets.key", "error: line 2, column 22: the action does not end: }} is missing"},
        {"{{}}", "error: line 1, column 3: a value is missing here"},
        {"{{ }}", "error: line 1, column 4: a value is missing here"},
        {"{{ | hex }}", "error: line 1, column 4: a value is missing here"},
        {"{{ .Secrets.key | }}", "error: line 1, column 19: a value is missing here"},
        {"{{ . }}", "error: line 1, column 4: a name must follow the dot: .Secrets, .Previous or .MarbleRun"},
        {"{{ .Secrets. key }}",
         "error: line 1, column 12: a name must follow the dot: .Secrets, .Previous or .MarbleRun"},
        {"{{ .1 }}", "error: line 1, column 4: numbers are not supported"},
        {"{{ 1 }}", "error: line 1, column 4: numbers are not supported"},
        {"{{ -1 }}", "error: line 1, column 4: numbers are not supported"},
        {"{{ +1 }}", "error: line 1, column 4: numbers are not supported"},
        {"{{ $x }}", "error: line 1, column 4: variables are not supported"},
        {"{{ $x := 1 }}", "error: line 1, column 4: variables are not supported"},
        {"{{ 'a' }}", "error: line 1, column 4: character constants are not supported; use \"...\""},
        {"{{ hex .Secrets.my-key }}",
         "error: line 1, column 19: unexpected \"-\" in a name; take names with dashes out "
         "with: index .Secrets \"my-name\""},
        {"{{ # }}", "error: line 1, column 4: unexpected \"#\""},
        {"{{{ .Secrets.key }}}", "error: line 1, column 3: unexpected \"{\""},
        {"{{ .Secrets.key# }}", "error: line 1, column 16: unexpected \"#\" in a name"},
        {"{{ if .Secrets }}",
         "error: line 1, column 4: \"if\" of Go's templates is not supported; there are pem, hex, "
         "base64, raw, string and index"},
        {"{{ end }}",
         "error: line 1, column 4: \"end\" of Go's templates is not supported; there are pem, hex, "
         "base64, raw, string and index"},
        {"{{ printf \"%s\" .Secrets }}",
         "error: line 1, column 4: \"printf\" of Go's templates is not supported; there "
         "are pem, hex, base64, raw, string and index"},
        {"{{ nope .Secrets }}",
         "error: line 1, column 4: there is no function \"nope\"; there are pem, hex, base64, "
         "raw, string and index"},
        {"{{ HEX .Secrets.key }}",
         "error: line 1, column 4: there is no function \"HEX\"; there are pem, hex, base64, "
         "raw, string and index"},
        {"{{ hex }}", "error: line 1, column 4: \"hex\" takes 1 argument, found 0"},
        {"{{ hex .Secrets.a .Secrets.b }}", "error: line 1, column 4: \"hex\" takes 1 argument, found 2"},
        {"{{ .Secrets.a | hex .Secrets.b }}", "error: line 1, column 17: \"hex\" takes 1 argument, found 2"},
        {"{{ index .Secrets }}", "error: line 1, column 4: \"index\" takes 2 arguments, found 1"},
        {"{{ index .Secrets \"a\" \"b\" \"c\" \"d\" \"e\" }}",
         "error: line 1, column 4: \"index\" takes 2 arguments, found 6"},
        {"{{ hex raw .Secrets.key }}",
         "error: line 1, column 8: put parentheses around a call that is an argument: (raw ...)"},
        {"{{ .Secrets.key .Secrets.key }}",
         "error: line 1, column 17: only functions take arguments; there is none before this"},
        {"{{ .Secrets.key | .Secrets.key }}", "error: line 1, column 19: a pipe must lead to a function"},
        {"{{ \"a\" | \"b\" }}", "error: line 1, column 10: a pipe must lead to a function"},
        {"{{ \"a\".B }}", "error: line 1, column 7: a string constant has no fields"},
        {"{{ \"a\"\"b\" }}", "error: line 1, column 7: white space is missing before this"},
        {"{{ hex.Secrets.key }}", "error: line 1, column 7: white space is missing before this"},
        {"{{ hex(.Secrets.key) }}", "error: line 1, column 7: white space is missing before this"},
        {"{{ hex (.Secrets.key }}", "error: line 1, column 22: a parenthesis is not closed: ) is missing"},
        {"{{ hex .Secrets.key) }}", "error: line 1, column 20: no parenthesis is open here"},
        {"{{ () }}", "error: line 1, column 5: a value is missing here"},
        {"{{ .a.b.c.d.e.f.g.h.i }}", "error: line 1, column 20: more than 8 names in a row"},
        {"{{ ((((((((((((((((( .a ))))))))))))))))) }}",
         "error: line 1, column 20: parentheses nested deeper than 16 levels"},
        {"{{ .a|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex|hex }}",
         "error: line 1, column 67: a pipeline of more than 16 stages"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, every_truncation_is_text_or_an_error)
{
    static const char whole[] = "a{{- hex (index .Secrets \"my-key\").Public -}} b{{/* c */}}";
    size_t refused = 0;

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct arena a = {0};
        const struct slice part = arena_copy(&a, slice_of(whole, len));

        refused += strncmp(expanded(part, TEMPLATE_FILE, &a), "error: ", 7) == 0;
        arena_wipe(&a);
    }
    /* What is whole: "", "a", "a{", to the end of the first action " b{", and the text behind it. */
    cr_expect_eq(refused, sizeof whole - 1 - 7, "%zu", refused);
}

Test(template, literal_text_says_that_it_is)
{
    struct arena a = {0};
    struct template *t;
    struct err err;

    cr_assert(template_parse(slice_str("a{{/* c */}}"), TEMPLATE_ENV, &a, &t, &err));
    cr_expect_not(template_has_actions(t));
    cr_assert(template_parse(slice_str("a{{\"b\"}}"), TEMPLATE_ENV, &a, &t, &err));
    cr_expect(template_has_actions(t));
    arena_wipe(&a);
}

Test(template, the_text_may_go_away_after_parsing)
{
    char text[] = "x {{ hex .Secrets.key }}";
    struct arena a = {0};
    struct template *t;
    struct slice out;
    struct err err;

    cr_assert(template_parse(slice_str(text), TEMPLATE_ENV, &a, &t, &err));
    memset(text, 'z', sizeof text - 1);
    cr_assert(template_run(t, &data, &a, &out, &err));
    cr_expect(slice_equal(out, slice_str("x deadbeef")));
    arena_wipe(&a);
}

Test(template, output_is_bounded)
{
    static uint8_t text[LIMIT_TEMPLATE_OUTPUT + 1];
    struct arena a = {0};
    struct template *t;
    struct slice out;
    struct err err;

    memset(text, 'x', sizeof text);
    cr_assert(template_parse(slice_of(text, sizeof text - 1), TEMPLATE_FILE, &a, &t, &err));
    cr_assert(template_run(t, &data, &a, &out, &err));
    cr_expect_eq(out.len, LIMIT_TEMPLATE_OUTPUT);
    cr_assert(template_parse(slice_of(text, sizeof text), TEMPLATE_FILE, &a, &t, &err));
    cr_assert_not(template_run(t, &data, &a, &out, &err));
    cr_expect_eq(err.code, E_TEMPLATE_SIZE);
    cr_expect_str_eq(err.text, "the expanded template has more than the 4194304 bytes allowed");
    arena_wipe(&a);
}

Test(template, secrets_are_found_by_name)
{
    for (size_t i = 0; i < secrets.num; i++)
        cr_expect_eq(secret_find(&secrets, specs[i].name), &values[i]);
    cr_expect_null(secret_find(&secrets, "ke"));
    cr_expect_null(secret_find(&(struct secret_set){0}, "key"));
}
