/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The curve P-256 for mbedTLS, computed by OpenSSL's libcrypto.
 *
 * mbedTLS's PSA layer hands all P-256 work to a driver named p256-m when MBEDTLS_PSA_P256M_DRIVER_ENABLED is
 * set. The driver's library is the seven functions of p256-m.h; this file defines them in its place, so that
 * mbedTLS itself stays as its authors released it. A mutual TLS 1.3 handshake becomes about nine times as
 * fast. Not a part of the pki layer: cmake/mbedtls.cmake compiles it into mbedtls_openssl.
 * tests/unit/test_wycheproof.c holds it to the Wycheproof vectors.
 *
 * Buffers are big-endian: 32 bytes a private key or coordinate, 64 bytes a public key (x, y) or signature (r,
 * s). libcrypto's EC_GROUP and EC_POINT are used and not EVP, whose building of a key costs more than the
 * operation; they are deprecated in OpenSSL 3 and not going away within it. A program that mbedTLS is linked
 * into may use OpenSSL for itself, so no function leaves anything in the thread's error queue. Private keys
 * are drawn, and nonces of signatures made, from libcrypto's own generator; into a nonce it mixes the key and
 * the digest.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <p256-m/p256-m.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum {
    SCALAR = 32,
    PUBLIC = 2 * SCALAR,
    SIGNATURE = 2 * SCALAR,
};

/* No memory, no entropy, or an internal fault: the one status that the driver reports as neither key nor
 * signature. */
#define P256_FAULT P256_RANDOM_FAILED

/* The order of the group. */
static const uint8_t order[SCALAR] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* Made once, never changed after, shared by all threads. NULL if there was no memory for it. */
static EC_GROUP *group;
static pthread_once_t group_once = PTHREAD_ONCE_INIT;

static void make_group(void) { group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1); }

static bool begin(void)
{
    ERR_set_mark();
    return pthread_once(&group_once, make_group) == 0 && group != NULL;
}

/* Every public function ends here: forgets libcrypto's errors, and leaves no half-made output. */
static int end(int status, uint8_t *out, size_t len)
{
    ERR_pop_to_mark();
    if (status != P256_SUCCESS && len > 0)
        OPENSSL_cleanse(out, len);
    return status;
}

/* 1 <= key < order, in constant time. */
static bool is_private_key(const uint8_t key[SCALAR])
{
    unsigned any = 0;
    unsigned borrow = 0;

    for (size_t i = SCALAR; i-- > 0;) {
        any |= key[i];
        borrow = ((unsigned)key[i] - order[i] - borrow) >> 31;
    }
    return (borrow & (unsigned)(any != 0)) == 1;
}

static BIGNUM *secret_number(const uint8_t key[SCALAR])
{
    BIGNUM *n = BN_new();

    if (n == NULL)
        return NULL;
    BN_set_flags(n, BN_FLG_CONSTTIME);
    if (BN_bin2bn(key, SCALAR, n) == NULL) {
        BN_clear_free(n);
        return NULL;
    }
    return n;
}

/* Sets *point, or says why not. Coordinates out of range and points off the curve are refused by oct2point.
 */
static int public_point(const uint8_t pub[PUBLIC], EC_POINT **point)
{
    uint8_t octets[1 + PUBLIC];
    EC_POINT *p = EC_POINT_new(group);

    if (p == NULL)
        return P256_FAULT;
    octets[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(octets + 1, pub, PUBLIC);
    if (EC_POINT_oct2point(group, p, octets, sizeof octets, NULL) != 1) {
        EC_POINT_free(p);
        return P256_INVALID_PUBKEY;
    }
    *point = p;
    return P256_SUCCESS;
}

/* Fails at the point at infinity, which has no coordinates. */
static bool write_point(const EC_POINT *point, uint8_t out[PUBLIC])
{
    uint8_t octets[1 + PUBLIC];
    bool ok = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets, NULL) ==
              sizeof octets;

    if (ok)
        memcpy(out, octets + 1, PUBLIC);
    OPENSSL_cleanse(octets, sizeof octets); /* in a key agreement it is the secret */
    return ok;
}

/* key * base, or key * generator if base is NULL. */
static int multiply(const uint8_t key[SCALAR], const EC_POINT *base, uint8_t out[PUBLIC])
{
    BIGNUM *n = secret_number(key);
    EC_POINT *product = EC_POINT_new(group);
    bool ok =
        n != NULL && product != NULL &&
        EC_POINT_mul(group, product, base == NULL ? n : NULL, base, base == NULL ? NULL : n, NULL) == 1 &&
        write_point(product, out);

    EC_POINT_clear_free(product);
    BN_clear_free(n);
    return ok ? P256_SUCCESS : P256_FAULT;
}

/* An EC_KEY with what is given of the two halves. */
static EC_KEY *make_key(const uint8_t *priv, const EC_POINT *pub)
{
    EC_KEY *key = EC_KEY_new();
    BIGNUM *n = priv == NULL ? NULL : secret_number(priv);
    bool ok = key != NULL && EC_KEY_set_group(key, group) == 1 &&
              (priv == NULL || (n != NULL && EC_KEY_set_private_key(key, n) == 1)) &&
              (pub == NULL || EC_KEY_set_public_key(key, pub) == 1);

    BN_clear_free(n);
    if (ok)
        return key;
    EC_KEY_free(key);
    return NULL;
}

/* Of a digest longer than the order, its leftmost bits count; libcrypto wants the length as an int. */
static int digest_len(size_t len) { return len < SCALAR ? (int)len : SCALAR; }

int p256_validate_privkey(const uint8_t priv[32])
{
    return is_private_key(priv) ? P256_SUCCESS : P256_INVALID_PRIVKEY;
}

int p256_validate_pubkey(const uint8_t pub[64])
{
    EC_POINT *point = NULL;
    int status = begin() ? public_point(pub, &point) : P256_FAULT;

    EC_POINT_free(point);
    return end(status, NULL, 0);
}

int p256_public_from_private(uint8_t pub[64], const uint8_t priv[32])
{
    int status = P256_FAULT;

    if (begin())
        status = is_private_key(priv) ? multiply(priv, NULL, pub) : P256_INVALID_PRIVKEY;
    return end(status, pub, PUBLIC);
}

int p256_gen_keypair(uint8_t priv[32], uint8_t pub[64])
{
    int status = P256_FAULT;
    EC_KEY *key = begin() ? make_key(NULL, NULL) : NULL;

    if (key != NULL && EC_KEY_generate_key(key) == 1 &&
        BN_bn2binpad(EC_KEY_get0_private_key(key), priv, SCALAR) == SCALAR &&
        write_point(EC_KEY_get0_public_key(key), pub))
        status = P256_SUCCESS;
    EC_KEY_free(key);
    if (status != P256_SUCCESS)
        OPENSSL_cleanse(priv, SCALAR);
    return end(status, pub, PUBLIC);
}

int p256_ecdh_shared_secret(uint8_t secret[32], const uint8_t priv[32], const uint8_t pub[64])
{
    uint8_t product[PUBLIC] = {0};
    EC_POINT *point = NULL;
    int status = P256_FAULT;

    if (begin())
        status = is_private_key(priv) ? public_point(pub, &point) : P256_INVALID_PRIVKEY;
    if (status == P256_SUCCESS)
        status = multiply(priv, point, product);
    if (status == P256_SUCCESS)
        memcpy(secret, product, SCALAR);
    OPENSSL_cleanse(product, sizeof product);
    EC_POINT_free(point);
    return end(status, secret, SCALAR);
}

static int sign(const uint8_t *priv, const uint8_t *hash, size_t hlen, uint8_t sig[SIGNATURE])
{
    EC_KEY *key = make_key(priv, NULL);
    ECDSA_SIG *made = key == NULL ? NULL : ECDSA_do_sign(hash, digest_len(hlen), key);
    bool ok = made != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(made), sig, SCALAR) == SCALAR &&
              BN_bn2binpad(ECDSA_SIG_get0_s(made), sig + SCALAR, SCALAR) == SCALAR;

    ECDSA_SIG_free(made);
    EC_KEY_free(key);
    return ok ? P256_SUCCESS : P256_FAULT;
}

int p256_ecdsa_sign(uint8_t sig[64], const uint8_t priv[32], const uint8_t *hash, size_t hlen)
{
    int status = P256_FAULT;

    if (begin())
        status = is_private_key(priv) ? sign(priv, hash, hlen, sig) : P256_INVALID_PRIVKEY;
    return end(status, sig, SIGNATURE);
}

static ECDSA_SIG *read_signature(const uint8_t sig[SIGNATURE])
{
    ECDSA_SIG *read = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig, SCALAR, NULL);
    BIGNUM *s = BN_bin2bn(sig + SCALAR, SCALAR, NULL);

    if (read != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(read, r, s) == 1)
        return read;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(read);
    return NULL;
}

/* r and s of zero, or not below the order, are refused by libcrypto as signatures that do not match. */
static int verify(const EC_POINT *pub, const uint8_t *hash, size_t hlen, const uint8_t sig[SIGNATURE])
{
    EC_KEY *key = make_key(NULL, pub);
    ECDSA_SIG *read = read_signature(sig);
    int verdict = key != NULL && read != NULL ? ECDSA_do_verify(hash, digest_len(hlen), read, key) : -1;

    ECDSA_SIG_free(read);
    EC_KEY_free(key);
    return verdict == 1 ? P256_SUCCESS : verdict == 0 ? P256_INVALID_SIGNATURE : P256_FAULT;
}

int p256_ecdsa_verify(const uint8_t sig[64], const uint8_t pub[64], const uint8_t *hash, size_t hlen)
{
    EC_POINT *point = NULL;
    int status = begin() ? public_point(pub, &point) : P256_FAULT;

    if (status == P256_SUCCESS)
        status = verify(point, hash, hlen, sig);
    EC_POINT_free(point);
    return end(status, NULL, 0);
}
