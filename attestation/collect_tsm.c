/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_tsm.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attestation/collect_device.h"
#include "attestation/collect_snp.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"

#define FOLDER     "/sys/kernel/config/tsm/report"
#define TDX_DEVICE "/dev/tdx_guest"

/* linux/tsm.h: 64 bytes in, 32 KiB out at most. A quote is made by another process of the host, which may be
 * busy. */
enum { REPORT_DATA_LEN = 64, ATTEMPTS = 5, PAUSE_MS = 50, WORD_MAX = 64, AUX_MAX = 32 * KIB };

enum { QUOTE_REPORT_DATA_AT_V4 = 48 + 520, QUOTE_REPORT_DATA_AT_V5 = 48 + 6 + 520, QUOTE_VERSION_5 = 5 };

/* ---- an entry ----------------------------------------------------------------------- */

/* Of this request alone, so that nobody else's writes come between ours. */
struct entry {
    char path[80]; /* empty: there is none */
};

static void entry_end(struct entry *e)
{
    if (e->path[0] != '\0')
        (void)rmdir(e->path);
}

static bool entry_begin(struct entry *e, struct err *err)
{
    uint8_t name[8];
    char text[2 * sizeof name + 1];

    random_bytes(name, sizeof name);
    hex_encode(text, slice_of(name, sizeof name));
    (void)snprintf(e->path, sizeof e->path, FOLDER "/marblemesh-%s", text);
    if (mkdir(e->path, 0700) == 0)
        return true;
    (void)err_errno(err, E_EVIDENCE_UNAVAILABLE, "making %s", e->path);
    e->path[0] = '\0';
    return false;
}

static const char *attribute(const struct entry *e, const char *name, struct arena *a)
{
    return arena_printf(a, "%s/%s", e->path, name);
}

/* One write: the kernel takes what one brings. */
static bool put(const struct entry *e, const char *name, struct slice value, struct arena *a, struct err *err)
{
    const char *path = attribute(e, name, a);
    scoped(device_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, value.ptr, value.len) == (ssize_t)value.len)
        return true;
    return err_errno(err, E_EVIDENCE_UNAVAILABLE, "writing %s", path);
}

static bool get(const struct entry *e, const char *name, size_t max, struct arena *a, struct slice *out,
                struct err *err)
{
    return file_read(attribute(e, name, a), max, a, out, err) || err_as(err, E_EVIDENCE_UNAVAILABLE);
}

/* An attribute with a number; `absent` if the kernel or the provider does not have it. */
static bool get_number(const struct entry *e, const char *name, uint64_t absent, struct arena *a,
                       uint64_t *out, struct err *err)
{
    const char *path = attribute(e, name, a);
    struct slice text;

    *out = absent;
    if (!file_exists(path))
        return true;
    if (!get(e, name, WORD_MAX, a, &text, err))
        return false;
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    return decimal_decode(text, UINT32_MAX, out) ||
           err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: expected a number, found \"%s\"", path,
                   text_shown(a, text));
}

/* ---- a report ----------------------------------------------------------------------- */

struct answer {
    struct slice out, aux;
    bool moved; /* somebody else wrote in between */
};

/* Behind an SVSM or a paravisor the lowest level that is ours is not 0. */
static bool ask_level(const struct entry *e, struct arena *a, uint64_t *num_writes, struct err *err)
{
    uint64_t floor;
    const char *text;

    if (!get_number(e, "privlevel_floor", 0, a, &floor, err))
        return false;
    if (floor == 0)
        return true;
    ++*num_writes;
    text = arena_printf(a, "%u", (unsigned)floor);
    return put(e, "privlevel", slice_str(text), a, err);
}

static bool ask_once(const struct entry *e, const uint8_t report_data[REPORT_DATA_LEN], struct arena *a,
                     struct answer *out, struct err *err)
{
    uint64_t before, after, num_writes = 1;

    if (!get_number(e, "generation", 0, a, &before, err) || !ask_level(e, a, &num_writes, err) ||
        !put(e, "inblob", slice_of(report_data, REPORT_DATA_LEN), a, err) ||
        !get(e, "outblob", LIMIT_EVIDENCE, a, &out->out, err))
        return false;
    if (file_exists(attribute(e, "auxblob", a)) && !get(e, "auxblob", AUX_MAX, a, &out->aux, err))
        return false;
    if (!get_number(e, "generation", num_writes, a, &after, err))
        return false;
    out->moved = after - before != num_writes;
    return true;
}

static void pause_before(int attempt)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = (long)attempt * PAUSE_MS * 1000 * 1000}, NULL);
}

/* Asks again, a bounded number of times: somebody else wrote in between, or the provider is busy (EBUSY,
 * EINTR) or silent (ETIMEDOUT). */
static bool tsm_report(const uint8_t report_data[REPORT_DATA_LEN], struct arena *a, struct answer *out,
                       struct err *err)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        scoped(entry_end) struct entry e = {""};
        struct answer answer = {0};

        if (attempt > 0)
            pause_before(attempt);
        if (!entry_begin(&e, err))
            return false;
        if (!ask_once(&e, report_data, a, &answer, err))
            continue;
        if (!answer.moved && answer.out.len > 0) {
            *out = answer;
            return true;
        }
        (void)err_set(err, E_EVIDENCE_UNAVAILABLE, FOLDER ": %s",
                      answer.moved ? "something else writes the same entry" : "outblob is empty");
    }
    return err_in(err, "%d times in vain", ATTEMPTS);
}

/* ---- who provides it ---------------------------------------------------------------- */

static bool no_folder(struct err *err)
{
    if (file_exists(TDX_DEVICE))
        return err_set(err, E_NO_TEE,
                       TDX_DEVICE " is there and " FOLDER
                                  " is not: quotes come from there; use Linux 6.7 or later and "
                                  "mount configfs on /sys/kernel/config");
    return err_set(err, E_NO_TEE, "no " FOLDER);
}

static bool probe_provider(const char *wanted, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(entry_end) struct entry e = {""};
    struct slice name;

    if (!file_exists(FOLDER))
        return no_folder(err);
    if (!entry_begin(&e, err) || !get(&e, "provider", WORD_MAX, &a, &name, err))
        return err_as(err, E_NO_TEE);
    if (name.len > 0 && name.ptr[name.len - 1] == '\n')
        name.len--;
    return slice_equal(name, slice_str(wanted)) ||
           err_set(err, E_NO_TEE, FOLDER ": the provider is \"%s\", not \"%s\"", text_shown(&a, name),
                   wanted);
}

static bool probe_tdx(struct err *err) { return probe_provider("tdx_guest", err); }
static bool probe_snp(struct err *err) { return probe_provider("sev_guest", err); }

static bool evidence_tdx(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_DCAP};
    struct answer answer;
    struct cursor c;

    if (!tsm_report(report_data, a, &answer, err))
        return false;
    c = cursor_over(answer.out);
    e.quote = answer.out;
    if (!evidence_is_about(
            e.quote, cursor_u16le(&c) == QUOTE_VERSION_5 ? QUOTE_REPORT_DATA_AT_V5 : QUOTE_REPORT_DATA_AT_V4,
            report_data, FOLDER, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

static bool evidence_snp(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_SNP};
    struct answer answer;

    if (!tsm_report(report_data, a, &answer, err) ||
        !evidence_is_about(answer.out, SNP_REPORT_DATA_AT, report_data, FOLDER, err) ||
        !snp_parts(answer.out, answer.aux, a, &e, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

const struct tee tee_tsm_tdx = {.name = "tdx-tsm",
                                .probe = probe_tdx,
                                .evidence = evidence_tdx,
                                .why_no_seal_key = "a TDX guest gets no key of its own from the hardware"};
const struct tee tee_tsm_snp = {
    .name = "snp-tsm", .probe = probe_snp, .evidence = evidence_snp, .seal_key = sev_guest_seal_key};
