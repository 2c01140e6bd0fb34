/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest may say, place by place: each rule has rows that hold and rows that are refused. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/manifests.h"

static void prepare(void)
{
    secret_init();
    pki_init();
    json_init();
}
TestSuite(manifest_check, .init = prepare);

Test(manifest_check, packages_are_judged_where_marbles_use_them)
{
    static const struct row rows[] = {
        {"{}", E_MANIFEST_EMPTY, "$.Packages: expected at least one package, found none"},
        {"{'Packages':{'p':{'UniqueID':'00'}}}", E_MANIFEST_EMPTY,
         "$.Marbles: expected at least one marble, found none"},
        {"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'q'}}}", E_MANIFEST_PACKAGE_UNKNOWN,
         "marble \"m\" names package \"q\", which the manifest does not define"},
        {"{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':null}}", E_MANIFEST_PACKAGE_UNKNOWN,
         "marble \"m\" names package \"\", which the manifest does not define"},
        {"{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}}}", E_PACKAGE_INCOMPLETE,
         "package \"p\" of marble \"m\": UniqueID is not given, and without it these are missing: SignerID, "
         "ProductID, SecurityVersion"},
        {"{'Packages':{'p':{'SignerID':'00','ProductID':0,'SecurityVersion':0}},'Marbles':{'m':{'Package':'p'"
         "}}}",
         E_NONE, NULL},
        {"{'Packages':{'p':{'UniqueID':'00','ProductID':0}},'Marbles':{'m':{'Package':'p'}}}",
         E_PACKAGE_CONFLICT, "package \"p\" of marble \"m\": UniqueID is given together with ProductID"},
        {"{'Packages':{'p':{'UniqueID':'00'},'unused':{}},'Marbles':{'m':{'Package':'p'}}}", E_NONE, NULL},
        {"{'Packages':{'p':{'Debug':true,'ProductID':1}},'Marbles':{'m':{'Package':'p'}}}", E_NONE, NULL},
    };

    EXPECT_ROWS(rows, "@");
}

Test(manifest_check, marbles_and_their_values)
{
    static const struct row rows[] = {
        {"'MaxActivations':18446744073709551616", E_MANIFEST_SYNTAX,
         "$.Marbles.m.MaxActivations: 18446744073709551616 is not between 0 and 18446744073709551615"},
        {"'MaxActivations':-0", E_MANIFEST_SYNTAX,
         "$.Marbles.m.MaxActivations: -0 is not between 0 and 18446744073709551615"},
        {"'MaxActivations':18446744073709551615", E_NONE, NULL},
        {"'Parameters':{'Files':{'f':null}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: expected a string, or an object with Data"},
        {"'Parameters':{'Env':{'E':1}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: expected a string, or an object with Data"},
        {"'Parameters':{'Env':{'E':['x']}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: expected a string, or an object with Data"},
        {"'Parameters':{'Files':{'/a b':{'Data':'0','Encoding':'hex'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files[\"/a b\"].Data: not an even number of hexadecimal digits"},
        {"'Parameters':{'Files':{'f':{'Data':'YQ','Encoding':'base64'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Data: not valid base64 (RFC 4648, padded)"},
        {"'Parameters':{'Files':{'f':{'Data':'YQ==','Encoding':'base65'}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Encoding: \"base65\" is none of string, base64, hex"},
        {"'Parameters':{'Files':{'f':{'Data':1}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.Data: expected a string, found a whole number"},
        {"'Parameters':{'Files':{'f':{'Data':'a','NoTemplates':0}}}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Files.f.NoTemplates: expected true or false, found a whole number"},
        {"'Parameters':{'Files':{'f':{}}}", E_NONE, NULL},
        {"'Parameters':{'Files':{'f':{'Data':'Y\\r\\nQ==','Encoding':'BASE64'},'g':{'Data':'x','Encoding':'"
         "String'}}}",
         E_NONE, NULL},
        {"'Parameters':{'Argv':['a',null]}", E_NONE, NULL},
        {"'Parameters':{'Argv':['a',1]}", E_MANIFEST_SYNTAX,
         "$.Marbles.m.Parameters.Argv: element 1: expected a string, found a whole number"},
        {"'Parameters':{'Files':{'f':'{{ define }}'}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: line 1, column 4: \"define\" of Go's templates is not supported"},
        {"'Parameters':{'Files':{'f':{'Data':'e3s=','Encoding':'base64'}}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Files.f: line 1, column 3: the action does not end: }} is missing"},
        {"'Parameters':{'Files':{'f':{'Data':'{{','NoTemplates':true}},'Argv':['{{']}", E_NONE, NULL},
        {"'Parameters':{'Env':{'E':'{{ raw .MarbleRun.RootCA.Cert }}'}}", E_TEMPLATE_SYNTAX,
         "$.Marbles.m.Parameters.Env.E: line 1, column 4: \"raw\" is not for Env, which cannot hold every "
         "byte; use "
         "base64 or hex"},
        {"'Parameters':{'Env':{'E':'a\\n{{ hex .Secrets.no }}'}}", E_TEMPLATE_VALUE,
         "$.Marbles.m.Parameters.Env.E: line 2, column 4: there is no secret \"no\"; define it under Secrets "
         "in the "
         "manifest"},
        {"'Parameters':{'Files':{'f':'{{ pem .MarbleRun.CoordinatorRoot.Public }}'}}", E_TEMPLATE_VALUE,
         "$.Marbles.m.Parameters.Files.f: line 1, column 4: \"pem\" of an empty value: this secret has no "
         "public "
         "key"},
        {"'Parameters':{'Files':{'f':'{{ pem .MarbleRun.MarbleCert.Private }}{{ hex .MarbleRun.RootCA.Cert "
         "}}'}}",
         E_NONE, NULL},
        {"'Parameters':{'Env':{'E':'a\\u0000b'}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Env':{'E':{'Data':'00','Encoding':'hex','NoTemplates':true}}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Env':{'E':'{{`a`}}{{\\'\\\\x00\\'}}'}}", E_MANIFEST_ENV_NUL,
         "$.Marbles.m.Parameters.Env.E: the value holds a NUL byte, which an environment variable cannot"},
        {"'Parameters':{'Files':{'F':'a\\u0000b'}}", E_NONE, NULL},
        {"'TLS':['t']", E_MANIFEST_TLS,
         "marble \"m\" has the TLS tag \"t\", which the manifest does not define"},
    };

    EXPECT_ROWS(rows, "{" PACKAGES ",'Marbles':{'m':{'Package':'p',@}}}");
}

#define NOT_DNS                                                                                              \
    "\" is not a DNS name (labels of letters, digits, - and _ in ASCII; a * may stand for the first)"

Test(manifest_check, marbles_may_have_names)
{
    static const struct row rows[] = {
        {"'DNSNames':['web','WEB.example','*.a-b.example','my_service.1.x'],'IPAddresses':['10.0.0.1','fe80::"
         "1',"
         "'::ffff:10.0.0.1'],'SPIFFE':true",
         E_NONE, NULL},
        {"'dnsnames':[],'ipaddresses':[],'spiffe':false", E_NONE, NULL},
        {"'DNSNames':null,'IPAddresses':null,'SPIFFE':null", E_NONE, NULL},
        {"'DNSNames':'web'", E_MANIFEST_SYNTAX,
         "$.Marbles.m.DNSNames: expected an array of strings, found a string"},
        {"'IPAddresses':[1]", E_MANIFEST_SYNTAX,
         "$.Marbles.m.IPAddresses: element 0: expected a string, found a whole number"},
        {"'SPIFFE':'m'", E_MANIFEST_SYNTAX, "$.Marbles.m.SPIFFE: expected true or false, found a string"},
        {"'DNSNames':['a','']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[1]: \"" NOT_DNS},
        {"'DNSNames':[null]", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"" NOT_DNS},
        {"'DNSNames':['a.']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"a." NOT_DNS},
        {"'DNSNames':['a..b']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"a..b" NOT_DNS},
        {"'DNSNames':['a b']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"a b" NOT_DNS},
        {"'DNSNames':['-a']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"-a" NOT_DNS},
        {"'DNSNames':['a-']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"a-" NOT_DNS},
        {"'DNSNames':['*']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"*" NOT_DNS},
        {"'DNSNames':['a.*.b']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"a.*.b" NOT_DNS},
        {"'DNSNames':['https://a']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"https://a" NOT_DNS},
        {"'DNSNames':['\\u00fc.example']", E_MANIFEST_NAMES, "$.Marbles.m.DNSNames[0]: \"??.example" NOT_DNS},
        {"'DNSNames':['10.0.0.1']", E_MANIFEST_NAMES,
         "$.Marbles.m.DNSNames[0]: 10.0.0.1 is an IP address, which belongs in IPAddresses"},
        {"'IPAddresses':['::1','10.0.0']", E_MANIFEST_NAMES,
         "$.Marbles.m.IPAddresses[1]: \"10.0.0\" is not an IP address"},
        {"'IPAddresses':['10.0.0.0/8']", E_MANIFEST_NAMES,
         "$.Marbles.m.IPAddresses[0]: \"10.0.0.0/8\" is not an IP address"},
    };

    EXPECT_ROWS(rows, "{" PACKAGES
                      ",'Marbles':{'m':{'Package':'p',@}},'Config':{'SPIFFETrustDomain':'mesh.example'}}");
}

Test(manifest_check, names_have_their_lengths)
{
    struct arena a = {0};
    const char *label = arena_printf(&a, "%063d", 0), *names = "'a'";
    const char *name = arena_printf(&a, "%s.%s.%s.%061d", label, label, label, 0);

    for (int i = 1; i < 100; i++)
        names = arena_printf(&a, "%s,'a'", names);
    const struct row rows[] = {
        {arena_printf(&a, "'%s'", label), E_NONE, NULL},
        {arena_printf(&a, "'0%s'", label), E_MANIFEST_NAMES,
         arena_printf(&a, "$.Marbles.m.DNSNames[0]: \"0%s" NOT_DNS, label)},
        {arena_printf(&a, "'%s'", name), E_NONE, NULL},
        {arena_printf(&a, "'%s0'", name), E_MANIFEST_NAMES,
         arena_printf(&a, "$.Marbles.m.DNSNames[0]: \"%.80s" NOT_DNS, name)},
        {names, E_NONE, NULL},
        {arena_printf(&a, "%s,'a'", names), E_MANIFEST_NAMES,
         "$.Marbles.m: 101 names, more than the 100 that a certificate may have"},
    };

    EXPECT_ROWS(rows, "{" PACKAGES ",'Marbles':{'m':{'Package':'p','DNSNames':[@]}}}");
    arena_wipe(&a);
}

#define NOT_DOMAIN                                                                                           \
    "$.Config.SPIFFETrustDomain: expected up to 255 lower-case letters, digits, \".\", \"-\" and \"_\", "    \
    "found \""

Test(manifest_check, a_spiffe_id_needs_a_trust_domain_and_a_type_that_fits)
{
    struct arena a = {0};
    const char *at_most = arena_printf(&a, "%0255d", 0);
    const struct row domains[] = {
        {"'mesh'", E_NONE, NULL},
        {"'a-b_c.example'", E_NONE, NULL},
        {arena_printf(&a, "'%s'", at_most), E_NONE, NULL},
        {arena_printf(&a, "'0%s'", at_most), E_MANIFEST_NAMES, arena_printf(&a, NOT_DOMAIN "%080d\"", 0)},
        {"''", E_MANIFEST_NAMES, "$.Marbles.m.SPIFFE: $.Config.SPIFFETrustDomain is missing"},
        {"null", E_MANIFEST_NAMES, "$.Marbles.m.SPIFFE: $.Config.SPIFFETrustDomain is missing"},
        {"'Mesh'", E_MANIFEST_NAMES, NOT_DOMAIN "Mesh\""},
        {"'mesh:1'", E_MANIFEST_NAMES, NOT_DOMAIN "mesh:1\""},
        {"'spiffe://mesh'", E_MANIFEST_NAMES, NOT_DOMAIN "spiffe://mesh\""},
        {"1", E_MANIFEST_SYNTAX, "$.Config.SPIFFETrustDomain: expected a string, found a whole number"},
    };
    static const struct row types[] = {
        {"'Web_1.a-b'", E_NONE, NULL},
        {"'a b'", E_MANIFEST_NAMES,
         "$.Marbles[\"a b\"].SPIFFE: the marble's type cannot be part of a SPIFFE ID, which takes letters, "
         "digits, "
         "\".\", \"-\" and \"_\" and has 2048 characters at most"},
        {"'..'", E_MANIFEST_NAMES,
         "$.Marbles[\"..\"].SPIFFE: the marble's type cannot be part of a SPIFFE ID, which takes letters, "
         "digits, "
         "\".\", \"-\" and \"_\" and has 2048 characters at most"},
        {"'a/b'", E_MANIFEST_NAMES,
         "$.Marbles[\"a/b\"].SPIFFE: the marble's type cannot be part of a SPIFFE ID, which takes letters, "
         "digits, "
         "\".\", \"-\" and \"_\" and has 2048 characters at most"},
    };

    EXPECT_ROWS(domains, "{" PACKAGES
                         ",'Marbles':{'m':{'Package':'p','SPIFFE':true}},'Config':{'SPIFFETrustDomain':@}}");
    EXPECT_ROWS(types, "{" PACKAGES
                       ",'Marbles':{@:{'Package':'p','SPIFFE':true}},'Config':{'SPIFFETrustDomain':'m'}}");
    arena_wipe(&a);
}

Test(manifest_check, secrets_have_a_type_a_size_and_one_validity)
{
    static const struct row rows[] = {
        {"", E_SECRET_TYPE,
         "$.Secrets.s.Type: \"\" is none of symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519, plain"},
        {"'Type':'Symmetric-Key'", E_SECRET_TYPE,
         "$.Secrets.s.Type: \"Symmetric-Key\" is none of symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519, "
         "plain"},
        {"'Type':'symmetric-key'", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 bits, more than 0; found 0"},
        {"'Type':'symmetric-key','Size':12", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 bits, more than 0; found 12"},
        {"'Type':'symmetric-key','Size':8", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':65280", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':65288", E_SECRET_SIZE,
         "$.Secrets.s: Size: 65288 bits, more than the 65280 that a private key can have"},
        {"'Type':'symmetric-key','Size':524288,'Shared':true", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':524296,'Shared':true", E_SECRET_SIZE,
         "$.Secrets.s: Size: 524296 bits, more than the 524288 that a shared key can have"},
        {"'Type':'symmetric-key','Size':8,'Private':'AA==','Public':[1,2]", E_NONE, NULL},
        {"'Type':'symmetric-key','Size':8,'Private':'A'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Private: not valid base64 (RFC 4648, padded)"},
        {"'Type':'symmetric-key','Size':'8'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Size: expected a whole number, found a string"},
        {"'Type':'symmetric-key','Size':8,'Cert':{'SignatureAlgorithm':12}", E_NONE, NULL},
        {"'Type':'cert-ecdsa'", E_SECRET_SIZE, "$.Secrets.s: Size: expected 224, 256, 384 or 521; found 0"},
        {"'Type':'cert-ecdsa','Size':512", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected 224, 256, 384 or 521; found 512"},
        {"'Type':'cert-ecdsa','Size':224", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':384,'Shared':true", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':521", E_NONE, NULL},
        {"'Type':'cert-rsa','Size':1023", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 1023"},
        {"'Type':'cert-rsa','Size':2049", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 2049"},
        {"'Type':'cert-rsa','Size':4104", E_SECRET_SIZE,
         "$.Secrets.s: Size: expected a multiple of 8 from 1024 to 4096 bits for RSA, found 4104"},
        {"'Type':'cert-rsa','Size':2048", E_NONE, NULL},
        {"'Type':'cert-ed25519','Size':256", E_SECRET_SIZE,
         "$.Secrets.s: Size: Ed25519 has one size, leave it away; found 256"},
        {"'Type':'cert-ed25519'", E_NONE, NULL},
        {"'Type':'plain'", E_SECRET_TYPE,
         "$.Secrets.s: Type: a plain secret cannot be generated, it needs UserDefined"},
        {"'Type':'plain','UserDefined':true", E_NONE, NULL},
        {"'Type':'symmetric-key','UserDefined':true", E_NONE, NULL},
        {"'Type':'cert-rsa','Size':1,'UserDefined':true,'Cert':'AAAA'", E_SECRET_CERT,
         "$.Secrets.s.Cert: certificate: expected a SEQUENCE of contents, algorithm and signature in DER and "
         "nothing after it, found 3 bytes that are not"},
        {"'Type':'cert-ecdsa','Size':256,'Cert':''", E_SECRET_CERT,
         "$.Secrets.s.Cert: certificate: expected a SEQUENCE of contents, algorithm and signature in DER and "
         "nothing after it, found 0 bytes that are not"},
        {"'Type':'cert-ecdsa','Size':256,'Cert':'not base64'", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256,'Cert':5", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert: expected an object"},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1,'Cert':{'NotAfter':'2030-01-01T00:00:00Z'}",
         E_SECRET_VALIDITY, "$.Secrets.s: ValidFor and Cert.NotAfter are both given; one of them is enough"},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1,'Cert':{'NotAfter':'0001-01-01T00:00:00Z'}", E_NONE,
         NULL},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1000000", E_NONE, NULL},
        {"'Type':'cert-ecdsa','Size':256,'ValidFor':1000001", E_SECRET_VALIDITY,
         "$.Secrets.s: ValidFor: 1000001 days, more than the 1000000 allowed"},
    };

    EXPECT_ROWS(rows, "{" MARBLES ",'Secrets':{'s':{@}}}");
}

Test(manifest_check, certificate_templates_are_honoured_or_refused)
{
    static const struct row rows[] = {
        {"'NotAfter':'2030-01-01'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-02-30T00:00:00Z'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00.Z'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00+24:00'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00+02:60'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':''", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.NotAfter: expected a time like 2030-01-31T12:00:00Z (RFC 3339)"},
        {"'NotAfter':'2030-01-01T00:00:00-23:59'", E_NONE, NULL},
        {"'KeyUsage':511", E_NONE, NULL},
        {"'KeyUsage':512", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.KeyUsage: 512 is not between 0 and 511"},
        {"'ExtKeyUsage':[0,13]", E_NONE, NULL},
        {"'ExtKeyUsage':[1,14]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtKeyUsage: element 1 is not a number from 0 to 13"},
        {"'ExtKeyUsage':['serverAuth']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtKeyUsage: element 0 is not a number from 0 to 13"},
        {"'MaxPathLen':-1", E_NONE, NULL},
        {"'MaxPathLen':0", E_NONE, NULL},
        {"'MaxPathLen':-2", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.MaxPathLen: expected a whole number from -1 to 255"},
        {"'MaxPathLen':1", E_SECRET_CERT,
         "$.Secrets.s: Cert.MaxPathLen: only a certificate with IsCA can have it"},
        {"'MaxPathLenZero':true", E_SECRET_CERT,
         "$.Secrets.s: Cert.MaxPathLen: only a certificate with IsCA can have it"},
        {"'IPAddresses':['localhost']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.IPAddresses: element 0 is not an IP address"},
        {"'IPAddresses':['::1','010.0.0.1']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.IPAddresses: element 1 is not an IP address"},
        {"'DNSNames':['a','b\xc3\xbc']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.DNSNames: element 1 is not a name in ASCII"},
        {"'DNSNames':['']", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.DNSNames: element 0 is not a name in ASCII"},
        {"'Subject':{'Organization':'o'}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.Organization: expected an array of strings, found a string"},
        {"'Subject':{'ExtraNames':[{}]}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.ExtraNames[0].Type: expected an object identifier like [2, 5, 29, 17]"},
        {"'Subject':{'ExtraNames':[{'Type':[2,5,4,12],'Value':1}]}", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.Subject.ExtraNames[0].Value: expected a string, found a whole number"},
        {"'Subject':{'ExtraNames':[{'Type':[2,5,4,12],'Value':'Dr'}]}", E_NONE, NULL},
        {"'SignatureAlgorithm':11", E_NONE, NULL},
        {"'SignatureAlgorithm':4", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SignatureAlgorithm: expected 10, 11 or 12 (ECDSA with SHA-256, SHA-384 or "
         "SHA-512), "
         "or 0; found 4"},
        {"'UnknownExtKeyUsage':[[1,3,6,1],[]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 1: expected an object identifier like [2, 5, 29, 17]"},
        {"'UnknownExtKeyUsage':[[3,3]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 0: expected an object identifier like [2, 5, 29, 17]"},
        {"'UnknownExtKeyUsage':[[1,-3]]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.UnknownExtKeyUsage: element 0: expected an object identifier like [2, 5, 29, 17]"},
        {"'Policies':['1.3.6.1','2.23.140.1.2.1']", E_NONE, NULL},
        {"'ExtraExtensions':[{'Id':[1,2,3],'Critical':true,'Value':'BQA='},{'Id':[1,2,4]}]", E_NONE, NULL},
        {"'ExtraExtensions':[{'Id':[1,2,3]},{'Id':[1,2,3]}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtraExtensions[1].Id: an extension before this one has it already"},
        {"'ExtraExtensions':[{'Value':'BQA='}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExtraExtensions[0].Id: expected an object identifier like [2, 5, 29, 17]"},
        {"'URIs':[{'Scheme':'https','Host':'a.example','Path':'/b c'}]", E_NONE, NULL},
        {"'URIs':['https://a.example']", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs[0]: expected an object"},
        {"'URIs':[{}]", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs: element 0 makes no address in ASCII"},
        {"'EmailAddresses':['a b']", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.EmailAddresses: element 0 is not a name in ASCII"},
        {"'PermittedIPRanges':[{'IP':'10.0.0.0','Mask':'/"
         "wAAAA=='},{'IP':'fd00::','Mask':[255,0,0,0,0,0,0,0,0,0,0,0,0,"
         "0,0,0]}]",
         E_NONE, NULL},
        {"'ExcludedIPRanges':[{'IP':'10.0.0.0','Mask':'AAA='}]", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.ExcludedIPRanges[0].IP: expected an IP address, and a Mask of as many bytes"},
        {"'SignatureAlgorithm':0,'OCSPServer':[],'URIs':null,'SubjectKeyId':''", E_NONE, NULL},
        {"'SignatureAlgorithm':'11'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SignatureAlgorithm: expected a whole number, found a string"},
        {"'permitteddnsdomains':['x']", E_NONE, NULL},
        {"'PermittedDNSDomainsCritical':1", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.PermittedDNSDomainsCritical: expected true or false, found a whole number"},
        {"'OCSPServer':''", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.OCSPServer: expected an array of strings, found a string"},
        {"'SubjectKeyId':'AQ=='", E_NONE, NULL},
        {"'SubjectKeyId':'?'", E_MANIFEST_SYNTAX,
         "$.Secrets.s.Cert.SubjectKeyId: not valid base64 (RFC 4648, padded)"},
        {"'URIs':{}", E_MANIFEST_SYNTAX, "$.Secrets.s.Cert.URIs: expected an array, found an object"},
    };

    EXPECT_ROWS(rows, "{" MARBLES ",'Secrets':{'s':{'Type':'cert-ecdsa','Size':256,'Cert':{@}}}}");
}

Test(manifest_check, tls_tags_are_complete)
{
    static const struct row rows[] = {
        {"'Incoming':[{}]", E_MANIFEST_TLS, "$.TLS.t: Incoming[0]: Port is missing"},
        {"'Incoming':[{'Port':'1'},{'Port':'2','Cert':'no'}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[1]: Cert: there is no secret \"no\""},
        {"'Incoming':[{'Port':'1','Cert':'c'}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[0]: Cert needs DisableClientAuth: true"},
        {"'Incoming':[{'Port':'1','DisableClientAuth':true}]", E_MANIFEST_TLS,
         "$.TLS.t: Incoming[0]: DisableClientAuth needs Cert"},
        {"'Outgoing':[{'Port':'1'}]", E_MANIFEST_TLS, "$.TLS.t: Outgoing[0]: Addr is missing"},
        {"'Outgoing':[{'Addr':'a'}]", E_MANIFEST_TLS, "$.TLS.t: Outgoing[0]: Port is missing"},
        {"'Outgoing':[{'Addr':'a','Port':'1'}],'Incoming':[{'Port':'1','Cert':'c','DisableClientAuth':true}]",
         E_NONE, NULL},
    };

    EXPECT_ROWS(rows, "{" PACKAGES ",'Marbles':{'m':{'Package':'p','TLS':['t']}},"
                      "'Secrets':{'c':{'Type':'cert-ecdsa','Size':256}},'TLS':{'t':{@}}}");
}

Test(manifest_check, config_is_possible)
{
    static const struct row rows[] = {
        {"'SealMode':''", E_NONE, NULL},
        {"'SealMode':'ProductKey'", E_NONE, NULL},
        {"'SealMode':'Secret'", E_MANIFEST_CONFIG,
         "$.Config.SealMode: \"Secret\" is none of ProductKey, UniqueKey, Disabled"},
        {"'SealMode':1", E_MANIFEST_SYNTAX, "$.Config.SealMode: expected a string, found a whole number"},
        {"'FeatureGates':[]", E_NONE, NULL},
        {"'FeatureGates':['Nope']", E_MANIFEST_CONFIG,
         "$.Config.FeatureGates: \"Nope\" is none of SignQuoteEndpoint, MonotonicCounter, AzureHSMSealing"},
        {"'FeatureGates':['monotoniccounter','SignQuoteEndpoint']", E_NONE, NULL},
        {"'FeatureGates':['AzureHSMSealing']", E_UNSUPPORTED,
         "$.Config.FeatureGates: AzureHSMSealing: this version cannot seal with a key of Azure's; see "
         "docs/known-gaps.md"},
        {"'UpdateThreshold':1", E_MANIFEST_CONFIG,
         "$.Config.UpdateThreshold: 1, but only 0 users may update the manifest"},
        {"'RecoveryThreshold':0", E_NONE, NULL},
        {"'RecoveryThreshold':1", E_MANIFEST_CONFIG,
         "$.Config.RecoveryThreshold: 1; expected 0, or 2 up to the number of recovery keys (0)"},
        {"'RecoveryThreshold':2", E_MANIFEST_CONFIG,
         "$.Config.RecoveryThreshold: 2; expected 0, or 2 up to the number of recovery keys (0)"},
        {"'RotateRootSecret':true", E_NONE, NULL},
        {"'LeafLifetime':'10s'", E_NONE, NULL},
        {"'LeafLifetime':'8760h'", E_NONE, NULL},
        {"'LeafLifetime':'9s'", E_MANIFEST_CONFIG,
         "$.Config.LeafLifetime: expected a duration as Go writes them from 10s to 8760h, found \"9s\""},
        {"'LeafLifetime':'8761h'", E_MANIFEST_CONFIG,
         "$.Config.LeafLifetime: expected a duration as Go writes them from 10s to 8760h, found \"8761h\""},
        {"'LeafLifetime':'a day'", E_MANIFEST_CONFIG,
         "$.Config.LeafLifetime: expected a duration as Go writes them from 10s to 8760h, found \"a day\""},
    };
    static const struct row keys[] = {
        {"'k':'PEM'", E_NONE, NULL}, /* looked at when secrets are made for it */
        {"", E_NONE, NULL},
    };

    EXPECT_ROWS(rows, "{" MARBLES ",'Config':{@}}");
    EXPECT_ROWS(keys, "{" MARBLES ",'RecoveryKeys':{@}}");
}

Test(manifest_check, roles_grant_what_there_is)
{
    static const struct row rows[] = {
        {"'ResourceType':'packages'", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceType: \"packages\" is none of Packages, Secrets, Manifest"},
        {"", E_MANIFEST_ROLE, "$.Roles.r: ResourceType: \"\" is none of Packages, Secrets, Manifest"},
        {"'ResourceType':'Packages','ResourceNames':['p'],'Actions':['updatesecurityversion']", E_NONE, NULL},
        {"'ResourceType':'Packages','ResourceNames':['q'],'Actions':['UpdateSecurityVersion']",
         E_MANIFEST_ROLE, "$.Roles.r: ResourceNames: there is no package \"q\""},
        {"'ResourceType':'Packages','ResourceNames':['p'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: Actions: \"ReadSecret\" is no action on Packages"},
        {"'ResourceType':'Secrets','ResourceNames':['shared'],'Actions':['ReadSecret']", E_NONE, NULL},
        {"'ResourceType':'Secrets','ResourceNames':['no'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceNames: there is no secret \"no\""},
        {"'ResourceType':'Secrets','ResourceNames':['shared'],'Actions':['WriteSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: WriteSecret needs a secret with UserDefined, \"shared\" is generated"},
        {"'ResourceType':'Secrets','ResourceNames':['private'],'Actions':['ReadSecret']", E_MANIFEST_ROLE,
         "$.Roles.r: ReadSecret needs a secret with Shared or UserDefined, \"private\" is of each marble "
         "alone"},
        {"'ResourceType':'Manifest','Actions':['UpdateManifest']", E_NONE, NULL},
        {"'ResourceType':'Manifest','ResourceNames':['p'],'Actions':['UpdateManifest']", E_MANIFEST_ROLE,
         "$.Roles.r: ResourceNames must be empty for Manifest, found \"p\""},
    };

    EXPECT_ROWS(rows, "{" MARBLES ",'Secrets':{'shared':{'Type':'symmetric-key','Size':8,'Shared':true},"
                      "'private':{'Type':'symmetric-key','Size':8}},'Roles':{'r':{@}}}");
}

Test(manifest_check, users_have_a_certificate_of_their_own_and_roles_that_exist)
{
    struct arena a = {0};
    const char *one = person(&a), *other = person(&a);
    const struct row rows[] = {
        {"'u':{}", E_MANIFEST_USER, "$.Users.u: Certificate is missing"},
        {"'u':{'Certificate':'x'}", E_MANIFEST_USER,
         "$.Users.u: Certificate: expected PEM, found no -----BEGIN line"},
        {arena_printf(&a, "'u':{'Certificate':'%s'}", one), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s','Roles':['updater']}", one), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s','Roles':['updater','no']}", one), E_MANIFEST_USER,
         "$.Users.u: Roles: there is no role \"no\""},
        {arena_printf(&a, "'u':{'Certificate':'%s'},'v':{'Certificate':'%s'}", one, other), E_NONE, NULL},
        {arena_printf(&a, "'u':{'Certificate':'%s'},'v':{'Certificate':'%s'}", one, one), E_MANIFEST_USER,
         "$.Users: \"u\" and \"v\" have the same certificate"},
    };
    const struct row thresholds[] = {
        {arena_printf(&a,
                      "'Users':{'u':{'Certificate':'%s','Roles':['updater']}},'Config':{'UpdateThreshold':1}",
                      one),
         E_NONE, NULL},
        {arena_printf(&a,
                      "'Users':{'u':{'Certificate':'%s','Roles':['updater']}},'Config':{'UpdateThreshold':2}",
                      one),
         E_MANIFEST_CONFIG, "$.Config.UpdateThreshold: 2, but only 1 users may update the manifest"},
        {arena_printf(&a, "'Users':{'u':{'Certificate':'%s'}},'Config':{'UpdateThreshold':1}", one),
         E_MANIFEST_CONFIG, "$.Config.UpdateThreshold: 1, but only 0 users may update the manifest"},
    };

    EXPECT_ROWS(rows, "{" MARBLES ",'Users':{@},'Roles':{'updater':{'ResourceType':'Manifest','Actions':"
                      "['UpdateManifest']}}}");
    EXPECT_ROWS(thresholds, "{" MARBLES ",@,'Roles':{'updater':{'ResourceType':'Manifest','Actions':"
                            "['UpdateManifest']}}}");
    arena_wipe(&a);
}

Test(manifest_check, a_certificate_that_is_none_is_refused)
{
    struct arena a = {0};
    struct manifest m;
    struct err err = {0};

    cr_assert_not(accept_manifest(
        quoted(&a, "{" MARBLES ",'Users':{'u':{'Certificate':'-----BEGIN CERTIFICATE-----\\nAAAA"
                   "\\n-----END CERTIFICATE-----\\n'}}}"),
        &a, &m, &err));
    cr_expect_eq(err.code, E_MANIFEST_USER);
    cr_expect(text_starts_with(slice_str(err.text), "$.Users.u: Certificate: "), "%s", err.text);
    arena_wipe(&a);
}
