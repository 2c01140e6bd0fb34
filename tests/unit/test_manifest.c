/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest's text means. What it may say is in test_manifest_check.c. */
#include "manifest/manifest.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/manifests.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(manifest, .init = prepare);

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
    const struct slice raw = quoted(&a, full);
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

    cr_assert(accept_manifest(quoted(&a, full), &a, &m, &err), "%s", err.text);
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

    cr_assert(accept_manifest(quoted(&a, full), &a, &m, &err), "%s", err.text);
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
            quoted(&a, "{'packages':{'p':{'uniqueid':'00'},'P':{'DEBUG':false}},"
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
            quoted(&a,
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

    EXPECT_ROWS(rows, "@");
}

Test(manifest, every_truncation_is_refused)
{
    struct arena a = {0};
    const struct slice whole = quoted(&a, full);

    for (size_t len = 0; len < whole.len; len++) {
        struct manifest m;
        struct err err = {0};

        cr_assert_not(manifest_parse(slice_of(whole.ptr, len), &a, &m, &err), "%zu", len);
        cr_assert_eq(err.code, E_MANIFEST_SYNTAX);
    }
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
            quoted(
                &a,
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
    cr_assert(accept_manifest(quoted(&a, (const char *)b.ptr), &a, &m, &err), "%s", err.text);
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
    cr_assert(accept_manifest(quoted(&a, (const char *)b.ptr), &a, &m, &err), "%s", err.text);
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
