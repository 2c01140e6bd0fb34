/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of evidence by their first bytes, containers of several parts, and text forms. */
#include "attestation/evidence.h"

#include "attestation/oe.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/pem.h"

/* ---- what it is --------------------------------------------------------------------- */

enum { SNP_REPORT_LEN = 1184, SNP_WRAP_LEN = 32, SNP_ALGORITHM_AT = 0x34 };

/* Quote header: version, key type 2 (or 3), TEE type, and Intel's vendor id. */
static bool looks_like_quote(struct slice in)
{
    struct cursor c = cursor_over(in);
    const unsigned version = cursor_u16le(&c), key_type = cursor_u16le(&c);

    return cursor_ok(&c) && version > 0 && version < 16 && (key_type == 2 || key_type == 3);
}

/* A report of version 2 on, or one that the firmware's response of status, size and 24 zeroes precedes. */
static bool looks_like_snp(struct slice in)
{
    struct cursor c = cursor_over(in);
    const uint32_t first = cursor_u32le(&c), second = cursor_u32le(&c);

    if (first == 0 && second == SNP_REPORT_LEN && in.len >= SNP_WRAP_LEN + SNP_REPORT_LEN)
        return true;
    c = cursor_over(in);
    (void)cursor_take(&c, SNP_ALGORITHM_AT);
    return first >= 1 && first < 16 && cursor_u32le(&c) == 1 && cursor_ok(&c);
}

static bool looks_like_hcl(struct slice in) { return text_starts_with(in, "HCLA"); }

/* COSE_Sign1: an array of four that begins with a byte string; tagged 18, or not. */
static bool looks_like_cose(struct slice in)
{
    struct cursor c = cursor_over(in);
    uint8_t head = cursor_u8(&c);

    if (head == 0xd2)
        head = cursor_u8(&c);
    return head == 0x84 && cursor_u8(&c) >> 5 == 2 && cursor_ok(&c);
}

static bool looks_like_certificate(struct slice in)
{
    struct cursor c = cursor_over(in);

    return der_next_is(&c, DER_SEQUENCE) && der_element(&c).len > 0 && cursor_done(&c);
}

/* Which member of struct evidence a bare blob is; the order matters where two could be meant. */
static const struct form {
    enum evidence_kind kind;
    size_t offset;
    bool (*fits)(struct slice in);
} forms[] = {
    {EVIDENCE_AZURE, offsetof(struct evidence, hcl_report), looks_like_hcl},
    {EVIDENCE_DCAP, offsetof(struct evidence, quote), oe_has_header},
    {EVIDENCE_DCAP, offsetof(struct evidence, quote), looks_like_quote},
    {EVIDENCE_SNP, offsetof(struct evidence, report), looks_like_snp},
    {EVIDENCE_NITRO, offsetof(struct evidence, document), looks_like_cose},
    {EVIDENCE_CERTIFICATE, offsetof(struct evidence, certificate), looks_like_certificate},
};

static struct slice *member(struct evidence *e, size_t offset)
{
    return (struct slice *)(void *)((char *)e + offset);
}

static bool recognise(struct slice in, struct evidence *out)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].fits(in)) {
            *out = (struct evidence){.kind = forms[i].kind};
            *member(out, forms[i].offset) = in;
            return true;
        }
    return false;
}

/* ---- containers --------------------------------------------------------------------- */

static const char magic[] = "MESHEVID";
enum { CONTAINER_VERSION = 1, MAGIC_LEN = 8 };

/* Names ascend. */
static const struct part {
    const char *name;
    size_t offset;
} parts[] = {
    {"cce_policy", offsetof(struct evidence, cce_policy)},
    {"certificate", offsetof(struct evidence, certificate)},
    {"document", offsetof(struct evidence, document)},
    {"hcl_report", offsetof(struct evidence, hcl_report)},
    {"quote", offsetof(struct evidence, quote)},
    {"report", offsetof(struct evidence, report)},
    {"runtime_data", offsetof(struct evidence, runtime_data)},
    {"thim_json", offsetof(struct evidence, thim_json)},
    {"tpm_pcrs", offsetof(struct evidence, tpm_pcrs)},
    {"tpm_quote_msg", offsetof(struct evidence, tpm_quote_msg)},
    {"tpm_quote_sig", offsetof(struct evidence, tpm_quote_sig)},
    {"uvm_endorsements", offsetof(struct evidence, uvm_endorsements)},
    {"vek", offsetof(struct evidence, vek)},
    {"vek_chain", offsetof(struct evidence, vek_chain)},
};
enum { NUM_PARTS = sizeof parts / sizeof parts[0] };

static bool is_container(struct slice in) { return text_starts_with(in, magic); }

/* The first part from `from` on that has this name; NUM_PARTS: none. So names ascend. */
static size_t part_named(struct slice name, size_t from)
{
    while (from < NUM_PARTS && !slice_equal(slice_str(parts[from].name), name))
        from++;
    return from;
}

static bool take_parts(struct cursor *c, struct evidence *e, struct err *err)
{
    const uint32_t num = cursor_u32le(c);
    size_t next = 0;

    for (uint32_t i = 0; i < num && cursor_ok(c); i++) {
        const struct slice name = cursor_take(c, cursor_u8(c));
        const struct slice value = cursor_take(c, cursor_u32le(c));
        const size_t which = part_named(name, next);

        if (!cursor_ok(c))
            break;
        if (which == NUM_PARTS || value.len == 0)
            return err_set(err, E_EVIDENCE_FORMAT,
                           "evidence container: part %u is empty, unknown, doubled or out of order", i + 1);
        *member(e, parts[which].offset) = value;
        next = which + 1;
    }
    return cursor_done(c) ||
           err_set(err, E_EVIDENCE_FORMAT, "evidence container: its parts do not add up to its %s", "length");
}

/* By the part that the others go with. */
static bool kind_of_parts(struct evidence *e, struct err *err)
{
    const struct {
        struct slice part;
        enum evidence_kind kind;
    } main_parts[] = {
        {e->hcl_report, EVIDENCE_AZURE},
        {e->hcl_report.len > 0 ? (struct slice){0} : e->quote, EVIDENCE_DCAP}, /* Azure's TD quote */
        {e->report, EVIDENCE_SNP},
        {e->document, EVIDENCE_NITRO},
        {e->certificate, EVIDENCE_CERTIFICATE},
    };
    size_t num = 0;

    for (size_t i = 0; i < sizeof main_parts / sizeof main_parts[0]; i++)
        if (main_parts[i].part.len > 0) {
            e->kind = main_parts[i].kind;
            num++;
        }
    return num == 1 || err_set(err, E_EVIDENCE_FORMAT,
                               "evidence container: expected one of quote, report, hcl_report, document or "
                               "certificate, found %zu of them",
                               num);
}

static bool open_container(struct slice in, struct evidence *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    struct evidence e = {0};
    uint32_t version;

    (void)cursor_take(&c, MAGIC_LEN);
    version = cursor_u32le(&c);
    if (cursor_ok(&c) && version != CONTAINER_VERSION)
        return err_set(err, E_EVIDENCE_FORMAT, "evidence container: expected version %d, found %u",
                       CONTAINER_VERSION, (unsigned)version);
    if (!take_parts(&c, &e, err) || !kind_of_parts(&e, err))
        return false;
    *out = e;
    return true;
}

struct slice evidence_encode(const struct evidence *e, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE_PARTS + KIB);
    struct evidence copy = *e;
    struct slice only = {0};
    uint32_t num = 0;

    for (size_t i = 0; i < NUM_PARTS; i++)
        if (member(&copy, parts[i].offset)->len > 0) {
            only = *member(&copy, parts[i].offset);
            num++;
        }
    if (num <= 1)
        return only;
    buf_str(&b, magic);
    buf_u32le(&b, CONTAINER_VERSION);
    buf_u32le(&b, num);
    for (size_t i = 0; i < NUM_PARTS; i++) {
        const struct slice value = *member(&copy, parts[i].offset);

        if (value.len == 0)
            continue;
        buf_u8(&b, (uint8_t)strlen(parts[i].name));
        buf_str(&b, parts[i].name);
        buf_u32le(&b, (uint32_t)value.len);
        buf_put(&b, value);
    }
    return arena_copy(a, buf_bytes(&b));
}

struct slice evidence_framed(struct slice evidence, struct arena *a)
{
    struct evidence e;
    struct err ignored;
    const bool is_quote =
        !is_container(evidence) && evidence_decode(evidence, &e, &ignored) && e.kind == EVIDENCE_DCAP;

    return is_quote && !oe_has_header(evidence) ? evidence_wrap_oe(a, evidence) : evidence;
}

/* ---- reading ------------------------------------------------------------------------ */

static bool within_limit(struct slice in, struct err *err)
{
    if (in.len == 0)
        return err_set(err, E_EVIDENCE_MISSING, "expected evidence, found no bytes");
    if (in.len > LIMIT_EVIDENCE_PARTS)
        return err_set(err, E_EVIDENCE_FORMAT, "evidence: %zu bytes, more than the %d allowed", in.len,
                       LIMIT_EVIDENCE_PARTS);
    return true;
}

bool evidence_decode(struct slice in, struct evidence *out, struct err *err)
{
    if (!within_limit(in, err))
        return false;
    if (is_container(in))
        return open_container(in, out, err);
    return recognise(in, out) ||
           err_set(
               err, E_EVIDENCE_FORMAT,
               "evidence: %zu bytes are no SGX or TDX quote (bare or in Open Enclave's header), no SEV-SNP "
               "report, no HCL report, no Nitro document, no certificate and no container of these",
               in.len);
}

static bool is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Text without its white space, with the digits of base64 for URLs and without padding; false if it is none.
 */
static bool squeeze(struct slice in, struct arena *a, struct slice *out)
{
    uint8_t *text = arena_alloc(a, in.len);
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        const uint8_t c = in.ptr[i];

        if (is_space(c))
            continue;
        if (c <= ' ' || c >= 0x7f)
            return false;
        text[n++] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    for (size_t pad = 0; pad < 2 && n > 0 && text[n - 1] == '='; pad++)
        n--;
    *out = slice_of(text, n);
    return n > 0;
}

static bool read_pem(struct slice in, struct arena *a, struct evidence *out, struct err *err)
{
    struct pem_block block;

    if (!pem_next(&in, a, &block, err))
        return err_as(err, E_EVIDENCE_FORMAT);
    if (block.der.ptr == NULL || !slice_equal(block.label, slice_str("CERTIFICATE")))
        return err_set(err, E_EVIDENCE_FORMAT, "evidence: expected PEM with a CERTIFICATE block");
    *out = (struct evidence){.kind = EVIDENCE_CERTIFICATE, .certificate = block.der};
    return true;
}

/* What is also hexadecimal is taken for that; whether it was meant shows in what comes out. */
static bool read_digits(struct slice text, struct arena *a, struct evidence *out, struct err *err)
{
    struct slice bytes;

    if (hex_decode(text, a, &bytes) && evidence_decode(bytes, out, err))
        return true;
    if (base64_decode(text, BASE64_URL_BARE, a, &bytes))
        return evidence_decode(bytes, out, err);
    return err_set(err, E_EVIDENCE_FORMAT,
                   "evidence: text that is neither hexadecimal nor base64 nor a PEM certificate");
}

bool evidence_read(struct slice in, struct arena *a, struct evidence *out, struct err *err)
{
    struct slice start = in, text;

    if (in.len > 2 * (size_t)LIMIT_EVIDENCE_PARTS)
        return within_limit(in, err);
    while (start.len > 0 && is_space(start.ptr[0]))
        start = slice_of(start.ptr + 1, start.len - 1);
    if (text_starts_with(start, "-----BEGIN "))
        return read_pem(start, a, out, err);
    if (evidence_decode(in, out, err))
        return true;
    if (in.len == 0 || is_container(in) || !squeeze(in, a, &text))
        return false;
    return read_digits(text, a, out, err);
}
