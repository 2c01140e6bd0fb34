/* SPDX-License-Identifier: Apache-2.0 */
/* Gramine's folder stands on the disk: what is written, what is read and what is said when something is
 * amiss. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestation/judge.h"
#include "attestation/collect_gramine.h"
#include "attestation/dcap_quote.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

enum { QUOTE_LEN = 48 + 384 + 4 + 64 + 64 + 384 + 64 + 2 + 2 + 4 + 4, REPORT_DATA_AT = 48 + 320 };

static struct arena a;
static const char *folder;
static uint8_t wanted[64];

static void begin(void)
{
    pki_init();
    peer_begin();
    folder = peer_path(&a, "attestation");
    memset(wanted, 0x5a, sizeof wanted);
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(mkdir(peer_path(&a, "attestation/keys"), 0700), 0);
    peer_write("attestation/attestation_type", slice_str("dcap"));
    peer_write("attestation/user_report_data", slice_of((uint8_t[64]){0}, 64));
}

static void end(void)
{
    peer_end();
    arena_wipe(&a);
}

/* A quote of the right shape about these data, with certification data of four bytes. */
static struct slice quote_about(const uint8_t data[static 64])
{
    static const uint8_t tail[] = {0, 0, 5, 0, 4, 0, 0, 0, 'c', 'e', 'r', 't'};
    static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    uint8_t *q = arena_alloc(&a, QUOTE_LEN);

    q[0] = 3, q[2] = 2;
    memcpy(q + 12, vendor, sizeof vendor);
    memcpy(q + REPORT_DATA_AT, data, 64);
    q[432] = (QUOTE_LEN - 436) & 0xff, q[433] = (QUOTE_LEN - 436) >> 8;
    memcpy(q + QUOTE_LEN - sizeof tail, tail, sizeof tail);
    return slice_of(q, QUOTE_LEN);
}

static void expect_refusal(bool ok, const struct err *err, enum err_code code, const char *text)
{
    cr_assert_not(ok, "not refused: %s", text);
    cr_expect_eq(err->code, code, "%s", reason_of(err->code)->name);
    cr_expect_str_eq(err->text, text);
}

Test(gramine, is_recognised_by_its_attestation_type, .init = begin, .fini = end)
{
    static const char wish[] = "set sgx.remote_attestation = \"dcap\" in Gramine's manifest";
    const char *type = peer_path(&a, "attestation/attestation_type");
    static const struct {
        const char *type, *shown;
    } others[] = {{"none", "none"},   {"epid", "epid"}, {"", ""},
                  {"dcap2", "dcap2"}, {"dca", "dca"},   {"d\001", "d?"}};
    struct err err;

    cr_expect(gramine_probe(folder, &err), "%s", err.text);
    peer_write("attestation/attestation_type", slice_str("dcap\n"));
    cr_expect(gramine_probe(folder, &err), "%s", err.text);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        peer_write("attestation/attestation_type", slice_str(others[i].type));
        expect_refusal(
            gramine_probe(folder, &err), &err, E_NO_TEE,
            arena_printf(&a, "%s: expected \"dcap\", found \"%s\": %s", type, others[i].shown, wish));
    }
    cr_assert_eq(unlink(type), 0);
    expect_refusal(gramine_probe(folder, &err), &err, E_NO_TEE,
                   arena_printf(&a, "%s does not exist, so this is not Gramine with SGX", type));
}

Test(gramine, gives_the_quote_and_writes_the_report_data, .init = begin, .fini = end)
{
    const struct slice quote = quote_about(wanted);
    struct slice got;
    struct err err;

    peer_write("attestation/quote", quote);
    cr_assert(gramine_evidence(folder, wanted, &a, &got, &err), "%s", err.text);
    cr_expect(slice_equal(got, quote));
    cr_expect(slice_equal(peer_read(&a, "attestation/user_report_data"), slice_of(wanted, 64)));
}

Test(gramine, a_quote_about_something_else_is_refused, .init = begin, .fini = end)
{
    struct slice got = {0};
    struct err err;

    for (size_t i = 0; i < 64; i += 21) {
        uint8_t other[64];

        memcpy(other, wanted, sizeof other);
        other[i] ^= 1;
        peer_write("attestation/quote", quote_about(other));
        expect_refusal(
            gramine_evidence(folder, wanted, &a, &got, &err), &err, E_EVIDENCE_UNAVAILABLE,
            arena_printf(&a,
                         "%s/quote is about other report data than was asked for: something else in this "
                         "process writes user_report_data",
                         folder));
        cr_expect_null(got.ptr);
    }
}

Test(gramine, what_gives_no_quote_is_named, .init = begin, .fini = end)
{
    struct slice got;
    struct err err;

    expect_refusal(gramine_evidence(folder, wanted, &a, &got, &err), &err, E_EVIDENCE_UNAVAILABLE,
                   arena_printf(&a, "opening %s/quote: No such file or directory", folder));
    peer_write("attestation/quote", slice_str(""));
    expect_refusal(
        gramine_evidence(folder, wanted, &a, &got, &err), &err, E_EVIDENCE_UNAVAILABLE,
        arena_printf(&a, "%s/quote is empty: Gramine got no quote from the machine's quoting service (AESM)",
                     folder));
    peer_write("attestation/quote", slice_str("not a quote"));
    cr_assert_not(gramine_evidence(folder, wanted, &a, &got, &err));
    cr_expect_eq(err.code, E_EVIDENCE_UNAVAILABLE);
    cr_expect(strstr(err.text, "/quote: not an SGX quote: ") != NULL, "%s", err.text);
    cr_assert_eq(unlink(peer_path(&a, "attestation/user_report_data")), 0);
    expect_refusal(gramine_evidence(folder, wanted, &a, &got, &err), &err, E_EVIDENCE_UNAVAILABLE,
                   arena_printf(&a, "opening %s/user_report_data: No such file or directory", folder));
}

struct writer {
    const char *path;
    struct slice bytes;
};

/* Opening waits for the reader. */
static void *write_in_pieces(void *ctx)
{
    const struct writer *w = ctx;
    const int fd = open(w->path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0;

    for (size_t at = 0, n; ok && at < w->bytes.len; at += n) {
        n = w->bytes.len - at < 100 ? w->bytes.len - at : 100;
        ok = write(fd, w->bytes.ptr + at, n) == (ssize_t)n;
        (void)usleep(1000);
    }
    (void)close(fd);
    return ok ? ctx : NULL;
}

/* A pseudo file may give a quote in pieces: so does a pipe. */
Test(gramine, reads_a_quote_that_comes_in_pieces, .init = begin, .fini = end, .timeout = 60)
{
    struct writer w = {.path = peer_path(&a, "attestation/quote"), .bytes = quote_about(wanted)};
    struct slice got = {0};
    pthread_t thread;
    void *written;
    struct err err;

    cr_assert_eq(mkfifo(w.path, 0600), 0);
    cr_assert_eq(pthread_create(&thread, NULL, write_in_pieces, &w), 0);
    cr_assert(gramine_evidence(folder, wanted, &a, &got, &err), "%s", err.text);
    cr_assert_eq(pthread_join(thread, &written), 0);
    cr_expect_not_null(written);
    cr_expect(slice_equal(got, w.bytes));
}

Test(gramine, sealing_keys_are_stable_and_differ_by_policy_and_key, .init = begin, .fini = end)
{
    struct secret product = {0}, again = {0}, unique = {0}, other = {0};
    struct err err;

    peer_write("attestation/keys/_sgx_mrsigner", slice_str("0123456789abcdef"));
    peer_write("attestation/keys/_sgx_mrenclave", slice_str("0123456789abcdef"));
    cr_assert(gramine_seal_key(folder, SEAL_PRODUCT, &product, &err), "%s", err.text);
    cr_assert(gramine_seal_key(folder, SEAL_PRODUCT, &again, &err), "%s", err.text);
    cr_assert(gramine_seal_key(folder, SEAL_UNIQUE, &unique, &err), "%s", err.text);
    peer_write("attestation/keys/_sgx_mrsigner", slice_str("0123456789abcdeF"));
    cr_assert(gramine_seal_key(folder, SEAL_PRODUCT, &other, &err), "%s", err.text);
    cr_expect_eq(product.len, 32);
    cr_expect(secret_equal(secret_bytes(&product), secret_bytes(&again)));
    cr_expect_not(secret_equal(secret_bytes(&product), secret_bytes(&unique)));
    cr_expect_not(secret_equal(secret_bytes(&product), secret_bytes(&other)));
    secret_wipe(&product);
    secret_wipe(&again);
    secret_wipe(&unique);
    secret_wipe(&other);
}

Test(gramine, a_sealing_key_of_another_size_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *contents, *text;
    } cases[] = {
        {"", "%s/keys/_sgx_mrsigner: expected a key of 16 bytes, found 0"},
        {"0123456789abcde", "%s/keys/_sgx_mrsigner: expected a key of 16 bytes, found 15"},
        {"0123456789abcdefg", "%s/keys/_sgx_mrsigner: larger than 16 bytes"},
    };
    struct secret key = {0};
    struct err err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scoped(buf_wipe) struct buf text = buf_max(1024);

        peer_write("attestation/keys/_sgx_mrsigner", slice_str(cases[i].contents));
        cr_assert_not(gramine_seal_key(folder, SEAL_PRODUCT, &key, &err));
        cr_expect_eq(err.code, E_EVIDENCE_UNAVAILABLE);
        buf_printf(&text, "%s%s", folder, cases[i].text + 2);
        cr_expect_str_eq(err.text, arena_strndup(&a, buf_bytes(&text)));
        cr_expect_null(key.ptr);
    }
    expect_refusal(gramine_seal_key(folder, SEAL_UNIQUE, &key, &err), &err, E_EVIDENCE_UNAVAILABLE,
                   arena_printf(&a, "opening %s/keys/_sgx_mrenclave: No such file or directory", folder));
}

/* ---- the domain that these belong to --------------------------------------------------------- */

Test(production, outside_of_a_tee_each_one_that_was_tried_is_named, .init = begin, .fini = end)
{
    const struct tee *tee = NULL;
    struct err err;

    if (tee_here(&tee, &err))
        cr_skip_test("this runs inside a TEE");
    cr_expect_null(tee);
    cr_expect_eq(err.code, E_NO_TEE);
    cr_expect(text_starts_with(slice_str(err.text),
                               "none of the TEEs of the production trust domain is here; sgx-gramine: "
                               "/dev/attestation/attestation_type does not exist, so this is not Gramine with SGX; "),
              "%s", err.text);
    for (const struct tee *const *t = trust_domain()->tees; *t != NULL; t++)
        cr_expect(strstr(err.text, arena_printf(&a, "; %s: ", (*t)->name)) != NULL, "%s: %s", (*t)->name, err.text);
}

Test(production, what_is_wrong_without_collateral_is_said_first, .init = begin, .fini = end)
{
    const struct package_policy any = {0};
    const struct slice about = slice_of(wanted, 64);
    struct verdict verdict;
    struct err err;

    cr_assert_not(judge_evidence(NULL, quote_about(wanted), &any, about, 0, &a, &verdict, &err));
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT, "%s", err.text);
    cr_expect_eq(verdict.reason.code, E_EVIDENCE_FORMAT);
    cr_expect_not(verdict.genuine);
    expect_refusal(judge_evidence(NULL, (struct slice){0}, &any, about, 0, &a, &verdict, &err), &err,
                   E_EVIDENCE_MISSING, "expected evidence, found no bytes");
}

Test(production, genuine_evidence_lacks_only_its_collateral, .init = begin, .fini = end)
{
    const struct package_policy any = {0};
    const char *vectors = vectors_folder(&a);
    struct verdict verdict;
    struct slice quote;
    struct err err;

    if (vectors == NULL)
        cr_skip_test("the genuine evidence is not here");
    cr_assert(file_read(arena_printf(&a, "%s/sgx-v3-07-coffeelake-swhardening/quote.bin", vectors), LIMIT_EVIDENCE, &a,
                        &quote, &err),
              "%s", err.text);
    cr_assert_not(judge_evidence(NULL, quote, &any, slice_of(wanted, 64), 1739649643, &a, &verdict, &err));
    cr_expect_eq(err.code, E_COLLATERAL_MISSING, "%s", err.text);
    cr_expect_eq(verdict.reason.code, E_COLLATERAL_MISSING);
}

Test(production, trusts_intels_root_and_is_not_simulated, .init = begin, .fini = end)
{
    const struct trust_domain *domain = trust_domain();

    cr_expect_not(domain->simulated);
    cr_expect_str_eq(domain->name, "production");
    cr_expect_eq(domain->roots(), roots_production());
}

Test(production, package_info_of_an_enclave_file, .init = begin, .fini = end)
{
    static const uint8_t headers[40] = {6, 0, 0, 0, 0xe1, 0, 0, 0, 0,    0, 1, 0, 0,    0, 0, 0, 0, 0, 0, 0,
                                        0, 0, 0, 0, 1,    1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};
    uint8_t s[1808] = {0};
    struct package_policy p = {0};
    struct err err;

    memcpy(s, headers, sizeof headers);
    s[512] = 3, s[928] = 2, s[960] = 0xab, s[1024] = 7, s[1026] = 9;
    peer_write("app.sig", slice_of(s, sizeof s));
    cr_assert(trust_domain()->package_info(peer_path(&a, "app.sig"), &a, &p, &err), "%s", err.text);
    cr_expect_str_eq(p.unique_id, "ab00000000000000000000000000000000000000000000000000000000000000");
    cr_expect_eq(strlen(p.signer_id), 64);
    cr_expect(p.debug && p.has_product_id && p.has_security_version && p.product_id == 7 &&
              p.security_version == 9);
}
