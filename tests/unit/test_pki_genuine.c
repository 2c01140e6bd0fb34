/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and revocation lists of Intel, AMD and Amazon, where the folder of vectors is there. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static struct arena a;
static struct err err;

static void begin(void) { pki_init(); }
static void end(void) { arena_wipe(&a); }

static const char *folder_or_skip(void)
{
    const char *folder = vectors_folder(&a);

    if (folder == NULL)
        cr_skip("NOT RUN: no folder of vectors; name it with MARBLEMESH_VECTORS");
    (void)fprintf(stderr, "vectors of others are present: %s\n", folder);
    return folder;
}

static struct slice load(const char *folder, const char *name)
{
    struct slice s;

    cr_assert(file_read(arena_printf(&a, "%s/%s", folder, name), LIMIT_CRL, &a, &s, &err), "%s", err.text);
    return s;
}

static struct cert *chain(const char *folder, const char *name, size_t *num)
{
    struct cert *list = NULL;

    cr_assert(cert_parse_pem(load(folder, name), &a, &list, num, &err), "%s/%s: %s", folder, name, err.text);
    return list;
}

/* The time at which a vector is to be judged. */
static int64_t time_of(const char *folder)
{
    scoped(json_release) json_t *v = NULL;
    int64_t t = 0;

    cr_assert(json_parse(load(folder, "expected.json"), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err), "%s",
              err.text);
    cr_assert(rfc3339_parse(slice_str(json_string_value(json_object_get(v, "time"))), &t));
    return t;
}

static size_t folders(const char *vectors, const char *pattern, glob_t *g)
{
    cr_assert_eq(glob(arena_printf(&a, "%s/%s", vectors, pattern), 0, NULL, g), 0, "no %s", pattern);
    return g->gl_pathc;
}

Test(pki_genuine, roots_are_read_and_signed_themselves, .init = begin, .fini = end)
{
    static const struct {
        const char *file, *subject;
        enum signature_alg alg;
    } cases[] = {
        {"amd-ark-milan.pem",
         "2.5.4.11=Engineering, C=US, L=Santa Clara, ST=CA, O=Advanced Micro Devices, CN=ARK-Milan",
         SIG_RSA_PSS_SHA384},
        {"amd-ark-genoa.pem",
         "2.5.4.11=Engineering, C=US, L=Santa Clara, ST=CA, O=Advanced Micro Devices, CN=ARK-Genoa",
         SIG_RSA_PSS_SHA384},
        {"amd-ark-turin.pem",
         "2.5.4.11=Engineering, C=US, L=Santa Clara, ST=CA, O=Advanced Micro Devices, CN=ARK-Turin",
         SIG_RSA_PSS_SHA384},
        {"aws-nitro-root-g1.pem", "C=US, O=Amazon, 2.5.4.11=AWS, CN=aws.nitro-enclaves", SIG_ECDSA_SHA384},
        {"intel-sgx-root-ca.pem", "CN=Intel SGX Root CA, O=Intel Corporation, L=Santa Clara, ST=CA, C=US",
         SIG_ECDSA_SHA256},
    };
    const char *folder = arena_printf(&a, "%s/roots", folder_or_skip());

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t num = 0;
        const struct cert *root = chain(folder, cases[i].file, &num);

        cr_expect_eq(num, 1);
        cr_expect_str_eq(name_text(&a, root->subject), cases[i].subject);
        cr_expect_eq(root->alg, cases[i].alg);
        cr_expect(root->is_ca && cert_signed_by(root, root, &err), "%s: %s", cases[i].file, err.text);
    }
}

/* Where a quote carries its chain, it is PEM, with zeros behind it in some. */
static struct slice pem_in(struct slice quote)
{
    static const char start[] = "-----BEGIN CERTIFICATE-----";
    const uint8_t *at = memmem(quote.ptr, quote.len, start, strlen(start));

    cr_assert_not_null(at);
    return slice_of(at, quote.len - (size_t)(at - quote.ptr));
}

static void check_intel(const char *folder, const struct cert *root)
{
    static const char *const signers[] = {"tcb_issuer_chain.pem", "qe_issuer_chain.pem"};
    const int64_t now = time_of(folder);
    struct cert *list = NULL;
    struct crl crl, root_crl;
    size_t num = 0;

    cr_assert(cert_parse_pem(pem_in(load(folder, "quote.bin")), &a, &list, &num, &err), "%s: %s", folder,
              err.text);
    cr_expect(chain_verify(&list[0], list + 1, num - 1, root, 1, now, &err), "%s: %s", folder, err.text);
    cr_assert(crl_parse(load(folder, "pck_crl.der"), &a, &crl, &err), "%s: %s", folder, err.text);
    cr_assert(crl_parse(load(folder, "root_ca_crl.der"), &a, &root_crl, &err), "%s: %s", folder, err.text);
    cr_expect(crl_signed_by(&crl, &list[1], &err), "%s: %s", folder, err.text);
    cr_expect(crl_signed_by(&root_crl, root, &err), "%s: %s", folder, err.text);
    cr_expect(!crl_signed_by(&root_crl, &list[1], &err), "%s", folder);
    cr_expect(!crl_lists(&crl, list[0].serial), "%s", folder);
    cr_expect(crl.this_update <= now && now <= crl.next_update, "%s", folder);
    for (size_t i = 0; i < 2; i++) {
        list = chain(folder, signers[i], &num);
        cr_expect(chain_verify(&list[0], list + 1, num - 1, root, 1, now, &err), "%s: %s", folder, err.text);
    }
}

Test(pki_genuine, chains_and_lists_of_Intel_verify, .init = begin, .fini = end, .timeout = 120)
{
    static const char *const patterns[] = {"sgx-v3-*", "tdx-v4-*", "tdx-v5-*"};
    const char *vectors = folder_or_skip();
    size_t num = 0, seen = 0;
    const struct cert *root = chain(arena_printf(&a, "%s/roots", vectors), "intel-sgx-root-ca.pem", &num);

    for (size_t p = 0; p < 3; p++) {
        glob_t g;

        for (size_t i = 0, n = folders(vectors, patterns[p], &g); i < n; i++) {
            if (strstr(g.gl_pathv[i], "intel-sample") != NULL) /* under a test root of Intel's */
                continue;
            check_intel(g.gl_pathv[i], root);
            seen++;
        }
        globfree(&g);
    }
    cr_expect_gt(seen, 20);
}

static void check_amd(const char *folder, const struct cert *roots, size_t num_roots)
{
    const int64_t now = time_of(folder);
    struct cert vek, *pool;
    size_t num = 0;

    cr_assert(cert_parse(load(folder, "vek.der"), &a, &vek, &err), "%s: %s", folder, err.text);
    pool = chain(folder, "vek_chain.pem", &num);
    cr_expect(chain_verify(&vek, pool, num, roots, num_roots, now, &err), "%s: %s", folder, err.text);
    cr_expect(!chain_verify(&vek, pool, num, pool, 0, now, &err), "%s", folder);
}

Test(pki_genuine, chains_of_AMD_verify, .init = begin, .fini = end, .timeout = 120)
{
    static const char *const files[] = {"amd-ark-milan.pem", "amd-ark-genoa.pem", "amd-ark-turin.pem"};
    const char *vectors = folder_or_skip();
    struct cert roots[3];
    size_t num = 0;
    glob_t g;

    for (size_t i = 0; i < 3; i++)
        roots[i] = *chain(arena_printf(&a, "%s/roots", vectors), files[i], &num);
    for (size_t i = 0, n = folders(vectors, "snp-*", &g); i < n; i++)
        check_amd(g.gl_pathv[i], roots, 3);
    cr_expect_gt(g.gl_pathc, 5);
    globfree(&g);
}
