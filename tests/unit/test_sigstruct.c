/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "attestation/sigstruct.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

enum {
    HEADER2 = 24,
    VENDOR = 16,
    RESERVED = 44,
    MODULUS = 128,
    EXPONENT = 512,
    ATTRIBUTES = 928,
    MRENCLAVE = 960,
    RESERVED2 = 992,
    PRODUCT = 1024,
    SVN = 1026,
    RESERVED3 = 1028,
};

static struct arena a;

static void begin(void)
{
    pki_init();
    peer_begin();
}

static void end(void)
{
    peer_end();
    arena_wipe(&a);
}

/* A SIGSTRUCT of the right form; `mark` tells one from another. */
static void make(uint8_t s[static SIGSTRUCT_LEN], uint8_t mark)
{
    static const uint8_t header[] = {0x06, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 0x01};
    static const uint8_t header2[] = {0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01};

    memset(s, 0, SIGSTRUCT_LEN);
    memcpy(s, header, sizeof header);
    memcpy(s + HEADER2, header2, sizeof header2);
    for (size_t i = 0; i < 384; i++)
        s[MODULUS + i] = (uint8_t)(i * 7 + 1);
    s[EXPONENT] = 3;
    s[ATTRIBUTES] = 0x04;
    memset(s + MRENCLAVE, mark, 32);
    s[PRODUCT] = 0x34, s[PRODUCT + 1] = 0x12;
    s[SVN] = 0x05;
    memset(s + 1040, 0xdd, 768); /* Q1, Q2 */
}

static void expect_refusal(bool ok, const struct err *err, const char *text)
{
    cr_assert_not(ok, "not refused: %s", text);
    cr_expect_eq(err->code, E_PACKAGE_FILE, "%s", reason_of(err->code)->name);
    cr_expect_str_eq(err->text, text);
}

Test(sigstruct, gives_measurement_signer_product_and_version, .init = begin, .fini = end)
{
    uint8_t s[SIGSTRUCT_LEN], signer[32], ones[32];
    struct sigstruct got;
    struct err err;

    make(s, 0x11);
    memset(ones, 0x11, sizeof ones);
    sha256(signer, slice_of(s + MODULUS, 384));
    cr_assert(sigstruct_parse(slice_of(s, sizeof s), &got, &err), "%s", err.text);
    cr_expect_arr_eq(got.mr_enclave, ones, 32);
    cr_expect_arr_eq(got.mr_signer, signer, 32);
    cr_expect_eq(got.isv_prod_id, 0x1234);
    cr_expect_eq(got.isv_svn, 5);
    cr_expect_not(got.debug);
    s[ATTRIBUTES] |= 0x02;
    cr_assert(sigstruct_parse(slice_of(s, sizeof s), &got, &err), "%s", err.text);
    cr_expect(got.debug);
}

Test(sigstruct, refuses_every_other_length, .init = begin, .fini = end)
{
    uint8_t s[SIGSTRUCT_LEN + 1] = {0};

    make(s, 0x11);
    for (size_t len = 0; len <= sizeof s; len++) {
        uint8_t *exact = memcpy(malloc(len + 1), s, len);
        struct sigstruct got;
        struct err err;

        if (len != SIGSTRUCT_LEN) {
            const bool ok = sigstruct_parse(slice_of(exact, len), &got, &err);

            expect_refusal(ok, &err, arena_printf(&a, "SIGSTRUCT: expected 1808 bytes, found %zu", len));
        }
        free(exact);
    }
}

Test(sigstruct, says_which_part_of_the_form_is_wrong, .init = begin, .fini = end)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *text;
    } cases[] = {
        {0, 7, "SIGSTRUCT: HEADER at 0 is not the one that the SDM prescribes"},
        {15, 1, "SIGSTRUCT: HEADER at 0 is not the one that the SDM prescribes"},
        {HEADER2, 2, "SIGSTRUCT: HEADER2 at 24 is not the one that the SDM prescribes"},
        {VENDOR, 1, "SIGSTRUCT: VENDOR: expected 0 or 0x8086, found 0x1"},
        {EXPONENT, 17, "SIGSTRUCT: EXPONENT: expected 3, found 17"},
        {RESERVED, 1, "SIGSTRUCT: reserved bytes are not zero"},
        {MODULUS - 1, 1, "SIGSTRUCT: reserved bytes are not zero"},
        {RESERVED2, 1, "SIGSTRUCT: reserved bytes are not zero"},
        {RESERVED2 + 15, 1, "SIGSTRUCT: reserved bytes are not zero"},
        {RESERVED3, 1, "SIGSTRUCT: reserved bytes are not zero"},
        {RESERVED3 + 11, 1, "SIGSTRUCT: reserved bytes are not zero"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t s[SIGSTRUCT_LEN];
        struct sigstruct got;
        struct err err;

        make(s, 0x11);
        s[cases[i].at] = cases[i].value;
        expect_refusal(sigstruct_parse(slice_of(s, sizeof s), &got, &err), &err, cases[i].text);
    }
}

/* Bytes of a file: filling, and SIGSTRUCTs with these marks. */
static struct slice file_with(size_t before, const char *marks)
{
    struct buf b = buf_max(1 << 20);
    uint8_t s[SIGSTRUCT_LEN];
    struct slice out;

    buf_zero(&b, before);
    for (; *marks != '\0'; marks++) {
        make(s, (uint8_t)*marks);
        buf_put(&b, slice_of(s, sizeof s));
        buf_str(&b, "\x7f"
                    "ELF");
    }
    out = arena_copy(&a, buf_bytes(&b));
    buf_wipe(&b);
    return out;
}

Test(sigstruct, is_found_wherever_it_stands, .init = begin, .fini = end)
{
    static const size_t places[] = {0, 1, 15, 16, 23, 24, 4095, 4096, 100003};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct sigstruct got;
        struct err err;

        cr_assert(sigstruct_find(file_with(places[i], "A"), &got, &err), "%zu: %s", places[i], err.text);
        cr_expect_eq(got.mr_enclave[0], 'A');
    }
}

Test(sigstruct, copies_are_one_and_different_ones_are_refused, .init = begin, .fini = end)
{
    struct sigstruct got;
    struct err err;

    cr_assert(sigstruct_find(file_with(10, "AA"), &got, &err), "%s", err.text);
    expect_refusal(
        sigstruct_find(file_with(10, "AB"), &got, &err), &err,
        "more than one SIGSTRUCT, and they differ: expected one, so that it is clear which enclave is meant; "
        "name a file that holds a single one");
}

Test(sigstruct, a_header_in_front_of_the_real_one_does_not_hide_it, .init = begin, .fini = end)
{
    uint8_t file[2 * SIGSTRUCT_LEN];
    struct sigstruct got;
    struct err err;

    make(file, 'X');
    file[EXPONENT] = 5; /* both headers, and not a SIGSTRUCT */
    make(file + 1000, 'A');
    cr_assert(sigstruct_find(slice_of(file, sizeof file), &got, &err), "%s", err.text);
    cr_expect_eq(got.mr_enclave[0], 'A');
}

Test(sigstruct, every_truncation_of_a_file_is_refused, .init = begin, .fini = end)
{
    uint8_t s[SIGSTRUCT_LEN];

    make(s, 'A');
    for (size_t len = 0; len < sizeof s; len++) {
        uint8_t *exact = memcpy(malloc(len + 1), s, len);
        const char *text =
            len < HEADER2 + 16
                ? "no SIGSTRUCT: neither a signed enclave nor a .sig file"
                : arena_printf(&a,
                               "what looks like a SIGSTRUCT is none: SIGSTRUCT: expected 1808 bytes, "
                               "found %zu",
                               len);
        struct sigstruct got;
        struct err err;

        expect_refusal(sigstruct_find(slice_of(exact, len), &got, &err), &err, text);
        free(exact);
    }
}

Test(sigstruct, a_folder_is_searched_as_gramine_and_occlum_leave_it, .init = begin, .fini = end)
{
    static const struct {
        const char *gramine, *second, *occlum; /* marks of the SIGSTRUCTs; NULL: no such file */
        char want;                             /* 0: refused */
        const char *text;
    } cases[] = {
        {"A", NULL, NULL, 'A', NULL},
        {NULL, NULL, "O", 'O', NULL},
        {"A", NULL, "A", 'A', NULL},
        {"A", "A", NULL, 'A', NULL},
        {"A", "B", NULL, 0, "more than one SIGSTRUCT"},
        {"A", NULL, "O", 0, "more than one SIGSTRUCT"},
        {NULL, NULL, NULL, 0, "no SIGSTRUCT: neither a signed enclave nor a .sig file"},
        {"", NULL, NULL, 0, "no SIGSTRUCT: neither a signed enclave nor a .sig file"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *said;
        struct sigstruct got;
        struct err err = {0};
        bool ok;

        cr_assert(peer_run(&a, &said, "rm -rf app && mkdir -p app/build/lib && touch app/manifest app/sig"),
                  "%s", said);
        if (cases[i].gramine != NULL)
            peer_write("app/python.sig", file_with(0, cases[i].gramine));
        if (cases[i].second != NULL)
            peer_write("app/other.sig", file_with(0, cases[i].second));
        if (cases[i].occlum != NULL)
            peer_write("app/build/lib/libocclum-libos.signed.so", file_with(5000, cases[i].occlum));
        ok = sigstruct_read(peer_path(&a, "app"), &got, &err);
        cr_expect_eq(ok, cases[i].want != 0, "case %zu: %s", i, err.text);
        if (ok)
            cr_expect_eq(got.mr_enclave[0], cases[i].want, "case %zu", i);
        else
            cr_expect(strstr(err.text, cases[i].text) != NULL && err.code == E_PACKAGE_FILE, "case %zu: %s",
                      i, err.text);
    }
}

Test(sigstruct, a_manifest_of_gramine_leads_to_the_signature_beside_it, .init = begin, .fini = end)
{
    struct sigstruct got = {0};
    struct err err;
    char *said;

    cr_assert(peer_run(&a, &said, "mkdir -p app"), "%s", said);
    peer_write("app/python.sig", file_with(0, "A"));
    peer_write("app/other.sig", file_with(0, "B"));
    cr_expect(sigstruct_read(peer_path(&a, "app/python.manifest.sgx"), &got, &err), "%s", err.text);
    cr_expect_eq(got.mr_enclave[0], 'A');
    cr_assert_not(sigstruct_read(peer_path(&a, "app/absent.manifest.sgx"), &got, &err));
    cr_expect_eq(err.code, E_FILE_MISSING);
    cr_expect(strstr(err.text, "app/absent.sig") != NULL, "%s", err.text);
}

Test(sigstruct, a_file_that_is_not_there_or_is_none_is_named, .init = begin, .fini = end)
{
    struct sigstruct got;
    struct err err;

    cr_assert_not(sigstruct_read(peer_path(&a, "nothing"), &got, &err));
    cr_expect_eq(err.code, E_FILE_MISSING);
    cr_expect_str_eq(err.text, arena_printf(&a, "%s: No such file or directory", peer_path(&a, "nothing")));
    peer_write("program", slice_str("#!/bin/sh\n"));
    expect_refusal(sigstruct_read(peer_path(&a, "program"), &got, &err), &err,
                   arena_printf(&a, "%s: no SIGSTRUCT: neither a signed enclave nor a .sig file",
                                peer_path(&a, "program")));
}
