/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_snp.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "attestation/collect_device.h"
#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "base/limits.h"
#include "pki/hash.h"

#define DEVICE "/dev/sev-guest"

enum { RESPONSE_LEN = 4000, CERTS_FIRST_LEN = 16 * KIB, SEAL_KEY_LEN = 32 };

/* ---- what the host sends along ------------------------------------------------------ */

bool snp_parts(struct slice report, struct slice table, struct arena *a, struct evidence *e, struct err *err)
{
    struct snp_certificates certificates;
    struct snp_report r;

    if (!snp_report_parse(report, &r, err) || !snp_certificates_parse(table, &certificates, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    e->report = report;
    snp_certificates_parts(&certificates, r.says.signing_key, a, &e->vek, &e->vek_chain);
    return true;
}

/* ---- the device --------------------------------------------------------------------- */

/* linux/sev-guest.h, which older distributions have without the extended report. */
struct report_request {
    uint8_t user_data[64];
    uint32_t vmpl;
    uint8_t reserved[28];
};
struct extended_request {
    struct report_request data;
    uint64_t certs_address;
    uint32_t certs_len;
};
struct key_request {
    uint32_t root_key_select, reserved;
    uint64_t guest_field_select;
    uint32_t vmpl, guest_svn;
    uint64_t tcb_version;
};
struct guest_request {
    uint8_t message_version;
    uint64_t request, response;
    uint64_t status; /* high half: what the host answered, low half: the firmware */
};
#define SNP_GET_REPORT      _IOWR('S', 0, struct guest_request)
#define SNP_GET_DERIVED_KEY _IOWR('S', 1, struct guest_request)
#define SNP_GET_EXT_REPORT  _IOWR('S', 2, struct guest_request)

enum { HOST_BUFFER_TOO_SMALL = 1 };

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

static bool ask(int fd, unsigned long what, const void *request, void *response, uint64_t *status)
{
    struct guest_request r = {
        .message_version = 1, .request = address_of(request), .response = address_of(response)};
    const bool ok = device_ask(fd, what, &r);

    *status = r.status;
    return ok;
}

static bool unanswered(const char *what, uint64_t status, struct err *err)
{
    return err_errno(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": %s: firmware status 0x%x, host status 0x%x", what,
                     (unsigned)(status & UINT32_MAX), (unsigned)(status >> 32));
}

/* status, size, 24 reserved bytes, the report. */
static bool report_of(const uint8_t response[RESPONSE_LEN], struct arena *a, struct slice *out,
                      struct err *err)
{
    struct cursor c = cursor_over(slice_of(response, RESPONSE_LEN));
    const uint32_t status = cursor_u32le(&c), size = cursor_u32le(&c);

    (void)cursor_take(&c, 24);
    if (status != 0 || size != SNP_REPORT_LEN)
        return err_set(err, E_EVIDENCE_UNAVAILABLE,
                       DEVICE ": expected status 0 and a report of %d bytes, found status %u and %u bytes",
                       SNP_REPORT_LEN, (unsigned)status, (unsigned)size);
    *out = arena_copy(a, cursor_take(&c, SNP_REPORT_LEN));
    return true;
}

/* With certificates; the host says how much room they need, and once more is asked. */
static bool extended_report(int fd, const uint8_t report_data[64], uint8_t response[RESPONSE_LEN],
                            struct arena *a, struct slice *certs, uint64_t *status)
{
    struct extended_request r = {.certs_len = CERTS_FIRST_LEN};
    uint8_t *room = arena_alloc(a, r.certs_len);
    bool ok;

    memcpy(r.data.user_data, report_data, 64);
    r.certs_address = address_of(room);
    ok = ask(fd, SNP_GET_EXT_REPORT, &r, response, status);
    if (!ok && *status >> 32 == HOST_BUFFER_TOO_SMALL && r.certs_len > CERTS_FIRST_LEN &&
        r.certs_len <= LIMIT_EVIDENCE) {
        room = arena_alloc(a, r.certs_len);
        r.certs_address = address_of(room);
        ok = ask(fd, SNP_GET_EXT_REPORT, &r, response, status);
    }
    *certs = slice_of(room, ok ? r.certs_len : 0);
    return ok;
}

bool sev_guest_report(const uint8_t report_data[64], struct arena *a, struct evidence *e, struct err *err)
{
    scoped(device_close) int fd = -1;
    struct report_request plain = {{0}, 0, {0}};
    uint8_t response[RESPONSE_LEN] = {0};
    struct slice certs = {0}, report;
    uint64_t status;

    memcpy(plain.user_data, report_data, 64);
    if (!device_open(DEVICE, &fd, err))
        return false;
    if (!extended_report(fd, report_data, response, a, &certs, &status) &&
        !ask(fd, SNP_GET_REPORT, &plain, response, &status))
        return unanswered("asking for a report", status, err);
    return report_of(response, a, &report, err) &&
           evidence_is_about(report, SNP_REPORT_DATA_AT, report_data, DEVICE, err) &&
           snp_parts(report, certs, a, e, err);
}

/* ---- sealing ------------------------------------------------------------------------ */

/* Guest policy, image id, family id and launch measurement go into the key. Nothing that goes in names a
 * signer, so a key of "the same signer and product" would be anybody's who claims the ids: both policies give
 * the key of this very image, and an image that is updated needs the state to be recovered. */
enum { BOUND_TO = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 };

bool sev_guest_seal_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    const struct key_request request = {.guest_field_select = BOUND_TO};
    scoped(device_close) int fd = -1;
    scoped(secret_wipe) struct secret response = {0};
    uint64_t status;

    secret_new(&response, 64); /* status 4, reserved 28, key 32 */
    if (!device_open(DEVICE, &fd, err))
        return err_as(err, E_NO_SEAL_KEY);
    if (!ask(fd, SNP_GET_DERIVED_KEY, &request, response.ptr, &status)) {
        (void)unanswered("asking for a derived key", status, err);
        return err_as(err, E_NO_SEAL_KEY);
    }
    if (!slice_is_zero(slice_of(response.ptr, 4)) || slice_is_zero(slice_of(response.ptr + 32, 32)))
        return err_set(err, E_NO_SEAL_KEY, DEVICE ": the firmware gave no derived key");
    secret_new(out, SEAL_KEY_LEN);
    hkdf_sha256(out->ptr, out->len, slice_of(response.ptr + 32, 32), slice_str("marblemesh/seal"),
                slice_str(policy == SEAL_UNIQUE ? "snp unique" : "snp product"));
    return true;
}

static bool probe(struct err *err) { return device_probe(DEVICE, "SEV-SNP guest", err); }

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_SNP};

    if (!sev_guest_report(report_data, a, &e, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

const struct tee tee_sev_guest = {
    .name = "snp-sev-guest", .probe = probe, .evidence = evidence, .seal_key = sev_guest_seal_key};
