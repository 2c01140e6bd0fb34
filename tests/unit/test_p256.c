/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P-256 by PSA against the two implementations there are: libcrypto's behind the p256-m interface
 * (pki/p256_openssl.c) and mbedTLS's own. Built once for each backend of PSA, so each of them meets the
 * other; and the edges of the p256-m interface, which PSA never shows it.
 */
#include <criterion/criterion.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/psa_util.h>
#include <openssl/err.h>
#include <p256-m/p256-m.h>
#include <psa/crypto.h>
#include <string.h>

enum {
    SCALAR = 32,
    PUBLIC = 64,
    SIGNATURE = 64,
    ROUNDS = 50,
};

static const uint8_t order[SCALAR] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
static const uint8_t prime[SCALAR] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t zero[SIGNATURE];

struct pair {
    uint8_t priv[SCALAR];
    uint8_t pub[PUBLIC];
};

static void start(void) { cr_assert_eq(psa_crypto_init(), PSA_SUCCESS); }

TestSuite(p256, .init = start, .timeout = 240);

static struct pair new_pair(void)
{
    struct pair p;

    cr_assert_eq(p256_gen_keypair(p.priv, p.pub), P256_SUCCESS);
    return p;
}

static void fill(uint8_t *bytes, size_t len) { cr_assert_eq(psa_generate_random(bytes, len), PSA_SUCCESS); }

static psa_key_id_t import(const struct pair *p, psa_key_usage_t usage, psa_algorithm_t alg)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    cr_assert_eq(psa_import_key(&attributes, p->priv, SCALAR, &id), PSA_SUCCESS);
    return id;
}

/* --- mbedTLS's own arithmetic, round PSA --- */

static bool own_verify(const struct pair *p, const uint8_t *hash, size_t len, const uint8_t sig[SIGNATURE])
{
    uint8_t point[1 + PUBLIC] = {0x04};
    mbedtls_ecp_keypair key;
    mbedtls_mpi r;
    mbedtls_mpi s;
    bool ok;

    mbedtls_ecp_keypair_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    memcpy(point + 1, p->pub, PUBLIC);
    ok = mbedtls_ecp_group_load(&key.MBEDTLS_PRIVATE(grp), MBEDTLS_ECP_DP_SECP256R1) == 0 &&
         mbedtls_ecp_point_read_binary(&key.MBEDTLS_PRIVATE(grp), &key.MBEDTLS_PRIVATE(Q), point,
                                       sizeof point) == 0 &&
         mbedtls_mpi_read_binary(&r, sig, SCALAR) == 0 &&
         mbedtls_mpi_read_binary(&s, sig + SCALAR, SCALAR) == 0 &&
         mbedtls_ecdsa_verify(&key.MBEDTLS_PRIVATE(grp), hash, len, &key.MBEDTLS_PRIVATE(Q), &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_keypair_free(&key);
    return ok;
}

static void own_sign(const struct pair *p, const uint8_t *hash, size_t len, uint8_t sig[SIGNATURE])
{
    mbedtls_ecp_keypair key;
    mbedtls_mpi r;
    mbedtls_mpi s;

    mbedtls_ecp_keypair_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    cr_assert_eq(mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, &key, p->priv, SCALAR), 0);
    cr_assert_eq(mbedtls_ecdsa_sign(&key.MBEDTLS_PRIVATE(grp), &r, &s, &key.MBEDTLS_PRIVATE(d), hash, len,
                                    mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE),
                 0);
    cr_assert_eq(mbedtls_mpi_write_binary(&r, sig, SCALAR), 0);
    cr_assert_eq(mbedtls_mpi_write_binary(&s, sig + SCALAR, SCALAR), 0);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_keypair_free(&key);
}

/* --- each against the others --- */

static void everyone_verifies(const struct pair *p, psa_key_id_t key, const uint8_t *hash, size_t len,
                              const uint8_t sig[SIGNATURE])
{
    uint8_t spoilt[SIGNATURE];

    cr_assert_eq(psa_verify_hash(key, PSA_ALG_ECDSA_ANY, hash, len, sig, SIGNATURE), PSA_SUCCESS);
    cr_assert_eq(p256_ecdsa_verify(sig, p->pub, hash, len), P256_SUCCESS);
    cr_assert(own_verify(p, hash, len, sig));
    memcpy(spoilt, sig, SIGNATURE);
    spoilt[len % SIGNATURE] ^= 0x10;
    cr_assert_eq(psa_verify_hash(key, PSA_ALG_ECDSA_ANY, hash, len, spoilt, SIGNATURE),
                 PSA_ERROR_INVALID_SIGNATURE);
    cr_assert_eq(p256_ecdsa_verify(spoilt, p->pub, hash, len), P256_INVALID_SIGNATURE);
}

Test(p256, what_one_signs_all_verify)
{
    static const size_t lens[] = {1, 20, 31, 32, 33, 48, 64};
    uint8_t hash[64];
    uint8_t sig[SIGNATURE];
    size_t sig_len;

    for (size_t i = 0; i < ROUNDS; i++) {
        struct pair p = new_pair();
        psa_key_id_t key = import(&p, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH, PSA_ALG_ECDSA_ANY);
        size_t len = lens[i % (sizeof lens / sizeof lens[0])];

        fill(hash, sizeof hash);
        cr_assert_eq(psa_sign_hash(key, PSA_ALG_ECDSA_ANY, hash, len, sig, sizeof sig, &sig_len),
                     PSA_SUCCESS);
        cr_assert_eq(sig_len, SIGNATURE);
        everyone_verifies(&p, key, hash, len, sig);
        cr_assert_eq(p256_ecdsa_sign(sig, p.priv, hash, len), P256_SUCCESS);
        everyone_verifies(&p, key, hash, len, sig);
        own_sign(&p, hash, len, sig);
        everyone_verifies(&p, key, hash, len, sig);
        psa_destroy_key(key);
    }
}

Test(p256, both_ends_agree_on_a_secret)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct pair ours = new_pair();
        struct pair theirs = new_pair();
        psa_key_id_t key = import(&ours, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH);
        uint8_t peer[1 + PUBLIC] = {0x04};
        uint8_t by_psa[SCALAR];
        uint8_t by_seam[SCALAR];
        size_t len;

        memcpy(peer + 1, theirs.pub, PUBLIC);
        cr_assert_eq(psa_raw_key_agreement(PSA_ALG_ECDH, key, peer, sizeof peer, by_psa, sizeof by_psa, &len),
                     PSA_SUCCESS);
        cr_assert_eq(p256_ecdh_shared_secret(by_seam, theirs.priv, ours.pub), P256_SUCCESS);
        cr_assert_eq(len, SCALAR);
        cr_assert_arr_eq(by_psa, by_seam, SCALAR);
        cr_assert_eq(psa_export_public_key(key, peer, sizeof peer, &len), PSA_SUCCESS);
        cr_assert_eq(len, sizeof peer);
        cr_assert_arr_eq(peer + 1, ours.pub, PUBLIC);
        psa_destroy_key(key);
    }
}

/* --- the edges of the p256-m interface --- */

Test(p256, private_keys_lie_between_nought_and_the_order)
{
    uint8_t key[SCALAR];
    uint8_t pub[PUBLIC];
    uint8_t sig[SIGNATURE];
    struct pair peer = new_pair();
    const uint8_t *refused[] = {zero, order, key};

    memset(key, 0xff, sizeof key);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(p256_validate_privkey(refused[i]), P256_INVALID_PRIVKEY);
        cr_assert_eq(p256_public_from_private(pub, refused[i]), P256_INVALID_PRIVKEY);
        cr_assert_eq(p256_ecdsa_sign(sig, refused[i], order, SCALAR), P256_INVALID_PRIVKEY);
        cr_assert_eq(p256_ecdh_shared_secret(sig, refused[i], peer.pub), P256_INVALID_PRIVKEY);
    }
    memcpy(key, order, SCALAR);
    key[SCALAR - 1] -= 1;
    cr_assert_eq(p256_validate_privkey(key), P256_SUCCESS);
    key[SCALAR - 1] += 2;
    cr_assert_eq(p256_validate_privkey(key), P256_INVALID_PRIVKEY);
    memset(key, 0, SCALAR);
    key[SCALAR - 1] = 1;
    cr_assert_eq(p256_validate_privkey(key), P256_SUCCESS);
    cr_assert_eq(p256_public_from_private(pub, key), P256_SUCCESS);
    cr_assert_eq(pub[0], 0x6b, "the generator");
}

Test(p256, public_keys_lie_on_the_curve)
{
    struct pair p = new_pair();
    uint8_t secret[SCALAR];
    uint8_t bad[PUBLIC];

    cr_assert_eq(p256_validate_pubkey(p.pub), P256_SUCCESS);
    memcpy(bad, p.pub, PUBLIC);
    bad[PUBLIC - 1] ^= 1;
    cr_assert_eq(p256_validate_pubkey(bad), P256_INVALID_PUBKEY);
    cr_assert_eq(p256_ecdh_shared_secret(secret, p.priv, bad), P256_INVALID_PUBKEY);
    cr_assert_eq(p256_ecdsa_verify(zero, bad, order, SCALAR), P256_INVALID_PUBKEY);
    cr_assert_eq(p256_validate_pubkey(zero), P256_INVALID_PUBKEY);
    memcpy(bad, prime, SCALAR);
    memcpy(bad + SCALAR, p.pub + SCALAR, SCALAR);
    cr_assert_eq(p256_validate_pubkey(bad), P256_INVALID_PUBKEY, "a coordinate is below the prime");
}

Test(p256, signatures_out_of_range_are_refused)
{
    struct pair p = new_pair();
    uint8_t good[SIGNATURE];
    uint8_t bad[SIGNATURE];

    cr_assert_eq(p256_ecdsa_sign(good, p.priv, order, SCALAR), P256_SUCCESS);
    cr_assert_eq(p256_ecdsa_verify(zero, p.pub, order, SCALAR), P256_INVALID_SIGNATURE);
    for (size_t half = 0; half < 2; half++) {
        memcpy(bad, good, SIGNATURE);
        memcpy(bad + half * SCALAR, zero, SCALAR);
        cr_assert_eq(p256_ecdsa_verify(bad, p.pub, order, SCALAR), P256_INVALID_SIGNATURE);
        memcpy(bad + half * SCALAR, order, SCALAR);
        cr_assert_eq(p256_ecdsa_verify(bad, p.pub, order, SCALAR), P256_INVALID_SIGNATURE);
    }
}

Test(p256, of_a_long_hash_the_first_bytes_count)
{
    struct pair p = new_pair();
    uint8_t hash[100];
    uint8_t sig[SIGNATURE];

    fill(hash, sizeof hash);
    cr_assert_eq(p256_ecdsa_sign(sig, p.priv, hash, sizeof hash), P256_SUCCESS);
    cr_assert_eq(p256_ecdsa_verify(sig, p.pub, hash, SCALAR), P256_SUCCESS);
    cr_assert_eq(p256_ecdsa_verify(sig, p.pub, hash, SCALAR - 1), P256_INVALID_SIGNATURE);
}

Test(p256, nothing_is_left_of_a_failure)
{
    uint8_t pub[PUBLIC];
    uint8_t secret[SCALAR];
    struct pair p = new_pair();

    memset(pub, 0xaa, sizeof pub);
    memset(secret, 0xaa, sizeof secret);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1); /* of the program that uses OpenSSL for itself */
    cr_assert_neq(p256_public_from_private(pub, order), P256_SUCCESS);
    cr_assert_neq(p256_ecdh_shared_secret(secret, p.priv, zero), P256_SUCCESS);
    cr_assert_arr_eq(pub, zero, PUBLIC);
    cr_assert_arr_eq(secret, zero, SCALAR);
    cr_assert_eq(ERR_GET_REASON(ERR_get_error()), 1);
    cr_assert_eq(ERR_get_error(), 0);
}
