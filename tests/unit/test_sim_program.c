/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in the simulation: measurement, signature, sealing, and the trust domain as a whole. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestation/judge.h"
#include "attestation/sim/measure.h"
#include "attestation/sim/signature.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static struct arena a;
static struct key developer;
static const char *program;

static void begin(void)
{
    struct err err;

    pki_init();
    peer_begin();
    program = peer_path(&a, "program");
    peer_write("program", slice_str("#!/bin/sh\necho one\n"));
    cr_assert(key_generate(KEY_P256, &developer, &err), "%s", err.text);
}

static void end(void)
{
    key_wipe(&developer);
    peer_end();
    arena_wipe(&a);
}

static struct sim_identity measured(void)
{
    struct sim_identity id = {0};
    struct err err;

    cr_assert(sim_measure(program, &id, &err), "%s", err.text);
    return id;
}

static void sign(uint16_t product_id, uint16_t security_version, bool debug)
{
    struct err err;

    cr_assert(sim_sign(program, &developer, product_id, security_version, debug, &err), "%s", err.text);
}

static void expect_refusal(bool ok, const struct err *err, enum err_code code, const char *text)
{
    cr_assert_not(ok, "not refused: %s", text);
    cr_expect_eq(err->code, code, "%s: %s", reason_of(err->code)->name, err->text);
    cr_expect_str_eq(err->text, text);
}

/* ---- measurement ----------------------------------------------------------------------------- */

Test(sim_program, the_measurement_is_the_digest_that_is_documented, .init = begin, .fini = end)
{
    const struct slice pieces[] = {slice_str("marblemesh simulated enclave v1"),
                                   slice_str("#!/bin/sh\necho one\n")};
    const struct sim_identity id = measured();
    uint8_t want[32];

    sha256_of(want, pieces, 2);
    cr_expect_arr_eq(id.mr_enclave, want, 32);
    cr_expect(id.product_id == 1 && id.security_version == 1 && !id.debug);
}

Test(sim_program, a_changed_program_has_another_measurement_and_the_same_signer, .init = begin, .fini = end)
{
    const struct sim_identity before = measured();
    struct sim_identity after;

    peer_write("program", slice_str("#!/bin/sh\necho two\n"));
    after = measured();
    cr_expect_arr_neq(before.mr_enclave, after.mr_enclave, 32);
    cr_expect_arr_eq(before.mr_signer, after.mr_signer, 32);
}

Test(sim_program, sizes_around_the_pieces_that_are_read_are_measured_whole, .init = begin, .fini = end)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 1000003};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct slice zeros = slice_of(arena_alloc(&a, sizes[i]), sizes[i]);
        const struct slice pieces[] = {slice_str("marblemesh simulated enclave v1"), zeros};
        uint8_t want[32];

        peer_write("program", zeros);
        sha256_of(want, pieces, 2);
        cr_expect_arr_eq(measured().mr_enclave, want, 32, "%zu bytes", sizes[i]);
    }
}

Test(sim_program, a_program_that_is_not_there_is_named, .init = begin, .fini = end)
{
    struct sim_identity id;
    struct err err;

    cr_assert_eq(unlink(program), 0);
    expect_refusal(sim_measure(program, &id, &err), &err, E_FILE_MISSING,
                   arena_printf(&a, "opening the program %s: No such file or directory", program));
    expect_refusal(sim_sign(program, &developer, 1, 1, false, &err), &err, E_FILE_MISSING,
                   arena_printf(&a, "opening the program %s: No such file or directory", program));
    cr_expect_not(sim_measure(peer_path(&a, "."), &id, &err), "a folder is no program");
    cr_expect_eq(err.code, E_FILE_READ);
}

Test(sim_program, the_file_that_runs_is_measured_and_not_its_successor, .init = begin, .fini = end)
{
    const int fd = open(program, O_RDONLY | O_CLOEXEC);
    const struct sim_identity before = measured();
    struct sim_identity id;
    struct err err;

    cr_assert(fd >= 0);
    peer_write("program", slice_str("#!/bin/sh\necho its successor\n")); /* by rename: another inode */
    cr_assert(sim_measure_fd(fd, program, &id, &err), "%s", err.text);
    cr_expect_arr_eq(id.mr_enclave, before.mr_enclave, 32);
    (void)close(fd);
}

/* ---- signature ------------------------------------------------------------------------------- */

Test(sim_program, a_signature_gives_signer_product_version_and_debug, .init = begin, .fini = end)
{
    const struct sim_identity before = measured();
    struct sim_identity id;
    uint8_t signer[32];

    sign(7, 65535, true);
    id = measured();
    sha256(signer, key_spki(&developer, &a));
    cr_expect_arr_eq(id.mr_enclave, before.mr_enclave, 32);
    cr_expect_arr_eq(id.mr_signer, signer, 32);
    cr_expect(id.product_id == 7 && id.security_version == 65535 && id.debug);
}

Test(sim_program, signing_again_replaces_the_signature, .init = begin, .fini = end)
{
    sign(7, 2, true);
    peer_write("program", slice_str("#!/bin/sh\necho new\n"));
    sign(8, 3, false);
    cr_expect(measured().product_id == 8 && measured().security_version == 3 && !measured().debug);
}

Test(sim_program, a_program_changed_after_signing_would_not_be_launched, .init = begin, .fini = end)
{
    const struct sim_identity was = measured();
    uint8_t is[32];
    const struct slice pieces[] = {slice_str("marblemesh simulated enclave v1"), slice_str("changed")};
    struct sim_identity id;
    struct err err;

    sign(1, 1, false);
    peer_write("program", slice_str("changed"));
    sha256_of(is, pieces, 2);
    expect_refusal(
        sim_measure(program, &id, &err), &err, E_SIM_SIGNATURE,
        arena_printf(&a,
                     "%s.sim-sig: the CPU would refuse to launch %s: it is for measurement %s, the program "
                     "has %s: it was changed after signing",
                     program, program, hex_text(&a, slice_of(was.mr_enclave, 32)),
                     hex_text(&a, slice_of(is, 32))));
}

/* Swaps the first `from` in the signature for `to`. */
static void tamper(const char *from, const char *to)
{
    scoped(buf_wipe) struct buf b = buf_max(SIM_SIGNATURE_MAX);
    const char *text = arena_strndup(&a, peer_read(&a, "program.sim-sig")), *at = strstr(text, from);

    cr_assert_not_null(at, "no %s in %s", from, text);
    buf_put(&b, slice_of(text, (size_t)(at - text)));
    buf_str(&b, to);
    buf_str(&b, at + strlen(from));
    peer_write("program.sim-sig", buf_bytes(&b));
}

Test(sim_program, each_member_of_a_signature_is_covered, .init = begin, .fini = end)
{
    static const char changed[] =
        "the signature does not hold under the signer's key: a member was changed after signing";
    static const struct {
        const char *from, *to, *text;
    } cases[] = {
        {"\"productID\":3", "\"productID\":4", changed},
        {"\"securityVersion\":5", "\"securityVersion\":6", changed},
        {"\"debug\":false", "\"debug\":true", changed},
        {"\"measurement\":\"", "\"measurement\":\"00", "$.measurement: expected 64 hexadecimal digits"},
        {"\"productID\":3", "\"productID\":65536", "$.productID: 65536 is not between 0 and 65535"},
        {"\"productID\":3", "\"productID\":\"3\"", "$.productID: expected a whole number, found a string"},
        {"\"format\":1", "\"format\":2", "$.format: expected 1"},
        {"\"format\":1,", "", "$.format: is missing"},
        {"\"debug\":false,", "", "$.debug: is missing"},
        {"\"format\":1", "\"format\":1,\"comment\":\"x\"", "$.comment: no such member is known"},
        {"\"format\":1", "\"format\":1,\"format\":1",
         "line 1, column 20: duplicate object key near '\"format\"'"},
        {"\"signer\":\"MFk", "\"signer\":\"MFl", "$.signer: expected a P-256 public key: "},
        {"\"signature\":\"", "\"signature\":\"=", "$.signature: not valid base64 (RFC 4648, padded)"},
        {"}", "} x", "line 1, column"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_identity id = {.product_id = 4711};
        struct err err;
        char *want = arena_printf(&a, "%s.sim-sig: the CPU would refuse to launch %s: %s", program, program,
                                  cases[i].text);

        sign(3, 5, false);
        tamper(cases[i].from, cases[i].to);
        cr_expect_not(sim_measure(program, &id, &err), "%s", cases[i].to);
        cr_expect_eq(err.code, E_SIM_SIGNATURE, "%s", err.text);
        cr_expect(text_starts_with(slice_str(err.text), want), "%s\nexpected: %s", err.text, want);
        cr_expect_eq(id.product_id, 4711, "outputs are untouched");
    }
}

Test(sim_program, a_signature_of_another_key_gives_another_signer, .init = begin, .fini = end)
{
    struct key other = {0};
    struct sim_identity first, second;
    struct err err;

    sign(1, 1, false);
    first = measured();
    cr_assert(key_generate(KEY_P256, &other, &err));
    cr_assert(sim_sign(program, &other, 1, 1, false, &err), "%s", err.text);
    second = measured();
    cr_expect_arr_neq(first.mr_signer, second.mr_signer, 32);
    key_wipe(&other);
}

Test(sim_program, a_changed_byte_anywhere_in_a_signature_is_refused_or_harmless, .init = begin, .fini = end)
{
    struct sim_identity before;
    struct slice text;
    uint8_t *bytes;
    size_t refused = 0;

    sign(3, 5, false);
    before = measured();
    text = peer_read(&a, "program.sim-sig");
    bytes = memcpy(arena_alloc(&a, text.len), text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++) {
        struct sim_signature s;
        struct err err;

        bytes[i] ^= 0x01;
        if (!sim_signature_parse(slice_of(bytes, text.len), &a, &s, &err) || !sim_signature_verify(&s, &err))
            refused++;
        else /* white space at the end, the unused bits of base64 */
            cr_expect(memcmp(&s.identity, &before, sizeof before) == 0, "byte %zu", i);
        bytes[i] ^= 0x01;
    }
    cr_expect_geq(refused, text.len - 4, "%zu of %zu", refused, text.len);
}

Test(sim_program, every_truncation_of_a_signature_is_refused, .init = begin, .fini = end)
{
    struct slice text;

    sign(3, 5, false);
    text = peer_read(&a, "program.sim-sig");
    for (size_t len = 0; len + 1 < text.len; len++) { /* without the line's end it is whole */
        uint8_t *exact = memcpy(malloc(len + 1), text.ptr, len);
        struct sim_signature s;
        struct err err;

        cr_expect_not(sim_signature_parse(slice_of(exact, len), &a, &s, &err), "%zu bytes", len);
        cr_expect_eq(err.code, E_SIM_SIGNATURE);
        free(exact);
    }
}

Test(sim_program, only_p256_keys_sign, .init = begin, .fini = end)
{
    struct key other = {0};
    struct err err;

    cr_assert(key_generate(KEY_P384, &other, &err), "%s", err.text);
    expect_refusal(sim_sign(program, &other, 1, 1, false, &err), &err, E_UNSUPPORTED,
                   "simulated enclaves are signed with P-256 keys, this is another kind");
    key_wipe(&other);
}

/* ---- sealing --------------------------------------------------------------------------------- */

static bool same_key(const struct sim_identity *x, enum seal_policy px, const struct sim_identity *y,
                     enum seal_policy py)
{
    struct secret kx = {0}, ky = {0};
    bool same;

    sim_seal_key_of(x, px, &kx);
    sim_seal_key_of(y, py, &ky);
    cr_assert(kx.len == 32 && ky.len == 32);
    same = secret_equal(secret_bytes(&kx), secret_bytes(&ky));
    secret_wipe(&kx);
    secret_wipe(&ky);
    return same;
}

Test(sim_program, sealing_keys_are_stable_and_differ_by_signer_product_program_and_debug, .init = begin,
     .fini = end)
{
    const struct sim_identity id = {
        .mr_enclave = {1}, .mr_signer = {2}, .product_id = 3, .security_version = 4};
    static const struct {
        const char *what;
        struct sim_identity id;
        bool product, unique; /* the same key? */
    } cases[] = {
        {"itself", {{1}, {2}, 3, 4, false}, true, true},
        {"newer version", {{1}, {2}, 3, 5, false}, true, true},
        {"other program", {{9}, {2}, 3, 4, false}, true, false},
        {"other signer", {{1}, {9}, 3, 4, false}, false, true},
        {"other product", {{1}, {2}, 9, 4, false}, false, true},
        {"debug", {{1}, {2}, 3, 4, true}, false, false},
        {"other program and signer", {{9}, {9}, 3, 4, false}, false, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(same_key(&id, SEAL_PRODUCT, &cases[i].id, SEAL_PRODUCT), cases[i].product, "%s",
                     cases[i].what);
        cr_expect_eq(same_key(&id, SEAL_UNIQUE, &cases[i].id, SEAL_UNIQUE), cases[i].unique, "%s",
                     cases[i].what);
        cr_expect_not(same_key(&id, SEAL_PRODUCT, &cases[i].id, SEAL_UNIQUE), "%s", cases[i].what);
    }
}

/* ---- the domain ------------------------------------------------------------------------------ */

Test(sim_domain, evidence_of_this_program_satisfies_its_own_package_info, .init = begin, .fini = end)
{
    uint8_t about[64] = {1, 2, 3};
    const struct slice data = slice_of(about, 64);
    const int64_t now = clock_now();
    struct package_policy p = {0};
    const struct tee *tee;
    struct verdict v;
    struct slice quote;
    struct err err;

    cr_assert(tee_here(&tee, &err), "%s", err.text);
    cr_expect_str_eq(tee->name, "sgx-simulated");
    cr_assert(trust_domain()->package_info("/proc/self/exe", &a, &p, &err), "%s", err.text);
    cr_assert(tee->evidence(about, &a, &quote, &err), "%s", err.text);
    cr_expect(judge_evidence(NULL, quote, &p, data, now, &a, &v, &err), "%s", err.text);
    cr_expect(v.claims.simulated);
    cr_expect(judge_evidence(NULL, evidence_wrap_oe(&a, quote), &p, data, now, &a, &v, &err), "%s", err.text);
    about[63] = 1;
    cr_expect_not(judge_evidence(NULL, quote, &p, data, now, &a, &v, &err));
    cr_expect_eq(err.code, E_REPORT_DATA);
    about[63] = 0;
    p.unique_id = "0000000000000000000000000000000000000000000000000000000000000000";
    cr_expect_not(judge_evidence(NULL, quote, &p, data, now, &a, &v, &err));
    cr_expect_eq(err.code, E_UNIQUE_ID);
    cr_expect(v.genuine, "the verdict stands, only the policy does not fit");
    expect_refusal(judge_evidence(NULL, (struct slice){0}, &p, data, now, &a, &v, &err), &err,
                   E_EVIDENCE_MISSING, "expected evidence, found no bytes");
}

Test(sim_domain, a_bundle_stands_for_what_was_served_at_another_time, .init = begin, .fini = end)
{
    static const struct sim_collateral_options revoked = {.revoke_pck = true};
    const struct package_policy any = {0};
    const uint8_t about[64] = {0};
    const int64_t now = clock_now();
    struct collateral_needs needs;
    struct collateral_items items;
    struct judge *judge = NULL;
    struct evidence evidence;
    struct sim_identity self;
    struct collateral c;
    struct slice quote;
    struct verdict v;
    struct err err;

    cr_assert(sim_measure_self(&self, &err), "%s", err.text);
    cr_assert(sim_quote(&sim_platform_default, &self, about, &a, &quote, &err), "%s", err.text);
    cr_assert(sim_collateral(&sim_platform_default, &revoked, now, &a, &c, &err), "%s", err.text);
    cr_assert(evidence_decode(quote, &evidence, &err) &&
                  collateral_needs_of(&evidence, UPDATE_STANDARD, &a, &needs, &err),
              "%s", err.text);
    items = collateral_items_of(&needs, &c, "test", now, &a);
    peer_write("bundle", slice_str(bundle_text(&items, &a)));
    cr_assert(judge_open(&(struct judge_options){.bundle = peer_path(&a, "bundle")}, now, &judge, &err), "%s", err.text);
    cr_expect_not(judge_evidence(judge, quote, &any, slice_of(about, 64), now, &a, &v, &err));
    cr_expect_eq(err.code, E_CERT_REVOKED, "%s", err.text);
    cr_expect_eq(v.reason.code, E_CERT_REVOKED);
    judge_close(&judge);
    expect_refusal(judge_open(&(struct judge_options){.bundle = peer_path(&a, "none")}, now, &judge, &err), &err,
                   E_FILE_MISSING,
                   arena_printf(&a, "collateral bundle %s: opening %s: No such file or directory",
                                peer_path(&a, "none"), peer_path(&a, "none")));
}

Test(sim_domain, the_running_program_gets_its_own_sealing_key, .init = begin, .fini = end)
{
    struct secret mine = {0}, computed = {0};
    struct sim_identity self;
    const struct tee *tee;
    struct err err;

    cr_assert(tee_here(&tee, &err) && sim_measure_self(&self, &err));
    cr_assert(tee->seal_key(SEAL_UNIQUE, &mine, &err), "%s", err.text);
    sim_seal_key_of(&self, SEAL_UNIQUE, &computed);
    cr_expect(secret_equal(secret_bytes(&mine), secret_bytes(&computed)));
    secret_wipe(&mine);
    secret_wipe(&computed);
}

Test(sim_domain, says_what_it_is, .init = begin, .fini = end)
{
    cr_expect(trust_domain()->simulated);
    cr_expect_str_eq(trust_domain()->name, "simulated");
    cr_expect_eq(trust_domain()->roots(), sim_roots());
}
