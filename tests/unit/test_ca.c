/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "coordinator/ca.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

enum { NOW = 1790000000 };

static struct arena a;
static struct err err;
static struct authority *ca;
static struct key client;
static struct issued leaf;

static struct san server_names(void)
{
    static char mesh[] = "mesh.example", localhost[] = "localhost";
    static char *dns[] = {mesh, localhost};
    static const uint8_t v4[] = {127, 0, 0, 1}, own[] = {10, 0, 0, 7}, v6[16] = {[15] = 1};
    static struct slice ips[] = {{own, 4}, {v4, 4}, {v6, 16}};

    return (struct san){.dns = dns, .num_dns = 2, .ips = ips, .num_ips = 3};
}

static void begin(void)
{
    const struct san names = server_names();

    pki_init();
    net_init();
    peer_begin();
    cr_assert(authority_new(&names, NOW, &ca, &err), "%s", err.text);
    cr_assert(key_generate(KEY_P256, &client, &err));
}

static void end(void)
{
    authority_release(&ca);
    key_wipe(&client);
    arena_wipe(&a);
    peer_end();
}

static void write_pem(const char *name, struct slice der)
{
    peer_write(name, slice_str(pem_text(&a, "CERTIFICATE", der)));
}

static const struct uuid UUID = {{0xde, 0xad, 0xbe, 0xef, [15] = 1}};

static bool ask(const struct name_part *parts, size_t num, char **dns, size_t num_dns, struct slice *ips,
                size_t num_ips)
{
    const struct san san = {.dns = dns, .num_dns = num_dns, .ips = ips, .num_ips = num_ips};
    struct slice der;
    struct csr csr;

    cr_assert(csr_make(&client, name_build(&a, parts, num), &san, &a, &der, &err), "%s", err.text);
    cr_assert(csr_parse(der, &a, &csr, &err), "%s", err.text);
    return authority_issue_marble(ca, &csr, UUID, "back end", NOW, &a, &leaf, &err);
}

static bool ask_dns(char *name) { return ask(NULL, 0, &name, 1, NULL, 0); }

Test(ca, openssl_verifies_both_chains, .init = begin, .fini = end)
{
    static char name[] = "worker";
    char *said;

    cr_assert(ask_dns(name), "%s", err.text);
    write_pem("root", ca->root.der);
    write_pem("intermediate", ca->intermediate.der);
    write_pem("marble-root", ca->marble_root.der);
    write_pem("leaf", leaf.cert);
    cr_expect(
        peer_run(&a, &said,
                 "openssl verify -x509_strict -purpose sslserver -CAfile root -untrusted intermediate leaf"),
        "%s", said);
    cr_expect(peer_run(&a, &said, "openssl verify -x509_strict -purpose sslclient -CAfile marble-root leaf"),
              "%s", said);
    cr_expect_not(peer_run(&a, &said, "openssl verify -CAfile root leaf"), "%s", said);
    cr_expect(peer_run(&a, &said, "openssl verify -verify_hostname mesh.example -CAfile root root"), "%s",
              said);
    cr_expect(peer_run(&a, &said, "openssl verify -verify_ip 10.0.0.7 -CAfile root intermediate"), "%s",
              said);
}

Test(ca, authorities_have_the_profile_of_marblerun, .init = begin, .fini = end)
{
    const struct {
        const struct cert *cert;
        const char *name, *issuer;
    } cases[] = {
        {&ca->root, "MarbleRun Coordinator", "MarbleRun Coordinator"},
        {&ca->intermediate, "MarbleRun Coordinator - Intermediate CA", "MarbleRun Coordinator"},
        {&ca->marble_root, "MarbleRun Coordinator - Intermediate CA",
         "MarbleRun Coordinator - Intermediate CA"},
    };

    for (size_t i = 0; i < 3; i++) {
        const struct cert *c = cases[i].cert;
        struct san san;

        cr_expect(slice_equal(cert_common_name(c), slice_str(cases[i].name)));
        cr_expect_str_eq(name_text(&a, c->issuer), arena_printf(&a, "CN=%s", cases[i].issuer));
        cr_expect(c->is_ca && !c->has_path_len);
        cr_expect_eq(c->key_usage, KU_DIGITAL_SIGNATURE | KU_CERT_SIGN);
        cr_expect_eq(c->not_before, NOW);
        cr_expect_eq(c->not_after, NOW + CA_VALIDITY);
        cr_assert(cert_san(c, &a, &san, &err));
        cr_expect_eq(san.num_dns, 2);
        cr_expect_eq(san.num_ips, 3);
    }
    cr_expect(slice_equal(ca->intermediate.spki, ca->marble_root.spki));
    cr_expect_not(slice_equal(ca->root.spki, ca->intermediate.spki));
}

Test(ca, a_marble_gets_the_names_it_asked_for_and_none_of_the_subject_that_is_ours, .init = begin,
     .fini = end)
{
    static char one[] = "worker.example", two[] = "localhost";
    static char *dns[] = {one, two};
    static const uint8_t v4[] = {127, 0, 0, 1};
    struct slice ips[] = {{v4, 4}};
    const struct name_part subject[] = {{OID_COUNTRY, "DE"},
                                        {OID_ORGANIZATION, "Not mine"},
                                        {OID_COMMON_NAME, "root"},
                                        {OID_LOCALITY, "Bochum"}};
    const struct extension *type = NULL;
    struct cert c;
    struct san san;

    cr_assert(ask(subject, 4, dns, 2, ips, 1), "%s", err.text);
    cr_assert(cert_parse(leaf.cert, &a, &c, &err));
    cr_expect_str_eq(name_text(&a, c.subject), "C=DE, L=Bochum, CN=deadbeef-0000-0000-0000-000000000001");
    cr_expect(slice_equal(c.issuer, ca->marble_root.subject));
    cr_assert(cert_san(&c, &a, &san, &err));
    cr_assert_eq(san.num_dns, 2);
    cr_expect_str_eq(san.dns[0], "worker.example");
    cr_expect_eq(san.num_ips, 1);
    cr_expect_not(c.is_ca);
    cr_expect_eq(c.key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
    cr_expect_eq(c.not_after, NOW + CA_VALIDITY);
    cr_expect(slice_equal(c.spki, leaf.public_key));
    cr_expect_not(slice_equal(c.spki, key_spki(&client, &a)), "the request's key is not certified");
    for (size_t i = 0; i < c.num_extensions; i++)
        if (strcmp(oid_to_text(&a, c.extensions[i].oid), "1.3.9903.2.1") == 0)
            type = &c.extensions[i];
    cr_assert_not_null(type);
    cr_expect(slice_equal(type->value, slice_str("back end")), "the bare bytes");
    cr_expect_not(type->critical);
}

Test(ca, each_activation_has_a_key_of_its_own, .init = begin, .fini = end)
{
    static char name[] = "worker";
    struct slice first;

    cr_assert(ask_dns(name));
    first = leaf.public_key;
    cr_assert(ask_dns(name));
    cr_expect_not(slice_equal(first, leaf.public_key));
}

Test(ca, names_of_the_coordinator_are_reserved, .init = begin, .fini = end)
{
    static const char *const refused[] = {"mesh.example", "MESH.Example", "mesh.example.", "*.example"};
    static const char *const welcome[] = {"localhost", "x.mesh.example", "mesh.example.org", "*.mesh.example",
                                          "example"};
    static const uint8_t own[] = {10, 0, 0, 7}, other[] = {10, 0, 0, 8}, loopback[] = {127, 0, 0, 1};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_expect_not(ask_dns(arena_strdup(&a, refused[i])), "%s", refused[i]);
        cr_expect_eq(err.code, E_NAME_RESERVED);
        cr_expect_str_eq(
            err.text,
            arena_printf(&a, "certificate request: \"%s\" is a name of the coordinator and not for a marble",
                         refused[i]));
    }
    for (size_t i = 0; i < sizeof welcome / sizeof welcome[0]; i++)
        cr_expect(ask_dns(arena_strdup(&a, welcome[i])), "%s: %s", welcome[i], err.text);
    cr_expect_not(ask(NULL, 0, NULL, 0, &(struct slice){own, 4}, 1));
    cr_expect_str_eq(
        err.text, "certificate request: IP address 0a000007 (hexadecimal) is the coordinator's and not for "
                  "a marble");
    cr_expect(ask(NULL, 0, NULL, 0, &(struct slice){other, 4}, 1));
    cr_expect(ask(NULL, 0, NULL, 0, &(struct slice){loopback, 4}, 1));
}

Test(ca, comes_back_from_its_parts, .init = begin, .fini = end)
{
    const struct authority_parts parts = authority_parts(ca, &a);
    scoped(authority_release) struct authority *again = NULL;

    cr_assert(authority_load(&parts, &again, &err), "%s", err.text);
    cr_expect(slice_equal(again->root.der, ca->root.der));
    cr_expect_eq(again->names.num_dns, 2);
    cr_expect_not_null(again->client_identity);
    cr_expect_not_null(again->mesh_identity);
}

Test(ca, parts_that_do_not_belong_together_are_refused, .init = begin, .fini = end)
{
    const struct authority_parts good = authority_parts(ca, &a);
    const struct san names = server_names();
    scoped(authority_release) struct authority *other = NULL;

    cr_assert(authority_new(&names, NOW, &other, &err));
    const struct authority_parts foreign = authority_parts(other, &a);
    const struct {
        struct authority_parts parts;
        const char *text;
    } cases[] = {
        {{foreign.root, good.intermediate, good.marble_root, good.root_key, good.key},
         "certificate authority: the certificate of the root is for another key"},
        {{good.root, foreign.intermediate, good.marble_root, good.root_key, good.key},
         "certificate authority: the certificate of the intermediate is for another key"},
        {{good.root, good.intermediate, foreign.marble_root, good.root_key, good.key},
         "certificate authority: the certificate of the marble root is for another key"},
        {{good.root, good.intermediate, good.marble_root, good.root_key, {0}}, "certificate authority: "},
        {{{0}, good.intermediate, good.marble_root, good.root_key, good.key}, "certificate authority: "},
        {{good.root, good.marble_root, good.marble_root, good.root_key, good.key}, "certificate authority: "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct authority *none = NULL;

        cr_expect_not(authority_load(&cases[i].parts, &none, &err), "%zu", i);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%zu", i);
        cr_expect_eq(strncmp(err.text, cases[i].text, strlen(cases[i].text)), 0, "%s", err.text);
        cr_expect_null(none);
    }
}
