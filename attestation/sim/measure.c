/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "attestation/sim/signature.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

enum { PIECE = 64 * KIB };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

struct reader {
    int fd;
    const char *path;
    bool labelled;
    uint8_t bytes[PIECE];
};

/* The label, then the file piece by piece, then nothing. */
static bool next_piece(void *ctx, struct slice *piece, struct err *err)
{
    struct reader *r = ctx;
    ssize_t n;

    if (!r->labelled) {
        r->labelled = true;
        *piece = slice_str("marblemesh simulated enclave v1");
        return true;
    }
    do
        n = read(r->fd, r->bytes, sizeof r->bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(err, E_FILE_READ, "reading %s", r->path);
    *piece = slice_of(r->bytes, (size_t)n);
    return true;
}

static bool digest_of(int fd, const char *path, uint8_t out[32], struct err *err)
{
    struct reader r = {.fd = fd, .path = path};

    pki_init();
    return sha256_pulled(out, next_piece, &r, err);
}

/* An unsigned program is the built-in developer's. */
static bool default_identity(struct sim_identity *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(key_wipe) struct key developer = {0};

    if (!sim_developer_key(&developer, err))
        return false;
    *out = (struct sim_identity){.product_id = 1, .security_version = 1};
    sim_signer_of(key_spki(&developer, &a), out->mr_signer);
    return true;
}

static bool signed_identity(struct slice text, const uint8_t measured[32], struct sim_identity *out,
                            struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct slice found = slice_of(measured, 32);
    struct sim_signature s;

    if (!sim_signature_parse(text, &a, &s, err) || !sim_signature_verify(&s, err))
        return false;
    if (!slice_equal(found, slice_of(s.identity.mr_enclave, 32)))
        return err_set(err, E_SIM_SIGNATURE,
                       "it is for measurement %s, the program has %s: it was changed after signing",
                       hex_text(&a, slice_of(s.identity.mr_enclave, 32)), hex_text(&a, found));
    *out = s.identity;
    return true;
}

bool sim_measure_fd(int fd, const char *path, struct sim_identity *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *sidecar = arena_printf(&a, "%s.sim-sig", path);
    struct sim_identity id;
    uint8_t measured[32];
    struct slice text;
    struct err missing;

    if (!digest_of(fd, path, measured, err))
        return false;
    if (file_read(sidecar, SIM_SIGNATURE_MAX, &a, &text, &missing)) {
        if (!signed_identity(text, measured, &id, err))
            return err_in(err, "%s: the CPU would refuse to launch %s", sidecar, path);
    } else if (missing.code == E_FILE_MISSING) {
        if (!default_identity(&id, err))
            return false;
    } else {
        *err = missing;
        return false;
    }
    memcpy(id.mr_enclave, measured, sizeof id.mr_enclave);
    *out = id;
    return true;
}

bool sim_measure(const char *path, struct sim_identity *out, struct err *err)
{
    scoped(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? E_FILE_MISSING : E_FILE_READ, "opening the program %s", path);
    return sim_measure_fd(fd, path, out, err);
}

/* The kernel writes " (deleted)" behind the name of a file that is gone or was replaced by another. */
static void cut_deleted(char *path)
{
    static const char mark[] = " (deleted)";
    const size_t len = strlen(path), cut = sizeof mark - 1;

    if (len > cut && strcmp(path + len - cut, mark) == 0 && !file_exists(path))
        path[len - cut] = '\0';
}

static const char *becomes;

void sim_becomes(const char *path) { becomes = path; }

bool sim_measure_self(struct sim_identity *out, struct err *err)
{
    if (becomes != NULL)
        return sim_measure(becomes, out, err);

    char path[PATH_MAX + 1];
    const ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
    scoped(close_fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    if (len < 0 || fd < 0)
        return err_errno(err, E_FILE_READ, "opening the running program through /proc/self/exe");
    path[len] = '\0';
    cut_deleted(path);
    return sim_measure_fd(fd, path, out, err);
}

bool sim_sign(const char *path, const struct key *developer, uint16_t product_id, uint16_t security_version,
              bool debug, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct sim_identity id = {.product_id = product_id, .security_version = security_version, .debug = debug};
    struct slice text;

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? E_FILE_MISSING : E_FILE_READ, "opening the program %s", path);
    return digest_of(fd, path, id.mr_enclave, err) && sim_signature_make(&id, developer, &a, &text, err) &&
           file_replace(arena_printf(&a, "%s.sim-sig", path), text, 0644, err);
}
