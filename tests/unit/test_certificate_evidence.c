/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates with evidence, made as Gramine, Open Enclave and RA-TLS libraries make them, around simulated
 * quotes. */
#include "attestation/certificate_evidence.h"

#include <criterion/criterion.h>

#include "attestation/cbor.h"
#include "attestation/sim/sim.h"
#include "base/buf.h"
#include "base/limits.h"
#include "pki/hash.h"
#include "pki/pem.h"

enum { NOW = 1767323045, DAY = 86400 };

/* ---- writing CBOR, as little as it takes -------------------------------------------- */

static void put_head(struct buf *b, unsigned major, uint64_t n)
{
    if (n < 24) {
        buf_u8(b, (uint8_t)(major << 5 | n));
    } else if (n <= UINT16_MAX) {
        buf_u8(b, (uint8_t)(major << 5 | 25));
        buf_u16be(b, (uint16_t)n);
    } else {
        buf_u8(b, (uint8_t)(major << 5 | 26));
        buf_u32be(b, (uint32_t)n);
    }
}

static void put_bytes(struct buf *b, struct slice s)
{
    put_head(b, 2, s.len);
    buf_put(b, s);
}

static void put_text(struct buf *b, const char *s)
{
    put_head(b, 3, strlen(s));
    buf_str(b, s);
}

/* ---- a certificate with one extension or two ---------------------------------------- */

static const uint8_t oid_dice[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x09};
static const uint8_t oid_oe[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x01};
static const uint8_t oid_oe_old[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x01};
static const uint8_t oid_gramine[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06};

struct scene {
    struct arena a;
    struct key key;
    struct slice spki;
    struct cert cert;
    struct collateral collateral;
    int64_t at; /* 0: NOW */
};

static void open_scene(struct scene *s, enum key_type type)
{
    static const struct sim_collateral_options usual = {0};
    struct err err;

    pki_init();
    *s = (struct scene){0};
    cr_assert(key_generate(type, &s->key, &err), "%s", err.text);
    s->spki = key_spki(&s->key, &s->a);
    cr_assert(sim_collateral(&sim_platform_default, &usual, NOW, &s->a, &s->collateral, &err), "%s",
              err.text);
}

static void close_scene(struct scene *s)
{
    key_wipe(&s->key);
    arena_wipe(&s->a);
}

static void issue(struct scene *s, const struct extension *extensions, size_t num)
{
    static const struct name_part name[] = {{{0}, "RATLS"}};
    struct name_part named = name[0];
    struct cert_spec spec = {.subject = &named,
                             .num_subject = 1,
                             .not_before = NOW - DAY,
                             .not_after = NOW + DAY,
                             .path_len = -1,
                             .extra = extensions,
                             .num_extra = num};
    struct slice der;
    struct err err;

    named.oid = OID_COMMON_NAME;
    cr_assert(cert_issue(&spec, s->spki, NULL, &s->key, &s->a, &der, &err), "%s", err.text);
    cr_assert(cert_parse(der, &s->a, &s->cert, &err), "%s", err.text);
}

/* A simulated quote whose report data is SHA-256 of this, and zeroes. */
static struct slice quote_over(struct scene *s, struct slice what)
{
    static const struct sim_identity enclave = {.mr_enclave = {1}};
    uint8_t data[64] = {0};
    struct slice quote;
    struct err err;

    sha256(data, what);
    cr_assert(sim_quote(&sim_platform_default, &enclave, data, &s->a, &quote, &err), "%s", err.text);
    return quote;
}

/* [algorithm, hash of the key], encoded. */
static struct slice key_hash(struct scene *s, unsigned algorithm, struct slice spki)
{
    struct buf b = buf_max(KIB);
    uint8_t hash[SHA512_LEN];
    struct slice out;

    if (algorithm == 8)
        sha512(hash, spki);
    else if (algorithm == 7)
        sha384(hash, spki);
    else
        sha256(hash, spki);
    put_head(&b, 4, 2);
    put_head(&b, 0, algorithm);
    put_bytes(&b, slice_of(hash, algorithm == 8 ? 64 : algorithm == 7 ? 48 : 32));
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

/* What the evidence is made of; members that are zero are as they should be. */
struct dice {
    unsigned tag, algorithm, num_elements, num_hashes, num_others;
    bool trailing, no_hash, hash_as_text, other_key, claims_trailing, not_utf8;
};

static struct slice dice_claims(struct scene *s, const struct dice *d)
{
    const unsigned num_hashes = d->no_hash ? 0 : d->num_hashes == 0 ? 1 : d->num_hashes;
    struct slice spki = d->other_key ? slice_str("another key") : s->spki, out;
    struct buf b = buf_max(64 * KIB);

    put_head(&b, 5, num_hashes + d->num_others + d->not_utf8 + 1);
    for (unsigned i = 0; i < num_hashes; i++) {
        put_text(&b, "pubkey-hash");
        if (d->hash_as_text)
            put_text(&b, "no pair");
        else
            put_bytes(&b, key_hash(s, d->algorithm == 0 ? 1 : d->algorithm, spki));
    }
    for (unsigned i = 0; i < d->num_others; i++) {
        put_text(&b, "key_0");
        put_head(&b, 0, 5);
    }
    if (d->not_utf8) {
        put_text(&b, "key_\xff");
        put_head(&b, 0, 5);
    }
    put_text(&b, "nonce");
    put_bytes(&b, slice_str("fresh"));
    if (d->claims_trailing)
        buf_u8(&b, 0);
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

static struct slice dice_evidence(struct scene *s, const struct dice *d)
{
    const struct slice claims = dice_claims(s, d);
    struct buf b = buf_max(64 * KIB);
    struct slice out;

    put_head(&b, 6, d->tag == 0 ? 60000 : d->tag);
    put_head(&b, 4, d->num_elements == 0 ? 2 : d->num_elements);
    put_bytes(&b, quote_over(s, claims));
    put_bytes(&b, claims);
    if (d->trailing)
        buf_u8(&b, 0);
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

static bool judge(struct scene *s, unsigned framings, struct verdict *v)
{
    const struct evidence e = {.kind = EVIDENCE_CERTIFICATE, .certificate = s->cert.der};
    const struct appraisal what = {.evidence = &e,
                                   .collateral = &s->collateral,
                                   .roots = sim_roots(),
                                   .now = s->at == 0 ? NOW : s->at,
                                   .framings = framings};

    appraise(&what, &s->a, v);
    return v->genuine;
}

/* ---- DICE --------------------------------------------------------------------------- */

Test(certificate_evidence, dice_tagged_evidence_is_bound_to_the_key_by_its_claims)
{
    static const unsigned algorithms[] = {1, 7, 8};

    for (size_t i = 0; i < 3; i++) {
        const struct dice d = {.algorithm = algorithms[i], .num_others = 1};
        struct verdict v;
        struct scene s;

        open_scene(&s, i == 1 ? KEY_P384 : KEY_P256);
        issue(&s, &(struct extension){.oid = {oid_dice, sizeof oid_dice}, .value = dice_evidence(&s, &d)}, 1);
        cr_assert(judge(&s, FRAMINGS_USUAL, &v), "%s", v.reason.text);
        cr_expect_str_eq(v.claims.framing.name, "dice-tagged-evidence");
        cr_expect(slice_equal(v.claims.framing.nonce, slice_str("fresh")));
        cr_assert_eq(v.claims.framing.num_claims, 2);
        cr_expect(strcmp(v.claims.framing.claims[0].name, "key_0") == 0);
        cr_expect(slice_equal(v.claims.framing.claims[0].value, slice_of("\x05", 1)),
                  "what is no byte string stays encoded");
        cr_expect_eq(v.claims.framing.spki_sha256.len, 32);
        close_scene(&s);
    }
}

Test(certificate_evidence, dice_evidence_that_is_malformed_or_of_another_key_is_refused)
{
    static const char *const form =
        "certificate: tagged evidence: expected CBOR 60000([quote, claims]) and nothing after it";
    static const char *const map = "certificate: claims: expected a CBOR map with one \"pubkey-hash\"";
    static const char *const hash = "certificate: claim \"pubkey-hash\": expected [1, SHA-256], [7, SHA-384] "
                                    "or [8, SHA-512] of the public key";
    const struct {
        struct dice d;
        enum err_code code;
        const char *text;
    } rows[] = {
        {{.tag = 60001},
         E_EVIDENCE_FORMAT,
         "certificate: tagged evidence: tag 60001 is a local report, which proves nothing to another "
         "machine: "
         "expected 60000, a quote"},
        {{.tag = 60003}, E_EVIDENCE_FORMAT, form},
        {{.num_elements = 3}, E_EVIDENCE_FORMAT, form},
        {{.num_elements = 1}, E_EVIDENCE_FORMAT, form},
        {{.trailing = true}, E_EVIDENCE_FORMAT, form},
        {{.no_hash = true}, E_EVIDENCE_FORMAT, map},
        {{.num_hashes = 2}, E_EVIDENCE_FORMAT, map},
        {{.claims_trailing = true}, E_EVIDENCE_FORMAT, map},
        {{.num_others = 2}, E_EVIDENCE_FORMAT, map},
        {{.not_utf8 = true}, E_EVIDENCE_FORMAT, map},
        {{.num_others = 40}, E_EVIDENCE_FORMAT, "certificate: claims: 42, more than the 32 allowed"},
        {{.hash_as_text = true}, E_EVIDENCE_FORMAT, hash},
        {{.algorithm = 2}, E_EVIDENCE_FORMAT, hash},
        {{.other_key = true},
         E_KEY_BINDING,
         "certificate: claim \"pubkey-hash\": is not the hash of the certificate's own key"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v;
        struct scene s;

        open_scene(&s, KEY_P256);
        issue(&s,
              &(struct extension){.oid = {oid_dice, sizeof oid_dice}, .value = dice_evidence(&s, &rows[i].d)},
              1);
        cr_expect(!judge(&s, FRAMINGS_USUAL, &v), "row %zu", i);
        cr_expect_eq(v.reason.code, rows[i].code, "row %zu: %s", i, v.reason.text);
        cr_expect_str_eq(v.reason.text, rows[i].text, "row %zu: %s", i, v.reason.text);
        close_scene(&s);
    }
}

/* Claims for one's own key around the quote of another: the quote does not know these claims. */
Test(certificate_evidence, claims_that_the_quote_was_not_made_for_are_refused)
{
    const struct dice d = {0};
    struct verdict v;
    struct buf b = buf_max(64 * KIB);
    struct scene s;

    open_scene(&s, KEY_P256);
    put_head(&b, 6, 60000);
    put_head(&b, 4, 2);
    put_bytes(&b, quote_over(&s, slice_str("other claims")));
    put_bytes(&b, dice_claims(&s, &d));
    issue(&s, &(struct extension){.oid = {oid_dice, sizeof oid_dice}, .value = buf_bytes(&b)}, 1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_KEY_BINDING);
    cr_expect_str_eq(v.reason.text,
                     "evidence in a certificate (dice-tagged-evidence): its report data is not bound to the "
                     "certificate's key");
    buf_wipe(&b);
    close_scene(&s);
}

/* ---- Open Enclave, Gramine ---------------------------------------------------------- */

Test(certificate_evidence, open_enclave_hashes_the_key_or_its_pem_text)
{
    for (int form = 0; form < 3; form++) {
        struct verdict v;
        struct slice hashed;
        const char *pem;
        struct scene s;

        open_scene(&s, KEY_P256);
        pem = pem_text(&s.a, "PUBLIC KEY", s.spki);
        hashed =
            form == 0 ? s.spki : slice_of(pem, strlen(pem) + (form == 1)); /* with its NUL, and without */
        issue(&s,
              &(struct extension){.oid = form == 0 ? slice_of(oid_oe, sizeof oid_oe)
                                                   : slice_of(oid_oe_old, sizeof oid_oe_old),
                                  .value = evidence_wrap_oe(&s.a, quote_over(&s, hashed))},
              1);
        cr_expect_eq(judge(&s, FRAMINGS_USUAL, &v), form != 2, "form %d: %s", form, v.reason.text);
        if (form == 2)
            cr_expect_eq(v.reason.code, E_KEY_BINDING);
        else
            cr_expect_str_eq(v.claims.framing.name, "oe-report");
        close_scene(&s);
    }
}

Test(certificate_evidence, open_enclave_evidence_needs_its_header_and_occurs_once)
{
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    const struct slice quote = quote_over(&s, s.spki), wrapped = evidence_wrap_oe(&s.a, quote);
    const struct extension both[] = {{.oid = {oid_oe, sizeof oid_oe}, .value = wrapped},
                                     {.oid = {oid_oe_old, sizeof oid_oe_old}, .value = wrapped}};
    issue(&s, &(struct extension){.oid = {oid_oe, sizeof oid_oe}, .value = quote}, 1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_str_eq(v.reason.text,
                     "certificate: Open Enclave extension: expected a report header in front of the quote");
    issue(&s, both, 2);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_FORMAT);
    cr_expect_str_eq(v.reason.text, "certificate: evidence of the kind oe-report occurs twice");
    close_scene(&s);
}

/* Open Enclave's evidence header (32 bytes): in the format of SGX quotes custom claims follow the quote. */
static struct slice oe_evidence(struct scene *s, struct slice quote, struct slice claims)
{
    static const uint8_t sgx_ecdsa[16] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
                                          0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
    struct buf b = buf_max(64 * KIB);
    struct slice out;

    buf_u32le(&b, 3);
    buf_put(&b, slice_of(sgx_ecdsa, sizeof sgx_ecdsa));
    buf_u32le(&b, 0);
    buf_u64le(&b, quote.len + claims.len);
    buf_put(&b, quote);
    buf_put(&b, claims);
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

static const uint8_t oid_oe_evidence[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x02};

Test(certificate_evidence, open_enclaves_evidence_binds_the_key_by_custom_claims)
{
    struct slice claims, value;
    const char *pem;
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    pem = pem_text(&s.a, "PUBLIC KEY", s.spki);
    claims = slice_of(pem, strlen(pem) + 1);
    value = oe_evidence(&s, quote_over(&s, claims), claims);
    issue(&s, &(struct extension){.oid = {oid_oe_evidence, sizeof oid_oe_evidence}, .value = value}, 1);
    cr_assert(judge(&s, FRAMINGS_USUAL, &v), "%s", v.reason.text);
    cr_expect_str_eq(v.claims.framing.name, "oe-evidence");
    cr_expect_eq(v.claims.dcap.trailing_bytes, 0, "claims are no padding");
    cr_assert_eq(v.claims.framing.num_claims, 1);
    cr_expect(slice_equal(v.claims.framing.claims[0].value, claims));
    cr_expect(!judge(&s, FRAMING_OE_REPORT, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_MISSING);
    value = oe_evidence(&s, quote_over(&s, claims), slice_str("others"));
    issue(&s, &(struct extension){.oid = {oid_oe_evidence, sizeof oid_oe_evidence}, .value = value}, 1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_KEY_BINDING);
    cr_expect_str_eq(v.reason.text,
                     "Open Enclave evidence: report data is not the SHA-256 of the 6 bytes of claims "
                     "behind the quote, and zeroes");
    value = oe_evidence(&s, quote_over(&s, slice_str("others")), slice_str("others"));
    issue(&s, &(struct extension){.oid = {oid_oe_evidence, sizeof oid_oe_evidence}, .value = value}, 1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_str_eq(
        v.reason.text,
        "evidence in a certificate (oe-evidence): its report data is not bound to the certificate's key");
    issue(&s,
          &(struct extension){.oid = {oid_oe_evidence, sizeof oid_oe_evidence},
                              .value = evidence_wrap_oe(&s.a, quote_over(&s, s.spki))},
          1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_str_eq(
        v.reason.text,
        "certificate: Open Enclave extension: expected an evidence header in front of the quote");
    close_scene(&s);
}

/* Intel's SGX SDK puts a second copy of the quote under the OID of PCK certificates' platform data. */
Test(certificate_evidence, a_quote_under_the_oid_of_pck_certificates_is_not_taken_for_platform_data)
{
    static const uint8_t oid_pck[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
    const struct dice d = {0};
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    const struct extension both[] = {
        {.oid = {oid_pck, sizeof oid_pck}, .value = quote_over(&s, s.spki)},
        {.oid = {oid_dice, sizeof oid_dice}, .value = dice_evidence(&s, &d)},
    };
    issue(&s, both, 2);
    cr_expect(judge(&s, FRAMINGS_USUAL, &v), "%s", v.reason.text);
    cr_expect_str_eq(v.claims.framing.name, "dice-tagged-evidence");
    issue(&s, both, 1);
    cr_expect(!judge(&s, FRAMINGS_USUAL | FRAMING_GRAMINE_LEGACY, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_MISSING, "alone it is no evidence either");
    close_scene(&s);
}

Test(certificate_evidence, a_td_may_have_a_certificate_too)
{
    static const struct sim_collateral_options tdx = {.tdx = true};
    static const struct sim_quote_options plain = {0};
    uint8_t data[64] = {0};
    struct slice quote;
    struct verdict v;
    struct scene s;
    struct err err;

    open_scene(&s, KEY_P384);
    sha256(data, s.spki);
    cr_assert(sim_td_quote(&sim_platform_default, &sim_td_default, data, &plain, &s.a, &quote, &err) &&
                  sim_collateral(&sim_platform_default, &tdx, NOW, &s.a, &s.collateral, &err),
              "%s", err.text);
    issue(&s, &(struct extension){.oid = {oid_gramine, sizeof oid_gramine}, .value = quote}, 1);
    cr_expect(judge(&s, FRAMING_GRAMINE_LEGACY, &v), "%s", v.reason.text);
    cr_expect_eq(v.claims.tee, TEE_TDX);
    close_scene(&s);
}

Test(certificate_evidence, gramines_older_extension_counts_only_if_asked_for)
{
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    issue(&s, &(struct extension){.oid = {oid_gramine, sizeof oid_gramine}, .value = quote_over(&s, s.spki)},
          1);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_MISSING);
    cr_expect_str_eq(v.reason.text, "certificate: carries no evidence in a framing that is accepted here");
    cr_expect(judge(&s, FRAMING_GRAMINE_LEGACY, &v), "%s", v.reason.text);
    cr_expect_str_eq(v.claims.framing.name, "gramine-legacy");
    close_scene(&s);
}

/* ---- the certificate itself --------------------------------------------------------- */

Test(certificate_evidence, the_certificate_must_be_valid_and_signed_by_its_own_key)
{
    struct verdict v;
    struct scene s;
    uint8_t *changed;

    open_scene(&s, KEY_P256);
    issue(&s, &(struct extension){.oid = {oid_gramine, sizeof oid_gramine}, .value = quote_over(&s, s.spki)},
          1);
    s.at = NOW + DAY + 1;
    cr_expect(!judge(&s, FRAMING_GRAMINE_LEGACY, &v));
    cr_expect_eq(v.reason.code, E_CERT_EXPIRED);
    s.at = NOW - DAY - 1;
    cr_expect(!judge(&s, FRAMING_GRAMINE_LEGACY, &v));
    cr_expect_eq(v.reason.code, E_CERT_EXPIRED);
    s.at = 0;
    cr_assert(judge(&s, FRAMING_GRAMINE_LEGACY, &v), "%s", v.reason.text);
    cr_expect_eq(v.not_before, NOW - DAY);
    cr_expect_eq(v.not_after, NOW + DAY, "the certificate's dates count");
    changed = arena_alloc(&s.a, s.cert.der.len);
    memcpy(changed, s.cert.der.ptr, s.cert.der.len);
    changed[s.cert.der.len - 1] ^= 1;
    s.cert.der = slice_of(changed, s.cert.der.len);
    cr_expect(!judge(&s, FRAMING_GRAMINE_LEGACY, &v));
    cr_expect_eq(v.reason.code, E_SIGNATURE);
    cr_expect(strstr(v.reason.text, "certificate with evidence: is not signed by its own key: ") ==
                  v.reason.text,
              "%s", v.reason.text);
    cr_expect_eq(v.num_checks, 6, "of the evidence in it there is nothing to say yet");
    close_scene(&s);
}

Test(certificate_evidence, what_is_no_certificate_is_refused)
{
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    issue(&s, NULL, 0);
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_MISSING, "a certificate without evidence: %s", v.reason.text);
    s.cert.der.len--;
    cr_expect(!judge(&s, FRAMINGS_USUAL, &v));
    cr_expect_eq(v.reason.code, E_EVIDENCE_FORMAT, "%s", v.reason.text);
    cr_expect_str_eq(v.checks[0].name, "certificate_format");
    cr_expect_eq(v.checks[0].outcome, CHECK_FAILED);
    close_scene(&s);
}

Test(certificate_evidence, what_is_not_genuine_is_not_bound)
{
    struct verdict v;
    struct scene s;

    open_scene(&s, KEY_P256);
    issue(&s, &(struct extension){.oid = {oid_gramine, sizeof oid_gramine}, .value = quote_over(&s, s.spki)},
          1);
    s.collateral.tcb_info = (struct slice){0};
    cr_expect(!judge(&s, FRAMING_GRAMINE_LEGACY, &v));
    cr_expect_eq(v.reason.code, E_COLLATERAL_FORMAT, "%s", v.reason.text);
    cr_expect_str_eq(v.checks[v.num_checks - 1].name, "certificate_binding");
    cr_expect_eq(v.checks[v.num_checks - 1].outcome, CHECK_SKIPPED);
    close_scene(&s);
}

/* ---- CBOR --------------------------------------------------------------------------- */

Test(cbor, heads_of_every_width_are_read_and_nothing_else_is)
{
    static const struct {
        uint8_t bytes[9];
        size_t len;
        bool ok;
        uint64_t value;
    } rows[] = {
        {{0x00}, 1, true, 0},
        {{0x17}, 1, true, 23},
        {{0x18, 0xff}, 2, true, 255},
        {{0x19, 0x01, 0x00}, 3, true, 256},
        {{0x1a, 0, 1, 0, 0}, 5, true, 65536},
        {{0x1b, 1, 0, 0, 0, 0, 0, 0, 2}, 9, true, 0x0100000000000002},
        {{0x18}, 1, false, 0},
        {{0x1b, 1, 0, 0, 0, 0, 0, 0}, 8, false, 0},
        {{0x1c}, 1, false, 0},
        {{0x1f}, 1, false, 0},
        {{0x20}, 1, false, 0},
        {{0xf6}, 1, false, 0},
        {{0}, 0, false, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cursor c = cursor_over(slice_of(rows[i].bytes, rows[i].len));

        cr_expect_eq(cbor_uint(&c), rows[i].value, "row %zu", i);
        cr_expect_eq(cursor_done(&c), rows[i].ok, "row %zu", i);
    }
}

Test(cbor, lengths_are_those_of_the_input_and_nesting_is_bounded)
{
    static const uint8_t long_string[] = {0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    static const uint8_t long_array[] = {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    static const uint8_t long_map[] = {0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x00};
    static const uint8_t mixed[] = {0xa2, 0x61, 'a',  0x82, 0x01, 0x20, 0x41,
                                    0xff, 0xd8, 0x20, 0xf9, 0x00, 0x00};
    uint8_t nested[LIMIT_CBOR_DEPTH + 2];
    struct cursor c = cursor_over(slice_of(long_string, sizeof long_string));

    (void)cbor_bytes(&c);
    cr_expect(!cursor_ok(&c));
    c = cursor_over(slice_of(long_array, sizeof long_array));
    (void)cbor_item(&c);
    cr_expect(!cursor_ok(&c));
    c = cursor_over(slice_of(long_map, sizeof long_map));
    (void)cbor_item(&c);
    cr_expect(!cursor_ok(&c));
    c = cursor_over(slice_of(mixed, sizeof mixed));
    cr_expect_eq(cbor_item(&c).len, sizeof mixed);
    cr_expect(cursor_done(&c));
    memset(nested, 0x81, sizeof nested);
    nested[LIMIT_CBOR_DEPTH] = 0;
    c = cursor_over(slice_of(nested, LIMIT_CBOR_DEPTH + 1));
    cr_expect_eq(cbor_item(&c).len, LIMIT_CBOR_DEPTH + 1);
    nested[LIMIT_CBOR_DEPTH] = 0x81;
    nested[LIMIT_CBOR_DEPTH + 1] = 0;
    c = cursor_over(slice_of(nested, LIMIT_CBOR_DEPTH + 2));
    cr_expect_eq(cbor_item(&c).len, 0);
}
