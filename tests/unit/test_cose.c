/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR beyond what evidence in certificates needs, and COSE_Sign1: RFC 8949 appendix A, RFC 9052. */
#include <criterion/criterion.h>

#include "attestation/cbor.h"
#include "attestation/sim/cose.h"
#include "attestation/sim/keys.h"
#include "base/limits.h"
#include "pki/hash.h"

static struct cursor over(const char *bytes, size_t len) { return cursor_over(slice_of(bytes, len)); }
#define OVER(bytes) over(bytes, sizeof(bytes) - 1)

/* ---- CBOR --------------------------------------------------------------------------- */

Test(cbor, numbers_of_either_sign_are_read)
{
    static const struct {
        const char *bytes;
        size_t len;
        int64_t value;
        bool ok;
    } rows[] = {
        {"\x00", 1, 0, true},
        {"\x17", 1, 23, true},
        {"\x20", 1, -1, true},
        {"\x38\x22", 2, -35, true},
        {"\x39\x01\xf3", 3, -500, true},
        {"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", 9, INT64_MAX, true},
        {"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", 9, INT64_MIN, true},
        {"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", 9, 0, false},
        {"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", 9, 0, false},
        {"\x40", 1, 0, false},
        {"\x38", 1, 0, false},
        {"", 0, 0, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cursor c = over(rows[i].bytes, rows[i].len);

        cr_expect_eq(cbor_int(&c), rows[i].value, "row %zu", i);
        cr_expect_eq(cursor_done(&c), rows[i].ok, "row %zu", i);
    }
}

static uint64_t sum_of(struct cursor *c, struct cbor_items items)
{
    uint64_t sum = 0;

    while (cbor_more(c, &items))
        sum = sum * 10 + cbor_uint(c);
    return sum;
}

Test(cbor, items_are_walked_to_their_number_or_to_the_break)
{
    static const struct {
        const char *bytes;
        size_t len;
        uint64_t definite, any;
        bool definite_ok, any_ok;
    } rows[] = {
        {"\x83\x01\x02\x03", 4, 123, 123, true, true},
        {"\x80", 1, 0, 0, true, true},
        {"\x9f\xff", 2, 0, 0, false, true},
        {"\x9f\x01\x02\xff", 4, 0, 12, false, true},
        {"\x9f\x01\x02", 3, 0, 120, false, false},
        {"\x82\x01\xff", 3, 10, 10, false, false},
        {"\x82\x01", 2, 10, 10, false, false},
        {"\xa0", 1, 0, 0, false, false},
        {"\xbf\xff", 2, 0, 0, false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cursor c = over(rows[i].bytes, rows[i].len), d = c;

        cr_expect_eq(sum_of(&c, cbor_array_items(&c, CBOR_DEFINITE)), rows[i].definite, "row %zu", i);
        cr_expect_eq(cursor_done(&c), rows[i].definite_ok, "row %zu", i);
        cr_expect_eq(sum_of(&d, cbor_array_items(&d, CBOR_ANY_LENGTH)), rows[i].any, "row %zu", i);
        cr_expect_eq(cursor_done(&d), rows[i].any_ok, "row %zu", i);
    }
}

Test(cbor, what_comes_next_is_told_and_taken_only_if_it_is_that)
{
    struct cursor c = OVER("\xd2\xf6\xf7\x20\xf5");

    cr_expect(!cbor_tagged(&c, 17) && !cbor_nothing(&c) && cbor_tagged(&c, 18));
    cr_expect(cbor_nothing(&c) && cbor_nothing(&c) && !cbor_nothing(&c));
    cr_expect(cbor_next_is_int(&c) && !cbor_next_is_text(&c) && !cbor_next_is_bytes(&c) &&
              !cbor_next_is_map(&c) && !cbor_next_is_array(&c));
    cr_expect_eq(cbor_int(&c), -1);
    (void)cbor_int(&c);
    cr_expect(!cursor_ok(&c) && !cbor_next_is_int(&c) && !cbor_tagged(&c, 18) && !cbor_nothing(&c));
}

/* ---- headers ------------------------------------------------------------------------ */

Test(cose, headers_are_found_by_number_and_by_text)
{
    static const char map[] = "\xa4\x01\x38\x22\x20\x61x\x63iss\x61y\x18\x21\x81\x01";
    const struct slice m = slice_of(map, sizeof map - 1);

    cr_expect(slice_equal(cose_header(m, 1), slice_str("\x38\x22")));
    cr_expect(slice_equal(cose_header(m, -1), slice_str("\x61x")));
    cr_expect(slice_equal(cose_header(m, COSE_X5CHAIN), slice_str("\x81\x01")));
    cr_expect(slice_equal(cose_header_named(m, "iss"), slice_str("\x61y")));
    cr_expect_eq(cose_header(m, 2).len, 0);
    cr_expect_eq(cose_header_named(m, "is").len, 0);
    cr_expect_eq(cose_header(slice_str("\x80"), 1).len, 0);
    cr_expect_eq(cose_header((struct slice){0}, 1).len, 0);
}

Test(cose, the_form_is_that_of_a_sign1)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool ok;
    } rows[] = {
        {"\x84\x40\xa0\x40\x40", 5, true},
        {"\xd2\x84\x40\xa0\x40\x40", 6, true},
        {"\x84\x43\xa1\x01\x26\xa0\x40\x40", 8, true},
        {"\xd2\xd2\x84\x40\xa0\x40\x40", 7, false},
        {"\xd1\x84\x40\xa0\x40\x40", 6, false}, /* COSE_Mac0 */
        {"\x83\x40\xa0\x40", 4, false},
        {"\x85\x40\xa0\x40\x40\x40", 6, false},
        {"\x9f\x40\xa0\x40\x40\xff", 6, false},
        {"\x84\xa0\xa0\x40\x40", 5, false},         /* protected headers are bytes */
        {"\x84\x41\x00\xa0\x40\x40", 6, false},     /* that hold a map */
        {"\x84\x42\xa0\x00\xa0\x40\x40", 7, false}, /* and nothing behind it */
        {"\x84\x40\x80\x40\x40", 5, false},         /* the others are a map */
        {"\x84\x40\xa0\xf6\x40", 5, false},         /* the payload is not detached */
        {"\x84\x40\xa0\x40\x60", 5, false},
        {"\x84\x40\xa0\x40\x40\x00", 6, false},
        {"\x84\x45\xa2\x01\x26\x01\x26\xa0\x40\x40", 10, false}, /* a label twice */
        {"\x84\x44\xa1\x40\x01\x00\xa0\x40\x40", 9, false},      /* a label of bytes */
        {"\x84\x44\xa1\x02\x81\x01\xa0\x40\x40", 9, true},       /* critical, and known */
        {"\x84\x44\xa1\x02\x81\x07\xa0\x40\x40", 9, false},
        {"\x84\x43\xa1\x02\x01\xa0\x40\x40", 8, false},
    };
    struct cose_sign1 m;
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err = (struct err){0};
        cr_expect_eq(cose_sign1_parse(slice_of(rows[i].bytes, rows[i].len), "x", &m, &err), rows[i].ok,
                     "row %zu: %s", i, err.text);
        cr_expect_eq(err.code, rows[i].ok ? E_NONE : E_EVIDENCE_FORMAT);
    }
}

/* ---- signatures --------------------------------------------------------------------- */

Test(cose, each_algorithm_holds_under_its_own_kind_of_key_only)
{
    static const struct {
        int64_t id;
        enum signature_alg alg;
        enum key_type key;
    } rows[] = {
        {COSE_ES256, SIG_ECDSA_SHA256, KEY_P256},  {COSE_ES384, SIG_ECDSA_SHA384, KEY_P384},
        {COSE_ES512, SIG_ECDSA_SHA512, KEY_P521},  {COSE_PS256, SIG_RSA_PSS_SHA256, KEY_RSA},
        {COSE_PS384, SIG_RSA_PSS_SHA384, KEY_RSA}, {COSE_PS512, SIG_RSA_PSS_SHA512, KEY_RSA},
    };
    enum { NUM = sizeof rows / sizeof rows[0] };
    struct sim_party rsa = {0};
    struct key keys[KEY_RSA + 1] = {0};
    struct arena a = {0};
    struct err err;

    pki_init();
    cr_assert(sim_embedded(SIM_UVM_LEAF, &a, &rsa, &err), "%s", err.text);
    for (size_t k = 0; k < KEY_RSA; k++)
        cr_assert(key_generate((enum key_type)k, &keys[k], &err));
    keys[KEY_RSA] = rsa.key;
    for (size_t i = 0; i < NUM; i++) {
        scoped(buf_wipe) struct buf headers = buf_max(KIB);
        struct cose_sign1 m;
        struct slice message;

        cbor_put_map(&headers, 1);
        cbor_put_int(&headers, COSE_ALG);
        cbor_put_int(&headers, rows[i].id);
        cr_assert(sim_cose_sign1(buf_bytes(&headers), slice_str("payload"), &keys[rows[i].key], rows[i].alg,
                                 i % 2 == 0, &a, &message, &err),
                  "%s", err.text);
        cr_assert(cose_sign1_parse(message, "x", &m, &err), "%s", err.text);
        cr_expect_eq(cose_algorithm(&m), rows[i].id);
        for (size_t k = 0; k <= KEY_RSA; k++) {
            cr_expect_eq(cose_sign1_verify(&m, key_spki(&keys[k], &a), NULL, 0, 0, &err), k == rows[i].key,
                         "row %zu, key %zu: %s", i, k, err.text);
            cr_expect(k == rows[i].key || err.code == E_SIGNATURE);
        }
        m.payload = slice_str("pay1oad");
        cr_expect(!cose_sign1_verify(&m, key_spki(&keys[rows[i].key], &a), NULL, 0, 0, &err));
        m.payload = slice_str("payload");
        m.protected_headers = slice_str("");
        cr_expect(!cose_sign1_verify(&m, key_spki(&keys[rows[i].key], &a), NULL, 0, 0, &err));
    }
    for (size_t k = 0; k < KEY_RSA; k++)
        key_wipe(&keys[k]);
    sim_party_wipe(&rsa);
    arena_wipe(&a);
}

/* RFC 9052 section 4.4: context, protected headers, external data (none), payload. */
Test(cose, what_is_signed_is_the_sig_structure)
{
    static const char expected[] = "\x84\x6aSignature1\x43\xa1\x01\x26\x40\x58\x18this is the content, all";
    const struct cose_sign1 m = {.protected_headers = slice_str("\xa1\x01\x26"),
                                 .payload = slice_str("this is the content, all")};
    scoped(buf_wipe) struct buf b = buf_max(KIB);

    cose_put_signed(&b, &m);
    cr_expect(slice_equal(buf_bytes(&b), slice_of(expected, sizeof expected - 1)));
}
