/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/encode.h"

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
TestSuite(encode, .init = prepare);

static const char *text_of(struct arena *a, struct slice s) { return arena_strndup(a, s); }

static const char full[] =
    "{'Packages':{'p':{'SignerID':'aa','ProductID':1,'SecurityVersion':18446744073709551615,"
    "'AcceptedTCBStatuses':['OutOfDate']}},"
    "'Infrastructures':{'i':{'CPUSVN':'AQI=','QESVN':2},'j':{}},"
    "'Marbles':{'m':{'Package':'p','MaxActivations':3,'TLS':['t'],'DisableSecretBinding':true,'Parameters':{"
    "'Files':{'a':'x<{{','b':{'Data':'AAH/','Encoding':'base64'},'c':{'Data':'00FF','Encoding':'HEX',"
    "'NoTemplates':true}},'Env':{'E':{'Data':'v','Encoding':''}},'Argv':['\\u00e9','-x']}}},"
    "'TLS':{'t':{'Incoming':[{'Port':'1'}],'Outgoing':[{'Addr':'h','Port':'2'}]}}}";

Test(encode, entries_are_written_as_the_store_has_them)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert(manifest_parse(quoted(&a, full), &a, &m, &err), "%s", err.text);
    cr_expect_str_eq(text_of(&a, package_encode(&m.packages[0], &a)),
                     "{\"Debug\":false,\"SignerID\":\"aa\",\"ProductID\":1,"
                     "\"SecurityVersion\":18446744073709551615,\"AcceptedTCBStatuses\":[\"OutOfDate\"]}");
    cr_expect_str_eq(text_of(&a, infrastructure_encode(&m.infrastructures[0], &a)),
                     "{\"CPUSVN\":\"AQI=\",\"QESVN\":2,\"RootCA\":null}");
    cr_expect_str_eq(text_of(&a, infrastructure_encode(&m.infrastructures[1], &a)),
                     "{\"CPUSVN\":null,\"RootCA\":null}");
    cr_expect_str_eq(
        text_of(&a, marble_encode(&m.marbles[0], &a)),
        "{\"Package\":\"p\",\"MaxActivations\":3,\"Parameters\":{\"Files\":{"
        "\"a\":{\"Data\":\"x\\u003c{{\",\"Encoding\":\"string\",\"NoTemplates\":false},"
        "\"b\":{\"Data\":\"AAH/\",\"Encoding\":\"base64\",\"NoTemplates\":false},"
        "\"c\":{\"Data\":\"00ff\",\"Encoding\":\"HEX\",\"NoTemplates\":true}},"
        "\"Env\":{\"E\":{\"Data\":\"v\",\"Encoding\":\"string\",\"NoTemplates\":false}},"
        "\"Argv\":[\"\xc3\xa9\",\"-x\"]},\"TLS\":[\"t\"],\"DisableSecretBinding\":true}",
        "%s", text_of(&a, marble_encode(&m.marbles[0], &a)));
    cr_expect_str_eq(
        text_of(&a, tls_tag_encode(&m.tls[0], &a)),
        "{\"Outgoing\":[{\"Port\":\"2\",\"Addr\":\"h\",\"Cert\":\"\",\"DisableClientAuth\":false}],"
        "\"Incoming\":[{\"Port\":\"1\",\"Addr\":\"\",\"Cert\":\"\",\"DisableClientAuth\":false}]}");
    arena_wipe(&a);
}

Test(encode, what_was_written_is_read_again)
{
    struct arena a = {0};
    struct manifest m;
    struct package p = {0};
    struct infrastructure i = {0};
    struct marble marble = {0};
    struct tls_tag t = {0};
    struct err err = {0};

    cr_assert(manifest_parse(quoted(&a, full), &a, &m, &err), "%s", err.text);
    cr_assert(package_decode("p", package_encode(&m.packages[0], &a), &a, &p, &err), "%s", err.text);
    cr_assert(infrastructure_decode("i", infrastructure_encode(&m.infrastructures[0], &a), &a, &i, &err));
    cr_assert(marble_decode("m", marble_encode(&m.marbles[0], &a), &a, &marble, &err), "%s", err.text);
    cr_assert(tls_tag_decode("t", tls_tag_encode(&m.tls[0], &a), &a, &t, &err), "%s", err.text);
    cr_expect(slice_equal(package_encode(&p, &a), package_encode(&m.packages[0], &a)));
    cr_expect(slice_equal(infrastructure_encode(&i, &a), infrastructure_encode(&m.infrastructures[0], &a)));
    cr_expect(slice_equal(marble_encode(&marble, &a), marble_encode(&m.marbles[0], &a)));
    cr_expect(slice_equal(tls_tag_encode(&t, &a), tls_tag_encode(&m.tls[0], &a)));
    cr_expect_str_eq(marble.type, "m");
    cr_expect(slice_equal(marble.files[1].data, slice_of("\0\1\xff", 3)));
    arena_wipe(&a);
}

Test(encode, a_user_is_kept_with_what_the_roles_amount_to)
{
    struct arena a = {0};
    const struct manifest m = manifest_of(
        &a,
        arena_printf(&a,
                     "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}},"
                     "'Secrets':{'s':{'Type':'plain','UserDefined':true},'t':{'Type':'plain','UserDefined':true}},"
                     "'Users':{'u':{'Certificate':'%s','Roles':['x','y','z']}},"
                     "'Roles':{'x':{'ResourceType':'Secrets','ResourceNames':['t','s'],'Actions':['ReadSecret']},"
                     "'y':{'ResourceType':'Secrets','ResourceNames':['s'],'Actions':['readsecret']},"
                     "'z':{'ResourceType':'Manifest','Actions':['UpdateManifest']}}}",
                     person(&a)));
    struct user_record u, again;
    struct slice text;
    struct err err = {0};

    user_record_of(&m.users[0], &a, &u);
    text = user_encode(&u, &a);
    cr_expect_not_null(strstr(text_of(&a, text),
                              ",\"Permissions\":{\"readsecret\":{\"PermissionID\":\"readsecret\",\"ResourceID\":{"
                              "\"s\":true,\"t\":true}},\"updatemanifest\":{\"PermissionID\":\"updatemanifest\","
                              "\"ResourceID\":{}}}}"),
                       "%s", text_of(&a, text));
    cr_assert(user_decode(text, &a, &again, &err), "%s", err.text);
    cr_expect_str_eq(again.name, "u");
    cr_expect(slice_equal(again.certificate, m.users[0].der));
    cr_expect(again.rights[ACTION_UPDATE_MANIFEST].granted);
    cr_expect_eq(again.rights[ACTION_READ_SECRET].num_resources, 2);
    cr_expect_not(again.rights[ACTION_WRITE_SECRET].granted);
    cr_expect(slice_equal(user_encode(&again, &a), text));
    arena_wipe(&a);
}

Test(encode, what_no_coordinator_writes_is_refused)
{
    static const char *const texts[] = {"", "[]", "{\"Package\":1}", "{\"Parameters\":{\"Files\":{\"f\":null}}}", "{} x"};
    struct arena a = {0};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct marble m = {0};
        struct err err = {0};

        cr_expect_not(marble_decode("m", slice_str(texts[i]), &a, &m, &err), "%s", texts[i]);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%s: %s", texts[i], err.text);
    }
    arena_wipe(&a);
}
