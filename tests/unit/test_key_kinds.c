/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are not ours but that manifests, users and older states bring: Ed25519, RSA, SEC1. */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/key.h"
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

static struct slice written(const struct key *k, void (*write)(const struct key *k, struct secret *out))
{
    scoped(secret_wipe) struct secret s = {0};

    write(k, &s);
    return arena_copy(&a, secret_bytes(&s));
}

/* ---- Ed25519 ------------------------------------------------------------------------------- */

/* RFC 8032 7.1, tests 1 and 2. */
Test(key_kinds, ed25519_signs_as_the_standard_says, .init = begin, .fini = end)
{
    static const struct {
        const char *seed, *public, *message, *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25"
         "bf5f05"
         "95bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387"
         "b2eaeb"
         "4302aeeb00d291612bb0c00"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(key_wipe) struct key k = {0};
        const struct slice der = hex(arena_printf(&a, "302e020100300506032b657004220420%s", cases[i].seed)),
                           message = hex(cases[i].message);
        struct slice signature;

        cr_assert(key_from_pkcs8(der, &k, &err), "%s", err.text);
        cr_expect_str_eq(hex_text(&a, key_spki(&k, &a)),
                         arena_printf(&a, "302a300506032b6570032100%s", cases[i].public));
        cr_expect(slice_equal(written(&k, key_to_pkcs8), der));
        cr_assert(key_sign(&k, message, &a, &signature, &err), "%s", err.text);
        cr_expect_str_eq(hex_text(&a, signature), cases[i].signature);
        cr_expect(spki_verify(key_spki(&k, &a), SIG_ED25519, message, signature, &err), "%s", err.text);
        cr_expect_not(spki_verify(key_spki(&k, &a), SIG_ED25519, slice_str("other"), signature, &err));
        cr_expect_eq(err.code, E_SIGNATURE);
    }
}

Test(key_kinds, openssl_and_we_read_each_others_ed25519_keys, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key ours = {0}, theirs = {0};
    struct slice signature;

    cr_assert(key_generate(KEY_ED25519, &ours, &err), "%s", err.text);
    cr_expect_eq(key_type_of(&ours), KEY_ED25519);
    cr_assert(key_sign(&ours, slice_str("a message"), &a, &signature, &err), "%s", err.text);
    peer_write("key.der", written(&ours, key_to_pkcs8));
    peer_write("spki.der", key_spki(&ours, &a));
    peer_write("message", slice_str("a message"));
    peer_write("signature", signature);
    cr_expect(
        peer_run(&a, &said,
                 "openssl pkey -inform DER -in key.der -pubout -outform DER | cmp - spki.der && openssl "
                 "pkeyutl -verify -rawin -pubin -keyform DER -inkey spki.der -sigfile signature -in message"),
        "%s", said);
    cr_assert(peer_run(&a, &said,
                       "openssl genpkey -algorithm ed25519 -out k.pem && openssl pkey -in k.pem -pubout "
                       "-outform DER -out their.der"));
    cr_assert(key_from_pem(peer_read(&a, "k.pem"), &theirs, &err), "%s", err.text);
    cr_expect(slice_equal(key_spki(&theirs, &a), peer_read(&a, "their.der")));
}

/* Version 2 of the format (RFC 8410 section 7) has the public key as well. */
Test(key_kinds, an_ed25519_key_is_held_to_the_public_key_beside_it, .init = begin, .fini = end)
{
    static const char good[] = "3051020101300506032b657004220420"
                               "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb812100"
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const struct slice der = hex(good);
    uint8_t *spoilt = arena_alloc(&a, der.len);
    scoped(key_wipe) struct key k = {0};
    struct key none = {0};

    cr_assert(key_from_pkcs8(der, &k, &err), "%s", err.text);
    memcpy(spoilt, der.ptr, der.len);
    spoilt[der.len - 1] ^= 1;
    cr_expect_not(key_from_pkcs8(slice_of(spoilt, der.len), &none, &err));
    cr_expect_str_eq(err.text,
                     "private key: expected the public key written beside it to be its own, found another's");
    for (size_t len = 0; len < der.len; len++)
        cr_expect_not(key_from_pkcs8(slice_of(der.ptr, len), &none, &err), "%zu", len);
    cr_expect_not(
        key_from_pkcs8(hex("302d020100300506032b6570042104204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba6"
                           "24da8cf6ed4fb8a6"),
                       &none, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect_null(none.impl);
}

Test(key_kinds, algorithms_that_do_not_go_with_a_key_are_refused, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key ec = {0}, ed = {0};
    struct slice s;

    cr_assert(key_generate(KEY_P256, &ec, &err) && key_generate(KEY_ED25519, &ed, &err));
    cr_expect_not(key_sign_as(&ec, SIG_ED25519, s = slice_str("m"), &a, &s, &err));
    cr_expect_eq(err.code, E_UNSUPPORTED);
    cr_expect_str_eq(err.text, "a key of P-256 cannot sign with Ed25519");
    cr_expect_not(key_sign_as(&ed, SIG_ECDSA_SHA256, slice_str("m"), &a, &s, &err));
    cr_expect_not(key_sign_as(&ec, SIG_RSA_PSS_SHA256, slice_str("m"), &a, &s, &err));
    cr_expect_not(key_sign_raw(&ed, slice_str("m"), &a, &s, &err));
    cr_expect_not(spki_verify(key_spki(&ec, &a), SIG_ED25519, slice_str("m"), slice_str("s"), &err));
    cr_expect_str_eq(err.text, "the signature is made with Ed25519, which does not go with a key of P-256");
    cr_expect_not(spki_verify(key_spki(&ed, &a), SIG_ED25519, slice_str("m"), slice_str("s"), &err));
    cr_expect_not(spki_verify(key_spki(&ed, &a), SIG_ECDSA_SHA256, slice_str("m"), slice_str("s"), &err));
    cr_expect_eq(err.code, E_SIGNATURE);
}

Test(key_kinds, ecdsa_goes_with_any_hash, .init = begin, .fini = end)
{
    static const struct {
        enum signature_alg alg;
        const char *name;
    } hashes[] = {{SIG_ECDSA_SHA256, "sha256"}, {SIG_ECDSA_SHA384, "sha384"}, {SIG_ECDSA_SHA512, "sha512"}};
    static const enum key_type types[] = {KEY_P224, KEY_P256, KEY_P384, KEY_P521};

    for (size_t t = 0; t < 4; t++) {
        scoped(key_wipe) struct key k = {0};

        cr_assert(key_generate(types[t], &k, &err), "%s", err.text);
        for (size_t h = 0; h < 3; h++) {
            struct slice signature;

            cr_assert(key_sign_as(&k, hashes[h].alg, slice_str("m"), &a, &signature, &err), "%s", err.text);
            peer_write("spki.der", key_spki(&k, &a));
            peer_write("message", slice_str("m"));
            peer_write("signature", signature);
            cr_expect(peer_run(&a, &said,
                               "openssl dgst -%s -verify spki.der -keyform DER -signature signature message",
                               hashes[h].name),
                      "%s", said);
            cr_expect(spki_verify(key_spki(&k, &a), hashes[h].alg, slice_str("m"), signature, &err), "%s",
                      err.text);
        }
    }
}

/* ---- RSA ----------------------------------------------------------------------------------- */

Test(key_kinds, rsa_keys_are_made_in_the_size_asked_for, .init = begin, .fini = end)
{
    static const unsigned sizes[] = {1024, 2048, 2056};

    for (size_t i = 0; i < 3; i++) {
        scoped(key_wipe) struct key k = {0};
        struct slice signature;

        cr_assert(key_generate_rsa(sizes[i], &k, &err), "%s", err.text);
        cr_assert(key_sign(&k, slice_str("m"), &a, &signature, &err), "%s", err.text);
        peer_write("key.der", written(&k, key_to_pkcs8));
        peer_write("spki.der", key_spki(&k, &a));
        peer_write("message", slice_str("m"));
        peer_write("signature", signature);
        cr_expect(
            peer_run(
                &a, &said,
                "openssl pkey -inform DER -in key.der -check -noout && openssl pkey -inform DER -in key.der "
                "-text -noout | grep -e '%u bit' -e 'Exponent: 65537' && openssl dgst -sha256 -verify "
                "spki.der -keyform DER -signature signature message",
                sizes[i]),
            "%s", said);
        cr_expect_not_null(strstr(said, "65537"), "%s", said);
    }
}

Test(key_kinds, rsa_sizes_are_bounded, .init = begin, .fini = end)
{
    static const uint64_t sizes[] = {0, 8, 1016, 1020, 2049, 4104, UINT64_MAX, UINT64_MAX - 7};
    struct key none = {0};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cr_expect_not(key_generate_rsa(sizes[i], &none, &err));
        cr_expect_eq(err.code, E_UNSUPPORTED);
        cr_expect_null(none.impl);
    }
    cr_expect_str_eq(err.text,
                     "RSA key: expected a multiple of 8 from 1024 to 4096 bits, found 18446744073709551608");
}

Test(key_kinds, small_foreign_rsa_keys_are_not_believed, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0};
    enum key_type type;
    struct slice s;

    cr_assert(key_generate_rsa(1024, &k, &err), "%s", err.text);
    cr_assert(key_sign(&k, slice_str("m"), &a, &s, &err));
    cr_expect_not(spki_verify(key_spki(&k, &a), SIG_RSA_PKCS1_SHA256, slice_str("m"), s, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect_str_eq(err.text, "RSA public key: expected 2048 to 4096 bits, found 1024");
    cr_expect_not(spki_encrypt(key_spki(&k, &a), slice_str("m"), &a, &s, &err));
    cr_expect_str_eq(err.text, "RSA public key: expected 2048 to 4096 bits, found 1024");
    cr_expect(spki_check(key_spki(&k, &a), &type, &err));
}

/* A user's certificate may have one of an odd size. */
Test(key_kinds, signatures_of_rsa_3096_hold, .init = begin, .fini = end)
{
    cr_assert(
        peer_run(
            &a, &said,
            "openssl genrsa -out k.pem 3096 && openssl rsa -in k.pem -pubout -outform DER -out spki.der && "
            "echo -n m > message && openssl dgst -sha256 -sign k.pem -out signature message"),
        "%s", said);
    cr_expect(spki_verify(peer_read(&a, "spki.der"), SIG_RSA_PKCS1_SHA256, slice_str("m"),
                          peer_read(&a, "signature"), &err),
              "%s", err.text);
    cr_expect_not(spki_verify(peer_read(&a, "spki.der"), SIG_RSA_PKCS1_SHA256, slice_str("n"),
                              peer_read(&a, "signature"), &err));
    cr_expect_eq(err.code, E_SIGNATURE);
}

static const char OAEP[] =
    "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256";

Test(key_kinds, oaep_goes_both_ways_with_openssl, .init = begin, .fini = end)
{
    const struct slice plain = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fff");
    scoped(secret_wipe) struct secret back = {0};
    scoped(key_wipe) struct key k = {0};
    enum key_type type;
    struct slice spki, encrypted;

    cr_assert(
        peer_run(&a, &said, "openssl genrsa -out k.pem 2048 && openssl rsa -in k.pem -pubout -out pub.pem"));
    cr_assert(spki_from_pem(peer_read(&a, "pub.pem"), &a, &spki, &type, &err), "%s", err.text);
    cr_expect_eq(type, KEY_RSA);
    cr_assert(spki_encrypt(spki, plain, &a, &encrypted, &err), "%s", err.text);
    cr_expect_eq(encrypted.len, 256);
    peer_write("encrypted", encrypted);
    peer_write("plain", plain);
    cr_expect(
        peer_run(&a, &said, "openssl pkeyutl -decrypt -inkey k.pem -in encrypted %s | cmp - plain", OAEP),
        "%s", said);
    cr_assert(
        peer_run(&a, &said, "openssl pkeyutl -encrypt -pubin -inkey pub.pem -in plain -out theirs %s", OAEP),
        "%s", said);
    cr_assert(key_from_pem(peer_read(&a, "k.pem"), &k, &err));
    cr_assert(key_decrypt(&k, peer_read(&a, "theirs"), &back, &err), "%s", err.text);
    cr_expect(slice_equal(secret_bytes(&back), plain));
}

Test(key_kinds, decrypting_fails_in_one_way_only, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0}, other = {0}, ec = {0};
    struct secret none = {0};
    struct slice good, cases[5];
    uint8_t *spoilt;

    cr_assert(key_generate_rsa(2048, &k, &err) && key_generate_rsa(2048, &other, &err) &&
              key_generate(KEY_P256, &ec, &err));
    cr_assert(spki_encrypt(key_spki(&k, &a), slice_str("plain"), &a, &good, &err));
    spoilt = arena_alloc(&a, good.len);
    memcpy(spoilt, good.ptr, good.len);
    spoilt[100] ^= 1;
    cases[0] = slice_of(spoilt, good.len);
    cases[1] = slice_of(good.ptr, good.len - 1);
    cases[2] = (struct slice){0};
    cr_assert(spki_encrypt(key_spki(&other, &a), slice_str("plain"), &a, &cases[3], &err));
    cases[4] = slice_of(memset(arena_alloc(&a, 256), 0xff, 256), 256);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_not(key_decrypt(&k, cases[i], &none, &err));
        cr_expect_eq(err.code, E_DECRYPT);
        cr_expect_str_eq(
            err.text,
            arena_printf(&a,
                         "%zu bytes: expected them to be encrypted to this key, with RSA-OAEP and SHA-256",
                         cases[i].len));
    }
    cr_expect_not(key_decrypt(&ec, good, &none, &err));
    cr_expect_eq(err.code, E_DECRYPT);
    cr_expect_null(none.ptr);
}

Test(key_kinds, what_is_too_long_for_a_key_is_not_encrypted, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key k = {0}, ec = {0};
    const struct slice most = slice_of(arena_alloc(&a, 191), 190); /* 256 - 2 * 32 - 2 (RFC 8017 7.1.1) */
    struct slice out;

    cr_assert(key_generate_rsa(2048, &k, &err) && key_generate(KEY_P256, &ec, &err));
    cr_expect(spki_encrypt(key_spki(&k, &a), most, &a, &out, &err), "%s", err.text);
    cr_expect_not(spki_encrypt(key_spki(&k, &a), slice_of(most.ptr, 191), &a, &out, &err));
    cr_expect_eq(err.code, E_CRYPTO);
    cr_expect_not(spki_encrypt(key_spki(&ec, &a), most, &a, &out, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect_str_eq(err.text, "encrypting: expected an RSA key, found one of P-256");
}

Test(key_kinds, public_keys_are_taken_from_one_kind_of_pem_block, .init = begin, .fini = end)
{
    static const struct {
        const char *make, *want;
    } cases[] = {
        {"openssl genrsa 2048 | openssl rsa -RSAPublicKey_out",
         "expected a PEM block \"PUBLIC KEY\", found another kind of block first"},
        {"openssl genrsa 2048", "expected a PEM block \"PUBLIC KEY\", found another kind of block first"},
        {"echo", "expected a PEM block \"PUBLIC KEY\", found none"},
        {"printf -- '-----BEGIN PUBLIC KEY-----\\nMAA=\\n-----END PUBLIC KEY-----\\n'",
         "public key: expected a SubjectPublicKeyInfo in DER"},
        {"openssl genrsa 768 | openssl rsa -pubout", "RSA public key: expected 1024 to 4096 bits, found 768"},
    };
    struct slice spki;
    enum key_type type;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(peer_run(&a, &said, "%s > pub.pem", cases[i].make), "%s", said);
        cr_expect_not(spki_from_pem(peer_read(&a, "pub.pem"), &a, &spki, &type, &err));
        cr_expect_eq(err.code, E_KEY_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want);
    }
    cr_assert(
        peer_run(&a, &said, "openssl ecparam -name secp384r1 -genkey | openssl pkey -pubout > pub.pem"));
    cr_expect(spki_from_pem(peer_read(&a, "pub.pem"), &a, &spki, &type, &err), "%s", err.text);
    cr_expect_eq(type, KEY_P384);
}

/* ---- SEC1 ---------------------------------------------------------------------------------- */

Test(key_kinds, ec_keys_are_written_as_openssl_writes_them_alone, .init = begin, .fini = end)
{
    static const struct {
        enum key_type type;
        size_t size;
    } types[] = {{KEY_P224, 28}, {KEY_P256, 32}, {KEY_P384, 48}, {KEY_P521, 66}};

    for (size_t i = 0; i < 4; i++) {
        scoped(key_wipe) struct key k = {0}, again = {0};
        struct slice sec1, scalar;

        cr_assert(key_generate(types[i].type, &k, &err), "%s", err.text);
        sec1 = written(&k, key_to_sec1);
        scalar = written(&k, key_to_scalar);
        peer_write("sec1.der", sec1);
        cr_expect(peer_run(&a, &said, "openssl ec -inform DER -in sec1.der -outform DER | cmp - sec1.der"),
                  "%s", said);
        cr_assert(key_from_pkcs8(sec1, &again, &err), "%s", err.text);
        cr_expect(slice_equal(written(&again, key_to_pkcs8), written(&k, key_to_pkcs8)));
        cr_expect_eq(scalar.len, types[i].size);
        cr_expect_not_null(strstr(hex_text(&a, sec1), hex_text(&a, scalar)));
    }
}
