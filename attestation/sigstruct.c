/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sigstruct.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "pki/hash.h"

#define OCCLUM_LIBRARY "build/lib/libocclum-libos.signed.so"

enum {
    HEADER_LEN = 16,
    HEADER2_AT = 24,
    MODULUS_LEN = 384,
    EXPONENT = 3,
    ATTRIBUTE_DEBUG = 2,
    VENDOR_INTEL = 0x8086
};

static const uint8_t header[HEADER_LEN] = {0x06, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0};
static const uint8_t header2[HEADER_LEN] = {0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01, 0, 0, 0};

/* What the form turns on, beside what is asked for. */
struct form {
    struct slice header, header2, reserved, reserved2, reserved3;
    uint32_t vendor, exponent;
};

static bool check_form(const struct form *f, struct err *err)
{
    if (!slice_equal(f->header, slice_of(header, HEADER_LEN)))
        return err_set(err, E_PACKAGE_FILE, "SIGSTRUCT: HEADER at 0 is not the one that the SDM prescribes");
    if (!slice_equal(f->header2, slice_of(header2, HEADER_LEN)))
        return err_set(err, E_PACKAGE_FILE,
                       "SIGSTRUCT: HEADER2 at 24 is not the one that the SDM prescribes");
    if (f->vendor != 0 && f->vendor != VENDOR_INTEL)
        return err_set(err, E_PACKAGE_FILE, "SIGSTRUCT: VENDOR: expected 0 or 0x8086, found 0x%x",
                       (unsigned)f->vendor);
    if (f->exponent != EXPONENT)
        return err_set(err, E_PACKAGE_FILE, "SIGSTRUCT: EXPONENT: expected 3, found %u",
                       (unsigned)f->exponent);
    if (!slice_is_zero(f->reserved) || !slice_is_zero(f->reserved2) || !slice_is_zero(f->reserved3))
        return err_set(err, E_PACKAGE_FILE, "SIGSTRUCT: reserved bytes are not zero");
    return true;
}

bool sigstruct_parse(struct slice in, struct sigstruct *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    struct sigstruct s = {0};
    struct form f = {0};
    struct slice modulus, measurement;

    f.header = cursor_take(&c, HEADER_LEN);
    f.vendor = cursor_u32le(&c);
    (void)cursor_u32le(&c); /* DATE */
    f.header2 = cursor_take(&c, HEADER_LEN);
    (void)cursor_u32le(&c); /* SWDEFINED */
    f.reserved = cursor_take(&c, 84);
    modulus = cursor_take(&c, MODULUS_LEN);
    f.exponent = cursor_u32le(&c);
    (void)cursor_take(&c,
                      MODULUS_LEN + 4 + 4 + 4 + 16); /* SIGNATURE, MISCSELECT, MISCMASK, CET, ISVFAMILYID */
    s.debug = (cursor_u8(&c) & ATTRIBUTE_DEBUG) != 0;
    (void)cursor_take(&c, 15 + 16); /* ATTRIBUTES, the rest; ATTRIBUTEMASK */
    measurement = cursor_take(&c, sizeof s.mr_enclave);
    f.reserved2 = cursor_take(&c, 16);
    (void)cursor_take(&c, 16); /* ISVEXTPRODID */
    s.isv_prod_id = cursor_u16le(&c);
    s.isv_svn = cursor_u16le(&c);
    f.reserved3 = cursor_take(&c, 12);
    (void)cursor_take(&c, MODULUS_LEN + MODULUS_LEN); /* Q1, Q2 */
    if (!cursor_done(&c))
        return err_set(err, E_PACKAGE_FILE, "SIGSTRUCT: expected %d bytes, found %zu", SIGSTRUCT_LEN, in.len);
    if (!check_form(&f, err))
        return false;
    pki_init();
    sha256(s.mr_signer, modulus);
    memcpy(s.mr_enclave, measurement.ptr, sizeof s.mr_enclave);
    *out = s;
    return true;
}

/* What a search has found so far, over one file or several. */
struct search {
    uint8_t bytes[SIGSTRUCT_LEN];
    struct sigstruct found;
    bool any;
    struct err near_miss; /* of what has both headers and is none; code E_NONE: nothing such */
};

static bool take_candidate(struct search *s, struct slice at, struct err *err)
{
    const struct slice whole = slice_of(at.ptr, at.len < SIGSTRUCT_LEN ? at.len : SIGSTRUCT_LEN);
    struct sigstruct candidate;

    if (!sigstruct_parse(whole, &candidate, &s->near_miss))
        return true;
    if (s->any && !slice_equal(slice_of(s->bytes, sizeof s->bytes), whole))
        return err_set(err, E_PACKAGE_FILE,
                       "more than one SIGSTRUCT, and they differ: expected one, so that it is clear which "
                       "enclave is meant; "
                       "name a file that holds a single one");
    memcpy(s->bytes, whole.ptr, sizeof s->bytes);
    s->found = candidate;
    s->any = true;
    return true;
}

static bool has_headers(struct slice at)
{
    struct cursor c = cursor_over(at);
    const struct slice first = cursor_take(&c, HEADER_LEN);

    (void)cursor_take(&c, HEADER2_AT - HEADER_LEN);
    return slice_equal(first, slice_of(header, HEADER_LEN)) &&
           slice_equal(cursor_take(&c, HEADER_LEN), slice_of(header2, HEADER_LEN));
}

static bool search_bytes(struct search *s, struct slice in, struct err *err)
{
    struct cursor c = cursor_over(in);
    const uint8_t *next;

    while ((next = memmem(c.rest.ptr, c.rest.len, header, HEADER_LEN)) != NULL) {
        (void)cursor_take(&c, (size_t)(next - c.rest.ptr));
        if (has_headers(c.rest) && !take_candidate(s, c.rest, err))
            return false;
        (void)cursor_take(&c, 1);
    }
    return true;
}

static bool search_result(const struct search *s, struct sigstruct *out, struct err *err)
{
    if (s->any) {
        *out = s->found;
        return true;
    }
    if (s->near_miss.code == E_NONE)
        return err_set(err, E_PACKAGE_FILE, "no SIGSTRUCT: neither a signed enclave nor a .sig file");
    *err = s->near_miss;
    return err_in(err, "what looks like a SIGSTRUCT is none");
}

bool sigstruct_find(struct slice in, struct sigstruct *out, struct err *err)
{
    struct search s = {0};

    return search_bytes(&s, in, err) && search_result(&s, out, err);
}

static bool search_file(struct search *s, const char *path, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice file;

    return file_read(path, LIMIT_ENCLAVE_FILE, &a, &file, err) &&
           (search_bytes(s, file, err) || err_in(err, "%s", path));
}

static void close_folder(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

static bool ends_in_sig(const char *name)
{
    const size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".sig") == 0;
}

static bool search_folder(struct search *s, const char *path, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *occlum = arena_printf(&a, "%s/" OCCLUM_LIBRARY, path);
    scoped(close_folder) DIR *d = opendir(path);
    const struct dirent *e;

    if (d == NULL)
        return err_errno(err, E_FILE_READ, "opening folder %s", path);
    while ((e = readdir(d)) != NULL)
        if (ends_in_sig(e->d_name) && !search_file(s, arena_printf(&a, "%s/%s", path, e->d_name), err))
            return false;
    return !file_exists(occlum) || search_file(s, occlum, err);
}

/* Gramine leaves the signature beside the manifest that it is for: app.manifest.sgx, app.sig. */
static const char *beside_manifest(const char *path, struct arena *a)
{
    static const char suffix[] = ".manifest.sgx";
    const size_t len = strlen(path), stem = len - (sizeof suffix - 1);

    if (len < sizeof suffix || strcmp(path + stem, suffix) != 0)
        return path;
    return arena_printf(a, "%.*s.sig", (int)stem, path);
}

bool sigstruct_read(const char *path, struct sigstruct *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct search s = {0};
    struct stat st;
    bool ok;

    path = beside_manifest(path, &a);
    if (stat(path, &st) != 0)
        return err_errno(err, errno == ENOENT ? E_FILE_MISSING : E_FILE_READ, "%s", path);
    ok = S_ISDIR(st.st_mode) ? search_folder(&s, path, err) : search_file(&s, path, err);
    if (!ok)
        return false;
    if (!search_result(&s, out, err))
        return err_in(err, S_ISDIR(st.st_mode) ? "%s (its *.sig and " OCCLUM_LIBRARY ")" : "%s", path);
    return true;
}
