/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_nsm.h"

#include <sys/ioctl.h>

#include "attestation/cbor.h"
#include "attestation/collect_device.h"
#include "base/limits.h"
#include "base/text.h"

#define DEVICE "/dev/nsm"

enum { RESPONSE_MAX = 12 * KIB }; /* linux/nsm.h: NSM_RESPONSE_MAX_SIZE */

struct nsm_buffer {
    uint64_t address, len;
};
struct nsm_raw {
    struct nsm_buffer request, response;
};
#define NSM_RAW _IOWR(0x0a, 0, struct nsm_raw)

/* {"Attestation": {"user_data": report data, "nonce": null, "public_key": null}} */
static void put_request(struct buf *b, const uint8_t report_data[64])
{
    buf_str(b, "\xa1\x6b"
               "Attestation"
               "\xa3\x69"
               "user_data"
               "\x58\x40");
    buf_put(b, slice_of(report_data, 64));
    buf_str(b, "\x65"
               "nonce"
               "\xf6\x6a"
               "public_key"
               "\xf6");
}

/* {"Attestation": {"document": bytes}} or {"Error": text} */
static bool read_response(struct slice response, struct arena *a, struct slice *document, struct err *err)
{
    struct cursor c = cursor_over(response);
    const uint64_t outer = cbor_map(&c);
    const struct slice kind = cbor_text(&c);
    struct slice name, found;
    uint64_t inner;

    if (cursor_ok(&c) && slice_equal(kind, slice_str("Error")))
        return err_set(err, E_EVIDENCE_UNAVAILABLE, DEVICE " answered the error \"%s\"",
                       text_shown(a, cbor_text(&c)));
    inner = cbor_map(&c);
    name = cbor_text(&c);
    found = cbor_bytes(&c);
    if (!cursor_done(&c) || outer != 1 || inner != 1 || !slice_equal(kind, slice_str("Attestation")) ||
        !slice_equal(name, slice_str("document")) || found.len == 0)
        return err_set(err, E_EVIDENCE_UNAVAILABLE,
                       DEVICE ": %zu bytes that are not the answer with a document", response.len);
    *document = found;
    return true;
}

static bool ask(const uint8_t report_data[64], struct arena *a, struct slice *document, struct err *err)
{
    scoped(device_close) int fd = -1;
    scoped(buf_wipe) struct buf request = buf_max(KIB);
    uint8_t *response = arena_alloc(a, RESPONSE_MAX);
    struct nsm_raw r;

    put_request(&request, report_data);
    r = (struct nsm_raw){.request = {(uint64_t)(uintptr_t)request.ptr, request.len},
                         .response = {(uint64_t)(uintptr_t)response, RESPONSE_MAX}};
    if (!device_open(DEVICE, &fd, err))
        return false;
    if (!device_ask(fd, NSM_RAW, &r))
        return err_errno(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": asking for a document");
    if (r.response.len > RESPONSE_MAX)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, DEVICE ": an answer longer than its room of %d bytes",
                       RESPONSE_MAX);
    return read_response(slice_of(response, r.response.len), a, document, err);
}

static bool probe(struct err *err) { return device_probe(DEVICE, "AWS Nitro enclave", err); }

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_NITRO};

    if (!ask(report_data, a, &e.document, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

const struct tee tee_nsm = {.name = "nitro",
                            .probe = probe,
                            .evidence = evidence,
                            .why_no_seal_key = "a Nitro enclave gets no key of its own from the hardware"};
