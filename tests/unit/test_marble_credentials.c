/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/credentials.h"

#include <criterion/criterion.h>

#include "attestation/attestation.h"
#include "attestation/dcap_quote.h"
#include "base/scope.h"
#include "net/tls.h"
#include "pki/hash.h"
#include "tests/support/memory_search.h"

static const int64_t NOW = 1790000000;

static struct arena a;
static struct credentials credentials;
static struct err err;

static void begin(void) { pki_init(); }
static void end(void)
{
    credentials_wipe(&credentials);
    arena_wipe(&a);
}

TestSuite(marble_credentials, .init = begin, .fini = end);

static void make(bool has_evidence)
{
    static char name[] = "service.example";
    static char *dns[] = {name};
    static const uint8_t v4[] = {10, 0, 0, 7};
    static struct slice ips[] = {{v4, 4}};
    const struct config config = {.san = {.dns = dns, .num_dns = 1, .ips = ips, .num_ips = 1},
                                  .has_evidence = has_evidence};

    cr_assert(credentials_make(&config, NOW, &a, &credentials, &err), "%s", err.text);
}

static void expect_names(const struct san *san)
{
    cr_assert_eq(san->num_dns, 1);
    cr_expect_str_eq(san->dns[0], "service.example");
    cr_assert_eq(san->num_ips, 1);
    cr_expect(slice_equal(san->ips[0], slice_of("\x0a\0\0\7", 4)));
    cr_expect_eq(san->num_uris, 0);
}

Test(marble_credentials, hold_the_certificate_that_marblerun_makes_for_itself)
{
    struct cert c;
    struct san san;

    make(true);
    cr_assert(cert_parse(credentials.cert, &a, &c, &err), "%s", err.text);
    cr_expect(cert_signed_by(&c, &c, &err), "%s", err.text);
    cr_expect(slice_equal(c.spki, key_spki(&credentials.key, &a)));
    cr_expect_eq(key_type_of(&credentials.key), KEY_P256);
    cr_expect_str_eq(name_text(&a, c.subject), "CN=MarbleRun Marble");
    cr_expect_eq(c.not_before, NOW);
    cr_expect_eq(c.not_after - c.not_before, 9223372036, "2^63 - 1 nanoseconds");
    cr_expect_not(c.is_ca);
    cr_expect_not_null(cert_extension(&c, OID_BASIC_CONSTRAINTS));
    cr_expect_eq(c.key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
    cr_assert_not_null(cert_extension(&c, OID_EXT_KEY_USAGE));
    cr_assert(cert_san(&c, &a, &san, &err), "%s", err.text);
    expect_names(&san);
}

Test(marble_credentials, hold_a_request_for_the_same_key_and_names_without_a_subject)
{
    struct csr csr;

    make(true);
    cr_assert(csr_parse(credentials.csr, &a, &csr, &err), "%s", err.text);
    cr_expect(slice_equal(csr.subject, slice_of("\x30\0", 2)));
    cr_expect(slice_equal(csr.spki, key_spki(&credentials.key, &a)));
    expect_names(&csr.san);
}

Test(marble_credentials, hold_evidence_over_the_certificate_in_open_enclaves_header)
{
    uint8_t expected[64] = {0};
    struct dcap_quote quote;
    struct slice raw;

    make(true);
    sha256(expected, credentials.cert);
    cr_assert_gt(credentials.evidence.len, 16);
    cr_expect_eq(memcmp(credentials.evidence.ptr, "\1\0\0\0\2\0\0\0", 8), 0);
    cr_assert(evidence_unwrap(credentials.evidence, &raw, &err), "%s", err.text);
    cr_assert(dcap_quote_parse(raw, &quote, &err), "%s", err.text);
    cr_expect(slice_equal(quote.report.report_data, slice_of(expected, sizeof expected)));
}

Test(marble_credentials, hold_no_evidence_where_none_is_wanted)
{
    make(false);
    cr_expect_eq(credentials.evidence.len, 0);
    cr_expect_gt(credentials.cert.len, 0);
}

Test(marble_credentials, are_new_each_time)
{
    struct slice first;

    make(false);
    first = key_spki(&credentials.key, &a);
    credentials_wipe(&credentials);
    make(false);
    cr_expect_not(slice_equal(first, key_spki(&credentials.key, &a)));
}

Test(marble_credentials, of_mesh_v1_hold_evidence_over_key_nonce_and_connection_and_no_certificate)
{
    static const char nonce[] = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
                      exporter[] = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
    const struct config config = {.has_evidence = true};
    struct mesh_binding binding = {.nonce = slice_str(nonce), .exporter = slice_str(exporter)};
    uint8_t expected[64];
    struct dcap_quote quote;
    struct slice raw;

    cr_assert(credentials_bound(&config, &binding, &a, &credentials, &err), "%s", err.text);
    cr_expect_eq(credentials.cert.len, 0);
    binding.spki = key_spki(&credentials.key, &a);
    mesh_binding(&binding, expected);
    cr_assert(evidence_unwrap(credentials.evidence, &raw, &err), "%s", err.text);
    cr_assert(dcap_quote_parse(raw, &quote, &err), "%s", err.text);
    cr_expect(slice_equal(quote.report.report_data, slice_of(expected, sizeof expected)));
}

/* ---- what remains ------------------------------------------------------------------------------- */

static bool accept_all(void *ctx, const struct slice *chain, size_t num, struct err *e)
{
    (void)ctx, (void)chain, (void)num, (void)e;
    return true;
}

static void carry(struct tls *from, struct tls *to)
{
    const struct slice s = tls_pending(from);

    cr_assert(tls_feed(to, s));
    tls_sent(from, s.len);
}

/* As with a coordinator: the key signs in a handshake. */
static void shake_hands(struct tls_identity *id)
{
    const struct tls_settings client = {.check = accept_all}, server = {.server = true,
                                                                        .client_auth = TLS_CLIENT_REQUIRED,
                                                                        .check = accept_all};
    scoped(tls_free) struct tls *c = NULL, *s = NULL;
    enum tls_result r = TLS_WANT_INPUT, q = TLS_WANT_INPUT;

    cr_assert(tls_new(&client, id, &c, &err) && tls_new(&server, id, &s, &err), "%s", err.text);
    for (int i = 0; i < 10 && (r != TLS_DONE || q != TLS_DONE); i++) {
        r = tls_handshake(c, &err);
        carry(c, s);
        q = tls_handshake(s, &err);
        carry(s, c);
    }
    cr_assert(r == TLS_DONE && q == TLS_DONE, "%s", err.text);
}

/* The scalar, last byte first. */
static void reverse_scalar(uint8_t reversed[32])
{
    scoped(secret_wipe) struct secret scalar = {0};

    key_to_scalar(&credentials.key, &scalar);
    cr_assert_eq(scalar.len, 32);
    for (size_t i = 0; i < 32; i++)
        reversed[i] = scalar.ptr[31 - i];
}

static void use_key(void)
{
    scoped(secret_wipe) struct secret pkcs8 = {0};
    scoped(tls_identity_release) struct tls_identity *id = NULL;

    key_to_pkcs8(&credentials.key, &pkcs8);
    cr_assert(tls_identity_new(&credentials.cert, 1, secret_bytes(&pkcs8), &id, &err), "%s", err.text);
    shake_hands(id);
}

Test(marble_credentials, leave_nothing_of_their_key_in_memory)
{
    uint8_t reversed[32];

    net_init();
    make(true);
    reverse_scalar(reversed);
    cr_expect_gt(memory_search(reversed, sizeof reversed), 0, "while it is used it is found");
    use_key();
    credentials_wipe(&credentials);
    cr_expect_eq(memory_search(reversed, sizeof reversed), 0);
}
