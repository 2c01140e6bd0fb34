/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates from manifests' templates, against what Go makes of the same text: MarbleRun decodes it with
 * Go's encoding/json and issues with Go's crypto/x509. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/secrets.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"

enum { NOW = 1790000000, DAY = 86400 };

static struct arena a;
static struct err err;
static struct authority *ca;
static char *said;

static void begin(void)
{
    const struct san none = {0};

    json_init();
    pki_init();
    net_init();
    peer_begin();
    cr_assert(authority_new(&none, NOW, &ca, &err), "%s", err.text);
}

static void end(void)
{
    authority_release(&ca);
    arena_wipe(&a);
    peer_end();
}

static bool has_go(void)
{
    if (!peer_run(&a, &said, "command -v go"))
        return false;
    cr_assert(peer_run(&a, &said,
                       "GO111MODULE=off GOTOOLCHAIN=local go build -o go_peer %s/support/go_peer.go",
                       TESTS_FOLDER),
              "%s", said);
    return true;
}

static const char *quoted(const char *text)
{
    char *json = arena_strdup(&a, text);

    for (char *p = json; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    return json;
}

static bool make(const char *type, const char *cert, struct secret_value *out)
{
    const char *text = quoted(arena_printf(&a,
                                           "{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'"
                                           "}},'Secrets':{'c':{%s,'Shared':true,"
                                           "'Cert':%s}}}",
                                           type, cert));
    struct manifest *m = arena_alloc(&a, sizeof *m);
    const uint8_t root[ROOT_SECRET_LEN] = {0};
    struct kept_secrets kept;

    err = (struct err){0};
    if (!manifest_parse(slice_str(text), &a, m, &err) || !manifest_check(m, &err) ||
        !secrets_begin(m, slice_of(root, sizeof root), ca, NOW, &a, &kept, &err))
        return false;
    *out = kept.now.values[0];
    return true;
}

#define ECDSA "'Type':'cert-ecdsa','Size':256"

static const char *const templates[] = {
    "{}",
    "{'Subject':{'CommonName':'cn','Organization':['b','a'],'Country':['DE'],'OrganizationalUnit':['ou'],'"
    "Locality':["
    "'L'],'Province':['P'],'StreetAddress':['s 1'],'PostalCode':['12'],'SerialNumber':'42'}}",
    "{'Subject':{'ExtraNames':[{'Type':[0,9,2342,19200300,100,1,25],'Value':'example'},{'Type':[0,9,2342,"
    "19200300,100,"
    "1,25],'Value':'com'},{'Type':[2,5,4,10],'Value':'m\xc3\xbcll@r'}],'Organization':['gone']}}",
    "{'DNSNames':['one.example']}",
    "{'dnsnames':['a.example','*.b.example'],'IPADDRESSES':['10.1.2.3','fd00::1','::ffff:1.2.3.4'],'"
    "EmailAddresses':["
    "'a@b.example']}",
    "{'URIs':[{'Scheme':'spiffe','Host':'mesh','Path':'/a b/\xc3\xa4','RawQuery':'x=1','Fragment':'f/ "
    "f'},{'Scheme':"
    "'urn','Opaque':'x:y'},{'Path':'rel/a'},{'Scheme':'file','Path':'/x'}]}",
    "{'KeyUsage':256}",
    "{'KeyUsage':129,'ExtKeyUsage':[0,3,4,5,6,7,8,9,10,11,12,13],'UnknownExtKeyUsage':[[1,3,6,1,4,1,1],[2,"
    "999,3]]}",
    "{'UnknownExtKeyUsage':[[1,2,3]]}",
    "{'IsCA':true,'KeyUsage':32}",
    "{'IsCA':true,'MaxPathLenZero':true}",
    "{'IsCA':true,'MaxPathLen':3}",
    "{'IsCA':true,'MaxPathLen':-1,'SubjectKeyId':'AQIDBA=='}",
    "{'OCSPServer':['http://o.example'],'IssuingCertificateURL':['http://i.example/1','http://i.example/2'],"
    "'CRLDistributionPoints':['http://c.example/a','http://c.example/b']}",
    "{'IsCA':true,'PermittedDNSDomainsCritical':true,'PermittedDNSDomains':['.example'],'ExcludedDNSDomains':"
    "['x'],"
    "'PermittedIPRanges':[{'IP':'10.0.0.0','Mask':'/"
    "wAAAA=='}],'ExcludedIPRanges':[{'IP':'fd00::','Mask':[255,0,0,0,0,0,"
    "0,0,0,0,0,0,0,0,0,0]}],'PermittedEmailAddresses':['b.example'],'ExcludedEmailAddresses':['x@b.example'],"
    "'PermittedURIDomains':['.u.example'],'ExcludedURIDomains':['v.example']}",
    "{'ExcludedDNSDomains':['only.example']}",
    "{'SignatureAlgorithm':11}",
    "{'SignatureAlgorithm':12}",
    "{'ExtraExtensions':[{'Id':[1,3,9903,5],'Value':'BQA='},{'Id':[2,5,29,17],'Critical':true,'Value':"
    "'MAWCA2ZvbwA='}]}",
    "{'RawSubject':'MAwxCjAIBgNVBAMMAXg='}",
    "{'SerialNumber':7,'NotBefore':'2020-01-01T00:00:00Z','AuthorityKeyId':'AQ==','PolicyIdentifiers':[[1,2,"
    "3]],"
    "'Version':1,'Issuer':{'CommonName':'x'}}",
};

Test(cert_templates, are_honoured_to_the_byte_as_go_does, .init = begin, .fini = end)
{
    if (!has_go())
        cr_skip_test("Go is not installed");
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        const char *text = templates[i];
        struct secret_value v;

        cr_assert(make(ECDSA, text, &v), "%zu: %s", i, err.text);
        peer_write("template.json", slice_str(quoted(text)));
        peer_write("c.pem", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
        cr_expect(peer_run(&a, &said, "GODEBUG=x509usepolicies=1 ./go_peer template template.json c.pem"),
                  "%s\n%s", text, said);
    }
}

/* Newer versions of Go alone write Policies. */
Test(cert_templates, policies_are_written, .init = begin, .fini = end)
{
    struct secret_value v;

    cr_assert(make(ECDSA, "{'Policies':['2.23.140.1.2.1','1.3.6.1.4.1.9']}", &v), "%s", err.text);
    peer_write("c.pem", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
    cr_assert(peer_run(&a, &said, "openssl x509 -in c.pem -noout -ext certificatePolicies"), "%s", said);
    cr_expect_not_null(strstr(said, "Policy: 2.23.140.1.2.1"), "%s", said);
    cr_expect_not_null(strstr(said, "Policy: 1.3.6.1.4.1.9"), "%s", said);
}

Test(cert_templates, go_and_openssl_verify_every_type, .init = begin, .fini = end)
{
    static const char *const types[] = {ECDSA, "'Type':'cert-ecdsa','Size':224",
                                        "'Type':'cert-ecdsa','Size':521", "'Type':'cert-rsa','Size':2048",
                                        "'Type':'cert-ed25519'"};
    const bool go = has_go();

    peer_write("marble.pem", slice_str(pem_text(&a, "CERTIFICATE", ca->marble_root.der)));
    peer_write("root.pem", slice_str(pem_text(&a, "CERTIFICATE", ca->root.der)));
    peer_write("intermediate.pem", slice_str(pem_text(&a, "CERTIFICATE", ca->intermediate.der)));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct secret_value v;

        cr_assert(make(types[i], "{'DNSNames':['x.example']}", &v), "%s", err.text);
        peer_write("c.pem", slice_str(pem_text(&a, "CERTIFICATE", v.cert)));
        cr_expect(
            peer_run(
                &a, &said,
                "openssl verify -attime %d -CAfile marble.pem c.pem && openssl verify -attime %d -CAfile "
                "root.pem -untrusted intermediate.pem c.pem",
                NOW + 1, NOW + 1),
            "%s", said);
        cr_expect(!go ||
                      peer_run(&a, &said,
                               "./go_peer verify marble.pem marble.pem c.pem %d && ./go_peer verify root.pem "
                               "intermediate.pem c.pem %d",
                               NOW + 1, NOW + 1),
                  "%s: %s", types[i], said);
    }
}

Test(cert_templates, a_finished_certificate_is_a_template_too, .init = begin, .fini = end)
{
    struct secret_value first, again;
    struct cert c, d;
    struct san san;

    cr_assert(
        make(ECDSA,
             "{'Subject':{'ExtraNames':[{'Type':[2,5,4,12],'Value':'Dr'}]},'NotAfter':'2031-01-01T00:00:00Z',"
             "'IsCA':true,'MaxPathLen':1,'KeyUsage':33,'DNSNames':['f.example'],'IPAddresses':['10.0.0.1'],"
             "'ExtKeyUsage':[3],'ExtraExtensions':[{'Id':[1,3,9903,5],'Value':'BQA='}]}",
             &first),
        "%s", err.text);
    cr_assert(make(ECDSA, arena_printf(&a, "'%s'", base64_text(&a, first.cert, BASE64_STD)), &again), "%s",
              err.text);
    cr_assert(cert_parse(first.cert, &a, &c, &err) && cert_parse(again.cert, &a, &d, &err));
    cr_expect_not(slice_equal(c.spki, d.spki), "for another key");
    cr_expect(slice_equal(c.subject, d.subject));
    cr_expect_eq(c.not_after, d.not_after);
    cr_expect(d.is_ca && d.has_path_len && d.path_len == 1 && d.key_usage == 33);
    cr_expect_eq(c.num_extensions, d.num_extensions);
    for (size_t i = 0; i < c.num_extensions; i++) {
        const struct extension *e = cert_extension(&d, c.extensions[i].oid);

        cr_assert_not_null(e);
        cr_expect(slice_equal(e->oid, OID_SUBJECT_KEY_ID) || slice_equal(e->value, c.extensions[i].value));
        cr_expect_eq(e->critical, c.extensions[i].critical);
    }
    cr_assert(cert_san(&d, &a, &san, &err));
    cr_expect(san.num_dns == 1 && san.num_ips == 1);
}

Test(cert_templates, terms_follow_the_rules, .init = begin, .fini = end)
{
    static const struct {
        const char *type, *cert;
        int64_t not_after;
        unsigned valid_for;
    } cases[] = {
        {ECDSA, "{}", NOW + 365 * (int64_t)DAY, 365},
        {ECDSA ",'ValidFor':7", "{}", NOW + 7 * DAY, 7},
        {ECDSA ",'ValidFor':7", "{'NotAfter':'0001-01-01T00:00:00Z'}", NOW + 7 * DAY, 7},
        {ECDSA, "{'NotAfter':'2030-01-31T12:00:00.5+02:00'}", 1896084000, 0},
        {ECDSA, "{'NotAfter':'2060-01-01T00:00:00Z'}", 2840140800, 0},
        {ECDSA ",'ValidFor':1000000", "{}", NOW + 1000000 * (int64_t)DAY, 1000000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct secret_value v;
        struct cert c;

        cr_assert(make(cases[i].type, cases[i].cert, &v), "%zu: %s", i, err.text);
        cr_assert(cert_parse(v.cert, &a, &c, &err));
        cr_expect_eq(c.not_before, NOW);
        cr_expect_eq(c.not_after, cases[i].not_after, "%zu: %lld", i, (long long)c.not_after);
        cr_expect_not_null(strstr(arena_strndup(&a, secret_value_encode(&v, &a)),
                                  arena_printf(&a, "\"ValidFor\":%u,", cases[i].valid_for)));
    }
}

/* ---- bounds --------------------------------------------------------------------------------------- */

Test(cert_templates, more_than_a_certificate_holds_is_refused, .init = begin, .fini = end)
{
    const char *name =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example";
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);
    struct secret_value v;

    for (size_t i = 0; i <= LIMIT_CERTIFICATE / strlen(name); i++)
        buf_printf(&b, "%s'%s'", i > 0 ? "," : "", name);
    cr_expect_not(make(ECDSA, arena_printf(&a, "{'DNSNames':[%.*s]}", (int)b.len, (char *)b.ptr), &v));
    cr_expect_str_eq(err.text,
                     arena_printf(&a,
                                  "secret \"c\": issuing a certificate: expected at most %d bytes, and "
                                  "dates in the years 0 to 9999",
                                  LIMIT_CERTIFICATE));
    cr_expect_not(make(ECDSA, arena_printf(&a, "{'OCSPServer':[%.*s]}", (int)b.len, (char *)b.ptr), &v));
    cr_expect_eq(err.code, E_SECRET_VALUE);
    cr_expect_str_eq(err.text,
                     arena_printf(&a,
                                  "secret \"c\": Cert: extension 1.3.6.1.5.5.7.1.1 takes more than the "
                                  "%d bytes of a certificate",
                                  LIMIT_CERTIFICATE));
}
