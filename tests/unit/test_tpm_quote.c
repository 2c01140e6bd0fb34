/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "attestation/sim/azure.h"
#include "base/text.h"
#include "pki/hash.h"

static struct arena a;
static struct slice message;

static void begin(void)
{
    uint8_t digest[32];

    pki_init();
    memset(digest, 7, sizeof digest);
    message = sim_tpm_attest(slice_str("challenge"), 0x000105, slice_of(digest, sizeof digest), &a);
}
static void end(void) { arena_wipe(&a); }

static void expect_refusal(struct slice in, const char *text)
{
    struct tpm_quote q;
    struct err err = {0};

    cr_assert_not(tpm_quote_parse(in, &q, &err), "not refused: %s", text);
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
    cr_expect_str_eq(err.text, text);
}

static struct slice with(struct slice s, size_t at, uint8_t value)
{
    uint8_t *copy = (uint8_t *)(uintptr_t)arena_copy(&a, s).ptr;

    copy[at] = value;
    return slice_of(copy, s.len);
}

Test(tpm_quote, is_taken_apart, .init = begin, .fini = end)
{
    struct tpm_quote q;
    struct err err;

    cr_assert(tpm_quote_parse(message, &q, &err), "%s", err.text);
    cr_expect_eq(q.qualified_signer.len, 34);
    cr_expect(slice_equal(q.extra_data, slice_str("challenge")));
    cr_expect_eq(q.clock, 1000000);
    cr_expect_eq(q.reset_count, 1);
    cr_expect_eq(q.restart_count, 0);
    cr_expect_str_eq(hex_text(&a, q.firmware_version), "2020031200120003");
    cr_expect_eq(q.pcr_selection, 0x105);
    cr_expect(q.pcr_digest.len == 32 && q.pcr_digest.ptr[31] == 7);
}

Test(tpm_quote, every_truncation_is_refused, .init = begin, .fini = end)
{
    struct tpm_quote q;
    struct err err;

    for (size_t n = 0; n < message.len; n++)
        cr_expect_not(tpm_quote_parse(slice_of(message.ptr, n), &q, &err), "%zu bytes", n);
}

/* Where the parts stand with a signer's name of 34 bytes and extra data of 9. */
enum {
    TYPE_AT = 4,
    SIGNER_AT = 6,
    EXTRA_AT = 42,
    SELECTION_AT = 78,
    BANK_AT = 82,
    SIZE_AT = 84,
    DIGEST_AT = 88
};

Test(tpm_quote, what_is_wrong_is_named, .init = begin, .fini = end)
{
    uint8_t *longer = arena_alloc(&a, message.len + 1);

    memcpy(longer, message.ptr, message.len);
    expect_refusal((struct slice){0}, "TPM quote: 0 bytes are no TPMS_ATTEST");
    expect_refusal(with(message, 0, 0xfe),
                   "TPM quote: expected the magic ff544347 of what the TPM made itself, found fe544347");
    expect_refusal(with(message, TYPE_AT + 1, 0x17), "TPM quote: expected type 8018, found 8017");
    expect_refusal(with(message, SIGNER_AT, 0xff), "TPM quote: ends inside its PCR selection");
    expect_refusal(with(message, EXTRA_AT, 0xff), "TPM quote: ends inside its PCR selection");
    expect_refusal(with(message, SELECTION_AT + 3, 2),
                   "TPM quote: expected PCRs of one bank, SHA-256 (0x000b), found 2 banks, the first 0x000b");
    expect_refusal(with(message, SELECTION_AT + 3, 0),
                   "TPM quote: expected PCRs of one bank, SHA-256 (0x000b), found 0 banks, the first 0x000b");
    expect_refusal(with(message, BANK_AT + 1, 4),
                   "TPM quote: expected PCRs of one bank, SHA-256 (0x000b), found 1 banks, the first 0x0004");
    expect_refusal(with(message, SIZE_AT, 255), "TPM quote: ends inside its PCR selection");
    expect_refusal(with(message, SIZE_AT, 4),
                   "TPM quote: expected a PCR digest of 32 bytes and nothing behind, "
                   "found 0 bytes and 0 behind");
    expect_refusal(
        with(message, DIGEST_AT + 1, 31),
        "TPM quote: expected a PCR digest of 32 bytes and nothing behind, found 31 bytes and 1 behind");
    expect_refusal(
        slice_of(longer, message.len + 1),
        "TPM quote: expected a PCR digest of 32 bytes and nothing behind, found 32 bytes and 1 behind");
}

Test(tpm_quote, a_selection_beyond_pcr_23_is_refused, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(1024);
    const struct slice selected = slice_of("\x04\x00\x00\x00\x01", 5);

    buf_put(&b, slice_of(message.ptr, SIZE_AT));
    buf_put(&b, selected);
    buf_put(&b, slice_of(message.ptr + DIGEST_AT, message.len - DIGEST_AT));
    expect_refusal(buf_bytes(&b), "TPM quote: selects PCR 24, there are 0 to 23");
}

Test(tpm_quote, signatures_are_bare_or_in_their_structure, .init = begin, .fini = end)
{
    uint8_t wrapped[6 + 256] = {0x00, 0x14, 0x00, 0x0b, 0x01, 0x00};
    const struct slice whole = slice_of(wrapped, sizeof wrapped);
    struct slice out = {0};
    struct err err;

    cr_assert(tpm_signature_parse(slice_of(wrapped, 256), 256, &out, &err));
    cr_expect(out.ptr == wrapped && out.len == 256);
    cr_assert(tpm_signature_parse(whole, 256, &out, &err), "%s", err.text);
    cr_expect(out.ptr == wrapped + 6 && out.len == 256);
    for (size_t n = 0; n < whole.len; n++)
        if (n != 256)
            cr_expect_not(tpm_signature_parse(slice_of(wrapped, n), 256, &out, &err), "%zu", n);
    cr_expect_not(tpm_signature_parse(with(whole, 1, 0x16), 256, &out, &err));
    cr_expect_str_eq(
        err.text, "TPM signature: expected RSASSA (0x0014) with SHA-256 (0x000b), found 0x0016 with 0x000b");
    cr_expect_not(tpm_signature_parse(with(whole, 3, 0x04), 256, &out, &err));
    cr_expect_not(tpm_signature_parse(with(whole, 5, 0x01), 256, &out, &err));
    cr_expect_str_eq(err.text, "TPM signature: expected 256 bytes, or a TPMT_SIGNATURE of 6 more, found 262");
}

/* ---- values of PCRs ----------------------------------------------------------------- */

struct values {
    uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN];
    struct tpm_quote q;
    uint8_t digest[32];
};

static void quote_of(struct values *v, uint32_t selection)
{
    struct slice chosen[TPM_NUM_PCRS];
    size_t n = 0;

    sim_azure_pcrs(NULL, v->pcrs);
    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        if ((selection >> i & 1) != 0)
            chosen[n++] = slice_of(v->pcrs[i], TPM_PCR_LEN);
    sha256_of(v->digest, chosen, n);
    v->q = (struct tpm_quote){.pcr_selection = selection, .pcr_digest = slice_of(v->digest, 32)};
}

Test(tpm_quote, values_of_all_or_of_the_selected_pcrs_are_taken, .init = begin, .fini = end)
{
    struct slice out[TPM_NUM_PCRS];
    struct values v;
    struct err err;
    const char *two;

    quote_of(&v, 0x90);
    two = arena_printf(&a, "[\"%s\", \"%s\"]", hex_text(&a, slice_of(v.pcrs[4], 32)),
                       hex_text(&a, slice_of(v.pcrs[7], 32)));
    cr_assert(tpm_pcrs_verify(tpm_pcrs_text(v.pcrs, &a), &v.q, &a, out, &err), "%s", err.text);
    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        cr_expect(i == 4 || i == 7 ? slice_equal(out[i], slice_of(v.pcrs[i], 32)) : out[i].len == 0,
                  "PCR %zu", i);
    cr_assert(tpm_pcrs_verify(slice_str(two), &v.q, &a, out, &err), "%s", err.text);
    cr_expect(slice_equal(out[7], slice_of(v.pcrs[7], 32)));
    quote_of(&v, 0);
    cr_expect(tpm_pcrs_verify(slice_str("[]"), &v.q, &a, out, &err), "%s", err.text);
}

Test(tpm_quote, other_values_than_quoted_are_refused, .init = begin, .fini = end)
{
    struct slice out[TPM_NUM_PCRS];
    struct values v;
    struct err err;

    quote_of(&v, 0xffffff);
    for (size_t i = 0; i < TPM_NUM_PCRS; i++) {
        v.pcrs[i][i] ^= 1;
        cr_expect_not(tpm_pcrs_verify(tpm_pcrs_text(v.pcrs, &a), &v.q, &a, out, &err), "PCR %zu", i);
        cr_expect_eq(err.code, E_PCR_DIGEST, "%s", err.text);
        v.pcrs[i][i] ^= 1;
    }
    cr_expect(tpm_pcrs_verify(tpm_pcrs_text(v.pcrs, &a), &v.q, &a, out, &err));
}

Test(tpm_quote, text_that_is_no_values_is_refused, .init = begin, .fini = end)
{
    static const char *const texts[] = {"",   "{",   "{}",     "[",        "null",
                                        "[]", "[1]", "[\"\"]", "[\"00\"]", "[\"zz\", \"00\"]"};
    struct slice out[TPM_NUM_PCRS];
    struct values v;
    struct err err;

    quote_of(&v, 1);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(tpm_pcrs_verify(slice_str(texts[i]), &v.q, &a, out, &err), "%s", texts[i]);
        cr_expect_eq(err.code, E_EVIDENCE_FORMAT, "%s: %s", texts[i], err.text);
    }
}

Test(tpm_quote, the_simulated_key_signs_what_its_public_half_verifies, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key ak = {0};
    uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN];
    struct slice out[TPM_NUM_PCRS];
    struct sim_tpm_quote made;
    struct tpm_quote q;
    struct err err;

    sim_azure_pcrs(NULL, pcrs);
    cr_assert(sim_azure_ak(&ak, &err) && sim_tpm_quote(&ak, slice_str("x"), pcrs, &a, &made, &err), "%s",
              err.text);
    cr_expect(spki_verify(key_spki(&ak, &a), SIG_RSA_PKCS1_SHA256, made.message, made.signature, &err));
    cr_assert(tpm_quote_parse(made.message, &q, &err), "%s", err.text);
    cr_expect(tpm_pcrs_verify(made.pcrs, &q, &a, out, &err), "%s", err.text);
}
