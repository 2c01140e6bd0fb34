/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/certificate_evidence.h"

#include "attestation/cbor.h"
#include "attestation/oe.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

/* ---- report data -------------------------------------------------------------------- */

/* SHA-256 in front, zeroes behind. */
static void expect_hash_of(struct certificate_evidence *e, struct slice what, struct arena *a)
{
    uint8_t *data = arena_alloc(a, 64);

    sha256(data, what);
    e->report_data[e->num_report_data++] = slice_of(data, 64);
}

/* ---- Interoperable RA-TLS: 60000([quote, claims]) ----------------------------------- */

/* Tags of the RA-TLS specification: 60000 a quote, which anyone can verify; the others are reports that only
 * the same machine can. */
enum { TAG_QUOTE = 60000, TAG_LOCAL_REPORT = 60001, TAG_LEGACY_LOCAL_REPORT = 60002 };

/* IANA "Named Information Hash Algorithm Registry". */
static bool hash_by_id(uint64_t id, struct slice in, uint8_t out[SHA512_LEN], size_t *len)
{
    if (id == 1) {
        sha256(out, in);
        *len = SHA256_LEN;
    } else if (id == 7) {
        sha384(out, in);
        *len = SHA384_LEN;
    } else if (id == 8) {
        sha512(out, in);
        *len = SHA512_LEN;
    } else {
        return false;
    }
    return true;
}

/* The value of "pubkey-hash": an encoded [algorithm, hash]. */
static bool check_key_hash(struct slice value, struct slice spki, struct err *err)
{
    struct cursor c = cursor_over(value);
    const bool is_pair = cbor_array(&c) == 2;
    const uint64_t id = cbor_uint(&c);
    const struct slice claimed = cbor_bytes(&c);
    uint8_t hash[SHA512_LEN];
    size_t len;

    if (!is_pair || !cursor_done(&c) || !hash_by_id(id, spki, hash, &len) || claimed.len != len)
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "claim \"pubkey-hash\": expected [1, SHA-256], [7, SHA-384] or [8, SHA-512] of the public key");
    return slice_equal(claimed, slice_of(hash, len)) ||
           err_set(err, E_KEY_BINDING, "claim \"pubkey-hash\": is not the hash of the certificate's own key");
}

struct claim {
    struct slice name, value;
};

static struct claim take_claim(struct cursor *c)
{
    struct claim claim = {.name = cbor_text(c)};

    claim.value = cbor_next_is_bytes(c) ? cbor_bytes(c) : cbor_item(c);
    return claim;
}

/* RFC 8949 5.6: of a name that occurs twice, two readers might take two values. */
static bool is_new_name(const struct framing_claims *f, struct slice name)
{
    for (size_t i = 0; i < f->num_claims; i++)
        if (slice_equal(slice_str(f->claims[i].name), name))
            return false;
    return text_is_utf8(name);
}

/* A map from text to byte strings; what is not known is kept for the caller. */
static bool read_claims(struct slice text, struct arena *a, struct certificate_evidence *out, struct err *err)
{
    struct cursor c = cursor_over(text);
    const uint64_t num = cbor_map(&c);
    struct framing_claims *f = &out->claims;
    struct framing_claim *list;
    size_t num_hashes = 0;

    if (num > LIMIT_CERTIFICATE_CLAIMS)
        return err_set(err, E_EVIDENCE_FORMAT, "claims: %llu, more than the %d allowed",
                       (unsigned long long)num, LIMIT_CERTIFICATE_CLAIMS);
    f->claims = list = arena_array(a, (size_t)num + 1, sizeof *list);
    for (uint64_t i = 0; i < num; i++) {
        const struct claim claim = take_claim(&c);

        if (slice_equal(claim.name, slice_str("pubkey-hash"))) {
            out->key_hash = claim.value;
            num_hashes++;
            continue;
        }
        c.bad = c.bad || !is_new_name(f, claim.name);
        if (slice_equal(claim.name, slice_str("nonce")))
            f->nonce = claim.value;
        list[f->num_claims++] = (struct framing_claim){arena_strndup(a, claim.name), claim.value};
    }
    return (cursor_done(&c) && num_hashes == 1) ||
           err_set(err, E_EVIDENCE_FORMAT, "claims: expected a CBOR map with one \"pubkey-hash\"");
}

static bool read_dice(struct slice value, const struct cert *cert, struct arena *a,
                      struct certificate_evidence *out, struct err *err)
{
    struct cursor c = cursor_over(value);
    const uint64_t tag = cbor_tag(&c);
    const uint64_t num = cbor_array(&c);
    struct slice claims;

    (void)cert;
    if (cursor_ok(&c) && (tag == TAG_LOCAL_REPORT || tag == TAG_LEGACY_LOCAL_REPORT))
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "tagged evidence: tag %llu is a local report, which proves nothing to another machine: "
            "expected 60000, a quote",
            (unsigned long long)tag);
    out->evidence = cbor_bytes(&c);
    claims = cbor_bytes(&c);
    if (!cursor_done(&c) || tag != TAG_QUOTE || num != 2)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "tagged evidence: expected CBOR 60000([quote, claims]) and nothing after it");
    expect_hash_of(out, claims, a);
    return read_claims(claims, a, out, err);
}

/* ---- Open Enclave and Gramine: a hash of the key in the report data ----------------- */

/* Is it in a header of this form? The quote inside is for whoever appraises it. */
static bool framed_as(struct slice value, enum oe_form form, const char *what, struct err *err)
{
    struct oe_framed framed;

    if (!oe_unframe(value, &framed, err))
        return false;
    return framed.form == form ||
           err_set(err, E_EVIDENCE_FORMAT, "Open Enclave extension: expected %s header in front of the quote",
                   what);
}

/* EGo hashes the key, Open Enclave its PEM text with the NUL behind it. */
static bool read_oe(struct slice value, const struct cert *cert, struct arena *a,
                    struct certificate_evidence *out, struct err *err)
{
    const char *pem = pem_text(a, "PUBLIC KEY", cert->spki);

    if (!framed_as(value, OE_REPORT, "a report", err))
        return false;
    out->evidence = value;
    expect_hash_of(out, cert->spki, a);
    expect_hash_of(out, slice_of(pem, strlen(pem) + 1), a);
    return true;
}

/* The custom claims are the key's PEM text, and report data their hash (checked by the quote's verifier): the
 * same 64 bytes as in a report, by way of the claims. */
static bool read_oe_evidence(struct slice value, const struct cert *cert, struct arena *a,
                             struct certificate_evidence *out, struct err *err)
{
    const char *pem = pem_text(a, "PUBLIC KEY", cert->spki);

    if (!framed_as(value, OE_EVIDENCE, "an evidence", err))
        return false;
    out->evidence = value;
    expect_hash_of(out, slice_of(pem, strlen(pem) + 1), a);
    expect_hash_of(out, cert->spki, a);
    return true;
}

static bool read_gramine(struct slice value, const struct cert *cert, struct arena *a,
                         struct certificate_evidence *out, struct err *err)
{
    (void)err;
    out->evidence = value;
    expect_hash_of(out, cert->spki, a);
    return true;
}

/* ---- finding the extension ---------------------------------------------------------- */

static const uint8_t oid_dice[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x09};
static const uint8_t oid_oe[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x01};
static const uint8_t oid_oe_old[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x01};
static const uint8_t oid_oe_evidence[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x02};
static const uint8_t oid_oe_evidence_old[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x02};
/* Gramine encoded the OID's tag and length into the OID; the second is the one that was meant. */
static const uint8_t oid_gramine[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06};
static const uint8_t oid_gramine_meant[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06};

static const struct framing {
    enum certificate_framing framing;
    const char *name;
    struct slice oids[2];
    bool (*read)(struct slice value, const struct cert *cert, struct arena *a,
                 struct certificate_evidence *out, struct err *err);
} known[] = {
    {FRAMING_DICE_TAGGED, "dice-tagged-evidence", {{oid_dice, sizeof oid_dice}, {0}}, read_dice},
    {FRAMING_OE_REPORT, "oe-report", {{oid_oe, sizeof oid_oe}, {oid_oe_old, sizeof oid_oe_old}}, read_oe},
    {FRAMING_OE_EVIDENCE,
     "oe-evidence",
     {{oid_oe_evidence, sizeof oid_oe_evidence}, {oid_oe_evidence_old, sizeof oid_oe_evidence_old}},
     read_oe_evidence},
    {FRAMING_GRAMINE_LEGACY,
     "gramine-legacy",
     {{oid_gramine, sizeof oid_gramine}, {oid_gramine_meant, sizeof oid_gramine_meant}},
     read_gramine},
};

static const struct extension *find_once(const struct cert *c, const struct framing *f, size_t *num)
{
    const struct extension *found = NULL;

    *num = 0;
    for (size_t i = 0; i < sizeof f->oids / sizeof f->oids[0]; i++) {
        const struct extension *e = f->oids[i].len == 0 ? NULL : cert_extension(c, f->oids[i]);

        if (e != NULL) {
            found = e;
            ++*num;
        }
    }
    return found;
}

static bool read_extension(const struct cert *c, unsigned framings, struct arena *a,
                           struct certificate_evidence *out, struct err *err)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct extension *e;
        size_t num;

        if ((framings & (unsigned)known[i].framing) == 0 || (e = find_once(c, &known[i], &num)) == NULL)
            continue;
        if (num > 1)
            return err_set(err, E_EVIDENCE_FORMAT, "certificate: evidence of the kind %s occurs twice",
                           known[i].name);
        out->framing = known[i].framing;
        out->claims.name = known[i].name;
        return known[i].read(e->value, c, a, out, err) || err_in(err, "certificate");
    }
    return err_set(err, E_EVIDENCE_MISSING,
                   "certificate: carries no evidence in a framing that is accepted here");
}

bool certificate_evidence_find(const struct cert *c, unsigned framings, struct arena *a,
                               struct certificate_evidence *out, struct err *err)
{
    uint8_t *key_hash = arena_alloc(a, SHA256_LEN);
    struct certificate_evidence e = {0};

    if (!read_extension(c, framings == 0 ? FRAMINGS_USUAL : framings, a, &e, err))
        return false;
    if (e.evidence.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "certificate: evidence of %zu bytes, more than the %d allowed",
                       e.evidence.len, LIMIT_EVIDENCE);
    sha256(key_hash, c->spki);
    e.claims.spki_sha256 = slice_of(key_hash, SHA256_LEN);
    *out = e;
    return true;
}

bool certificate_evidence_key(const struct certificate_evidence *e, const struct cert *c, struct err *err)
{
    return e->key_hash.ptr == NULL || check_key_hash(e->key_hash, c->spki, err) || err_in(err, "certificate");
}

bool certificate_evidence_bound(const struct certificate_evidence *e, struct slice report_data,
                                struct err *err)
{
    for (size_t i = 0; i < e->num_report_data; i++)
        if (slice_equal(e->report_data[i], report_data))
            return true;
    return err_set(err, E_KEY_BINDING,
                   "evidence in a certificate (%s): its report data is not bound to the certificate's key",
                   e->claims.name);
}
