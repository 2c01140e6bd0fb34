/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/cose.h"

#include "attestation/cbor.h"
#include "base/limits.h"

enum { TAG_SIGN1 = 18 };

/* ---- headers ------------------------------------------------------------------------ */

/* A map of distinct labels, numbers or text, and nothing behind it. */
static bool is_header_map(struct slice in)
{
    struct cursor c = cursor_over(in);
    struct cbor_items map = cbor_map_items(&c, CBOR_DEFINITE);
    struct slice labels[LIMIT_COSE_HEADERS];
    size_t num = 0;

    for (; cbor_more(&c, &map); num++) {
        if (num == LIMIT_COSE_HEADERS || (!cbor_next_is_int(&c) && !cbor_next_is_text(&c)))
            return false;
        labels[num] = cbor_item(&c);
        for (size_t i = 0; i < num; i++)
            if (slice_equal(labels[i], labels[num]))
                return false;
        (void)cbor_item(&c);
    }
    return cursor_done(&c);
}

static bool is_label(struct slice item, int64_t number, const char *text)
{
    struct cursor c = cursor_over(item);

    if (text != NULL)
        return cbor_next_is_text(&c) && slice_equal(cbor_text(&c), slice_str(text));
    return cbor_next_is_int(&c) && cbor_int(&c) == number && cursor_ok(&c);
}

static struct slice find(struct slice in, int64_t number, const char *text)
{
    struct cursor c = cursor_over(in);
    struct cbor_items map = cbor_map_items(&c, CBOR_DEFINITE);

    while (cbor_more(&c, &map)) {
        const struct slice label = cbor_item(&c), value = cbor_item(&c);

        if (cursor_ok(&c) && is_label(label, number, text))
            return value;
    }
    return (struct slice){0};
}

struct slice cose_header(struct slice map, int64_t label) { return find(map, label, NULL); }
struct slice cose_header_named(struct slice map, const char *label) { return find(map, 0, label); }

int64_t cose_algorithm(const struct cose_sign1 *m)
{
    struct cursor c = cursor_over(cose_header(m->protected_headers, COSE_ALG));
    const int64_t alg = cbor_int(&c);

    return cursor_done(&c) ? alg : 0;
}

/* RFC 9052 3.1: who does not process a header that is marked critical must refuse the message. */
static bool critical_are_known(struct slice protected_headers)
{
    static const int64_t known[] = {COSE_ALG, COSE_CRIT, COSE_CONTENT_TYPE, COSE_CWT_CLAIMS, COSE_X5CHAIN};
    struct cursor c = cursor_over(cose_header(protected_headers, COSE_CRIT));
    struct cbor_items labels;

    if (c.rest.len == 0)
        return true;
    labels = cbor_array_items(&c, CBOR_DEFINITE);
    while (cbor_more(&c, &labels)) {
        const struct slice label = cbor_item(&c);
        bool is_known = is_label(label, 0, "iss") || is_label(label, 0, "feed");

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known = is_known || is_label(label, known[i], NULL);
        if (!is_known)
            return false;
    }
    return cursor_done(&c);
}

/* ---- the message -------------------------------------------------------------------- */

static bool malformed(struct err *err, const char *what, const char *expected)
{
    return err_set(err, E_EVIDENCE_FORMAT, "%s: expected %s", what, expected);
}

bool cose_sign1_parse(struct slice in, const char *what, struct cose_sign1 *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    struct cose_sign1 m = {0};

    if (in.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "%s: %zu bytes, more than the %d allowed", what, in.len,
                       LIMIT_EVIDENCE);
    (void)cbor_tagged(&c, TAG_SIGN1);
    if (cbor_array(&c) != 4)
        return malformed(err, what, "a COSE_Sign1: an array of four, with tag 18 or without a tag");
    m.protected_headers = cbor_bytes(&c);
    m.unprotected_headers = cbor_item(&c);
    m.payload = cbor_bytes(&c);
    m.signature = cbor_bytes(&c);
    if (!cursor_ok(&c))
        return malformed(err, what, "the four parts of a COSE_Sign1: bytes, a map, bytes, bytes");
    if (!cursor_done(&c))
        return err_set(err, E_EVIDENCE_FORMAT, "%s: %zu bytes follow the COSE_Sign1", what, c.rest.len);
    if ((m.protected_headers.len > 0 && !is_header_map(m.protected_headers)) ||
        !is_header_map(m.unprotected_headers))
        return malformed(err, what, "headers that are maps, without a label given twice");
    if (!critical_are_known(m.protected_headers))
        return malformed(err, what, "no critical header that is not known here");
    *out = m;
    return true;
}

/* ---- the signature ------------------------------------------------------------------ */

static const struct algorithm {
    const char *name;
    int64_t id;
    enum signature_alg alg;
    enum key_type key;
    size_t raw_len; /* of r || s; RSA: 0 */
} algorithms[] = {
    {"ES256", COSE_ES256, SIG_ECDSA_SHA256, KEY_P256, 64},
    {"ES384", COSE_ES384, SIG_ECDSA_SHA384, KEY_P384, 96},
    {"ES512", COSE_ES512, SIG_ECDSA_SHA512, KEY_P521, 132},
    {"PS256", COSE_PS256, SIG_RSA_PSS_SHA256, KEY_RSA, 0},
    {"PS384", COSE_PS384, SIG_RSA_PSS_SHA384, KEY_RSA, 0},
    {"PS512", COSE_PS512, SIG_RSA_PSS_SHA512, KEY_RSA, 0},
};

static const struct algorithm *algorithm_of(int64_t id)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (algorithms[i].id == id)
            return &algorithms[i];
    return NULL;
}

static void put_bytes(struct buf *b, struct slice s)
{
    enum { BYTES_1 = 0x58, BYTES_2, BYTES_4 };

    if (s.len < 24) {
        buf_u8(b, (uint8_t)(0x40 | s.len));
    } else if (s.len <= UINT8_MAX) {
        buf_u8(b, BYTES_1);
        buf_u8(b, (uint8_t)s.len);
    } else if (s.len <= UINT16_MAX) {
        buf_u8(b, BYTES_2);
        buf_u16be(b, (uint16_t)s.len);
    } else {
        buf_u8(b, BYTES_4);
        buf_u32be(b, (uint32_t)s.len);
    }
    buf_put(b, s);
}

void cose_put_signed(struct buf *b, const struct cose_sign1 *m)
{
    buf_str(b, "\x84\x6aSignature1");
    put_bytes(b, m->protected_headers);
    put_bytes(b, (struct slice){0}); /* external data */
    put_bytes(b, m->payload);
}

bool cose_sign1_verify(const struct cose_sign1 *m, struct slice spki, struct memo *memo, int64_t now,
                       int64_t until, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf b = buf_max(2 * LIMIT_EVIDENCE);
    const struct algorithm *alg = algorithm_of(cose_algorithm(m));
    struct slice signature = m->signature;
    enum key_type type;

    if (alg == NULL)
        return err_set(err, E_SIGNATURE,
                       "algorithm: expected ES256, ES384, ES512, PS256, PS384 or PS512, found %lld",
                       (long long)cose_algorithm(m));
    if (!spki_key_type(spki, &type, err))
        return err_as(err, E_SIGNATURE);
    if (type != alg->key)
        return err_set(err, E_SIGNATURE, "%s does not go with the key of the certificate", alg->name);
    if (alg->raw_len > 0 && signature.len != alg->raw_len)
        return err_set(err, E_SIGNATURE, "%s: expected a signature r || s of %zu bytes, found %zu", alg->name,
                       alg->raw_len, signature.len);
    if (alg->raw_len > 0)
        signature = signature_from_raw(&scratch, signature);
    cose_put_signed(&b, m);
    return memo_spki_verify(memo, now, until, spki, alg->alg, buf_bytes(&b), signature, err) ||
           err_as(err, E_SIGNATURE);
}
