/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/secrets.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

enum { NOW = 1790000000, DAY = 86400 };

static struct arena a;
static struct err err;
static struct authority *ca;

static void begin(void)
{
    const struct san none = {0};

    json_init();
    pki_init();
    net_init();
    peer_begin();
    cr_assert(authority_new(&none, NOW, &ca, &err), "%s", err.text);
}

static void end(void)
{
    authority_release(&ca);
    arena_wipe(&a);
    peer_end();
}

static const struct marble FRONTEND = {.type = "frontend"},
                           LOOSE = {.type = "frontend", .disable_secret_binding = true};

static struct slice root_secret(void)
{
    static uint8_t bytes[ROOT_SECRET_LEN];

    for (size_t i = 0; i < ROOT_SECRET_LEN; i++)
        bytes[i] = (uint8_t)i;
    return slice_of(bytes, sizeof bytes);
}

static struct secret_value one(struct secret_spec spec, const struct marble *m, bool expected)
{
    struct secret_spec *kept_spec = arena_alloc(&a, sizeof spec);
    const struct manifest manifest = {.secrets = kept_spec, .num_secrets = 1};
    struct kept_secrets kept;
    struct marble_secrets set = {0};
    struct secrets_for who = {
        .manifest = &manifest, .kept = &kept, .ca = ca, .uuid = {{2, 3, 4}}, .marble = m};
    struct secret_value v = {0};
    bool ok;

    *kept_spec = spec;
    err = (struct err){0};
    ok = secrets_begin(&manifest, root_secret(), ca, NOW, &a, &kept, &err) &&
         secrets_of_marble(&who, NOW, &a, &set, &err);
    cr_assert_eq(ok, expected, "%s", err.text);
    if (ok) {
        cr_assert_eq(set.now.num, 1);
        cr_expect_eq(set.now.values[0].spec, kept_spec);
        v = set.now.values[0];
    }
    return v;
}

static const char *hex_of(struct slice s) { return hex_text(&a, s); }

/* The vectors of the compatibility notes: MarbleRun's derivation. */
Test(secrets, private_symmetric_keys_are_those_of_marblerun, .init = begin, .fini = end)
{
    struct secret_spec spec = {.name = "symmetricKeyPrivate", .type = SECRET_SYMMETRIC_KEY, .size = 256};
    const char *bound = "0e0cfaea17a602d29d0e7b88f98201d0e7248bc6ff7a68bf23d2aae382760be3";
    struct secret_value v = one(spec, &FRONTEND, true);

    cr_expect_str_eq(hex_of(v.private_key), bound);
    cr_expect_str_eq(hex_of(v.public_key), bound);
    cr_expect_str_eq(hex_of(one(spec, &LOOSE, true).private_key),
                     "e9b8c1b8d26d688bb891bb74a4624e9cb76ed22ca02c17a81424ff08a5e9a73c");
    spec.size = 128;
    cr_expect_str_eq(hex_of(one(spec, &FRONTEND, true).private_key), "0e0cfaea17a602d29d0e7b88f98201d0");
}

Test(secrets, shared_symmetric_keys_are_random, .init = begin, .fini = end)
{
    const struct secret_spec spec = {.name = "s", .type = SECRET_SYMMETRIC_KEY, .size = 256, .shared = true};
    const struct secret_value first = one(spec, &FRONTEND, true), second = one(spec, &FRONTEND, true);

    cr_expect_eq(first.private_key.len, 32);
    cr_expect(slice_equal(first.private_key, first.public_key));
    cr_expect_not(slice_equal(first.private_key, second.private_key));
}

Test(secrets, user_defined_ones_have_no_value_yet, .init = begin, .fini = end)
{
    const struct secret_value v =
        one((struct secret_spec){.name = "u", .type = SECRET_PLAIN, .user_defined = true}, &FRONTEND, true);

    cr_expect_eq(v.private_key.len + v.public_key.len + v.cert.len, 0);
}

Test(secrets, say_what_cannot_be_made, .init = begin, .fini = end)
{
    static char bad_ip[] = "300.0.0.1";
    static char *bad_ips[] = {bad_ip};
    static uint64_t bad_usage[] = {1, 14};
    struct extension bad_basic = {OID_BASIC_CONSTRAINTS, slice_str("?"), true};
    const struct {
        struct secret_spec spec;
        enum err_code code;
        const char *text;
    } cases[] = {
        {{.name = "k", .type = SECRET_SYMMETRIC_KEY},
         E_SECRET_VALUE,
         "secret \"k\": Size: expected a multiple of 8 from 8 to 65280 bits, found 0"},
        {{.name = "k", .type = SECRET_SYMMETRIC_KEY, .size = 12},
         E_SECRET_VALUE,
         "secret \"k\": Size: expected a multiple of 8 from 8 to 65280 bits, found 12"},
        {{.name = "k", .type = SECRET_SYMMETRIC_KEY, .size = 65288},
         E_SECRET_VALUE,
         "secret \"k\": Size: expected a multiple of 8 from 8 to 65280 bits, found 65288"},
        {{.name = "k", .type = SECRET_SYMMETRIC_KEY, .size = UINT64_MAX - 7, .shared = true},
         E_SECRET_VALUE,
         "secret \"k\": Size: expected a multiple of 8 from 8 to 33554432 bits, found 18446744073709551608"},
        {{.name = "c", .type = SECRET_CERT_ECDSA, .size = 255},
         E_SECRET_VALUE,
         "secret \"c\": Size: expected 224, 256, 384 or 521 for cert-ecdsa, found 255"},
        {{.name = "c", .type = SECRET_CERT_RSA, .size = 4104},
         E_UNSUPPORTED,
         "secret \"c\": RSA key: expected a multiple of 8 from 1024 to 4096 bits, found 4104"},
        {{.name = "c", .type = SECRET_CERT_ED25519, .size = 256},
         E_SECRET_VALUE,
         "secret \"c\": Size: expected none for cert-ed25519, found 256"},
        {{.name = "p", .type = SECRET_PLAIN, .shared = true},
         E_SECRET_VALUE,
         "secret \"p\": a secret of type plain cannot be generated, it needs UserDefined"},
        {{.name = "c",
          .type = SECRET_CERT_ECDSA,
          .size = 256,
          .has_cert = true,
          .cert = {.signature_alg = 4}},
         E_SECRET_VALUE,
         "secret \"c\": Cert.SignatureAlgorithm: expected 10, 11 or 12 (ECDSA, as the issuer's key is one), "
         "found 4"},
        {{.name = "c",
          .type = SECRET_CERT_ECDSA,
          .size = 256,
          .has_cert = true,
          .cert = {.extra = &bad_basic, .num_extra = 1}},
         E_SECRET_VALUE,
         "secret \"c\": Cert: with the extensions of the template: certificate: expected basic constraints "
         "with "
         "a path length at most, and that only of an authority"},
        {{.name = "c", .type = SECRET_CERT_ECDSA, .size = 256, .valid_for = 1000001},
         E_SECRET_VALUE,
         "secret \"c\": ValidFor: expected at most 1000000 days, found 1000001"},
        {{.name = "c",
          .type = SECRET_CERT_ECDSA,
          .size = 256,
          .has_cert = true,
          .cert = {.ip_addresses = {bad_ips, 1}}},
         E_SECRET_VALUE,
         "secret \"c\": Cert.IPAddresses: expected an IP address, found \"300.0.0.1\""},
        {{.name = "c",
          .type = SECRET_CERT_ECDSA,
          .size = 256,
          .has_cert = true,
          .cert = {.ext_key_usage = bad_usage, .num_ext_key_usage = 2}},
         E_SECRET_VALUE,
         "secret \"c\": Cert.ExtKeyUsage: expected numbers from 0 to 13, found 14"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)one(cases[i].spec, &FRONTEND, false);
        cr_expect_eq(err.code, cases[i].code, "%zu", i);
        cr_expect_str_eq(err.text, cases[i].text);
    }
}

Test(secrets, are_bounded_together_before_any_is_made, .init = begin, .fini = end)
{
    struct secret_spec specs[2100];
    const struct manifest manifest = {.secrets = specs, .num_secrets = 2100};
    struct kept_secrets out;

    for (int shared = 0; shared < 2; shared++) {
        for (size_t i = 0; i < 2100; i++)
            specs[i] = (struct secret_spec){
                .name = "k", .type = SECRET_SYMMETRIC_KEY, .size = 8000 * 8, .shared = shared};
        cr_expect_not(secrets_begin(&manifest, root_secret(), ca, NOW, &a, &out, &err));
        cr_expect_eq(err.code, E_STATE_SIZE);
        cr_expect_str_eq(err.text,
                         arena_printf(&a,
                                      "secrets: the %s symmetric keys take more than 16777216 bytes together",
                                      shared ? "shared" : "private"));
    }
}

static struct cert parsed(struct slice der)
{
    struct cert c;

    cr_assert(cert_parse(der, &a, &c, &err), "%s", err.text);
    return c;
}

Test(secrets, certificates_have_the_defaults_of_marblerun, .init = begin, .fini = end)
{
    const struct secret_spec spec = {.name = "c", .type = SECRET_CERT_ECDSA, .size = 256};
    const struct secret_value v = one(spec, &FRONTEND, true), again = one(spec, &FRONTEND, true);
    const struct cert c = parsed(v.cert);
    struct san san;
    char *said;

    cr_expect_str_eq(name_text(&a, c.subject), "CN=localhost");
    cr_assert(cert_san(&c, &a, &san, &err));
    cr_expect_eq(san.num_dns, 1);
    cr_expect_str_eq(san.dns[0], "localhost");
    cr_expect_eq(san.num_ips, 2);
    cr_expect_eq(c.key_usage, KU_DIGITAL_SIGNATURE | KU_CERT_SIGN);
    cr_expect_eq(c.not_before, NOW);
    cr_expect_eq(c.not_after, NOW + 365 * DAY);
    cr_expect_not(c.is_ca);
    cr_expect(slice_equal(c.issuer, ca->marble_root.subject));
    cr_expect(slice_equal(c.spki, v.public_key));
    cr_expect_not(slice_equal(v.private_key, again.private_key));
    peer_write("c", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
    peer_write("root", slice_str(pem_text(&a, "CERTIFICATE", ca->marble_root.der)));
    peer_write("key", slice_str(pem_text(&a, "PRIVATE KEY", v.private_key)));
    cr_expect(peer_run(&a, &said, "openssl verify -attime %d -CAfile root c", NOW + 1), "%s", said);
    cr_expect(peer_run(&a, &said, "openssl x509 -in c -noout -ext extendedKeyUsage"));
    cr_expect_not_null(strstr(said, "TLS Web Server Authentication, TLS Web Client Authentication"), "%s",
                       said);
    cr_expect(peer_run(
        &a, &said, "test \"$(openssl pkey -in key -pubout)\" = \"$(openssl x509 -in c -noout -pubkey)\""));
}

Test(secrets, certificates_follow_their_template, .init = begin, .fini = end)
{
    static char org[] = "Org", unit[] = "Unit", street[] = "Street 1", serial[] = "42",
                one_name[] = "a.example", two_name[] = "b.example", ip[] = "10.1.2.3";
    static char *orgs[] = {org}, *units[] = {unit}, *streets[] = {street}, *dns[] = {one_name, two_name},
                *ips[] = {ip};
    static uint64_t usage[] = {3, 1, 0};
    const struct secret_spec spec = {
        .name = "c",
        .type = SECRET_CERT_ECDSA,
        .size = 384,
        .shared = true,
        .has_cert = true,
        .cert = {.subject = {.organization = {orgs, 1},
                             .organizational_unit = {units, 1},
                             .street = {streets, 1},
                             .serial_number = serial},
                 .has_not_after = true,
                 .not_after = NOW + 7 * DAY,
                 .key_usage = KU_CERT_SIGN,
                 .ext_key_usage = usage,
                 .num_ext_key_usage = 3,
                 .is_ca = true,
                 .max_path_len = 1,
                 .dns_names = {dns, 2},
                 .ip_addresses = {ips, 1}},
    };
    const struct secret_value v = one(spec, &FRONTEND, true);
    const struct cert c = parsed(v.cert);
    char *said;

    cr_expect_eq(c.not_after, NOW + 7 * DAY);
    cr_expect(c.is_ca && c.has_path_len && c.path_len == 1);
    cr_expect_eq(c.key_usage, KU_CERT_SIGN);
    peer_write("c", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
    cr_assert(
        peer_run(&a, &said,
                 "openssl x509 -in c -noout -subject -nameopt RFC2253 -ext extendedKeyUsage,subjectAltName"));
    cr_expect_not_null(strstr(said, "O=Org") != NULL && strstr(said, "OU=Unit") &&
                               strstr(said, "street=Street 1") && strstr(said, "serialNumber=42") &&
                               strstr(said, "CN=MarbleRun Generated Certificate")
                           ? said
                           : NULL,
                       "%s", said);
    cr_expect_not_null(strstr(said, "Code Signing, TLS Web Server Authentication, Any Extended Key Usage"),
                       "%s", said);
    cr_expect_not_null(strstr(said, "DNS:a.example, DNS:b.example, IP Address:10.1.2.3"), "%s", said);
    cr_assert(peer_run(&a, &said, "openssl x509 -in c -noout -text | grep 'ASN1 OID'"));
    cr_expect_not_null(strstr(said, "secp384r1"), "%s", said);
}

Test(secrets, values_come_back_from_the_store, .init = begin, .fini = end)
{
    const struct secret_spec specs[] = {
        {.name = "s", .type = SECRET_SYMMETRIC_KEY, .size = 256, .shared = true},
        {.name = "c", .type = SECRET_CERT_ECDSA, .size = 256, .shared = true},
    };

    for (size_t i = 0; i < 2; i++) {
        const struct secret_value v = one(specs[i], &FRONTEND, true);
        const struct slice text =
            secret_value_encode(&(struct secret_value){&specs[i], v.cert, v.public_key, v.private_key}, &a);
        struct secret_value back;

        cr_assert(secret_value_decode(text, &specs[i], &a, &back, &err), "%s", err.text);
        cr_expect_eq(back.spec, &specs[i]);
        cr_expect(slice_equal(back.cert, v.cert));
        cr_expect(slice_equal(back.private_key, v.private_key));
        cr_expect(slice_equal(back.public_key, v.public_key));
        for (size_t len = 0; len < text.len; len++)
            cr_expect_not(secret_value_decode(slice_of(text.ptr, len), &specs[i], &a, &back, &err),
                          "%zu bytes", len);
    }
    cr_expect_str_eq(
        arena_strndup(&a, secret_value_encode(&(struct secret_value){.spec = &specs[0]}, &a)),
        "{\"Type\":\"symmetric-key\",\"Size\":256,\"Shared\":true,\"UserDefined\":false,\"Cert\":null,"
        "\"ValidFor\":0,\"Private\":null,\"Public\":null}");
    struct secret_value none;
    static const struct {
        const char *json, *text;
    } bad[] = {
        {"{\"Private\":1}", "secret:s.Private: expected base64 or an array of bytes, found a whole number"},
        {"{}", "secret:s.Type: expected \"symmetric-key\", as the manifest has it"},
        {"{\"Type\":\"plain\"}", "secret:s.Type: expected \"symmetric-key\", as the manifest has it"},
        {"{\"Type\":\"symmetric-key\",\"Size\":128}", "secret:s.Size: expected 256, as the manifest has it"},
        {"[]", "secret:s: expected an object"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(secret_value_decode(slice_str(bad[i].json), &specs[0], &a, &none, &err));
        cr_expect_eq(err.code, E_STATE_CORRUPT);
        cr_expect_str_eq(err.text, bad[i].text);
    }
}

Test(secrets, all_types_of_certificates_are_made, .init = begin, .fini = end)
{
    static const struct {
        enum secret_type type;
        uint64_t size;
        const char *algorithm;
    } cases[] = {
        {SECRET_CERT_RSA, 1024, "(1024 bit)"},          {SECRET_CERT_RSA, 2048, "(2048 bit)"},
        {SECRET_CERT_ECDSA, 224, "secp224r1"},          {SECRET_CERT_ECDSA, 256, "prime256v1"},
        {SECRET_CERT_ECDSA, 384, "secp384r1"},          {SECRET_CERT_ECDSA, 521, "secp521r1"},
        {SECRET_CERT_ED25519, 0, "ED25519 Public-Key"},
    };
    char *said;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct secret_spec spec = {.name = "c", .type = cases[i].type, .size = cases[i].size};
        const struct secret_value v = one(spec, &FRONTEND, true);

        peer_write("c", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
        peer_write("root", slice_str(pem_text(&a, "CERTIFICATE", ca->marble_root.der)));
        peer_write("key", slice_str(pem_text(&a, "PRIVATE KEY", v.private_key)));
        cr_expect(peer_run(&a, &said, "openssl verify -auth_level 0 -attime %d -CAfile root c", NOW + 1),
                  "%s", said);
        cr_expect(
            peer_run(&a, &said,
                     "test \"$(openssl pkey -in key -pubout)\" = \"$(openssl x509 -in c -noout -pubkey)\""));
        cr_expect(peer_run(&a, &said, "openssl x509 -in c -noout -text"));
        cr_expect_not_null(strstr(said, cases[i].algorithm), "%s: %s", cases[i].algorithm, said);
        cr_expect(slice_equal(parsed(v.cert).spki, v.public_key));
    }
}

/* ---- which, and when ------------------------------------------------------------------------------ */

static struct tls_end web_ends[] = {{.port = "1", .addr = "", .cert = "tls", .disable_client_auth = true},
                                    {.port = "2", .addr = "", .cert = ""}};
static struct tls_tag tags[] = {{.name = "web", .incoming = web_ends, .num_incoming = 2}};
static char web[] = "web";
static char *web_tags[] = {web};
static const struct marble SERVED = {.type = "served", .tls = web_tags, .num_tls = 1};

static struct secret_spec mixed[] = {
    {.name = "private", .type = SECRET_SYMMETRIC_KEY, .size = 128},
    {.name = "rsa", .type = SECRET_CERT_RSA, .size = 1024},
    {.name = "shared", .type = SECRET_SYMMETRIC_KEY, .size = 128, .shared = true},
    {.name = "tls", .type = SECRET_CERT_ED25519},
    {.name = "user", .type = SECRET_PLAIN, .user_defined = true},
};
static const struct manifest MIXED = {.secrets = mixed, .num_secrets = 5, .tls = tags, .num_tls = 1};

static struct marble_secrets values_for(const struct kept_secrets *kept, const struct marble *m,
                                        const struct secret_names *used)
{
    const struct secrets_for who = {
        .manifest = &MIXED, .kept = kept, .ca = ca, .uuid = {{2, 3, 4}}, .marble = m, .used = used};
    struct marble_secrets set;

    cr_assert(secrets_of_marble(&who, NOW, &a, &set, &err), "%s", err.text);
    cr_assert_eq(set.now.num, set.previous.num);
    return set;
}

Test(secrets, only_those_that_a_marble_uses_are_made, .init = begin, .fini = end)
{
    static const char *const names[] = {"private", "shared", "unknown"};
    const struct secret_names some = {names, 3}, none = {0};
    struct kept_secrets kept;
    struct marble_secrets got;

    cr_assert(secrets_begin(&MIXED, root_secret(), ca, NOW, &a, &kept, &err), "%s", err.text);
    cr_assert_eq(kept.now.num, 2);
    cr_expect_str_eq(kept.now.values[0].spec->name, "shared");
    cr_expect_str_eq(kept.now.values[1].spec->name, "user");
    got = values_for(&kept, &FRONTEND, &some);
    cr_assert_eq(got.now.num, 2);
    cr_expect_not_null(secret_find(&got.now, "private"));
    cr_expect(slice_equal(secret_find(&got.now, "shared")->private_key, kept.now.values[0].private_key));
    cr_expect_eq(values_for(&kept, &FRONTEND, &none).now.num, 0);
    got = values_for(&kept, &SERVED, &none);
    cr_assert_eq(got.now.num, 1, "that of the TLS tag");
    cr_expect_str_eq(got.now.values[0].spec->name, "tls");
    got = values_for(&kept, &FRONTEND, NULL);
    cr_expect_eq(got.now.num, 5);
    cr_expect(slice_equal(secret_find(&got.now, "rsa")->cert, secret_find(&got.previous, "rsa")->cert),
              "a private certificate is made once");
}

Test(secrets, marbles_that_need_rsa_keys_are_known_beforehand, .init = begin, .fini = end)
{
    static const char *const with[] = {"private", "rsa"}, *const without[] = {"private", "tls"};
    const struct secret_names slow = {with, 2}, quick = {without, 2};

    cr_expect(secrets_are_slow(&MIXED, &FRONTEND, &slow));
    cr_expect_not(secrets_are_slow(&MIXED, &FRONTEND, &quick));
    cr_expect_not(secrets_are_slow(&MIXED, &SERVED, &quick));
    cr_expect(secrets_are_slow(&MIXED, &FRONTEND, NULL));
    mixed[1].shared = true;
    cr_expect_not(secrets_are_slow(&MIXED, &FRONTEND, NULL), "a shared one is there already");
    mixed[1].shared = false;
    mixed[3].type = SECRET_CERT_RSA;
    cr_expect(secrets_are_slow(&MIXED, &SERVED, &(struct secret_names){0}));
    mixed[3].type = SECRET_CERT_ED25519;
}
