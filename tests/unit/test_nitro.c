/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Nitro documents made by the simulated TEE: what is genuine says what it says, and each rule that is
 * broken has its refusal. */
#include <criterion/criterion.h>

#include "attestation/cbor.h"
#include "attestation/memo.h"
#include "attestation/nitro_document.h"
#include "attestation/sim/cose.h"
#include "attestation/sim/keys.h"
#include "attestation/sim/nitro.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

enum { NOW = 1767323045, HOUR = 3600, LEAF = SIM_NITRO_CHAIN - 1 };

static const struct sim_nitro usual = {.pcrs = {{0xec}, {0x25}, {0x56}, {0}, {0x98}}};

static struct arena a;
static struct sim_nitro_pki pki;
static struct evidence evidence;
static struct appraisal what;
static struct verdict v;

static void must(bool done, const struct err *err) { cr_assert(done, "%s", err->text); }

static void use_payload(struct slice payload)
{
    struct err err;

    must(sim_nitro_sign(&pki, payload, false, &a, &evidence.document, &err), &err);
}

static void use(const struct sim_nitro *n)
{
    use_payload(sim_nitro_payload(n, &pki, NOW * UINT64_C(1000), &a));
}

static void begin(void)
{
    static const struct collateral none;
    struct err err;

    pki_init();
    must(sim_nitro_pki_make(NOW, &a, &pki, &err), &err);
    evidence = (struct evidence){.kind = EVIDENCE_NITRO};
    what = (struct appraisal){.evidence = &evidence, .collateral = &none, .roots = sim_roots(), .now = NOW};
    use(&usual);
}

static void end(void)
{
    sim_nitro_pki_wipe(&pki);
    arena_wipe(&a);
}

static enum err_code judge(void)
{
    appraise(&what, &a, &v);
    return v.reason.code;
}

#define EXPECT_REFUSED(expected, fragment)                                                                   \
    do {                                                                                                     \
        cr_expect_eq(judge(), expected, "%s: %s", reason_of(v.reason.code)->name, v.reason.text);            \
        cr_expect_not_null(strstr(v.reason.text, fragment), "%s", v.reason.text);                            \
    } while (0)
#define EXPECT_GENUINE()                                                                                     \
    cr_expect_eq(judge(), E_NONE, "%s: %s", reason_of(v.reason.code)->name, v.reason.text)

/* ---- what is in order --------------------------------------------------------------- */

Test(nitro, a_document_says_what_it_says, .init = begin, .fini = end)
{
    const struct nitro_claims *n = &v.claims.nitro;
    struct sim_nitro more = usual;

    more.user_data = slice_str("who asks");
    more.nonce = slice_str("fresh");
    more.public_key = slice_str("key");
    use(&more);
    EXPECT_GENUINE();
    cr_expect(v.claims.tee == TEE_NITRO && v.claims.simulated && !v.claims.debug);
    cr_expect_str_eq(v.claims.tee_name, "nitro");
    cr_expect_str_eq(n->module_id, "i-5157000000000003-enc5157000000000004");
    cr_expect_eq(n->timestamp_ms, NOW * UINT64_C(1000));
    cr_expect(slice_equal(n->pcrs[0], slice_of(usual.pcrs[0], 48)));
    cr_expect_eq(n->pcrs[16].len, 0);
    cr_expect(n->has_user_data && n->has_nonce && n->has_public_key);
    cr_expect(slice_equal(n->user_data, more.user_data) && slice_equal(n->nonce, more.nonce));
    cr_assert_eq(v.claims.bound.len, 64);
    cr_expect(memcmp(v.claims.bound.ptr, "who asks\0\0", 10) == 0);
    cr_expect_eq(v.not_before, NOW - 3);
    cr_expect_eq(v.not_after, NOW + 3 * HOUR);
}

Test(nitro, the_json_has_the_names_that_are_documented, .init = begin, .fini = end)
{
    static const char *const parts[] = {"\"tee\":\"nitro\"",
                                        "\"debug\":false",
                                        "\"timestamp_ms\":1767323045000",
                                        "\"module_id\":\"i-5157000000000003-enc5157000000000004\"",
                                        "\"pcrs\":{\"0\":\"ec0000",
                                        "\"15\":\"000000",
                                        "\"user_data\":null",
                                        "\"nonce\":null",
                                        "\"public_key\":null"};
    const char *json;

    EXPECT_GENUINE();
    json = verdict_json(&v, &a);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect_not_null(strstr(json, parts[i]), "%s in %s", parts[i], json);
    cr_expect_null(strstr(json, "report_data"));
}

Test(nitro, maps_of_either_length_and_the_tag_are_taken, .init = begin, .fini = end)
{
    struct sim_nitro other = usual;
    struct err err;

    other.open_maps = true;
    use(&other);
    EXPECT_GENUINE();
    cr_expect_eq(v.claims.nitro.pcrs[4].ptr[0], 0x98);
    other.tagged = true;
    must(sim_nitro_document(&other, NOW, &a, &evidence.document, &err), &err);
    cr_expect_eq(evidence.document.ptr[0], 0xd2);
    EXPECT_GENUINE();
}

Test(nitro, zeros_in_the_images_register_are_debug_mode, .init = begin, .fini = end)
{
    static const struct sim_nitro debug = {.pcrs = {{0}, {0}, {0}, {0}, {0x98}}};

    use(&debug);
    EXPECT_GENUINE();
    cr_expect(v.claims.debug);
}

Test(nitro, user_data_that_are_no_report_data_bind_nothing, .init = begin, .fini = end)
{
    static const uint8_t long_data[65] = {1};
    struct sim_nitro more = usual;

    more.user_data = slice_of(long_data, 65);
    use(&more);
    EXPECT_GENUINE();
    cr_expect_eq(v.claims.bound.len, 0);
    more.user_data = slice_of(long_data, 64);
    use(&more);
    EXPECT_GENUINE();
    cr_expect(slice_equal(v.claims.bound, more.user_data));
}

Test(nitro, empty_bytes_are_as_null, .init = begin, .fini = end)
{
    struct sim_nitro more = usual;

    more.user_data = more.nonce = more.public_key = slice_of("", 0);
    use(&more);
    EXPECT_GENUINE();
    cr_expect(!v.claims.nitro.has_user_data && !v.claims.nitro.has_nonce && !v.claims.nitro.has_public_key);
}

Test(nitro, the_names_of_the_steps_and_their_order_are_interface, .init = begin, .fini = end)
{
    static const char *const names[] = {"document_format",    "document_certificates", "document_root",
                                        "document_chain",     "document_dates",        "document_time",
                                        "document_signature", "document_nonce"};

    what.nonce = slice_str("n");
    (void)judge();
    cr_assert_eq(v.num_checks, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < v.num_checks; i++)
        cr_expect_str_eq(v.checks[i].name, names[i]);
}

Test(nitro, a_challenge_has_to_be_answered, .init = begin, .fini = end)
{
    struct sim_nitro more = usual;

    what.nonce = slice_str("fresh");
    EXPECT_REFUSED(E_NONCE, "nonce: expected 6672657368, found none");
    more.nonce = slice_str("fresh");
    use(&more);
    EXPECT_GENUINE();
    more.nonce = slice_str("stale");
    use(&more);
    EXPECT_REFUSED(E_NONCE, "found 7374616c65");
}

/* ---- form --------------------------------------------------------------------------- */

Test(nitro, every_truncation_and_what_follows_is_refused, .init = begin, .fini = end)
{
    const struct slice whole = evidence.document;
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

    for (size_t len = 0; len < whole.len; len++) {
        evidence.document = slice_of(whole.ptr, len);
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, "Nitro document: ");
    }
    buf_put(&b, whole);
    buf_u8(&b, 0);
    evidence.document = buf_bytes(&b);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "1 bytes follow the COSE_Sign1");
}

static bool is_in_certificate(size_t at)
{
    for (size_t i = 0; i < SIM_NITRO_CHAIN; i++) {
        const struct slice der = pki.parties[i].cert.der;
        const uint8_t *start = memmem(evidence.document.ptr, evidence.document.len, der.ptr, der.len);

        if (start != NULL && evidence.document.ptr + at >= start &&
            evidence.document.ptr + at < start + der.len)
            return true;
    }
    return false;
}

/* Each bit; of each byte of a certificate one, the next one each time: each costs a verification of its own.
 */
Test(nitro, every_flipped_bit_is_refused, .init = begin, .fini = end, .timeout = 280)
{
    const size_t len = evidence.document.len;
    uint8_t *bytes = arena_alloc(&a, len);
    bool *is_sampled = arena_array(&a, len, sizeof *is_sampled);
    struct memo *memo = memo_new(1 << 20);

    for (size_t i = 0; i < len; i++)
        is_sampled[i] = is_in_certificate(i);
    memcpy(bytes, evidence.document.ptr, len);
    evidence.document = slice_of(bytes, len);
    what.memo = memo;
    for (size_t bit = 0; bit < len * 8; bit++) {
        scoped(arena_wipe) struct arena scratch = {0};
        struct verdict one;

        if (is_sampled[bit / 8] && bit % 8 != bit / 8 % 8)
            continue;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        appraise(&what, &scratch, &one);
        cr_expect(!one.genuine, "bit %zu", bit);
        cr_expect(bit < (len - 96) * 8 || one.reason.code == E_DOCUMENT_SIGNATURE, "bit %zu: %s", bit,
                  one.reason.text);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EXPECT_GENUINE();
    memo_free(&memo);
}

/* A payload of these members, signed: the last one may be any. */
static void put_usual(struct buf *b, const char *without, unsigned more)
{
    static const char *const names[] = {"module_id", "digest",      "timestamp",
                                        "pcrs",      "certificate", "cabundle"};
    unsigned num = more;

    for (size_t i = 0; i < 6; i++)
        num += strcmp(names[i], without) != 0;
    cbor_put_map(b, num);
    for (size_t i = 0; i < 6; i++) {
        if (strcmp(names[i], without) == 0)
            continue;
        cbor_put_text(b, names[i]);
        if (i < 2) {
            cbor_put_text(b, i == 0 ? "module" : "SHA384");
        } else if (i == 2) {
            cbor_put_int(b, NOW * INT64_C(1000));
        } else if (i == 3) {
            cbor_put_map(b, 1);
            cbor_put_int(b, 0);
            cbor_put_bytes(b, slice_of(usual.pcrs[0], 48));
        } else if (i == 4) {
            cbor_put_bytes(b, pki.parties[LEAF].cert.der);
        } else {
            cbor_put_array(b, LEAF);
            for (size_t k = 0; k < LEAF; k++)
                cbor_put_bytes(b, pki.parties[k].cert.der);
        }
    }
}

Test(nitro, each_member_has_to_be_there, .init = begin, .fini = end)
{
    static const char *const names[] = {"module_id", "digest",      "timestamp",
                                        "pcrs",      "certificate", "cabundle"};

    for (size_t i = 0; i < 6; i++) {
        scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

        put_usual(&b, names[i], 0);
        use_payload(buf_bytes(&b));
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, arena_printf(&a, "%s: expected to be there", names[i]));
    }
}

/* A number of bytes, or an item as it stands. */
struct value {
    const char *name;
    int64_t bytes; /* this many of them */
    const char *item;
    size_t item_len;
    const char *fragment; /* NULL: in order */
};
#define ITEM(text) 0, text, sizeof(text) - 1

Test(nitro, each_member_has_its_type_and_size, .init = begin, .fini = end)
{
    static const struct value rows[] = {
        {"module_id", ITEM("\x60"), "module_id: expected a text that is not empty"},
        {"module_id", ITEM("\x41x"), "module_id"},
        {"module_id", ITEM("\x61\xff"), "module_id"},
        {"digest", ITEM("\x66SHA256"), "digest: expected \"SHA384\""},
        {"digest", ITEM("\x46SHA384"), "digest"},
        {"timestamp", ITEM("\x00"), "timestamp: expected milliseconds"},
        {"timestamp", ITEM("\x20"), "timestamp"},
        {"timestamp", ITEM("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), "timestamp"},
        {"timestamp", ITEM("\x61x"), "timestamp"},
        {"pcrs", ITEM("\xa0"), "pcrs: expected a map with PCR0"},
        {"pcrs", ITEM("\x80"), "pcrs"},
        {"pcrs", ITEM("\xa1\x20\x58\x20................................"),
         "pcrs: expected registers 0 to 31"},
        {"pcrs", ITEM("\xa1\x18\x20\x58\x20................................"),
         "pcrs: expected registers 0 to 31"},
        {"pcrs", ITEM("\xa1\x00\x54...................."), "of 32, 48 or 64 bytes"},
        {"pcrs", ITEM("\xa1\x00\x40"), "of 32, 48 or 64 bytes"},
        {"pcrs", ITEM("\xa1\x61\x30\x58\x20................................"), "pcrs"},
        {"pcrs", ITEM("\xa1\x01\x58\x20................................"), "pcrs: expected a map with PCR0"},
        {"pcrs",
         ITEM("\xa2\x00\x58\x20................................\x00\x58\x20................................"),
         "each once"},
        {"certificate", 0, NULL, 0, "certificate: expected 1 to 1024 bytes"},
        {"certificate", 1025, NULL, 0, "certificate: expected 1 to 1024 bytes"},
        {"certificate", ITEM("\x61x"), "certificate"},
        {"certificate", ITEM("\xf6"), "certificate"},
        {"certificate", 10, NULL, 0, "certificate 5"},
        {"cabundle", ITEM("\x80"), "cabundle: expected certificates, one at least"},
        {"cabundle", ITEM("\x81\x40"), "cabundle: expected certificates of 1 to 1024 bytes"},
        {"cabundle", ITEM("\x81\x61x"), "cabundle"},
        {"cabundle", ITEM("\xf6"), "cabundle"},
        {"cabundle", ITEM("\x89\x41x\x41x\x41x\x41x\x41x\x41x\x41x\x41x\x41x"), "at most 8 certificates"},
        {"cabundle", ITEM("\x81\x41x"), "certificate 1"},
        {"public_key", 1024, NULL, 0, NULL},
        {"public_key", 1025, NULL, 0, "public_key: expected at most 1024 bytes"},
        {"public_key", ITEM("\x61x"), "public_key"},
        {"user_data", 512, NULL, 0, NULL},
        {"user_data", 513, NULL, 0, "user_data: expected at most 512 bytes"},
        {"user_data", ITEM("\xf7"), NULL},
        {"nonce", 512, NULL, 0, NULL},
        {"nonce", 513, NULL, 0, "nonce: expected at most 512 bytes"},
        {"nonce", ITEM("\x00"), "nonce"},
        {"a later one", ITEM("\x82\x01\xf5"), NULL},
        {"a later one", ITEM("\xfc"), "payload"},
    };
    static const uint8_t filler[1025] = {0x30};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

        put_usual(&b, rows[i].name, 1);
        cbor_put_text(&b, rows[i].name);
        if (rows[i].item != NULL)
            buf_put(&b, slice_of(rows[i].item, rows[i].item_len));
        else
            cbor_put_bytes(&b, slice_of(filler, (size_t)rows[i].bytes));
        use_payload(buf_bytes(&b));
        EXPECT_REFUSED(rows[i].fragment == NULL ? E_NONE : E_EVIDENCE_FORMAT,
                       rows[i].fragment == NULL ? "" : rows[i].fragment);
    }
}

Test(nitro, members_are_named_once_and_nothing_follows, .init = begin, .fini = end)
{
    scoped(buf_wipe) struct buf twice = buf_max(LIMIT_EVIDENCE), more = buf_max(LIMIT_EVIDENCE),
                                number = buf_max(LIMIT_EVIDENCE);

    put_usual(&twice, "", 1);
    cbor_put_text(&twice, "digest");
    cbor_put_text(&twice, "SHA384");
    use_payload(buf_bytes(&twice));
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "digest: expected to be given once");
    put_usual(&more, "", 0);
    buf_u8(&more, 0);
    use_payload(buf_bytes(&more));
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "nothing behind it");
    put_usual(&number, "", 1);
    cbor_put_int(&number, 7);
    cbor_put_int(&number, 7);
    use_payload(buf_bytes(&number));
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "members with names");
}

Test(nitro, its_headers_are_the_algorithm_and_nothing_else, .init = begin, .fini = end)
{
    static const struct {
        const char *headers;
        size_t len;
        const char *fragment;
    } rows[] = {
        {"\xa1\x01\x26", 3, "expected -35 (ES384), found -7"},
        {"\xa1\x01\x38\x25", 4, "found -38"},
        {"", 0, "found 0"},
        {"\xa0", 1, "found 0"},
        {"\xa2\x01\x38\x22\x03\x00", 6, "headers: expected the algorithm and nothing else"},
        {"\xa2\x01\x38\x22\x01\x38\x22", 7, "without a label given twice"},
    };
    const struct slice payload = sim_nitro_payload(&usual, &pki, NOW * UINT64_C(1000), &a);
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        must(sim_cose_sign1(slice_of(rows[i].headers, rows[i].len), payload, &pki.parties[LEAF].key,
                            SIG_ECDSA_SHA384, false, &a, &evidence.document, &err),
             &err);
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, rows[i].fragment);
    }
}

/* ---- signature ---------------------------------------------------------------------- */

Test(nitro, the_signature_is_two_numbers_of_48_bytes, .init = begin, .fini = end)
{
    const struct slice good = arena_copy(&a, evidence.document);
    uint8_t *bytes = arena_alloc(&a, good.len);
    struct cose_sign1 m;
    struct err err;

    evidence.document = slice_of(bytes, good.len);
    memcpy(bytes, good.ptr, good.len);
    memset(bytes + good.len - 96, 0, 96);
    EXPECT_REFUSED(E_DOCUMENT_SIGNATURE, "expected r and s");
    memcpy(bytes, good.ptr, good.len);
    memset(bytes + good.len - 48, 0xff, 48); /* s beyond the order */
    EXPECT_REFUSED(E_DOCUMENT_SIGNATURE, "does not hold");
    cr_assert(cose_sign1_parse(good, "x", &m, &err));
    {
        scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE); /* in DER */

        cbor_put_array(&b, 4);
        cbor_put_bytes(&b, m.protected_headers);
        cbor_put_map(&b, 0);
        cbor_put_bytes(&b, m.payload);
        cbor_put_bytes(&b, signature_from_raw(&a, m.signature));
        evidence.document = buf_bytes(&b);
        EXPECT_REFUSED(E_DOCUMENT_SIGNATURE, "expected a signature r || s of 96 bytes");
    }
}

Test(nitro, another_key_does_not_sign_for_it, .init = begin, .fini = end)
{
    const struct slice payload = sim_nitro_payload(&usual, &pki, NOW * UINT64_C(1000), &a);
    struct key own = pki.parties[LEAF].key;

    pki.parties[LEAF].key = pki.parties[LEAF - 1].key;
    use_payload(payload);
    pki.parties[LEAF].key = own;
    EXPECT_REFUSED(E_DOCUMENT_SIGNATURE, "does not hold");
}

/* ---- certificates ------------------------------------------------------------------- */

Test(nitro, the_trust_domains_do_not_know_each_other, .init = begin, .fini = end)
{
    what.roots = roots_production();
    EXPECT_REFUSED(E_ROOT, "none of the 1 trust anchors of this program's trust domain (production)");
}

Test(nitro, a_root_of_the_right_name_is_not_the_root, .init = begin, .fini = end)
{
    const struct cert_spec spec = {.subject_name = pki.parties[0].cert.subject,
                                   .not_before = NOW - HOUR,
                                   .not_after = NOW + HOUR,
                                   .basic_constraints = true,
                                   .is_ca = true,
                                   .path_len = -1,
                                   .key_usage = KU_CERT_SIGN};
    const struct cert genuine = pki.parties[0].cert;
    struct slice der;
    struct err err;

    must(cert_issue(&spec, key_spki(&pki.parties[0].key, &a), NULL, &pki.parties[0].key, &a, &der, &err),
         &err);
    must(cert_parse(der, &a, &pki.parties[0].cert, &err), &err);
    use(&usual);
    EXPECT_REFUSED(E_ROOT, "the first certificate of its bundle is none");
    pki.parties[0].cert = pki.parties[1].cert; /* a bundle that does not begin with the root */
    pki.parties[1].cert = genuine;
    use(&usual);
    EXPECT_REFUSED(E_ROOT, "the first certificate of its bundle is none");
}

/* Certificate `which` issued with something changed; those below it keep their keys. */
static void reissue(size_t which, const struct cert_spec *spec)
{
    struct err err;

    must(sim_nitro_issue(which, spec, &pki.parties[which - 1], &a, &pki.parties[which], &err), &err);
    use(&usual);
}

Test(nitro, each_certificate_of_the_chain_has_its_uses)
{
    static const struct {
        size_t which;
        bool no_ca, no_path, no_sign, is_ca;
        const char *fragment;
    } rows[] = {
        {.which = 1, .no_ca = true, .fragment = "not a certification authority"},
        {.which = 2, .no_ca = true, .fragment = "not a certification authority"},
        {.which = 3, .no_ca = true, .fragment = "not a certification authority"},
        {.which = 1, .no_path = true, .fragment = "path length of 0 is exceeded"},
        {.which = 2, .no_path = true, .fragment = "path length of 0 is exceeded"},
        {.which = 1, .no_sign = true, .fragment = "may not sign certificates"},
        {.which = 3, .no_sign = true, .fragment = "may not sign certificates"},
        {.which = LEAF, .is_ca = true, .fragment = "its own certificate is an authority's"},
        {.which = LEAF, .no_sign = true, .fragment = "its own certificate's key may not sign"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cert_spec spec = sim_nitro_spec(rows[i].which, NOW);

        begin();
        if (rows[i].no_ca) {
            spec.is_ca = false;
            spec.path_len = -1;
        }
        if (rows[i].no_path)
            spec.path_len = 0;
        if (rows[i].no_sign)
            spec.key_usage = KU_KEY_AGREEMENT;
        if (rows[i].is_ca)
            spec.is_ca = true;
        reissue(rows[i].which, &spec);
        EXPECT_REFUSED(E_NITRO_CHAIN, rows[i].fragment);
        end();
    }
}

Test(nitro, links_are_signed_by_the_one_above, .init = begin, .fini = end)
{
    const struct cert_spec spec = sim_nitro_spec(3, NOW);
    struct sim_party forger = {0};
    struct err err;

    /* The zone's name, a key of its own. */
    forger.cert = pki.parties[2].cert;
    must(key_generate(KEY_P384, &forger.key, &err), &err);
    forger.cert.spki = key_spki(&forger.key, &a);
    must(sim_nitro_issue(3, &spec, &forger, &a, &pki.parties[3], &err), &err);
    use(&usual);
    EXPECT_REFUSED(E_NITRO_CHAIN, "not signed by");
    sim_party_wipe(&forger);
}

Test(nitro, a_chain_without_a_link_is_refused, .init = begin, .fini = end)
{
    for (size_t left_out = 1; left_out < LEAF; left_out++) {
        scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

        put_usual(&b, "cabundle", 1);
        cbor_put_text(&b, "cabundle");
        cbor_put_array(&b, LEAF - 1);
        for (size_t k = 0; k < LEAF; k++)
            if (k != left_out)
                cbor_put_bytes(&b, pki.parties[k].cert.der);
        use_payload(buf_bytes(&b));
        EXPECT_REFUSED(E_NITRO_CHAIN, "expected it to be issued by");
    }
}

Test(nitro, the_chain_is_of_keys_on_p384, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key p256 = {0};
    struct cert_spec spec = sim_nitro_spec(LEAF, NOW);
    struct slice der;
    struct err err;

    must(key_generate(KEY_P256, &p256, &err), &err);
    spec.subject_name = pki.parties[LEAF].cert.subject;
    must(cert_issue(&spec, key_spki(&p256, &a), &pki.parties[LEAF - 1].cert, &pki.parties[LEAF - 1].key, &a,
                    &der, &err),
         &err);
    must(cert_parse(der, &a, &pki.parties[LEAF].cert, &err), &err);
    use(&usual);
    EXPECT_REFUSED(E_NITRO_CHAIN, "expected certificates with keys on P-384");
}

/* ---- time --------------------------------------------------------------------------- */

Test(nitro, each_certificate_has_its_time)
{
    for (size_t which = 1; which < SIM_NITRO_CHAIN; which++)
        for (int late = 0; late < 2; late++) {
            struct cert_spec spec = sim_nitro_spec(which, NOW);

            begin();
            spec.not_before = late != 0 ? NOW - 100 : NOW + 1;
            spec.not_after = late != 0 ? NOW - 1 : NOW + 100;
            reissue(which, &spec);
            EXPECT_REFUSED(E_CERT_EXPIRED, "not at 2026-01-02T03:04:05Z");
            end();
        }
}

Test(nitro, a_document_is_judged_within_the_hours_of_its_certificate, .init = begin, .fini = end)
{
    static const struct {
        int64_t at;
        enum err_code code;
    } rows[] = {{NOW - 4, E_CERT_EXPIRED},
                {NOW - 3, E_NONE},
                {NOW + 3 * HOUR, E_NONE},
                {NOW + 3 * HOUR + 1, E_CERT_EXPIRED},
                {NOW + 365 * 24 * HOUR, E_CERT_EXPIRED}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        what.now = rows[i].at;
        cr_expect_eq(judge(), rows[i].code, "row %zu: %s", i, v.reason.text);
    }
}

Test(nitro, its_time_is_one_at_which_its_certificate_was_valid, .init = begin, .fini = end)
{
    use_payload(sim_nitro_payload(&usual, &pki, (NOW - 4) * UINT64_C(1000) + 999, &a));
    EXPECT_REFUSED(E_CERT_EXPIRED, "made at 2026-01-02T03:04:01Z, when its own certificate was not valid");
    use_payload(sim_nitro_payload(&usual, &pki, (NOW + 3 * HOUR + 1) * UINT64_C(1000), &a));
    EXPECT_REFUSED(E_CERT_EXPIRED, "when its own certificate was not valid");
    use_payload(sim_nitro_payload(&usual, &pki, (NOW + 3 * HOUR) * UINT64_C(1000) + 999, &a));
    EXPECT_GENUINE();
}
