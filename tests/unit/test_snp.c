/* SPDX-License-Identifier: Apache-2.0 */
/* SNP reports and the chains of their keys, made by the simulated TEE: what is genuine says what it says, and
 * each rule that is broken has its refusal. */
#include <criterion/criterion.h>

#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "base/buf.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/peer.h"
#include "tests/support/snp.h"

static const struct sim_guest plain = {.measurement = {0x3e}, .host_data = {0x40}, .guest_svn = 7};
static const struct sim_guest of_cloud = {.measurement = {0x3e}, .vmpl = 1, .vlek = true};

static struct snp_scene s;

static void open_usual(void) { snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], NULL); }
static void end(void) { snp_scene_close(&s); }

/* ---- what is in order --------------------------------------------------------------- */

Test(snp, reports_of_each_product_version_and_key_are_genuine)
{
    for (size_t chip = MILAN; chip <= TURIN; chip++)
        for (unsigned version = 2; version <= 5; version++)
            for (unsigned vlek = 0; vlek < 2; vlek++) {
                struct sim_guest guest = vlek != 0 ? of_cloud : plain;
                const struct snp_claims *c = &s.v.claims.snp;

                guest.version = version;
                snp_scene_open(&s, &sim_chips[chip], &guest, &sim_chips[chip], NULL);
                EXPECT_GENUINE();
                cr_expect_str_eq(c->product, sim_chips[chip].product);
                cr_expect_str_eq(c->signing_key, vlek != 0 ? "VLEK" : "VCEK");
                cr_expect_eq(c->report_version, version);
                cr_expect_eq(c->cpuid.len, version > 2 ? 3 : 0);
                cr_expect_eq(c->launch_mit_vector.len, version == 5 ? 8 : 0);
                cr_expect((c->csp_id != NULL) == (vlek != 0));
                end();
            }
}

Test(snp, claims_are_those_of_report_and_certificate, .init = open_usual, .fini = end)
{
    const struct claims *c = &s.v.claims;

    EXPECT_GENUINE();
    cr_expect(c->simulated && !c->debug && c->tee == TEE_SNP);
    cr_expect_str_eq(c->tee_name, "snp");
    cr_expect(slice_equal(c->snp.measurement, slice_of(plain.measurement, 48)));
    cr_expect(slice_equal(c->snp.host_data, slice_of(plain.host_data, 32)));
    cr_expect(slice_equal(c->bound, c->report_data));
    cr_expect_eq(c->report_data.ptr[1], 0x7a);
    cr_expect_eq(c->snp.guest_svn, 7);
    cr_expect_eq(c->snp.policy, 0x30000);
    cr_expect_eq(c->snp.reported.bl, 4);
    cr_expect_eq(c->snp.reported.snp, 24);
    cr_expect_eq(c->snp.reported.ucode, 219);
    cr_expect_eq(s.v.not_before, SNP_NOW - SNP_DAY);
    cr_expect_eq(s.v.not_after, SNP_NOW + INT64_C(7) * 365 * SNP_DAY);
}

Test(snp, the_json_has_the_names_that_are_documented, .init = open_usual, .fini = end)
{
    static const char *const parts[] = {
        "\"tee\":\"snp\"",
        "\"simulated\":true",
        "\"report_version\":2",
        "\"guest_svn\":7",
        "\"policy\":196608",
        "\"smt_allowed\":true",
        "\"migrate_ma_allowed\":false",
        "\"debug\":false",
        "\"vmpl\":0",
        "\"sig_algo\":1",
        "\"platform_info\":1",
        "\"key_info\":0",
        "\"measurement\":\"3e0000",
        "\"host_data\":\"400000",
        "\"report_id_ma\":\"ffffff",
        "\"reported_tcb\":\"04000000000018db\"",
        "\"current_version\":\"1d3701\"",
        "\"signing_key\":\"VCEK\"",
        "\"product\":\"Milan\"",
        "\"reported_tcb_parts\":{\"bl\":4,\"tee\":0,\"snp\":24,\"ucode\":219}",
        "\"csp_id\":null",
    };
    const char *json;

    EXPECT_GENUINE();
    json = verdict_json(&s.v, &s.a);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect_not_null(strstr(json, parts[i]), "%s in %s", parts[i], json);
    cr_expect_null(strstr(json, "\"fms\""), "version 2 does not say");
}

Test(snp, turin_has_a_layout_of_its_own)
{
    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], NULL);
    EXPECT_GENUINE();
    cr_expect(s.v.claims.snp.reported.has_fmc);
    cr_expect_eq(s.v.claims.snp.reported.fmc, 1);
    cr_expect_eq(s.v.claims.snp.reported.bl, 2);
    cr_expect_eq(s.v.claims.snp.reported.tee, 3);
    cr_expect_eq(s.v.claims.snp.reported.snp, 4);
    cr_expect_eq(s.v.claims.snp.reported.ucode, 71);
    cr_expect_not_null(strstr(verdict_json(&s.v, &s.a), "\"reported_tcb_parts\":{\"fmc\":1,\"bl\":2,"));
    end();
}

Test(snp, the_names_of_the_steps_and_their_order_are_interface, .init = open_usual, .fini = end)
{
    static const char *const names[] = {
        "report_format", "thim_format",      "vek_certificates", "vek_root",    "vek_chain",
        "vek_names",     "vek_dates",        "vek_revocation",   "processor",   "vek_platform",
        "thim_tcb",      "report_signature", "host_data",        "uvm_format",  "uvm_issuer",
        "uvm_chain",     "uvm_signature",    "uvm_measurement",  "runtime_data"};

    s.evidence.thim_json = s.evidence.cce_policy = s.evidence.uvm_endorsements = s.evidence.runtime_data =
        s.collateral.vek_crl = slice_str("x");
    (void)snp_judge(&s);
    cr_assert_eq(s.v.num_checks, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < s.v.num_checks; i++)
        cr_expect_str_eq(s.v.checks[i].name, names[i]);
}

Test(snp, the_firmwares_answer_is_taken_too, .init = open_usual, .fini = end)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    const struct slice report = s.evidence.report;

    buf_u32le(&b, 0);
    buf_u32le(&b, SNP_REPORT_LEN);
    buf_zero(&b, 24);
    buf_put(&b, report);
    s.evidence.report = buf_bytes(&b);
    EXPECT_GENUINE();
    for (size_t i = 0; i < 32; i++) { /* a status, another size, what is reserved */
        b.ptr[i] ^= 1;
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, "");
        b.ptr[i] ^= 1;
    }
    buf_u8(&b, 0);
    s.evidence.report = buf_bytes(&b);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "expected 1184 bytes, or 1216 with the firmware's header");
}

Test(snp, a_masked_chip_says_nothing_of_itself)
{
    struct sim_guest guest = plain;

    guest.masked = true;
    snp_scene_open(&s, &sim_chips[MILAN], &guest, &sim_chips[MILAN], NULL);
    EXPECT_GENUINE();
    snp_resign(&s, &sim_chips[MILAN], 0x048, 2); /* not masked, and still no chip id */
    EXPECT_REFUSED(E_VEK_MISMATCH, "chip id");
    end();
}

Test(snp, certificates_are_taken_in_every_form_and_order, .init = open_usual, .fini = end)
{
    struct sim_party ask = snp_party(&s, "SEV-Milan"), ark = snp_party(&s, "ARK-Milan");
    scoped(buf_wipe) struct buf der = buf_max(1 << 16), pem = buf_max(1 << 16), pile = buf_max(1 << 16);
    const struct slice vek = s.collateral.vek;

    buf_put(&der, ark.cert.der);
    buf_put(&der, ask.cert.der);
    s.collateral.vek_chain = buf_bytes(&der);
    EXPECT_GENUINE();
    pem_put(&pem, "CERTIFICATE", ark.cert.der);
    pem_put(&pem, "CERTIFICATE", ask.cert.der);
    s.collateral.vek_chain = buf_bytes(&pem);
    s.collateral.vek = snp_pem(&s, vek);
    EXPECT_GENUINE();
    pem_put(&pem, "CERTIFICATE", vek); /* a full chain beside the VEK */
    s.collateral.vek_chain = buf_bytes(&pem);
    EXPECT_GENUINE();
    s.collateral.vek = (struct slice){0}; /* all in one pile */
    EXPECT_GENUINE();
    buf_put(&pile, ask.cert.der);
    buf_put(&pile, vek);
    buf_put(&pile, ark.cert.der);
    s.collateral.vek_chain = buf_bytes(&pile);
    EXPECT_GENUINE();
    s.evidence.vek_chain = s.collateral.vek_chain; /* sent along by the attester */
    s.collateral = (struct collateral){0};
    EXPECT_GENUINE();
    sim_party_wipe(&ask);
    sim_party_wipe(&ark);
}

Test(snp, a_hosts_certificate_table_is_enough)
{
    for (unsigned vlek = 0; vlek < 2; vlek++) {
        const struct sim_snp_options o = {.vlek = vlek != 0};
        struct snp_certificates certs;
        struct slice table;
        struct err err;

        snp_scene_open(&s, &sim_chips[GENOA], vlek != 0 ? &of_cloud : &plain, &sim_chips[GENOA], NULL);
        cr_assert(sim_snp_certificate_table(&sim_chips[GENOA], &o, SNP_NOW, &s.a, &table, &err), "%s",
                  err.text);
        cr_assert(snp_certificates_parse(table, &certs, &err), "%s", err.text);
        s.collateral = (struct collateral){0};
        snp_certificates_parts(&certs, vlek != 0 ? "VLEK" : "VCEK", &s.a, &s.evidence.vek,
                               &s.evidence.vek_chain);
        EXPECT_GENUINE();
        end();
    }
}

Test(snp, a_wrapped_hardware_id_is_taken_too)
{
    static const struct sim_snp_options wrapped = {.wrapped_hwid = true};

    for (size_t chip = MILAN; chip <= TURIN; chip++) {
        snp_scene_open(&s, &sim_chips[chip], &plain, &sim_chips[chip], &wrapped);
        EXPECT_GENUINE();
        end();
    }
}

Test(snp, debug_vmpl_and_migration_are_told_and_not_judged)
{
    struct sim_guest guest = plain;

    guest.policy = 0x30000 | 1 << 19 | 1 << 18;
    guest.vmpl = 3;
    snp_scene_open(&s, &sim_chips[MILAN], &guest, &sim_chips[MILAN], NULL);
    EXPECT_GENUINE();
    cr_expect(s.v.claims.debug);
    cr_expect_eq(s.v.claims.snp.vmpl, 3);
    cr_expect_not_null(strstr(verdict_json(&s.v, &s.a), "\"migrate_ma_allowed\":true"));
    end();
}

Test(snp, a_memo_changes_nothing_but_the_time, .init = open_usual, .fini = end)
{
    struct memo *memo = memo_new(1024);
    const char *without;

    EXPECT_GENUINE();
    without = verdict_json(&s.v, &s.a);
    s.what.memo = memo;
    for (int i = 0; i < 2; i++) {
        EXPECT_GENUINE();
        cr_expect_str_eq(verdict_json(&s.v, &s.a), without);
    }
    cr_expect_gt(memo_count(memo).found, 2);
    memo_free(&memo);
}

/* ---- the simulation ------------------------------------------------------------------ */

/* A foreign eye on the certificates and lists that are made here. */
Test(snp, openssl_verifies_the_simulated_chain_and_list)
{
    static const struct sim_snp_options o = {.crl = true, .revoke_asvk = true};
    struct sim_party ask, ark;
    char *said;

    peer_begin();
    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], &o);
    ask = snp_party(&s, "SEV-Turin");
    ark = snp_party(&s, "ARK-Turin");
    peer_write("ask.pem", snp_pem(&s, ask.cert.der));
    peer_write("ark.pem", snp_pem(&s, ark.cert.der));
    peer_write("vcek.pem", snp_pem(&s, s.collateral.vek));
    peer_write("crl.der", s.collateral.vek_crl);
    cr_expect(peer_run(&s.a, &said, "openssl verify -attime %d -CAfile ark.pem -untrusted ask.pem vcek.pem",
                       SNP_NOW),
              "%s", said);
    cr_expect(peer_run(&s.a, &said, "openssl crl -inform DER -in crl.der -CAfile ark.pem -noout -text"), "%s",
              said);
    cr_expect(strstr(said, "verify OK") != NULL && strstr(said, "Serial Number: 030101") != NULL, "%s", said);
    cr_expect(peer_run(&s.a, &said, "openssl x509 -in vcek.pem -noout -text"), "%s", said);
    cr_expect(strstr(said, "Serial Number: 0 ") != NULL && strstr(said, "Salt Length: 0x30") != NULL &&
                  strstr(said, "1.3.6.1.4.1.3704.1.3.9") != NULL,
              "%s", said);
    sim_party_wipe(&ask);
    sim_party_wipe(&ark);
    end();
    peer_end();
}

Test(snp, a_changed_program_has_another_launch_measurement)
{
    struct sim_identity one = {.mr_enclave = {1}}, other = {.mr_enclave = {1, 1}};
    uint8_t first[48], again[48], second[48], want[48];
    uint8_t text[29 + 32] = "marblemesh simulated guest v1";

    text[29] = 1;
    pki_init();
    sha384(want, slice_of(text, sizeof text));
    sim_launch_measurement(&one, first);
    one.mr_signer[0] = 1; /* the signer is not in it */
    sim_launch_measurement(&one, again);
    sim_launch_measurement(&other, second);
    cr_expect_arr_eq(first, want, sizeof first);
    cr_expect_arr_eq(first, again, sizeof first);
    cr_expect_arr_neq(first, second, sizeof first);
}

/* ---- the report's form -------------------------------------------------------------- */

Test(snp, every_truncation_is_refused_by_its_size, .init = open_usual, .fini = end)
{
    const struct slice report = s.evidence.report;

    for (size_t len = 0; len < report.len; len++) {
        s.evidence.report = slice_of(report.ptr, len);
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, "expected 1184 bytes");
    }
}

Test(snp, a_field_that_no_firmware_writes_is_refused_though_it_is_signed)
{
    static const struct {
        size_t at;
        uint8_t flip;
        const char *fragment;
    } rows[] = {
        {0x000, 0x2 ^ 0x1, "version: expected 2 to 5, found 1"},
        {0x000, 0x2 ^ 0x0, "version: expected 2 to 5, found 0"},
        {0x000, 0x2 ^ 0x6, "version: expected 2 to 5, found 6"},
        {0x003, 1, "version: expected 2 to 5"},
        {0x034, 1 ^ 2, "signature algorithm: expected 1"},
        {0x034, 1, "signature algorithm: expected 1"},
        {0x037, 1, "signature algorithm: expected 1"},
        {0x00a, 2, "bit 17 must be one"},
        {0x00b, 4, "bits above 25 must be zero"},
        {0x00f, 0x80, "bits above 25 must be zero"},
        {0x048, 2 << 2, "signing key: expected 0 (VCEK) or 1 (VLEK), found 2"},
        {0x048, 7 << 2, "signing key: expected 0 (VCEK) or 1 (VLEK), found 7"},
        {0x048, 1 << 5, "bits above 4 must be zero"},
        {0x04b, 1, "bits above 4 must be zero"},
        {0x04c, 1, "reserved"},
        {0x04f, 0x80, "reserved"},
        {0x188, 1, "reserved"}, /* CPUID from version 3 on */
        {0x18b, 1, "reserved"},
        {0x19f, 1, "reserved"},
        {0x1eb, 1, "reserved"},
        {0x1ef, 1, "reserved"},
        {0x1f8, 1, "reserved"}, /* mitigation vectors from version 5 on */
        {0x207, 1, "reserved"},
        {0x208, 1, "reserved"},
        {0x29f, 1, "reserved"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_usual();
        snp_resign(&s, &sim_chips[MILAN], rows[i].at, rows[i].flip);
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, rows[i].fragment);
        end();
    }
}

Test(snp, what_later_versions_use_is_not_reserved_in_them)
{
    struct sim_guest guest = plain;

    guest.version = 5;
    snp_scene_open(&s, &sim_chips[TURIN], &guest, &sim_chips[TURIN], NULL);
    snp_resign(&s, &sim_chips[TURIN], 0x1f8, 1);
    EXPECT_GENUINE();
    cr_expect_not_null(strstr(verdict_json(&s.v, &s.a), "\"launch_mit_vector\":\"0100000000000000\""));
    snp_resign(&s, &sim_chips[TURIN], 0x208, 1);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "reserved in version 5");
    end();
}

/* ---- the signature ------------------------------------------------------------------ */

/* With the chain's signatures remembered, each flip costs one verification. */
Test(snp, every_flipped_bit_is_refused, .init = open_usual, .fini = end, .timeout = 280)
{
    uint8_t bytes[SNP_REPORT_LEN];
    struct memo *memo = memo_new(1024);

    memcpy(bytes, s.evidence.report.ptr, sizeof bytes);
    s.evidence.report = slice_of(bytes, sizeof bytes);
    s.what.memo = memo;
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        struct verdict v;
        scoped(arena_wipe) struct arena a = {0};

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        appraise(&s.what, &a, &v);
        cr_expect(!v.genuine, "bit %zu", bit);
        if (bit >= SNP_SIGNED_LEN * 8)
            cr_expect_eq(v.reason.code, E_REPORT_SIGNATURE, "bit %zu: %s", bit, v.reason.text);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EXPECT_GENUINE();
    memo_free(&memo);
}

static void set_number(uint8_t *field, const char *big_endian_hex)
{
    struct slice n;

    cr_assert(hex_decode(slice_str(big_endian_hex), &s.a, &n));
    memset(field, 0, 72);
    for (size_t i = 0; i < n.len; i++)
        field[i] = n.ptr[n.len - 1 - i];
}

Test(snp, r_and_s_have_one_form, .init = open_usual, .fini = end)
{
    static const char order[] =
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
    static const char most[] =
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    enum { R = SNP_SIGNED_LEN, S = R + 72, TAIL = S + 72 };
    const struct slice good = s.evidence.report;
    uint8_t bytes[SNP_REPORT_LEN];

    s.evidence.report = slice_of(bytes, sizeof bytes);
    for (size_t field = R; field <= S; field += 72) {
        memcpy(bytes, good.ptr, sizeof bytes);
        memset(bytes + field, 0, 72);
        EXPECT_REFUSED(E_REPORT_SIGNATURE, "is zero");
        set_number(bytes + field, order);
        EXPECT_REFUSED(E_REPORT_SIGNATURE, "does not hold");
        set_number(bytes + field, most);
        EXPECT_REFUSED(E_REPORT_SIGNATURE, "does not hold");
        for (size_t i = 48; i < 72; i++) {
            memcpy(bytes, good.ptr, sizeof bytes);
            bytes[field + i] = 1;
            EXPECT_REFUSED(E_REPORT_SIGNATURE, "expected a number of 384 bits");
        }
        memcpy(bytes, good.ptr, sizeof bytes);
        for (size_t i = 0; i < 24; i++) { /* big endian */
            const uint8_t b = bytes[field + i];

            bytes[field + i] = bytes[field + 47 - i];
            bytes[field + 47 - i] = b;
        }
        EXPECT_REFUSED(E_REPORT_SIGNATURE, "does not hold");
    }
    for (size_t i = TAIL; i < sizeof bytes; i++) {
        memcpy(bytes, good.ptr, sizeof bytes);
        bytes[i] = 1;
        EXPECT_REFUSED(E_REPORT_SIGNATURE, "expected zeros behind R and S");
    }
}
