/* SPDX-License-Identifier: Apache-2.0 */
/* The SGX extension of the PCK certificate, put together part by part. */
#include "attestation/pck.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/limits.h"
#include "pki/der.h"

struct extension_parts {
    unsigned leave_out, twice; /* number of a part; 0: none */
    unsigned tcb_leave_out, tcb_twice;
    bool trailing, long_fmspc, negative, unknown;
};

static void put_oid(struct buf *b, const char *suffix)
{
    struct buf oid = buf_max(64);
    char text[64];

    (void)snprintf(text, sizeof text, "1.2.840.113741.1.13.1%s", suffix);
    cr_assert(oid_from_text(text, &oid));
    der_put_oid(b, buf_bytes(&oid));
    buf_wipe(&oid);
}

static void put_tcb_part(struct buf *b, unsigned n, bool negative)
{
    static const uint8_t cpu_svn[16] = {0}, minus_one[] = {0x02, 0x01, 0xff};
    const size_t pair = der_begin(b, DER_SEQUENCE);
    char suffix[16];

    (void)snprintf(suffix, sizeof suffix, ".2.%u", n);
    put_oid(b, suffix);
    if (n == 18)
        der_put(b, DER_OCTETS, slice_of(cpu_svn, 16));
    else if (negative)
        buf_put(b, slice_of(minus_one, sizeof minus_one));
    else
        der_put_uint(b, n == 17 ? 513 : n + 120); /* from 128 on with a zero in front */
    der_end(b, pair);
}

static void put_tcb(struct buf *b, const struct extension_parts *e)
{
    const size_t tcb = der_begin(b, DER_SEQUENCE);

    for (unsigned n = 1; n <= 18; n++)
        for (unsigned times = n == e->tcb_leave_out ? 0 : n == e->tcb_twice ? 2 : 1; times > 0; times--)
            put_tcb_part(b, n, e->negative);
    der_end(b, tcb);
}

static void put_part(struct buf *b, unsigned n, const struct extension_parts *e)
{
    static const uint8_t bytes[16] = {0xaa, 0xbb};
    static const size_t lengths[] = {[1] = 16, [3] = 2, [4] = 6, [6] = 16};
    const size_t pair = der_begin(b, DER_SEQUENCE);
    char suffix[16];

    (void)snprintf(suffix, sizeof suffix, ".%u", n);
    put_oid(b, suffix);
    if (n == 2)
        put_tcb(b, e);
    else if (n == 5)
        der_put(b, DER_ENUMERATED, slice_of("\x01", 1));
    else if (n >= 7)
        der_end(b, der_begin(b, DER_SEQUENCE));
    else
        der_put(b, DER_OCTETS, slice_of(bytes, lengths[n] + (n == 4 && e->long_fmspc)));
    der_end(b, pair);
}

static bool parse_extension(const struct extension_parts *e, struct pck_platform *out, struct err *err)
{
    static const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
    struct buf b = buf_max(4 * KIB);
    const size_t all = der_begin(&b, DER_SEQUENCE);
    struct extension ext = {.oid = {oid, sizeof oid}};
    const struct cert leaf = {.extensions = &ext, .num_extensions = 1};
    bool ok;

    for (unsigned n = 1; n <= (e->unknown ? 8 : 7); n++)
        for (unsigned times = n == e->leave_out ? 0 : n == e->twice ? 2 : 1; times > 0; times--)
            put_part(&b, n, e);
    der_end(&b, all);
    if (e->trailing)
        buf_u8(&b, 0);
    cr_assert(buf_ok(&b));
    ext.value = buf_bytes(&b);
    ok = pck_platform_parse(&leaf, out, err);
    buf_wipe(&b);
    return ok;
}

Test(pck, the_extension_is_read_strictly)
{
    static const struct {
        struct extension_parts parts;
        bool ok;
    } rows[] = {
        {{0}, true},
        {{.leave_out = 6}, true},
        {{.leave_out = 7}, true},
        {{.leave_out = 1}, false},
        {{.leave_out = 2}, false},
        {{.leave_out = 3}, false},
        {{.leave_out = 4}, false},
        {{.leave_out = 5}, false},
        {{.twice = 1}, false},
        {{.twice = 2}, false},
        {{.twice = 7}, false},
        {{.tcb_leave_out = 1}, false},
        {{.tcb_leave_out = 16}, false},
        {{.tcb_leave_out = 17}, false},
        {{.tcb_leave_out = 18}, false},
        {{.tcb_twice = 16}, false},
        {{.trailing = true}, false},
        {{.long_fmspc = true}, false},
        {{.negative = true}, false},
        {{.unknown = true}, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pck_platform p;
        struct err err = {0};

        cr_expect_eq(parse_extension(&rows[i].parts, &p, &err), rows[i].ok, "row %zu: %s", i, err.text);
        if (rows[i].ok) {
            cr_expect_eq(p.pce_svn, 513);
            cr_expect_eq(p.sgx_type, 1);
            for (size_t k = 0; k < 16; k++)
                cr_expect_eq(p.components[k], k + 121);
        } else {
            cr_expect_eq(err.code, E_PCK_CHAIN);
            cr_expect_str_eq(
                err.text, "PCK certificate: its SGX extension (1.2.840.113741.1.13.1) is not PPID, TCB of 18 "
                          "parts, PCEID, FMSPC and SGX type, each once");
        }
    }
}

Test(pck, a_certificate_without_the_extension_is_refused)
{
    const struct cert leaf = {0};
    struct pck_platform p;
    struct err err;

    cr_expect(!pck_platform_parse(&leaf, &p, &err));
    cr_expect_str_eq(err.text, "PCK certificate: has no SGX extension (1.2.840.113741.1.13.1)");
}
