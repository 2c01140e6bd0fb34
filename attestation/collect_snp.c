/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_snp.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "attestation/collect_device.h"
#include "base/limits.h"
#include "pki/hash.h"
#include "pki/pem.h"

#define DEVICE "/dev/sev-guest"

enum { REPORT_LEN = 1184, RESPONSE_LEN = 4000, CERTS_FIRST_LEN = 16 * KIB, SEAL_KEY_LEN = 32 };

/* ---- what the host sends along ------------------------------------------------------ */

enum { CERTIFICATE_MAX = 32 };

static const struct {
    uint8_t id[16];
    bool is_vek;
} certificates[] = {
    /* VCEK 63da758d-e664-4564-adc5-f4b93be8accd, VLEK a8074bc2-a25a-483e-aae6-39c045a0b8a1 */
    {{0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd}, true},
    {{0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1}, true},
    /* ASK or ASVK 4ab7b379-bbac-4fe4-a02f-05aef327c782, ARK c0b406a4-a803-4952-9743-3fb6014cd0ae */
    {{0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82}, false},
    {{0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae}, false},
};

/* GUIDs stand as text reads in some tables and in Microsoft's mixed order in others. */
static bool same_guid(struct slice found, const uint8_t id[16])
{
    static const uint8_t mixed[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    bool straight = true, swapped = true;

    for (size_t i = 0; i < 16; i++) {
        straight = straight && found.ptr[i] == id[i];
        swapped = swapped && found.ptr[i] == id[mixed[i]];
    }
    return straight || swapped;
}

static void take_certificate(struct slice guid, struct slice der, struct arena *a, struct evidence *e,
                             struct buf *chain)
{
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++) {
        if (!same_guid(guid, certificates[i].id))
            continue;
        if (certificates[i].is_vek)
            e->vek = arena_copy(a, der);
        else
            pem_put(chain, "CERTIFICATE", der);
    }
}

/* Entries of a GUID, an offset from the table's start and a length, ended by one of zeroes. */
bool snp_certificates(struct slice table, struct arena *a, struct evidence *e, struct err *err)
{
    scoped(buf_wipe) struct buf chain = buf_max(LIMIT_COLLATERAL_CHAIN);
    struct cursor c = cursor_over(table);

    for (size_t i = 0; i < CERTIFICATE_MAX && table.len > 0; i++) {
        const struct slice guid = cursor_take(&c, 16);
        const uint32_t offset = cursor_u32le(&c), len = cursor_u32le(&c);
        struct cursor at = cursor_over(table);
        struct slice der;

        if (cursor_ok(&c) && slice_is_zero(guid))
            break;
        (void)cursor_take(&at, offset);
        der = cursor_take(&at, len);
        if (!cursor_ok(&c) || !cursor_ok(&at) || len > LIMIT_CERTIFICATE)
            return err_set(err, E_EVIDENCE_UNAVAILABLE,
                           "the host's certificate table: entry %zu does not stand within its %zu bytes", i, table.len);
        take_certificate(guid, der, a, e, &chain);
    }
    e->vek_chain = arena_copy(a, buf_bytes(&chain));
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
#define SNP_GET_REPORT _IOWR('S', 0, struct guest_request)
#define SNP_GET_DERIVED_KEY _IOWR('S', 1, struct guest_request)
#define SNP_GET_EXT_REPORT _IOWR('S', 2, struct guest_request)

enum { HOST_BUFFER_TOO_SMALL = 1 };

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

static bool ask(int fd, unsigned long what, const void *request, void *response, uint64_t *status)
{
    struct guest_request r = {.message_version = 1, .request = address_of(request), .response = address_of(response)};
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
static bool report_of(const uint8_t response[RESPONSE_LEN], struct arena *a, struct slice *out, struct err *err)
{
    struct cursor c = cursor_over(slice_of(response, RESPONSE_LEN));
    const uint32_t status = cursor_u32le(&c), size = cursor_u32le(&c);

    (void)cursor_take(&c, 24);
    if (status != 0 || size != REPORT_LEN)
        return err_set(err, E_EVIDENCE_UNAVAILABLE,
                       DEVICE ": expected status 0 and a report of %d bytes, found status %u and %u bytes", REPORT_LEN,
                       (unsigned)status, (unsigned)size);
    *out = arena_copy(a, cursor_take(&c, REPORT_LEN));
    return true;
}

/* With certificates; the host says how much room they need, and once more is asked. */
static bool extended_report(int fd, const uint8_t report_data[64], uint8_t response[RESPONSE_LEN], struct arena *a,
                            struct slice *certs, uint64_t *status)
{
    struct extended_request r = {.certs_len = CERTS_FIRST_LEN};
    uint8_t *room = arena_alloc(a, r.certs_len);
    bool ok;

    memcpy(r.data.user_data, report_data, 64);
    r.certs_address = address_of(room);
    ok = ask(fd, SNP_GET_EXT_REPORT, &r, response, status);
    if (!ok && *status >> 32 == HOST_BUFFER_TOO_SMALL && r.certs_len > CERTS_FIRST_LEN && r.certs_len <= LIMIT_EVIDENCE) {
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
    struct slice certs = {0};
    uint64_t status;

    memcpy(plain.user_data, report_data, 64);
    if (!device_open(DEVICE, &fd, err))
        return false;
    if (!extended_report(fd, report_data, response, a, &certs, &status) &&
        !ask(fd, SNP_GET_REPORT, &plain, response, &status))
        return unanswered("asking for a report", status, err);
    return report_of(response, a, &e->report, err) &&
           evidence_is_about(e->report, SNP_REPORT_DATA_AT, report_data, DEVICE, err) &&
           snp_certificates(certs, a, e, err);
}

/* ---- sealing ------------------------------------------------------------------------ */

/* Guest policy, image id, family id and launch measurement go into the key. Nothing that goes in names a signer, so a
 * key of "the same signer and product" would be anybody's who claims the ids: both policies give the key of this very
 * image, and an image that is updated needs the state to be recovered. */
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
