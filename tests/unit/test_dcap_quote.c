/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes put together byte by byte, as Intel's format tables have them. */
#include "attestation/dcap_quote.h"

#include <criterion/criterion.h>

#include "attestation/attestation.h"
#include "base/buf.h"
#include "base/limits.h"

/* What a quote is made of. Each stretch of bytes has a filler of its own, so that a misplaced field shows. */
struct parts {
    uint32_t version, key_type, tee_type, body_type, body_size;
    uint32_t outer_type, cert_type, other_vendor;
    uint32_t auth_len, cert_len, trailing;
    uint32_t outer_delta, cert_delta, sig_delta; /* added to the lengths that are written */
};

static struct parts good(unsigned version)
{
    return (struct parts){.version = version,
                          .key_type = 2,
                          .body_type = 1,
                          .body_size = 384,
                          .outer_type = 6,
                          .cert_type = 5,
                          .auth_len = 32,
                          .cert_len = 40};
}

static void put_fill(struct buf *b, uint8_t with, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_u8(b, with);
}

/* Fields of a report: 0x10 + n for the n-th one; 0xee where it is reserved. */
static void put_report(struct buf *b)
{
    put_fill(b, 0x11, 16); /* CPUSVN */
    put_fill(b, 0x12, 4);  /* MISCSELECT */
    put_fill(b, 0xee, 12);
    put_fill(b, 0x13, 16); /* ISVEXTPRODID */
    put_fill(b, 0x14, 16); /* ATTRIBUTES */
    put_fill(b, 0x15, 32); /* MRENCLAVE */
    put_fill(b, 0xee, 32);
    put_fill(b, 0x16, 32); /* MRSIGNER */
    put_fill(b, 0xee, 32);
    put_fill(b, 0x17, 64); /* CONFIGID */
    buf_u16le(b, 0x1801);  /* ISVPRODID */
    buf_u16le(b, 0x1902);  /* ISVSVN */
    buf_u16le(b, 0x1a03);  /* CONFIGSVN */
    put_fill(b, 0xee, 42);
    put_fill(b, 0x1b, 16); /* ISVFAMILYID */
    put_fill(b, 0x1c, 64); /* REPORTDATA */
}

static void put_header(struct buf *b, const struct parts *p)
{
    static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

    buf_u16le(b, (uint16_t)p->version);
    buf_u16le(b, (uint16_t)p->key_type);
    buf_u32le(b, p->tee_type);
    put_fill(b, 0xdd, 4);
    buf_put(b, slice_of(vendor, 15));
    buf_u8(b, p->other_vendor != 0 ? 0x08 : 0x07);
    put_fill(b, 0xcc, 20);
    if (p->version == 5) {
        buf_u16le(b, (uint16_t)p->body_type);
        buf_u32le(b, p->body_size);
    }
}

static struct slice make(const struct parts *p, struct arena *a)
{
    struct buf b = buf_max(LIMIT_EVIDENCE * 2);
    const size_t inner = 384 + 64 + 2 + p->auth_len + 6 + p->cert_len;
    const size_t sig_len = 128 + (p->version > 3 ? 6 : 0) + inner;
    struct slice out;

    put_header(&b, p);
    put_report(&b);
    buf_u32le(&b, (uint32_t)sig_len + p->sig_delta);
    put_fill(&b, 0xa1, 64);
    put_fill(&b, 0xa2, 64);
    if (p->version > 3) {
        buf_u16le(&b, (uint16_t)p->outer_type);
        buf_u32le(&b, (uint32_t)inner + p->outer_delta);
    }
    put_report(&b);
    put_fill(&b, 0xa3, 64);
    buf_u16le(&b, (uint16_t)p->auth_len);
    put_fill(&b, 0xa4, p->auth_len);
    buf_u16le(&b, (uint16_t)p->cert_type);
    buf_u32le(&b, p->cert_len + p->cert_delta);
    put_fill(&b, 0xa5, p->cert_len);
    put_fill(&b, 0, p->trailing);
    cr_assert(buf_ok(&b));
    out = arena_copy(a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

static bool filled(struct slice s, uint8_t with, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != with)
            return false;
    return s.len == len;
}

static void expect_report(const struct sgx_report *r)
{
    cr_expect_eq(r->raw.len, SGX_REPORT_LEN);
    cr_expect(filled(r->claims.cpu_svn, 0x11, 16));
    cr_expect(filled(r->claims.misc_select, 0x12, 4));
    cr_expect(filled(r->claims.isv_ext_prod_id, 0x13, 16));
    cr_expect(filled(r->claims.attributes, 0x14, 16));
    cr_expect(filled(r->claims.mr_enclave, 0x15, 32));
    cr_expect(filled(r->claims.mr_signer, 0x16, 32));
    cr_expect(filled(r->claims.config_id, 0x17, 64));
    cr_expect_eq(r->claims.isv_prod_id, 0x1801);
    cr_expect_eq(r->claims.isv_svn, 0x1902);
    cr_expect_eq(r->claims.config_svn, 0x1a03);
    cr_expect(filled(r->claims.isv_family_id, 0x1b, 16));
    cr_expect(filled(r->report_data, 0x1c, 64));
}

Test(dcap_quote, versions_3_4_and_5_are_taken_apart)
{
    static const struct {
        unsigned version, trailing;
        size_t signed_len;
        unsigned body_type;
    } rows[] = {
        {3, 0, 48 + 384, 0}, {4, 0, 48 + 384, 0},    {5, 0, 48 + 6 + 384, 1},
        {3, 1, 48 + 384, 0}, {4, 3000, 48 + 384, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parts p = good(rows[i].version);
        struct arena a = {0};
        struct dcap_quote q;
        struct slice in;
        struct err err;

        p.trailing = rows[i].trailing;
        in = make(&p, &a);
        cr_assert(dcap_quote_parse(in, &q, &err), "row %zu: %s", i, err.text);
        cr_expect_eq(q.version, rows[i].version);
        cr_expect_eq(q.body_type, rows[i].body_type);
        cr_expect(q.signed_part.ptr == in.ptr && q.signed_part.len == rows[i].signed_len, "row %zu", i);
        expect_report(&q.report);
        expect_report(&q.qe_report);
        cr_expect(filled(q.signature, 0xa1, 64));
        cr_expect(filled(q.attestation_key, 0xa2, 64));
        cr_expect(filled(q.qe_signature, 0xa3, 64));
        cr_expect(filled(q.qe_auth, 0xa4, 32));
        cr_expect_eq(q.cert_type, 5);
        cr_expect(filled(q.cert_data, 0xa5, 40));
        arena_wipe(&a);
    }
}

Test(dcap_quote, authentication_data_may_have_any_length)
{
    static const uint32_t lengths[] = {0, 1, 32, 1000, UINT16_MAX - 2000};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct parts p = good(3);
        struct arena a = {0};
        struct dcap_quote q;
        struct err err;

        p.auth_len = lengths[i];
        cr_assert(dcap_quote_parse(make(&p, &a), &q, &err), "%u: %s", lengths[i], err.text);
        cr_expect(filled(q.qe_auth, 0xa4, lengths[i]));
        arena_wipe(&a);
    }
}

Test(dcap_quote, one_wrong_field_is_refused_and_named)
{
#define FIELD(name) offsetof(struct parts, name)
    static const struct {
        unsigned version;
        struct {
            size_t field;
            uint32_t value;
        } changes[2]; /* the second may be left out */
        const char *text;
    } rows[] = {
        {3, {{FIELD(version), 2}}, "quote version: expected 3, 4 or 5, found 2"},
        {3, {{FIELD(version), 6}}, "quote version: expected 3, 4 or 5, found 6"},
        {3, {{FIELD(key_type), 3}}, "attestation key type: expected 2 (ECDSA P-256), found 3"},
        {5, {{FIELD(tee_type), 7}}, "TEE type: expected 0 (SGX) or 0x81 (TDX), found 0x7"},
        {3, {{FIELD(other_vendor), 1}}, "QE vendor id: expected Intel's (939a7233f79c4ca9940a0db3957f0607)"},
        {5,
         {{FIELD(body_type), 2}, {FIELD(body_size), 584}},
         "quote body: type 2 (TD report 1.0) does not fit the TEE type 0 (SGX)"},
        {5, {{FIELD(body_type), 2}}, "quote body: type 2 (TD report 1.0) has 584 bytes, found 384"},
        {5,
         {{FIELD(body_type), 4}, {FIELD(body_size), 885}},
         "quote body: type 4 (extended TD report 1.5) is not understood by this version"},
        {5, {{FIELD(body_type), 0}}, "quote body: expected type 1 (SGX), 2 or 3 (TDX), found 0"},
        {5, {{FIELD(body_type), 5}}, "quote body: expected type 1 (SGX), 2 or 3 (TDX), found 5"},
        {5,
         {{FIELD(body_size), 0xffffffff}},
         "quote body: type 1 (SGX enclave report) has 384 bytes, found 4294967295"},
        {3, {{FIELD(sig_delta), 1}}, "quote: 1092 bytes do not hold the 657 of signature data announced"},
        {3,
         {{FIELD(sig_delta), (uint32_t)-1}},
         "quote: the lengths inside the signature data do not add up to its length"},
        {3,
         {{FIELD(cert_delta), 1}},
         "quote: the lengths inside the signature data do not add up to its length"},
        {3,
         {{FIELD(cert_delta), (uint32_t)-1}},
         "quote: the lengths inside the signature data do not add up to its length"},
        {4,
         {{FIELD(outer_type), 5}},
         "outer certification data: expected type 6 of 528 bytes, found type 5 of 528 bytes"},
        {4,
         {{FIELD(outer_delta), 1}},
         "outer certification data: expected type 6 of 528 bytes, found type 6 of 529 bytes"},
        {5,
         {{FIELD(outer_delta), (uint32_t)-1}},
         "outer certification data: expected type 6 of 528 bytes, found type 6 of 527 bytes"},
        {3, {{FIELD(cert_type), 0}}, "certification data type: expected 1 to 5 or 7, found 0"},
        {4, {{FIELD(cert_type), 6}}, "certification data type: expected 1 to 5 or 7, found 6"},
        {3, {{FIELD(cert_type), 8}}, "certification data type: expected 1 to 5 or 7, found 8"},
        {3, {{FIELD(trailing), LIMIT_EVIDENCE}}, "quote: 66628 bytes, more than the 65536 allowed"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dcap_quote q = {.version = 77};
        struct parts p = good(rows[i].version);
        struct arena a = {0};
        struct err err = {0};

        for (size_t k = 0; k < 2; k++)
            if (k == 0 || rows[i].changes[k].field != 0)
                memcpy((char *)&p + rows[i].changes[k].field, &rows[i].changes[k].value, sizeof(uint32_t));
        cr_expect(!dcap_quote_parse(make(&p, &a), &q, &err), "row %zu", i);
        cr_expect_eq(err.code, E_EVIDENCE_FORMAT, "row %zu", i);
        cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);
        cr_expect_eq(q.version, 77, "row %zu: the output was touched", i);
        arena_wipe(&a);
    }
}

Test(dcap_quote, every_truncation_is_refused)
{
    for (unsigned version = 3; version <= 5; version++) {
        const struct parts p = good(version);
        struct arena a = {0};
        const struct slice whole = make(&p, &a);

        for (size_t len = 0; len < whole.len; len++) {
            struct dcap_quote q;
            struct err err = {0};

            cr_expect(!dcap_quote_parse(slice_of(whole.ptr, len), &q, &err), "version %u, %zu bytes", version,
                      len);
            cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
        }
        arena_wipe(&a);
    }
}

Test(dcap_quote, a_report_has_384_bytes)
{
    struct buf b = buf_max(KIB);
    struct sgx_report r;
    struct err err;

    put_report(&b);
    cr_assert(sgx_report_parse(buf_bytes(&b), &r, &err), "%s", err.text);
    expect_report(&r);
    cr_expect(!sgx_report_parse(slice_of(b.ptr, 383), &r, &err));
    cr_expect_str_eq(err.text, "SGX report: expected 384 bytes, found 383");
    buf_u8(&b, 0);
    cr_expect(!sgx_report_parse(buf_bytes(&b), &r, &err));
    cr_expect_str_eq(err.text, "SGX report: expected 384 bytes, found 385");
    buf_wipe(&b);
}

Test(evidence, open_enclaves_header_is_taken_off_and_put_on)
{
    struct arena a = {0};
    const struct parts p = good(3);
    const struct slice quote = make(&p, &a), wrapped = evidence_wrap_oe(&a, quote);
    struct slice got = {0};
    struct err err;

    cr_expect_eq(wrapped.len, quote.len + 16);
    cr_expect(evidence_unwrap(wrapped, &got, &err) && slice_equal(got, quote), "%s", err.text);
    cr_expect(evidence_unwrap(quote, &got, &err) && slice_equal(got, quote), "a bare quote stays as it is");
    arena_wipe(&a);
}

Test(evidence, a_header_that_does_not_fit_is_refused)
{
    static const struct {
        uint8_t bytes[20];
        size_t len;
        const char *text;
    } rows[] = {
        {{1}, 4, "Open Enclave report: 4 bytes, shorter than its header of 16"},
        {{1, 0, 0, 0, 2}, 15, "Open Enclave report: 15 bytes, shorter than its header of 16"},
        {{1, 0, 0, 0, 1, 0, 0, 0, 4}, 20, "Open Enclave report type: expected 2 (remote), found 1"},
        {{1, 0, 0, 0, 2, 0, 0, 0, 5}, 20, "Open Enclave report: announces 5 bytes, 4 follow"},
        {{1, 0, 0, 0, 2, 0, 0, 0, 3}, 20, "Open Enclave report: announces 3 bytes, 4 follow"},
        {{1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1},
         20,
         "Open Enclave report: announces 4294967300 bytes, 4 follow"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice got = {0};
        struct err err = {0};

        cr_expect(!evidence_unwrap(slice_of(rows[i].bytes, rows[i].len), &got, &err), "row %zu", i);
        cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
        cr_expect_str_eq(err.text, rows[i].text, "row %zu: %s", i, err.text);
    }
}
