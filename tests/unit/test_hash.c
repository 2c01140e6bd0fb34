/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/hash.h"

static struct arena a;

static void begin(void) { pki_init(); }
static void end(void) { arena_wipe(&a); }

static struct slice hex(const char *digits)
{
    struct slice s;

    cr_assert(hex_decode(slice_str(digits), &a, &s), "%s", digits);
    return s;
}

static const char *text_of(const void *p, size_t len) { return hex_text(&a, slice_of(p, len)); }

/* FIPS 180-4, the examples of the Cryptographic Standards and Guidelines project. */
Test(hash, digests_are_those_of_the_standard, .init = begin, .fini = end)
{
    static const struct {
        const char *in, *sha256, *sha384, *sha512;
    } cases[] = {
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454"
         "d4423643ce80e"
         "2a9ac94fa54ca49f"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b"
         "931bd47417a81"
         "a538327af927da3e"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
         "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
         "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031a"
         "d85c7a71dd703"
         "54ec631238ca3445"},
    };
    uint8_t out[SHA512_LEN];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct slice in = slice_str(cases[i].in);

        sha256(out, in);
        cr_expect_str_eq(text_of(out, SHA256_LEN), cases[i].sha256);
        sha384(out, in);
        cr_expect_str_eq(text_of(out, SHA384_LEN), cases[i].sha384);
        sha512(out, in);
        cr_expect_str_eq(text_of(out, SHA512_LEN), cases[i].sha512);
    }
}

Test(hash, pieces_give_the_digest_of_the_whole, .init = begin, .fini = end)
{
    const struct slice whole = slice_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    uint8_t want[SHA256_LEN], got[SHA256_LEN];

    sha256(want, whole);
    for (size_t cut = 0; cut <= whole.len; cut++) {
        const struct slice pieces[] = {{whole.ptr, cut}, {0}, {whole.ptr + cut, whole.len - cut}};

        sha256_of(got, pieces, 3);
        cr_expect_arr_eq(got, want, SHA256_LEN, "cut at %zu", cut);
    }
}

/* RFC 5869, appendix A.1 to A.3. */
Test(hash, hkdf_is_that_of_the_standard, .init = begin, .fini = end)
{
    static const struct {
        const char *secret, *salt, *info, *want;
    } cases[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303"
         "1323334353637"
         "38393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909"
         "1929394959697"
         "98999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
         "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e"
         "1e2e3e4e5e6e7"
         "e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3"
         "275600c2f09b8"
         "367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct slice want = hex(cases[i].want);
        uint8_t *out = arena_alloc(&a, want.len);

        hkdf_sha256(out, want.len, hex(cases[i].secret), hex(cases[i].salt), hex(cases[i].info));
        cr_expect_str_eq(text_of(out, want.len), cases[i].want, "case %zu", i + 1);
    }
}

/* What a marble's private symmetric key is made of: root secret, UUID and name, type. */
Test(hash, private_keys_of_marbles_are_those_of_MarbleRun, .init = begin, .fini = end)
{
    static const struct {
        const char *info;
        size_t len;
        const char *want;
    } cases[] = {
        {"frontend", 32, "0e0cfaea17a602d29d0e7b88f98201d0e7248bc6ff7a68bf23d2aae382760be3"},
        {"frontend", 16, "0e0cfaea17a602d29d0e7b88f98201d0"},
        {"", 32, "e9b8c1b8d26d688bb891bb74a4624e9cb76ed22ca02c17a81424ff08a5e9a73c"},
    };
    const struct slice root = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const struct slice salt = slice_str("02030400-0000-0000-0000-000000000000symmetricKeyPrivate");
    uint8_t out[32];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hkdf_sha256(out, cases[i].len, root, salt, slice_str(cases[i].info));
        cr_expect_str_eq(text_of(out, cases[i].len), cases[i].want);
    }
}

Test(hash, hkdf_gives_as_much_as_the_standard_allows, .init = begin, .fini = end)
{
    enum { MOST = 255 * SHA256_LEN };
    uint8_t *all = arena_alloc(&a, MOST), first[SHA256_LEN];

    hkdf_sha256(all, MOST, slice_str("secret"), slice_str("salt"), slice_str("info"));
    hkdf_sha256(first, sizeof first, slice_str("secret"), slice_str("salt"), slice_str("info"));
    cr_expect_arr_eq(all, first, sizeof first);
    cr_expect(!slice_is_zero(slice_of(all + MOST - 32, 32)));
}

/* The GCM specification's test cases 4 and 16: nonce, ciphertext and tag in a row are the sealed form. */
Test(hash, opens_what_the_specification_sealed, .init = begin, .fini = end)
{
    static const struct {
        const char *key, *sealed;
    } cases[] = {
        {"feffe9928665731c6d6a8f9467308308",
         "cafebabefacedbaddecaf88842831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b2546"
         "6931c7d8f6a5a"
         "ac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
        {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
         "cafebabefacedbaddecaf888522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590"
         "dbb3da7b08b10"
         "56828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    };
    const struct slice aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    struct slice plain;
    struct err err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(aead_open(hex(cases[i].key), hex(cases[i].sealed), aad, &a, &plain, &err), "%s", err.text);
        cr_expect_str_eq(hex_text(&a, plain),
                         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95"
                         "956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    }
}

Test(hash, sealed_data_opens_with_its_key_and_context_only, .init = begin, .fini = end)
{
    const struct slice key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const struct slice short_key = slice_of(key.ptr, 16), plain = slice_str("the state"),
                       aad = slice_str("context");
    struct slice sealed, again, opened = {0};
    struct err err;

    aead_seal(key, plain, aad, &a, &sealed);
    aead_seal(key, plain, aad, &a, &again);
    cr_expect_eq(sealed.len, plain.len + AEAD_OVERHEAD);
    cr_expect(!slice_equal(sealed, again), "each sealing draws a nonce");
    cr_expect(!aead_open(short_key, sealed, aad, &a, &opened, &err));
    cr_expect_eq(err.code, E_DECRYPT);
    cr_expect(!aead_open(key, sealed, slice_str("contexT"), &a, &opened, &err));
    cr_expect_null(opened.ptr, "outputs stay untouched");
    cr_assert(aead_open(key, sealed, aad, &a, &opened, &err), "%s", err.text);
    cr_expect(slice_equal(opened, plain));
}

Test(hash, every_changed_byte_and_every_truncation_is_noticed, .init = begin, .fini = end)
{
    const struct slice key = hex("000102030405060708090a0b0c0d0e0f"), plain = slice_str("some bytes");
    struct slice sealed, opened;
    uint8_t *bytes;
    struct err err;

    aead_seal(key, plain, (struct slice){0}, &a, &sealed);
    bytes = (uint8_t *)sealed.ptr;
    for (size_t i = 0; i < sealed.len; i++) {
        bytes[i] ^= 1;
        cr_expect(!aead_open(key, sealed, (struct slice){0}, &a, &opened, &err), "byte %zu", i);
        cr_expect_eq(err.code, E_DECRYPT);
        bytes[i] ^= 1;
    }
    for (size_t len = 0; len < sealed.len; len++) {
        cr_expect(!aead_open(key, slice_of(bytes, len), (struct slice){0}, &a, &opened, &err), "length %zu",
                  len);
        cr_expect_eq(err.code, E_DECRYPT);
    }
    cr_expect(!aead_open(key, slice_of(bytes, 3), (struct slice){0}, &a, &opened, &err));
    cr_expect_str_eq(err.text, "sealed data: expected at least 28 bytes, found 3");
    cr_expect(aead_open(key, sealed, (struct slice){0}, &a, &opened, &err), "whole again: %s", err.text);
}

Test(hash, nothing_can_be_sealed_too, .init = begin, .fini = end)
{
    const struct slice key = hex("000102030405060708090a0b0c0d0e0f");
    struct slice sealed, opened;
    struct err err;

    aead_seal(key, (struct slice){0}, (struct slice){0}, &a, &sealed);
    cr_assert(aead_open(key, sealed, (struct slice){0}, &a, &opened, &err), "%s", err.text);
    cr_expect_eq(opened.len, 0);
}
