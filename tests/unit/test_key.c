/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/key.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

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
    arena_wipe(&a);
}

static struct slice hex(const char *digits)
{
    struct slice s;

    cr_assert(hex_decode(slice_str(digits), &a, &s), "%s", digits);
    return s;
}

static struct slice pkcs8_of(const struct key *k)
{
    scoped(secret_wipe) struct secret s = {0};

    key_to_pkcs8(k, &s);
    return arena_copy(&a, secret_bytes(&s));
}

/* A copy to spoil, and one byte of it. */
static struct slice with_byte(struct slice s, size_t at, uint8_t v)
{
    uint8_t *bytes = arena_alloc(&a, s.len);

    memcpy(bytes, s.ptr, s.len);
    bytes[at] = v;
    return slice_of(bytes, s.len);
}

static const struct {
    enum key_type type;
    const char *name, *openssl, *hash;
    enum signature_alg alg;
    size_t size;
} curves[] = {
    {KEY_P256, "P-256", "prime256v1", "sha256", SIG_ECDSA_SHA256, 32},
    {KEY_P384, "P-384", "secp384r1", "sha384", SIG_ECDSA_SHA384, 48},
    {KEY_P521, "P-521", "secp521r1", "sha512", SIG_ECDSA_SHA512, 66},
    {KEY_P224, "P-224", "secp224r1", "sha256", SIG_ECDSA_SHA256, 28},
};
enum { NUM_CURVES = sizeof curves / sizeof curves[0] };

Test(key, openssl_reads_our_keys_and_verifies_their_signatures, .init = begin, .fini = end)
{
    const struct slice message = slice_str("a message");

    for (size_t i = 0; i < NUM_CURVES; i++) {
        scoped(key_wipe) struct key k = {0};
        struct slice signature;

        cr_assert(key_generate(curves[i].type, &k, &err), "%s", err.text);
        cr_expect_eq(key_type_of(&k), curves[i].type);
        cr_assert(key_sign(&k, message, &a, &signature, &err), "%s", err.text);
        peer_write("key.der", pkcs8_of(&k));
        peer_write("spki.der", key_spki(&k, &a));
        peer_write("message", message);
        peer_write("signature", signature);
        cr_expect(peer_run(&a, &said,
                           "openssl pkey -inform DER -in key.der -check -noout && openssl pkey -inform DER "
                           "-in key.der -pubout -outform DER | cmp - spki.der && openssl asn1parse "
                           "-inform DER -in key.der"),
                  "%s", said);
        cr_expect(strstr(said, curves[i].openssl) != NULL, "%s", said);
        cr_expect(peer_run(&a, &said,
                           "openssl dgst -%s -verify spki.der -keyform DER -signature signature message",
                           curves[i].hash),
                  "%s", said);
    }
}

Test(key, openssl_keys_in_every_form_are_read, .init = begin, .fini = end)
{
    for (size_t i = 0; i < NUM_CURVES; i++) {
        static const char *const forms[] = {"pkcs8.pem", "sec1.pem", "params.pem"};

        cr_assert(
            peer_run(&a, &said,
                     "openssl ecparam -name %s -genkey -out params.pem && openssl pkcs8 -topk8 -nocrypt -in "
                     "params.pem -out pkcs8.pem && openssl ec -in params.pem -out sec1.pem && openssl ec -in "
                     "params.pem -pubout -outform DER -out spki.der",
                     curves[i].openssl),
            "%s", said);
        for (size_t f = 0; f < 3; f++) {
            scoped(key_wipe) struct key k = {0};

            cr_assert(key_from_pem(peer_read(&a, forms[f]), &k, &err), "%s: %s", forms[f], err.text);
            cr_expect(slice_equal(key_spki(&k, &a), peer_read(&a, "spki.der")), "%s", forms[f]);
        }
    }
}

Test(key, what_we_write_we_read, .init = begin, .fini = end)
{
    for (size_t i = 0; i < NUM_CURVES; i++) {
        scoped(key_wipe) struct key k = {0}, again = {0};

        cr_assert(key_generate(curves[i].type, &k, &err), "%s", err.text);
        cr_assert(key_from_pkcs8(pkcs8_of(&k), &again, &err), "%s", err.text);
        cr_expect(slice_equal(key_spki(&k, &a), key_spki(&again, &a)));
        cr_expect(slice_equal(pkcs8_of(&k), pkcs8_of(&again)));
    }
}

Test(key, rsa_keys_are_read_and_sign_with_PKCS1, .init = begin, .fini = end)
{
    static const char *const forms[] = {"pkcs8.pem", "pkcs1.pem"};
    const struct slice message = slice_str("a message");

    cr_assert(peer_run(&a, &said,
                       "openssl genrsa -out pkcs8.pem 2048 && openssl rsa -in pkcs8.pem -traditional -out "
                       "pkcs1.pem && openssl rsa -in pkcs8.pem -pubout -outform DER -out spki.der"),
              "%s", said);
    for (size_t f = 0; f < 2; f++) {
        scoped(key_wipe) struct key k = {0};
        struct slice signature;

        cr_assert(key_from_pem(peer_read(&a, forms[f]), &k, &err), "%s: %s", forms[f], err.text);
        cr_expect_eq(key_type_of(&k), KEY_RSA);
        cr_expect(slice_equal(key_spki(&k, &a), peer_read(&a, "spki.der")));
        cr_assert(key_sign(&k, message, &a, &signature, &err), "%s", err.text);
        cr_expect(spki_verify(key_spki(&k, &a), SIG_RSA_PKCS1_SHA256, message, signature, &err), "%s",
                  err.text);
        cr_expect(!key_sign_raw(&k, message, &a, &signature, &err));
        cr_expect_eq(err.code, E_UNSUPPORTED);
        peer_write("again.der", pkcs8_of(&k));
        cr_expect(peer_run(&a, &said,
                           "openssl pkey -inform DER -in again.der -check -noout && openssl pkcs8 "
                           "-topk8 -nocrypt -in pkcs8.pem -outform DER | cmp - again.der"),
                  "%s", said);
    }
}

Test(key, every_signature_algorithm_of_openssl_verifies, .init = begin, .fini = end)
{
    static const struct {
        enum signature_alg alg;
        const char *key, *sign;
    } cases[] = {
        {SIG_ECDSA_SHA256, "p256", "-sha256"},
        {SIG_ECDSA_SHA384, "p256", "-sha384"},
        {SIG_ECDSA_SHA512, "p256", "-sha512"},
        {SIG_ECDSA_SHA256, "p384", "-sha256"},
        {SIG_ECDSA_SHA384, "p384", "-sha384"},
        {SIG_ECDSA_SHA512, "p521", "-sha512"},
        {SIG_RSA_PKCS1_SHA256, "rsa2048", "-sha256"},
        {SIG_RSA_PKCS1_SHA384, "rsa3072", "-sha384"},
        {SIG_RSA_PKCS1_SHA512, "rsa4096", "-sha512"},
        {SIG_RSA_PSS_SHA256, "rsa2048",
         "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"},
        {SIG_RSA_PSS_SHA384, "rsa4096",
         "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"},
        {SIG_RSA_PSS_SHA512, "rsa3072",
         "-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"},
    };
    const struct slice message = slice_str("a message"), other = slice_str("a massage");

    peer_write("message", message);
    cr_assert(
        peer_run(&a, &said,
                 "for c in prime256v1:p256 secp384r1:p384 secp521r1:p521; do openssl ecparam -genkey -noout "
                 "-name ${c%%:*} -out ${c#*:}.pem; done; for b in 2048 3072 4096; do openssl genrsa -out "
                 "rsa$b.pem $b; done"),
        "%s", said);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice spki, signature;

        cr_assert(
            peer_run(&a, &said,
                     "openssl dgst %s -sign %s.pem -out signature message && openssl pkey -in %s.pem -pubout "
                     "-outform DER -out spki.der",
                     cases[i].sign, cases[i].key, cases[i].key),
            "%s", said);
        spki = peer_read(&a, "spki.der");
        signature = peer_read(&a, "signature");
        cr_expect(spki_verify(spki, cases[i].alg, message, signature, &err), "case %zu: %s", i, err.text);
        cr_expect(!spki_verify(spki, cases[i].alg, other, signature, &err), "case %zu", i);
        cr_expect_eq(err.code, E_SIGNATURE);
        cr_expect(!spki_verify(spki, (cases[i].alg + 1) % 9, message, signature, &err), "case %zu", i);
        cr_expect_eq(err.code, E_SIGNATURE);
        for (size_t len = 0; len < signature.len; len++)
            cr_expect(!spki_verify(spki, cases[i].alg, message, slice_of(signature.ptr, len), &err), "%zu",
                      len);
    }
}

/* A salt of another length than the hash's has no name among the algorithms, so it is refused. */
Test(key, pss_with_another_salt_does_not_verify, .init = begin, .fini = end)
{
    peer_write("message", slice_str("m"));
    cr_assert(
        peer_run(
            &a, &said,
            "openssl genrsa -out k.pem 2048 && openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt "
            "rsa_pss_saltlen:20 -sign k.pem -out signature message && openssl pkey -in k.pem -pubout "
            "-outform DER -out spki.der"),
        "%s", said);
    cr_expect(!spki_verify(peer_read(&a, "spki.der"), SIG_RSA_PSS_SHA256, slice_str("m"),
                           peer_read(&a, "signature"), &err));
    cr_expect_eq(err.code, E_SIGNATURE);
    cr_expect_str_eq(err.text, "the signature (RSASSA-PSS with SHA-256) does not hold under this public key");
}

/* RFC 6979 A.2.5: the key of the P-256 examples. */
Test(key, a_scalar_makes_its_public_key, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0};
    struct slice xy;

    cr_assert(key_from_scalar(KEY_P256,
                              hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"), &k,
                              &err),
              "%s", err.text);
    cr_assert(spki_p256_xy(key_spki(&k, &a), &xy, &err), "%s", err.text);
    cr_expect_str_eq(hex_text(&a, xy), "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                       "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
}

/* RFC 6979 A.2.6: the key of the P-384 examples. */
Test(key, a_scalar_of_another_curve_has_its_size, .init = begin, .fini = end)
{
    static const char scalar[] =
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5";
    static const char x[] =
        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13";
    scoped(key_wipe) struct key k = {0};
    enum key_type type;

    cr_assert(key_from_scalar(KEY_P384, hex(scalar), &k, &err), "%s", err.text);
    cr_expect_not_null(strstr(hex_text(&a, key_spki(&k, &a)), x));
    cr_assert(spki_key_type(key_spki(&k, &a), &type, &err));
    cr_expect_eq(type, KEY_P384);
    key_wipe(&k);
    cr_expect(!key_from_scalar(KEY_P256, hex(scalar), &k, &err));
    cr_expect_str_eq(err.text, "private key: expected a scalar of 32 bytes, found 48");
    cr_expect(!key_from_scalar(KEY_RSA, hex(scalar), &k, &err));
    cr_expect(!spki_key_type(slice_str("x"), &type, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
}

Test(key, raw_signatures_become_der_and_verify, .init = begin, .fini = end)
{
    for (enum key_type type = KEY_P256; type <= KEY_P521; type++) {
        static const enum signature_alg algs[] = {SIG_ECDSA_SHA256, SIG_ECDSA_SHA384, SIG_ECDSA_SHA512};
        scoped(key_wipe) struct key k = {0};
        struct slice raw;

        cr_assert(key_generate(type, &k, &err));
        cr_assert(key_sign_raw(&k, slice_str("m"), &a, &raw, &err));
        cr_expect(
            spki_verify(key_spki(&k, &a), algs[type], slice_str("m"), signature_from_raw(&a, raw), &err),
            "%s", err.text);
    }
}

/* OpenSSL verifies what we sign, with the salt as long as the digest. */
Test(key, rsa_keys_sign_with_pss_if_asked, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0};
    struct slice signature;

    peer_write("message", slice_str("m"));
    cr_assert(
        peer_run(&a, &said, "openssl genrsa -out k.pem 2048 && openssl pkey -in k.pem -pubout -out pub.pem"),
        "%s", said);
    cr_assert(key_from_pem(peer_read(&a, "k.pem"), &k, &err), "%s", err.text);
    cr_assert(key_sign_as(&k, SIG_RSA_PSS_SHA384, slice_str("m"), &a, &signature, &err), "%s", err.text);
    cr_expect(spki_verify(key_spki(&k, &a), SIG_RSA_PSS_SHA384, slice_str("m"), signature, &err), "%s",
              err.text);
    cr_expect(!spki_verify(key_spki(&k, &a), SIG_RSA_PSS_SHA256, slice_str("m"), signature, &err));
    cr_expect(!spki_verify(key_spki(&k, &a), SIG_RSA_PKCS1_SHA384, slice_str("m"), signature, &err));
    peer_write("signature", signature);
    cr_expect(
        peer_run(
            &a, &said,
            "openssl dgst -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 -verify pub.pem "
            "-signature signature message"),
        "%s", said);
    cr_expect(!key_sign_as(&k, SIG_ECDSA_SHA256, slice_str("m"), &a, &signature, &err));
    cr_expect_eq(err.code, E_UNSUPPORTED);
}

Test(key, scalars_out_of_range_are_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *scalar, *want;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "private key: expected a number below the curve's order and not zero"},
        {"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
         "private key: expected a number below the curve's order and not zero"},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         "private key: expected a number below the curve's order and not zero"},
        {"01", "private key: expected a scalar of 32 bytes, found 1"},
        {"", "private key: expected a scalar of 32 bytes, found 0"},
    };
    struct key k = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect(!key_from_scalar(KEY_P256, hex(cases[i].scalar), &k, &err), "%s", cases[i].scalar);
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want);
        cr_expect_null(k.impl, "outputs stay untouched");
    }
}

/* RFC 6979 A.2.5, message "sample", SHA-256. */
static const char sample_xy[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char sample_rs[] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

Test(key, raw_signatures_verify_and_every_changed_byte_is_noticed, .init = begin, .fini = end)
{
    const struct slice xy = hex(sample_xy), rs = hex(sample_rs), message = slice_str("sample");

    cr_assert(p256_verify_raw(xy, message, rs, &err), "%s", err.text);
    cr_expect(!p256_verify_raw(xy, slice_str("simple"), rs, &err));
    for (size_t i = 0; i < 64; i++) {
        cr_expect(!p256_verify_raw(xy, message, with_byte(rs, i, rs.ptr[i] ^ 1), &err), "signature byte %zu",
                  i);
        cr_expect_eq(err.code, E_SIGNATURE);
        cr_expect(!p256_verify_raw(with_byte(xy, i, xy.ptr[i] ^ 1), message, rs, &err), "key byte %zu", i);
        cr_expect_eq(err.code, E_KEY_FORMAT, "a point off the curve");
        cr_expect_str_eq(err.text, "public key: expected a point on its curve");
    }
}

Test(key, raw_signatures_out_of_range_are_refused, .init = begin, .fini = end)
{
    static const char n[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    static const char one[] = "0000000000000000000000000000000000000000000000000000000000000001";
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    const struct {
        const char *r, *s;
    } cases[] = {{zero, zero}, {zero, one}, {one, zero}, {n, one}, {one, n}, {n, n}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect(!p256_verify_raw(hex(sample_xy), slice_str("sample"),
                                   hex(arena_printf(&a, "%s%s", cases[i].r, cases[i].s)), &err));
        cr_expect_eq(err.code, E_SIGNATURE);
    }
    cr_expect(!p256_verify_raw(hex(sample_xy), slice_str("sample"), hex("00"), &err));
    cr_expect_str_eq(err.text, "signature on P-256: expected 64 bytes r || s, found 1");
    cr_expect(!p256_verify_raw(hex("00"), slice_str("sample"), hex(sample_rs), &err));
    cr_expect_str_eq(err.text, "public key on P-256: expected 64 bytes X || Y, found 1");
    cr_expect(!p256_verify_raw(hex(arena_printf(&a, "%s%s", zero, zero)), slice_str("sample"), hex(sample_rs),
                               &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
}

Test(key, raw_and_DER_are_the_same_signature, .init = begin, .fini = end)
{
    const struct slice message = slice_str("a message");

    for (size_t i = 0; i < NUM_CURVES; i++) {
        scoped(key_wipe) struct key k = {0};
        scoped(buf_wipe) struct buf b = buf_max(200);
        const size_t mark = der_begin(&b, DER_SEQUENCE);
        struct slice raw, xy;

        cr_assert(key_generate(curves[i].type, &k, &err), "%s", err.text);
        cr_assert(key_sign_raw(&k, message, &a, &raw, &err), "%s", err.text);
        cr_assert_eq(raw.len, 2 * curves[i].size);
        der_put_integer(&b, slice_of(raw.ptr, raw.len / 2));
        der_put_integer(&b, slice_of(raw.ptr + raw.len / 2, raw.len / 2));
        der_end(&b, mark);
        cr_expect(spki_verify(key_spki(&k, &a), curves[i].alg, message, buf_bytes(&b), &err), "%s", err.text);
        if (curves[i].type == KEY_P256) {
            cr_assert(spki_p256_xy(key_spki(&k, &a), &xy, &err), "%s", err.text);
            cr_expect(p256_verify_raw(xy, message, raw, &err), "%s", err.text);
        } else {
            cr_expect(!spki_p256_xy(key_spki(&k, &a), &xy, &err));
            cr_expect_str_eq(err.text,
                             arena_printf(&a, "public key: expected one on P-256, found %s", curves[i].name));
        }
    }
}

/* Signatures in DER that say the same in another way, or hold numbers that are none. */
Test(key, signatures_have_one_encoding, .init = begin, .fini = end)
{
    static const char *const cases[] = {
        "3006020100020101",     /* r = 0 */
        "3006020101020100",     /* s = 0 */
        "30060201ff020101",     /* r negative */
        "300702020001020101",   /* r with a zero to spare */
        "300702010102010100",   /* something after s */
        "30060201010201010000", /* something after the whole */
        "308106020101020101",   /* long form of a short length */
        "3080020101020101000",  /* indefinite length; made even below */
        "3027022200ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255100020101", /* r too long */
        "3003020101",                                                                         /* no s */
        "",
    };
    scoped(key_wipe) struct key k = {0};

    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t even = strlen(cases[i]) / 2 * 2;

        cr_expect(!spki_verify(key_spki(&k, &a), SIG_ECDSA_SHA256, slice_str("m"),
                               hex(arena_strndup(&a, slice_of(cases[i], even))), &err));
        cr_expect_eq(err.code, E_SIGNATURE);
        cr_expect_str_eq(err.text,
                         "the signature (ecdsa-with-SHA256): expected r and s on P-256 in DER, found "
                         "something else");
    }
}

Test(key, every_truncation_of_a_private_key_is_refused, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0};
    struct key none = {0};
    struct slice der;

    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    der = pkcs8_of(&k);
    for (size_t len = 0; len < der.len; len++) {
        cr_expect(!key_from_pkcs8(slice_of(der.ptr, len), &none, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, "private key: expected PKCS#8 or SEC1 in DER");
    }
    for (size_t len = 0; len < 91; len++) {
        cr_expect(!spki_verify(slice_of(key_spki(&k, &a).ptr, len), SIG_ECDSA_SHA256, der, der, &err));
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, "public key: expected a SubjectPublicKeyInfo in DER");
    }
}

Test(key, a_public_key_that_is_another_is_refused, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0};
    struct key none = {0};
    struct slice der;

    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    der = pkcs8_of(&k); /* the public point is at its end */
    cr_expect(!key_from_pkcs8(with_byte(der, der.len - 1, der.ptr[der.len - 1] ^ 1), &none, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect_str_eq(err.text,
                     "private key: expected the public key written beside it to be its own, found another's");
}

Test(key, keys_of_other_kinds_are_refused_by_name, .init = begin, .fini = end)
{
    static const struct {
        const char *make, *want;
    } cases[] = {
        {"openssl genpkey -algorithm ed448 -out k.pem",
         "private key: expected RSA, Ed25519, or EC on P-224, P-256, P-384 or P-521, found another"},
        {"openssl ecparam -name secp256k1 -genkey | openssl pkcs8 -topk8 -nocrypt -out k.pem",
         "private key: expected RSA, Ed25519, or EC on P-224, P-256, P-384 or P-521, found another"},
        {"openssl ecparam -name secp256k1 -genkey -noout -out k.pem",
         "EC private key: expected the curve P-224, P-256, P-384 or P-521"},
        {"openssl genrsa -out k.pem 768", "RSA private key: expected 1024 to 4096 bits, found about 768"},
        {"openssl genrsa 2048 | openssl pkcs8 -topk8 -passout pass:x -out k.pem",
         "expected a private key without a password, found an encrypted one"},
        {"openssl genrsa 2048 | openssl rsa -traditional -aes128 -passout pass:x -out k.pem",
         "PEM: expected base64 between BEGIN and END of \"RSA PRIVATE KEY\", found something else"},
        {"openssl genrsa 2048 | openssl rsa -pubout -out k.pem",
         "expected a PEM block \"PRIVATE KEY\", found none"},
        {"echo nothing > k.pem", "expected a PEM block \"PRIVATE KEY\", found none"},
    };
    struct key none = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(peer_run(&a, &said, "%s", cases[i].make), "%s", said);
        cr_expect(!key_from_pem(peer_read(&a, "k.pem"), &none, &err), "%s", cases[i].make);
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want);
        cr_expect_null(none.impl);
    }
    cr_expect(!key_generate(KEY_RSA, &none, &err));
    cr_expect_eq(err.code, E_UNSUPPORTED);
}

Test(key, public_keys_of_other_kinds_are_refused_by_name, .init = begin, .fini = end)
{
    static const struct {
        const char *make, *want;
    } cases[] = {
        {"openssl genpkey -algorithm ed448",
         "public key: expected an EC, RSA or Ed25519 key, found 1.3.101.113"},
        {"openssl ecparam -name secp256k1 -genkey",
         "public key: expected the curve P-224, P-256, P-384 or P-521, found 1.3.132.0.10"},
        {"openssl genrsa 1024", "RSA public key: expected 2048 to 4096 bits, found 1024"},
        {"openssl ecparam -name prime256v1 -genkey | openssl pkey -ec_conv_form compressed",
         "public key on P-256: expected an uncompressed point of 65 bytes, found 33"},
        {"openssl ecparam -name prime256v1 -param_enc explicit -genkey",
         "public key: expected a named curve"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(peer_run(&a, &said, "%s | openssl pkey -pubout -outform DER -out spki.der", cases[i].make),
                  "%s", said);
        cr_expect(
            !spki_verify(peer_read(&a, "spki.der"), SIG_ECDSA_SHA256, slice_str("m"), slice_str("s"), &err));
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want);
    }
}

Test(key, wiping_nothing_and_wiping_twice_is_allowed, .init = begin, .fini = end)
{
    struct key k = {0};

    key_wipe(&k);
    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    key_wipe(&k);
    key_wipe(&k);
    cr_expect_null(k.impl);
}
