/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "pki/hash.h"
#include "tests/support/x509.h"

static struct arena a;
static struct err err;
enum { NOW = TEST_FROM + 1000000 };

static void begin(void) { pki_init(); }
static void end(void)
{
    wipe_made();
    arena_wipe(&a);
}

static struct cert_spec ca_with_path_len(int path_len)
{
    struct cert_spec spec = SPEC_CA;

    spec.path_len = path_len;
    return spec;
}

static bool verify(const struct cert *leaf, const struct cert *pool, size_t num_pool, const struct cert *root)
{
    return chain_verify(leaf, pool, num_pool, root, 1, NOW, &err);
}

Test(chain, links_end_where_somebody_elses_certificate_begins, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), other = make_cert(&a, "Root", &SPEC_CA, NULL);
    struct made one = make_cert(&a, "One", &SPEC_CA, &root), leaf = make_cert(&a, "leaf", &SPEC_LEAF, &one);
    const struct slice whole[] = {leaf.cert.der, one.cert.der, root.cert.der};
    const struct slice broken[] = {leaf.cert.der, one.cert.der, other.cert.der, root.cert.der};
    const struct slice strange[] = {other.cert.der, leaf.cert.der};
    const struct slice rubbish[] = {slice_str("rubbish"), leaf.cert.der};

    cr_expect_eq(chain_linked(whole, 3), 3);
    cr_expect_eq(chain_linked(broken, 4), 2, "of that name, with another key");
    cr_expect_eq(chain_linked(strange, 2), 1);
    cr_expect_eq(chain_linked(rubbish, 2), 1);
    cr_expect_eq(chain_linked(rubbish, 1), 1);
    cr_expect_eq(chain_linked(NULL, 0), 0);
}

Test(chain, intermediates_are_found_in_any_order, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), other = make_cert(&a, "Other", &SPEC_CA, NULL);
    struct made one = make_cert(&a, "One", &SPEC_CA, &root), two = make_cert(&a, "Two", &SPEC_CA, &one);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &two);
    const struct cert orders[][4] = {
        {two.cert, one.cert, root.cert, other.cert},
        {other.cert, one.cert, two.cert, leaf.cert},
        {root.cert, one.cert, other.cert, two.cert},
    };
    const struct cert *path[10] = {0};
    size_t len = 0;

    for (size_t i = 0; i < 3; i++)
        cr_expect(verify(&leaf.cert, orders[i], 4, &root.cert), "order %zu: %s", i, err.text);
    cr_assert(chain_path(&leaf.cert, orders[0], 4, &root.cert, 1, NOW, path, &len, &err), "%s", err.text);
    cr_assert_eq(len, 4);
    cr_expect_eq(path[0], &leaf.cert);
    cr_expect_eq(path[1], &orders[0][0]);
    cr_expect_eq(path[2], &orders[0][1]);
    cr_expect_eq(path[3], &root.cert);
    cr_expect(!verify(&leaf.cert, &two.cert, 1, &root.cert));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(err.text,
                     "certificate \"CN=Two\": expected a way to one of 1 trusted roots, found none of its "
                     "issuer \"CN=One\"");
    cr_expect(!verify(&leaf.cert, orders[0], 4, &other.cert));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect(!chain_verify(&leaf.cert, orders[0], 4, NULL, 0, NOW, &err), "no roots, no trust");
}

Test(chain, a_root_may_be_the_leaf_and_an_intermediate_may_be_a_root, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), ca = make_cert(&a, "CA", &SPEC_CA, &root);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca), own = make_cert(&a, "own", &SPEC_LEAF, NULL);

    cr_expect(verify(&root.cert, NULL, 0, &root.cert), "%s", err.text);
    cr_expect(verify(&own.cert, NULL, 0, &own.cert), "%s", err.text);
    cr_expect(verify(&leaf.cert, NULL, 0, &leaf.cert), "%s", err.text);
    cr_expect(verify(&leaf.cert, NULL, 0, &ca.cert), "%s", err.text);
    cr_expect(!verify(&own.cert, &own.cert, 1, &root.cert), "self-signed is not trusted");
    cr_expect_eq(err.code, E_CERT_CHAIN);
}

/* The intermediate has two certificates for one name and key: the root's, and its own. */
Test(chain, cross_signed_authorities_lead_both_ways, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), inter = make_cert(&a, "Mesh", &SPEC_CA, &root);
    const struct cert mesh_root = make_cert_for(&a, "Mesh", &SPEC_CA, &inter.key, NULL);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &inter);
    const struct cert pool[] = {mesh_root, inter.cert};

    cr_expect(verify(&leaf.cert, pool, 2, &root.cert), "%s", err.text);
    cr_expect(verify(&leaf.cert, pool, 2, &mesh_root), "%s", err.text);
    cr_expect(verify(&leaf.cert, NULL, 0, &mesh_root), "%s", err.text);
}

/* The same name and the same serial, another key: only the signature and the bytes tell. */
Test(chain, a_root_is_known_by_its_bytes, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), fake = make_cert(&a, "Root", &SPEC_CA, NULL);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &fake);

    cr_expect(!verify(&leaf.cert, &fake.cert, 1, &root.cert));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(
        err.text,
        "certificate \"CN=Root\": not signed by \"CN=Root\": the signature (ecdsa-with-SHA256) does "
        "not hold under this public key");
    cr_expect(!verify(&leaf.cert, NULL, 0, &root.cert));
    cr_expect_str_eq(
        err.text,
        "certificate \"CN=leaf\": not signed by \"CN=Root\": the signature (ecdsa-with-SHA256) does "
        "not hold under this public key");
}

Test(chain, who_may_not_issue_is_refused, .init = begin, .fini = end)
{
    struct cert_spec no_sign = SPEC_CA;
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), ca, leaf;
    const struct {
        const char *want;
        const struct cert_spec *spec;
    } cases[] = {
        {"certificate \"CN=CA\" issued another, and is not an authority's", &SPEC_LEAF},
        {"certificate \"CN=CA\" issued another, and its key usage does not allow it", &no_sign},
    };

    no_sign.key_usage = KU_DIGITAL_SIGNATURE;
    for (size_t i = 0; i < 2; i++) {
        ca = make_cert(&a, "CA", cases[i].spec, &root);
        leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca);
        cr_expect(!verify(&leaf.cert, &ca.cert, 1, &root.cert));
        cr_expect_eq(err.code, E_CERT_CHAIN);
        cr_expect_str_eq(err.text, cases[i].want);
        cr_expect(verify(&ca.cert, NULL, 0, &root.cert), "%s", err.text);
        cr_expect(!verify(&leaf.cert, NULL, 0, &ca.cert), "a root that may not issue is no help");
    }
}

Test(chain, path_lengths_count_the_authorities_below, .init = begin, .fini = end)
{
    const struct cert_spec none = ca_with_path_len(0), one = ca_with_path_len(1);
    struct made root = make_cert(&a, "Root", &one, NULL), ca = make_cert(&a, "A", &none, &root);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca), sub = make_cert(&a, "B", &SPEC_CA, &ca);
    struct made low = make_cert(&a, "low", &SPEC_LEAF, &sub), wide = make_cert(&a, "W", &SPEC_CA, &root);
    struct made wider = make_cert(&a, "X", &SPEC_CA, &wide), far = make_cert(&a, "far", &SPEC_LEAF, &wider);
    const struct cert pool[] = {ca.cert, sub.cert, wide.cert, wider.cert};

    cr_expect(verify(&leaf.cert, pool, 4, &root.cert), "%s", err.text);
    cr_expect(verify(&sub.cert, pool, 4, &root.cert), "as a leaf an authority does not count: %s", err.text);
    cr_expect(!verify(&low.cert, pool, 4, &root.cert));
    cr_expect_str_eq(err.text, "certificate \"CN=A\" allows 0 authorities below it, found 1");
    cr_expect(!verify(&far.cert, pool, 4, &root.cert));
    cr_expect_str_eq(err.text, "certificate \"CN=Root\" allows 1 authorities below it, found 2");
}

/* RFC 5280 6.1.4 l: a certificate that hands a name over to a new key is no further authority. */
Test(chain, self_issued_certificates_do_not_count, .init = begin, .fini = end)
{
    const struct cert_spec none = ca_with_path_len(0);
    struct made root = make_cert(&a, "Root", &none, NULL), next = make_cert(&a, "Root", &SPEC_CA, &root);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &next);

    cr_expect(verify(&leaf.cert, &next.cert, 1, &root.cert), "%s", err.text);
}

Test(chain, each_certificate_must_be_valid_at_the_time, .init = begin, .fini = end)
{
    struct cert_spec late = SPEC_CA;
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), ca, leaf;

    late.not_before = NOW - 10;
    late.not_after = NOW + 10;
    ca = make_cert(&a, "CA", &late, &root);
    leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca);
    for (int64_t t = NOW - 11; t <= NOW + 11; t++) {
        const bool want = t >= NOW - 10 && t <= NOW + 10;

        cr_expect_eq(chain_verify(&leaf.cert, &ca.cert, 1, &root.cert, 1, t, &err), want, "%lld",
                     (long long)t - NOW);
    }
    cr_expect_eq(err.code, E_CERT_EXPIRED);
    cr_expect_str_eq(err.text,
                     "certificate \"CN=CA\" is valid from 2020-01-12T13:46:30Z to 2020-01-12T13:46:50Z, and "
                     "not at 2020-01-12T13:46:51Z");
    cr_expect(!chain_verify(&leaf.cert, &ca.cert, 1, &root.cert, 1, TEST_TO + 1, &err));
    cr_expect_str_eq(
        err.text, "certificate \"CN=leaf\" is valid from 2020-01-01T00:00:00Z to 2312-04-11T23:47:16Z, and "
                  "not at 2312-04-11T23:47:17Z");
    cr_expect(!chain_verify(&root.cert, NULL, 0, &root.cert, 1, TEST_FROM - 1, &err), "a root expires too");
    cr_expect_eq(err.code, E_CERT_EXPIRED);
}

Test(chain, unknown_critical_extensions_are_refused_anywhere, .init = begin, .fini = end)
{
    const struct extension name_constraints = {
        {(const uint8_t *)"\x55\x1d\x1e", 3}, slice_of("\x30\0", 2), true};
    struct cert_spec odd_ca = SPEC_CA, odd_leaf = SPEC_LEAF;
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), ca, leaf, odd;

    odd_ca.extra = odd_leaf.extra = &name_constraints;
    odd_ca.num_extra = odd_leaf.num_extra = 1;
    ca = make_cert(&a, "CA", &odd_ca, &root);
    leaf = make_cert(&a, "leaf", &SPEC_LEAF, &ca);
    odd = make_cert(&a, "odd", &odd_leaf, &root);
    cr_expect(!verify(&leaf.cert, &ca.cert, 1, &root.cert));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(err.text, "certificate \"CN=CA\": the critical extension 2.5.29.30 is not understood");
    cr_expect(!verify(&odd.cert, NULL, 0, &root.cert));
    cr_expect_str_eq(err.text, "certificate \"CN=odd\": the critical extension 2.5.29.30 is not understood");
}

Test(chain, ten_certificates_are_a_chain_and_eleven_are_not, .init = begin, .fini = end)
{
    struct made line[11];
    struct cert pool[11];

    for (size_t i = 0; i < 11; i++) {
        line[i] = make_cert(&a, arena_printf(&a, "%zu", i), &SPEC_CA, i == 0 ? NULL : &line[i - 1]);
        pool[i] = line[i].cert;
    }
    cr_expect(verify(&pool[9], pool, 11, &pool[0]), "%s", err.text);
    cr_expect(!verify(&pool[10], pool, 11, &pool[0]));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(err.text, "expected at most 10 certificates in a chain, and 64 signatures to try");
}

/* One name and key, many certificates, all issued by each other: 30 * 29 * 28 ... ways, none to the root. */
Test(chain, a_hostile_pool_does_not_take_for_ever, .init = begin, .fini = end, .timeout = 20)
{
    enum { MANY = 30 };
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), hub = make_cert(&a, "Hub", &SPEC_CA, NULL);
    struct made leaf = make_cert(&a, "leaf", &SPEC_LEAF, &hub);
    struct cert pool[MANY];

    for (size_t i = 0; i < MANY; i++)
        pool[i] = make_cert_for(&a, "Hub", &SPEC_CA, &hub.key, NULL);
    cr_expect(!verify(&leaf.cert, pool, MANY, &root.cert));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_str_eq(err.text, "expected at most 10 certificates in a chain, and 64 signatures to try");
}

Test(chain, signatures_are_over_every_byte, .init = begin, .fini = end)
{
    struct made root = make_cert(&a, "Root", &SPEC_CA, NULL), leaf = make_cert(&a, "leaf", &SPEC_LEAF, &root);
    uint8_t *bytes = (uint8_t *)leaf.cert.tbs.ptr;

    cr_expect(cert_signed_by(&leaf.cert, &root.cert, &err), "%s", err.text);
    for (size_t i = 0; i < leaf.cert.tbs.len; i++) {
        bytes[i] ^= 0x40;
        cr_expect(!cert_signed_by(&leaf.cert, &root.cert, &err), "byte %zu", i);
        cr_expect_eq(err.code, E_CERT_CHAIN);
        bytes[i] ^= 0x40;
    }
    cr_expect(!cert_signed_by(&root.cert, &leaf.cert, &err));
    cr_expect_str_eq(
        err.text,
        "certificate \"CN=Root\": expected it to be issued by \"CN=leaf\", found issuer \"CN=Root\"");
}
