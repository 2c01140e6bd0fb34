/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template.h"

#include <criterion/criterion.h>

#include "base/buf.h"
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
         "run: line 1, column 4: there is no secret \"nope\"; define it under Secrets in the manifest"},
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
         "run: line 2, column 5: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ hex .Previous.Secrets.cert }}",
         "run: line 1, column 4: there is no secret \"cert\"; define it under Secrets in the manifest"},
        {"{{ hex .secrets.key }}",
         "run: line 1, column 8: there is no .secrets; there are .Secrets, .Previous and .MarbleRun"},
        {"{{ hex .Previous.key }}", "run: line 1, column 8: .Previous has no \"key\""},
        {"{{ hex .MarbleRun.RootCa.Cert }}", "run: line 1, column 8: .MarbleRun has no \"RootCa\""},
        {"{{ hex .Secrets.key.public }}", "run: line 1, column 8: a secret has no \"public\""},
        {"{{ hex .MarbleRun.RootCA.Type }}",
         "run: line 1, column 4: \"hex\" takes a secret or its .Cert, .Public or .Private, found text"},
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
        {"{{ .Secrets. key }}", "error: line 1, column 12: white space is missing before this"},
        {"{{ .1 }}", "error: line 1, column 4: only whole numbers are supported"},
        {"{{ 1.5 }}",
         "error: line 1, column 4: \"1.5\" is no number: only whole numbers that fit 64 bits are supported"},
        {"{{ 9223372036854775808 }}", "error: line 1, column 4: \"9223372036854775808\" is no number: only "
                                      "whole numbers that fit 64 bits are supported"},
        {"{{ 1i }}",
         "error: line 1, column 4: \"1i\" is no number: only whole numbers that fit 64 bits are supported"},
        {"{{ 'ab' }}", "error: line 1, column 4: a character constant holds one character"},
        {"{{ 'a }}", "error: line 1, column 4: the character constant does not end: ' is missing"},
        {"{{ $x }}", "error: line 1, column 4: there is no variable $x here; declare it with :="},
        {"{{ $x = 1 }}", "error: line 1, column 4: there is no variable $x here; declare it with :="},
        {"{{ $ := 1 }}", "error: line 1, column 4: $ is the whole data and cannot be set"},
        {"{{ $x, $y := 1 }}", "error: line 1, column 6: only range sets two variables"},
        {"{{ ($x := 1) }}", "error: line 1, column 5: there is no variable $x here; declare it with :="},
        {"{{ $x := 1 }}{{ print ($x := 2) }}", "error: line 1, column 27: variables are declared at the "
                                               "beginning of an action: {{ $x := ... }}"},
        {"{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}",
         "error: line 1, column 36: there is no variable $x here; declare it with :="},
        {"{{ if 1 }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}",
         "error: line 1, column 37: there is no variable $x here; declare it with :="},
        {"{{ nil }}", "error: line 1, column 4: nil is no command"},
        {"{{ : }}", "error: line 1, column 4: expected := after a variable"},
        {"{{ hex .Secrets.my-key }}",
         "error: line 1, column 19: unexpected \"-\" in a name; take names with dashes out "
         "with: index .Secrets \"my-name\""},
        {"{{ # }}", "error: line 1, column 4: unexpected \"#\""},
        {"{{{ .Secrets.key }}}", "error: line 1, column 3: unexpected \"{\""},
        {"{{ .Secrets.key# }}", "error: line 1, column 16: unexpected \"#\" in a name"},
        {"{{ .Secrets.k\xffy }}", "error: line 1, column 13: expected a name in UTF-8"},
        {"{{ ''' }}", "error: line 1, column 4: a character constant holds one character"},
        {"{{ if .Secrets }}", "error: line 1, column 6: \"if\" does not end: {{end}} is missing"},
        {"{{ if 1 }}{{ else }}", "error: line 1, column 6: \"if\" does not end: {{end}} is missing"},
        {"{{ if 1 }}{{ else }}{{ else }}{{ end }}",
         "error: line 1, column 28: \"else\" stands here a second time"},
        {"{{ if }}{{ end }}", "error: line 1, column 7: a value is missing here"},
        {"{{ if 1 2 }}{{ end }}",
         "error: line 1, column 9: only functions take arguments; there is none before this"},
        {"{{ range 1 }}{{ else if 1 }}{{ end }}", "error: line 1, column 22: unexpected text after \"else\""},
        {"{{ end }}", "error: line 1, column 4: \"end\" without if, with or range"},
        {"{{ else }}", "error: line 1, column 4: \"else\" without if, with or range"},
        {"{{ if 1 }}{{ end 1 }}", "error: line 1, column 18: unexpected text after \"end\""},
        {"{{ break }}", "error: line 1, column 4: \"break\" outside of range"},
        {"{{ range 1 }}{{ else }}{{ continue }}{{ end }}",
         "error: line 1, column 27: \"continue\" outside of range"},
        {"{{ print if }}", "error: line 1, column 10: put parentheses around a call that is an argument: (if "
                           "...)"},
        {"{{ 1 | if }}", "error: line 1, column 8: \"if\" cannot stand here; it begins an action"},
        {"{{ define \"x\" }}{{ end }}",
         "error: line 1, column 4: \"define\" of Go's templates is not supported"},
        {"{{ template \"x\" }}", "error: line 1, column 4: \"template\" of Go's templates is not supported"},
        {"{{ block \"x\" . }}{{ end }}",
         "error: line 1, column 4: \"block\" of Go's templates is not supported"},
        {"{{ call 1 }}", "error: line 1, column 4: \"call\" of Go's templates is not supported"},
        {"{{ js 1 }}", "error: line 1, column 4: \"js\" of Go's templates is not supported"},
        {"{{ printf }}", "error: line 1, column 4: \"printf\" takes 1 to 16 arguments, found 0"},
        {"{{ nope .Secrets }}",
         "error: line 1, column 4: there is no function \"nope\"; there are "
         "pem, hex, base64, raw, string, and, or, not, len, index, slice, print, printf, println, html, "
         "urlquery, eq, ne, lt, le, gt, ge"},
        {"{{ HEX .Secrets.key }}",
         "error: line 1, column 4: there is no function \"HEX\"; there are "
         "pem, hex, base64, raw, string, and, or, not, len, index, slice, print, printf, println, html, "
         "urlquery, eq, ne, lt, le, gt, ge"},
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
        {"{{ \"a\".B }}", "error: line 1, column 7: a constant has no fields"},
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

/* What Go 1.26's text/template gives for each of these. */
Test(template, control_structures_do_what_they_do_in_go)
{
    static const struct row rows[] = {
        {"{{ if not true }}a{{ else if false }}b{{ else }}c{{ end }}", "c"},
        {"{{ if .Secrets.nope }}a{{ else }}b{{ end }}", "b"},
        {"{{ if .Secrets.nope.Cert.X }}a{{ else }}b{{ end }}", "b"},
        {"{{ if .Secrets.key }}a{{ end }}{{ if .Secrets.empty.Private }}b{{ end }}", "a"},
        {"{{ if index .Secrets \"nope\" }}a{{ end }}", "a"},
        {"{{ if 0 }}a{{ end }}{{ if \"\" }}b{{ end }}{{ if \"x\" }}c{{ end }}{{ if -1 }}d{{ end }}", "cd"},
        {"{{ with 0 }}a{{ else with 1 }}b{{ . }}{{ end }}", "b1"},
        {"{{ with $y := \"a\" }}{{ $y }}{{ . }}{{ else }}n{{ end }}", "aa"},
        {"{{ with .Secrets.key }}{{ hex .Private }}{{ hex $.Secrets.key }}{{ end }}", "deadbeefdeadbeef"},
        {"{{ range 3 }}{{ . }}{{ end }}", "012"},
        {"{{ range $i := 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }},{{ end }}", "0,2,"},
        {"{{ range $i := 3 }}{{ if eq $i 1 }}{{ break }}{{ end }}x{{ end }}", "x"},
        {"{{ range 2 }}{{ range 2 }}{{ break }}{{ end }}y{{ end }}", "yy"},
        {"{{ range 0 }}x{{ else }}none{{ end }}", "none"},
        {"{{ range $i := 0 }}x{{ else }}{{ lt $i 1 }}{{ end }}", "true"},
        {"{{ range $k, $v := .Secrets.nope }}x{{ else }}{{ eq $k nil }}{{ eq $v nil }}{{ end }}", "truetrue"},
        {"{{ $i := 7 }}{{ range $i = 0 }}x{{ else }}{{ $i }}{{ end }}{{ $i }}", "00"},
        {"{{ range .Secrets.nope }}x{{ else }}none{{ end }}", "none"},
        {"{{ range .Secrets.key.Private }}{{ . }},{{ end }}", "222,173,190,239,"},
        {"{{ range $i, $b := .Secrets.key.Private }}{{ $i }}={{ $b }};{{ end }}", "0=222;1=173;2=190;3=239;"},
        {"{{ range $k, $v := .Previous.Secrets }}{{ $k }}={{ $v.Type }};{{ end }}", "key=symmetric-key;"},
        {"{{ range .Previous.Secrets }}{{ hex . }}{{ end }}", "6f6c64"},
        {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
        {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"},
        {"{{ $s := .Secrets }}{{ hex $s.key }}{{ $s.key.Size }}", "deadbeef32"},
        {"{{ $x := printf \"%d\" 5 }}{{ range 2 }}{{ $x = print $x . }}{{ end }}{{ $x }}", "501"},
        {"a {{- if true -}} b {{- end -}} c", "abc"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, functions_of_go_do_what_they_do_there)
{
    static const struct row rows[] = {
        {"{{ and 1 0 2 }}{{ or 0 \"\" \"x\" }}{{ and 1 2 }}{{ or 0 0 }}", "0x20"},
        {"{{ or .Secrets.key (hex .Secrets.nope) | hex }}", "deadbeef"},
        {"{{ 0 | and 1 }}{{ 2 | or 0 }}{{ 2 | or 1 }}", "021"},
        {"{{ .MarbleRun.RootCA.Type }}{{ .MarbleRun.MarbleCert.Size }}{{ .MarbleRun.RootCA.Shared }}",
         "0false"},
        {"{{ not .Secrets.nope }}{{ not 1 }}", "truefalse"},
        {"{{ len \"\u00e9\" }}{{ len .Secrets.key.Private }}", "24"},
        {"{{ index \"abc\" 1 }} {{ index .Secrets.key.Private 0 }}", "98 222"},
        {"{{ slice \"abc\" 1 }}{{ slice \"abc\" 1 2 }}{{ hex (slice .Secrets.key.Private 1 3) }}", "bcbadbe"},
        {"{{ print \"a\" \"b\" 1 2 true nil }}|{{ println \"a\" 1 }}", "ab1 2 true <nil>|a 1\n"},
        {"{{ html \"<a href=\\\"x\\\">&'\" }}", "&lt;a href=&#34;x&#34;&gt;&amp;&#39;"},
        {"{{ urlquery \"a b/\\u00e9~_.-\" }}", "a+b%2F%C3%A9~_.-"},
        {"{{ eq 1 2 3 1 }}{{ eq \"a\" \"b\" }}{{ ne 1 2 }}{{ eq true true }}", "truefalsetruetrue"},
        {"{{ eq .Secrets.nope nil }}{{ ne nil nil }}{{ eq .Secrets.nope 1 }}", "truefalsefalse"},
        {"{{ eq .Secrets.empty.Private nil }}{{ ne .Secrets.key.Private nil }}", "truetrue"},
        {"{{ lt 1 2 }}{{ lt \"b\" \"a\" }}{{ le 2 2 }}{{ gt -1 1 }}{{ ge 3 2 }}{{ lt -2 -1 }}",
         "truefalsetruefalsetruetrue"},
        {"{{ lt .Secrets.key.Size 33 }}{{ eq .Secrets.key.Type \"symmetric-key\" }}", "truetrue"},
        {"{{ (index .Secrets \"nope\").Type }}{{ (index .Secrets \"nope\").Size }}", "0"},
        {"{{ 1_000 }} {{ 0x1F }} {{ 017 }} {{ -3 }} {{ +3 }} {{ 'a' }} {{ '\\n' }} {{ '\u00e9' }}",
         "1000 31 15 -3 3 97 10 233"},
        {"{{ -9223372036854775808 }} {{ 9223372036854775807 }}", "-9223372036854775808 9223372036854775807"},
        {"{{ printf \"%x|%s|%d|%v|%q|%5d|%-5d|%05d|%t|%%\" .Secrets.key.Private \"a\" 3 4 \"b\" 5 6 7 true "
         "}}",
         "deadbeef|a|3|4|\"b\"|    5|6    |00007|true|%"},
        {"{{ printf \"%6.2s|%-6s|%6s|%X %x\" \"abcdef\" \"ab\" \"cd\" 255 \"hi\" }}",
         "    ab|ab    |    cd|FF 6869"},
        {"{{ printf \"%05d|%+d|%x\" -7 7 -255 }}", "-0007|+7|-ff"},
        {"{{ printf \"%05s|%-05s|%05q|%05x|%05t\" \"ab\" \"ab\" \"ab\" \"ab\" true }}",
         "000ab|ab   |0\"ab\"|06162|0true"},
        {"{{ printf \"%+x|%+v|%+d|%08v\" 5 5 -5 nil }}", "+5|5|-5|000<nil>"},
        {"{{ printf \"%q\" \"\\xff\\x7f\\x00\\n\" }}", "\"\\xff\\x7f\\x00\\n\""},
        {"{{ \"a\" | printf \"%s-%s\" \"b\" }}", "b-a"},
        {"{{ printf \"%v %v %v\" nil true .Secrets.key.Size }}", "<nil> true 32"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

Test(template, what_go_would_mark_in_its_output_is_refused)
{
    static const struct row rows[] = {
        {"{{ printf \"%d\" \"x\" }}",
         "run: line 1, column 4: \"printf\": %d is not supported for text; there are "
         "%s %q %x %X %d %t %v"},
        {"{{ printf \"%s\" 3 }}",
         "run: line 1, column 4: \"printf\": %s is not supported for a number; there are "
         "%s %q %x %X %d %t %v"},
        {"{{ printf \"%v\" .Secrets.key.Private }}", "run: line 1, column 4: \"printf\": %v is not supported "
                                                     "for a private key; there are %s %q %x %X %d %t %v"},
        {"{{ printf \"%d\" }}",
         "run: line 1, column 4: \"printf\": the format wants more arguments than the 0 given"},
        {"{{ printf \"a\" 3 }}", "run: line 1, column 4: \"printf\": the format uses 0 of 1 arguments"},
        {"{{ printf \"%\" }}",
         "run: line 1, column 4: \"printf\": the format ends in a verb, or is too wide"},
        {"{{ printf \"%9999d\" 1 }}",
         "run: line 1, column 4: \"printf\": the format ends in a verb, or is too wide"},
        {"{{ printf \"%q\" \"\u00e9\" }}",
         "run: line 1, column 4: \"printf\": %q is not supported for text; there "
         "are %s %q %x %X %d %t %v"},
        {"{{ or nil }}", "run: line 1, column 4: nil does not print by itself"},
        {"{{ html nil }}", "run: line 1, column 4: \"html\" takes no nil"},
        {"{{ urlquery \"a\" nil }}", "run: line 1, column 4: \"urlquery\" takes no nil"},
        {"{{ hex .Secrets.nope | or \"x\" }}",
         "run: line 1, column 4: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ printf 1 }}", "run: line 1, column 4: \"printf\" takes a format first, found a number"},
        {"{{ print .Secrets.key.Private }}",
         "run: line 1, column 4: a private key does not print by itself; put pem, hex, base64 or another "
         "function before it"},
        {"{{ . }}", "run: line 1, column 4: the whole data does not print by itself; put pem, hex, base64 or "
                    "another function before it"},
        {"{{ eq 1 \"a\" }}",
         "run: line 1, column 4: \"eq\" compares values of one kind, found a number and text"},
        {"{{ eq .Secrets.key.Private .Secrets.key.Private }}",
         "run: line 1, column 4: \"eq\" compares text, numbers and booleans, found a private key"},
        {"{{ lt true false }}", "run: line 1, column 4: \"lt\" takes text or numbers, found a boolean"},
        {"{{ lt 1 \"a\" }}",
         "run: line 1, column 4: \"lt\" compares values of one kind, found a number and text"},
        {"{{ index \"abc\" 3 }}", "run: line 1, column 4: \"index\": the number is not between 0 and 2"},
        {"{{ index \"\" 0 }}", "run: line 1, column 4: \"index\" of an empty value"},
        {"{{ slice \"abc\" 2 1 }}", "run: line 1, column 4: \"slice\": the number is not between 0 and 1"},
        {"{{ slice \"abc\" -1 }}", "run: line 1, column 4: \"slice\": the number is not between 0 and 3"},
        {"{{ slice 1 }}", "run: line 1, column 4: \"slice\" takes text or a key, found a number"},
        {"{{ len .Secrets.key }}",
         "run: line 1, column 4: \"len\" takes text, a key or .Secrets, found a whole secret"},
        {"{{ len .Secrets.nope }}",
         "run: line 1, column 4: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ range \"abc\" }}{{ end }}",
         "run: line 1, column 10: range goes over .Secrets, keys and numbers, not over text"},
        {"{{ range $i, $x := 2 }}{{ end }}",
         "run: line 1, column 20: range goes over .Secrets, keys and numbers, "
         "not over a number with two variables"},
        {"{{ $x := .Secrets.nope }}{{ hex $x }}",
         "run: line 1, column 29: there is no secret \"nope\"; define it under Secrets in the manifest"},
        {"{{ hex (index .Secrets \"nope\").Private }}",
         "run: line 1, column 4: there is no secret \"nope\"; define it under Secrets in the manifest"},
    };

    EXPECT(rows, TEMPLATE_FILE);
}

/* ---- which secrets -------------------------------------------------------------------------------- */

static void remember(void *ctx, const char *name, bool previous)
{
    struct buf *b = ctx;

    buf_printf(b, "%s%s ", previous ? "-" : "", name == NULL ? "*" : name);
}

Test(template, the_secrets_that_it_can_name_are_known)
{
    static const struct row rows[] = {
        {"text {{ \"a\" }} {{ pem .MarbleRun.RootCA.Cert }}", ""},
        {"{{ hex .Secrets.a }}{{ pem .Secrets.b.Cert }}{{ hex .Previous.Secrets.c }}", "a b -c "},
        {"{{ hex (index .Secrets \"a-b\") }}{{ index .Previous.Secrets \"c\" | hex }}", "a-b -c "},
        {"{{ if .Secrets.a }}{{ hex .Secrets.b }}{{ else }}{{ hex $.Secrets.c }}{{ end }}", "a c b "},
        {"{{ with .Secrets.a }}{{ hex .Private }}{{ end }}", "a "},
        {"{{ with . }}{{ hex .Secrets.a }}{{ end }}", "a "},
        {"{{ with .Previous }}{{ hex .Secrets.a }}{{ end }}", "-a "},
        {"{{ $s := .Secrets }}{{ hex $s.a }}", "a "},
        {"{{ $x := .Secrets.a }}{{ hex $x.Private }}", "a "},
        {"{{ index .Secrets (print \"a\" \"b\") | hex }}", "* "},
        {"{{ range .Secrets }}{{ hex . }}{{ end }}", "* "},
        {"{{ len .Secrets }}", "* "},
        {"{{ if .Secrets }}{{ end }}", "* "},
        {"{{ (or 0 .).Secrets.a | hex }}", "* "},
        {"{{ $x := 1 }}{{ $x = .Secrets }}", "* "},
        {"{{ range 2 }}{{ hex $.Secrets.a }}{{ end }}", "a "},
        {"{{ hex (slice .Secrets.a.Private 0 1) }}", "a "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_max(1000);
        struct arena a = {0};
        struct template *t;
        struct err err;

        cr_assert(template_parse(slice_str(rows[i].text), TEMPLATE_FILE, &a, &t, &err), "%s", err.text);
        template_secrets(t, remember, &b);
        buf_u8(&b, 0);
        cr_expect_str_eq((char *)b.ptr, rows[i].result, "%s: %s", rows[i].text, b.ptr);
        buf_wipe(&b);
        arena_wipe(&a);
    }
}

Test(template, work_is_bounded)
{
    static const char *const texts[] = {
        "{{ range 9223372036854775807 }}{{ end }}",
        "{{ range 1001 }}{{ range 1001 }}{{ end }}{{ end }}",
        "{{ $x := printf \"%1000d\" 1 }}{{ range 30 }}{{ $x = print $x $x }}{{ end }}",
        "{{ range 999999 }}{{ if printf \"%1000d%1000d\" 1 1 | len }}{{ end }}{{ end }}",
        ("{{ $x := printf \"%1000d\" 1 }}{{ $x = print $x $x $x $x }}{{ range 900000 }}{{ $y := $x }}{{ end "
         "}}"),
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena a = {0};
        struct template *t;
        struct slice out;
        struct err err;

        cr_assert(template_parse(slice_str(texts[i]), TEMPLATE_FILE, &a, &t, &err), "%s", err.text);
        cr_expect_not(template_run(t, &data, &a, &out, &err), "%s", texts[i]);
        cr_expect(err.code == E_TEMPLATE_SIZE || err.code == E_TEMPLATE_VALUE, "%s: %s", texts[i], err.text);
        arena_wipe(&a);
    }
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
