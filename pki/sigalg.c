/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"
#include "pki/spki.h"

#define OID(...)                                                                                             \
    {                                                                                                        \
        (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]) { __VA_ARGS__ }                              \
    }

/* The three shapes of parameters: none (RFC 5758), NULL (RFC 4055 section 5), the long form of PSS. Where
 * there should be none, older mbedTLS wrote NULL, so the certificates of most enclaves have it: read,
 * never written. */
enum params { PARAMS_NONE, PARAMS_NULL, PARAMS_PSS };

struct row {
    const char *name;
    struct slice oid;
    enum params params;
    struct slice hash; /* PSS names it, and once more for its mask */
    uint8_t salt;      /* as long as the hash: what everybody writes, and all that is accepted */
};

#define ECDSA_WITH(n) OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, n)
#define PKCS1(n)      OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, n)
#define NIST_HASH(n)  OID(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n)

static const struct row rows[] = {
    [SIG_ECDSA_SHA256] = {"ecdsa-with-SHA256", ECDSA_WITH(2), PARAMS_NONE, {0}, 0},
    [SIG_ECDSA_SHA384] = {"ecdsa-with-SHA384", ECDSA_WITH(3), PARAMS_NONE, {0}, 0},
    [SIG_ECDSA_SHA512] = {"ecdsa-with-SHA512", ECDSA_WITH(4), PARAMS_NONE, {0}, 0},
    [SIG_RSA_PKCS1_SHA256] = {"sha256WithRSAEncryption", PKCS1(11), PARAMS_NULL, {0}, 0},
    [SIG_RSA_PKCS1_SHA384] = {"sha384WithRSAEncryption", PKCS1(12), PARAMS_NULL, {0}, 0},
    [SIG_RSA_PKCS1_SHA512] = {"sha512WithRSAEncryption", PKCS1(13), PARAMS_NULL, {0}, 0},
    [SIG_RSA_PSS_SHA256] = {"RSASSA-PSS with SHA-256", PKCS1(10), PARAMS_PSS, NIST_HASH(1), 32},
    [SIG_RSA_PSS_SHA384] = {"RSASSA-PSS with SHA-384", PKCS1(10), PARAMS_PSS, NIST_HASH(2), 48},
    [SIG_RSA_PSS_SHA512] = {"RSASSA-PSS with SHA-512", PKCS1(10), PARAMS_PSS, NIST_HASH(3), 64},
    [SIG_ED25519] = {"Ed25519", OID(0x2b, 0x65, 0x70), PARAMS_NONE, {0}, 0},
};
enum { NUM_ROWS = sizeof rows / sizeof rows[0] };
static const struct slice mgf1 = PKCS1(8);

const char *signature_alg_name(enum signature_alg alg) { return rows[alg].name; }

bool signature_alg_fits(enum signature_alg alg, enum key_type type)
{
    if (type == KEY_ED25519 || alg == SIG_ED25519)
        return type == KEY_ED25519 && alg == SIG_ED25519;
    return (alg <= SIG_ECDSA_SHA512) == (curve_of(type) != NULL);
}

/* HashAlgorithm: RFC 4055 2.1 asks writers for NULL and readers for both. */
static struct slice read_hash(struct cursor *c)
{
    struct cursor alg = der_enter(c, DER_SEQUENCE);
    const struct slice oid = der_take(&alg, DER_OID);

    if (der_optional(&alg, DER_NULL).len != 0 || !cursor_done(&alg))
        c->bad = true;
    return oid;
}

/* RSASSA-PSS-params (RFC 4055 3.1). The defaults are SHA-1, so all of the first three must be there; the
 * trailer field, which has one value, may be written out, as some do. */
static bool read_pss(struct cursor *alg, struct slice *hash, uint64_t *salt)
{
    struct cursor s = der_enter(alg, DER_SEQUENCE), hash_field = der_enter(&s, der_context_constructed(0)),
                  mask_field = der_enter(&s, der_context_constructed(1)),
                  salt_field = der_enter(&s, der_context_constructed(2)),
                  mask = der_enter(&mask_field, DER_SEQUENCE);
    const bool is_mgf1 = slice_equal(der_take(&mask, DER_OID), mgf1);
    const struct slice mask_hash = read_hash(&mask);

    *hash = read_hash(&hash_field);
    *salt = der_uint(&salt_field, DER_INTEGER, 64);
    if (der_next_is(&s, der_context_constructed(3))) {
        struct cursor trailer = der_enter(&s, der_context_constructed(3));

        if (der_uint(&trailer, DER_INTEGER, 1) != 1 || !cursor_done(&trailer))
            return false;
    }
    return is_mgf1 && slice_equal(*hash, mask_hash) && cursor_done(&mask) && cursor_done(&hash_field) &&
           cursor_done(&mask_field) && cursor_done(&salt_field) && cursor_done(&s);
}

static bool params_fit(const struct row *row, struct cursor alg)
{
    struct slice hash;
    uint64_t salt;

    switch (row->params) {
    case PARAMS_NONE:
        return der_optional(&alg, DER_NULL).len == 0 && cursor_done(&alg);
    case PARAMS_NULL:
        return der_take(&alg, DER_NULL).len == 0 && cursor_done(&alg);
    case PARAMS_PSS:
        return read_pss(&alg, &hash, &salt) && cursor_done(&alg) && slice_equal(hash, row->hash) &&
               salt == row->salt;
    }
    return false;
}

bool signature_alg_read(struct slice element, enum signature_alg *out, enum err_code code, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct cursor c = cursor_over(element), alg = der_enter(&c, DER_SEQUENCE);
    const struct slice oid = der_take(&alg, DER_OID);

    if (!cursor_ok(&alg) || !cursor_done(&c))
        return err_set(err, code, "signature algorithm: expected an AlgorithmIdentifier in DER");
    for (size_t i = 0; i < NUM_ROWS; i++)
        if (slice_equal(rows[i].oid, oid) && params_fit(&rows[i], alg)) {
            *out = (enum signature_alg)i;
            return true;
        }
    return err_set(
        err, code,
        "signature algorithm: expected Ed25519, or ECDSA or RSA with SHA-256, SHA-384 or SHA-512, and the "
        "parameters that go with it, found %s",
        oid_to_text(&scratch, oid));
}

static void put_hash(struct buf *b, struct slice oid)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    der_put_oid(b, oid);
    der_put(b, DER_NULL, (struct slice){0});
    der_end(b, mark);
}

static void put_pss(struct buf *b, const struct row *row)
{
    const size_t params = der_begin(b, DER_SEQUENCE);
    size_t field = der_begin(b, der_context_constructed(0)), mask;

    put_hash(b, row->hash);
    der_end(b, field);
    field = der_begin(b, der_context_constructed(1));
    mask = der_begin(b, DER_SEQUENCE);
    der_put_oid(b, mgf1);
    put_hash(b, row->hash);
    der_end(b, mask);
    der_end(b, field);
    field = der_begin(b, der_context_constructed(2));
    der_put_uint(b, row->salt);
    der_end(b, field);
    der_end(b, params);
}

void signature_alg_put(struct buf *b, enum signature_alg alg)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    der_put_oid(b, rows[alg].oid);
    if (rows[alg].params == PARAMS_NULL)
        der_put(b, DER_NULL, (struct slice){0});
    if (rows[alg].params == PARAMS_PSS)
        put_pss(b, &rows[alg]);
    der_end(b, mark);
}
