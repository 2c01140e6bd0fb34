/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys as others write them: PKCS#8 (RFC 5958, RFC 8410), SEC1 (RFC 5915), PKCS#1 (RFC 8017 A.1.2).
 */
#include "base/text.h"
#include "pki/der.h"
#include "pki/key_impl.h"
#include "pki/pem.h"

/* ---- reading ------------------------------------------------------------------------------- */

bool key_from_scalar(enum key_type curve, struct slice scalar, struct key *out, struct err *err)
{
    const struct curve *c = curve_of(curve);
    const struct key_parts p = {curve, scalar, {0}};

    if (c == NULL || scalar.len != c->size)
        return err_set(err, E_KEY_FORMAT, "private key: expected a scalar of %zu bytes, found %zu",
                       c == NULL ? 0 : c->size, scalar.len);
    return key_import(&p, out, err);
}

/* ECPrivateKey (RFC 5915). The curve may be known from outside; if it is named inside too, it is the same. */
static bool read_sec1(struct slice der, const struct curve *curve, struct key_parts *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    const uint64_t version = der_uint(&s, DER_INTEGER, 1);
    struct key_parts p = {.secret = der_take(&s, DER_OCTETS)};

    if (der_next_is(&s, der_context_constructed(0))) {
        struct cursor params = der_enter(&s, der_context_constructed(0));
        const struct curve *named = curve_by_oid(der_take(&params, DER_OID));

        if (!cursor_done(&params) || named == NULL || (curve != NULL && curve != named))
            return err_set(err, E_KEY_FORMAT,
                           "EC private key: expected the curve P-224, P-256, P-384 or P-521");
        curve = named;
    }
    if (der_next_is(&s, der_context_constructed(1))) {
        struct cursor public = der_enter(&s, der_context_constructed(1));

        p.public = der_bits(&public);
        if (!cursor_done(&public))
            s.bad = true;
    }
    if (version != 1 || !cursor_done(&s) || !cursor_done(&c) || curve == NULL || p.secret.len != curve->size)
        return err_set(err, E_KEY_FORMAT,
                       "EC private key: expected version 1, a scalar of the curve's size, the "
                       "curve's name and nothing else");
    p.type = curve->type;
    *out = p;
    return true;
}

/* RSAPrivateKey (RFC 8017 A.1.2) is what PSA takes; here only its size is looked at. */
static bool read_pkcs1(struct slice der, struct key_parts *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    const uint64_t version = der_uint(&s, DER_INTEGER, 0);
    const struct slice modulus = der_natural(&s);

    if (version != 0 || !cursor_ok(&s) || !cursor_done(&c))
        return err_set(err, E_KEY_FORMAT, "RSA private key: expected an RSAPrivateKey of two primes in DER");
    if (modulus.len < RSA_MIN_BITS / 8 || modulus.len > RSA_MAX_BITS / 8)
        return err_set(err, E_KEY_FORMAT, "RSA private key: expected %d to %d bits, found about %zu",
                       RSA_MIN_BITS, RSA_MAX_BITS, modulus.len * 8);
    *out = (struct key_parts){KEY_RSA, der, {0}};
    return true;
}

/* CurvePrivateKey (RFC 8410 section 7): the seed in an OCTET STRING of its own. `beside` is the optional
 * public key's BIT STRING, tagged implicitly: a count of unused bits, which is 0, and the point. */
static bool read_ed25519(struct slice inner, struct slice beside, struct key_parts *out, struct err *err)
{
    struct cursor c = cursor_over(inner), public = cursor_over(beside);
    struct key_parts p = {.type = KEY_ED25519, .secret = der_take(&c, DER_OCTETS)};

    if (beside.len > 0 && cursor_u8(&public) == 0)
        p.public = cursor_take(&public, ED25519_LEN);
    if (!cursor_done(&c) || p.secret.len != ED25519_LEN || !cursor_done(&public))
        return err_set(err, E_KEY_FORMAT, "Ed25519 private key: expected a seed of %d bytes and nothing else",
                       ED25519_LEN);
    *out = p;
    return true;
}

/* OneAsymmetricKey (RFC 5958 section 2) behind its version: what may follow the key, attributes and a
 * public key, is not needed, as EC keys have their own place for it. */
static bool read_pkcs8(struct cursor s, struct key_parts *out, struct err *err)
{
    struct cursor alg = der_enter(&s, DER_SEQUENCE);
    const struct slice oid = der_take(&alg, DER_OID), inner = der_take(&s, DER_OCTETS);
    const struct slice attributes = der_optional(&s, der_context_constructed(0));
    const struct slice beside = der_optional(&s, der_context(1));
    const struct curve *curve;

    (void)attributes;
    if (!cursor_ok(&alg) || !cursor_done(&s))
        return err_set(err, E_KEY_FORMAT, "private key: expected PKCS#8 in DER");
    if (slice_equal(oid, OID_RSA_ENCRYPTION))
        return read_pkcs1(inner, out, err);
    if (slice_equal(oid, OID_ED25519) && cursor_done(&alg))
        return read_ed25519(inner, beside, out, err);
    curve = curve_by_oid(der_take(&alg, DER_OID));
    if (!slice_equal(oid, OID_EC_PUBLIC_KEY) || !cursor_done(&alg) || curve == NULL)
        return err_set(
            err, E_KEY_FORMAT,
            "private key: expected RSA, Ed25519, or EC on P-224, P-256, P-384 or P-521, found another");
    return read_sec1(inner, curve, out, err);
}

bool key_from_pkcs8(struct slice der, struct key *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    struct key_parts p = {0};

    (void)der_uint(&s, DER_INTEGER, 1);
    if (!cursor_done(&c) || !cursor_ok(&s))
        return err_set(err, E_KEY_FORMAT, "private key: expected PKCS#8 or SEC1 in DER");
    if (der_next_is(&s, DER_SEQUENCE))
        return read_pkcs8(s, &p, err) && key_import(&p, out, err);
    if (der_next_is(&s, DER_OCTETS))
        return read_sec1(der, NULL, &p, err) && key_import(&p, out, err);
    return read_pkcs1(der, &p, err) && key_import(&p, out, err);
}

/* "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"; the contents say which. */
static bool is_private_label(struct slice label)
{
    const struct slice words = slice_str("PRIVATE KEY");

    return label.len >= words.len &&
           slice_equal(slice_of(label.ptr + label.len - words.len, words.len), words);
}

bool key_from_pem(struct slice text, struct key *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct pem_block block;

    do {
        if (!pem_next(&text, &scratch, &block, err)) {
            err->code = E_KEY_FORMAT;
            return false;
        }
        if (block.der.ptr == NULL)
            return err_set(err, E_KEY_FORMAT, "expected a PEM block \"PRIVATE KEY\", found none");
    } while (!is_private_label(block.label));
    if (text_starts_with(block.label, "ENCRYPTED"))
        return err_set(err, E_KEY_FORMAT,
                       "expected a private key without a password, found an encrypted one");
    return key_from_pkcs8(block.der, out, err);
}

/* ---- writing ------------------------------------------------------------------------------- */

enum { PRIVATE_KEY_MAX = PSA_EXPORT_KEY_PAIR_MAX_SIZE + 256 };

static void put_sec1(struct buf *b, struct slice scalar, const struct curve *named, struct slice public)
{
    const size_t whole = der_begin(b, DER_SEQUENCE);
    size_t mark;

    der_put_uint(b, 1);
    der_put(b, DER_OCTETS, scalar);
    if (named != NULL) {
        mark = der_begin(b, der_context_constructed(0));
        der_put_oid(b, named->oid);
        der_end(b, mark);
    }
    mark = der_begin(b, der_context_constructed(1));
    der_put_bits(b, public);
    der_end(b, mark);
    der_end(b, whole);
}

/* The curve is named outside and not again inside, and the public key of EC is inside: as OpenSSL and Go
 * write it. */
static void put_pkcs8(struct buf *b, const struct key *k, struct slice secret)
{
    const struct curve *curve = curve_of(key_type_of(k));
    const size_t whole = der_begin(b, DER_SEQUENCE);
    size_t mark;

    der_put_uint(b, 0);
    key_alg_put(b, key_type_of(k));
    mark = der_begin(b, DER_OCTETS);
    if (curve != NULL)
        put_sec1(b, secret, NULL, key_public_bits(k));
    else if (key_type_of(k) == KEY_ED25519)
        der_put(b, DER_OCTETS, secret);
    else
        buf_put(b, secret);
    der_end(b, mark);
    der_end(b, whole);
}

void key_to_pkcs8(const struct key *k, struct secret *out)
{
    scoped(secret_wipe) struct secret exported = {0};
    scoped(buf_wipe) struct buf b = buf_max(PRIVATE_KEY_MAX);

    key_export(k, &exported);
    put_pkcs8(&b, k, secret_bytes(&exported));
    secret_copy(out, buf_bytes(&b));
}

void key_to_sec1(const struct key *k, struct secret *out)
{
    scoped(secret_wipe) struct secret scalar = {0};
    scoped(buf_wipe) struct buf b = buf_max(PRIVATE_KEY_MAX);

    key_export(k, &scalar);
    put_sec1(&b, secret_bytes(&scalar), curve_of(key_type_of(k)), key_public_bits(k));
    secret_copy(out, buf_bytes(&b));
}

void key_to_scalar(const struct key *k, struct secret *out) { key_export(k, out); }
