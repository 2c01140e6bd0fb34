/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"
#include "tests/support/x509.h"

static struct arena a;
static struct err err;
static char *said;
static struct made root;

static void begin(void)
{
    pki_init();
    peer_begin();
    root = make_cert(&a, "Root", &SPEC_CA, NULL);
}

static void end(void)
{
    peer_end();
    wipe_made();
    arena_wipe(&a);
}

static const struct slice serials[] = {{(const uint8_t *)"\x01\x02", 2},
                                       {(const uint8_t *)"\xff\xee\xdd", 3}};

static struct slice issue(size_t num, const struct made *issuer)
{
    const struct crl_spec spec = {.this_update = TEST_FROM,
                                  .next_update = TEST_TO,
                                  .number = 5,
                                  .serials = serials,
                                  .num_serials = num};
    struct slice der;

    cr_assert(crl_issue(&spec, &issuer->cert, &issuer->key, &a, &der, &err), "%s", err.text);
    return der;
}

Test(crl, openssl_verifies_and_prints_ours, .init = begin, .fini = end)
{
    static const char *const lines[] = {
        "Version 2 (0x1)",
        "Issuer: CN = Root",
        "Last Update: Jan  1 00:00:00 2020 GMT",
        "Next Update: Apr 11 23:47:16 2312 GMT",
        "X509v3 CRL Number: \n                5",
        "X509v3 Authority Key Identifier",
        "Serial Number: 0102",
        "Serial Number: FFEEDD",
        "verify OK",
    };

    peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
    peer_write("crl.der", issue(2, &root));
    cr_expect(peer_run(&a, &said,
                       "openssl crl -inform DER -in crl.der -CAfile root.pem -noout -nameopt oneline -text"),
              "%s", said);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect_not_null(strstr(said, lines[i]), "%s is not in:\n%s", lines[i], said);
    peer_write("crl.der", issue(0, &root));
    cr_expect(peer_run(&a, &said,
                       "openssl crl -inform DER -in crl.der -CAfile root.pem -noout -nameopt oneline -text"),
              "%s", said);
    cr_expect_not_null(strstr(said, "No Revoked Certificates"), "%s", said);
}

Test(crl, openssl_refuses_what_ours_lists, .init = begin, .fini = end)
{
    struct cert_spec spec = SPEC_LEAF;
    struct made good = make_cert(&a, "good", &SPEC_LEAF, &root), bad;

    spec.serial = serials[1];
    bad = make_cert(&a, "bad", &spec, &root);
    peer_write("root.pem", slice_str(cert_pem(&a, &root.cert)));
    peer_write("good.pem", slice_str(cert_pem(&a, &good.cert)));
    peer_write("bad.pem", slice_str(cert_pem(&a, &bad.cert)));
    peer_write("crl.pem", slice_str(pem_text(&a, "X509 CRL", issue(2, &root))));
    cr_expect(peer_run(&a, &said, "openssl verify -crl_check -CRLfile crl.pem -CAfile root.pem good.pem"),
              "%s", said);
    cr_expect(!peer_run(&a, &said, "openssl verify -crl_check -CRLfile crl.pem -CAfile root.pem bad.pem"));
    cr_expect_not_null(strstr(said, "certificate revoked"), "%s", said);
}

Test(crl, we_read_ours, .init = begin, .fini = end)
{
    static const struct {
        const char *serial;
        bool listed;
    } cases[] = {
        {"0102", true},     {"000102", true}, {"00000102", true}, {"ffeedd", true},
        {"00ffeedd", true}, {"0103", false},  {"02", false},      {"01", false},
        {"010200", false},  {"", false},      {"00", false},
    };
    struct crl c;

    cr_assert(crl_parse(issue(2, &root), &a, &c, &err), "%s", err.text);
    cr_expect(crl_signed_by(&c, &root.cert, &err), "%s", err.text);
    cr_expect(c.this_update == TEST_FROM && c.next_update == TEST_TO && c.num_revoked == 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice serial;

        cr_assert(hex_decode(slice_str(cases[i].serial), &a, &serial));
        cr_expect_eq(crl_lists(&c, serial), cases[i].listed, "%s", cases[i].serial);
    }
    cr_assert(crl_parse(issue(0, &root), &a, &c, &err), "%s", err.text);
    cr_expect(c.num_revoked == 0 && !crl_lists(&c, serials[0]));
}

Test(crl, we_read_those_of_openssl, .init = begin, .fini = end)
{
    static const char *const keys[] = {"ec -pkeyopt ec_paramgen_curve:P-256",
                                       "ec -pkeyopt ec_paramgen_curve:P-384", "rsa:2048"};

    peer_write("ca.cnf",
               slice_str("[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n"
                         "default_crl_days=30\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n"));
    peer_write("index", slice_str("R\t330101000000Z\t200101000000Z,keyCompromise\t0A0B\tunknown\t/CN=x\n"
                                  "R\t330101000000Z\t200101000000Z\t80FF\tunknown\t/CN=y\n"));
    for (size_t i = 0; i < 3; i++) {
        struct cert ca;
        struct crl c;

        peer_write("number", slice_str("01\n"));
        cr_assert(
            peer_run(
                &a, &said,
                "openssl req -x509 -newkey %s -nodes -keyout k.pem -out ca.pem -subj /CN=x && openssl x509 "
                "-in ca.pem -outform DER -out ca.der && openssl ca -config ca.cnf -gencrl -keyfile k.pem "
                "-cert "
                "ca.pem -out crl.pem && openssl crl -in crl.pem -outform DER -out crl.der",
                keys[i]),
            "%s", said);
        cr_assert(cert_parse(peer_read(&a, "ca.der"), &a, &ca, &err), "%s", err.text);
        cr_assert(crl_parse(peer_read(&a, "crl.der"), &a, &c, &err), "%s", err.text);
        cr_expect(crl_signed_by(&c, &ca, &err), "%s", err.text);
        cr_expect_eq(c.num_revoked, 2);
        cr_expect(crl_lists(&c, slice_of("\x0a\x0b", 2)) && crl_lists(&c, slice_of("\x80\xff", 2)));
        cr_expect(!crl_lists(&c, slice_of("\x0a", 1)));
    }
}

Test(crl, who_may_not_sign_lists_is_refused, .init = begin, .fini = end)
{
    struct cert_spec spec = SPEC_CA;
    struct made same = make_cert(&a, "Root", &SPEC_CA, NULL), other = make_cert(&a, "Other", &SPEC_CA, NULL),
                weak;
    struct crl c;

    spec.key_usage = KU_CERT_SIGN;
    weak = make_cert(&a, "Weak", &spec, NULL);
    cr_assert(crl_parse(issue(2, &root), &a, &c, &err), "%s", err.text);
    cr_expect(!crl_signed_by(&c, &other.cert, &err));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(err.text,
                     "revocation list: expected it to be issued by \"CN=Other\", found issuer \"CN=Root\"");
    cr_expect(!crl_signed_by(&c, &same.cert, &err));
    cr_expect_str_eq(err.text,
                     "revocation list: not signed by \"CN=Root\": the signature (ecdsa-with-SHA256) does not "
                     "hold under this public key");
    cr_assert(crl_parse(issue(2, &weak), &a, &c, &err), "%s", err.text);
    cr_expect(!crl_signed_by(&c, &weak.cert, &err));
    cr_expect_str_eq(err.text, "revocation list: the key usage of \"CN=Weak\" does not allow it to sign one");
}

Test(crl, issuing_needs_the_key_of_the_issuer, .init = begin, .fini = end)
{
    struct made other = make_cert(&a, "Other", &SPEC_CA, NULL);
    const struct crl_spec spec = {.this_update = TEST_FROM, .next_update = TEST_TO};
    struct slice der = {0};

    cr_expect(!crl_issue(&spec, &root.cert, &other.key, &a, &der, &err));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(
        err.text,
        "issuing a revocation list: expected the private key that belongs to the issuer, found another");
    cr_expect_null(der.ptr);
}

Test(crl, every_truncation_and_every_changed_byte_is_noticed, .init = begin, .fini = end)
{
    const struct slice der = issue(2, &root);
    uint8_t *bytes = (uint8_t *)der.ptr;
    struct crl c = {.num_revoked = 77};

    for (size_t len = 0; len < der.len; len++) {
        cr_expect(!crl_parse(slice_of(bytes, len), &a, &c, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_CRL_FORMAT);
    }
    cr_expect_eq(c.num_revoked, 77, "outputs stay untouched");
    for (size_t i = 0; i < der.len; i++) {
        bytes[i] ^= 0x10;
        cr_expect(!crl_parse(der, &a, &c, &err) || !crl_signed_by(&c, &root.cert, &err), "byte %zu", i);
        bytes[i] ^= 0x10;
    }
    cr_expect(crl_parse(der, &a, &c, &err) && crl_signed_by(&c, &root.cert, &err), "%s", err.text);
}

static const char update[] = "170d3230303130313030303030305a";

/* A list of chosen parts; its signature is not looked at in reading. */
static struct slice assemble(const char *version, const char *dates, const char *rest)
{
    scoped(buf_wipe) struct buf b = buf_max(4000);
    const size_t whole = der_begin(&b, DER_SEQUENCE), tbs = der_begin(&b, DER_SEQUENCE);
    struct slice s;

    cr_assert(hex_decode(
        slice_str(arena_printf(&a, "%s300a06082a8648ce3d0403023000%s%s", version, dates, rest)), &a, &s));
    buf_put(&b, s);
    der_end(&b, tbs);
    cr_assert(hex_decode(slice_str("300a06082a8648ce3d040302"), &a, &s));
    buf_put(&b, s);
    der_put_bits(&b, slice_str("signature"));
    der_end(&b, whole);
    return arena_copy(&a, buf_bytes(&b));
}

#define HEAD                                                                                                 \
    "revocation list: expected version 2, the algorithm of the signature, issuer, this and next update in "  \
    "DER"
#define ENTRIES    "revocation list: expected serial numbers with dates and without critical extensions in DER"
#define EXTENSIONS "revocation list: expected extensions in DER, none of them critical"
#define UPDATE     "170d3230303130313030303030305a"

Test(crl, each_deviation_from_the_standard_is_refused, .init = begin, .fini = end)
{
    const char *both = arena_printf(&a, "%s%s", update, update);
    const struct {
        const char *what, *version, *dates, *rest, *want;
    } cases[] = {
        {"as it should be", "020101", both, "", NULL},
        {"an entry", "020101", both, "30143012020101" UPDATE, NULL},
        {"an entry with an extension", "020101", both, "3021301f020101" UPDATE "300b300906022a030403020101",
         NULL},
        {"an extension of the list", "020101", both,
         "a00a300830060602"
         "2a030400",
         NULL},
        {"version 1", "", both, "", HEAD},
        {"version 1 written out", "020100", both, "", HEAD},
        {"version 3", "020102", both, "", HEAD},
        {"no next update", "020101", update, "", HEAD},
        {"no update at all", "020101", "", "", HEAD},
        {"an entry without a date", "020101", both, "30053003020101", ENTRIES},
        {"a serial with a zero to spare", "020101", both, "301530130202007f" UPDATE, ENTRIES},
        {"a critical extension of an entry", "020101", both,
         "30243022020101" UPDATE "300e300c06022a030101ff0403020101", ENTRIES},
        {"no extensions in an entry's list", "020101", both, "30163014020101" UPDATE "3000", ENTRIES},
        {"a critical extension of the list", "020101", both, "a00d300b300906022a030101ff0400", EXTENSIONS},
        {"no extensions in the list's list", "020101", both, "a0023000", EXTENSIONS},
        {"something after the extensions", "020101", both, "a00a3008300606022a0304000500",
         "revocation list: expected nothing after the extensions"},
    };
    struct crl c;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool ok = crl_parse(assemble(cases[i].version, cases[i].dates, cases[i].rest), &a, &c, &err);

        cr_expect_eq(ok, cases[i].want == NULL, "%s: %s", cases[i].what, ok ? "read" : err.text);
        if (ok || cases[i].want == NULL)
            continue;
        cr_expect_eq(err.code, E_CRL_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want, "%s: %s", cases[i].what, err.text);
    }
    cr_expect(!crl_parse(slice_of(arena_alloc(&a, 1 << 21), 1 << 21), &a, &c, &err));
    cr_expect_str_eq(err.text, "revocation list: expected at most 1048576 bytes, found 2097152");
}
