/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/key.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/pem.h"
#include "pki/psa.h"
#include "pki/spki.h"

/* The scalar or RSA key is in PSA's store, which locks and wipes; the public half is here. Never changed
 * once made, so threads may share it. */
struct key_impl {
    enum key_type type;
    psa_key_id_t id;
    size_t public_len;
    uint8_t public[PSA_EXPORT_PUBLIC_KEY_MAX_SIZE];
};

static struct slice public_bits(const struct key *k)
{
    return slice_of(k->impl->public, k->impl->public_len);
}

/* ---- making and ending --------------------------------------------------------------------- */

static psa_key_attributes_t attributes_of(enum key_type type)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_EXPORT);
    if (type == KEY_RSA) {
        psa_set_key_type(&attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
        psa_set_key_algorithm(&attributes, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_ANY_HASH));
        psa_set_key_enrollment_algorithm(&attributes, PSA_ALG_RSA_PSS(PSA_ALG_ANY_HASH)); /* its second one */
    } else {
        psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
        psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
        psa_set_key_bits(&attributes, type == KEY_P256 ? 256 : type == KEY_P384 ? 384 : 521);
    }
    return attributes;
}

static struct key hold(enum key_type type, psa_key_id_t id)
{
    struct key_impl *impl = calloc(1, sizeof *impl);

    if (impl == NULL)
        abort();
    impl->type = type;
    impl->id = id;
    psa_must(psa_export_public_key(id, impl->public, sizeof impl->public, &impl->public_len));
    return (struct key){impl};
}

bool key_generate(enum key_type type, struct key *out, struct err *err)
{
    const psa_key_attributes_t attributes = attributes_of(type);
    psa_key_id_t id;
    psa_status_t status;

    if (type == KEY_RSA)
        return err_set(err, E_UNSUPPORTED, "RSA keys cannot be made here; expected P-256, P-384 or P-521");
    status = psa_generate_key(&attributes, &id);
    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "making a key on %s: status %d", curve_of(type)->name, (int)status);
    *out = hold(type, id);
    return true;
}

void key_wipe(struct key *k)
{
    if (k->impl != NULL)
        psa_must(psa_destroy_key(k->impl->id));
    free(k->impl);
    k->impl = NULL;
}

enum key_type key_type_of(const struct key *k) { return k->impl->type; }

/* ---- reading ------------------------------------------------------------------------------- */

/* A private key as the formats carry it; `public` may be empty. */
struct parts {
    enum key_type type;
    struct slice secret; /* EC: the scalar; RSA: RSAPrivateKey */
    struct slice public;
};

static bool import(const struct parts *p, struct key *out, struct err *err)
{
    const psa_key_attributes_t attributes = attributes_of(p->type);
    psa_key_id_t id;

    if (psa_import_key(&attributes, p->secret.ptr, p->secret.len, &id) != PSA_SUCCESS)
        return err_set(err, E_KEY_FORMAT,
                       p->type == KEY_RSA ? "private key: expected a whole RSA key, found numbers "
                                            "that make none"
                                          : "private key: expected a number below the curve's "
                                            "order and not zero");
    *out = hold(p->type, id);
    return true;
}

/* The public half that stands beside the private one must be its own. */
static bool import_checked(const struct parts *p, struct key *out, struct err *err)
{
    scoped(key_wipe) struct key k = {0};

    if (!import(p, &k, err))
        return false;
    if (p->public.len > 0 && !slice_equal(p->public, public_bits(&k)))
        return err_set(err, E_KEY_FORMAT,
                       "private key: expected the public key written beside it to be its own, "
                       "found another's");
    *out = k;
    k.impl = NULL;
    return true;
}

bool key_from_scalar(enum key_type curve, struct slice scalar, struct key *out, struct err *err)
{
    const struct curve *c = curve_of(curve);
    const struct parts p = {curve, scalar, {0}};

    if (c == NULL || scalar.len != c->size)
        return err_set(err, E_KEY_FORMAT, "private key: expected a scalar of %zu bytes, found %zu",
                       c == NULL ? 0 : c->size, scalar.len);
    return import(&p, out, err);
}

/* ECPrivateKey (RFC 5915). The curve may be known from outside; if it is named inside too, it is the same. */
static bool read_sec1(struct slice der, const struct curve *curve, struct parts *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    const uint64_t version = der_uint(&s, DER_INTEGER, 1);
    struct parts p = {.secret = der_take(&s, DER_OCTETS)};

    if (der_next_is(&s, der_context_constructed(0))) {
        struct cursor params = der_enter(&s, der_context_constructed(0));
        const struct curve *named = curve_by_oid(der_take(&params, DER_OID));

        if (!cursor_done(&params) || named == NULL || (curve != NULL && curve != named))
            return err_set(err, E_KEY_FORMAT, "EC private key: expected the curve P-256, P-384 or P-521");
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
static bool read_pkcs1(struct slice der, struct parts *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    const uint64_t version = der_uint(&s, DER_INTEGER, 0);
    const struct slice modulus = der_natural(&s);

    if (version != 0 || !cursor_ok(&s) || !cursor_done(&c))
        return err_set(err, E_KEY_FORMAT, "RSA private key: expected an RSAPrivateKey of two primes in DER");
    if (modulus.len < RSA_MIN_BITS / 8 || modulus.len > RSA_MAX_BITS / 8)
        return err_set(err, E_KEY_FORMAT, "RSA private key: expected %d to %d bits, found about %zu",
                       RSA_MIN_BITS, RSA_MAX_BITS, modulus.len * 8);
    *out = (struct parts){KEY_RSA, der, {0}};
    return true;
}

/* OneAsymmetricKey (RFC 5958 section 2) behind its version: what may follow the key, attributes and a
 * public key, is not needed. */
static bool read_pkcs8(struct cursor s, struct parts *out, struct err *err)
{
    struct cursor alg = der_enter(&s, DER_SEQUENCE);
    const struct slice oid = der_take(&alg, DER_OID), inner = der_take(&s, DER_OCTETS);
    const struct curve *curve;

    (void)der_optional(&s, der_context_constructed(0));
    (void)der_optional(&s, der_context(1));
    if (!cursor_ok(&alg) || !cursor_done(&s))
        return err_set(err, E_KEY_FORMAT, "private key: expected PKCS#8 in DER");
    if (slice_equal(oid, OID_RSA_ENCRYPTION))
        return read_pkcs1(inner, out, err);
    curve = curve_by_oid(der_take(&alg, DER_OID));
    if (!slice_equal(oid, OID_EC_PUBLIC_KEY) || !cursor_done(&alg) || curve == NULL)
        return err_set(err, E_KEY_FORMAT,
                       "private key: expected RSA, or EC on P-256, P-384 or P-521, found another");
    return read_sec1(inner, curve, out, err);
}

bool key_from_pkcs8(struct slice der, struct key *out, struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    struct parts p = {0};

    (void)der_uint(&s, DER_INTEGER, 1);
    if (!cursor_done(&c) || !cursor_ok(&s))
        return err_set(err, E_KEY_FORMAT, "private key: expected PKCS#8 or SEC1 in DER");
    if (der_next_is(&s, DER_SEQUENCE))
        return read_pkcs8(s, &p, err) && import_checked(&p, out, err);
    if (der_next_is(&s, DER_OCTETS))
        return read_sec1(der, NULL, &p, err) && import_checked(&p, out, err);
    return read_pkcs1(der, &p, err) && import_checked(&p, out, err);
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

static void put_sec1(struct buf *b, struct slice scalar, struct slice public)
{
    const size_t whole = der_begin(b, DER_SEQUENCE);
    size_t mark;

    der_put_uint(b, 1);
    der_put(b, DER_OCTETS, scalar);
    mark = der_begin(b, der_context_constructed(1));
    der_put_bits(b, public);
    der_end(b, mark);
    der_end(b, whole);
}

/* The curve is named outside and not again inside, and the public key is inside: as OpenSSL and Go write it.
 */
static void put_pkcs8(struct buf *b, const struct key *k, struct slice secret)
{
    const struct curve *curve = curve_of(k->impl->type);
    const size_t whole = der_begin(b, DER_SEQUENCE);
    size_t mark;

    der_put_uint(b, 0);
    mark = der_begin(b, DER_SEQUENCE);
    der_put_oid(b, curve != NULL ? OID_EC_PUBLIC_KEY : OID_RSA_ENCRYPTION);
    if (curve != NULL)
        der_put_oid(b, curve->oid);
    else
        der_put(b, DER_NULL, (struct slice){0});
    der_end(b, mark);
    mark = der_begin(b, DER_OCTETS);
    if (curve != NULL)
        put_sec1(b, secret, public_bits(k));
    else
        buf_put(b, secret);
    der_end(b, mark);
    der_end(b, whole);
}

void key_to_pkcs8(const struct key *k, struct secret *out)
{
    scoped(secret_wipe) struct secret exported = {0};
    scoped(buf_wipe) struct buf b = buf_max(PSA_EXPORT_KEY_PAIR_MAX_SIZE + 256);
    size_t len;

    secret_new(&exported, PSA_EXPORT_KEY_PAIR_MAX_SIZE);
    psa_must(psa_export_key(k->impl->id, exported.ptr, exported.len, &len));
    put_pkcs8(&b, k, slice_of(exported.ptr, len));
    secret_copy(out, buf_bytes(&b));
}

struct slice key_spki(const struct key *k, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(sizeof k->impl->public + 64);
    const struct public_key key = {k->impl->type, public_bits(k)};

    spki_put(&b, &key);
    return arena_copy(a, buf_bytes(&b));
}

/* ---- signing ------------------------------------------------------------------------------- */

enum signature_alg key_signature_alg(const struct key *k)
{
    static const enum signature_alg algs[] = {
        [KEY_P256] = SIG_ECDSA_SHA256,
        [KEY_P384] = SIG_ECDSA_SHA384,
        [KEY_P521] = SIG_ECDSA_SHA512,
        [KEY_RSA] = SIG_RSA_PKCS1_SHA256,
    };
    return algs[k->impl->type];
}

/* As PSA makes it: r || s, or the RSA signature. */
static bool sign(const struct key *k, enum signature_alg alg, struct slice message, struct arena *a,
                 struct slice *signature, struct err *err)
{
    uint8_t made[PSA_SIGNATURE_MAX_SIZE];
    size_t len;
    const psa_status_t status =
        psa_sign_message(k->impl->id, psa_alg_of(alg), message.ptr, message.len, made, sizeof made, &len);

    if (status != PSA_SUCCESS)
        return err_set(err, E_CRYPTO, "signing with %s: status %d", signature_alg_name(alg), (int)status);
    *signature = arena_copy(a, slice_of(made, len));
    return true;
}

bool key_sign_raw(const struct key *k, struct slice message, struct arena *a, struct slice *signature,
                  struct err *err)
{
    if (k->impl->type == KEY_RSA)
        return err_set(err, E_UNSUPPORTED, "expected an EC key for a signature r || s, found an RSA key");
    return sign(k, key_signature_alg(k), message, a, signature, err);
}

bool key_sign_as(const struct key *k, enum signature_alg alg, struct slice message, struct arena *a,
                 struct slice *signature, struct err *err)
{
    struct slice raw;

    if (!sign(k, alg, message, a, &raw, err))
        return false;
    *signature = k->impl->type == KEY_RSA ? raw : signature_from_raw(a, raw);
    return true;
}

bool key_sign(const struct key *k, struct slice message, struct arena *a, struct slice *signature,
              struct err *err)
{
    return key_sign_as(k, key_signature_alg(k), message, a, signature, err);
}
