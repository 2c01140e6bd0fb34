/* SPDX-License-Identifier: Apache-2.0 */
/* SGX evidence in which something was changed: no byte of it goes unnoticed. */
#include "tests/support/dcap_scene.h"

#include "attestation/sim/pki.h"
#include "attestation/sim/seed.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

Test(dcap_changed, each_part_of_a_quote_is_protected_by_its_own_step)
{
    static const struct {
        size_t at;
        enum err_code code;
    } rows[] = {
        {8, E_QUOTE_SIGNATURE},        /* header, QE SVN */
        {47, E_QUOTE_SIGNATURE},       /* header, user data */
        {48, E_QUOTE_SIGNATURE},       /* report, CPUSVN */
        {48 + 64, E_QUOTE_SIGNATURE},  /* MRENCLAVE */
        {48 + 383, E_QUOTE_SIGNATURE}, /* report data */
        {436, E_QUOTE_SIGNATURE},      /* r */
        {436 + 63, E_QUOTE_SIGNATURE}, /* s */
        {436 + 64, E_QE_REPORT_DATA},  /* attestation key */
        {564, E_QE_REPORT_SIGNATURE},  /* QE report */
        {564 + 383, E_QE_REPORT_SIGNATURE},
        {948, E_QE_REPORT_SIGNATURE}, /* its signature */
        {1014, E_QE_REPORT_DATA},     /* authentication data */
    };
    struct scene s;

    scene_usual(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.evidence.quote = changed(&s.a, s.quote, rows[i].at, 0x40);
        cr_expect_eq(judge(&s), rows[i].code, "byte %zu: %s", rows[i].at, s.v.reason.text);
    }
    scene_close(&s);
}

/* Only base64 has room for a change that means nothing. */
Test(dcap_changed, a_changed_byte_is_refused_or_changes_nothing, .timeout = 250)
{
    size_t num_refused = 0, num = 0;
    const char *usual;
    struct scene s;

    scene_usual(&s);
    (void)judge(&s);
    usual = verdict_text(&s.v, &s.a);
    struct slice *const parts[] = {
        &s.evidence.quote,         &s.collateral.tcb_info,        &s.collateral.tcb_issuer_chain,
        &s.collateral.qe_identity, &s.collateral.qe_issuer_chain, &s.collateral.pck_crl,
        &s.collateral.root_ca_crl};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        const struct slice was = *parts[p];

        for (size_t at = 0; at < was.len; at += at < 1100 ? 1 : 5) {
            struct arena a = {0};
            struct verdict v;

            *parts[p] = changed(&a, was, at, 0x01);
            appraise(&s.what, &a, &v);
            num++;
            num_refused += !v.genuine;
            cr_expect(v.reason.code != E_NONE || strcmp(verdict_text(&v, &a), usual) == 0,
                      "part %zu, byte %zu", p, at);
            arena_wipe(&a);
        }
        *parts[p] = was;
    }
    /* The last digit of base64 may have bits that say nothing: of seven certificates in three texts. */
    cr_expect(num - num_refused <= 7, "%zu of %zu changes changed nothing", num - num_refused, num);
    scene_close(&s);
}

Test(dcap_changed, every_truncation_is_refused_by_its_form)
{
    struct scene s;

    scene_usual(&s);
    for (size_t len = 0; len < s.quote.len; len++) {
        struct arena a = {0};
        struct verdict v;

        s.evidence.quote = slice_of(s.quote.ptr, len);
        appraise(&s.what, &a, &v);
        cr_expect_eq(v.reason.code, E_EVIDENCE_FORMAT, "%zu bytes", len);
        arena_wipe(&a);
    }
    scene_close(&s);
}

/* The quote with another certification data record at its end. */
static struct slice recertified(struct scene *s, unsigned type, struct slice data)
{
    struct buf b = buf_max(LIMIT_EVIDENCE);
    struct dcap_quote q;
    struct slice out;
    struct err err;
    size_t before;

    cr_assert(dcap_quote_parse(s->quote, &q, &err));
    before = (size_t)(q.cert_data.ptr - s->quote.ptr) - 6;
    buf_put(&b, slice_of(s->quote.ptr, 432));
    buf_u32le(&b, (uint32_t)(before - 436 + 6 + data.len));
    buf_put(&b, slice_of(s->quote.ptr + 436, before - 436));
    buf_u16le(&b, (uint16_t)type);
    buf_u32le(&b, (uint32_t)data.len);
    buf_put(&b, data);
    out = arena_copy(&s->a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

Test(dcap_changed, the_three_certificates_may_come_in_any_order_and_must_be_three)
{
    static const struct {
        const char *order; /* indices; anything else is put between as it is */
        enum err_code code;
        const char *text;
    } rows[] = {
        {"012", E_NONE, ""},
        {"021", E_NONE, ""},
        {"210", E_NONE, ""},
        {"1 \n\t\r\n02", E_NONE, ""},
        {"01", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 2"},
        {"", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 0"},
        {"0122", E_PCK_CHAIN, "PCK chain: expected 3 certificates, found 4"},
        {"011", E_PCK_CHAIN,
         "PCK chain: expected one PCK certificate, one intermediate and one self-issued root"},
        {"002", E_PCK_CHAIN, "PCK chain: expected one PCK certificate"},
        {"01x\n2", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: text between the PEM blocks (before certificate 3)"},
        {"x\n012", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: text between the PEM blocks (before certificate 1)"},
        {"012x", E_EVIDENCE_FORMAT, "PCK chain: certificate chain: text after the last PEM block"},
        {"01201201201", E_EVIDENCE_FORMAT,
         "PCK chain: certificate chain: more than the 10 certificates allowed"},
    };
    struct dcap_quote q;
    struct cert *certs;
    struct scene s;
    struct err err;
    size_t num;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    cr_assert(cert_parse_pem(q.cert_data, &s.a, &certs, &num, &err) && num == 3, "%s", err.text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = buf_max(LIMIT_EVIDENCE);

        for (const char *c = rows[i].order; *c != '\0'; c++)
            if (*c >= '0' && *c <= '2')
                pem_put(&b, "CERTIFICATE", certs[*c - '0'].der);
            else
                buf_u8(&b, (uint8_t)*c);
        s.evidence.quote = recertified(&s, 5, buf_bytes(&b));
        cr_expect_eq(judge(&s), rows[i].code, "\"%s\": %s", rows[i].order, s.v.reason.text);
        cr_expect_not_null(strstr(s.v.reason.text, rows[i].text), "\"%s\": %s", rows[i].order,
                           s.v.reason.text);
        buf_wipe(&b);
    }
    scene_close(&s);
}

Test(dcap_changed, evidence_without_chain_takes_it_from_the_collateral)
{
    struct dcap_quote q;
    struct scene s;
    struct err err;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    s.evidence.quote = recertified(&s, 3, slice_str("encrypted platform id"));
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT,
                   "certification data type 3 holds no PCK chain, and the collateral has none");
    s.collateral.pck_chain = q.cert_data;
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote = recertified(&s, 5, slice_str("no PEM"));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote = recertified(&s, 7, slice_str("manifest"));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    scene_close(&s);
}

/* An attacker's own key signs a report of his choice: the signature holds, the key is not the quoting
 * enclave's. */
Test(dcap_changed, a_quote_signed_with_another_key_is_refused)
{
    struct slice signature, spki, xy;
    uint8_t *forged;
    struct key k = {0};
    struct scene s;
    struct err err;

    scene_usual(&s);
    forged = arena_alloc(&s.a, s.quote.len);
    memcpy(forged, s.quote.ptr, s.quote.len);
    forged[48 + 64] ^= 0xff;
    cr_assert(key_generate(KEY_P256, &k, &err), "%s", err.text);
    spki = key_spki(&k, &s.a);
    cr_assert(spki_p256_xy(spki, &xy, &err) &&
              key_sign_raw(&k, slice_of(forged, 432), &s.a, &signature, &err));
    memcpy(forged + 436, signature.ptr, 64);
    memcpy(forged + 436 + 64, xy.ptr, 64);
    s.evidence.quote = slice_of(forged, s.quote.len);
    EXPECT_REFUSED(&s, E_QE_REPORT_DATA, "QE report data: expected ");
    key_wipe(&k);
    scene_close(&s);
}

/* A quoting enclave that vouches for something that is no key: every other step holds. */
Test(dcap_changed, an_attestation_key_off_the_curve_is_refused_by_its_form)
{
    enum {
        KEY_AT = 500,
        REPORT_AT = 564,
        REPORT_DATA_AT = REPORT_AT + 320,
        QE_SIGNATURE_AT = 948,
        AUTH_AT = 1014
    };
    struct key pck = {0};
    struct slice bound[2], signature;
    uint8_t *forged;
    struct scene s;
    struct err err;

    scene_usual(&s);
    forged = arena_alloc(&s.a, s.quote.len);
    memcpy(forged, s.quote.ptr, s.quote.len);
    memset(forged + KEY_AT, 1, 64);
    bound[0] = slice_of(forged + KEY_AT, 64);
    bound[1] = slice_of(forged + AUTH_AT, 32);
    sha256_of(forged + REPORT_DATA_AT, bound, 2);
    cr_assert(sim_key("PCK", sim_platform_bytes(&sim_platform_default, &s.a), &pck, &err) &&
                  key_sign_raw(&pck, slice_of(forged + REPORT_AT, 384), &s.a, &signature, &err),
              "%s", err.text);
    memcpy(forged + QE_SIGNATURE_AT, signature.ptr, 64);
    s.evidence.quote = slice_of(forged, s.quote.len);
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "attestation key: public key: expected a point on its curve");
    key_wipe(&pck);
    scene_close(&s);
}

/* Quoting services end the chain with a NUL, with or without a newline before it. */
Test(dcap_changed, nothing_but_white_space_and_nul_may_stand_around_the_certificates)
{
    struct scene s;
    struct dcap_quote q;
    struct slice pem;
    struct err err;

    scene_usual(&s);
    cr_assert(dcap_quote_parse(s.quote, &q, &err));
    pem = slice_of(q.cert_data.ptr, q.cert_data.len - 2); /* a newline and a NUL less */
    s.evidence.quote = recertified(
        &s, 5, slice_of(arena_printf(&s.a, " \n%.*s", (int)pem.len, (const char *)pem.ptr), pem.len + 3));
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.evidence.quote =
        recertified(&s, 5, slice_str(arena_printf(&s.a, "%.*s.", (int)pem.len, (const char *)pem.ptr)));
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "PCK chain: ");
    scene_close(&s);
}

Test(dcap_changed, a_signature_of_zeroes_is_refused)
{
    uint8_t *zeroed;
    struct scene s;

    scene_usual(&s);
    zeroed = arena_alloc(&s.a, s.quote.len);
    memcpy(zeroed, s.quote.ptr, s.quote.len);
    memset(zeroed + 436, 0, 64);
    s.evidence.quote = slice_of(zeroed, s.quote.len);
    cr_expect_eq(judge(&s), E_QUOTE_SIGNATURE, "%s", s.v.reason.text);
    scene_close(&s);
}
