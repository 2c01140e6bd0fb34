/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Wycheproof vectors for P-256, through the interfaces the product uses: PSA and mbedtls_pk. Built once
 * for each backend. Every case of every file is run: what is valid has to pass, what is invalid has to fail,
 * what is acceptable may do either but never with a wrong secret. The SHAKE128 files are left out: PSA has no
 * such hash.
 *
 * One leniency of mbedtls_pk is known and counted: it reads lengths in a signature that are longer than DER
 * allows. The numbers are the signer's, so nothing is forged, but a signature has more than one spelling: its
 * bytes must not serve as a name for what it signs. The same files are therefore run through a strict reader
 * and PSA as well.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    SCALAR = 32,
    POINT = 1 + 2 * SCALAR,
    BYTES_MAX = 8192,
};

struct bytes {
    uint8_t at[BYTES_MAX];
    size_t len;
};

struct tally {
    size_t passed;
    size_t refused;
    size_t wrong;
    size_t lenient; /* invalid only for its BER lengths, and accepted */
};

static void start(void) { cr_assert_eq(psa_crypto_init(), PSA_SUCCESS); }

TestSuite(wycheproof, .init = start, .timeout = 240);

/* --- the files --- */

static json_t *load(const char *name)
{
    char path[4096];
    json_error_t error;
    json_t *file;

    snprintf(path, sizeof path, "%s/%s", WYCHEPROOF_FOLDER, name);
    file = json_load_file(path, 0, &error);
    cr_assert_not_null(file, "%s: %s. The vectors are fetched by: scripts/setup --test", path, error.text);
    return file;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    cr_assert_not_null(value, "no text \"%s\"", key);
    return value;
}

static struct bytes hex(const json_t *object, const char *key)
{
    const char *digits = text(object, key);
    struct bytes out = {.len = 0};

    cr_assert_eq(sodium_hex2bin(out.at, sizeof out.at, digits, strlen(digits), NULL, &out.len, NULL), 0);
    cr_assert_eq(out.len * 2, strlen(digits));
    return out;
}

static bool has_flag(const json_t *test, const char *flag)
{
    const json_t *each;
    size_t i;

    json_array_foreach(json_object_get(test, "flags"), i, each)
    {
        if (strcmp(json_string_value(each), flag) == 0)
            return true;
    }
    return false;
}

typedef bool run_case(const json_t *group, const json_t *test);

static void judge(const char *name, const json_t *test, bool passed, struct tally *tally)
{
    const char *result = text(test, "result");
    bool wrong = (passed && strcmp(result, "invalid") == 0) || (!passed && strcmp(result, "valid") == 0);

    if (passed)
        tally->passed++;
    else
        tally->refused++;
    if (!wrong)
        return;
    if (passed && has_flag(test, "BerEncodedSignature")) {
        tally->lenient++;
        return;
    }
    tally->wrong++;
    fprintf(stderr, "%s: case %lld (%s) is %s and was %s\n", name,
            json_integer_value(json_object_get(test, "tcId")), text(test, "comment"), result,
            passed ? "accepted" : "refused");
}

static void run_file(const char *name, run_case *run, size_t lenient)
{
    struct tally tally = {0};
    json_t *file = load(name);
    json_t *group;
    json_t *test;
    size_t i;
    size_t j;

    json_array_foreach(json_object_get(file, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
            judge(name, test, run(group, test), &tally);
    }
    printf("%s: %zu cases, %zu accepted (%zu of them BER), %zu refused, %zu wrong\n", name,
           tally.passed + tally.refused, tally.passed, tally.lenient, tally.refused, tally.wrong);
    fflush(stdout);
    cr_assert_eq(tally.passed + tally.refused,
                 (size_t)json_integer_value(json_object_get(file, "numberOfTests")));
    cr_assert_gt(tally.passed, 0);
    cr_assert_gt(tally.refused, 0);
    cr_assert_eq(tally.wrong, 0, "%s: %zu cases went wrong", name, tally.wrong);
    cr_assert_eq(tally.lenient, lenient, "%s: %zu BER signatures accepted, not %zu", name, tally.lenient,
                 lenient);
    json_decref(file);
}

/* --- signatures --- */

static psa_algorithm_t hash_of(const json_t *group)
{
    static const struct {
        const char *name;
        psa_algorithm_t alg;
    } hashes[] = {
        {"SHA-256", PSA_ALG_SHA_256},
        {"SHA-512", PSA_ALG_SHA_512},
        {"SHA3-256", PSA_ALG_SHA3_256},
        {"SHA3-512", PSA_ALG_SHA3_512},
    };
    const char *name = text(group, "sha");

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        if (strcmp(name, hashes[i].name) == 0)
            return hashes[i].alg;
    cr_assert_fail("unknown hash %s", name);
    return 0;
}

static struct bytes digest(psa_algorithm_t alg, const struct bytes *message)
{
    struct bytes out;

    cr_assert_eq(psa_hash_compute(alg, message->at, message->len, out.at, sizeof out.at, &out.len),
                 PSA_SUCCESS);
    return out;
}

/* The signature is DER: through mbedtls_pk, as for certificates and handshakes. */
static bool verify_pk(const json_t *group, const json_t *test)
{
    psa_algorithm_t alg = hash_of(group);
    struct bytes key = hex(group, "publicKeyDer");
    struct bytes message = hex(test, "msg");
    struct bytes hash = digest(alg, &message);
    struct bytes signature = hex(test, "sig");
    mbedtls_pk_context pk;
    bool passed;

    mbedtls_pk_init(&pk);
    cr_assert_eq(mbedtls_pk_parse_public_key(&pk, key.at, key.len), 0);
    passed = mbedtls_pk_verify(&pk, mbedtls_md_type_from_psa_alg(alg), hash.at, hash.len, signature.at,
                               signature.len) == 0;
    mbedtls_pk_free(&pk);
    return passed;
}

static psa_key_id_t import(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t alg,
                           const uint8_t *key, size_t len)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;

    psa_set_key_type(&attributes, type);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    return psa_import_key(&attributes, key, len, &id) == PSA_SUCCESS ? id : PSA_KEY_ID_NULL;
}

/* r and s through PSA itself. */
static bool verify_raw(const json_t *group, const json_t *test, const uint8_t *signature, size_t len)
{
    psa_algorithm_t hash_alg = hash_of(group);
    psa_algorithm_t alg = PSA_ALG_ECDSA(hash_alg);
    struct bytes point = hex(json_object_get(group, "publicKey"), "uncompressed");
    struct bytes message = hex(test, "msg");
    struct bytes hash = digest(hash_alg, &message);
    psa_key_id_t key = import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_VERIFY_HASH,
                              alg, point.at, point.len);
    bool passed;

    cr_assert_neq(key, PSA_KEY_ID_NULL);
    passed = psa_verify_hash(key, alg, hash.at, hash.len, signature, len) == PSA_SUCCESS;
    psa_destroy_key(key);
    return passed;
}

static bool verify_p1363(const json_t *group, const json_t *test)
{
    struct bytes signature = hex(test, "sig");

    return verify_raw(group, test, signature.at, signature.len);
}

/* A DER INTEGER of at most 256 bits that is not negative and has no spare zero, at *at: moves *at behind it.
 */
static bool read_scalar(const struct bytes *der, size_t *at, uint8_t out[SCALAR])
{
    const uint8_t *value = der->at + *at + 2;
    size_t len;

    if (der->len - *at < 3 || der->at[*at] != 0x02)
        return false;
    len = der->at[*at + 1];
    if (len < 1 || len > SCALAR + 1 || len > der->len - *at - 2)
        return false;
    *at += 2 + len;
    if ((value[0] & 0x80) != 0 || (len > 1 && value[0] == 0 && (value[1] & 0x80) == 0))
        return false;
    if (value[0] == 0) {
        value++;
        len--;
    }
    if (len > SCALAR)
        return false;
    memset(out, 0, SCALAR - len);
    memcpy(out + SCALAR - len, value, len);
    return true;
}

static bool verify_strict(const json_t *group, const json_t *test)
{
    struct bytes der = hex(test, "sig");
    uint8_t raw[2 * SCALAR];
    size_t at = 2;

    return der.len >= 2 && der.at[0] == 0x30 && der.at[1] < 0x80 && der.at[1] == der.len - 2 &&
           read_scalar(&der, &at, raw) && read_scalar(&der, &at, raw + SCALAR) && at == der.len &&
           verify_raw(group, test, raw, sizeof raw);
}

/* --- key agreement --- */

static psa_key_id_t import_scalar(const uint8_t *scalar, size_t len)
{
    uint8_t fixed[SCALAR] = {0};

    while (len > SCALAR && *scalar == 0) {
        scalar++;
        len--;
    }
    cr_assert_leq(len, SCALAR);
    memcpy(fixed + SCALAR - len, scalar, len);
    return import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH,
                  fixed, sizeof fixed);
}

/* Takes the key. True if there is a secret and it is the expected one; a wrong secret is a failure of its
 * own. */
static bool agree(psa_key_id_t key, const struct bytes *peer, const json_t *test)
{
    struct bytes expected = hex(test, "shared");
    uint8_t secret[SCALAR];
    size_t len = 0;
    psa_status_t status =
        psa_raw_key_agreement(PSA_ALG_ECDH, key, peer->at, peer->len, secret, sizeof secret, &len);

    psa_destroy_key(key);
    if (status != PSA_SUCCESS)
        return false;
    if (strcmp(text(test, "result"), "invalid") != 0) {
        cr_assert_eq(len, expected.len);
        cr_assert_arr_eq(secret, expected.at, len, "case %lld: a secret, but a wrong one",
                         json_integer_value(json_object_get(test, "tcId")));
    }
    return true;
}

static bool agree_point(const json_t *group, const json_t *test)
{
    struct bytes peer = hex(test, "public");
    struct bytes scalar = hex(test, "private");

    (void)group;
    return agree(import_scalar(scalar.at, scalar.len), &peer, test);
}

/* The peer's point, if what was parsed is a key on P-256. */
static bool point_of(const mbedtls_pk_context *pk, struct bytes *point)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    bool ok = mbedtls_pk_get_psa_attributes(pk, PSA_KEY_USAGE_VERIFY_HASH, &attributes) == 0 &&
              psa_get_key_type(&attributes) == PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1) &&
              psa_get_key_bits(&attributes) == 256 && mbedtls_pk_import_into_psa(pk, &attributes, &id) == 0 &&
              psa_export_public_key(id, point->at, sizeof point->at, &point->len) == PSA_SUCCESS;

    psa_destroy_key(id);
    return ok;
}

static bool parse_public(const uint8_t *der_or_pem, size_t len, struct bytes *point)
{
    mbedtls_pk_context pk;
    bool ok;

    mbedtls_pk_init(&pk);
    ok = mbedtls_pk_parse_public_key(&pk, der_or_pem, len) == 0 && point_of(&pk, point);
    mbedtls_pk_free(&pk);
    return ok;
}

static bool agree_der(const json_t *group, const json_t *test)
{
    struct bytes peer = hex(test, "public");
    struct bytes scalar = hex(test, "private");
    struct bytes point;

    (void)group;
    return parse_public(peer.at, peer.len, &point) &&
           agree(import_scalar(scalar.at, scalar.len), &point, test);
}

static psa_key_id_t parse_private(const char *pem)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    mbedtls_pk_context pk;

    mbedtls_pk_init(&pk);
    cr_assert_eq(mbedtls_pk_parse_key(&pk, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0,
                                      mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE),
                 0);
    cr_assert_eq(mbedtls_pk_get_psa_attributes(&pk, PSA_KEY_USAGE_DERIVE, &attributes), 0);
    cr_assert_eq(mbedtls_pk_import_into_psa(&pk, &attributes, &id), 0);
    mbedtls_pk_free(&pk);
    return id;
}

static bool agree_pem(const json_t *group, const json_t *test)
{
    const char *peer = text(test, "public");
    struct bytes point;

    (void)group;
    return parse_public((const uint8_t *)peer, strlen(peer) + 1, &point) &&
           agree(parse_private(text(test, "private")), &point, test);
}

static bool coordinate(const json_t *jwk, const char *key, uint8_t out[SCALAR])
{
    const char *value = json_string_value(json_object_get(jwk, key));
    size_t len = 0;

    return value != NULL &&
           sodium_base642bin(out, SCALAR, value, strlen(value), NULL, &len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           len == SCALAR;
}

static bool agree_jwk(const json_t *group, const json_t *test)
{
    const json_t *public = json_object_get(test, "public");
    struct bytes point = {.at = {0x04}, .len = POINT};
    uint8_t scalar[SCALAR];

    (void)group;
    cr_assert(coordinate(json_object_get(test, "private"), "d", scalar));
    return json_is_object(public) && strcmp(text(public, "kty"), "EC") == 0 &&
           strcmp(text(public, "crv"), "P-256") == 0 && coordinate(public, "x", point.at + 1) &&
           coordinate(public, "y", point.at + 1 + SCALAR) &&
           agree(import_scalar(scalar, SCALAR), &point, test);
}

/* --- the set --- */

Test(wycheproof, ecdsa_sha256) { run_file("ecdsa_secp256r1_sha256_test.json", verify_strict, 0); }
Test(wycheproof, ecdsa_sha512) { run_file("ecdsa_secp256r1_sha512_test.json", verify_strict, 0); }
Test(wycheproof, ecdsa_sha3_256) { run_file("ecdsa_secp256r1_sha3_256_test.json", verify_strict, 0); }
Test(wycheproof, ecdsa_sha3_512) { run_file("ecdsa_secp256r1_sha3_512_test.json", verify_strict, 0); }
Test(wycheproof, ecdsa_sha256_pk) { run_file("ecdsa_secp256r1_sha256_test.json", verify_pk, 6); }
Test(wycheproof, ecdsa_sha512_pk) { run_file("ecdsa_secp256r1_sha512_test.json", verify_pk, 6); }
Test(wycheproof, ecdsa_sha3_256_pk) { run_file("ecdsa_secp256r1_sha3_256_test.json", verify_pk, 6); }
Test(wycheproof, ecdsa_sha3_512_pk) { run_file("ecdsa_secp256r1_sha3_512_test.json", verify_pk, 6); }
Test(wycheproof, ecdsa_sha256_p1363) { run_file("ecdsa_secp256r1_sha256_p1363_test.json", verify_p1363, 0); }
Test(wycheproof, ecdsa_sha512_p1363) { run_file("ecdsa_secp256r1_sha512_p1363_test.json", verify_p1363, 0); }
Test(wycheproof, ecdh_der) { run_file("ecdh_secp256r1_test.json", agree_der, 0); }
Test(wycheproof, ecdh_pem) { run_file("ecdh_secp256r1_pem_test.json", agree_pem, 0); }
Test(wycheproof, ecdh_point) { run_file("ecdh_secp256r1_ecpoint_test.json", agree_point, 0); }
Test(wycheproof, ecdh_jwk) { run_file("ecdh_secp256r1_webcrypto_test.json", agree_jwk, 0); }
