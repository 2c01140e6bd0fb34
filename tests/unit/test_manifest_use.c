/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest is good for once it is accepted: rights, thresholds, keys, dry runs. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "pki/hash.h"
#include "tests/support/manifests.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(manifest_use, .init = prepare);

#define START "{'Packages':{'p':{'UniqueID':'00'},'q':{}},'Marbles':{'m':{'Package':'p'}}"

Test(manifest_use, users_may_what_their_roles_grant_together)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(
        &a,
        arena_printf(
            &a,
            START ",'Secrets':{'s':{'Type':'plain','UserDefined':true},'t':{'Type':'plain','UserDefined':true}},"
                  "'Users':{'admin':{'Certificate':'%s','Roles':['read','write','raise','update']},"
                  "'nobody':{'Certificate':'%s'},'late':{'Certificate':'%s','Roles':['second']}},"
                  "'Roles':{'read':{'ResourceType':'Secrets','ResourceNames':['t','s'],'Actions':['readsecret']},"
                  "'write':{'ResourceType':'Secrets','ResourceNames':['s'],'Actions':['WRITESECRET']},"
                  "'raise':{'ResourceType':'Packages','ResourceNames':['p'],'Actions':['UpdateSecurityVersion']},"
                  "'update':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
                  "'second':{'ResourceType':'Manifest','Actions':['updatemanifest','UpdateManifest']}}}",
            person(&a), person(&a), person(&a)));
    const struct user *admin = manifest_user(&m, "admin"), *nobody = manifest_user(&m, "nobody"), **updaters;
    size_t num;

    cr_expect(manifest_user_may(&m, admin, ACTION_READ_SECRET, "s"));
    cr_expect(manifest_user_may(&m, admin, ACTION_READ_SECRET, "t"));
    cr_expect(manifest_user_may(&m, admin, ACTION_WRITE_SECRET, "s"));
    cr_expect_not(manifest_user_may(&m, admin, ACTION_WRITE_SECRET, "t"));
    cr_expect_not(manifest_user_may(&m, admin, ACTION_WRITE_SECRET, NULL));
    cr_expect(manifest_user_may(&m, admin, ACTION_UPDATE_SECURITY_VERSION, "p"));
    cr_expect_not(manifest_user_may(&m, admin, ACTION_UPDATE_SECURITY_VERSION, "q"));
    cr_expect(manifest_user_may(&m, admin, ACTION_UPDATE_MANIFEST, NULL));
    cr_expect_not(manifest_user_may(&m, nobody, ACTION_UPDATE_MANIFEST, NULL));
    cr_expect_not(manifest_user_may(&m, nobody, ACTION_READ_SECRET, "s"));
    cr_expect(admin->der.len > 0);
    updaters = manifest_updaters(&m, &a, &num);
    cr_assert_eq(num, 2);
    cr_expect_str_eq(updaters[0]->name, "admin");
    cr_expect_str_eq(updaters[1]->name, "late");
    cr_expect_eq(manifest_update_threshold(&m), 2);
    arena_wipe(&a);
}

Test(manifest_use, feature_gates_are_asked_in_any_case)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(&a, START ",'Config':{'FeatureGates':['signquoteENDPOINT']}}");

    cr_expect(manifest_feature(&m, "SignQuoteEndpoint"));
    cr_expect_not(manifest_feature(&m, "MonotonicCounter"));
    arena_wipe(&a);
}

Test(manifest_use, recovery_keys_are_judged_when_asked)
{
    struct arena a = {0};
    const char *good = recovery_key_pem(&a, 1);
    const struct {
        const char *pem, *why;
    } rows[] = {
        {good, NULL},
        {"", "$.RecoveryKeys.k: expected PEM, found no -----BEGIN line"},
        {"x", "$.RecoveryKeys.k: expected PEM, found no -----BEGIN line"},
        {"-----BEGIN RSA PUBLIC KEY-----\\nMAA=\\n-----END RSA PUBLIC KEY-----\\n",
         "$.RecoveryKeys.k: expected a PUBLIC KEY in PEM, found \"RSA PUBLIC KEY\""},
        {"-----BEGIN PUBLIC KEY-----\\nMAA=\\n-----END PUBLIC KEY-----\\n",
         "$.RecoveryKeys.k: not a public key in DER (SubjectPublicKeyInfo)"},
        {"-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END "
         "PUBLIC KEY-----\\n",
         "$.RecoveryKeys.k: expected an RSA key, found one of another kind"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest m =
            manifest_of(&a, arena_printf(&a, START ",'RecoveryKeys':{'k':'%s'}}", rows[i].pem));
        struct err err = {0};

        cr_expect_eq(manifest_check_recovery_keys(&m, &err), rows[i].why == NULL, "%s", err.text);
        cr_expect_eq(m.recovery_keys[0].spki.len > 0, rows[i].why == NULL);
        if (rows[i].why != NULL) {
            cr_expect_eq(err.code, E_MANIFEST_RECOVERY_KEY);
            cr_expect_str_eq(err.text, rows[i].why);
        }
    }
    arena_wipe(&a);
}

Test(manifest_use, the_recovery_threshold_is_all_if_none_is_given)
{
    struct arena a = {0};
    const char *keys = arena_printf(&a, "'RecoveryKeys':{'a':'%s','b':'%s','c':'x'}", recovery_key_pem(&a, 1),
                                    recovery_key_pem(&a, 2));
    const struct manifest all = manifest_of(&a, arena_printf(&a, START ",%s}", keys));
    const struct manifest two =
        manifest_of(&a, arena_printf(&a, START ",%s,'Config':{'RecoveryThreshold':2}}", keys));

    cr_expect_eq(manifest_recovery_threshold(&all), 3);
    cr_expect_eq(manifest_recovery_threshold(&two), 2);
    arena_wipe(&a);
}

#define WITH_TEMPLATES(env)                                                                                  \
    "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p','TLS':['t'],'Parameters':{"           \
    "'Files':{'f':'{{ raw .Secrets.u }}'},'Env':{" env "}}}},'Secrets':{"                                    \
    "'c':{'Type':'cert-ecdsa','Size':256},'k':{'Type':'symmetric-key','Size':8},"                            \
    "'u':{'Type':'plain','UserDefined':true},'x':{'Type':'symmetric-key','Size':8}},"                        \
    "'TLS':{'t':{'Incoming':[{'Port':'1','Cert':'c','DisableClientAuth':true}]}}}"

Test(manifest_use, a_marble_knows_which_secrets_it_can_use)
{
    struct arena a = {0};
    const struct manifest m =
        manifest_of(&a, WITH_TEMPLATES("'A':'{{ hex .Secrets.k }}','B':'{{ hex .Previous.Secrets.k }}'"));
    const struct marble *marble = &m.marbles[0];
    const struct manifest any = manifest_of(&a, WITH_TEMPLATES("'A':'{{ range .Secrets }}{{ hex . }}{{ end }}'"));

    cr_expect_not(marble->all_secrets);
    cr_assert_eq(marble->num_secrets, 3);
    cr_expect_str_eq(marble->secrets[0].secret->name, "c");
    cr_expect(marble->secrets[0].current && !marble->secrets[0].previous);
    cr_expect_str_eq(marble->secrets[1].secret->name, "k");
    cr_expect(marble->secrets[1].current && marble->secrets[1].previous);
    cr_expect_str_eq(marble->secrets[2].secret->name, "u");
    cr_expect(any.marbles[0].all_secrets);
    arena_wipe(&a);
}

/* A dry run with values that are given, as an upload of secrets needs it. */
Test(manifest_use, a_dry_run_takes_values)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(&a, WITH_TEMPLATES("'A':'{{ string .Secrets.u }}'"));
    const struct secret_spec *u = manifest_secret(&m, "u");
    const struct secret_value good = {.spec = u, .public_key = slice_str("hi"), .private_key = slice_str("hi")};
    const struct secret_value bad = {
        .spec = u, .public_key = slice_of("h\0i", 3), .private_key = slice_of("h\0i", 3)};
    const struct secret_set with_good = {&good, 1}, with_bad = {&bad, 1};
    struct err err = {0};

    cr_expect(manifest_dry_run(&m, NULL, NULL, &err), "%s", err.text);
    cr_expect(manifest_dry_run(&m, &with_good, NULL, &err), "%s", err.text);
    cr_expect_not(manifest_dry_run(&m, &with_bad, NULL, &err));
    cr_expect_eq(err.code, E_TEMPLATE_VALUE);
    cr_expect_str_eq(err.text, "$.Marbles.m.Parameters.Env.A: line 1, column 4: the secret holds a NUL byte, which "
                               "an environment variable cannot");
    arena_wipe(&a);
}

Test(manifest_use, a_template_that_does_not_parse_is_told_after_the_checks)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(manifest_parse(quoted(&a, "{'Marbles':{'m':{'Parameters':{'Env':{'A':'{{'}}}}}"), &a, &m, &err));
    cr_expect_not(manifest_check(&m, &err));
    cr_expect_eq(err.code, E_MANIFEST_EMPTY);
    cr_expect_not(manifest_dry_run(&m, NULL, NULL, &err));
    cr_expect_eq(err.code, E_TEMPLATE_SYNTAX);
    arena_wipe(&a);
}

Test(manifest_use, all_dry_runs_together_are_bounded)
{
    struct buf b = buf_max(1 << 20);
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    buf_str(&b, "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p','Parameters':{'Files':{");
    for (int i = 0; i < 100; i++)
        buf_printf(&b, "%s'f%d':'{{ range 900000 }}{{ end }}'", i == 0 ? "" : ",", i);
    buf_str(&b, "}}}}}");
    buf_u8(&b, 0);
    cr_assert(manifest_parse(quoted(&a, (const char *)b.ptr), &a, &m, &err), "%s", err.text);
    cr_expect_not(manifest_check(&m, &err));
    cr_expect_eq(err.code, E_TEMPLATE_SIZE);
    buf_wipe(&b);
    arena_wipe(&a);
}

/* ---- transparent TLS ------------------------------------------------------------------------------ */

Test(manifest_use, the_configuration_of_transparent_tls)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(
        &a, "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p','TLS':['t','u']}},"
            "'Secrets':{'c':{'Type':'cert-ecdsa','Size':256}},'TLS':{"
            "'t':{'Incoming':[{'Port':'2000'},{'Port':'1'}],'Outgoing':[{'Addr':'h','Port':'9'}]},"
            "'u':{'Incoming':[{'Port':'1','Cert':'c','DisableClientAuth':true}]}}}");
    const struct tls_tag *tags[] = {manifest_tls(&m, "t"), manifest_tls(&m, "u")};
    const struct secret_value secret = {
        .spec = manifest_secret(&m, "c"), .cert = slice_str("SC"), .private_key = slice_str("SK")};
    const struct secret_set set = {&secret, 1}, none = {0};
    const struct tls_config config = {
        .root_ca = slice_str("R"), .own = {.cert = slice_str("C"), .private_key = slice_str("K")}, .secrets = &set};
    struct tls_config without = config;
    struct err err = {0};
    char *text;

#define PEM(label, base64) "-----BEGIN " label "-----\\n" base64 "\\n-----END " label "-----\\n"
#define CA "\"cacrt\":\"" PEM("CERTIFICATE", "Ug==") "\","
#define OWN_CERT "\"clicrt\":\"" PEM("CERTIFICATE", "Qw==") "\","
#define OWN_KEY "\"clikey\":\"" PEM("PRIVATE KEY", "Sw==") "\""
    cr_assert(tls_config_json(tags, 2, &config, &a, &text, &err), "%s", err.text);
    cr_expect_str_eq(text,
                     "{\"tls\":{\"Incoming\":{\"*:1\":{" CA "\"clicrt\":\"" PEM("CERTIFICATE", "U0M=") "\","
                     "\"clientAuth\":false,\"clikey\":\"" PEM("PRIVATE KEY", "U0s=") "\"},"
                     "\"*:2000\":{" CA OWN_CERT "\"clientAuth\":true," OWN_KEY "}},"
                     "\"Outgoing\":{\"h:9\":{" CA OWN_CERT OWN_KEY "}}}}",
                     "%s", text);
    cr_assert(tls_config_json(tags, 0, &config, &a, &text, &err));
    cr_expect_str_eq(text, "{\"tls\":{\"Incoming\":{},\"Outgoing\":{}}}");
    without.secrets = &none;
    cr_expect_not(tls_config_json(tags, 2, &without, &a, &text, &err));
    cr_expect_eq(err.code, E_TEMPLATE_VALUE);
    arena_wipe(&a);
}
