/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/plan.h"

#include <criterion/criterion.h>

#include "base/json.h"
#include "manifest/diff.h"
#include "pki/hash.h"
#include "tests/support/manifests.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(plan, .init = prepare);

static struct manifest upload(struct arena *a, const char *text)
{
    struct manifest m = {0};
    struct err err = {0};

    cr_assert(manifest_parse(quoted(a, text), a, &m, &err), "%s", err.text);
    return m;
}

Test(plan, an_upload_of_packages_alone_is_a_package_update)
{
    static const struct {
        const char *text;
        enum update_kind kind;
    } rows[] = {
        {"{'Packages':{'p':{}}}", UPDATE_PACKAGES},
        {"{}", UPDATE_PACKAGES},
        {"{'Packages':{'p':{}},'Config':{'RotateRootSecret':true}}", UPDATE_PACKAGES},
        {"{'Packages':{'p':{}},'Marbles':{},'Users':{},'Secrets':null}", UPDATE_PACKAGES},
        {"{'Marbles':{'m':{}}}", UPDATE_FULL},
        {"{'Infrastructures':{'i':{}}}", UPDATE_FULL},
        {"{'Users':{'u':{}}}", UPDATE_FULL},
        {"{'RecoveryKeys':{'k':''}}", UPDATE_FULL},
        {"{'Roles':{'r':{}}}", UPDATE_FULL},
        {"{'Secrets':{'s':{'Type':'plain'}}}", UPDATE_FULL},
        {"{'TLS':{'t':{}}}", UPDATE_FULL},
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest m = upload(&a, rows[i].text);

        cr_expect_eq(update_kind_of(&m), rows[i].kind, "%s", rows[i].text);
    }
    arena_wipe(&a);
}

Test(plan, a_package_update_raises_security_versions_and_nothing_else)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *why;
    } rows[] = {
        {"'p':{'SecurityVersion':3}", E_NONE, ""},
        {"'p':{'SecurityVersion':9,'AcceptedTCBStatuses':['x']},'q':{'SecurityVersion':0}", E_NONE, ""},
        {"'p':{'SecurityVersion':2}", E_UPDATE_DOWNGRADE,
         "$.Packages.p: update manifest tries to downgrade SecurityVersion of the original manifest: 3 is in "
         "force, found 2"},
        {"", E_UPDATE_PACKAGE, "$.Packages: expected at least one package, found none"},
        {"'x':{'SecurityVersion':4}", E_UPDATE_PACKAGE,
         "$.Packages.x: the manifest in force has no such package"},
        {"'p':{}", E_UPDATE_PACKAGE, "$.Packages.p: SecurityVersion is missing"},
        {"'p':{'SecurityVersion':4,'Debug':true}", E_UPDATE_PACKAGE,
         "$.Packages.p: Debug cannot be changed by a package update, only SecurityVersion"},
        {"'p':{'SecurityVersion':4,'RelayProof':true}", E_UPDATE_PACKAGE,
         "$.Packages.p: RelayProof cannot be changed by a package update, only SecurityVersion"},
        {"'p':{'SecurityVersion':4,'UniqueID':'00'}", E_UPDATE_PACKAGE,
         "$.Packages.p: UniqueID cannot be changed by a package update, only SecurityVersion"},
        {"'p':{'SecurityVersion':4,'SignerID':'00'}", E_UPDATE_PACKAGE,
         "$.Packages.p: SignerID cannot be changed by a package update, only SecurityVersion"},
        {"'p':{'SecurityVersion':4,'ProductID':0}", E_UPDATE_PACKAGE,
         "$.Packages.p: ProductID cannot be changed by a package update, only SecurityVersion"},
    };
    struct arena a = {0};
    const struct manifest m = upload(&a, "{'Packages':{'p':{'SignerID':'aa','SecurityVersion':3},'q':{}}}");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest u = upload(&a, arena_printf(&a, "{'Packages':{%s}}", rows[i].text));
        struct package *after = NULL;
        struct err err = {0};

        (void)packages_update(m.packages, m.num_packages, &u, &a, &after, &err);
        cr_expect_eq(err.code, rows[i].code, "%s: %s", rows[i].text, err.text);
        cr_expect_str_eq(err.text, rows[i].why);
        cr_expect_eq(after == NULL, rows[i].code != E_NONE);
        cr_expect_eq(m.packages[0].policy.security_version, 3, "what is in force is not touched");
        if (i == 1) {
            cr_expect_eq(after[0].policy.security_version, 9);
            cr_expect_str_eq(after[0].policy.signer_id, "aa");
            cr_expect_eq(after[0].policy.num_tcb_statuses, 0);
            cr_expect(after[1].policy.has_security_version);
        }
    }
    arena_wipe(&a);
}

Test(plan, the_fate_of_a_secret)
{
    static const struct {
        const char *old, *next;
        bool rotate;
        enum secret_fate fate;
    } rows[] = {
        {"'Type':'symmetric-key','Size':8", "'Type':'symmetric-key','Size':8", false, SECRET_KEPT},
        {"'Type':'symmetric-key','Size':8", "'Type':'symmetric-key','Size':8", true, SECRET_REGENERATED},
        {"'Type':'symmetric-key','Size':8", "'Type':'symmetric-key','Size':16", false, SECRET_NEW},
        {"'Type':'symmetric-key','Size':8", "'Type':'symmetric-key','Size':8,'Shared':true", false, SECRET_NEW},
        {"'Type':'cert-ecdsa','Size':256", "'Type':'cert-ecdsa','Size':256", false, SECRET_REGENERATED},
        {"'Type':'cert-ecdsa','Size':256", "'Type':'cert-ecdsa','Size':256,'ValidFor':365", false,
         SECRET_REGENERATED},
        {"'Type':'cert-ecdsa','Size':256", "'Type':'cert-ecdsa','Size':256,'ValidFor':30", false, SECRET_NEW},
        {"'Type':'cert-ecdsa','Size':256", "'Type':'cert-ecdsa','Size':256,'Cert':{'IsCA':true}", false,
         SECRET_REGENERATED},
        {"'Type':'plain','UserDefined':true", "'Type':'plain','UserDefined':true", true, SECRET_KEPT},
        {"'Type':'symmetric-key','Size':8,'UserDefined':true", "'Type':'symmetric-key','Size':8", false,
         SECRET_NEW},
    };
    struct arena a = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest x = upload(&a, arena_printf(&a, "{'Secrets':{'s':{%s}}}", rows[i].old));
        const struct manifest y = upload(&a, arena_printf(&a, "{'Secrets':{'s':{%s}}}", rows[i].next));

        cr_expect_eq(secret_fate_of(&x.secrets[0], &y.secrets[0], rows[i].rotate), rows[i].fate, "%s -> %s",
                     rows[i].old, rows[i].next);
        cr_expect_eq(secret_fate_of(NULL, &y.secrets[0], false), SECRET_NEW);
        cr_expect_eq(secret_fate_of(&x.secrets[0], NULL, false), SECRET_REMOVED);
    }
    arena_wipe(&a);
}

Test(plan, recovery_changes_with_keys_names_and_threshold)
{
    static const struct {
        const char *next;
        bool changes;
    } rows[] = {
        {"{'RecoveryKeys':{'a':'1','b':'2'}}", false},
        {"{'RecoveryKeys':{'a':'1','b':'2'},'Config':{'RecoveryThreshold':2}}", false},
        {"{'RecoveryKeys':{'a':'1','b':'2','c':'3'}}", true},
        {"{'RecoveryKeys':{'a':'1','c':'2'}}", true},
        {"{'RecoveryKeys':{'a':'2','b':'1'}}", true},
        {"{'RecoveryKeys':{'a':'1','b':'2'},'Config':{'RecoveryThreshold':1}}", true},
    };
    struct arena a = {0};
    const struct manifest old = upload(&a, "{'RecoveryKeys':{'a':'1','b':'2'}}");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct manifest next = upload(&a, rows[i].next);

        cr_expect_eq(recovery_changes(&old, &next), rows[i].changes, "%s", rows[i].next);
    }
    arena_wipe(&a);
}

static const char before[] =
    "{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':1},'q':{'UniqueID':'00'}},"
    "'Marbles':{'gone':{'Package':'q'},'same':{'Package':'q'},'uses':{'Package':'q','Parameters':{'Env':{"
    "'K':'{{ pem .Secrets.c.Cert }}'}}},'rises':{'Package':'p','MaxActivations':1}},"
    "'Secrets':{'c':{'Type':'cert-ecdsa','Size':256,'Shared':true},'k':{'Type':'symmetric-key','Size':8},"
    "'old':{'Type':'symmetric-key','Size':8}},"
    "'Users':{'u':{'Certificate':'%s','Roles':['up']},'v':{'Certificate':'%s','Roles':['up']}},"
    "'Roles':{'up':{'ResourceType':'Manifest','Actions':['UpdateManifest']}},'Config':{'UpdateThreshold':1}}";
static const char after[] =
    "{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':2},'q':{'UniqueID':'00'}},"
    "'Marbles':{'new':{'Package':'q'},'same':{'Package':'q'},'uses':{'Package':'q','Parameters':{'Env':{"
    "'K':'{{ pem .Secrets.c.Cert }}'}}},'rises':{'Package':'p','MaxActivations':2}},"
    "'Secrets':{'c':{'Type':'cert-ecdsa','Size':256,'Shared':true},'k':{'Type':'symmetric-key','Size':16}},"
    "'Users':{'u':{'Certificate':'%s','Roles':['up']}},'TLS':{'t':{}},"
    "'Roles':{'up':{'ResourceType':'Manifest','Actions':['UpdateManifest']}},"
    "'Config':{'SealMode':'UniqueKey'}}";

Test(plan, a_full_update_is_told_whole)
{
    struct arena a = {0};
    const char *u = person(&a), *v = person(&a);
    const struct manifest old = manifest_of(&a, arena_printf(&a, before, u, v));
    const struct manifest next = manifest_of(&a, arena_printf(&a, after, u));
    struct plan p;
    struct err err = {0};
    json_t *json;

    cr_assert(plan_update(&old, old.packages, &next, &a, &p, &err), "%s", err.text);
    cr_expect_str_eq(plan_text(&p, &a),
                     "Full update\n"
                     "Packages:\n"
                     "  ~ p\n"
                     "      SecurityVersion: 1 -> 2\n"
                     "Marbles:\n"
                     "  - gone\n"
                     "  + new\n"
                     "  ~ rises\n"
                     "      MaxActivations: 1 -> 2\n"
                     "Users:\n"
                     "  - v\n"
                     "Secrets:\n"
                     "  ~ k\n"
                     "      Size: 8 -> 16\n"
                     "  - old\n"
                     "TLS:\n"
                     "  + t\n"
                     "Config:\n"
                     "  ~ SealMode\n"
                     "      SealMode: ProductKey -> UniqueKey\n"
                     "  ~ UpdateThreshold\n"
                     "      UpdateThreshold: 1 -> 0\n"
                     "Consequences:\n"
                     "  intermediate and marble root certificate: new; marbles that run now and marbles that start "
                     "later do not trust each other until the former are restarted\n"
                     "  secret c: regenerated\n"
                     "  secret k: new, the value of the old definition is lost\n"
                     "  secret old: removed\n"
                     "  restart rises: what it gets changes\n"
                     "  restart uses: what it gets changes\n"
                     "  acknowledgments needed: 1 of u, v\n",
                     "%s", plan_text(&p, &a));
    cr_assert(json_parse(slice_str(plan_json(&p, &a)), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &json, &err), "%s",
              err.text);
    cr_expect_eq(json_array_size(json_object_get(json, "entries")), p.num_entries);
    cr_expect_str_eq(json_string_value(json_object_get(json, "kind")), "full");
    cr_expect_eq(json_array_size(json_object_get(json, "restart")), 2);
    cr_expect_eq(json_integer_value(json_object_get(json, "neededAcknowledgments")), 1);
    json_decref(json);
    arena_wipe(&a);
}

Test(plan, other_names_are_told_and_who_has_them_restarts)
{
    struct arena a = {0};
    const struct manifest old =
        manifest_of(&a, "{" PACKAGES ",'Marbles':{'asks':{'Package':'p'},'id':{'Package':'p','SPIFFE':true},"
                        "'named':{'Package':'p','DNSNames':['a'],'IPAddresses':['10.0.0.1']},'same':{'"
                        "Package':'p','DNSNames':"
                        "['a']}},'Config':{'SPIFFETrustDomain':'old'}}");
    const struct manifest next = manifest_of(
        &a,
        "{" PACKAGES ",'Marbles':{'asks':{'Package':'p','DNSNames':[]},'id':{'Package':'p','SPIFFE':true},"
        "'named':{'Package':'p','DNSNames':['b','c'],'SPIFFE':true},'same':{'Package':'p','DNSNames':"
        "['a']}},'Config':{'SPIFFETrustDomain':'new','RotateRootSecret':true}}");
    struct plan p;
    struct err err = {0};

    cr_assert(plan_update(&old, old.packages, &next, &a, &p, &err), "%s", err.text);
    cr_expect_not_null(strstr(plan_text(&p, &a),
                              "Full update\n"
                              "Marbles:\n"
                              "  ~ asks\n"
                              "      names of the certificate: the request's -> the manifest's\n"
                              "  ~ named\n"
                              "      DNSNames: a -> b, c\n"
                              "      IPAddresses: 10.0.0.1 -> none\n"
                              "      SPIFFE: false -> true\n"
                              "Config:\n"
                              "  ~ RotateRootSecret\n"
                              "      RotateRootSecret: false -> true\n"
                              "  ~ SPIFFETrustDomain\n"
                              "      SPIFFETrustDomain: old -> new\n"),
                       "%s", plan_text(&p, &a));
    cr_assert_eq(p.num_restart, 3);
    cr_expect_str_eq(p.restart[0], "asks");
    cr_expect_str_eq(p.restart[1], "id");
    cr_expect_str_eq(p.restart[2], "named");
    cr_expect_not_null(plan_find(&p, PLAN_CONFIG, "SPIFFETrustDomain"));
    arena_wipe(&a);
}

Test(plan, a_package_update_is_told_too)
{
    struct arena a = {0};
    const struct manifest old = manifest_of(&a, arena_printf(&a, before, person(&a), person(&a)));
    const struct manifest up = upload(&a, "{'Packages':{'p':{'SecurityVersion':5}}}");
    const struct manifest down = upload(&a, "{'Packages':{'p':{'SecurityVersion':0}}}");
    struct plan p = {0};
    struct err err = {0};

    cr_assert(plan_update(&old, old.packages, &up, &a, &p, &err), "%s", err.text);
    cr_expect_eq(p.kind, UPDATE_PACKAGES);
    cr_assert_eq(p.num_entries, 1);
    cr_expect_str_eq(p.entries[0].details[0], "SecurityVersion: 1 -> 5");
    cr_assert_eq(p.num_secrets, 1);
    cr_expect_str_eq(p.secrets[0].name, "c");
    cr_assert_eq(p.num_restart, 2);
    cr_expect_str_eq(p.restart[0], "rises");
    cr_expect_str_eq(p.restart[1], "uses");
    cr_expect_eq(p.needed, 0);
    cr_expect_not(plan_update(&old, old.packages, &down, &a, &p, &err));
    cr_expect_eq(err.code, E_UPDATE_DOWNGRADE);
    arena_wipe(&a);
}

Test(plan, the_same_manifest_changes_nothing_but_certificates)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(&a, arena_printf(&a, before, person(&a), person(&a)));
    struct plan p;
    struct err err = {0};

    cr_assert(plan_update(&m, m.packages, &m, &a, &p, &err));
    cr_expect_eq(p.num_entries, 0);
    cr_expect_eq(p.num_secrets, 1);
    cr_expect(p.rotates_intermediate);
    cr_expect_not(p.changes_recovery);
    arena_wipe(&a);
}
