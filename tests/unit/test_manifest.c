/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/manifest.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "pki/pem.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(manifest, .init = prepare);

/* JSON written with ' for ", which reads better in C. */
static struct slice json(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return slice_str(copy);
}

static bool accept_manifest(struct slice raw, struct arena *a, struct manifest *m, struct err *err)
{
    return manifest_parse(raw, a, m, err) && manifest_check(m, err);
}

struct row {
    const char *text;
    enum err_code code; /* E_NONE: accepted */
    const char *why;
};

/* Where a row does not say a position, any will do; positions have a test of their own. */
static void drop_place(const struct row *row, char *text)
{
    char *place = strstr(text, " (line ");

    if (place != NULL && row->why != NULL && strstr(row->why, " (line ") == NULL)
        *place = '\0';
}

static void expect_rows(const struct row *rows, size_t num, const char *frame)
{
    for (size_t i = 0; i < num; i++) {
        struct arena a = {0};
        struct manifest m = {.num_packages = 77};
        struct err err = {0};
        char *at = strstr(frame, "@");
        const char *text = arena_printf(&a, "%.*s%s%s", (int)(at - frame), frame, rows[i].text, at + 1);
        const bool accepted = accept_manifest(json(&a, text), &a, &m, &err);

        drop_place(&rows[i], err.text);
        cr_expect_eq(accepted, rows[i].code == E_NONE, "%s\n%s", rows[i].text, err.text);
        cr_expect_eq(err.code, rows[i].code, "%s\nexpected %s, found %s", rows[i].text,
                     reason_of(rows[i].code)->name, reason_of(err.code)->name);
        if (rows[i].code != E_NONE)
            cr_expect_str_eq(err.text, rows[i].why, "%s\nexpected %s\nfound    %s", rows[i].text, rows[i].why,
                             err.text);
        arena_wipe(&a);
    }
}
#define EXPECT(rows, frame) expect_rows(rows, sizeof(rows) / sizeof(rows)[0], frame)

static bool has_warning(const struct manifest *m, const char *text)
{
    for (size_t i = 0; i < m->num_warnings; i++)
        if (strcmp(m->warnings[i], text) == 0)
            return true;
    return false;
}

/* What an owner writes who uses all that this version has. */
static const char full[] =
    "{"
    " 'Packages': {"
    "  'backend': {'UniqueID': '6b2822ac2585040d4b9397675d54977a71ef292ab5b3c0a6acceca26074ae585'},"
    "  'frontend': {'SignerID': '43361affedeb75affee9baec7e054a5e14883213e5a121b67d74a0e12e9d2b7a',"
    "    'ProductID': 44, 'SecurityVersion': 3, 'AcceptedTCBStatuses': ['UpToDate'],"
    "    'AcceptedAdvisories': ['INTEL-SA-00334']}"
    " },"
    " 'Marbles': {"
    "  'front_marble': {'Package': 'frontend', 'MaxActivations': 1, 'Parameters': {"
    "    'Files': {'/tmp/defg.txt': 'foo', '/etc/key': {'Data': '{{ raw .Secrets.shared }}'},"
    "      '/bin': {'Data': 'AAEC', 'Encoding': 'base64', 'NoTemplates': true},"
    "      '/hex': {'Data': '0aFF', 'Encoding': 'HEX'}},"
    "    'Env': {'IS_FIRST': 'true', 'ROOT_CA': '{{ pem .MarbleRun.RootCA.Cert }}',"
    "      'KEY': '{{ hex (index .Secrets \\'private-key\\') }}', 'TLS_CERT': '{{ pem .Secrets.cert.Cert }}',"
    "      'OLD': '{{ .Previous.Secrets.shared | base64 }}'},"
    "    'Argv': ['--first', 'serve']}},"
    "  'backend_marble': {'Package': 'backend', 'DisableSecretBinding': true}"
    " },"
    " 'Secrets': {"
    "  'shared': {'Type': 'symmetric-key', 'Size': 128, 'Shared': true},"
    "  'private-key': {'Type': 'symmetric-key', 'Size': 256},"
    "  'cert': {'Type': 'cert-ecdsa', 'Size': 256, 'ValidFor': 30, 'Cert': {"
    "    'Subject': {'CommonName': 'cn', 'Organization': ['o1', 'o2'], 'Country': ['DE'],"
    "      'OrganizationalUnit': ['ou'], 'Locality': ['l'], 'Province': ['p'], 'StreetAddress': ['s'],"
    "      'PostalCode': ['1'], 'SerialNumber': 'sn'},"
    "    'DNSNames': ['localhost', '*.example.com'], 'IPAddresses': ['127.0.0.1', '::1'],"
    "    'KeyUsage': 5, 'ExtKeyUsage': [1, 2], 'IsCA': true, 'MaxPathLen': 2}},"
    "  'ca': {'Type': 'cert-ecdsa', 'Size': 384, 'Shared': true, 'Cert': {'IsCA': true, 'MaxPathLenZero': "
    "true,"
    "    'NotAfter': '2030-01-31T12:00:00.5+02:00'}}"
    " },"
    " 'Config': {'SealMode': 'UniqueKey'}"
    "}";

Test(manifest, a_full_one_means_what_it_says)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};
    uint8_t digest[SHA256_LEN];
    const struct slice raw = json(&a, full);
    const struct marble *front;

    cr_assert(accept_manifest(raw, &a, &m, &err), "%s", err.text);
    cr_expect(slice_equal(m.raw, raw));
    cr_expect_neq(m.raw.ptr, raw.ptr);
    sha256(digest, raw);
    cr_expect_arr_eq(m.fingerprint, digest, sizeof digest);
    cr_expect_eq(m.seal_mode, MANIFEST_SEAL_UNIQUE_KEY);

    cr_assert_eq(m.num_packages, 2);
    cr_expect_str_eq(m.packages[0].name, "backend");
    cr_expect_eq(m.packages[1].policy.product_id, 44);
    cr_expect_eq(m.packages[1].policy.security_version, 3);

    cr_assert_eq(m.num_marbles, 2);
    cr_expect_str_eq(m.marbles[0].type, "backend_marble");
    cr_expect(m.marbles[0].disable_secret_binding);
    cr_expect_eq(m.marbles[0].max_activations, 0);
    front = manifest_marble(&m, "front_marble");
    cr_assert_eq(front, &m.marbles[1]);
    cr_expect_eq(front->package, &m.packages[1]);
    cr_expect_eq(front->max_activations, 1);
    cr_expect_not(front->disable_secret_binding);
    cr_assert_eq(front->num_argv, 2);
    cr_expect_str_eq(front->argv[0], "--first");
    cr_expect_str_eq(front->argv[1], "serve");
    cr_expect_null(manifest_marble(&m, "FRONT_MARBLE"));

    cr_expect_eq(m.num_warnings, 1);
    cr_expect(has_warning(&m,
                          "$.Marbles.backend_marble.DisableSecretBinding: private keys are then the same for "
                          "every type of marble that sets this and gets the same UUID"));
    arena_wipe(&a);
}

Test(manifest, files_and_variables_are_decoded)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};
    const struct marble *front;

    cr_assert(accept_manifest(json(&a, full), &a, &m, &err), "%s", err.text);
    front = manifest_marble(&m, "front_marble");
    cr_assert_eq(front->num_files, 4);
    cr_expect_str_eq(front->files[0].name, "/bin");
    cr_expect(slice_equal(front->files[0].data, slice_of("\0\1\2", 3)));
    cr_expect_str_eq(front->files[1].name, "/etc/key");
    cr_expect_not_null(front->files[1].template);
    cr_expect(slice_equal(front->files[2].data, slice_of("\x0a\xff", 2)));
    cr_expect(slice_equal(front->files[3].data, slice_str("foo")));
    cr_expect_null(front->files[3].template);
    cr_assert_eq(front->num_env, 5);
    cr_expect_str_eq(front->env[0].name, "IS_FIRST");
    cr_expect(slice_equal(front->env[0].data, slice_str("true")));
    cr_expect_not_null(front->env[1].template);
    arena_wipe(&a);
}

Test(manifest, secrets_and_their_certificates_are_decoded)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};
    const struct secret_spec *s;

    cr_assert(accept_manifest(json(&a, full), &a, &m, &err), "%s", err.text);
    cr_assert_eq(m.num_secrets, 4);
    s = manifest_secret(&m, "shared");
    cr_expect_eq(s->type, SECRET_SYMMETRIC_KEY);
    cr_expect_eq(s->size, 128);
    cr_expect(s->shared);
    cr_expect_not(s->has_cert);
    s = manifest_secret(&m, "cert");
    cr_expect_eq(s->type, SECRET_CERT_ECDSA);
    cr_expect(s->has_cert);
    cr_expect_eq(s->valid_for, 30);
    cr_expect_str_eq(s->cert.subject.common_name, "cn");
    cr_expect_str_eq(s->cert.subject.serial_number, "sn");
    cr_assert_eq(s->cert.subject.organization.num, 2);
    cr_expect_str_eq(s->cert.subject.organization.at[1], "o2");
    cr_expect_str_eq(s->cert.subject.country.at[0], "DE");
    cr_expect_str_eq(s->cert.subject.organizational_unit.at[0], "ou");
    cr_expect_str_eq(s->cert.subject.locality.at[0], "l");
    cr_expect_str_eq(s->cert.subject.province.at[0], "p");
    cr_expect_str_eq(s->cert.subject.street.at[0], "s");
    cr_expect_str_eq(s->cert.subject.postal_code.at[0], "1");
    cr_expect_str_eq(s->cert.dns_names.at[1], "*.example.com");
    cr_expect_str_eq(s->cert.ip_addresses.at[1], "::1");
    cr_expect_eq(s->cert.key_usage, 5);
    cr_assert_eq(s->cert.num_ext_key_usage, 2);
    cr_expect_eq(s->cert.ext_key_usage[1], 2);
    cr_expect(s->cert.is_ca);
    cr_expect_eq(s->cert.max_path_len, 2);
    cr_expect_not(s->cert.has_not_after);
    s = manifest_secret(&m, "ca");
    cr_expect_eq(s->cert.max_path_len, 0);
    cr_expect(s->cert.has_not_after);
    cr_expect_eq(s->cert.not_after, civil_to_time((struct civil){2030, 1, 31, 10, 0, 0}));
    cr_expect_eq(secret_valid_for(s), 0);
    cr_expect_null(manifest_secret(&m, "Shared"));
    arena_wipe(&a);
}

Test(manifest, fields_match_in_any_case_and_names_do_not)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(
        accept_manifest(
            json(&a, "{'packages':{'p':{'uniqueid':'00'},'P':{'DEBUG':false}},"
                     "'MARBLES':{'m':{'package':'p','maxactivations':2,'parameters':{'FILES':{'f':"
                     "{'data':'aGk=','encoding':'Base64','notemplates':false},'F':'x'},'argv':['a']}}},"
                     "'secrets':{'s':{'type':'symmetric-key','size':8}},'config':{'sealmode':'Disabled'}}"),
            &a, &m, &err),
        "%s", err.text);
    cr_expect_eq(m.num_packages, 2);
    cr_expect_eq(m.marbles[0].max_activations, 2);
    cr_assert_eq(m.marbles[0].num_files, 2);
    cr_expect(slice_equal(m.marbles[0].files[1].data, slice_str("hi")));
    cr_expect_eq(m.num_secrets, 1);
    cr_expect_eq(m.seal_mode, MANIFEST_SEAL_DISABLED);
    cr_expect_eq(m.num_warnings, 0);
    arena_wipe(&a);
}

Test(manifest, null_is_what_is_not_there)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(
        accept_manifest(
            json(&a,
                 "{'Packages':{'p':{'UniqueID':'00','SignerID':null,'ProductID':null,"
                 "'AcceptedTCBStatuses':null},'q':null},'Infrastructures':null,'Marbles':{'m':{'Package':"
                 "'p','MaxActivations':null,'Parameters':{'Files':null,'Env':null,'Argv':null},'TLS':null},"
                 "'n':{'Package':'p','Parameters':null}},'Users':null,'Roles':null,'RecoveryKeys':null,"
                 "'Secrets':{'s':{'Type':'cert-ecdsa','Size':256,'Cert':{'Subject':null,'NotAfter':null,"
                 "'ExtKeyUsage':null,'MaxPathLen':null,'DNSNames':null}}},'TLS':null,'Config':null}"),
            &a, &m, &err),
        "%s", err.text);
    cr_expect_eq(m.num_warnings, 0);
    cr_expect_not(m.packages[0].policy.has_product_id);
    cr_expect_eq(m.secrets[0].cert.max_path_len, -1);
    cr_expect_str_eq(m.secrets[0].cert.subject.common_name, "");
    arena_wipe(&a);
}

Test(manifest, what_is_not_json_is_refused_with_its_place)
{
    static const struct row rows[] = {
        {"", E_MANIFEST_SYNTAX, "line 1, column 1: expected a value, found the end of the text"},
        {"{} {}", E_MANIFEST_SYNTAX, "line 1, column 4: expected the end of the text, found '{'"},
        {"{'Packages':{},}", E_MANIFEST_SYNTAX, "line 1, column 16: expected a name in quotes, found '}'"},
        {"{\n // no\n}", E_MANIFEST_SYNTAX, "line 2, column 2: expected a name in quotes, found '/'"},
        {"[]", E_MANIFEST_SYNTAX, "$: expected an object"},
        {"null", E_MANIFEST_SYNTAX, "$: expected an object, found null"},
        {"{'Packages':{}, 'packages':[]}", E_MANIFEST_SYNTAX,
         "$.Packages: expected an object, found an array (line 1, column 28)"},
        {"{'Packages':[]}", E_MANIFEST_SYNTAX, "$.Packages: expected an object, found an array"},
        {"{'Packages':{'p':1}}", E_MANIFEST_SYNTAX, "$.Packages.p: expected an object"},
        {"{'Packages':{'p':{'Debug':1}}}", E_MANIFEST_SYNTAX,
         "$.Packages.p.Debug: expected true or false, found a whole number (line 1, column 27)"},
        {"{'Packages':{'p q':{'ProductID':1.0}}}", E_MANIFEST_SYNTAX,
         "$.Packages[\"p q\"].ProductID: expected a whole number, found a fractional number"},
        {"{'Packages':{'p':{'SecurityVersion':-1}}}", E_MANIFEST_SYNTAX,
         "$.Packages.p.SecurityVersion: -1 is not between 0 and 18446744073709551615"},
        {"{'Packages':{'p':{'SecurityVersion':1e3}}}", E_MANIFEST_SYNTAX,
         "$.Packages.p.SecurityVersion: expected a whole number, found a fractional number"},
        {"{'Packages':{'p':{'AcceptedAdvisories':[1]}}}", E_MANIFEST_SYNTAX,
         "$.Packages.p.AcceptedAdvisories: element 0: expected a string, found a whole number"},
        {"{'Infrastructures':{'i':{'QESVN':65536}}}", E_MANIFEST_SYNTAX,
         "$.Infrastructures.i.QESVN: 65536 is not between 0 and 65535"},
        {"{'Infrastructures':{'i':{'CPUSVN':[256]}}}", E_MANIFEST_SYNTAX,
         "$.Infrastructures.i.CPUSVN: element 0 is not a byte (0 to 255)"},
        {"{'RecoveryKeys':\n{'k':1}}", E_MANIFEST_SYNTAX,
         "$.RecoveryKeys.k: expected a string with a public key in PEM (line 2, column 6)"},
        {"{'Packages':{'a\\u0000b':{}}}", E_MANIFEST_SYNTAX,
         "$.Packages: a name in it contains a NUL character (line 1, column 13)"},
        {"{'Users':{'u':{'Certificate':1}}}", E_MANIFEST_SYNTAX,
         "$.Users.u.Certificate: expected a string, found a whole number"},
        {"{'Roles':{'r':{'ResourceNames':''}}}", E_MANIFEST_SYNTAX,
         "$.Roles.r.ResourceNames: expected an array of strings, found a string"},
        {"{'TLS':{'t':{'Incoming':{}}}}", E_MANIFEST_SYNTAX,
         "$.TLS.t.Incoming: expected an array, found an object"},
        {"{'TLS':{'t':{'Outgoing':[{},{'Port':443}]}}}", E_MANIFEST_SYNTAX,
         "$.TLS.t.Outgoing[1].Port: expected a string, found a whole number"},
        {"{'Config':[]}", E_MANIFEST_SYNTAX, "$.Config: expected an object"},
        {"{'Config':{'RotateRootSecret':'yes'}}", E_MANIFEST_SYNTAX,
         "$.Config.RotateRootSecret: expected true or false, found a string"},
        {"{'Config':{'FeatureGates':'x'}}", E_MANIFEST_SYNTAX,
         "$.Config.FeatureGates: expected an array of strings, found a string"},
    };

    EXPECT(rows, "@");
}

Test(manifest, every_truncation_is_refused)
{
    struct arena a = {0};
    const struct slice whole = json(&a, full);

    for (size_t len = 0; len < whole.len; len++) {
        struct manifest m;
        struct err err = {0};

        cr_assert_not(manifest_parse(slice_of(whole.ptr, len), &a, &m, &err), "%zu", len);
        cr_assert_eq(err.code, E_MANIFEST_SYNTAX);
    }
    arena_wipe(&a);
}

Test(manifest, packages_are_judged_where_marbles_use_them)
{
    static const struct row rows[] = {
        {"{}", E_MANIFEST_EMPTY, "$.Packages: expected at least one package, found none"},
        {"{'Packages':{'p':{'UniqueID':'00'}}}", E_MANIFEST_EMPTY,
         "$.Marbles: expected at least one marble, found none"},
        {"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'q'}}}", E_MANIFEST_PACKAGE_UNKNOWN,
         "marble \"m\" names package \"q\", which the manifest does not define"},
        {"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':null}}", E_MANIFEST_PACKAGE_UNKNOWN,
         "marble \"m\" names package \"\", which the manifest does not define"},
        {"{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}}}", E_PACKAGE_INCOMPLETE,
         "package \"p\" of marble \"m\": UniqueID is not given, and without it these are missing: SignerID, "
         "ProductID, SecurityVersion"},
        {"{'Packages':{'p':{'SignerID':'00','ProductID':0,'SecurityVersion':0}},'Marbles':{'m':{'Package':'p'"
         "}}}",
         E_NONE, NULL},
        {"{'Packages':{'p':{'UniqueID':'00','ProductID':0}},'Marbles':{'m':{'Package':'p'}}}",
         E_PACKAGE_CONFLICT, "package \"p\" of marble \"m\": UniqueID is given together with ProductID"},
        {"{'Packages':{'p':{'UniqueID':'00'},'unused':{}},'Marbles':{'m':{'Package':'p'}}}", E_NONE, NULL},
        {"{'Packages':{'p':{'Debug':true,'ProductID':1}},'Marbles':{'m':{'Package':'p'}}}", E_NONE, NULL},
    };

    EXPECT(rows, "@");
}

/* In the following the rest of the manifest is in order. */
#define PACKAGES "'Packages':{'p':{'UniqueID':'00'}}"

Test(manifest, marbles_and_their_values)
{
    static const struct row rows[] = {
        {"'MaxActivations':18446744073709551616", E_MANIFEST_SYNTAX,
         "$.Marbles.m.MaxActivations: 18446744073709551616 is not between 0 and 18446744073709551615"},
        {"'MaxActivations':-0", E_MANIFEST_SYNTAX,
         "$.Marbles.m.MaxActivations: -0 is not between 0 and 18446744073709551615"},
        {"'MaxActivations':18446744073709551615", E_NONE, NULL},
        {"'Parameters':{'Files':{'f':null}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: expected a string, or an object with Data"},
        {"'Parameters':{'Env':{'E':1}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: expected a string, or an object with Data"},
        {"'Parameters':{'Env':{'E':['x']}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: expected a string, or an object with Data"},
        {"'Parameters':{'Files':{'/a b':{'Data':'0','Encoding':'hex'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files[\"/a b\"].Data: not an even number of hexadecimal digits"},
        {"'Parameters':{'Files':{'f':{'Data':'YQ','Encoding':'base64'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Data: not valid base64 (RFC 4648, padded)"},
        {"'Parameters':{'Files':{'f':{'Data':'YQ==','Encoding':'base65'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Encoding: \"base65\" is none of string, base64, hex"},
        {"'Parameters':{'Files':{'f':{'Data':1}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Data: expected a string, found a whole number"},
        {"'Parameters':{'Files':{'f':{'Data':'a','NoTemplates':0}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.NoTemplates: expected true or false, found a whole number"},
        {"'Parameters':{'Files':{'f':{}}}", E_NONE, NULL},
        {"'Parameters':{'Files':{'f':{'Data':'Y\\r\\nQ==','Encoding':'BASE64'},'g':{'Data':'x','Encoding':'"
         "String'}}}",
         E_NONE, NULL},
        {"'Parameters':{'Argv':['a',null]}", E_NONE, NULL},
        {"'Parameters':{'Argv':['a',1]}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Argv: element 1: expected a string, found a whole number"},
        {"'Parameters':{'Files':{'f':'{{ define }}'}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: line 1, column 4: \"define\" of Go's templates is not supported"},
        {"'Parameters':{'Files':{'f':{'Data':'e3s=','Encoding':'base64'}}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: line 1, column 3: the action does not end: }} is missing"},
        {"'Parameters':{'Files':{'f':{'Data':'{{','NoTemplates':true}},'Argv':['{{']}", E_NONE, NULL},
        {"'Parameters':{'Env':{'E':'{{ raw .MarbleRun.RootCA.Cert }}'}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: line 1, column 4: \"raw\" is not for Env, which cannot hold every "
         "byte; use "
         "base64 or hex"},
        {"'Parameters':{'Env':{'E':'a\\n{{ hex .Secrets.no }}'}}", E_TEMPLATE_VALUE,
         "$.Marbles.m.Parameters.Env.E: line 2, column 4: there is no secret \"no\"; define it under Secrets "
         "in the "
         "manifest"},
        {"'Parameters':{'Files':{'f':'{{ pem .MarbleRun.CoordinatorRoot.Public }}'}}", E_TEMPLATE_VALUE,
         "$.Marbles.m.Parameters.Files.f: line 1, column 4: \"pem\" of an empty value: this secret has no "
         "public "
         "key"},
        {"'Parameters':{'Files':{'f':'{{ pem .MarbleRun.MarbleCert.Private }}{{ hex .MarbleRun.RootCA.Cert "
         "}}'}}",
         E_NONE, NULL},
        {"'Parameters':{'Env':{'E':'a\\u0000b'}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Env':{'E':{'Data':'00','Encoding':'hex','NoTemplates':true}}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Env':{'E':'{{`a`}}{{\\'\\\\x00\\'}}'}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Files':{'F':'a\\u0000b'}}", E_NONE, NULL},
        {"'TLS':['t']", E_MANIFEST_TLS,
         "marble \"m\" has the TLS tag \"t\", which the manifest does not define"},
    };

    EXPECT(rows, "{" PACKAGES ",'Marbles':{'m':{'Package':'p',@}}}");
}

#define MARBLES PACKAGES ",'Marbles':{'m':{'Package':'p'}}"

Test(manifest, secrets_have_a_type_a_size_and_one_validity)
{
    static const struct row rows[] = {
        {"", E_SECRET_TYPE,
         "$.Secrets.s.Type: \"\" is none of symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519, plain"},
        {"'Type':'Symmetric-Key'", E_SECRET_TYPE,
         "$.Secrets.s.Type: \"Symmetric-Key\" is none of symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519, "
         "plain"},
        {"'Type':'symmetric-key'", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 bits, more than 0; found 0"},
        {"'Type':'symmetric-key','Size':12", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 bits, more than 0; found 12"},
        {"'Type':'symmetric-key','Size':8", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':65280", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':65288", E_SECRET_SIZE,
         "$.Secrets.s: Size: 65288 bits, more than the 65280 that a private key can have"},
        {"'Type':'symmetric-key','Size':524288,'Shared':true", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':524296,'Shared':true", E_SECRET_SIZE,
         "$.Secrets.s: Size: 524296 bits, more than the 524288 that a shared key can have"},
        {"'Type':'symmetric-key','Size':8,'Private':'AA==','Public':[1,2]", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':8,'Private':'A'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Private: not valid base64 (RFC 4648, padded)"},
        {"'Type':'symmetric-key','Size':'8'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Size: expected a whole number, found a string"},
        {"'Type':'symmetric-key','Size':8,'Cert':{'SignatureAlgorithm':12}", E_NONE, NULL},
        {"'Type':'cert-ecdsa'", E_SECRET_SIZE, "$.Secrets.s: Size: expected 224, 256, 384 or 521; found 0"},
        {"'Type':'cert-ecdsa','Size':512", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected 224, 256, 384 or 521; found 512"},
        {"'Type':'cert-ecdsa','Size':224", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':384,'Shared':true", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':521", E_NONE, NULL},
        {"'Type':'cert-rsa','Size':1023", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 1023"},
        {"'Type':'cert-rsa','Size':2049", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 2049"},
        {"'Type':'cert-rsa','Size':4104", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 4104"},
        {"'Type':'cert-rsa','Size':2048", E_NONE, NULL},
        {"'Type':'cert-ed25519','Size':256", E_SECRET_SIZE,
         "$.Secrets.s: Size: Ed25519 has one size, leave it away; found 256"},
        {"'Type':'cert-ed25519'", E_NONE, NULL},
        {"'Type':'plain'", E_SECRET_TYPE,
         "$.Secrets.s: Type: a plain secret cannot be generated, it needs UserDefined"},
        {"'Type':'plain','UserDefined':true", E_NONE, NULL},
        {"'Type':'symmetric-key','UserDefined':true", E_NONE, NULL},
        {"'Type':'cert-rsa','Size':1,'UserDefined':true,'Cert':'AAAA'", E_SECRET_CERT,
         "$.Secrets.s.Cert: certificate: expected a SEQUENCE of contents, algorithm and signature in DER and "
         "nothing after it, found 3 bytes that are not"},
        {"'Type':'cert-ecdsa','Size':256,'Cert':''", E_SECRET_CERT,
         "$.Secrets.s.Cert: certificate: expected a SEQUENCE of contents, algorithm and signature in DER and "
         "nothing after it, found 0 bytes that are not"},
        {"'Type':'cert-ecdsa','Size':256,'Cert':'not base64'", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256,'Cert':5", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert: expected an object"},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1,'Cert':{'NotAfter':'2030-01-01T00:00:00Z'}",
         E_SECRET_VALIDITY, "$.Secrets.s: ValidFor and Cert.NotAfter are both given; one of them is enough"},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1,'Cert':{'NotAfter':'0001-01-01T00:00:00Z'}", E_NONE,
         NULL},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1000000", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1000001", E_SECRET_VALIDITY,
         "$.Secrets.s: ValidFor: 1000001 days, more than the 1000000 allowed"},
    };

    EXPECT(rows, "{" MARBLES ",'Secrets':{'s':{@}}}");
}

Test(manifest, certificate_templates_are_honoured_or_refused)
{
    static const struct row rows[] = {
        {"'NotAfter':'2030-01-01'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-02-30T00:00:00Z'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00.Z'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00+24:00'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00+02:60'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':''", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00-23:59'", E_NONE, NULL},
        {"'KeyUsage':511", E_NONE, NULL},
        {"'KeyUsage':512", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.KeyUsage: 512 is not between 0 and 511"},
        {"'ExtKeyUsage':[0,13]", E_NONE, NULL},
        {"'ExtKeyUsage':[1,14]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtKeyUsage: element 1 is not a number from 0 to 13"},
        {"'ExtKeyUsage':['serverAuth']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtKeyUsage: element 0 is not a number from 0 to 13"},
        {"'MaxPathLen':-1", E_NONE, NULL},
        {"'MaxPathLen':0", E_NONE, NULL},
        {"'MaxPathLen':-2", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.MaxPathLen: expected a whole number from -1 to 255"},
        {"'MaxPathLen':1", E_SECRET_CERT,
         "$.Secrets.s: Cert.MaxPathLen: only a certificate with IsCA can have it"},
        {"'MaxPathLenZero':true", E_SECRET_CERT,
         "$.Secrets.s: Cert.MaxPathLen: only a certificate with IsCA can have it"},
        {"'IPAddresses':['localhost']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.IPAddresses: element 0 is not an IP address"},
        {"'IPAddresses':['::1','010.0.0.1']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.IPAddresses: element 1 is not an IP address"},
        {"'DNSNames':['a','b\xc3\xbc']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.DNSNames: element 1 is not a name in ASCII"},
        {"'DNSNames':['']", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.DNSNames: element 0 is not a name in ASCII"},
        {"'Subject':{'Organization':'o'}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.Organization: expected an array of strings, found a string"},
        {"'Subject':{'ExtraNames':[{}]}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.ExtraNames[0].Type: expected an object identifier like [2, 5, 29, 17]"},
        {"'Subject':{'ExtraNames':[{'Type':[2,5,4,12],'Value':1}]}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.ExtraNames[0].Value: expected a string, found a whole number"},
        {"'Subject':{'ExtraNames':[{'Type':[2,5,4,12],'Value':'Dr'}]}", E_NONE, NULL},
        {"'SignatureAlgorithm':11", E_NONE, NULL},
        {"'SignatureAlgorithm':4", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SignatureAlgorithm: expected 10, 11 or 12 (ECDSA with SHA-256, SHA-384 or "
         "SHA-512), "
         "or 0; found 4"},
        {"'UnknownExtKeyUsage':[[1,3,6,1],[]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 1: expected an object identifier like [2, 5, 29, 17]"},
        {"'UnknownExtKeyUsage':[[3,3]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 0: expected an object identifier like [2, 5, 29, 17]"},
        {"'UnknownExtKeyUsage':[[1,-3]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 0: expected an object identifier like [2, 5, 29, 17]"},
        {"'Policies':['1.3.6.1','2.23.140.1.2.1']", E_NONE, NULL},
        {"'ExtraExtensions':[{'Id':[1,2,3],'Critical':true,'Value':'BQA='},{'Id':[1,2,4]}]", E_NONE, NULL},
        {"'ExtraExtensions':[{'Id':[1,2,3]},{'Id':[1,2,3]}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtraExtensions[1].Id: an extension before this one has it already"},
        {"'ExtraExtensions':[{'Value':'BQA='}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtraExtensions[0].Id: expected an object identifier like [2, 5, 29, 17]"},
        {"'URIs':[{'Scheme':'https','Host':'a.example','Path':'/b c'}]", E_NONE, NULL},
        {"'URIs':['https://a.example']", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs[0]: expected an object"},
        {"'URIs':[{}]", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs: element 0 makes no address in ASCII"},
        {"'EmailAddresses':['a b']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.EmailAddresses: element 0 is not a name in ASCII"},
        {"'PermittedIPRanges':[{'IP':'10.0.0.0','Mask':'/"
         "wAAAA=='},{'IP':'fd00::','Mask':[255,0,0,0,0,0,0,0,0,0,0,0,0,"
         "0,0,0]}]",
         E_NONE, NULL},
        {"'ExcludedIPRanges':[{'IP':'10.0.0.0','Mask':'AAA='}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExcludedIPRanges[0].IP: expected an IP address, and a Mask of as many bytes"},
        {"'SignatureAlgorithm':0,'OCSPServer':[],'URIs':null,'SubjectKeyId':''", E_NONE, NULL},
        {"'SignatureAlgorithm':'11'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SignatureAlgorithm: expected a whole number, found a string"},
        {"'permitteddnsdomains':['x']", E_NONE, NULL},
        {"'PermittedDNSDomainsCritical':1", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.PermittedDNSDomainsCritical: expected true or false, found a whole number"},
        {"'OCSPServer':''", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.OCSPServer: expected an array of strings, found a string"},
        {"'SubjectKeyId':'AQ=='", E_NONE, NULL},
        {"'SubjectKeyId':'?'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SubjectKeyId: not valid base64 (RFC 4648, padded)"},
        {"'URIs':{}", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs: expected an array, found an object"},
    };

    EXPECT(rows, "{" MARBLES ",'Secrets':{'s':{'Type':'cert-ecdsa','Size':256,'Cert':{@}}}}");
}

Test(manifest, tls_tags_are_complete)
{
    static const struct row rows[] = {
        {"'Incoming':[{}]", E_MANIFEST_TLS, "$.TLS.t: Incoming[0]: Port is missing"},
        {"'Incoming':[{'Port':'1'},{'Port':'2','Cert':'no'}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[1]: Cert: there is no secret \"no\""},
        {"'Incoming':[{'Port':'1','Cert':'c'}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[0]: Cert needs DisableClientAuth: true"},
        {"'Incoming':[{'Port':'1','DisableClientAuth':true}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[0]: DisableClientAuth needs Cert"},
        {"'Outgoing':[{'Port':'1'}]", E_MANIFEST_TLS, "$.TLS.t: Outgoing[0]: Addr is missing"},
        {"'Outgoing':[{'Addr':'a'}]", E_MANIFEST_TLS, "$.TLS.t: Outgoing[0]: Port is missing"},
        {"'Outgoing':[{'Addr':'a','Port':'1'}],'Incoming':[{'Port':'1','Cert':'c','DisableClientAuth':true}]",
         E_NONE, NULL},
    };

    EXPECT(rows, "{" PACKAGES ",'Marbles':{'m':{'Package':'p','TLS':['t']}},"
                 "'Secrets':{'c':{'Type':'cert-ecdsa','Size':256}},'TLS':{'t':{@}}}");
}

Test(manifest, config_is_possible)
{
    static const struct row rows[] = {
        {"'SealMode':''", E_NONE, NULL},
        {"'SealMode':'ProductKey'", E_NONE, NULL},
        {"'SealMode':'Secret'", E_MANIFEST_CONFIG,
         "$.Config.SealMode: \"Secret\" is none of ProductKey, UniqueKey, Disabled"},
        {"'SealMode':1", E_MANIFEST_SYNTAX, "$.Config.SealMode: expected a string, found a whole number"},
        {"'FeatureGates':[]", E_NONE, NULL},
        {"'FeatureGates':['Nope']", E_MANIFEST_CONFIG,
         "$.Config.FeatureGates: \"Nope\" is none of SignQuoteEndpoint, MonotonicCounter, AzureHSMSealing"},
        {"'FeatureGates':['monotoniccounter','SignQuoteEndpoint']", E_NONE, NULL},
        {"'FeatureGates':['AzureHSMSealing']", E_UNSUPPORTED,
         "$.Config.FeatureGates: AzureHSMSealing: this version cannot seal with a key of Azure's; see "
         "docs/known-gaps.md"},
        {"'UpdateThreshold':1", E_MANIFEST_CONFIG,
         "$.Config.UpdateThreshold: 1, but only 0 users may update the manifest"},
        {"'RecoveryThreshold':0", E_NONE, NULL},
        {"'RecoveryThreshold':1", E_MANIFEST_CONFIG,
         "$.Config.RecoveryThreshold: 1; expected 0, or 2 up to the number of recovery keys (0)"},
        {"'RecoveryThreshold':2", E_MANIFEST_CONFIG,
         "$.Config.RecoveryThreshold: 2; expected 0, or 2 up to the number of recovery keys (0)"},
        {"'RotateRootSecret':true", E_NONE, NULL},
    };
    static const struct row keys[] = {
        {"'k':'PEM'", E_NONE, NULL}, /* looked at when secrets are made for it */
        {"", E_NONE, NULL},
    };

    EXPECT(rows, "{" MARBLES ",'Config':{@}}");
    EXPECT(keys, "{" MARBLES ",'RecoveryKeys':{@}}");
}

Test(manifest, roles_grant_what_there_is)
{
    static const struct row rows[] = {
        {"'ResourceType':'packages'", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceType: \"packages\" is none of Packages, Secrets, Manifest"},
        {"", E_MANIFEST_ROLE, "$.Roles.r: ResourceType: \"\" is none of Packages, Secrets, Manifest"},
        {"'ResourceType':'Packages','ResourceNames':['p'],'Actions':['updatesecurityversion']", E_NONE, NULL},
        {"'ResourceType':'Packages','ResourceNames':['q'],'Actions':['UpdateSecurityVersion']",
         E_MANIFEST_ROLE, "$.Roles.r: ResourceNames: there is no package \"q\""},
        {"'ResourceType':'Packages','ResourceNames':['p'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: Actions: \"ReadSecret\" is no action on Packages"},
        {"'ResourceType':'Secrets','ResourceNames':['shared'],'Actions':['ReadSecret']", E_NONE, NULL},
        {"'ResourceType':'Secrets','ResourceNames':['no'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceNames: there is no secret \"no\""},
        {"'ResourceType':'Secrets','ResourceNames':['shared'],'Actions':['WriteSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: WriteSecret needs a secret with UserDefined, \"shared\" is generated"},
        {"'ResourceType':'Secrets','ResourceNames':['private'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: ReadSecret needs a secret with Shared or UserDefined, \"private\" is of each marble "
         "alone"},
        {"'ResourceType':'Manifest','Actions':['UpdateManifest']", E_NONE, NULL},
        {"'ResourceType':'Manifest','ResourceNames':['p'],'Actions':['UpdateManifest']", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceNames must be empty for Manifest, found \"p\""},
    };

    EXPECT(rows, "{" MARBLES ",'Secrets':{'shared':{'Type':'symmetric-key','Size':8,'Shared':true},"
                 "'private':{'Type':'symmetric-key','Size':8}},'Roles':{'r':{@}}}");
}

/* A person's certificate, as a JSON string without the quotes. */
static const char *certificate(struct arena *a)
{
    const struct name_part name = {OID_COMMON_NAME, "owner"};
    const struct cert_spec spec = {.subject = &name, .num_subject = 1, .not_before = 0, .not_after = 1000};
    scoped(key_wipe) struct key key = {0};
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct slice der;
    struct err err;
    char *text;

    cr_assert(key_generate(KEY_P256, &key, &err), "%s", err.text);
    cr_assert(cert_issue(&spec, key_spki(&key, a), NULL, &key, a, &der, &err), "%s", err.text);
    json_put_string(&b, slice_str(pem_text(a, "CERTIFICATE", der)));
    text = arena_strndup(a, buf_bytes(&b));
    text[strlen(text) - 1] = '\0';
    return text + 1;
}

Test(manifest, users_have_a_certificate_of_their_own_and_roles_that_exist)
{
    struct arena a = {0};
    const char *one = certificate(&a), *other = certificate(&a);
    const struct row rows[] = {
        {"'u':{}", E_MANIFEST_USER, "$.Users.u: Certificate is missing"},
        {"'u':{'Certificate':'x'}", E_MANIFEST_USER,
         "$.Users.u: Certificate: expected PEM, found no -----BEGIN line"},
        {arena_printf(&a, "'u':{'Certificate':'%s'}", one), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s','Roles':['updater']}", one), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s','Roles':['updater','no']}", one), E_MANIFEST_USER,
         "$.Users.u: Roles: there is no role \"no\""},
        {arena_printf(&a, "'u':{'Certificate':'%s'},'v':{'Certificate':'%s'}", one, other), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s'},'v':{'Certificate':'%s'}", one, one), E_MANIFEST_USER,
         "$.Users: \"u\" and \"v\" have the same certificate"},
    };
    const struct row thresholds[] = {
        {arena_printf(&a,
                      "'Users':{'u':{'Certificate':'%s','Roles':['updater']}},'Config':{'UpdateThreshold':1}",
                      one),
         E_NONE, NULL},
        {arena_printf(&a,
                      "'Users':{'u':{'Certificate':'%s','Roles':['updater']}},'Config':{'UpdateThreshold':2}",
                      one),
         E_MANIFEST_CONFIG, "$.Config.UpdateThreshold: 2, but only 1 users may update the manifest"},
        {arena_printf(&a, "'Users':{'u':{'Certificate':'%s'}},'Config':{'UpdateThreshold':1}", one),
         E_MANIFEST_CONFIG, "$.Config.UpdateThreshold: 1, but only 0 users may update the manifest"},
    };

    EXPECT(rows, "{" MARBLES ",'Users':{@},'Roles':{'updater':{'ResourceType':'Manifest','Actions':"
                 "['UpdateManifest']}}}");
    EXPECT(thresholds, "{" MARBLES ",@,'Roles':{'updater':{'ResourceType':'Manifest','Actions':"
                       "['UpdateManifest']}}}");
    arena_wipe(&a);
}

Test(manifest, a_certificate_that_is_none_is_refused)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert_not(accept_manifest(json(&a, "{" MARBLES
                                           ",'Users':{'u':{'Certificate':'-----BEGIN CERTIFICATE-----\\nAAAA"
                                           "\\n-----END CERTIFICATE-----\\n'}}}"),
                                  &a, &m, &err));
    cr_expect_eq(err.code, E_MANIFEST_USER);
    cr_expect(text_starts_with(slice_str(err.text), "$.Users.u: Certificate: "), "%s", err.text);
    arena_wipe(&a);
}

Test(manifest, what_has_no_effect_is_warned_of)
{
    static const char *const warnings[] = {
        "$.Nope: unknown member, ignored",
        "$.Packages.p.unique_id: unknown member, ignored",
        "$.Packages.p.Debug: programs in debug mode can be looked into; for development only",
        "$.Packages.p: UniqueID is given together with SignerID",
        "$.Infrastructures.i.x: unknown member, ignored",
        "$.Infrastructures.i: without effect, as in MarbleRun: it names no platforms",
        "$.Marbles.m.Pakage: unknown member, ignored",
        "$.Marbles.m.Parameters.Arg: unknown member, ignored",
        "$.Marbles.m.Parameters.Files[\"/f\"].Mode: unknown member, ignored",
        "$.Secrets.c.Sise: unknown member, ignored",
        "$.Secrets.c: Private and Public are ignored: the values are generated",
        "$.Secrets.c.Cert.Foo: unknown member, ignored",
        "$.Secrets.c.Cert.Subject.DNSNames: unknown member, ignored",
        "$.Secrets.c.Cert.Subject.Names: ignored, as in MarbleRun",
        "$.Secrets.c.Cert.SerialNumber: ignored, certificates get a value of their own",
        "$.Secrets.k.Cert: ignored, the secret is no certificate",
        "$.Roles.r.Action: unknown member, ignored",
        "$.TLS.t.Outgoing[0].Host: unknown member, ignored",
        "$.TLS.t.In: unknown member, ignored",
        "$.TLS.t: no marble has this tag",
        "$.Config.Foo: unknown member, ignored",
    };
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(
        accept_manifest(
            json(&a,
                 "{'Nope':1,'Packages':{'p':{'Debug':true,'UniqueID':'0','SignerID':'0','unique_id':''}},"
                 "'Infrastructures':{'i':{'x':1,'QESVN':1,'CPUSVN':[0,1]}},"
                 "'Marbles':{'m':{'Package':'p','Pakage':'q','Parameters':{'Arg':[],'Files':{'/f':{'Data':'',"
                 "'Mode':1}}}}},'Secrets':{'c':{'Type':'cert-ecdsa','Size':256,'Sise':1,'Private':'AA==','"
                 "Cert':"
                 "{'Foo':1,'SerialNumber':5,'Subject':{'DNSNames':['x'],'Names':[{}]}}},'k':{'Type':"
                 "'symmetric-key','Size':8,'Cert':{}}},'Roles':{'r':{'ResourceType':'Manifest','Action':1}},"
                 "'TLS':{'t':{'In':1,'Outgoing':[{'Addr':'a','Port':'1','Host':'h'}]}},"
                 "'Config':{'Foo':1,'RotateRootSecret':true}}"),
            &a, &m, &err),
        "%s", err.text);
    for (size_t i = 0; i < sizeof warnings / sizeof warnings[0]; i++)
        cr_expect(has_warning(&m, warnings[i]), "%s", warnings[i]);
    cr_expect_eq(m.num_warnings, sizeof warnings / sizeof warnings[0]);
    for (size_t i = 0; i < m.num_warnings; i++) {
        bool expected = false;

        for (size_t j = 0; j < sizeof warnings / sizeof warnings[0]; j++)
            expected |= strcmp(m.warnings[i], warnings[j]) == 0;
        cr_expect(expected, "unexpected: %s", m.warnings[i]);
    }
    arena_wipe(&a);
}

Test(manifest, warnings_come_to_an_end)
{
    struct buf b = buf_max(MIB);
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    buf_str(&b, "{");
    for (size_t i = 0; i < 2 * LIMIT_MANIFEST_WARNINGS; i++)
        buf_printf(&b, "'n%zu':1,", i);
    buf_str(&b, MARBLES "}");
    buf_u8(&b, 0);
    cr_assert(accept_manifest(json(&a, (const char *)b.ptr), &a, &m, &err), "%s", err.text);
    cr_expect_eq(m.num_warnings, LIMIT_MANIFEST_WARNINGS + 1);
    cr_expect_str_eq(m.warnings[LIMIT_MANIFEST_WARNINGS], "$: and more of this kind");
    buf_wipe(&b);
    arena_wipe(&a);
}

Test(manifest, size_is_bounded)
{
    struct arena a = {0};
    uint8_t *raw = arena_alloc(&a, LIMIT_MANIFEST + 1);
    struct manifest m;
    struct err err = {0};

    cr_assert_not(manifest_parse(slice_of(raw, LIMIT_MANIFEST + 1), &a, &m, &err));
    cr_expect_eq(err.code, E_MANIFEST_TOO_LARGE);
    cr_expect_str_eq(err.text, "a manifest of 12582913 bytes, more than the 12582912 allowed");
    arena_wipe(&a);
}

/* The digest is sha256sum's. */
Test(manifest, the_fingerprint_is_that_of_the_bytes)
{
    static const char raw[] = "{\"Packages\":{}}";
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(manifest_parse(slice_str(raw), &a, &m, &err), "%s", err.text);
    cr_expect_str_eq(hex_text(&a, slice_of(m.fingerprint, sizeof m.fingerprint)),
                     "a916e7f168c423b5065d3afa2a4274298ea4f1a45985c701ae561f0015728210");
    arena_wipe(&a);
}

Test(manifest, ten_thousand_marbles_and_secrets)
{
    enum { MANY = 10000 };
    struct buf b = buf_max(LIMIT_MANIFEST);
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    buf_str(&b, "{'Packages':{");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "%s'p%d':{'UniqueID':'%064d'}", i == 0 ? "" : ",", i, i);
    buf_str(&b, "},'Marbles':{");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b,
                   "%s'm%d':{'Package':'p%d','Parameters':{'Env':{'A':'{{ hex .Secrets.s%d }}','B':'x'},"
                   "'Files':{'/k':'{{ raw .Secrets.s%d }}'}}}",
                   i == 0 ? "" : ",", i, MANY - 1 - i, i, MANY - 1 - i);
    buf_str(&b, "},'Secrets':{");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "%s's%d':{'Type':'symmetric-key','Size':256}", i == 0 ? "" : ",", i);
    buf_str(&b, "}}");
    buf_u8(&b, 0);
    cr_assert(buf_ok(&b));
    cr_assert(accept_manifest(json(&a, (const char *)b.ptr), &a, &m, &err), "%s", err.text);
    cr_expect_eq(m.num_marbles, MANY);
    cr_expect_eq(m.num_secrets, MANY);
    for (int i = 0; i < MANY; i += 97) {
        const struct marble *marble = manifest_marble(&m, arena_printf(&a, "m%d", i));

        cr_assert_not_null(marble);
        cr_expect_str_eq(marble->package->name, arena_printf(&a, "p%d", MANY - 1 - i));
        cr_expect_not_null(manifest_secret(&m, arena_printf(&a, "s%d", i)));
    }
    cr_expect_null(manifest_marble(&m, "m10000"));
    buf_wipe(&b);
    arena_wipe(&a);
}
