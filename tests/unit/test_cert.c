/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"
#include "tests/support/x509.h"

static struct arena a;
static struct err err;
static char *said;

static void begin(void)
{
    pki_init();
    peer_begin();
}

static void end(void)
{
    peer_end();
    wipe_made();
    arena_wipe(&a);
}

static bool has(const char *text, const char *part) { return strstr(text, part) != NULL; }

static struct san names(void)
{
    static char *dns[] = {"z.example", "a.example", "*.m.example"},
                *uris[] = {"spiffe://mesh/b", "spiffe://mesh/a"};
    static struct slice ips[] = {{(const uint8_t *)"\x7f\0\0\1", 4},
                                 {(const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16}};

    return (struct san){.dns = dns, .uris = uris, .ips = ips, .num_dns = 3, .num_uris = 2, .num_ips = 2};
}

/* ---- what we issue ------------------------------------------------------------------------- */

Test(cert, openssl_prints_what_was_asked_for, .init = begin, .fini = end)
{
    static const char *const lines[] = {
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN = Root",
        "Subject: CN = M\\C3\\BCller, O = Example Ltd",
        "Not Before: Jan  1 00:00:00 2020 GMT",
        "Not After : Apr 11 23:47:16 2312 GMT",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Agreement",
        "X509v3 Extended Key Usage: \n                TLS Web Server Authentication, TLS Web Client "
        "Authentication",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Subject Alternative Name: \n                DNS:z.example, DNS:a.example, DNS:*.m.example, "
        "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://mesh/b, URI:spiffe://mesh/a",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "1.3.9903.2.1: \n                frontend",
    };
    const struct name_part subject[] = {{OID_COMMON_NAME, "M\xc3\xbcller"},
                                        {OID_ORGANIZATION, "Example Ltd"}};
    const struct extension type = {.oid = {(const uint8_t *)"\x2b\xcd\x2f\x02\x01", 5},
                                   .value = slice_str("frontend")};
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), leaf = {0};
    struct cert_spec spec = SPEC_LEAF;
    struct slice der;

    spec.subject = subject;
    spec.num_subject = 2;
    spec.san = names();
    spec.extra = &type;
    spec.num_extra = 1;
    cr_assert(key_generate(KEY_P256, &leaf.key, &err), "%s", err.text);
    cr_assert(cert_issue(&spec, key_spki(&leaf.key, &a), &root.cert, &root.key, &a, &der, &err), "%s",
              err.text);
    peer_write("leaf.der", der);
    peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
    cr_expect(peer_run(&a, &said, "openssl x509 -inform DER -in leaf.der -noout -nameopt oneline -text"),
              "%s", said);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect(has(said, lines[i]), "%s is not in:\n%s", lines[i], said);
    cr_expect(peer_run(&a, &said,
                       "openssl x509 -inform DER -in leaf.der -out leaf.pem && openssl verify -x509_strict "
                       "-purpose sslserver -CAfile root.pem leaf.pem"),
              "%s", said);
    key_wipe(&leaf.key);
}

Test(cert, openssl_verifies_chains_of_every_curve, .init = begin, .fini = end)
{
    static const struct {
        enum key_type type;
        const char *alg;
    } cases[] = {
        {KEY_P256, "ecdsa-with-SHA256"}, {KEY_P384, "ecdsa-with-SHA384"}, {KEY_P521, "ecdsa-with-SHA512"}};

    for (size_t i = 0; i < 3; i++) {
        struct made root = {0}, ca, leaf;
        struct cert_spec spec = SPEC_CA;

        cr_assert(key_generate(cases[i].type, &root.key, &err), "%s", err.text);
        root.cert = make_cert_for(&a, "Root", &SPEC_CA, &root.key, NULL);
        spec.path_len = 0;
        ca = make_cert(&a, "Intermediate", &spec, &root);
        leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca);
        peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
        peer_write("ca.pem", slice_str(cert_pem(&a, &ca.cert)));
        peer_write("leaf.pem", slice_str(cert_pem(&a, &leaf.cert)));
        cr_expect(
            peer_run(&a, &said, "openssl verify -x509_strict -CAfile root.pem -untrusted ca.pem leaf.pem"),
            "%s", said);
        cr_expect(peer_run(&a, &said, "openssl x509 -in ca.pem -noout -nameopt oneline -text"), "%s", said);
        cr_expect(has(said, cases[i].alg) && has(said, "CA:TRUE, pathlen:0"), "%s", said);
        key_wipe(&root.key);
    }
}

Test(cert, an_RSA_authority_can_issue_too, .init = begin, .fini = end)
{
    struct made root = {0}, leaf;

    cr_assert(peer_run(&a, &said, "openssl genrsa -out k.pem 3072"), "%s", said);
    cr_assert(key_from_pem(peer_read(&a, "k.pem"), &root.key, &err), "%s", err.text);
    root.cert = make_cert_for(&a, "Root", &SPEC_CA, &root.key, NULL);
    leaf = make_cert(&a, "leaf", &SPEC_LEAF, &root);
    peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
    peer_write("leaf.pem", slice_str(cert_pem(&a, &leaf.cert)));
    cr_expect(peer_run(&a, &said, "openssl verify -x509_strict -CAfile root.pem leaf.pem"), "%s", said);
    cr_expect(cert_signed_by(&leaf.cert, &root.cert, &err), "%s", err.text);
    key_wipe(&root.key);
}

Test(cert, what_was_asked_for_is_what_is_read, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), leaf;
    struct cert_spec spec = SPEC_LEAF;
    const struct san want = names();
    struct san got;

    spec.san = want;
    spec.serial = slice_of("\0\0\x80\1", 4);
    leaf = make_cert(&a, "leaf", &spec, &root);
    cr_expect(slice_equal(leaf.cert.serial, slice_of("\0\x80\1", 3)));
    cr_expect(slice_equal(leaf.cert.issuer, root.cert.subject));
    cr_expect(slice_equal(cert_common_name(&leaf.cert), slice_str("leaf")));
    cr_expect_str_eq(name_text(&a, leaf.cert.subject), "CN=leaf");
    cr_expect_eq(leaf.cert.not_before, TEST_FROM);
    cr_expect_eq(leaf.cert.not_after, TEST_TO);
    cr_expect(slice_equal(leaf.cert.spki, key_spki(&leaf.key, &a)));
    cr_expect(!leaf.cert.is_ca && root.cert.is_ca && !root.cert.has_path_len);
    cr_expect_eq(leaf.cert.key_usage, (unsigned)KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
    cr_expect_null(cert_extension(&root.cert, OID_AUTHORITY_KEY_ID), "a root names no other key");
    cr_assert(cert_san(&leaf.cert, &a, &got, &err), "%s", err.text);
    cr_assert(got.num_dns == 3 && got.num_ips == 2 && got.num_uris == 2);
    for (size_t i = 0; i < 3; i++)
        cr_expect_str_eq(got.dns[i], want.dns[i]);
    for (size_t i = 0; i < 2; i++)
        cr_expect(slice_equal(got.ips[i], want.ips[i]) && strcmp(got.uris[i], want.uris[i]) == 0);
}

Test(cert, serials_are_drawn_where_none_is_given, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL);
    const struct cert again = make_cert_for(&a, "Root", &SPEC_CA, &root.key, NULL);

    cr_expect(!slice_equal(root.cert.serial, again.serial));
    cr_expect(root.cert.serial.len >= 8 && root.cert.serial.len <= 17);
}

Test(cert, an_empty_subject_makes_the_alternative_names_critical, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), named, nameless;
    struct cert_spec spec = SPEC_LEAF;

    spec.san = names();
    named = make_cert(&a, "leaf", &spec, &root);
    nameless = make_cert(&a, "", &spec, &root);
    cr_expect(!cert_extension(&named.cert, OID_SUBJECT_ALT_NAME)->critical);
    cr_expect(cert_extension(&nameless.cert, OID_SUBJECT_ALT_NAME)->critical);
    cr_expect_eq(nameless.cert.subject.len, 2);
    cr_expect_str_eq(name_text(&a, nameless.cert.subject), "(empty name)");
    peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
    peer_write("leaf.pem", slice_str(cert_pem(&a, &nameless.cert)));
    cr_expect(peer_run(&a, &said, "openssl verify -x509_strict -CAfile root.pem leaf.pem"), "%s", said);
}

Test(cert, an_extension_of_the_callers_takes_the_place_of_ours, .init = begin, .fini = end)
{
    const struct extension extra[] = {
        {OID_SUBJECT_KEY_ID, slice_of("\4\2hi", 4), false},
        {OID_KEY_USAGE, slice_of("\3\2\1\6", 4), true},
    };
    struct cert_spec spec = SPEC_CA;
    struct made root, leaf;

    spec.extra = extra;
    spec.num_extra = 2;
    root = make_cert(&a, "Root", &spec, NULL);
    leaf = make_cert(&a, "leaf", &SPEC_LEAF, &root);
    cr_expect_eq(root.cert.key_usage, (unsigned)KU_CERT_SIGN | KU_CRL_SIGN);
    cr_expect(slice_equal(cert_extension(&root.cert, OID_SUBJECT_KEY_ID)->value, extra[0].value));
    cr_expect(
        slice_equal(cert_extension(&leaf.cert, OID_AUTHORITY_KEY_ID)->value, slice_of("\x30\4\x80\2hi", 6)));
}

Test(cert, no_extensions_at_all_are_left_out, .init = begin, .fini = end)
{
    const struct cert_spec bare = {.not_before = TEST_FROM, .not_after = TEST_TO, .path_len = -1};
    struct made c = make_cert(&a, "", &bare, NULL);

    cr_expect_eq(c.cert.num_extensions, 0);
    cr_expect(!c.cert.has_key_usage);
    peer_write("c.der", c.cert.der);
    cr_expect(peer_run(&a, &said, "openssl x509 -inform DER -in c.der -noout -nameopt oneline -text"), "%s",
              said);
    cr_expect(!has(said, "X509v3"), "%s", said);
}

Test(cert, issuing_refuses_what_cannot_be, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), other = make_cert(&a, "Other", &SPEC_CA, NULL);
    struct cert_spec spec = SPEC_LEAF;
    struct slice der = {0};

    cr_expect(!cert_issue(&spec, other.cert.spki, &root.cert, &other.key, &a, &der, &err));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(
        err.text,
        "issuing a certificate: expected the private key that belongs to the issuer, found another");
    cr_expect(!cert_issue(&spec, root.cert.spki, NULL, &other.key, &a, &der, &err));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    spec.serial = slice_of(arena_alloc(&a, 21), 21);
    cr_expect(!cert_issue(&spec, other.cert.spki, &root.cert, &root.key, &a, &der, &err));
    cr_expect_str_eq(err.text,
                     "issuing a certificate: expected a serial number of at most 20 bytes, found 21");
    spec = SPEC_LEAF;
    spec.not_after = INT64_C(253402300800); /* the year 10000 */
    cr_expect(!cert_issue(&spec, other.cert.spki, &root.cert, &root.key, &a, &der, &err));
    cr_expect_eq(err.code, E_CERT_FORMAT);
    cr_expect_str_eq(err.text,
                     "issuing a certificate: expected at most 65536 bytes, and dates in the years 0 to 9999");
    spec = SPEC_LEAF;
    spec.subject_name = slice_str("0!");
    cr_expect(!cert_issue(&spec, other.cert.spki, &root.cert, &root.key, &a, &der, &err));
    cr_expect_str_eq(err.text, "issuing a certificate: expected the subject to be a name in DER");
    cr_expect_null(der.ptr, "outputs stay untouched");
}

/* ---- what OpenSSL issues ------------------------------------------------------------------- */

Test(cert, certificates_of_openssl_are_read, .init = begin, .fini = end)
{
    static const struct {
        const char *options;
        const char *subject;
        enum signature_alg alg;
    } cases[] = {
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -subj /C=DE/ST=Berlin/L=Berlin/O=Ex/CN=p256",
         "C=DE, ST=Berlin, L=Berlin, O=Ex, CN=p256", SIG_ECDSA_SHA256},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384 -subj /CN=p384", "CN=p384", SIG_ECDSA_SHA384},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-521 -sha512 -subj /CN=p521", "CN=p521", SIG_ECDSA_SHA512},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-224 -sha256 -subj /CN=p224", "CN=p224", SIG_ECDSA_SHA256},
        {"-newkey ed25519 -subj /CN=ed", "CN=ed", SIG_ED25519},
        {"-newkey rsa:2048 -sha256 -subj /CN=rsa", "CN=rsa", SIG_RSA_PKCS1_SHA256},
        {"-newkey rsa:4096 -sha512 -subj /CN=rsa/OU=x", "CN=rsa, 2.5.4.11=x", SIG_RSA_PKCS1_SHA512},
        {"-newkey rsa:2048 -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -subj /CN=pss",
         "CN=pss", SIG_RSA_PSS_SHA384},
        {"-newkey rsa:3072 -sha256 -subj / -set_serial 42", "(empty name)", SIG_RSA_PKCS1_SHA256},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -subj / -days 40000", "(empty name)",
         SIG_ECDSA_SHA256},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -subj /CN=m+O=n -multivalue-rdn", "CN=m, O=n",
         SIG_ECDSA_SHA256},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -subj /CN=neg -set_serial -1000", "CN=neg",
         SIG_ECDSA_SHA256},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cert c, *list;
        size_t num;

        cr_assert(
            peer_run(
                &a, &said,
                "openssl req -x509 -nodes -keyout k.pem -out c.pem %s && openssl x509 -in c.pem -outform "
                "DER -out c.der",
                cases[i].options),
            "%s", said);
        cr_assert(cert_parse(peer_read(&a, "c.der"), &a, &c, &err), "%s: %s", cases[i].options, err.text);
        cr_assert(cert_parse_pem(peer_read(&a, "c.pem"), &a, &list, &num, &err), "%s", err.text);
        cr_expect(num == 1 && slice_equal(list[0].der, c.der));
        cr_expect_str_eq(name_text(&a, c.subject), cases[i].subject);
        cr_expect_eq(c.alg, cases[i].alg);
        cr_expect(c.is_ca && cert_signed_by(&c, &c, &err), "%s", err.text);
        cr_expect(cert_valid_at(&c, clock_now(), &err), "%s", err.text);
    }
}

Test(cert, names_that_openssl_wrote_are_read, .init = begin, .fini = end)
{
    struct cert c;
    struct san san;

    peer_write("d.cnf", slice_str("[req]\ndistinguished_name=d\n[d]\nCN=y\n"));
    cr_assert(
        peer_run(
            &a, &said,
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -outform DER "
            "-out c.der -subj /CN=x -addext 'subjectAltName=email:a@b.c,DNS:one,URI:spiffe://x,IP:10.0.0.1,"
            "dirName:d,IP:::1,DNS:two,RID:1.2.3' -addext basicConstraints=critical,CA:true,pathlen:3 -addext "
            "keyUsage=critical,keyCertSign,cRLSign,decipherOnly -config d.cnf"),
        "%s", said);
    cr_assert(cert_parse(peer_read(&a, "c.der"), &a, &c, &err), "%s", err.text);
    cr_assert(cert_san(&c, &a, &san, &err), "%s", err.text);
    cr_assert(san.num_dns == 2 && san.num_ips == 2 && san.num_uris == 1);
    cr_expect(strcmp(san.dns[0], "one") == 0 && strcmp(san.dns[1], "two") == 0);
    cr_expect(slice_equal(san.ips[0], slice_of("\x0a\0\0\1", 4)) && san.ips[1].len == 16);
    cr_expect_str_eq(san.uris[0], "spiffe://x");
    cr_expect(c.has_path_len && c.path_len == 3);
    cr_expect_eq(c.key_usage, (unsigned)KU_CERT_SIGN | KU_CRL_SIGN | 1u << 8);
}

/* OpenSSL 3.0 makes version 1 when there are no extensions, later releases when they are told to. */
Test(cert, version_1_is_read, .init = begin, .fini = end)
{
    struct cert c;

    peer_write("d.cnf", slice_str("[req]\ndistinguished_name=d\n[d]\n"));
    cr_assert(
        peer_run(&a, &said,
                 "openssl req -x509 $(openssl req -help 2>&1 | grep -o -e -x509v1) -newkey rsa:2048 -nodes "
                 "-keyout k.pem -config d.cnf -subj /CN=old -outform DER -out c.der && openssl x509 -inform "
                 "DER -in c.der "
                 "-noout -text"),
        "%s", said);
    cr_assert(has(said, "Version: 1"), "%s", said);
    cr_assert(cert_parse(peer_read(&a, "c.der"), &a, &c, &err), "%s", err.text);
    cr_expect(!c.is_ca && c.num_extensions == 0);
}

Test(cert, other_algorithms_are_refused_by_name, .init = begin, .fini = end)
{
    static const struct {
        const char *options, *oid;
    } cases[] = {
        {"-newkey ed448", "1.3.101.113"},
        {"-newkey rsa:2048 -sha1", "1.2.840.113549.1.1.5"},
        {"-newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20", "1.2.840.113549.1.1.10"},
    };
    struct cert c;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(peer_run(&a, &said,
                           "openssl req -x509 -nodes -keyout k.pem -outform DER -out c.der -subj /CN=x %s",
                           cases[i].options),
                  "%s", said);
        cr_expect(!cert_parse(peer_read(&a, "c.der"), &a, &c, &err));
        cr_expect_eq(err.code, E_CERT_FORMAT);
        cr_expect_str_eq(err.text, arena_printf(&a,
                                                "certificate: signature algorithm: expected Ed25519, or "
                                                "ECDSA or RSA with SHA-256, SHA-384 or "
                                                "SHA-512, and the parameters that go with it, found %s",
                                                cases[i].oid));
    }
}

/* ---- what is refused ----------------------------------------------------------------------- */

/* A certificate of chosen parts; its signature holds nothing, which reading does not look at. */
struct parts {
    const char *version, *serial, *inner_alg, *issuer, *validity, *extensions, *after;
};
static const char version3[] = "a003020102", sha256_alg[] = "300a06082a8648ce3d040302", no_name[] = "3000",
                  dates[] = "301e170d3230303130313030303030305a170d3330303130313030303030305a",
                  p256_spki[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
                                "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

static void put_hex(struct buf *b, const char *digits)
{
    struct slice s;

    cr_assert(hex_decode(slice_str(digits), &a, &s), "%s", digits);
    buf_put(b, s);
}

static struct slice assemble(const struct parts *p)
{
    scoped(buf_wipe) struct buf b = buf_max(4000);
    const size_t whole = der_begin(&b, DER_SEQUENCE), tbs = der_begin(&b, DER_SEQUENCE);

    put_hex(&b, p->version != NULL ? p->version : version3);
    put_hex(&b, p->serial != NULL ? p->serial : "020101");
    put_hex(&b, p->inner_alg != NULL ? p->inner_alg : sha256_alg);
    put_hex(&b, p->issuer != NULL ? p->issuer : no_name);
    put_hex(&b, p->validity != NULL ? p->validity : dates);
    put_hex(&b, no_name);
    put_hex(&b, p256_spki);
    if (p->extensions != NULL) {
        const size_t outer = der_begin(&b, der_context_constructed(3)), list = der_begin(&b, DER_SEQUENCE);

        put_hex(&b, p->extensions);
        der_end(&b, list);
        der_end(&b, outer);
    }
    put_hex(&b, p->after != NULL ? p->after : "");
    der_end(&b, tbs);
    put_hex(&b, sha256_alg);
    der_put_bits(&b, slice_str("signature"));
    der_end(&b, whole);
    return arena_copy(&a, buf_bytes(&b));
}

#define FIELDS                                                                                               \
    "certificate: expected serial number, algorithm, issuer, validity, subject and public key as RFC 5280 "  \
    "has them, "                                                                                             \
    "in DER"
#define EXTENSIONS "certificate: expected extensions in DER, none of them twice"
#define BASIC                                                                                                \
    "certificate: expected basic constraints with a path length at most, and that only of an authority"
#define USAGE "certificate: expected the key usage to be a BIT STRING of at most nine bits, unused ones zero"

Test(cert, each_deviation_from_the_standard_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *what;
        struct parts parts;
        const char *want; /* NULL: read */
    } cases[] = {
        {"as it should be", {0}, NULL},
        {"a serial with its top bit set", {.serial = "02020080"}, NULL},
        {"a negative serial", {.serial = "020180"}, NULL},
        {"a serial of twenty octets and a zero",
         {.serial = "021500ffffffffffffffffffffffffffffffffffffffff"},
         NULL},
        {"a critical extension that nobody knows", {.extensions = "300a06022a030101ff0401aa"}, NULL},
        {"an empty value", {.extensions = "300606022a030400"}, NULL},
        {"key usage that does not say how many bits", {.extensions = "30090603551d0f04020300"}, USAGE},
        {"version 2",
         {.version = "a003020101"},
         "certificate: expected version 3, or version 1 by not naming any"},
        {"version 1 written out",
         {.version = "a003020100"},
         "certificate: expected version 3, or version 1 by not naming any"},
        {"version 4",
         {.version = "a003020103"},
         "certificate: expected version 3, or version 1 by not naming any"},
        {"version 1 with extensions",
         {.version = "", .extensions = "300606022a030400"},
         "certificate: expected no extensions in version 1"},
        {"a serial with a zero to spare", {.serial = "0202007f"}, FIELDS},
        {"a serial too long", {.serial = "02160101010101010101010101010101010101010101010101"}, FIELDS},
        {"no serial", {.serial = ""}, FIELDS},
        {"another algorithm inside",
         {.inner_alg = "300a06082a8648ce3d040303"},
         "certificate: expected the algorithm inside the signed part to be the one outside it"},
        {"a name of another kind", {.issuer = "3100"}, FIELDS},
        {"a name with an empty SET", {.issuer = "30023100"}, FIELDS},
        {"a name with half an attribute",
         {.issuer = "30093107300506035504"
                    "03"},
         FIELDS},
        {"one date", {.validity = "300f170d3230303130313030303030305a"}, FIELDS},
        {"three dates",
         {.validity = "302d170d3230303130313030303030305a170d3330303130313030303030305a170d333030313031303030"
                      "3030305a"},
         FIELDS},
        {"GeneralizedTime before 2050",
         {.validity = "3020180f32303230303130313030303030305a170d3330303130313030303030305a"},
         FIELDS},
        {"no extensions in the list", {.extensions = ""}, EXTENSIONS},
        {"an extension twice", {.extensions = "300606022a030400300606022a030400"}, EXTENSIONS},
        {"critical false written out", {.extensions = "300906022a030101000400"}, EXTENSIONS},
        {"critical as one", {.extensions = "300906022a030101010400"}, EXTENSIONS},
        {"something after the value", {.extensions = "300806022a0304000500"}, EXTENSIONS},
        {"not an authority, written out", {.extensions = "300c0603551d1304053003010100"}, BASIC},
        {"a path length and no authority", {.extensions = "300c0603551d1304053003020100"}, BASIC},
        {"a negative path length", {.extensions = "300f0603551d13040830060101ff0201ff"}, BASIC},
        {"something in basic constraints",
         {.extensions = "300e0603551d130407300501"
                        "01ff0500"},
         BASIC},
        {"something after basic constraints",
         {.extensions = "300b0603551d1304043000"
                        "0500"},
         BASIC},
        {"unused bits of the key usage set", {.extensions = "300b0603551d0f0404030205ff"}, USAGE},
        {"key usage of three octets", {.extensions = "300d0603551d0f0406030400ffffff"}, USAGE},
        {"something after the extensions",
         {.extensions = "300606022a030400", .after = "0500"},
         "certificate: expected nothing after the extensions"},
    };
    struct cert c;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool ok = cert_parse(assemble(&cases[i].parts), &a, &c, &err);

        cr_expect_eq(ok, cases[i].want == NULL, "%s: %s", cases[i].what, ok ? "read" : err.text);
        if (ok || cases[i].want == NULL)
            continue;
        cr_expect_eq(err.code, E_CERT_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want, "%s: %s", cases[i].what, err.text);
    }
}

Test(cert, every_truncation_and_every_trailing_byte_is_refused, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL);
    const struct slice der = root.cert.der;
    uint8_t *longer = arena_alloc(&a, der.len + 1);
    struct cert c = {.num_extensions = 77};

    memcpy(longer, der.ptr, der.len);
    for (size_t len = 0; len < der.len; len++) {
        cr_expect(!cert_parse(slice_of(der.ptr, len), &a, &c, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_CERT_FORMAT);
    }
    cr_expect(!cert_parse(slice_of(longer, der.len + 1), &a, &c, &err));
    cr_expect_str_eq(err.text,
                     arena_printf(&a,
                                  "certificate: expected a SEQUENCE of contents, algorithm and signature in "
                                  "DER and nothing after it, found %zu bytes that are not",
                                  der.len + 1));
    cr_expect_eq(c.num_extensions, 77, "outputs stay untouched");
}

Test(cert, too_much_is_refused_before_it_is_read, .init = begin, .fini = end)
{
    struct cert c, *list;
    size_t num;
    char *many = arena_strdup(&a, "");
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL);

    cr_expect(!cert_parse(slice_of(arena_alloc(&a, 70000), 70000), &a, &c, &err));
    cr_expect_str_eq(err.text, "certificate: expected at most 65536 bytes, found 70000");
    for (size_t i = 0; i < 10; i++)
        many = arena_printf(&a, "%s%s", many, cert_pem(&a, &root.cert));
    cr_expect(cert_parse_pem(slice_str(many), &a, &list, &num, &err), "%s", err.text);
    cr_expect_eq(num, 10);
    many = arena_printf(&a, "%s%s", many, cert_pem(&a, &root.cert));
    cr_expect(!cert_parse_pem(slice_str(many), &a, &list, &num, &err));
    cr_expect_str_eq(err.text, "expected at most 10 certificates, found more");
    cr_expect(!cert_parse_pem(slice_str("nothing"), &a, &list, &num, &err));
    cr_expect_str_eq(err.text, "expected a PEM block \"CERTIFICATE\", found none");
    cr_expect(!cert_parse_pem(slice_str(pem_text(&a, "CERTIFICATE", slice_str("x"))), &a, &list, &num, &err));
    cr_expect(has(err.text, "PEM block 1: certificate: expected a SEQUENCE"), "%s", err.text);
}

Test(cert, malformed_alternative_names_are_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"3000", "certificate: alternative names: expected a SEQUENCE of one or more names in DER"},
        {"30048203616161", "certificate: alternative names: expected a SEQUENCE of one or more names in DER"},
        {"3003820361", "certificate: alternative names: expected a SEQUENCE of one or more names in DER"},
        {"300382016100", "certificate: alternative names: expected a SEQUENCE of one or more names in DER"},
        {"", "certificate: alternative names: expected a SEQUENCE of one or more names in DER"},
        {"300482026100", "certificate: alternative name: expected a DNS name in ASCII, found other bytes"},
        {"30048602e4e4", "certificate: alternative name: expected a URI in ASCII, found other bytes"},
        {"30028200", "certificate: alternative name: expected a DNS name in ASCII, found other bytes"},
        {"30058703010203", "certificate: alternative name: expected an IP address of 4 or 16 bytes, found 3"},
    };
    struct cert c;
    struct san san = {.num_dns = 77};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t len = strlen(cases[i].value) / 2;
        const struct parts p = {
            .extensions = arena_printf(&a, "30%02zx0603551d1104%02zx%s", len + 7, len, cases[i].value)};

        cr_assert(cert_parse(assemble(&p), &a, &c, &err), "%zu: %s", i, err.text);
        cr_expect(!cert_san(&c, &a, &san, &err), "%zu", i);
        cr_expect_eq(err.code, E_CERT_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want, "%s: %s", cases[i].value, err.text);
        cr_expect_eq(san.num_dns, 77, "outputs stay untouched");
    }
}

/* ---- names --------------------------------------------------------------------------------- */

Test(cert, names_lose_the_attributes_named, .init = begin, .fini = end)
{
    const struct name_part parts[] = {
        {OID_COUNTRY, "DE"}, {OID_COMMON_NAME, "x"}, {OID_ORGANIZATION, "o"}, {OID_COMMON_NAME, "y"}};
    const struct slice name = name_build(&a, parts, 4);
    struct slice out = {0};

    cr_expect_str_eq(name_text(&a, name), "C=DE, CN=x, O=o, CN=y");
    cr_assert(name_without(name, &OID_COMMON_NAME, 1, &a, &out, &err), "%s", err.text);
    cr_expect_str_eq(name_text(&a, out), "C=DE, O=o");
    cr_assert(name_without(name, (const struct slice[]){OID_COMMON_NAME, OID_COUNTRY, OID_ORGANIZATION}, 3,
                           &a, &out, &err),
              "%s", err.text);
    cr_expect(slice_equal(out, slice_of("\x30\0", 2)));
    cr_assert(name_without(name, NULL, 0, &a, &out, &err), "%s", err.text);
    cr_expect(slice_equal(out, name));
    for (size_t len = 0; len < name.len; len++) {
        cr_expect(!name_without(slice_of(name.ptr, len), NULL, 0, &a, &out, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_CERT_FORMAT);
        cr_expect_str_eq(err.text, "expected a distinguished name in DER");
    }
}

Test(cert, names_that_lie_are_shown_harmlessly, .init = begin, .fini = end)
{
    const struct name_part parts[] = {{OID_COMMON_NAME, "a\nb\033[2J"}};

    cr_expect_str_eq(name_text(&a, name_build(&a, parts, 1)), "CN=a?b?[2J");
}
