/* SPDX-License-Identifier: Apache-2.0 */
/* How the kept secrets change: at a full update, at a package update, by an upload (contract 1.9, 1.15, 2.4).
 */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/secrets.h"
#include "pki/hash.h"
#include "pki/pem.h"

enum { NOW = 1790000000, DAY = 86400 };

static struct arena a;
static struct err err;
static struct authority *ca, *rotated;
static const struct marble FRONTEND = {.type = "frontend"};

static void begin(void)
{
    const struct san none = {0};

    json_init();
    pki_init();
    net_init();
    cr_assert(authority_new(&none, NOW, &ca, &err) && authority_rotate(ca, NOW + DAY, &rotated, &err), "%s",
              err.text);
}

static void end(void)
{
    authority_release(&ca);
    authority_release(&rotated);
    arena_wipe(&a);
}

static struct slice root(void)
{
    static const uint8_t bytes[ROOT_SECRET_LEN] = {1, 2, 3};

    return slice_of(bytes, sizeof bytes);
}

#define KEY(n)                                                                                               \
    {                                                                                                        \
        .name = n, .type = SECRET_SYMMETRIC_KEY, .size = 128, .shared = true                                 \
    }
#define CERT(n)                                                                                              \
    {                                                                                                        \
        .name = n, .type = SECRET_CERT_ECDSA, .size = 256, .shared = true                                    \
    }
#define USER(n)                                                                                              \
    {                                                                                                        \
        .name = n, .type = SECRET_PLAIN, .user_defined = true                                                \
    }

static struct secret_spec before_specs[] = {
    CERT("cert"), CERT("cert-redefined"), KEY("gone"),
    KEY("key"),   KEY("key-redefined"),   {.name = "private", .type = SECRET_SYMMETRIC_KEY, .size = 128},
    USER("user"), USER("user-redefined"),
};
static struct secret_spec after_specs[] = {
    CERT("cert"),
    {.name = "cert-redefined", .type = SECRET_CERT_ECDSA, .size = 384, .shared = true},
    KEY("key"),
    {.name = "key-redefined", .type = SECRET_SYMMETRIC_KEY, .size = 256, .shared = true},
    KEY("new"),
    {.name = "private", .type = SECRET_SYMMETRIC_KEY, .size = 128},
    USER("user"),
    {.name = "user-new", .type = SECRET_PLAIN, .user_defined = true},
    {.name = "user-redefined", .type = SECRET_SYMMETRIC_KEY, .size = 8, .user_defined = true},
};
static const struct manifest BEFORE = {.secrets = before_specs, .num_secrets = 8};
static const struct manifest AFTER = {.secrets = after_specs, .num_secrets = 9};

static struct kept_secrets first(void)
{
    struct secret_value uploaded[] = {
        {&before_specs[6], {0}, slice_str("value"), slice_str("value")},
        {&before_specs[7], {0}, slice_str("other"), slice_str("other")},
    };
    struct kept_secrets made, with;

    cr_assert(secrets_begin(&BEFORE, root(), ca, NOW, &a, &made, &err), "%s", err.text);
    secrets_replace(&made, &(struct secret_set){uploaded, 2}, &a, &with);
    return with;
}

static const struct secret_value *now(const struct kept_secrets *k, const char *name)
{
    const struct secret_value *v = secret_find(&k->now, name);

    cr_assert_not_null(v, "%s", name);
    return v;
}

static const struct secret_value *previous(const struct kept_secrets *k, const char *name)
{
    const struct secret_value *v = secret_find(&k->previous, name);

    cr_assert_not_null(v, "%s", name);
    return v;
}

static bool same(const struct secret_value *x, const struct secret_value *y)
{
    return slice_equal(x->cert, y->cert) && slice_equal(x->public_key, y->public_key) &&
           slice_equal(x->private_key, y->private_key);
}

static struct kept_secrets update(const struct kept_secrets *old, bool rotate)
{
    struct manifest after = AFTER;
    struct kept_secrets k;

    after.rotate_root_secret = rotate;
    cr_assert(secrets_update(&BEFORE, old, &after, rotated, NOW + DAY, &a, &k, &err), "%s", err.text);
    return k;
}

Test(secret_updates, at_first_the_previous_values_are_the_present_ones, .init = begin, .fini = end)
{
    struct kept_secrets k;

    cr_assert(secrets_begin(&BEFORE, root(), ca, NOW, &a, &k, &err));
    cr_assert_eq(k.now.num, 7, "all but the private one");
    cr_assert_eq(k.previous.num, 7);
    for (size_t i = 0; i < 7; i++)
        cr_expect(same(&k.now.values[i], &k.previous.values[i]), "%zu", i);
    cr_expect(slice_equal(k.root_secret, root()));
    cr_expect(slice_equal(k.previous_root_secret, root()));
}

Test(secret_updates, an_upload_touches_no_previous_value, .init = begin, .fini = end)
{
    const struct kept_secrets k = first();

    cr_expect(slice_equal(now(&k, "user")->private_key, slice_str("value")));
    cr_expect_eq(previous(&k, "user")->private_key.len, 0);
    cr_expect(same(now(&k, "key"), previous(&k, "key")));
}

Test(secret_updates, what_stays_what_is_made_again_and_what_is_new, .init = begin, .fini = end)
{
    const struct kept_secrets old = first(), k = update(&old, false);

    cr_assert_eq(k.now.num, 8);
    cr_expect(same(now(&k, "key"), now(&old, "key")), "a symmetric key stays");
    cr_expect(same(now(&k, "user"), now(&old, "user")), "what was uploaded stays");
    cr_expect_eq(previous(&k, "user")->private_key.len, 0, "and so does its previous value");
    cr_expect_not(same(now(&k, "cert"), now(&old, "cert")), "a certificate is made again");
    cr_expect(same(previous(&k, "cert"), now(&old, "cert")), "what it was stands beside it");
    cr_expect_eq(now(&k, "key-redefined")->private_key.len, 32);
    cr_expect(same(now(&k, "key-redefined"), previous(&k, "key-redefined")),
              "of a new definition: the new value");
    cr_expect(same(now(&k, "cert-redefined"), previous(&k, "cert-redefined")));
    cr_expect(same(now(&k, "new"), previous(&k, "new")));
    cr_expect_eq(now(&k, "user-new")->private_key.len, 0);
    cr_expect_eq(now(&k, "user-redefined")->private_key.len, 0, "to be uploaded again");
    cr_expect_null(secret_find(&k.now, "gone"));
    cr_expect_null(secret_find(&k.previous, "gone"));
    cr_expect(slice_equal(k.root_secret, root()));
    cr_expect(slice_equal(k.previous_root_secret, root()));
    cr_expect_eq(now(&k, "key")->spec, &after_specs[2], "values are those of the new manifest");
    cr_expect_eq(previous(&k, "cert")->spec, &after_specs[0]);
}

Test(secret_updates, certificates_are_those_of_the_new_authority_and_template, .init = begin, .fini = end)
{
    const struct kept_secrets old = first();
    struct kept_secrets k;
    struct cert c;

    after_specs[0].has_cert = true; /* the template is no part of the definition */
    after_specs[0].cert =
        (struct cert_template){.subject = {.common_name = (char *)(uintptr_t) "new"}, .max_path_len = -1};
    k = update(&old, false);
    cr_assert(cert_parse(now(&k, "cert")->cert, &a, &c, &err));
    cr_expect_str_eq(name_text(&a, c.subject), "CN=new");
    cr_expect(same(previous(&k, "cert"), now(&old, "cert")));
    cr_expect(cert_signed_by(&c, &rotated->marble_root, &err), "%s", err.text);
    cr_expect_not(cert_signed_by(&c, &ca->marble_root, &err));
    cr_expect_eq(c.not_after, NOW + DAY + 365 * DAY);
    after_specs[0].has_cert = false;
}

static struct marble_secrets of_marble(const struct kept_secrets *k)
{
    const struct secrets_for who = {
        .manifest = &AFTER, .kept = k, .ca = rotated, .uuid = {{2, 3, 4}}, .marble = &FRONTEND};
    struct marble_secrets s;

    cr_assert(secrets_of_marble(&who, NOW, &a, &s, &err), "%s", err.text);
    return s;
}

Test(secret_updates, rotation_of_the_root_secret_renews_symmetric_keys, .init = begin, .fini = end)
{
    const struct kept_secrets old = first(), unrotated = update(&old, false), k = update(&old, true);
    const struct marble_secrets before = of_marble(&unrotated), after = of_marble(&k);

    cr_expect_not(slice_equal(k.root_secret, root()));
    cr_expect_eq(k.root_secret.len, ROOT_SECRET_LEN);
    cr_expect(slice_equal(k.previous_root_secret, root()));
    cr_expect_not(same(now(&k, "key"), now(&old, "key")));
    cr_expect(same(previous(&k, "key"), now(&old, "key")));
    cr_expect(same(now(&k, "user"), now(&old, "user")));
    cr_expect(same(secret_find(&before.now, "private"), secret_find(&before.previous, "private")));
    cr_expect_not(same(secret_find(&after.now, "private"), secret_find(&before.now, "private")));
    cr_expect(same(secret_find(&after.previous, "private"), secret_find(&before.now, "private")),
              "the previous value of a derived key is that of the previous root secret");
}

Test(secret_updates, a_package_update_renews_shared_certificates_alone, .init = begin, .fini = end)
{
    const struct kept_secrets old = first();
    struct kept_secrets k;
    struct cert c;

    cr_assert(secrets_reissue(&BEFORE, &old, rotated, NOW + 300 * DAY, &a, &k, &err), "%s", err.text);
    cr_assert_eq(k.now.num, old.now.num);
    cr_expect_not(same(now(&k, "cert"), now(&old, "cert")));
    cr_expect(same(previous(&k, "cert"), previous(&old, "cert")), "previous values stay");
    cr_assert(cert_parse(now(&k, "cert")->cert, &a, &c, &err));
    cr_expect(cert_signed_by(&c, &rotated->marble_root, &err), "%s", err.text);
    cr_expect_eq(c.not_after, NOW + 665 * DAY, "a new term");
    cr_expect(same(now(&k, "key"), now(&old, "key")));
    cr_expect(same(now(&k, "user"), now(&old, "user")));
    cr_expect(slice_equal(k.root_secret, root()));
}

Test(secret_updates, values_do_not_borrow_from_those_before, .init = begin, .fini = end)
{
    struct arena old_arena = {0};
    struct kept_secrets old, k;
    char *hex;

    cr_assert(secrets_begin(&BEFORE, root(), ca, NOW, &old_arena, &old, &err));
    hex = hex_text(&a, now(&old, "key")->private_key);
    k = update(&old, false);
    arena_wipe(&old_arena);
    cr_expect_str_eq(hex_text(&a, now(&k, "key")->private_key), hex);
    cr_expect_eq(k.root_secret.ptr[2], 3);
}

Test(secret_updates, what_cannot_be_made_refuses_the_whole_update, .init = begin, .fini = end)
{
    const struct kept_secrets old = first();
    struct secret_spec bad = {.name = "c", .type = SECRET_CERT_ECDSA, .size = 1};
    const struct manifest after = {.secrets = &bad, .num_secrets = 1};
    struct kept_secrets k = {0};

    cr_expect_not(secrets_update(&BEFORE, &old, &after, rotated, NOW, &a, &k, &err));
    cr_expect_eq(err.code, E_SECRET_VALUE);
    cr_expect_null(k.now.values);
}

Test(secret_updates, the_manifest_may_give_initial_values, .init = begin, .fini = end)
{
    struct secret_spec spec = {
        .name = "u",
        .type = SECRET_PLAIN,
        .user_defined = true,
        .initial = {.private_key = slice_str("private"), .public_key = slice_str("public")}};
    const struct manifest m = {.secrets = &spec, .num_secrets = 1};
    struct kept_secrets k;

    cr_assert(secrets_begin(&m, root(), ca, NOW, &a, &k, &err));
    cr_expect(slice_equal(now(&k, "u")->private_key, slice_str("private")));
    cr_expect(slice_equal(previous(&k, "u")->public_key, slice_str("public")));
}

/* ---- uploads -------------------------------------------------------------------------------------- */

static bool upload(const struct secret_spec *spec, const char *text, struct secret_value *out)
{
    char *quoted = arena_strdup(&a, text);
    json_t *json = NULL;
    struct secret_upload u;
    bool ok;

    for (char *p = quoted; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    err = (struct err){0};
    cr_assert(json_parse(slice_str(quoted), JSON_LAST_WINS, E_SECRET_BODY, &json, &err), "%s", err.text);
    ok = secret_upload_decode(json, "$.s", &a, &u, &err) && secret_upload_value(spec, &u, &a, out, &err);
    json_decref(json);
    return ok;
}

static const struct secret_spec UPLOADED_KEY = {.type = SECRET_SYMMETRIC_KEY,
                                                .size = 16,
                                                .user_defined = true},
                                UPLOADED_CERT = {.type = SECRET_CERT_RSA, .size = 2048, .user_defined = true},
                                UPLOADED_TEXT = {.type = SECRET_PLAIN, .user_defined = true},
                                GENERATED = {.type = SECRET_SYMMETRIC_KEY, .size = 16, .shared = true};

Test(secret_updates, uploads_are_taken_as_declared, .init = begin, .fini = end)
{
    const char *cert = base64_text(&a, ca->root.der, BASE64_STD);
    struct secret_value v;

    cr_assert(upload(&UPLOADED_KEY, "{'Key':'AQI=','Cert':null,'Private':null}", &v), "%s", err.text);
    cr_expect_str_eq(hex_text(&a, v.private_key), "0102");
    cr_expect(slice_equal(v.public_key, v.private_key));
    cr_assert(upload(&UPLOADED_KEY, "{'key':[1,2],'cert':{}}", &v), "%s", err.text);
    cr_expect_str_eq(hex_text(&a, v.private_key), "0102");
    cr_assert(upload(&UPLOADED_TEXT, "{'Key':'AQ\\n==','Other':1}", &v), "%s", err.text);
    cr_expect_str_eq(hex_text(&a, v.public_key), "01");
    cr_assert(upload(&UPLOADED_TEXT, "{}", &v), "%s", err.text);
    cr_expect_eq(v.private_key.len, 0, "an empty value");
    cr_assert(upload(&UPLOADED_CERT, arena_printf(&a, "{'Cert':'%s','Private':'AA=='}", cert), &v), "%s",
              err.text);
    cr_expect(slice_equal(v.cert, ca->root.der));
    cr_expect(slice_equal(v.public_key, ca->root.spki), "of another kind than declared: nobody compares");
    cr_expect_eq(v.private_key.len, 1);
    cr_assert(upload(&UPLOADED_CERT, arena_printf(&a, "{'Cert':'%s','Private':''}", cert), &v), "%s",
              err.text);
    cr_expect_eq(v.private_key.len, 0);
}

Test(secret_updates, uploads_that_do_not_fit_are_refused, .init = begin, .fini = end)
{
    const struct {
        const struct secret_spec *spec;
        const char *json;
        enum err_code code;
        const char *text;
    } cases[] = {
        {&GENERATED, "{'Key':'AQI='}", E_SECRET_UPLOAD, "the manifest does not declare it as UserDefined"},
        {&UPLOADED_KEY, "{'Key':'AQ=='}", E_SECRET_UPLOAD,
         "declared size and actual size don't match: expected 16 bits, found 8"},
        {&UPLOADED_KEY, "{}", E_SECRET_UPLOAD,
         "declared size and actual size don't match: expected 16 bits, found 0"},
        {&UPLOADED_KEY, "{'Key':''}", E_SECRET_UPLOAD,
         "declared size and actual size don't match: expected 16 bits, found 0"},
        {&UPLOADED_KEY, "{'Key':'AQI=','Private':''}", E_SECRET_UPLOAD,
         "found a Private, which a secret of type symmetric-key does not have"},
        {&UPLOADED_TEXT, "{'Key':'AQI=','Private':'AA=='}", E_SECRET_UPLOAD,
         "found a Private, which a secret of type plain does not have"},
        {&UPLOADED_TEXT, "{'Cert':'@'}", E_SECRET_UPLOAD,
         "found a Cert, which a secret of type plain does not have"},
        {&UPLOADED_CERT, "{'Cert':'@','Key':''}", E_SECRET_UPLOAD,
         "found a Key, which a secret of type cert-rsa does not have"},
        {&UPLOADED_CERT, "{'Private':'AA=='}", E_SECRET_UPLOAD,
         "expected a Cert for a secret of type cert-rsa, found none"},
        {&UPLOADED_CERT, "{'Cert':{}}", E_SECRET_UPLOAD,
         "expected a Cert for a secret of type cert-rsa, found none"},
        {&UPLOADED_CERT, "{'Cert':''}", E_SECRET_BODY,
         "$.s.Cert: certificate: expected a SEQUENCE of contents, algorithm and signature in DER and nothing "
         "after "
         "it, found 0 bytes that are not"},
        {&UPLOADED_CERT, "{'Cert':'AA'}", E_SECRET_BODY, "$.s.Cert: expected base64"},
        {&UPLOADED_CERT, "{'Cert':{'Subject':{}}}", E_SECRET_BODY,
         "$.s.Cert: expected a certificate, DER in base64"},
        {&UPLOADED_KEY, "{'Key':5}", E_SECRET_BODY,
         "$.s.Key: expected base64 or an array of bytes, found a whole number"},
        {&UPLOADED_KEY, "[]", E_SECRET_BODY, "$.s: expected an object"},
    };
    const char *cert = base64_text(&a, ca->root.der, BASE64_STD);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = strchr(cases[i].json, '@'), *json = cases[i].json;
        struct secret_value v;

        if (at != NULL)
            json = arena_printf(&a, "%.*s%s%s", (int)(at - json), json, cert, at + 1);
        cr_expect_not(upload(cases[i].spec, json, &v), "%zu", i);
        cr_expect_eq(err.code, cases[i].code, "%zu", i);
        cr_expect_str_eq(err.text, cases[i].text);
    }
}
