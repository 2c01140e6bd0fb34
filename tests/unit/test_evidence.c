/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as it comes in: which kind it is, in which encoding, alone or with its parts. */
#include "attestation/evidence.h"

#include <criterion/criterion.h>

#include "attestation/oe.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/pem.h"

static struct arena a;
static struct err err;

static void begin(void)
{
    a = (struct arena){0};
    err = (struct err){0};
}
static void end(void) { arena_wipe(&a); }

/* Just enough of each kind to be recognised, and some bytes more. */
static struct slice sample(enum evidence_kind kind)
{
    static uint8_t quote[100] = {4, 0, 2, 0, 0x81}, snp[1184] = {3}, hcl[64] = "HCLA",
                   cose[32] = {0x84, 0x44}, cert[] = {0x30, 0x03, 0x02, 0x01, 0x05};

    snp[0x34] = 1;
    switch (kind) {
    case EVIDENCE_DCAP:
        return slice_of(quote, sizeof quote);
    case EVIDENCE_SNP:
        return slice_of(snp, sizeof snp);
    case EVIDENCE_AZURE:
        return slice_of(hcl, sizeof hcl);
    case EVIDENCE_NITRO:
        return slice_of(cose, sizeof cose);
    default:
        return slice_of(cert, sizeof cert);
    }
}

static struct slice part_of(const struct evidence *e)
{
    return e->kind == EVIDENCE_DCAP    ? e->quote
           : e->kind == EVIDENCE_SNP   ? e->report
           : e->kind == EVIDENCE_AZURE ? e->hcl_report
           : e->kind == EVIDENCE_NITRO ? e->document
                                       : e->certificate;
}

static void expect_kind(struct slice in, enum evidence_kind kind, struct slice bytes, const char *what)
{
    struct evidence e = {0};

    cr_assert(evidence_read(in, &a, &e, &err), "%s, %s: %s", evidence_kind_name(kind), what, err.text);
    cr_expect_eq(e.kind, kind, "%s, %s: %s", evidence_kind_name(kind), what, evidence_kind_name(e.kind));
    cr_expect(slice_equal(part_of(&e), bytes), "%s, %s", evidence_kind_name(kind), what);
}

/* In lines of 60, as tools print it. */
static char *wrapped(const char *text)
{
    char *out = arena_strdup(&a, " \n");

    for (size_t i = 0; i < strlen(text); i += 60)
        out = arena_printf(&a, "%s%.60s\r\n", out, text + i);
    return out;
}

Test(evidence, each_kind_is_recognised_in_each_encoding, .init = begin, .fini = end)
{
    for (enum evidence_kind k = EVIDENCE_DCAP; k <= EVIDENCE_CERTIFICATE; k++) {
        const struct slice s = sample(k);
        char *bare = base64_text(&a, s, BASE64_STD);

        expect_kind(s, k, s, "bare");
        expect_kind(slice_str(hex_text(&a, s)), k, s, "hex");
        expect_kind(slice_str(wrapped(hex_text(&a, s))), k, s, "hex in lines");
        expect_kind(slice_str(base64_text(&a, s, BASE64_STD)), k, s, "base64");
        expect_kind(slice_str(wrapped(base64_text(&a, s, BASE64_STD))), k, s, "base64 in lines");
        expect_kind(slice_str(base64_text(&a, s, BASE64_URL)), k, s, "base64url");
        expect_kind(slice_str(base64_text(&a, s, BASE64_URL_BARE)), k, s, "base64url without padding");
        while (strlen(bare) > 0 && bare[strlen(bare) - 1] == '=')
            bare[strlen(bare) - 1] = '\0';
        expect_kind(slice_str(bare), k, s, "base64 without padding");
    }
    expect_kind(
        slice_str(arena_printf(&a, "\n%s\n", pem_text(&a, "CERTIFICATE", sample(EVIDENCE_CERTIFICATE)))),
        EVIDENCE_CERTIFICATE, sample(EVIDENCE_CERTIFICATE), "PEM");
}

Test(evidence, headers_of_open_enclave_and_of_the_firmware_do_not_hide_the_kind, .init = begin, .fini = end)
{
    static const uint8_t oe_sgx[40] = {3,    0,    0,    0,    0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d,
                                       0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
    const struct slice wrapped_quote = evidence_wrap_oe(&a, sample(EVIDENCE_DCAP));
    uint8_t *response = arena_alloc(&a, 32 + 1184);

    expect_kind(wrapped_quote, EVIDENCE_DCAP, wrapped_quote, "report header");
    expect_kind(slice_of(oe_sgx, sizeof oe_sgx), EVIDENCE_DCAP, slice_of(oe_sgx, sizeof oe_sgx),
                "evidence header");
    response[4] = 1184 & 0xff;
    response[5] = 1184 >> 8;
    memcpy(response + 32, sample(EVIDENCE_SNP).ptr, 1184);
    expect_kind(slice_of(response, 32 + 1184), EVIDENCE_SNP, slice_of(response, 32 + 1184),
                "firmware response");
}

Test(evidence, what_is_no_evidence_is_refused_with_what_was_tried, .init = begin, .fini = end)
{
    const struct {
        struct slice in;
        enum err_code code;
        const char *text;
    } rows[] = {
        {{0}, E_EVIDENCE_MISSING, "expected evidence, found no bytes"},
        {slice_str("hello, world"), E_EVIDENCE_FORMAT,
         "evidence: text that is neither hexadecimal nor base64"},
        {slice_str("00112233"), E_EVIDENCE_FORMAT, "evidence: 6 bytes are no SGX or TDX quote"},
        {slice_str("   \n"), E_EVIDENCE_FORMAT, "evidence: 4 bytes are no SGX or TDX quote"},
        {slice_of("\xff\xfe\x00", 3), E_EVIDENCE_FORMAT, "evidence: 3 bytes are no SGX or TDX quote"},
        {slice_str("-----BEGIN CERTIFICATE-----\nAAAA"), E_EVIDENCE_FORMAT, ""},
        {slice_str(pem_text(&a, "PRIVATE KEY", sample(EVIDENCE_CERTIFICATE))), E_EVIDENCE_FORMAT,
         "evidence: expected PEM with a CERTIFICATE block"},
        {slice_of(arena_alloc(&a, LIMIT_EVIDENCE_PARTS + 1), LIMIT_EVIDENCE_PARTS + 1), E_EVIDENCE_FORMAT,
         "evidence: 1048577 bytes, more than the 1048576 allowed"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct evidence e = {.kind = EVIDENCE_NITRO};

        cr_expect(!evidence_read(rows[i].in, &a, &e, &err), "row %zu", i);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.text);
        cr_expect_not_null(strstr(err.text, rows[i].text), "row %zu: %s", i, err.text);
        cr_expect_eq(e.kind, EVIDENCE_NITRO, "the output stays untouched");
    }
}

Test(evidence, text_forms_are_for_files_and_not_for_the_wire, .init = begin, .fini = end)
{
    struct evidence e;

    cr_expect(evidence_decode(sample(EVIDENCE_DCAP), &e, &err));
    cr_expect(!evidence_decode(slice_str(hex_text(&a, sample(EVIDENCE_DCAP))), &e, &err));
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
}

/* ---- containers --------------------------------------------------------------------- */

static struct evidence azure_parts(void)
{
    return (struct evidence){.kind = EVIDENCE_AZURE,
                             .hcl_report = sample(EVIDENCE_AZURE),
                             .quote = sample(EVIDENCE_DCAP),
                             .tpm_quote_msg = slice_str("message"),
                             .tpm_quote_sig = slice_str("signature"),
                             .tpm_pcrs = slice_str("{}"),
                             .vek = slice_str("vek"),
                             .vek_chain = slice_str("chain")};
}

Test(evidence, parts_go_into_a_container_and_come_out_of_it, .init = begin, .fini = end)
{
    const struct evidence in = azure_parts();
    const struct slice encoded = evidence_encode(&in, &a);
    struct evidence out, again;

    cr_expect_eq(memcmp(encoded.ptr, "MESHEVID\1\0\0\0\7\0\0\0\x0ahcl_report", 27), 0);
    cr_assert(evidence_decode(encoded, &out, &err), "%s", err.text);
    cr_expect_eq(out.kind, EVIDENCE_AZURE);
    cr_expect(slice_equal(out.hcl_report, in.hcl_report) && slice_equal(out.quote, in.quote));
    cr_expect(slice_equal(out.tpm_quote_sig, in.tpm_quote_sig) && slice_equal(out.vek_chain, in.vek_chain));
    cr_expect(slice_equal(evidence_encode(&out, &a), encoded));
    cr_assert(evidence_read(slice_str(base64_text(&a, encoded, BASE64_STD)), &a, &again, &err), "%s",
              err.text);
    cr_expect(slice_equal(evidence_encode(&again, &a), encoded), "a container may be text, too");
    for (size_t len = 0; len < encoded.len; len++)
        cr_expect(!evidence_decode(slice_of(encoded.ptr, len), &out, &err), "%zu bytes", len);
}

Test(evidence, one_part_alone_needs_no_container, .init = begin, .fini = end)
{
    for (enum evidence_kind k = EVIDENCE_DCAP; k <= EVIDENCE_CERTIFICATE; k++) {
        struct evidence e;

        cr_assert(evidence_decode(sample(k), &e, &err));
        cr_expect(slice_equal(evidence_encode(&e, &a), sample(k)));
    }
}

static struct slice container(unsigned version, unsigned num, const char *const *names)
{
    struct buf b = buf_max(KIB);
    struct slice out;

    buf_str(&b, "MESHEVID");
    buf_u32le(&b, version);
    buf_u32le(&b, num);
    for (; *names != NULL; names++) {
        buf_u8(&b, (uint8_t)strlen(*names));
        buf_str(&b, *names);
        buf_u32le(&b, 3);
        buf_str(&b, "abc");
    }
    out = arena_copy(&a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

Test(evidence, containers_have_one_form, .init = begin, .fini = end)
{
    static const struct {
        unsigned version, num;
        const char *names[4], *text;
    } rows[] = {
        {1, 1, {"quote"}, NULL},
        {1, 2, {"report", "vek"}, NULL},
        {1, 2, {"hcl_report", "quote"}, NULL},
        {2, 1, {"quote"}, "expected version 1, found 2"},
        {1, 2, {"vek", "report"}, "part 2 is empty, unknown, doubled or out of order"},
        {1, 2, {"report", "report"}, "part 2 is empty, unknown, doubled or out of order"},
        {1, 2, {"quote", "riddle"}, "part 2 is empty, unknown, doubled or out of order"},
        {1, 2, {"quote"}, "do not add up"},
        {1, 1, {"quote", "vek"}, "do not add up"},
        {1, 0xffffffff, {"quote"}, "do not add up"},
        {1, 1, {"vek"}, "found 0 of them"},
        {1, 0, {NULL}, "found 0 of them"},
        {1, 2, {"quote", "report"}, "found 2 of them"},
        {1, 3, {"document", "hcl_report", "quote"}, "found 2 of them"},
        {1, 2, {"certificate", "quote"}, "found 2 of them"},
    };
    struct evidence e;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool ok = evidence_decode(container(rows[i].version, rows[i].num, rows[i].names), &e, &err);

        cr_expect_eq(ok, rows[i].text == NULL, "row %zu: %s", i, err.text);
        if (rows[i].text != NULL)
            cr_expect_not_null(strstr(err.text, rows[i].text), "row %zu: %s", i, err.text);
    }
}

/* ---- Open Enclave's evidence -------------------------------------------------------- */

static const uint8_t uuids[][16] = {
    {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c},
    {0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76},
    {0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71},
    {0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed, 0xaf, 0xa1, 0x02, 0x42, 0xac, 0x12, 0x00, 0x02},
    {0x09, 0x26, 0x8c, 0x33, 0x6e, 0x0b, 0x45, 0xe5, 0x8a, 0x27, 0x15, 0x64, 0x4d, 0x0e, 0xf8, 0x9a},
};

static struct slice oe_evidence(unsigned format, struct slice data, int64_t more)
{
    struct buf b = buf_max(2 * KIB);
    struct slice out;

    buf_u32le(&b, 3);
    buf_put(&b, slice_of(uuids[format], 16));
    buf_u32le(&b, 0);
    buf_u64le(&b, (uint64_t)((int64_t)data.len + more));
    buf_put(&b, data);
    out = arena_copy(&a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

Test(evidence, open_enclaves_formats_say_what_follows, .init = begin, .fini = end)
{
    const struct slice quote = sample(EVIDENCE_DCAP), report = evidence_wrap_oe(&a, quote);
    const struct {
        struct slice in;
        bool ok, claims, tdx;
        struct slice quote;
        const char *text;
    } rows[] = {
        {oe_evidence(0, quote, 0), true, true, false, quote, NULL},
        {oe_evidence(1, report, 0), true, false, false, quote, NULL},
        {oe_evidence(2, quote, 0), true, false, false, quote, NULL},
        {oe_evidence(3, quote, 0), true, false, true, quote, NULL},
        {oe_evidence(4, quote, 0), false, false, false, {0}, "its format is a local report"},
        {oe_evidence(1, quote, 0), false, false, false, {0}, "expected a report header in it"},
        {oe_evidence(0, quote, 1), false, false, false, {0}, "announces 101 bytes, 100 follow"},
        {oe_evidence(0, quote, -1), false, false, false, {0}, "announces 99 bytes, 100 follow"},
        {oe_evidence(0, quote, INT64_MAX - 100),
         false,
         false,
         false,
         {0},
         "announces 9223372036854775807 bytes"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oe_framed f;
        const bool ok = oe_unframe(rows[i].in, &f, &err);

        cr_assert_eq(ok, rows[i].ok, "row %zu: %s", i, err.text);
        if (!ok) {
            cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
            cr_expect_not_null(strstr(err.text, rows[i].text), "row %zu: %s", i, err.text);
            continue;
        }
        cr_expect(f.form == OE_EVIDENCE && f.has_claims == rows[i].claims && f.is_tdx_format == rows[i].tdx);
        cr_expect(slice_equal(f.quote, rows[i].quote), "row %zu", i);
    }
    for (size_t len = 20; len < 32; len++) {
        struct oe_framed f;

        cr_expect(!oe_unframe(slice_of(rows[0].in.ptr, len), &f, &err), "%zu bytes", len);
    }
}
