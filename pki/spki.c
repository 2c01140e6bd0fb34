/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/spki.h"

#include "base/text.h"
#include "pki/der.h"

#define OID(...)                                                                                             \
    {                                                                                                        \
        (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]) { __VA_ARGS__ }                              \
    }

const struct slice OID_EC_PUBLIC_KEY = OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const struct slice OID_RSA_ENCRYPTION = OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
const struct slice OID_ED25519 = OID(0x2b, 0x65, 0x70); /* RFC 8410: names key and signature */

static const struct curve curves[] = {
    {KEY_P256, "P-256", OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07), 32},
    {KEY_P384, "P-384", OID(0x2b, 0x81, 0x04, 0x00, 0x22), 48},
    {KEY_P224, "P-224", OID(0x2b, 0x81, 0x04, 0x00, 0x21), 28},
    {KEY_P521, "P-521", OID(0x2b, 0x81, 0x04, 0x00, 0x23), 66},
};
enum { NUM_CURVES = sizeof curves / sizeof curves[0] };

const struct curve *curve_of(enum key_type type)
{
    for (size_t i = 0; i < NUM_CURVES; i++)
        if (curves[i].type == type)
            return &curves[i];
    return NULL;
}

const struct curve *curve_by_oid(struct slice oid)
{
    for (size_t i = 0; i < NUM_CURVES; i++)
        if (slice_equal(curves[i].oid, oid))
            return &curves[i];
    return NULL;
}

const char *key_type_name(enum key_type type)
{
    const struct curve *curve = curve_of(type);

    return curve != NULL ? curve->name : type == KEY_RSA ? "RSA" : "Ed25519";
}

static bool unknown_oid(struct slice oid, const char *what, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    return err_set(err, E_KEY_FORMAT, "public key: expected %s, found %s", what, oid_to_text(&scratch, oid));
}

static bool read_point(struct cursor *alg, struct slice bits, struct public_key *out, struct err *err)
{
    const struct slice oid = der_take(alg, DER_OID); /* RFC 5480 2.1.1: a named curve and nothing else */
    const struct curve *curve = curve_by_oid(oid);

    if (!cursor_done(alg))
        return err_set(err, E_KEY_FORMAT, "public key: expected a named curve");
    if (curve == NULL)
        return unknown_oid(oid, "the curve P-224, P-256, P-384 or P-521", err);
    if (bits.len != 1 + 2 * curve->size || bits.ptr[0] != 0x04)
        return err_set(err, E_KEY_FORMAT,
                       "public key on %s: expected an uncompressed point of %zu bytes, found %zu",
                       curve->name, 1 + 2 * curve->size, bits.len);
    *out = (struct public_key){.type = curve->type, .bits = bits};
    return true;
}

static unsigned bit_length(struct slice n)
{
    unsigned bits = (unsigned)n.len * 8;

    for (uint8_t top = n.len > 0 ? n.ptr[0] : 0x80; top < 0x80; top = (uint8_t)(top << 1 | 1))
        bits--;
    return bits;
}

static bool read_rsa(struct cursor *alg, struct slice bits, struct public_key *out, struct err *err)
{
    struct cursor c = cursor_over(bits), s = der_enter(&c, DER_SEQUENCE);
    const struct slice modulus = der_natural(&s);
    const uint64_t exponent = der_uint(&s, DER_INTEGER, UINT32_MAX);

    if (der_take(alg, DER_NULL).len != 0 || !cursor_done(alg) || !cursor_done(&s) || !cursor_done(&c))
        return err_set(err, E_KEY_FORMAT, "RSA public key: expected a modulus and an exponent below 2^32");
    if (bit_length(modulus) < RSA_MIN_BITS || bit_length(modulus) > RSA_MAX_BITS)
        return err_set(err, E_KEY_FORMAT, "RSA public key: expected %d to %d bits, found %u", RSA_MIN_BITS,
                       RSA_MAX_BITS, bit_length(modulus));
    if (exponent < 3 || exponent % 2 == 0)
        return err_set(err, E_KEY_FORMAT, "RSA public key: expected an odd exponent from 3 up, found %llu",
                       (unsigned long long)exponent);
    *out = (struct public_key){KEY_RSA, bits, bit_length(modulus)};
    return true;
}

static bool read_ed25519(const struct cursor *alg, struct slice bits, struct public_key *out, struct err *err)
{
    if (!cursor_done(alg) || bits.len != ED25519_LEN)
        return err_set(err, E_KEY_FORMAT,
                       "Ed25519 public key: expected %d bytes and no parameters, found %zu", ED25519_LEN,
                       bits.len);
    *out = (struct public_key){.type = KEY_ED25519, .bits = bits};
    return true;
}

bool spki_read(struct slice spki, struct public_key *out, struct err *err)
{
    struct cursor c = cursor_over(spki), s = der_enter(&c, DER_SEQUENCE), alg = der_enter(&s, DER_SEQUENCE);
    const struct slice oid = der_take(&alg, DER_OID), bits = der_bits(&s);

    if (!cursor_ok(&alg) || !cursor_done(&s) || !cursor_done(&c))
        return err_set(err, E_KEY_FORMAT, "public key: expected a SubjectPublicKeyInfo in DER");
    if (slice_equal(oid, OID_EC_PUBLIC_KEY))
        return read_point(&alg, bits, out, err);
    if (slice_equal(oid, OID_RSA_ENCRYPTION))
        return read_rsa(&alg, bits, out, err);
    if (slice_equal(oid, OID_ED25519))
        return read_ed25519(&alg, bits, out, err);
    return unknown_oid(oid, "an EC, RSA or Ed25519 key", err);
}

void key_alg_put(struct buf *b, enum key_type type)
{
    const struct curve *curve = curve_of(type);
    const size_t mark = der_begin(b, DER_SEQUENCE);

    der_put_oid(b, curve != NULL ? OID_EC_PUBLIC_KEY : type == KEY_RSA ? OID_RSA_ENCRYPTION : OID_ED25519);
    if (curve != NULL)
        der_put_oid(b, curve->oid);
    else if (type == KEY_RSA)
        der_put(b, DER_NULL, (struct slice){0});
    der_end(b, mark);
}

void spki_put(struct buf *b, const struct public_key *key)
{
    const size_t whole = der_begin(b, DER_SEQUENCE);

    key_alg_put(b, key->type);
    der_put_bits(b, key->bits);
    der_end(b, whole);
}

bool spki_p256_xy(struct slice spki, struct slice *xy, struct err *err)
{
    struct public_key key;

    if (!spki_read(spki, &key, err))
        return false;
    if (key.type != KEY_P256)
        return err_set(err, E_KEY_FORMAT, "public key: expected one on P-256, found %s",
                       key_type_name(key.type));
    *xy = slice_of(key.bits.ptr + 1, key.bits.len - 1);
    return true;
}

/* One of r and s, padded in front with zeros. */
static bool copy_number(struct cursor *s, size_t size, uint8_t *out)
{
    const struct slice n = der_natural(s);

    if (!cursor_ok(s) || n.len > size || slice_is_zero(n))
        return false;
    memset(out, 0, size);
    memcpy(out + size - n.len, n.ptr, n.len);
    return true;
}

bool ecdsa_to_raw(struct slice der, size_t size, uint8_t *raw)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);

    return copy_number(&s, size, raw) && copy_number(&s, size, raw + size) && cursor_done(&s) &&
           cursor_done(&c);
}

void ecdsa_put(struct buf *b, struct slice raw)
{
    const size_t half = raw.len / 2, mark = der_begin(b, DER_SEQUENCE);

    der_put_integer(b, slice_of(raw.ptr, half));
    der_put_integer(b, slice_of(raw.ptr + half, half));
    der_end(b, mark);
}

struct slice signature_from_raw(struct arena *a, struct slice raw)
{
    scoped(buf_wipe) struct buf b = buf_max(raw.len + 16);

    ecdsa_put(&b, raw);
    return arena_copy(a, buf_bytes(&b));
}

bool spki_key_type(struct slice spki, enum key_type *out, struct err *err)
{
    struct public_key key;

    if (!spki_read(spki, &key, err))
        return false;
    *out = key.type;
    return true;
}
