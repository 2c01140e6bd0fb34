/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_gramine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "attestation/dcap_quote.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

#define DEVICE "/dev/attestation"

enum { REPORT_DATA_LEN = 64, TYPE_MAX = 32, GRAMINE_KEY_LEN = 16, SEAL_KEY_LEN = 32 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static struct slice without_line_end(struct slice s)
{
    while (s.len > 0 && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\0'))
        s.len--;
    return s;
}

bool gramine_probe(const char *folder, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/attestation_type", folder);
    struct slice type;

    if (!file_read(path, TYPE_MAX, &a, &type, err))
        return err->code == E_FILE_MISSING
                   ? err_set(err, E_NO_TEE, "%s does not exist, so this is not Gramine with SGX", path)
                   : err_as(err, E_NO_TEE);
    type = without_line_end(type);
    if (!slice_equal(type, slice_str("dcap")))
        return err_set(err, E_NO_TEE,
                       "%s: expected \"dcap\", found \"%s\": set sgx.remote_attestation = \"dcap\" in "
                       "Gramine's manifest",
                       path, text_shown(&a, type));
    return true;
}

/* In one write and without truncation: Gramine takes what one write brings. */
static bool put_report_data(const char *path, const uint8_t report_data[REPORT_DATA_LEN], struct err *err)
{
    scoped(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return err_errno(err, E_EVIDENCE_UNAVAILABLE, "opening %s", path);
    do
        n = write(fd, report_data, REPORT_DATA_LEN);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(err, E_EVIDENCE_UNAVAILABLE, "writing %s", path);
    if (n != REPORT_DATA_LEN)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "%s took %zd bytes of %d", path, n, REPORT_DATA_LEN);
    return true;
}

static bool get_quote(const char *path, struct arena *a, struct slice *out, struct err *err)
{
    if (!file_read(path, LIMIT_EVIDENCE, a, out, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    if (out->len == 0)
        return err_set(err, E_EVIDENCE_UNAVAILABLE,
                       "%s is empty: Gramine got no quote from the machine's quoting service (AESM)", path);
    return true;
}

/* Another writer in the process (the application itself, say) would be found out here. */
static bool is_about(struct slice quote, const uint8_t report_data[REPORT_DATA_LEN], const char *path,
                     struct err *err)
{
    struct dcap_quote q;
    struct err why;

    if (!dcap_quote_parse(quote, &q, &why))
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: not an SGX quote: %s", path, why.text);
    if (!slice_equal(dcap_quote_report_data(&q), slice_of(report_data, REPORT_DATA_LEN)))
        return err_set(
            err, E_EVIDENCE_UNAVAILABLE,
            "%s is about other report data than was asked for: something else in this process writes "
            "user_report_data",
            path);
    return true;
}

bool gramine_evidence(const char *folder, const uint8_t report_data[64], struct arena *a, struct slice *out,
                      struct err *err)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    const char *quote_path = arena_printf(a, "%s/quote", folder);
    struct slice quote = {0};
    bool ok;

    (void)pthread_mutex_lock(&one_at_a_time);
    ok = put_report_data(arena_printf(a, "%s/user_report_data", folder), report_data, err) &&
         get_quote(quote_path, a, &quote, err);
    (void)pthread_mutex_unlock(&one_at_a_time);
    if (!ok || !is_about(quote, report_data, quote_path, err))
        return false;
    *out = quote;
    return true;
}

bool gramine_seal_key(const char *folder, enum seal_policy policy, struct secret *out, struct err *err)
{
    const char *name = policy == SEAL_UNIQUE ? "_sgx_mrenclave" : "_sgx_mrsigner";
    scoped(arena_wipe) struct arena a = {0};
    const char *path = arena_printf(&a, "%s/keys/%s", folder, name);
    struct slice key;

    if (!file_read(path, GRAMINE_KEY_LEN, &a, &key, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    if (key.len != GRAMINE_KEY_LEN)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: expected a key of %d bytes, found %zu", path,
                       GRAMINE_KEY_LEN, key.len);
    pki_init();
    secret_new(out, SEAL_KEY_LEN);
    hkdf_sha256(out->ptr, out->len, key, slice_str("marblemesh/seal"), slice_str(name));
    return true;
}

static bool probe(struct err *err) { return gramine_probe(DEVICE, err); }

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    return gramine_evidence(DEVICE, report_data, a, out, err);
}

static bool seal_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    return gramine_seal_key(DEVICE, policy, out, err);
}

const struct tee tee_gramine = {
    .name = "sgx-gramine", .probe = probe, .evidence = evidence, .seal_key = seal_key};
