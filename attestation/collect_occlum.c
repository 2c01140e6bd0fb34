/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_occlum.h"

#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "attestation/collect_device.h"
#include "base/limits.h"
#include "pki/hash.h"

#define DEVICE "/dev/sgx"

enum {
    QUOTE_REPORT_DATA_AT = 48 + 320,
    TARGET_INFO_LEN = 512,
    REPORT_LEN = 432,
    KEY_LEN = 16,
    SEAL_KEY_LEN = 32
};

struct quote_request {
    const uint8_t *report_data; /* 64 bytes */
    uint32_t *quote_len;        /* in: room; out: length */
    uint8_t *quote;
};
struct report_request {
    const uint8_t *target_info, *report_data;
    uint8_t *report;
};

/* Intel SDM volume 3D, KEYREQUEST. */
struct key_request {
    uint16_t name, policy, isv_svn, reserved1;
    uint8_t cpu_svn[16], attribute_mask[16], id[32];
    uint32_t misc_mask;
    uint16_t config_svn;
    uint8_t reserved2[434];
};
_Static_assert(sizeof(struct key_request) == 512, "KEYREQUEST");
struct key_ask {
    const struct key_request *request;
    uint8_t *key;
};

#define SGX_SELF_TARGET     _IOR('s', 3, uint8_t[TARGET_INFO_LEN])
#define SGX_CREATE_REPORT   _IOWR('s', 4, struct report_request)
#define SGX_DCAP_QUOTE_SIZE _IOR('s', 7, uint32_t)
#define SGX_DCAP_QUOTE      _IOWR('s', 8, struct quote_request)
#define SGX_GET_KEY         _IOWR('s', 11, struct key_ask)

static bool probe(struct err *err)
{
    struct utsname name;

    if (uname(&name) != 0)
        return err_errno(err, E_NO_TEE, "uname");
    if (strcmp(name.sysname, "Occlum") != 0)
        return err_set(err, E_NO_TEE, "the system calls itself %s, not Occlum", name.sysname);
    return device_probe(DEVICE, "Occlum with SGX", err);
}

static bool make_quote(int fd, const uint8_t report_data[64], struct arena *a, struct slice *out,
                       struct err *err)
{
    uint32_t len = 0;
    struct quote_request r = {.report_data = report_data, .quote_len = &len};

    if (!device_ask(fd, SGX_DCAP_QUOTE_SIZE, &len))
        return err_errno(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": asking for the size of a quote");
    if (len == 0 || len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_UNAVAILABLE,
                       DEVICE ": a quote of %u bytes was announced, expected 1 to %d", (unsigned)len,
                       LIMIT_EVIDENCE);
    r.quote = arena_alloc(a, len);
    *out = slice_of(r.quote, len);
    if (!device_ask(fd, SGX_DCAP_QUOTE, &r))
        return err_errno(err, E_EVIDENCE_UNAVAILABLE,
                         DEVICE ": the machine's quoting service (AESM) gave no quote");
    if (len > out->len)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": a quote of %u bytes where %zu were announced",
                       (unsigned)len, out->len);
    out->len = len;
    return true;
}

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    scoped(device_close) int fd = -1;
    struct evidence e = {.kind = EVIDENCE_DCAP};

    if (!device_open(DEVICE, &fd, err) || !make_quote(fd, report_data, a, &e.quote, err) ||
        !evidence_is_about(e.quote, QUOTE_REPORT_DATA_AT, report_data, DEVICE, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

/* ---- sealing ------------------------------------------------------------------------ */

/* A report to ourselves says which security versions are ours: a key of older ones would be an older, perhaps
 * broken platform's as well. */
static bool own_report(int fd, uint8_t report[REPORT_LEN], struct err *err)
{
    static const uint8_t nothing[64];
    uint8_t target[TARGET_INFO_LEN] = {0};
    struct report_request r = {.target_info = target, .report_data = nothing, .report = report};

    return (device_ask(fd, SGX_SELF_TARGET, target) && device_ask(fd, SGX_CREATE_REPORT, &r)) ||
           err_errno(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": asking for a report to this enclave itself");
}

/* KEYNAME 4 is the sealing key. The masks are those of Intel's sealing library: DEBUG, INIT and all reserved
 * flags count, and of MISCSELECT its reserved bits. */
static struct key_request request_of(const uint8_t report[REPORT_LEN], enum seal_policy policy)
{
    struct key_request k = {
        .name = 4,
        .policy = policy == SEAL_UNIQUE ? 1 : 2,
        .attribute_mask = {0x0b, 0, 0, 0, 0, 0, 0, 0xff},
        .misc_mask = 0xf0000000,
    };

    memcpy(k.cpu_svn, report, sizeof k.cpu_svn);
    memcpy(&k.isv_svn, report + 258, sizeof k.isv_svn);
    memcpy(&k.config_svn, report + 260, sizeof k.config_svn);
    return k;
}

static bool seal_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    scoped(device_close) int fd = -1;
    scoped(secret_wipe) struct secret key = {0};
    uint8_t report[REPORT_LEN] = {0};
    struct key_request request;
    struct key_ask ask;

    secret_new(&key, KEY_LEN);
    if (!device_open(DEVICE, &fd, err) || !own_report(fd, report, err))
        return false;
    request = request_of(report, policy);
    ask = (struct key_ask){.request = &request, .key = key.ptr};
    if (!device_ask(fd, SGX_GET_KEY, &ask))
        return err_errno(err, E_NO_SEAL_KEY,
                         DEVICE ": asking for a sealing key, which Occlum offers since 0.29.3");
    secret_new(out, SEAL_KEY_LEN);
    hkdf_sha256(out->ptr, out->len, secret_bytes(&key), slice_str("marblemesh/seal"),
                slice_str(policy == SEAL_UNIQUE ? "occlum mrenclave" : "occlum mrsigner"));
    return true;
}

const struct tee tee_occlum = {
    .name = "sgx-occlum", .probe = probe, .evidence = evidence, .seal_key = seal_key};
