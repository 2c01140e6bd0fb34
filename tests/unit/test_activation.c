/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/activation.h"

#include <criterion/criterion.h>

#include "base/limits.h"
#include "base/text.h"

/* Bytes made by hand after the protobuf encoding guide: tag = number << 3 | wire type, 2 = length, bytes. */
static struct slice unhex(struct arena *a, const char *hex)
{
    struct slice out = {0};

    cr_assert(hex_decode(slice_str(hex), a, &out), "%s", hex);
    return out;
}

static const char request_hex[] = "0a020102"       /* Quote: 01 02 */
                                  "120103"         /* CSR: 03 */
                                  "1a0566726f6e74" /* MarbleType: "front" */
                                  "220475756964";  /* UUID: "uuid" */

/* Parameters{Files{"/a": "x"}, Env{"K": 00 ff}, Argv["p", ""]} */
static const char response_hex[] = "0a17"
                                   "0a070a022f61120178"
                                   "12070a014b120200ff"
                                   "1a0170"
                                   "1a00";

Test(activation, a_request_is_these_bytes)
{
    struct arena a = {0};
    const struct slice bytes = unhex(&a, request_hex);
    const struct activation_request r = {
        .quote = unhex(&a, "0102"), .csr = unhex(&a, "03"), .marble_type = "front", .uuid = "uuid"};
    struct activation_request back;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, activation_request_encode(&r, &a)), request_hex);
    cr_assert(activation_request_decode(bytes, &a, &back, &err), "%s", err.text);
    cr_expect(slice_equal(back.quote, r.quote));
    cr_expect(slice_equal(back.csr, r.csr));
    cr_expect_str_eq(back.marble_type, "front");
    cr_expect_str_eq(back.uuid, "uuid");
    arena_wipe(&a);
}

Test(activation, a_response_is_these_bytes)
{
    struct arena a = {0};
    struct parameter file = {"/a", unhex(&a, "78")}, env = {"K", unhex(&a, "00ff")};
    char *argv[] = {(char[]){"p"}, (char[]){""}};
    const struct parameters p = {
        .files = &file, .env = &env, .num_files = 1, .num_env = 1, .argv = argv, .num_argv = 2};
    struct parameters back;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, activation_response_encode(&p, &a)), response_hex);
    cr_assert(activation_response_decode(unhex(&a, response_hex), &a, &back, &err), "%s", err.text);
    cr_assert_eq(back.num_files, 1);
    cr_expect_str_eq(back.files[0].name, "/a");
    cr_expect(slice_equal(back.files[0].value, file.value));
    cr_assert_eq(back.num_env, 1);
    cr_expect_str_eq(back.env[0].name, "K");
    cr_expect(slice_equal(back.env[0].value, env.value));
    cr_assert_eq(back.num_argv, 2);
    cr_expect_str_eq(back.argv[0], "p");
    cr_expect_str_eq(back.argv[1], "");
    arena_wipe(&a);
}

Test(activation, what_is_absent_is_empty)
{
    struct arena a = {0};
    struct activation_request r;
    struct parameters p;
    struct err err = {0};

    cr_assert(activation_request_decode(slice_of(NULL, 0), &a, &r, &err), "%s", err.text);
    cr_expect_eq(r.quote.len + r.csr.len, 0);
    cr_expect_str_eq(r.marble_type, "");
    cr_expect_str_eq(r.uuid, "");
    cr_expect_eq(activation_request_encode(&(struct activation_request){0}, &a).len, 0);

    cr_assert(activation_response_decode(slice_of(NULL, 0), &a, &p, &err), "%s", err.text);
    cr_expect_eq(p.num_files + p.num_env + p.num_argv, 0);
    cr_expect_str_eq(hex_text(&a, activation_response_encode(&(struct parameters){0}, &a)), "0a00");
    arena_wipe(&a);
}

Test(activation, other_spellings_of_the_wire_format_are_understood)
{
    struct arena a = {0};
    struct activation_request r;
    struct parameters p;
    struct err err = {0};

    /* Fields in another order, one doubled (the last counts), one unknown (number 15). */
    cr_assert(activation_request_decode(unhex(&a, "220162"
                                                  "1a0178"
                                                  "220161"
                                                  "7a0100"),
                                        &a, &r, &err),
              "%s", err.text);
    cr_expect_str_eq(r.marble_type, "x");
    cr_expect_str_eq(r.uuid, "a");

    /* Go writes key and value even if they are empty; others leave them out. Parameters in two parts. */
    cr_assert(activation_response_decode(unhex(&a, "0a060a040a001200"
                                                   "0a0412020a00"),
                                         &a, &p, &err),
              "%s", err.text);
    cr_assert_eq(p.num_files, 1);
    cr_expect_str_eq(p.files[0].name, "");
    cr_expect_eq(p.files[0].value.len, 0);
    cr_assert_eq(p.num_env, 1);
    arena_wipe(&a);
}

Test(activation, hostile_requests_are_refused)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        {"0a", "the 1 bytes are no ActivationReq in protobuf, or hold far more fields than one has"},
        {"0a05ff", "the 3 bytes are no ActivationReq in protobuf, or hold far more fields than one has"},
        {"0affffffff0f",
         "the 6 bytes are no ActivationReq in protobuf, or hold far more fields than one has"},
        {"0affffffffffffffffff01",
         "the 11 bytes are no ActivationReq in protobuf, or hold far more fields than one has"},
        {"0801", NULL}, /* field 1 as a number: protobuf says skip what has another wire type, or refuse */
        {"1a03610062", "MarbleType is not UTF-8 text without NUL"},
        {"1a0100", "MarbleType is not UTF-8 text without NUL"},
        {"2202c328", "UUID is not UTF-8 text without NUL"},
        {"07", "the 1 bytes are no ActivationReq in protobuf, or hold far more fields than one has"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct activation_request r = {.uuid = "untouched"};
        struct arena a = {0};
        struct err err = {0};

        if (!activation_request_decode(unhex(&a, rows[i].hex), &a, &r, &err)) {
            cr_expect_eq(err.code, E_GRPC_FORMAT, "%s", rows[i].hex);
            cr_expect_str_eq(r.uuid, "untouched");
            if (rows[i].text != NULL)
                cr_expect_str_eq(err.text, rows[i].text);
        } else {
            cr_expect_null(rows[i].text, "%s", rows[i].hex);
        }
        arena_wipe(&a);
    }
}

Test(activation, hostile_responses_are_refused)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        {"0a0c"
         "0a040a026161"
         "0a040a026161",
         "Files names \"aa\" twice"},
        {"0a0a"
         "12030a014b"
         "12030a014b",
         "Env names \"K\" twice"},
        {"0a06"
         "0a040a026100",
         "entry 0: Files is not UTF-8 text without NUL"},
        {"0a06"
         "12040a0200ff",
         "entry 0: Env is not UTF-8 text without NUL"},
        {"0a06"
         "1a0161"
         "1a01ff",
         "element 1: Argv is not UTF-8 text without NUL"},
        {"0a02"
         "0a05",
         "the 4 bytes are no ActivationResp in protobuf, or hold far more fields than one has"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parameters p = {.num_argv = 77};
        struct arena a = {0};
        struct err err = {0};

        cr_assert_not(activation_response_decode(unhex(&a, rows[i].hex), &a, &p, &err), "%s", rows[i].hex);
        cr_expect_eq(err.code, E_GRPC_FORMAT, "%s", rows[i].hex);
        cr_expect_str_eq(err.text, rows[i].text);
        cr_expect_eq(p.num_argv, 77);
        arena_wipe(&a);
    }
}

/* Where the fields of request_hex end: a message cut there is a message. */
Test(activation, every_truncation_is_told_from_the_whole)
{
    static const size_t ends[] = {0, 4, 7, 14};
    struct arena a = {0};
    const struct slice whole = unhex(&a, request_hex);

    for (size_t len = 0, next = 0; len < whole.len; len++) {
        struct activation_request r;
        struct err err = {0};
        const bool at_end = next < 4 && ends[next] == len;

        cr_expect_eq(activation_request_decode(slice_of(whole.ptr, len), &a, &r, &err), at_end, "%zu", len);
        next += at_end;
    }
    arena_wipe(&a);

    const struct slice response = unhex(&a, response_hex);

    for (size_t len = 1; len < response.len; len++) {
        struct parameters p;
        struct err err = {0};

        cr_expect_not(activation_response_decode(slice_of(response.ptr, len), &a, &p, &err), "%zu", len);
    }
    arena_wipe(&a);
}

Test(activation, many_small_fields_do_not_become_much_memory)
{
    static uint8_t unknown[LIMIT_GRPC_MESSAGE + 1];
    struct activation_request r;
    struct arena a = {0};
    struct err err = {0};

    for (size_t i = 0; i + 1 < sizeof unknown; i += 2) {
        unknown[i] = 0x7a; /* number 15, no bytes */
        unknown[i + 1] = 0;
    }
    cr_expect_not(activation_request_decode(slice_of(unknown, LIMIT_GRPC_MESSAGE), &a, &r, &err));
    cr_expect_str_eq(err.text,
                     "the 4194304 bytes are no ActivationReq in protobuf, or hold far more fields than "
                     "one has");
    cr_expect_not(activation_request_decode(slice_of(unknown, sizeof unknown), &a, &r, &err));
    cr_expect_str_eq(err.text, "ActivationReq of 4194305 bytes, more than the 4194304 allowed");
    arena_wipe(&a);
}

Test(activation, a_full_response_fits)
{
    enum { MANY = 20000 };
    static struct parameter files[MANY];
    static uint8_t content[100];
    struct parameters p = {.files = files, .num_files = MANY}, back;
    struct arena a = {0};
    struct err err = {0};

    for (size_t i = 0; i < MANY; i++)
        files[i] = (struct parameter){arena_printf(&a, "/f/%zu", i), slice_of(content, sizeof content)};
    cr_assert(activation_response_decode(activation_response_encode(&p, &a), &a, &back, &err), "%s",
              err.text);
    cr_assert_eq(back.num_files, MANY);
    for (size_t i = 0; i < MANY; i++)
        cr_assert_str_eq(back.files[i].name, files[i].name);
    arena_wipe(&a);
}

Test(activation, the_type_of_a_request_is_found_without_decoding_it)
{
    static const struct {
        const char *message;
        size_t len;
        const char *type; /* NULL: it cannot be found */
    } cases[] = {
        {"", 0, ""},
        {"\x1a\x01m", 3, "m"},
        {"\x0a\x02qq\x1a\x03two\x22\x01u", 12, "two"},
        {"\x1a\x01" "a\x1a\x01" "b", 6, "b"},
        {"\x1a\x02m", 3, NULL},
        {"\x1a", 1, NULL},
        {"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, NULL},
        {"\x18\x01\x1a\x01m", 5, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice type = {0};
        const bool found = activation_request_type(slice_of(cases[i].message, cases[i].len), &type);

        cr_expect_eq(found, cases[i].type != NULL, "%zu", i);
        if (found)
            cr_expect(slice_equal(type, slice_str(cases[i].type)), "%zu", i);
    }
}
