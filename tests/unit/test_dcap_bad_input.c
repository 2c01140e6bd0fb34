/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes and collateral with one bit, one length, one date or one certificate changed: each is refused, and
 * by the step that is there for it. Signatures that hold are remembered, so thousands of bits take seconds.
 */
#include "tests/support/dcap_scene.h"

#include "attestation/pck.h"
#include "attestation/signed_json.h"
#include "attestation/sim/pki.h"
#include "attestation/sim/seed.h"
#include "attestation/sim/sgx_extension.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/pem.h"

static const struct sim_collateral_options usual;
static const struct sim_quote_options plain;

enum { MAX_CODES = 4 };

static bool is_one_of(enum err_code code, const enum err_code codes[MAX_CODES])
{
    for (size_t i = 0; i < MAX_CODES && codes[i] != E_NONE; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void expect_code(struct scene *s, const enum err_code codes[MAX_CODES], const char *what, size_t at,
                        unsigned bit)
{
    struct arena a = {0};
    struct verdict v;

    appraise(&s->what, &a, &v);
    cr_expect(!v.genuine && is_one_of(v.reason.code, codes), "%s, byte %zu, bit %u: %s: %s", what, at, bit,
              reason_of(v.reason.code)->name, v.reason.text);
    arena_wipe(&a);
}

/* Flips each bit of part[from, to) by itself. */
static void flip_each(struct scene *s, struct slice *part, size_t from, size_t to,
                      const enum err_code codes[MAX_CODES], const char *what)
{
    const struct slice was = *part;
    uint8_t *copy = memcpy(arena_alloc(&s->a, was.len), was.ptr, was.len);

    *part = slice_of(copy, was.len);
    for (size_t at = from; at < to; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            copy[at] ^= (uint8_t)(1u << bit);
            expect_code(s, codes, what, at, bit);
            copy[at] ^= (uint8_t)(1u << bit);
        }
    *part = was;
}

/* ---- every bit of a quote ----------------------------------------------------------- */

struct region {
    const char *name;
    size_t len;
    enum err_code codes[MAX_CODES];
};

#define QUOTE_SIG                                                                                            \
    {                                                                                                        \
        E_QUOTE_SIGNATURE                                                                                    \
    }
#define FORMAT                                                                                               \
    {                                                                                                        \
        E_EVIDENCE_FORMAT                                                                                    \
    }
static const struct region header[] = {{"version, key type, TEE type", 8, FORMAT},
                                       {"QE and PCE SVN", 4, QUOTE_SIG},
                                       {"vendor", 16, FORMAT},
                                       {"user data", 20, QUOTE_SIG},
                                       {0}},
                           header_v3[] = {{"version, key type", 4, FORMAT},
                                          {"reserved, QE and PCE SVN", 8, QUOTE_SIG},
                                          {"vendor", 16, FORMAT},
                                          {"user data", 20, QUOTE_SIG},
                                          {0}},
                           descriptor[] = {{"body descriptor", 6, FORMAT}, {0}},
                           enclave[] = {{"SGX report", 384, QUOTE_SIG}, {0}},
                           td[] = {{"TEE_TCB_SVN[0]", 1, QUOTE_SIG},
                                   {"TEE_TCB_SVN[1]", 1, {E_TDX_MODULE, E_QUOTE_SIGNATURE}},
                                   {"TEE_TCB_SVN, MRSEAM", 14 + 48, QUOTE_SIG},
                                   {"MRSIGNERSEAM, SEAMATTRIBUTES", 48 + 8, {E_TDX_MODULE}},
                                   {"attributes to report data", 584 - 120, QUOTE_SIG},
                                   {0}},
                           td15[] = {{"TEE_TCB_SVN2[0]", 1, QUOTE_SIG},
                                     {"TEE_TCB_SVN2[1]", 1, {E_TDX_MODULE, E_QUOTE_SIGNATURE}},
                                     {"TEE_TCB_SVN2, MRSERVICETD", 14 + 48, QUOTE_SIG},
                                     {0}},
                           signature[] = {{"length of the signature data", 4, FORMAT},
                                          {"quote signature", 64, QUOTE_SIG},
                                          {"attestation key", 64, {E_QE_REPORT_DATA}},
                                          {0}},
                           record[] = {{"outer record's head", 6, FORMAT}, {0}},
                           rest[] = {{"QE report and its signature", 384 + 64, {E_QE_REPORT_SIGNATURE}},
                                     {"length of the authentication data", 2, FORMAT},
                                     {"authentication data", 32, {E_QE_REPORT_DATA}},
                                     {"type and length of the certification data", 6, FORMAT},
                                     {0}};

static void flip_regions(struct scene *s, const struct region *const *parts)
{
    size_t at = 0;

    for (; *parts != NULL; parts++)
        for (const struct region *r = *parts; r->name != NULL; r++) {
            flip_each(s, &s->evidence.quote, at, at + r->len, r->codes, r->name);
            at += r->len;
        }
}

Test(dcap_bad_input, each_bit_of_an_sgx_quote_of_version_3_is_protected, .timeout = 250)
{
    static const struct region *const parts[] = {header_v3, enclave, signature, rest, NULL};
    struct scene s;

    scene_usual(&s);
    s.what.memo = memo_new(1024);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    flip_regions(&s, parts);
    memo_free(&s.what.memo);
    scene_close(&s);
}

Test(dcap_bad_input, each_bit_of_a_tdx_quote_of_version_4_is_protected, .timeout = 250)
{
    static const struct region *const parts[] = {header, td, signature, record, rest, NULL};
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    s.what.memo = memo_new(1024);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    flip_regions(&s, parts);
    memo_free(&s.what.memo);
    scene_close(&s);
}

Test(dcap_bad_input, each_bit_of_a_tdx_quote_of_version_5_is_protected, .timeout = 250)
{
    static const struct region *const parts[] = {header, descriptor, td, td15, signature, record, rest, NULL};
    struct sim_td td_15 = sim_td_default;
    struct scene s;

    td_15.is_td15 = true;
    scene_of_td(&s, &td_15, &plain, &usual);
    s.what.memo = memo_new(1024);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    flip_regions(&s, parts);
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* ---- every bit of the certificates and of the collateral ---------------------------- */

/* A quote that only names the platform, with its chain in the collateral. */
static void scene_with_chain(struct scene *s, struct pck_chain *chain)
{
    static const struct sim_quote_options by_id = {.cert_type = 1};
    static const struct sim_collateral_options with_chain = {.pck_chain = true};
    struct err err;

    scene_of_td(s, &sim_td_default, &by_id, &with_chain);
    s->what.memo = memo_new(1024);
    cr_assert_eq(judge(s), E_NONE, "%s", s->v.reason.text);
    cr_assert(pck_chain_parse(s->collateral.pck_chain, &s->a, chain, &err), "%s", err.text);
}

static void put_chain(struct scene *s, struct arena *a, const struct slice ders[3])
{
    struct buf b = buf_max(LIMIT_COLLATERAL_CHAIN);

    for (size_t i = 0; i < 3; i++)
        pem_put(&b, "CERTIFICATE", ders[i]);
    s->collateral.pck_chain = arena_copy(a, buf_bytes(&b));
    buf_wipe(&b);
}

Test(dcap_bad_input, each_bit_of_the_pck_chain_is_protected, .timeout = 250)
{
    static const enum err_code codes[3][MAX_CODES] = {{E_PCK_CHAIN, E_EVIDENCE_FORMAT},
                                                      {E_PCK_CHAIN, E_EVIDENCE_FORMAT},
                                                      {E_ROOT, E_EVIDENCE_FORMAT, E_PCK_CHAIN}};
    struct pck_chain chain;
    struct scene s;

    scene_with_chain(&s, &chain);
    struct slice ders[] = {chain.leaf.der, chain.intermediate.der, chain.root.der};
    for (size_t i = 0; i < 3; i++) {
        const struct slice was = ders[i];
        uint8_t *copy = memcpy(arena_alloc(&s.a, was.len), was.ptr, was.len);

        ders[i] = slice_of(copy, was.len);
        for (size_t at = 0; at < 8 * was.len; at++) {
            struct arena a = {0};

            copy[at / 8] ^= (uint8_t)(1u << at % 8);
            put_chain(&s, &a, ders);
            expect_code(&s, codes[i], "certificate", 1000 * i + at / 8, (unsigned)at % 8);
            copy[at / 8] ^= (uint8_t)(1u << at % 8);
            arena_wipe(&a);
        }
        ders[i] = was;
    }
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* The signed part of a document: from its '{' behind the name to the '}' before the signature. */
static void flip_document(struct scene *s, struct slice *text, const char *name)
{
    static const enum err_code codes[MAX_CODES] = {E_COLLATERAL_FORMAT, E_COLLATERAL_SIGNATURE};
    struct signed_json j;
    struct err err;
    size_t from;

    cr_assert(signed_json_split(*text, name, &s->a, &j, &err), "%s", err.text);
    from = (size_t)(j.body.ptr - text->ptr);
    flip_each(s, text, from, from + j.body.len, codes, name);
}

Test(dcap_bad_input, each_bit_of_the_collateral_is_protected, .timeout = 250)
{
    static const enum err_code crl[MAX_CODES] = {E_CRL};
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    s.what.memo = memo_new(1024);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    flip_document(&s, &s.collateral.tcb_info, "tcbInfo");
    flip_document(&s, &s.collateral.qe_identity, "enclaveIdentity");
    flip_each(&s, &s.collateral.root_ca_crl, 0, s.collateral.root_ca_crl.len, crl, "root CA CRL");
    flip_each(&s, &s.collateral.pck_crl, 0, s.collateral.pck_crl.len, crl, "PCK CRL");
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* ---- truncations -------------------------------------------------------------------- */

/* `spare`: bytes at the end that say nothing. */
static void cut_each(struct scene *s, struct slice *part, size_t spare, const enum err_code codes[MAX_CODES],
                     const char *what)
{
    const struct slice was = *part;

    for (size_t len = 0; len + spare < was.len; len++) {
        *part = slice_of(was.ptr, len);
        expect_code(s, codes, what, len, 0);
    }
    *part = was;
}

Test(dcap_bad_input, every_truncation_is_refused, .timeout = 250)
{
    static const enum err_code format[MAX_CODES] = {E_EVIDENCE_FORMAT},
                               chain[MAX_CODES] = {E_EVIDENCE_FORMAT, E_PCK_CHAIN},
                               document[MAX_CODES] = {E_COLLATERAL_FORMAT},
                               issuers[MAX_CODES] = {E_COLLATERAL_FORMAT, E_COLLATERAL_SIGNATURE},
                               crl[MAX_CODES] = {E_CRL};
    struct pck_chain pck;
    struct sim_td td_15 = sim_td_default;
    struct scene s;

    td_15.is_td15 = true;
    scene_of_td(&s, &td_15, &plain, &usual);
    s.what.memo = memo_new(1024);
    cut_each(&s, &s.evidence.quote, 0, format, "quote");
    memo_free(&s.what.memo);
    scene_close(&s);
    scene_with_chain(&s, &pck);
    cut_each(&s, &s.evidence.quote, 0, format, "quote");
    cut_each(&s, &s.collateral.pck_chain, 1, chain, "PCK chain");
    cut_each(&s, &s.collateral.tcb_info, 0, document, "tcbInfo");
    cut_each(&s, &s.collateral.qe_identity, 0, document, "enclaveIdentity");
    cut_each(&s, &s.collateral.tcb_issuer_chain, 1, issuers, "issuers of tcbInfo");
    cut_each(&s, &s.collateral.qe_issuer_chain, 1, issuers, "issuers of enclaveIdentity");
    cut_each(&s, &s.collateral.root_ca_crl, 0, crl, "root CA CRL");
    cut_each(&s, &s.collateral.pck_crl, 0, crl, "PCK CRL");
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* ---- lengths ------------------------------------------------------------------------ */

Test(dcap_bad_input, lengths_that_are_zero_oversized_or_do_not_add_up_are_refused)
{
    enum {
        SIG_LEN = 632,
        OUTER_LEN = 766,
        AUTH_LEN = 1218,
        CERT_LEN = 1254
    }; /* of a TDX quote of version 4 */
    static const struct {
        size_t at, width;
    } fields[] = {{SIG_LEN, 4}, {OUTER_LEN, 4}, {AUTH_LEN, 2}, {CERT_LEN, 4}};
    static const int64_t values[] = {0, 1, 127, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
        for (size_t i = 0; i < sizeof values / sizeof values[0] + 2; i++) {
            uint8_t *copy = memcpy(arena_alloc(&s.a, s.quote.len), s.quote.ptr, s.quote.len);
            struct cursor c = cursor_over(slice_of(copy + fields[f].at, fields[f].width));
            const int64_t was = (int64_t)cursor_le(&c, fields[f].width);
            const int64_t v = i < 8 ? values[i] : was + (i == 8 ? 1 : -1);

            for (size_t k = 0; k < fields[f].width; k++)
                copy[fields[f].at + k] = (uint8_t)((uint64_t)v >> 8 * k);
            s.evidence.quote = slice_of(copy, s.quote.len);
            cr_expect_eq(judge(&s), E_EVIDENCE_FORMAT, "field at %zu, value %lld: %s", fields[f].at,
                         (long long)v, s.v.reason.text);
        }
    scene_close(&s);
}

Test(dcap_bad_input, more_bytes_than_a_quote_can_have_are_not_read)
{
    const struct sim_quote_options q = {.trailing = LIMIT_EVIDENCE};
    struct scene s;

    scene_of_td(&s, &sim_td_default, &q, &usual);
    EXPECT_REFUSED(&s, E_EVIDENCE_FORMAT, "more than the 65536 allowed");
    scene_close(&s);
}

/* ---- signatures that are none ------------------------------------------------------- */

/* r || s with one of them 0, the order of P-256 or more. */
static const char *const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

static void put_number(uint8_t out[32], unsigned which)
{
    memset(out, which == 0 ? 0 : 0xff, 32);
    if (which == 1)
        cr_assert(hex_decode_exact(slice_str(order), out, 32));
}

Test(dcap_bad_input, signatures_of_zero_and_of_the_order_or_more_are_refused)
{
    static const struct {
        size_t at;
        enum err_code code;
    } rows[] = {{636, E_QUOTE_SIGNATURE}, {1154, E_QE_REPORT_SIGNATURE}};
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned which = 0; which < 9; which++) { /* which of 0, n and 2^256-1; r, s or both */
            uint8_t *copy = memcpy(arena_alloc(&s.a, s.quote.len), s.quote.ptr, s.quote.len);

            if (which / 3 != 1)
                put_number(copy + rows[i].at, which % 3);
            if (which / 3 != 0)
                put_number(copy + rows[i].at + 32, which % 3);
            s.evidence.quote = slice_of(copy, s.quote.len);
            cr_expect_eq(judge(&s), rows[i].code, "row %zu, %u: %s", i, which, s.v.reason.text);
        }
    scene_close(&s);
}

/* ECDSA: with (r, s) also (r, n - s) holds. So evidence has more than one spelling, and nobody may take one
 * that is new for one that is fresh. */
Test(dcap_bad_input, the_mirror_of_a_signature_holds_and_changes_no_claim)
{
    uint8_t n[32], *copy;
    const char *claims;
    unsigned borrow = 0;
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    (void)judge(&s);
    claims = verdict_json(&s.v, &s.a);
    cr_assert(hex_decode_exact(slice_str(order), n, 32));
    copy = memcpy(arena_alloc(&s.a, s.quote.len), s.quote.ptr, s.quote.len);
    for (size_t i = 32; i-- > 0;) {
        const int difference = n[i] - copy[636 + 32 + i] - (int)borrow;

        copy[636 + 32 + i] = (uint8_t)difference;
        borrow = difference < 0;
    }
    s.evidence.quote = slice_of(copy, s.quote.len);
    cr_expect_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    cr_expect_str_eq(verdict_json(&s.v, &s.a), claims);
    scene_close(&s);
}

Test(dcap_bad_input, documents_with_a_signature_that_is_none_are_refused)
{
    static const char *const signatures[] = {"00", "ff", NULL};
    struct scene s;

    scene_usual(&s);
    struct slice *const documents[] = {&s.collateral.tcb_info, &s.collateral.qe_identity};
    for (size_t d = 0; d < 2; d++) {
        const struct slice was = *documents[d];

        for (size_t i = 0; i < 3; i++) {
            char *copy = arena_strndup(&s.a, was), *at = strstr(copy, "\"signature\":\"");

            cr_assert_not_null(at);
            for (size_t k = 0; k < 128; k++) /* r || s */
                at[13 + k] = signatures[i] == NULL ? order[k % 64] : signatures[i][k % 2];
            *documents[d] = slice_of(copy, was.len);
            EXPECT_REFUSED(&s, E_COLLATERAL_SIGNATURE, "");
        }
        *documents[d] = was;
    }
    scene_close(&s);
}

/* ---- JSON --------------------------------------------------------------------------- */

static struct slice replaced(struct arena *a, struct slice in, const char *what, const char *with)
{
    const char *text = arena_strndup(a, in), *at = strstr(text, what);

    cr_assert_not_null(at, "%s", what);
    return slice_str(arena_printf(a, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what)));
}

Test(dcap_bad_input, a_key_given_twice_is_refused_wherever_it_stands)
{
    static const struct {
        const char *what, *with;
    } rows[] = {
        {"{\"tcbInfo\":", "{\"signature\":\"00\",\"tcbInfo\":"},
        {"{\"tcbInfo\":", "{\"tcbInfo\":{},\"tcbInfo\":"},
        {"\"version\":3,", "\"version\":3,\"version\":3,"},
        {"\"version\":3,", "\"version\":3,\"fmspc\":\"000000000000\","},
        {"\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"UpToDate\",\"tcbStatus\":\"UpToDate\""},
        {"{\"svn\":12}", "{\"svn\":12,\"svn\":0}"},
        {"\"pcesvn\":13", "\"pcesvn\":13,\"pcesvn\":0"},
        {"\"isvsvn\":5", "\"isvsvn\":5,\"isvsvn\":0"},
        {"\"mrsigner\":", "\"mrsigner\":\"\",\"mrsigner\":"},
    };
    struct scene s;

    scene_of_td(&s, &sim_td_default, &plain, &usual);
    const struct slice was = s.collateral.tcb_info;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.collateral.tcb_info = replaced(&s.a, was, rows[i].what, rows[i].with);
        EXPECT_REFUSED(&s, E_COLLATERAL_FORMAT, "tcbInfo");
    }
    scene_close(&s);
}

/* ---- certificates ------------------------------------------------------------------- */

/* A certificate of another key, in the place of one of the simulated PKI's. */
static struct slice with_key(struct scene *s, enum key_type type, const struct cert *like,
                             const struct sim_party *issuer)
{
    const struct extension *sgx = cert_extension(like, OID_SGX);
    const struct cert_spec spec = {.subject_name = like->subject,
                                   .not_before = like->not_before,
                                   .not_after = like->not_after,
                                   .key_usage = like->key_usage,
                                   .basic_constraints = true,
                                   .is_ca = like->is_ca,
                                   .path_len = -1,
                                   .extra = sgx,
                                   .num_extra = sgx != NULL};
    struct key key = {0};
    struct slice der;
    struct err err;

    cr_assert(key_generate(type, &key, &err) &&
                  cert_issue(&spec, key_spki(&key, &s->a), issuer == NULL ? NULL : &issuer->cert,
                             issuer == NULL ? &key : &issuer->key, &s->a, &der, &err),
              "%s", err.text);
    key_wipe(&key);
    return der;
}

Test(dcap_bad_input, keys_on_another_curve_are_refused)
{
    const struct sim_validity usual_dates = {0};
    struct sim_pki platform = {0}, signing = {0};
    struct pck_chain chain;
    struct scene s;
    struct err err;

    scene_with_chain(&s, &chain);
    cr_assert(sim_pki_platform(&sim_platform_default, &plain, &s.a, &platform, &err) &&
              sim_pki_signing(usual_dates, &s.a, &signing, &err));
    put_chain(&s, &s.a,
              (const struct slice[]){chain.leaf.der, chain.intermediate.der,
                                     with_key(&s, KEY_P384, &chain.root, NULL)});
    EXPECT_REFUSED(&s, E_ROOT, "");
    put_chain(&s, &s.a,
              (const struct slice[]){with_key(&s, KEY_P384, &chain.leaf, &platform.platform_ca),
                                     chain.intermediate.der, chain.root.der});
    EXPECT_REFUSED(&s, E_QE_REPORT_SIGNATURE, "");
    put_chain(&s, &s.a,
              (const struct slice[]){chain.leaf.der,
                                     with_key(&s, KEY_P384, &chain.intermediate, &platform.root),
                                     chain.root.der});
    EXPECT_REFUSED(&s, E_PCK_CHAIN, "PCK certificate: ");
    put_chain(&s, &s.a, (const struct slice[]){chain.leaf.der, chain.intermediate.der, chain.root.der});
    s.collateral.tcb_issuer_chain = slice_str(arena_printf(
        &s.a, "%s%s",
        pem_text(&s.a, "CERTIFICATE", with_key(&s, KEY_P384, &signing.tcb_signing.cert, &signing.root)),
        pem_text(&s.a, "CERTIFICATE", signing.root.cert.der)));
    EXPECT_REFUSED(&s, E_COLLATERAL_SIGNATURE, "");
    sim_pki_wipe(&platform);
    sim_pki_wipe(&signing);
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* As Intel's root of pre-production parts is. */
Test(dcap_bad_input, a_root_of_the_same_name_with_another_key_is_refused)
{
    struct pck_chain chain;
    struct slice root;
    struct scene s;

    scene_with_chain(&s, &chain);
    root = with_key(&s, KEY_P256, &chain.root, NULL);
    put_chain(&s, &s.a, (const struct slice[]){chain.leaf.der, chain.intermediate.der, root});
    EXPECT_REFUSED(&s, E_ROOT, "root certificate: its key is none of the 1 trust anchors");
    put_chain(&s, &s.a, (const struct slice[]){chain.leaf.der, chain.intermediate.der, chain.root.der});
    struct slice *const chains[] = {&s.collateral.tcb_issuer_chain, &s.collateral.qe_issuer_chain};
    for (size_t i = 0; i < 2; i++) {
        const struct slice was = *chains[i];
        const char *pem = arena_strndup(&s.a, was), *second = strstr(pem + 1, "-----BEGIN");

        *chains[i] = slice_str(
            arena_printf(&s.a, "%.*s%s", (int)(second - pem), pem, pem_text(&s.a, "CERTIFICATE", root)));
        EXPECT_REFUSED(&s, E_ROOT, "issuer chain: root certificate: its key is none of the 1 trust anchors");
        *chains[i] = was;
    }
    memo_free(&s.what.memo);
    scene_close(&s);
}

Test(dcap_bad_input, the_certificate_of_another_platform_does_not_vouch_for_this_one)
{
    const struct sim_collateral_options with_chain = {.pck_chain = true};
    struct sim_platform other = sim_platform_default;
    struct collateral of_other;
    struct pck_chain chain;
    struct scene s;
    struct err err;

    scene_with_chain(&s, &chain);
    other.ppid[0] ^= 1;
    cr_assert(sim_collateral(&other, &with_chain, NOW, &s.a, &of_other, &err), "%s", err.text);
    s.collateral.pck_chain = of_other.pck_chain;
    EXPECT_REFUSED(&s, E_QE_REPORT_SIGNATURE, "");
    put_chain(&s, &s.a,
              (const struct slice[]){chain.intermediate.der, chain.intermediate.der, chain.root.der});
    EXPECT_REFUSED(&s, E_PCK_CHAIN, "expected one PCK certificate");
    memo_free(&s.what.memo);
    scene_close(&s);
}

Test(dcap_bad_input, a_tcb_signer_that_is_another_certificate_of_intels_is_refused)
{
    struct pck_chain chain;
    struct scene s;

    scene_with_chain(&s, &chain);
    s.collateral.tcb_issuer_chain =
        slice_str(arena_printf(&s.a, "%s%s", pem_text(&s.a, "CERTIFICATE", chain.intermediate.der),
                               pem_text(&s.a, "CERTIFICATE", chain.root.der)));
    EXPECT_REFUSED(&s, E_COLLATERAL_SIGNATURE,
                   "tcbInfo: issuer chain: expected a certificate of SGX TCB Signing");
    s.collateral.tcb_issuer_chain = slice_str(pem_text(&s.a, "CERTIFICATE", chain.root.der));
    EXPECT_REFUSED(&s, E_COLLATERAL_SIGNATURE, "tcbInfo: issuer chain: expected 2 certificates");
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* ---- dates and revocation at each level --------------------------------------------- */

static const struct sim_validity over = {.from = NOW - 10 * DAY, .to = NOW - 1},
                                 to_come = {.from = NOW + 1, .to = NOW + 10 * DAY};

Test(dcap_bad_input, a_certificate_that_is_not_valid_now_is_refused_at_each_level)
{
    for (unsigned i = 0; i < 8; i++) {
        const struct sim_validity v = i % 2 == 0 ? over : to_come;
        struct sim_quote_options q = {0};
        struct sim_collateral_options o = {0};
        struct scene s;

        *(i / 2 == 0 ? &q.pck : i / 2 == 1 ? &q.platform_ca : i / 2 == 2 ? &q.root : &o.signing) = v;
        scene_of_td(&s, &sim_td_default, &q, &o);
        cr_expect_eq(judge(&s), i / 2 == 3 ? E_COLLATERAL_EXPIRED : E_CERT_EXPIRED, "row %u: %s", i,
                     s.v.reason.text);
        scene_close(&s);
    }
}

Test(dcap_bad_input, a_list_or_document_that_is_not_valid_now_is_refused)
{
    for (unsigned i = 0; i < 8; i++) {
        const struct sim_validity v = i % 2 == 0 ? over : to_come;
        const struct sim_collateral_options o = {.tdx = true, .valid_from = v.from, .valid_to = v.to};
        struct collateral stale;
        struct scene s;
        struct err err;

        scene_of_td(&s, &sim_td_default, &plain, &usual);
        cr_assert(sim_collateral(&sim_platform_default, &o, NOW, &s.a, &stale, &err), "%s", err.text);
        struct slice *const parts[] = {&s.collateral.root_ca_crl, &s.collateral.pck_crl,
                                       &s.collateral.tcb_info, &s.collateral.qe_identity};
        const struct slice with[] = {stale.root_ca_crl, stale.pck_crl, stale.tcb_info, stale.qe_identity};
        *parts[i / 2] = with[i / 2];
        cr_expect_eq(judge(&s), i < 4 ? E_CRL_EXPIRED : E_COLLATERAL_EXPIRED, "row %u: %s", i,
                     s.v.reason.text);
        scene_close(&s);
    }
}

Test(dcap_bad_input, what_is_revoked_is_refused_at_each_level)
{
    static const struct sim_collateral_options rows[] = {
        {.revoke_pck = true}, {.revoke_platform_ca = true}, {.revoke_tcb_signing = true}};
    static const struct sim_collateral_options levels[] = {
        {.tcb_status = "Revoked"}, {.qe_status = "Revoked"}, {.module_status = "Revoked"}};

    for (size_t i = 0; i < 3; i++) {
        struct scene s;

        scene_of_td(&s, &sim_td_default, &plain, &rows[i]);
        EXPECT_REFUSED(&s, E_CERT_REVOKED, "is revoked");
        scene_close(&s);
        scene_of_td(&s, &sim_td_default, &plain, &levels[i]);
        EXPECT_REFUSED(&s, E_TCB_REVOKED, "Revoked");
        scene_close(&s);
    }
}
