/* SPDX-License-Identifier: Apache-2.0 */
/* What others say to the simulated TEE's certificates, lists and evidence: OpenSSL's command line; and, where
 * it is there, the independent verifier that belongs to the vectors (python3 with the package cryptography).
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "attestation/sim/pki.h"
#include "attestation/sim/sim.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

enum { CERT_DATA_AT = 1052 };

static struct arena a;
static int64_t now;
static struct slice quote;
static const uint8_t report_data[64] = {0x5a, 0x5a};
static const struct sim_identity identity = {
    .mr_enclave = {0xee}, .mr_signer = {0x77}, .product_id = 3, .security_version = 4};

static void put_pem(const char *name, const char *label, struct slice der)
{
    peer_write(name, slice_str(pem_text(&a, label, der)));
}

/* leaf.pem, ca.pem, root.pem, signer.pem, pck.crl, root.crl and the collateral as it is served. */
static void write_all(const struct sim_collateral_options *o)
{
    static const char *const names[] = {"leaf.pem", "ca.pem", "root.pem"};
    struct slice chain = slice_of(quote.ptr + CERT_DATA_AT, quote.len - CERT_DATA_AT);
    struct collateral c;
    struct pem_block block;
    struct err err;

    cr_assert(sim_collateral(&sim_platform_default, o, now, &a, &c, &err), "%s", err.text);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(pem_next(&chain, &a, &block, &err), "%s", err.text);
        put_pem(names[i], "CERTIFICATE", block.der);
    }
    peer_write("quote.bin", quote);
    peer_write("signers.pem", c.tcb_issuer_chain); /* openssl takes the first, the signer */
    put_pem("pck.crl", "X509 CRL", c.pck_crl);
    put_pem("root.crl", "X509 CRL", c.root_ca_crl);
    peer_write("pck_crl.der", c.pck_crl);
    peer_write("root_ca_crl.der", c.root_ca_crl);
    peer_write("tcb_info.json", c.tcb_info);
    peer_write("qe_identity.json", c.qe_identity);
}

static void begin(void)
{
    static const struct sim_collateral_options all_is_well = {0};
    struct err err;

    pki_init();
    peer_begin();
    now = clock_now();
    cr_assert(sim_quote(&sim_platform_default, &identity, report_data, &a, &quote, &err), "%s", err.text);
    write_all(&all_is_well);
}

static void end(void)
{
    peer_end();
    arena_wipe(&a);
}

static const char verify_leaf[] =
    "cat root.pem root.crl pck.crl > trusted.pem && openssl verify -x509_strict -crl_check_all "
    "-CAfile trusted.pem -untrusted ca.pem leaf.pem";
static const char verify_signer[] =
    "cat root.pem root.crl > trusted.pem && openssl verify -x509_strict -crl_check "
    "-CAfile trusted.pem signers.pem";

Test(sim_peers, openssl_verifies_the_chains_with_their_lists, .init = begin, .fini = end)
{
    char *said;

    cr_expect(peer_run(&a, &said, "%s", verify_leaf), "%s", said);
    cr_expect_str_eq(said, "leaf.pem: OK\n");
    cr_expect(peer_run(&a, &said, "%s", verify_signer), "%s", said);
    cr_expect_str_eq(said, "signers.pem: OK\n");
    cr_expect(peer_run(&a, &said, "openssl crl -in pck.crl -CAfile ca.pem -noout"), "%s", said);
    cr_expect(strstr(said, "verify OK") != NULL, "%s", said);
    cr_expect(peer_run(&a, &said, "openssl crl -in root.crl -CAfile root.pem -noout"), "%s", said);
    cr_expect(strstr(said, "verify OK") != NULL, "%s", said);
}

Test(sim_peers, openssl_sees_what_is_revoked, .init = begin, .fini = end)
{
    static const struct {
        struct sim_collateral_options options;
        bool leaf, signer;
    } cases[] = {
        {{.revoke_pck = true}, false, true},
        {{.revoke_platform_ca = true}, false, true},
        {{.revoke_tcb_signing = true}, true, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *said;

        write_all(&cases[i].options);
        cr_expect_eq(peer_run(&a, &said, "%s", verify_leaf), cases[i].leaf, "case %zu: %s", i, said);
        cr_expect(cases[i].leaf || strstr(said, "certificate revoked") != NULL, "%s", said);
        cr_expect_eq(peer_run(&a, &said, "%s", verify_signer), cases[i].signer, "case %zu: %s", i, said);
        cr_expect(cases[i].signer || strstr(said, "certificate revoked") != NULL, "%s", said);
    }
}

Test(sim_peers, openssl_reads_the_profiles, .init = begin, .fini = end)
{
    static const struct {
        const char *file, *text;
    } cases[] = {
        {"leaf.pem", "Subject: CN = Intel SGX PCK Certificate, O = \"marblemesh simulated TEE, not Intel\""},
        {"leaf.pem", "Issuer: CN = Intel SGX PCK Platform CA"},
        {"leaf.pem", "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation"},
        {"leaf.pem", "X509v3 Basic Constraints: critical\n                CA:FALSE"},
        {"leaf.pem",
         "URI:https://simulated-sgx.invalid/sgx/certification/v4/pckcrl?ca=platform&encoding=der"},
        {"leaf.pem", "            1.2.840.113741.1.13.1: \n"},
        {"leaf.pem", "Not After : Dec 31 23:59:59 2049 GMT"},
        {"ca.pem", "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"},
        {"ca.pem", "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign"},
        {"root.pem", "Subject: CN = Intel SGX Root CA, O = \"marblemesh simulated TEE, not Intel\""},
        {"root.pem", "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:1"},
        {"signers.pem", "Subject: CN = Intel SGX TCB Signing"},
        {"signers.pem", "X509v3 Authority Key Identifier"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *said;

        cr_assert(peer_run(&a, &said, "openssl x509 -in %s -noout -nameopt oneline -text", cases[i].file),
                  "%s", said);
        cr_expect(strstr(said, cases[i].text) != NULL, "%s: no %s in\n%s", cases[i].file, cases[i].text,
                  said);
    }
}

/* OIDs: the extension's own; PPID, TCB, 17 SVNs and CPUSVN, PCEID, FMSPC, kind, instance, configuration and
 * its three flags. Of the flags two are set, and two extensions are critical. */
Test(sim_peers, openssl_reads_the_sgx_extension, .init = begin, .fini = end)
{
    static const struct {
        const char *of, *want;
    } counts[] = {{"1.2.840.113741.1.13.1", "29\n"}, {"BOOLEAN *:255", "4\n"}, {"ENUMERATED *:01", "1\n"}};
    char *said;

    cr_assert(
        peer_run(&a, &said,
                 "at=$(openssl asn1parse -in leaf.pem | grep -A1 1.2.840.113741.1.13.1 | tail -n 1 | cut -d: "
                 "-f1); "
                 "{ openssl asn1parse -in leaf.pem; openssl asn1parse -in leaf.pem -strparse $at; } > dump"),
        "%s", said);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        cr_expect(peer_run(&a, &said, "grep -c '%s' dump", counts[i].of), "%s", said);
        cr_expect_str_eq(said, counts[i].want, "%s", counts[i].of);
    }
    cr_expect(peer_run(&a, &said, "grep 'HEX DUMP.:F053494D0000' dump"), "FMSPC: %s", said);
}

/* ---- the independent verifier of the vectors ------------------------------------------------------ */

/* A folder in the form of the vectors' own, for one piece of evidence. */
static void write_vector(const char *time, const char *verdict, const char *more)
{
    static const char form[] = "{\"id\":\"sim\",\"tee\":\"sgx\",\"kind\":\"synthetic\",\"verifier\":\"dcap\","
                               "\"verdict\":\"%s\",\"time\":\"%s\","
                               "\"inputs\":{\"quote\":\"quote.bin\",\"tcb_info\":\"tcb_info.json\",\"qe_"
                               "identity\":\"qe_identity.json\","
                               "\"tcb_issuer_chain\":\"signers.pem\",\"qe_issuer_chain\":\"signers.pem\","
                               "\"pck_crl\":\"pck_crl.der\","
                               "\"root_ca_crl\":\"root_ca_crl.der\",\"trust_root\":\"root.pem\"},%s}";
    char *said;

    peer_write("expected.json", slice_str(arena_printf(&a, form, verdict, time, more)));
    peer_write("index.json", slice_str("{\"vectors\":[{\"id\":\"sim\"}]}"));
    cr_assert(peer_run(&a, &said, "mkdir -p sim && cp *.bin *.json *.pem *.der sim/"), "%s", said);
}

Test(sim_peers, the_vectors_own_verifier_agrees, .init = begin, .fini = end)
{
    const char *vectors = vectors_folder(&a);
    char time[RFC3339_LEN + 1], from[RFC3339_LEN + 1], to[RFC3339_LEN + 1], *said;
    uint8_t *bytes = memcpy(arena_alloc(&a, quote.len), quote.ptr, quote.len);

    if (vectors == NULL ||
        !peer_run(&a, &said, "python3 -c 'import cryptography' && cp '%s/check.py' .", vectors)) {
        (void)fprintf(stderr,
                      "sim_peers: the vectors' verifier (check.py, python3-cryptography) was not present\n");
        cr_skip_test("check.py was not present");
    }
    rfc3339_format(time, now);
    rfc3339_format(from, now - 24 * 3600);
    rfc3339_format(to, now + 29 * 24 * 3600);
    write_vector(
        time, "ok",
        arena_printf(
            &a,
            "\"fields\":{\"tcb_status\":\"UpToDate\",\"fmspc\":\"f053494d0000\",\"pck_ca\":\"platform\","
            "\"isvprodid\":3,\"isvsvn\":4,\"debug\":false,\"qe_isvsvn\":8,"
            "\"tcb_evaluation_data_number\":20},"
            "\"window\":{\"not_before\":\"%s\",\"not_after\":\"%s\"}",
            from, to));
    cr_expect(peer_run(&a, &said, "python3 check.py"), "%s", said);
    cr_expect_str_eq(said, "1 vectors checked, 0 wrong\n");

    bytes[48 + 64] ^= 1; /* MRENCLAVE */
    peer_write("quote.bin", slice_of(bytes, quote.len));
    write_vector(time, "reject", "\"reason\":\"quote_sig\"");
    cr_expect(peer_run(&a, &said, "python3 check.py"), "%s", said);
    cr_expect_str_eq(said, "1 vectors checked, 0 wrong\n");
}

/* ---- the same of TDs ------------------------------------------------------------------------------ */

/* What this verifier says of it, in the words of the vectors. */
static const char *own_words(const struct collateral *c)
{
    const struct evidence e = {.kind = EVIDENCE_DCAP, .quote = quote};
    const struct appraisal what = {.evidence = &e, .collateral = c, .roots = sim_roots(), .now = now};
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1], *fields;
    scoped(json_release) json_t *doc = NULL;
    json_t *claims;
    struct verdict v;
    struct err err;
    size_t len;

    appraise(&what, &a, &v);
    cr_assert(v.genuine, "%s", v.reason.text);
    cr_assert(json_parse(slice_str(verdict_json(&v, &a)), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &doc, &err));
    claims = json_object_get(doc, "claims");
    cr_assert_eq(json_object_del(claims, "simulated"), 0);
    len = json_dumpb(claims, NULL, 0, JSON_COMPACT);
    fields = arena_alloc(&a, len + 1);
    (void)json_dumpb(claims, fields, len, JSON_COMPACT);
    rfc3339_format(from, v.not_before);
    rfc3339_format(to, v.not_after);
    return arena_printf(&a, "\"fields\":%s,\"window\":{\"not_before\":\"%s\",\"not_after\":\"%s\"}", fields, from, to);
}

Test(sim_peers, the_vectors_own_verifier_agrees_on_tds, .init = begin, .fini = end)
{
    static const struct {
        unsigned version;
        bool is_td15;
        uint8_t launch, module; /* SVN, version */
        const char *status;
    } rows[] = {
        {4, false, 5, 1, "UpToDate"},   {5, false, 3, 3, "OutOfDate"}, {5, true, 5, 1, "UpToDate"},
        {5, true, 4, 1, "TDRelaunchAdvised"}, {4, false, 5, 0, "UpToDate"},
    };
    const char *vectors = vectors_folder(&a);
    char time[RFC3339_LEN + 1], *said;

    if (vectors == NULL ||
        !peer_run(&a, &said, "python3 -c 'import cryptography' && cp '%s/check.py' .", vectors))
        cr_skip_test("check.py was not present");
    rfc3339_format(time, now);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sim_collateral_options o = {.tdx = true};
        const struct sim_quote_options q = {.version = rows[i].version, .trailing = 10 * i};
        struct sim_td td = sim_td_default;
        struct collateral c;
        struct err err;

        td.is_td15 = rows[i].is_td15;
        td.tee_tcb_svn[0] = rows[i].launch;
        td.tee_tcb_svn[1] = rows[i].module;
        cr_assert(sim_td_quote(&sim_platform_default, &td, report_data, &q, &a, &quote, &err) &&
                      sim_collateral(&sim_platform_default, &o, now, &a, &c, &err),
                  "%s", err.text);
        peer_write("quote.bin", quote);
        peer_write("signers.pem", c.tcb_issuer_chain);
        peer_write("tcb_info.json", c.tcb_info);
        peer_write("qe_identity.json", c.qe_identity);
        peer_write("pck_crl.der", c.pck_crl);
        peer_write("root_ca_crl.der", c.root_ca_crl);
        write_vector(time, "ok", own_words(&c));
        cr_expect(peer_run(&a, &said, "python3 check.py && grep -c '\"tcb_status\":\"%s\"' sim/expected.json",
                           rows[i].status),
                  "row %zu: %s", i, said);
        cr_expect_str_eq(said, "1 vectors checked, 0 wrong\n1\n", "row %zu: %s", i, said);
    }
}
