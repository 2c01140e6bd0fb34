/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "tests/support/keys.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"
#include "tests/support/people.h"

static struct mesh_test t;
static struct arena a;
static struct err err;

static const char MARBLES[] =
    "{\"m\":{\"Package\":\"test\",\"Parameters\":{\"Env\":{"
    "\"PLAIN\":\"{{ string .Secrets.plain }}\"},\"Files\":{"
    "\"/key\":\"{{ hex .Secrets.key }}\",\"/cert\":\"{{ pem .Secrets.cert.Cert }}\"}}}}";
static const char SECRETS[] = "{\"shared\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
                              "\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"UserDefined\":true},"
                              "\"cert\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"UserDefined\":true},"
                              "\"plain\":{\"Type\":\"plain\",\"UserDefined\":true}}";
static const char ROLES[] =
    "{\"reader\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"shared\",\"key\",\"plain\"],"
    "\"Actions\":[\"ReadSecret\"]},"
    "\"writer\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"key\",\"cert\",\"plain\"],"
    "\"Actions\":[\"WriteSecret\",\"readsecret\"]}}";

static void begin(void)
{
    mesh_test_begin(&t, NULL);
    user_make("reader");
    user_make("writer");
    (void)mesh_test_set(
        &t, mesh_test_manifest_with(&a, MARBLES,
                                    arena_printf(&a, ",\"Secrets\":%s,\"Roles\":%s,\"Users\":{%s,%s}",
                                                 SECRETS, ROLES, user_member(&a, "reader", "\"reader\""),
                                                 user_member(&a, "writer", "\"writer\""))));
}

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static bool set(const char *user, const char *text)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    scoped(json_release) json_t *json = NULL;

    cr_assert(json_parse(slice_str(text), JSON_LAST_WINS, E_SECRET_BODY, &json, &err), "%s", err.text);
    return core_secrets_set(t.core, user_of(m, user), json, clock_now(), &err);
}

/* What the user reads, each as TYPE NAME HEX-OF-PRIVATE; or NULL. */
static const char *get(const char *user, const char *const *names, size_t num)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    struct secret_set found;
    const char *text = "";

    if (!core_secrets_get(t.core, m, user_of(m, user), names, num, &a, &found, &err))
        return NULL;
    for (size_t i = 0; i < found.num; i++)
        text = arena_printf(&a, "%s%s %s %s\n", text, secret_type_name(found.values[i].spec->type),
                            found.values[i].spec->name, hex_text(&a, found.values[i].private_key));
    return text;
}

static const char *get_one(const char *user, const char *name) { return get(user, &name, 1); }

static void expect_refused(bool ok, enum err_code code, const char *text)
{
    cr_expect_not(ok, "%s", text);
    cr_expect_eq(err.code, code, "%s: %s", text, err.text);
    cr_expect_not_null(strstr(err.text, text), "%s: %s", text, err.text);
}

Test(secret_access, uploads_are_read_and_stay, .init = begin, .fini = end)
{
    cr_expect_str_eq(get_one("writer", "key"), "symmetric-key key \n", "not set yet, and no error");
    cr_assert(set("writer", "{\"key\":{\"Key\":\"AAECAwQFBgcICQoLDA0ODw==\",\"Cert\":null,\"Private\":null},"
                            "\"plain\":{\"Key\":\"c2VjcmV0\"}}"),
              "%s", err.text);
    for (int again = 0; again < 2; again++) {
        cr_expect_str_eq(get("writer", (const char *const[]){"plain", "key", "plain"}, 3),
                         "symmetric-key key 000102030405060708090a0b0c0d0e0f\nplain plain 736563726574\n");
        cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    }
}

Test(secret_access, each_upload_is_a_line_of_the_log, .init = begin, .fini = end)
{
    const char *log;

    cr_assert(set("writer", "{\"plain\":{\"Key\":\"eA==\"},\"key\":{\"Key\":\"AAECAwQFBgcICQoLDA0ODw==\"}}"));
    cr_assert(core_update_log(t.core, &a, &log, &err), "%s", err.text);
    const char *first = strstr(log, "\"update\":\"secret set\",\"user\":\"writer\",\"secret\":\"key\","
                                    "\"type\":\"symmetric-key\"}\n"),
               *second = strstr(log, "\"update\":\"secret set\",\"user\":\"writer\",\"secret\":\"plain\","
                                     "\"type\":\"plain\"}\n");
    cr_assert_not_null(first, "%s", log);
    cr_assert_not_null(second, "%s", log);
    cr_expect_lt(first, second);
}

Test(secret_access, a_marble_gets_what_was_uploaded, .init = begin, .fini = end)
{
    struct parameters got;
    struct asker who;
    int status;

    keys_make("service", "ec", "");
    asker_new("m", "11111111-2222-4333-8444-555555555555", &a, &who);
    cr_expect_not(asker_ask(&t, &who, &a, &got, &status, &err), "nothing is set yet");
    cr_expect_eq(status, GRPC_INTERNAL);
    cr_expect_eq(err.code, E_TEMPLATE_VALUE);
    cr_assert(set("writer", arena_printf(&a,
                                         "{\"plain\":{\"Key\":\"eA==\"},\"key\":{\"Key\":"
                                         "\"AAECAwQFBgcICQoLDA0ODw==\"},\"cert\":{\"Cert\":\"%s\"}}",
                                         base64_text(&a, peer_read(&a, "service.der"), BASE64_STD))),
              "%s", err.text);
    cr_assert(asker_ask(&t, &who, &a, &got, &status, &err), "%s", err.text);
    cr_expect(slice_equal(given(got.env, got.num_env, "PLAIN"), slice_str("x")));
    cr_expect(
        slice_equal(given(got.files, got.num_files, "/key"), slice_str("000102030405060708090a0b0c0d0e0f")));
    cr_expect(slice_equal(given(got.files, got.num_files, "/cert"), peer_read(&a, "service.pem")));
}

Test(secret_access, rights_are_looked_at_first, .init = begin, .fini = end)
{
    cr_expect_not_null(get_one("reader", "shared"));
    expect_refused(get_one("reader", "cert") != NULL, E_USER_DENIED,
                   "user \"reader\" may not read secret \"cert\"");
    expect_refused(get_one("writer", "shared") != NULL, E_USER_DENIED, "may not read secret \"shared\"");
    expect_refused(get_one("writer", "nowhere") != NULL, E_USER_DENIED, "may not read secret \"nowhere\"");
    expect_refused(get("reader", (const char *const[]){"shared", "cert"}, 2) != NULL, E_USER_DENIED,
                   "may not read secret \"cert\"");
    expect_refused(set("reader", "{\"key\":{\"Key\":\"AA==\"}}"), E_USER_DENIED,
                   "may not write secret \"key\"");
    expect_refused(set("writer", "{\"shared\":{\"Key\":\"AA==\"}}"), E_USER_DENIED,
                   "may not write secret \"shared\"");
    expect_refused(set("writer", "{\"nowhere\":{}}"), E_USER_DENIED, "may not write secret \"nowhere\"");
}

Test(secret_access, what_does_not_fit_changes_nothing, .init = begin, .fini = end)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *expected;
    } cases[] = {
        {"{}", E_SECRET_UPLOAD, "one secret at least"},
        {"{\"key\":{\"Key\":\"AAEC\"}}", E_SECRET_UPLOAD, "declared size and actual size don't match"},
        {"{\"key\":{}}", E_SECRET_UPLOAD, "$.key"},
        {"{\"key\":{\"Key\":\"AAECAwQFBgcICQoLDA0ODw==\",\"Private\":\"AA==\"}}", E_SECRET_UPLOAD, "$.key"},
        {"{\"cert\":{\"Key\":\"AA==\"}}", E_SECRET_UPLOAD, "$.cert"},
        {"{\"key\":{\"Key\":7}}", E_SECRET_BODY, "$.key"},
        {"{\"key\":[]}", E_SECRET_BODY, "$.key"},
        {"{\"plain\":{\"Key\":\"eAB5\"}}", E_TEMPLATE_VALUE, "NUL"},
        {"{\"plain\":{\"Key\":\"eA==\"},\"key\":{\"Key\":\"AAEC\"}}", E_SECRET_UPLOAD, "$.key"},
    };
    const char *before, *after;

    cr_assert(core_update_log(t.core, &a, &before, &err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(set("writer", cases[i].text), cases[i].code, cases[i].expected);
    cr_expect_str_eq(get("writer", (const char *const[]){"key", "plain"}, 2),
                     "symmetric-key key \nplain plain \n");
    cr_assert(core_update_log(t.core, &a, &after, &err));
    cr_expect_str_eq(after, before);
}

Test(secret_access, users_are_those_with_exactly_that_certificate, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    struct slice chain[2] = {{0}};
    const struct user *user;

    cr_expect_not(mesh_user(m, NULL, 0, &user, &err));
    cr_expect_eq(err.code, E_USER_UNKNOWN);
    cr_expect_not_null(strstr(err.text, "unauthorized user"));
    keys_make("writer2", "ec", "-subj /CN=writer");
    chain[0] = peer_read(&a, "writer2.der");
    cr_expect_not(mesh_user(m, chain, 1, &user, &err), "another certificate of that name");
    cr_expect_not_null(strstr(err.text, "unauthorized user"));
    chain[1] = peer_read(&a, "writer.der");
    cr_expect_not(mesh_user(m, chain, 2, &user, &err),
                  "who shows it behind his own, with whose key he connected");
    cr_expect_not_null(strstr(err.text, "unauthorized user"));
    cr_assert(mesh_user(m, chain + 1, 1, &user, &err), "%s", err.text);
    cr_expect_str_eq(user->name, "writer");
    cr_expect_not(mesh_user(m, &(struct slice){chain[1].ptr, chain[1].len - 1}, 1, &user, &err));
}
