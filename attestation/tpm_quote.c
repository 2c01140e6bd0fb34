/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tpm_quote.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

enum { TPM_GENERATED_VALUE = 0xff544347, TPM_ST_ATTEST_QUOTE = 0x8018 };
enum { TPM_ALG_SHA256 = 0x000b, TPM_ALG_RSASSA = 0x0014, SIGNATURE_HEADER_LEN = 6 };

/* TPML_PCR_SELECTION with one bank: a second one would make the digest that of both. */
static bool read_selection(struct cursor *c, uint32_t *selection, struct err *err)
{
    const uint32_t num = cursor_u32be(c);
    const uint16_t bank = cursor_u16be(c);
    const struct slice bits = cursor_take(c, cursor_u8(c));
    uint32_t chosen = 0;

    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT, "TPM quote: ends inside its PCR selection");
    if (num != 1 || bank != TPM_ALG_SHA256)
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "TPM quote: expected PCRs of one bank, SHA-256 (0x000b), found %u banks, the first 0x%04x",
            (unsigned)num, (unsigned)bank);
    for (size_t i = 0; i < 8 * bits.len; i++) {
        if ((bits.ptr[i / 8] >> i % 8 & 1) == 0)
            continue;
        if (i >= TPM_NUM_PCRS)
            return err_set(err, E_EVIDENCE_FORMAT, "TPM quote: selects PCR %zu, there are 0 to 23", i);
        chosen |= (uint32_t)1 << i;
    }
    *selection = chosen;
    return true;
}

static bool check_kind(uint32_t magic, uint16_t type, struct err *err)
{
    if (magic != TPM_GENERATED_VALUE)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "TPM quote: expected the magic ff544347 of what the TPM made itself, found %08x",
                       (unsigned)magic);
    if (type != TPM_ST_ATTEST_QUOTE)
        return err_set(err, E_EVIDENCE_FORMAT, "TPM quote: expected type 8018, found %04x", (unsigned)type);
    return true;
}

bool tpm_quote_parse(struct slice in, struct tpm_quote *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    const uint32_t magic = cursor_u32be(&c);
    const uint16_t type = cursor_u16be(&c);
    struct tpm_quote q = {0};

    if (!cursor_ok(&c))
        return err_set(err, E_EVIDENCE_FORMAT, "TPM quote: %zu bytes are no TPMS_ATTEST", in.len);
    if (!check_kind(magic, type, err))
        return false;
    q.qualified_signer = cursor_take(&c, cursor_u16be(&c));
    q.extra_data = cursor_take(&c, cursor_u16be(&c));
    q.clock = cursor_u64be(&c);
    q.reset_count = cursor_u32be(&c);
    q.restart_count = cursor_u32be(&c);
    (void)cursor_u8(&c); /* whether the clock was ever set back: no clock is taken from here */
    q.firmware_version = cursor_take(&c, 8);
    if (!read_selection(&c, &q.pcr_selection, err))
        return false;
    q.pcr_digest = cursor_take(&c, cursor_u16be(&c));
    if (!cursor_done(&c) || q.pcr_digest.len != SHA256_LEN)
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "TPM quote: expected a PCR digest of %d bytes and nothing behind, found %zu bytes and %zu behind",
            SHA256_LEN, q.pcr_digest.len, c.rest.len);
    *out = q;
    return true;
}

bool tpm_signature_parse(struct slice in, size_t key_len, struct slice *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    unsigned alg, hash;
    struct slice sig;

    if (in.len == key_len) {
        *out = in;
        return true;
    }
    alg = cursor_u16be(&c);
    hash = cursor_u16be(&c);
    sig = cursor_take(&c, cursor_u16be(&c));
    if (!cursor_done(&c) || sig.len != key_len)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "TPM signature: expected %zu bytes, or a TPMT_SIGNATURE of %d more, found %zu",
                       key_len, SIGNATURE_HEADER_LEN, in.len);
    if (alg != TPM_ALG_RSASSA || hash != TPM_ALG_SHA256)
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "TPM signature: expected RSASSA (0x0014) with SHA-256 (0x000b), found 0x%04x with 0x%04x", alg,
            hash);
    *out = sig;
    return true;
}

/* ---- values of PCRs ----------------------------------------------------------------- */

static bool is_selected(const struct tpm_quote *q, size_t i) { return (q->pcr_selection >> i & 1) != 0; }

static size_t num_selected(const struct tpm_quote *q)
{
    size_t n = 0;

    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        n += is_selected(q, i);
    return n;
}

static bool read_value(const json_t *v, size_t i, struct arena *a, struct slice *out, struct err *err)
{
    const struct slice text = slice_of(json_string_value(v), json_string_length(v));

    return (json_is_string(v) && hex_decode(text, a, out) && out->len == TPM_PCR_LEN) ||
           err_set(err, E_EVIDENCE_FORMAT, "PCR values: entry %zu: expected %d bytes in hexadecimal", i,
                   TPM_PCR_LEN);
}

static bool read_pcrs(const json_t *list, const struct tpm_quote *q, struct arena *a, struct slice *out,
                      struct err *err)
{
    const size_t num = json_array_size(list);
    size_t next = 0;

    if (!json_is_array(list) || (num != TPM_NUM_PCRS && num != num_selected(q)))
        return err_set(
            err, E_EVIDENCE_FORMAT,
            "PCR values: expected an array of all %d, or of the %zu that were quoted, found %s of %zu",
            TPM_NUM_PCRS, num_selected(q), json_is_array(list) ? "one" : "another value", num);
    for (size_t i = 0; i < TPM_NUM_PCRS; i++) {
        if (num != TPM_NUM_PCRS && !is_selected(q, i))
            continue;
        if (!read_value(json_array_get(list, next), next, a, &out[i], err))
            return false;
        next++;
    }
    return true;
}

bool tpm_pcrs_verify(struct slice json, const struct tpm_quote *q, struct arena *a,
                     struct slice out[TPM_NUM_PCRS], struct err *err)
{
    scoped(json_release) json_t *list = NULL;
    struct slice all[TPM_NUM_PCRS] = {{0}}, chosen[TPM_NUM_PCRS];
    uint8_t digest[SHA256_LEN];
    size_t n = 0;

    if (!json_parse(json, JSON_NO_DUPLICATES, E_EVIDENCE_FORMAT, &list, err) ||
        !read_pcrs(list, q, a, all, err))
        return err_in(err, "vTPM");
    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        if (is_selected(q, i))
            chosen[n++] = all[i];
        else
            all[i] = (struct slice){0};
    sha256_of(digest, chosen, n);
    if (!slice_equal(slice_of(digest, sizeof digest), q->pcr_digest))
        return err_set(err, E_PCR_DIGEST, "PCR values: their digest is %s, the TPM quoted %s",
                       hex_text(a, slice_of(digest, sizeof digest)), hex_text(a, q->pcr_digest));
    memcpy(out, all, sizeof all);
    return true;
}

struct slice tpm_pcrs_text(const uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN], struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(4 * KIB);

    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        buf_printf(&b, "%s\"%s\"", i == 0 ? "[" : ",", hex_text(a, slice_of(pcrs[i], TPM_PCR_LEN)));
    buf_str(&b, "]");
    return arena_copy(a, buf_bytes(&b));
}
