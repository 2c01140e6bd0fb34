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
static const struct san *manifest_names; /* NULL: the request's count */

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
    return authority_issue_marble(ca, &csr, manifest_names, UUID, "back end", 0, NOW, &a, &leaf, &err);
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
    static const char *const refused[] = {"mesh.example", "MESH.Example",   "mesh.example.", "*.example",
                                          "m*.example",   "*sh.example.",   "ME*H.Example",  "mesh*.example",
                                          "10.0.0.7",     "::ffff:10.0.0.7"};
    static const char *const welcome[] = {"localhost",       "x.mesh.example", "mesh.example.org",
                                          "*.mesh.example",  "example",        "n*.example",
                                          "m*h.example.org", "10.0.0.8",       "127.0.0.1"};
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

/* Go's programs take ::ffff:10.0.0.7 in a certificate for 10.0.0.7. */
Test(ca, an_address_of_the_coordinator_is_reserved_in_any_guise, .init = begin, .fini = end)
{
    static const uint8_t own[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 7},
                         other[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 8},
                         loopback[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    static char plain[] = "10.0.0.7", dotted[] = "10.0.0.7.", star[] = "*.0.0.7";
    static char *const dns[] = {plain, dotted, star};

    cr_expect_not(ask(NULL, 0, NULL, 0, &(struct slice){own, 16}, 1));
    cr_expect_eq(err.code, E_NAME_RESERVED);
    cr_expect(ask(NULL, 0, NULL, 0, &(struct slice){other, 16}, 1), "%s", err.text);
    for (size_t i = 0; i < sizeof dns / sizeof dns[0]; i++) {
        cr_expect_not(ask_dns(dns[i]), "%s", dns[i]);
        cr_expect_eq(err.code, E_NAME_RESERVED, "%s", dns[i]);
    }
    cr_expect(ask(NULL, 0, NULL, 0, &(struct slice){loopback, 16}, 1), "%s", err.text);
}

static void begin_wild(void)
{
    static char wild[] = "*.pool.example";
    static char *dns[] = {wild};
    const struct san names = {.dns = dns, .num_dns = 1};

    begin();
    authority_release(&ca);
    cr_assert(authority_new(&names, NOW, &ca, &err), "%s", err.text);
}

Test(ca, what_the_coordinators_own_wildcard_covers_is_reserved, .init = begin_wild, .fini = end)
{
    static const char *const refused[] = {"a.pool.example", "A.POOL.EXAMPLE.", "*.pool.example"};
    static const char *const welcome[] = {"pool.example", "a.b.pool.example", "*.example", "a.example"};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_expect_not(ask_dns(arena_strdup(&a, refused[i])), "%s", refused[i]);
        cr_expect_eq(err.code, E_NAME_RESERVED, "%s", refused[i]);
    }
    for (size_t i = 0; i < sizeof welcome / sizeof welcome[0]; i++)
        cr_expect(ask_dns(arena_strdup(&a, welcome[i])), "%s: %s", welcome[i], err.text);
}

Test(ca, with_names_of_the_manifest_nothing_is_the_requests, .init = begin, .fini = end)
{
    static char asked[] = "asked.example", given[] = "given.example", uri[] = "spiffe://m/marble/b/1",
                mesh[] = "mesh.example";
    static const uint8_t ip[] = {10, 0, 0, 9};
    char *dns[] = {given}, *uris[] = {uri}, *reserved[] = {mesh};
    struct slice ips[] = {{ip, 4}};
    const struct san names =
                         {.dns = dns, .num_dns = 1, .uris = uris, .num_uris = 1, .ips = ips, .num_ips = 1},
                     none = {0}, bad = {.dns = reserved, .num_dns = 1};
    const struct name_part subject[] = {{OID_COUNTRY, "DE"}};
    char *said;

    manifest_names = &names;
    char *list[] = {asked};
    cr_assert(ask(subject, 1, list, 1, NULL, 0), "%s", err.text);
    write_pem("leaf", leaf.cert);
    cr_assert(
        peer_run(&a, &said, "openssl x509 -in leaf -noout -subject -ext subjectAltName -nameopt oneline"));
    cr_expect_str_eq(said, "subject=CN = deadbeef-0000-0000-0000-000000000001\n"
                           "X509v3 Subject Alternative Name: \n"
                           "    DNS:given.example, IP Address:10.0.0.9, URI:spiffe://m/marble/b/1\n");
    char *own[] = {mesh};
    cr_expect(ask(NULL, 0, own, 1, NULL, 0), "what the request names is not looked at: %s", err.text);
    manifest_names = &none;
    cr_assert(ask(subject, 1, list, 1, NULL, 0), "%s", err.text);
    write_pem("leaf", leaf.cert);
    cr_assert(peer_run(&a, &said, "openssl x509 -in leaf -noout -text"));
    cr_expect_null(strstr(said, "Alternative"));
    manifest_names = &bad;
    cr_expect_not(ask(NULL, 0, NULL, 0, NULL, 0));
    cr_expect_str_eq(err.text,
                     "manifest: \"mesh.example\" is a name of the coordinator and not for a marble");
    manifest_names = NULL;
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
        {{foreign.root, good.intermediate, good.marble_root, good.root_key, good.key, {0}},
         "certificate authority: the certificate of the root is for another key"},
        {{good.root, foreign.intermediate, good.marble_root, good.root_key, good.key, {0}},
         "certificate authority: the certificate of the intermediate is for another key"},
        {{good.root, good.intermediate, foreign.marble_root, good.root_key, good.key, {0}},
         "certificate authority: the certificate of the marble root is for another key"},
        {{good.root, good.intermediate, good.marble_root, good.root_key, {0}, {0}},
         "certificate authority: "},
        {{{0}, good.intermediate, good.marble_root, good.root_key, good.key, {0}}, "certificate authority: "},
        {{good.root, good.intermediate, good.marble_root, good.root_key, good.key, good.root_key},
         "certificate authority: "},
        {{good.root, good.marble_root, good.marble_root, good.root_key, good.key, {0}},
         "certificate authority: "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct authority *none = NULL;

        cr_expect_not(authority_load(&cases[i].parts, &none, &err), "%zu", i);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%zu", i);
        cr_expect_eq(strncmp(err.text, cases[i].text, strlen(cases[i].text)), 0, "%s", err.text);
        cr_expect_null(none);
    }
}

/* ---- rotation ------------------------------------------------------------------------------------- */

Test(ca, rotation_keeps_the_root_and_renews_the_rest, .init = begin, .fini = end)
{
    static char name[] = "worker";
    scoped(authority_release) struct authority *next = NULL;
    struct issued old_leaf;
    struct san san;
    char *said;

    cr_assert(ask_dns(name));
    old_leaf = leaf;
    cr_assert(authority_rotate(ca, NOW + 100, &next, &err), "%s", err.text);
    cr_expect(slice_equal(next->root.der, ca->root.der));
    cr_expect_not(slice_equal(next->intermediate.spki, ca->intermediate.spki));
    cr_expect(slice_equal(next->intermediate.spki, next->marble_root.spki));
    cr_expect(slice_equal(next->intermediate.subject, ca->intermediate.subject));
    cr_expect_eq(next->intermediate.not_before, NOW + 100);
    cr_assert(cert_san(&next->marble_root, &a, &san, &err));
    cr_expect(san.num_dns == 2 && san.num_ips == 3, "all names of the root");
    write_pem("root", next->root.der);
    write_pem("intermediate", next->intermediate.der);
    write_pem("marble-root", next->marble_root.der);
    write_pem("old-leaf", old_leaf.cert);
    cr_expect_not(peer_run(&a, &said, "openssl verify -CAfile root -untrusted intermediate old-leaf"));
    authority_release(&ca);
    ca = next;
    next = NULL;
    cr_assert(ask_dns(name), "%s", err.text);
    write_pem("leaf", leaf.cert);
    cr_expect(
        peer_run(
            &a, &said,
            "openssl verify -x509_strict -attime %d -purpose sslserver -CAfile root -untrusted intermediate "
            "leaf && openssl verify -x509_strict -attime %d -purpose sslclient -CAfile marble-root leaf",
            NOW + 101, NOW + 101),
        "%s", said);
}

/* ---- a state that MarbleRun wrote ----------------------------------------------------------------- */

static struct slice pem_der(const char *name)
{
    struct slice text = peer_read(&a, name);
    struct pem_block block;

    do
        cr_assert(pem_next(&text, &a, &block, &err), "%s", err.text);
    while (slice_equal(block.label, slice_str("EC PARAMETERS")));
    cr_assert_not_null(block.der.ptr);
    return block.der;
}

/* Its keys are on P-384 and stand alone, its certificates are signed with ECDSA and SHA-384. */
static struct authority_parts marblerun_parts(void)
{
    char *said;

    cr_assert(
        peer_run(
            &a, &said,
            "set -e; ext='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\n"
            "extendedKeyUsage=serverAuth,clientAuth\nsubjectKeyIdentifier=hash\n"
            "subjectAltName=DNS:old.example,IP:127.0.0.1,IP:::1\n'; printf \"$ext\" > ext; "
            "for k in root key; do openssl ecparam -name secp384r1 -genkey -noout -out $k.pem; done; "
            "s=/CN='MarbleRun Coordinator'; i=\"$s - Intermediate CA\"; "
            "openssl req -new -key root.pem -subj \"$s\" | openssl x509 -req -sha384 -signkey root.pem -days "
            "100000 "
            "-extfile ext -out root.crt; "
            "openssl req -new -key key.pem -subj \"$i\" | tee csr | openssl x509 -req -sha384 -signkey "
            "key.pem "
            "-days 100000 -extfile ext -out marble.crt; "
            "openssl x509 -req -sha384 -in csr -CA root.crt -CAkey root.pem -CAcreateserial -days 100000 "
            "-extfile ext -out intermediate.crt"),
        "%s", said);
    return (struct authority_parts){pem_der("root.crt"), pem_der("intermediate.crt"), pem_der("marble.crt"),
                                    pem_der("root.pem"), pem_der("key.pem"),          {0}};
}

Test(ca, an_authority_of_marblerun_is_loaded_and_used, .init = begin, .fini = end)
{
    static char name[] = "worker";
    const struct authority_parts parts = marblerun_parts();
    const int64_t now = 1800000000;
    scoped(authority_release) struct authority *next = NULL;
    scoped(secret_wipe) struct secret scalar = {0};
    struct slice signature;
    char *said;

    authority_release(&ca);
    cr_assert(authority_load(&parts, &ca, &err), "%s", err.text);
    cr_expect_not_null(ca->client_identity);
    cr_expect_eq(key_type_of(&ca->root_key), KEY_P384);
    cr_assert(ask_dns(name), "%s", err.text);
    write_pem("leaf", leaf.cert);
    cr_expect(
        peer_run(
            &a, &said,
            "openssl verify -attime %lld -CAfile root.crt -untrusted intermediate.crt leaf && openssl verify "
            "-attime %lld -CAfile marble.crt leaf && openssl x509 -in leaf -noout -text | grep "
            "ecdsa-with-SHA384",
            (long long)now, (long long)now),
        "%s", said);
    cr_assert(key_sign_as(&ca->root_key, SIG_ECDSA_SHA256, slice_str("m"), &a, &signature, &err));
    cr_expect(spki_verify(ca->root.spki, SIG_ECDSA_SHA256, slice_str("m"), signature, &err));
    key_to_scalar(&ca->root_key, &scalar);
    cr_expect_eq(scalar.len, 48, "the root secret of very old states");
    cr_expect(slice_equal(authority_parts(ca, &a).root_key, parts.root_key), "written as it was read");
    cr_assert(authority_rotate(ca, now, &next, &err), "%s", err.text);
    cr_expect(slice_equal(next->root.der, parts.root));
    cr_expect_eq(key_type_of(&next->key), KEY_P256);
    cr_expect(cert_signed_by(&next->intermediate, &next->root, &err), "%s", err.text);
    write_pem("new", next->intermediate.der);
    cr_expect(peer_run(&a, &said, "openssl verify -attime %lld -CAfile root.crt new", (long long)now + 1),
              "%s", said);
}

/* ---- recognising a marble -------------------------------------------------------------------------- */

static bool recognise(const struct authority *by, struct slice *chain, size_t num, int64_t now,
                      const char **type, struct uuid *uuid)
{
    err = (struct err){0};
    return authority_marble_of(by, chain, num, now, &a, type, uuid, &err);
}

Test(ca, a_marble_is_known_by_the_certificate_whose_key_it_proved, .init = begin, .fini = end)
{
    static char name[] = "worker";
    struct slice chain[3];
    struct uuid uuid = {{0}};
    const char *type = NULL;

    cr_assert(ask_dns(name));
    chain[0] = ca->root.der;
    chain[1] = leaf.cert;
    chain[2] = slice_str("rubbish");
    cr_assert(recognise(ca, chain + 1, 2, NOW + 1, &type, &uuid), "%s", err.text);
    cr_expect_str_eq(type, "back end");
    cr_expect_eq(memcmp(&uuid, &UUID, sizeof uuid), 0);
    cr_expect_not(recognise(ca, chain, 3, NOW + 1, &type, &uuid), "behind a certificate of somebody else");
}

Test(ca, others_are_no_marbles, .init = begin, .fini = end)
{
    static char name[] = "worker";
    scoped(authority_release) struct authority *next = NULL;
    const struct name_part cn = {OID_COMMON_NAME, "00000000-0000-0000-0000-000000000001"};
    const struct extension type = {slice_of("\x2b\xcd\x2f\x02\x01", 5), slice_str("back end"), false};
    struct cert_spec specs[4];
    struct issued made[4];
    struct uuid uuid;
    const char *found;

    for (size_t i = 0; i < 4; i++) {
        specs[i] = (struct cert_spec){.subject = &cn,
                                      .num_subject = 1,
                                      .not_before = NOW,
                                      .not_after = NOW + 100,
                                      .eku_server = true,
                                      .path_len = -1,
                                      .extra = &type,
                                      .num_extra = 1};
    }
    specs[1].num_extra = 0;
    specs[2].num_subject = 0;
    specs[3].eku_server = false;
    specs[3].eku_client = true;
    for (size_t i = 0; i < 4; i++) {
        cr_assert(authority_issue(ca, &specs[i], &client, &a, &made[i], &err), "%s", err.text);
        cr_expect_eq(recognise(ca, &made[i].cert, 1, NOW + 1, &found, &uuid), i == 0, "%zu: %s", i, err.text);
        cr_expect(i == 0 || err.code == E_CERT_CHAIN);
    }
    cr_expect_not(recognise(ca, &made[0].cert, 1, NOW + 101, &found, &uuid), "expired");
    cr_expect_not(recognise(ca, &made[0].cert, 0, NOW + 1, &found, &uuid));
    cr_expect_str_eq(err.text, "expected a marble's certificate, found none");
    cr_expect_not(recognise(ca, &ca->marble_root.der, 1, NOW + 1, &found, &uuid));
    cr_expect_not(recognise(ca, &ca->intermediate.der, 1, NOW + 1, &found, &uuid));
    cr_assert(ask_dns(name));
    cr_assert(authority_rotate(ca, NOW, &next, &err));
    cr_expect_not(recognise(next, &leaf.cert, 1, NOW + 1, &found, &uuid), "of before the last update");
    cr_expect_eq(err.code, E_CERT_CHAIN);
}
