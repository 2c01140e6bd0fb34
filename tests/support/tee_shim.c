/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel and runtime interfaces of TEEs, for a program that is started with this in LD_PRELOAD. It answers
 * what the program asks of /dev/sgx (and uname) as Occlum does, of /dev/sev-guest, /dev/nsm and configfs-tsm
 * as Linux does; the evidence is the simulated TEE's and holds under its roots.
 *
 * MESH_FAKE_ROOT names a folder that stands for the root of those paths: what is in it exists. Besides:
 *
 *   provider          what configfs-tsm's attribute of that name says
 *   privlevel_floor   the attribute; absent: the provider has no such thing
 *   conflicts, busy   so many times another process writes an entry; outblob cannot be read (EBUSY)
 *   no-certificates, many-certificates, old-kernel     of the host behind /dev/sev-guest
 *   failing           every ioctl fails (EIO)
 *   other             evidence is about other report data than asked for
 */
#undef _FORTIFY_SOURCE /* its inline read() would stand in the way of ours */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sev-guest.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "attestation/sim/nitro.h"
#include "attestation/sim/snp.h"
#include "base/buf.h"
#include "base/json.h"
#include "pki/hash.h"

#define SHOWN      __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define TSM        "/sys/kernel/config/tsm/report"

/* ---- the folder --------------------------------------------------------------------- */

/* a || b; a path that is too long aborts. */
static const char *joined(char out[PATH_MAX], const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);

    if (n + m >= PATH_MAX)
        abort();
    memmove(out, a, n);
    memcpy(out + n, b, m + 1);
    return out;
}

static const char *const faked[] = {"/dev/sgx",    "/dev/sev-guest",   "/dev/nsm", "/dev/tdx_guest",
                                    "/dev/tpmrm0", "/dev/attestation", TSM};

/* Where that path really is; the path itself if it is none of ours. */
static const char *placed(const char *path, char out[PATH_MAX])
{
    const char *root = getenv("MESH_FAKE_ROOT");

    for (size_t i = 0; root != NULL && i < sizeof faked / sizeof faked[0]; i++)
        if (strncmp(path, faked[i], strlen(faked[i])) == 0)
            return joined(out, root, path);
    return path;
}

static const char *in_root(const char *name, char out[PATH_MAX])
{
    return joined(out, joined(out, getenv("MESH_FAKE_ROOT"), "/"), name);
}

static bool there(const char *name)
{
    char path[PATH_MAX];

    return getenv("MESH_FAKE_ROOT") != NULL && REAL(access)(in_root(name, path), F_OK) == 0;
}

static size_t get_file(const char *path, void *out, size_t max)
{
    const int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? 0 : REAL(read)(fd, out, max);

    if (fd >= 0)
        (void)close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static void put_file(const char *path, struct slice s)
{
    const int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || REAL(write)(fd, s.ptr, s.len) != (ssize_t)s.len)
        abort();
    (void)close(fd);
}

static long number_in(const char *path)
{
    char text[32] = "";

    (void)get_file(path, text, sizeof text - 1);
    return strtol(text, NULL, 10);
}

static void put_number(const char *path, long n)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%ld\n", n);
    put_file(path, slice_str(text));
}

/* Takes one of what is left of it. */
static bool one_of(const char *name)
{
    char path[PATH_MAX];
    long left;

    if (!there(name))
        return false;
    left = number_in(in_root(name, path));
    if (left > 0)
        put_number(path, left - 1);
    return left > 0;
}

/* ---- evidence ----------------------------------------------------------------------- */

static void begin(void)
{
    json_init();
    secret_init();
    pki_init();
}

static void about(uint8_t out[64], const void *report_data)
{
    memcpy(out, report_data, 64);
    if (there("other"))
        out[0] ^= 1;
}

static struct slice snp_report(const void *report_data, uint32_t vmpl, struct arena *a)
{
    const struct sim_guest guest = {.vmpl = vmpl};
    struct slice out = {0};
    uint8_t data[64];
    struct err err;

    begin();
    about(data, report_data);
    if (!sim_snp_report(&sim_chips[0], &guest, data, a, &out, &err))
        abort();
    return out;
}

static struct slice snp_certificates(struct arena *a)
{
    const struct sim_snp_options o = {0};
    struct slice table = {0};
    struct err err;

    if (there("no-certificates"))
        return slice_of(arena_alloc(a, 24), 24);
    if (!sim_snp_certificate_table(&sim_chips[0], &o, time(NULL), a, &table, &err))
        abort();
    if (there("many-certificates")) {
        uint8_t *padded = arena_alloc(a, 5 * 4096);

        memcpy(padded, table.ptr, table.len);
        table = slice_of(padded, 5 * 4096);
    }
    return table;
}

static struct slice sgx_quote(const void *report_data, struct arena *a)
{
    const struct sim_identity id = {.product_id = 1, .security_version = 1};
    struct slice out = {0};
    uint8_t data[64];
    struct err err;

    begin();
    about(data, report_data);
    if (!sim_quote(&sim_platform_default, &id, data, a, &out, &err))
        abort();
    return out;
}

static struct slice td_quote(const void *report_data, struct arena *a)
{
    const struct sim_quote_options as_it_is = {0};
    struct slice out = {0};
    uint8_t data[64];
    struct err err;

    begin();
    about(data, report_data);
    if (!sim_td_quote(&sim_platform_default, &sim_td_default, data, &as_it_is, a, &out, &err))
        abort();
    return out;
}

/* ---- /dev/sev-guest ----------------------------------------------------------------- */

static int failing(int error)
{
    errno = error;
    return -1;
}

static void put_response(void *response, struct slice report)
{
    const uint32_t head[2] = {0, (uint32_t)report.len};

    memset(response, 0, 4000);
    memcpy(response, head, sizeof head);
    memcpy((uint8_t *)response + 32, report.ptr, report.len);
}

static int extended(struct snp_guest_request_ioctl *r)
{
    struct snp_ext_report_req *q = (struct snp_ext_report_req *)(uintptr_t)r->req_data;
    scoped(arena_wipe) struct arena a = {0};
    struct slice report, table;

    if (there("old-kernel"))
        return failing(ENOTTY);
    report = snp_report(q->data.user_data, q->data.vmpl, &a);
    table = snp_certificates(&a);
    if (q->certs_len < table.len) {
        q->certs_len = (uint32_t)((table.len + 4095) / 4096 * 4096);
        r->exitinfo2 = (uint64_t)1 << 32;
        return failing(EIO);
    }
    memcpy((void *)(uintptr_t)q->certs_address, table.ptr, table.len);
    put_response((void *)(uintptr_t)r->resp_data, report);
    return 0;
}

static int derived_key(const struct snp_guest_request_ioctl *r)
{
    uint8_t *response = (uint8_t *)(uintptr_t)r->resp_data;

    begin();
    memset(response, 0, 64);
    sha256(response + 32, slice_of((void *)(uintptr_t)r->req_data, sizeof(struct snp_derived_key_req)));
    return 0;
}

static int sev_guest(unsigned long request, struct snp_guest_request_ioctl *r)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct snp_report_req *q = (const struct snp_report_req *)(uintptr_t)r->req_data;

    if (r->msg_version != 1)
        return failing(EINVAL);
    switch (request) {
    case 0xc0205300:
        put_response((void *)(uintptr_t)r->resp_data, snp_report(q->user_data, q->vmpl, &a));
        return 0;
    case 0xc0205301:
        return derived_key(r);
    case 0xc0205302:
        return extended(r);
    default:
        return failing(ENOTTY);
    }
}

/* ---- /dev/nsm ----------------------------------------------------------------------- */

struct nsm_raw {
    uint64_t request, request_len, response, response_len;
};

/* {"Attestation": {"user_data": h'64 bytes', "nonce": null, "public_key": null}} */
static int nsm(unsigned long request, struct nsm_raw *r)
{
    static const char head[] = "\xa1\x6b"
                               "Attestation"
                               "\xa3\x69"
                               "user_data"
                               "\x58\x40";
    static const char tail[] = "\x65"
                               "nonce"
                               "\xf6\x6a"
                               "public_key"
                               "\xf6";
    const uint8_t *q = (const uint8_t *)(uintptr_t)r->request;
    scoped(buf_wipe) struct buf b = buf_max(12 * 1024);
    scoped(arena_wipe) struct arena a = {0};
    struct sim_nitro n = {0};
    struct slice document;
    uint8_t data[64];
    struct err err;

    if (request != 0xc0200a00 || r->request_len != sizeof head - 1 + 64 + sizeof tail - 1 ||
        memcmp(q, head, sizeof head - 1) != 0 || memcmp(q + sizeof head - 1 + 64, tail, sizeof tail - 1) != 0)
        return failing(EINVAL);
    begin();
    about(data, q + sizeof head - 1);
    n.pcrs[0][0] = n.pcrs[1][0] = n.pcrs[2][0] = 1;
    n.user_data = slice_of(data, sizeof data);
    if (!sim_nitro_document(&n, time(NULL), &a, &document, &err))
        abort();
    buf_str(&b, "\xa1\x6b"
                "Attestation"
                "\xa1\x68"
                "document"
                "\x59");
    buf_u16be(&b, (uint16_t)document.len);
    buf_put(&b, document);
    if (there("refusing")) {
        b.len = 0;
        buf_str(&b, "\xa1\x65"
                    "Error"
                    "\x6d"
                    "InternalError");
    }
    memcpy((void *)(uintptr_t)r->response, b.ptr, b.len);
    r->response_len = b.len;
    return 0;
}

/* ---- Occlum's /dev/sgx -------------------------------------------------------------- */

struct occlum_quote {
    const uint8_t *report_data;
    uint32_t *len;
    uint8_t *quote;
};
struct occlum_report {
    const uint8_t *target, *report_data;
    uint8_t *report;
};
struct occlum_key {
    const uint8_t *request;
    uint8_t *key;
};

enum { OCCLUM_QUOTE_ROOM = 8192 };

static int occlum_quote(struct occlum_quote *q)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct slice quote = sgx_quote(q->report_data, &a);

    if (*q->len < quote.len)
        return failing(EINVAL);
    memset(q->quote, 0, *q->len);
    memcpy(q->quote, quote.ptr, quote.len);
    return 0;
}

/* EGETKEY: KEYNAME 4, MRENCLAVE or MRSIGNER, and no later versions than our own. */
static int occlum_key(const struct occlum_key *k)
{
    uint8_t digest[32];

    if (k->request[0] != 4 || (k->request[2] != 1 && k->request[2] != 2) || k->request[4] > 9)
        return failing(EINVAL);
    begin();
    sha256(digest, slice_of(k->request, 512));
    memcpy(k->key, digest, 16);
    return 0;
}

static int sgx(unsigned long request, void *argument)
{
    switch (request) {
    case 0x80047307:
        *(uint32_t *)argument = OCCLUM_QUOTE_ROOM;
        return 0;
    case 0xc0187308:
        return occlum_quote(argument);
    case 0x82007303: /* TARGETINFO of the enclave itself */
        memset(argument, 1, 512);
        return 0;
    case 0xc0187304:
        memset(((struct occlum_report *)argument)->report, 0, 432);
        memset(((struct occlum_report *)argument)->report, 3, 16); /* CPUSVN */
        ((struct occlum_report *)argument)->report[258] = 9;       /* ISVSVN */
        return 0;
    case 0xc010730b:
        return occlum_key(argument);
    default:
        return failing(ENOTTY);
    }
}

/* ---- configfs-tsm ------------------------------------------------------------------- */

static const char *const attributes[] = {"provider", "generation", "inblob",         "outblob",
                                         "auxblob",  "privlevel",  "privlevel_floor"};

static bool is_entry(const char *path) { return strstr(path, TSM "/") != NULL; }

static const char *beside(const char *entry, const char *name, char out[PATH_MAX])
{
    return joined(out, joined(out, entry, "/"), name);
}

static bool provides_snp(void)
{
    char path[PATH_MAX], name[32] = "";

    (void)get_file(in_root("provider", path), name, sizeof name - 1);
    return strncmp(name, "sev_guest", 9) == 0;
}

static void fill_entry(const char *entry)
{
    char path[PATH_MAX], value[32];
    const size_t len = get_file(in_root("provider", path), value, sizeof value);

    put_file(beside(entry, "provider", path), slice_of(value, len));
    put_number(beside(entry, "generation", path), 0);
    put_file(beside(entry, "inblob", path), slice_str(""));
    put_file(beside(entry, "outblob", path), slice_str(""));
    if (provides_snp())
        put_file(beside(entry, "auxblob", path), slice_str(""));
    if (there("privlevel_floor")) {
        const long floor = number_in(in_root("privlevel_floor", path));

        put_number(beside(entry, "privlevel", path), 0);
        put_number(beside(entry, "privlevel_floor", path), floor);
    }
}

/* As the kernel: evidence is made when it is asked for, of what the attributes say then. */
static void fill_outblob(const char *entry)
{
    scoped(arena_wipe) struct arena a = {0};
    char path[PATH_MAX];
    uint8_t data[64] = {0};
    const long level = number_in(beside(entry, "privlevel", path));

    if (get_file(beside(entry, "inblob", path), data, sizeof data) == 0)
        return;
    if (one_of("conflicts")) {
        const long generation = number_in(beside(entry, "generation", path));

        put_number(path, generation + 1);
    }
    put_file(beside(entry, "outblob", path),
             provides_snp() ? snp_report(data, (uint32_t)level, &a) : td_quote(data, &a));
    if (provides_snp())
        put_file(beside(entry, "auxblob", path), snp_certificates(&a));
}

static const char *path_of(int fd, char out[PATH_MAX])
{
    char link[64];
    ssize_t n;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, out, PATH_MAX - 1);
    out[n < 0 ? 0 : n] = '\0';
    return out;
}

static bool ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

/* The folder that a file is in. */
static void entry_of(char path[PATH_MAX]) { *strrchr(path, '/') = '\0'; }

/* ---- what is called instead of the C library ---------------------------------------- */

static int open_here(const char *path, int flags, mode_t mode)
{
    char at[PATH_MAX], entry[PATH_MAX];

    path = placed(path, at);
    if (is_entry(path) && ends_with(path, "/outblob")) {
        (void)joined(entry, path, "");
        entry_of(entry);
        fill_outblob(entry);
    }
    return REAL(open)(path, flags, mode);
}

SHOWN int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    va_start(ap, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    return open_here(path, flags, mode);
}

SHOWN int stat(const char *path, struct stat *out)
{
    char at[PATH_MAX];

    return REAL(stat)(placed(path, at), out);
}

SHOWN int mkdir(const char *path, mode_t mode)
{
    char at[PATH_MAX];
    const int n = REAL(mkdir)(placed(path, at), mode);

    if (n == 0 && getenv("MESH_FAKE_ROOT") != NULL && strncmp(path, TSM "/", sizeof TSM) == 0)
        fill_entry(at);
    return n;
}

SHOWN int rmdir(const char *path)
{
    char at[PATH_MAX], file[PATH_MAX];

    path = placed(path, at);
    for (size_t i = 0; is_entry(path) && i < sizeof attributes / sizeof attributes[0]; i++)
        (void)unlink(beside(path, attributes[i], file));
    return REAL(rmdir)(path);
}

SHOWN ssize_t write(int fd, const void *bytes, size_t len)
{
    const ssize_t n = REAL(write)(fd, bytes, len);
    char path[PATH_MAX], generation[PATH_MAX];

    if (n > 0 && getenv("MESH_FAKE_ROOT") != NULL && is_entry(path_of(fd, path)) &&
        (ends_with(path, "/inblob") || ends_with(path, "/privlevel"))) {
        entry_of(path);
        (void)beside(path, "generation", generation);
        put_number(generation, number_in(generation) + 1);
    }
    return n;
}

SHOWN ssize_t read(int fd, void *out, size_t len)
{
    char path[PATH_MAX];

    if (getenv("MESH_FAKE_ROOT") != NULL && is_entry(path_of(fd, path)) && ends_with(path, "/outblob") &&
        one_of("busy")) {
        errno = EBUSY;
        return -1;
    }
    return REAL(read)(fd, out, len);
}

SHOWN int uname(struct utsname *out)
{
    const int n = REAL(uname)(out);

    if (n == 0 && there("dev/sgx"))
        (void)snprintf(out->sysname, sizeof out->sysname, "Occlum");
    return n;
}

SHOWN int ioctl(int fd, unsigned long request, ...)
{
    char path[PATH_MAX];
    void *argument;
    va_list ap;

    va_start(ap, request);
    argument = va_arg(ap, void *);
    va_end(ap);
    if (getenv("MESH_FAKE_ROOT") == NULL)
        return REAL(ioctl)(fd, request, argument);
    (void)path_of(fd, path);
    if (there("failing"))
        return failing(EIO);
    if (ends_with(path, "/dev/sev-guest"))
        return sev_guest(request, argument);
    if (ends_with(path, "/dev/nsm"))
        return nsm(request, argument);
    if (ends_with(path, "/dev/sgx"))
        return sgx(request, argument);
    return REAL(ioctl)(fd, request, argument);
}
