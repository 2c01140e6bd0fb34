/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "tests/support/peer.h"
#include "tests/support/x509.h"

static struct arena a;
static struct err err;
static char *said;
static struct key key;

static void begin(void)
{
    pki_init();
    peer_begin();
    cr_assert(key_generate(KEY_P256, &key, &err), "%s", err.text);
}

static void end(void)
{
    key_wipe(&key);
    peer_end();
    arena_wipe(&a);
}

static struct san names(void)
{
    static char *dns[] = {"b.example", "a.example"}, *uris[] = {"spiffe://mesh/x"};
    static struct slice ips[] = {{(const uint8_t *)"\x7f\0\0\1", 4}};

    return (struct san){.dns = dns, .uris = uris, .ips = ips, .num_dns = 2, .num_uris = 1, .num_ips = 1};
}

static struct slice make(struct slice subject, const struct san *san)
{
    struct slice der;

    cr_assert(csr_make(&key, subject, san, &a, &der, &err), "%s", err.text);
    return der;
}

Test(csr, openssl_verifies_and_prints_ours, .init = begin, .fini = end)
{
    const struct name_part subject[] = {{OID_COMMON_NAME, "MarbleRun Marble"}};
    const struct san san = names();

    peer_write("r.der", make(name_build(&a, subject, 1), &san));
    cr_expect(peer_run(&a, &said, "openssl req -inform DER -in r.der -verify -noout -nameopt oneline -text"),
              "%s", said);
    cr_expect_not_null(strstr(said, "Subject: CN = MarbleRun Marble"), "%s", said);
    cr_expect_not_null(
        strstr(said, "DNS:b.example, DNS:a.example, IP Address:127.0.0.1, URI:spiffe://mesh/x"), "%s", said);
    peer_write("r.der", make((struct slice){0}, NULL));
    cr_expect(peer_run(&a, &said, "openssl req -inform DER -in r.der -verify -noout -nameopt oneline -text"),
              "%s", said);
    cr_expect_not_null(strstr(said, "Subject: \n"), "%s", said);
}

Test(csr, we_read_ours, .init = begin, .fini = end)
{
    const struct name_part subject[] = {{OID_COMMON_NAME, "x"}};
    const struct san san = names();
    struct csr r;

    cr_assert(csr_parse(make(name_build(&a, subject, 1), &san), &a, &r, &err), "%s", err.text);
    cr_expect_str_eq(name_text(&a, r.subject), "CN=x");
    cr_expect(slice_equal(r.spki, key_spki(&key, &a)));
    cr_assert(r.san.num_dns == 2 && r.san.num_ips == 1 && r.san.num_uris == 1);
    cr_expect_str_eq(r.san.dns[0], "b.example");
    cr_expect_str_eq(r.san.uris[0], "spiffe://mesh/x");
    cr_assert(csr_parse(make((struct slice){0}, NULL), &a, &r, &err), "%s", err.text);
    cr_expect(r.subject.len == 2 && r.san.num_dns == 0);
}

Test(csr, we_read_those_of_openssl, .init = begin, .fini = end)
{
    static const char *const keys[] = {"ec -pkeyopt ec_paramgen_curve:P-256",
                                       "ec -pkeyopt ec_paramgen_curve:P-384", "rsa:2048", "rsa:2048 -sha512"};
    struct csr r;

    peer_write("c.cnf",
               slice_str("[req]\ndistinguished_name=d\nattributes=at\n[d]\n[at]\nchallengePassword=pw\n"
                         "challengePassword_default=secret\n"));
    for (size_t i = 0; i < 4; i++) {
        cr_assert(
            peer_run(
                &a, &said,
                "openssl req -new -newkey %s -nodes -keyout k.pem -outform DER -out r.der -subj / -addext "
                "'subjectAltName=DNS:localhost,IP:::1' -addext 'keyUsage=digitalSignature' && openssl pkey "
                "-in "
                "k.pem -pubout -outform DER -out spki.der",
                keys[i]),
            "%s", said);
        cr_assert(csr_parse(peer_read(&a, "r.der"), &a, &r, &err), "%s: %s", keys[i], err.text);
        cr_expect(slice_equal(r.spki, peer_read(&a, "spki.der")));
        cr_expect(r.san.num_dns == 1 && r.san.num_ips == 1 && r.subject.len == 2);
    }
    cr_assert(
        peer_run(
            &a, &said,
            "yes secret | openssl req -new -config c.cnf -key k.pem -outform DER -out r.der -subj /CN=x"),
        "%s", said);
    cr_assert(csr_parse(peer_read(&a, "r.der"), &a, &r, &err), "a password is passed over: %s", err.text);
    cr_expect_str_eq(name_text(&a, r.subject), "CN=x");
}

Test(csr, every_truncation_and_every_changed_byte_is_refused, .init = begin, .fini = end)
{
    const struct san san = names();
    const struct slice der = make((struct slice){0}, &san);
    uint8_t *bytes = (uint8_t *)der.ptr;
    struct csr r = {.san = {.num_dns = 77}};

    for (size_t len = 0; len < der.len; len++) {
        cr_expect(!csr_parse(slice_of(bytes, len), &a, &r, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_CSR_FORMAT);
    }
    for (size_t i = 0; i < der.len; i++) {
        bytes[i] ^= 0x10;
        cr_expect(!csr_parse(der, &a, &r, &err), "byte %zu", i);
        cr_expect_eq(err.code, E_CSR_FORMAT);
        bytes[i] ^= 0x10;
    }
    cr_expect_eq(r.san.num_dns, 77, "outputs stay untouched");
    cr_expect(csr_parse(der, &a, &r, &err), "%s", err.text);
}

/* A request of chosen version and attributes, signed as it should be. */
static struct slice assemble(const char *version, const char *attributes, const struct key *signer)
{
    scoped(buf_wipe) struct buf info = buf_max(4000), b = buf_max(4000);
    size_t mark = der_begin(&info, DER_SEQUENCE);
    struct slice s, signature;

    cr_assert(hex_decode(slice_str(version), &a, &s));
    buf_put(&info, s);
    buf_put(&info, slice_of("\x30\0", 2));
    buf_put(&info, key_spki(&key, &a));
    cr_assert(hex_decode(slice_str(attributes), &a, &s));
    buf_put(&info, s);
    der_end(&info, mark);
    cr_assert(key_sign(signer, buf_bytes(&info), &a, &signature, &err), "%s", err.text);
    mark = der_begin(&b, DER_SEQUENCE);
    buf_put(&b, buf_bytes(&info));
    cr_assert(hex_decode(slice_str("300a06082a8648ce3d040302"), &a, &s));
    buf_put(&b, s);
    der_put_bits(&b, signature);
    der_end(&b, mark);
    return arena_copy(&a, buf_bytes(&b));
}

#define INFO          "request: expected version 1, subject, public key and attributes in DER"
#define ATTRIBUTES    "request: expected attributes in DER, and one request for extensions at most"
#define SAN_REQUEST   "301a06092a864886f70d01090e310d300b30090603551d1104023000"
#define OTHER_REQUEST "301906092a864886f70d01090e310c300a300806032a03040401aa"

Test(csr, each_deviation_from_the_standard_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *version, *attributes, *want;
    } cases[] = {
        {"020100", "a000", NULL},
        {"020100", "a01b" OTHER_REQUEST, NULL},
        {"020101", "a000", INFO},
        {"", "a000", INFO},
        {"020100", "", INFO},
        {"020100", "3000", INFO},
        {"020100", "a0000500", INFO},
        {"020100", "a0023000", ATTRIBUTES},
        {"020100", "a036" OTHER_REQUEST OTHER_REQUEST, ATTRIBUTES},
        {"020100", "a00f300d06092a864886f70d01090e3100", ATTRIBUTES},
        {"020100", "a011300f06092a864886f70d01090e31023000",
         "request: expected extensions in DER, none of them twice"},
        {"020100", "a01c" SAN_REQUEST,
         "request: alternative names: expected a SEQUENCE of one or more names in DER"},
    };
    struct csr r;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool ok = csr_parse(assemble(cases[i].version, cases[i].attributes, &key), &a, &r, &err);

        cr_expect_eq(ok, cases[i].want == NULL, "case %zu: %s", i, ok ? "read" : err.text);
        if (ok || cases[i].want == NULL)
            continue;
        cr_expect_eq(err.code, E_CSR_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want, "case %zu: %s", i, err.text);
    }
}

Test(csr, a_request_for_a_key_one_does_not_have_is_refused, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key other = {0};
    struct csr r;

    cr_assert(key_generate(KEY_P256, &other, &err), "%s", err.text);
    cr_expect(!csr_parse(assemble("020100", "a000", &other), &a, &r, &err));
    cr_expect_eq(err.code, E_CSR_FORMAT);
    cr_expect_str_eq(
        err.text, "request: expected to be signed with the key it names: the signature (ecdsa-with-SHA256) "
                  "does not hold under this public key");
}
