/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/pem.h"

static struct arena a;

static void end(void) { arena_wipe(&a); }

static struct slice der_of(size_t len)
{
    uint8_t *bytes = arena_alloc(&a, len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7);
    return slice_of(bytes, len);
}

Test(pem, writes_64_columns_and_a_final_newline, .fini = end)
{
    cr_expect_str_eq(pem_text(&a, "CERTIFICATE", der_of(50)),
                     "-----BEGIN CERTIFICATE-----\n"
                     "AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tng5+71/AMKERgfJi00O0JJ\n"
                     "UFc=\n"
                     "-----END CERTIFICATE-----\n");
}

Test(pem, reads_back_what_it_wrote_at_every_length, .fini = end)
{
    struct pem_block block;
    struct err err;

    for (size_t len = 1; len < 200; len++) {
        const struct slice der = der_of(len);
        struct slice rest = slice_str(pem_text(&a, "X", der));

        cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
        cr_expect(slice_equal(block.der, der));
        cr_expect(slice_equal(block.label, slice_str("X")));
        cr_expect_eq(rest.len, 0);
    }
}

Test(pem, finds_blocks_among_other_text_and_says_what_stood_before, .fini = end)
{
    struct slice rest = slice_str("hello\n-----BEGIN A-----\r\nAQI=\r\n-----END A-----\r\nbetween\n"
                                  "-----BEGIN B B-----  \n  AQ I=\t\n\n-----END B B-----\nafter");
    struct pem_block block;
    struct err err;

    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    cr_expect(slice_equal(block.label, slice_str("A")));
    cr_expect(slice_equal(block.before, slice_str("hello\n")));
    cr_expect(slice_equal(block.der, slice_of("\1\2", 2)));
    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    cr_expect(slice_equal(block.label, slice_str("B B")));
    cr_expect(slice_equal(block.before, slice_str("between\n")));
    cr_expect(slice_equal(block.der, slice_of("\1\2", 2)));
    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    cr_expect_null(block.der.ptr);
    cr_expect(slice_equal(rest, slice_str("after")));
}

/* RFC 7468 section 3, lax: blanks may stand in front of a boundary; quotes end in the NUL of a C string. */
Test(pem, blanks_and_nuls_around_blocks_are_not_text, .fini = end)
{
    static const char text[] = "\0 \t-----BEGIN A-----\nAQI=\n-----END A-----\0-----BEGIN B-----\nAQI=\n"
                               " -----END B-----";
    struct slice rest = slice_of(text, sizeof text); /* with its NUL */
    struct pem_block block;
    struct err err;

    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    cr_expect(slice_equal(block.label, slice_str("A")));
    cr_expect(slice_equal(block.before, slice_of("\0", 1)));
    cr_expect(slice_equal(block.der, slice_of("\1\2", 2)));
    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    cr_expect(slice_equal(block.label, slice_str("B")));
    cr_expect_eq(block.before.len, 0);
    cr_expect(slice_equal(block.der, slice_of("\1\2", 2)));
    cr_expect_eq(rest.len, 0);
}

Test(pem, no_block_is_not_a_fault, .fini = end)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "x -----BEGIN A-----\n",
                                        "-----BEGIN A----\n",
                                        "-----BEGIN\n",
                                        "----- BEGIN A-----",
                                        "-----END A-----\n"};
    struct pem_block block;
    struct err err;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct slice rest = slice_str(texts[i]);

        cr_expect(pem_next(&rest, &a, &block, &err), "%s: %s", texts[i], err.text);
        cr_expect_null(block.der.ptr, "%s", texts[i]);
        cr_expect_eq(rest.len, strlen(texts[i]));
    }
}

Test(pem, refuses_what_is_malformed_and_says_how, .fini = end)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"-----BEGIN A-----\nAQI=\n", "PEM: \"-----BEGIN A-----\" has no \"-----END A-----\""},
        {"-----BEGIN A-----", "PEM: \"-----BEGIN A-----\" has no \"-----END A-----\""},
        {"-----BEGIN A-----\nAQI=\n-----END B-----\n", "PEM: a block begins as \"A\" and ends as \"B\""},
        {"-----BEGIN A-----\nA?I=\n-----END A-----\n",
         "PEM: expected base64 between BEGIN and END of \"A\", found something else"},
        {"-----BEGIN A-----\nAQI\n-----END A-----\n",
         "PEM: expected base64 between BEGIN and END of \"A\", found something else"},
        {"-----BEGIN A-----\n-----END A-----\n",
         "PEM: expected base64 between BEGIN and END of \"A\", found something else"},
        {"-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAQI=\n-----END A-----\n",
         "PEM: expected base64 between BEGIN and END of \"A\", found something else"},
        {"-----BEGIN A-----\nAQI=\n x-----END A-----\n",
         "PEM: \"-----BEGIN A-----\" has no \"-----END A-----\""},
        {"-----BEGIN A-----\n-----BEGIN A-----\nAQI=\n-----END A-----\n",
         "PEM: expected base64 between BEGIN and END of \"A\", found something else"},
    };
    struct pem_block block = {.label = {(const uint8_t *)"?", 1}};
    struct err err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice rest = slice_str(cases[i].text);

        cr_expect(!pem_next(&rest, &a, &block, &err), "%s", cases[i].text);
        cr_expect_eq(err.code, E_CERT_FORMAT);
        cr_expect_str_eq(err.text, cases[i].want);
        cr_expect_eq(block.label.len, 1, "outputs stay untouched");
    }
}

Test(pem, refuses_every_truncation_of_a_block, .fini = end)
{
    const char *text = pem_text(&a, "CERTIFICATE", der_of(100));
    const size_t line = strlen("-----BEGIN CERTIFICATE-----"), whole = strlen(text) - 1;
    struct pem_block block;
    struct err err;

    for (size_t len = line; len < whole; len++) {
        struct slice rest = slice_of(text, len);

        cr_expect(!pem_next(&rest, &a, &block, &err), "%zu of %zu bytes", len, whole);
    }
    for (size_t len = 0; len < line; len++) {
        struct slice rest = slice_of(text, len);

        cr_expect(pem_next(&rest, &a, &block, &err) && block.der.ptr == NULL, "%zu bytes are no block yet",
                  len);
    }
}
