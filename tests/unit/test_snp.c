/* SPDX-License-Identifier: Apache-2.0 */
/* SNP reports and the chains of their keys, made by the simulated TEE: what is genuine says what it says, and each rule
 * that is broken has its refusal. */
#include <criterion/criterion.h>

#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "base/buf.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/snp.h"

static const struct sim_guest plain = {.measurement = {0x3e}, .host_data = {0x40}, .guest_svn = 7};
static const struct sim_guest of_cloud = {.measurement = {0x3e}, .vmpl = 1, .vlek = true};

static struct snp_scene s;

static void open_usual(void) { snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], NULL); }
static void end(void) { snp_scene_close(&s); }

#define EXPECT_REFUSED(expected, fragment)                                                                           \
    do {                                                                                                             \
        cr_expect_eq(snp_judge(&s), expected, "%s: %s", reason_of(s.v.reason.code)->name, s.v.reason.text);          \
        cr_expect_not_null(strstr(s.v.reason.text, fragment), "%s", s.v.reason.text);                                \
    } while (0)
#define EXPECT_GENUINE()                                                                                             \
    cr_expect_eq(snp_judge(&s), E_NONE, "%s: %s", reason_of(s.v.reason.code)->name, s.v.reason.text)

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
    static const char *const names[] = {"report_format", "thim_format",    "vek_certificates", "vek_root",
                                        "vek_chain",     "vek_names",      "vek_dates",        "vek_revocation",
                                        "processor",     "vek_platform",   "thim_tcb",         "report_signature",
                                        "host_data",     "uvm_format",     "uvm_issuer",       "uvm_chain",
                                        "uvm_signature", "uvm_measurement", "runtime_data"};

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
        cr_assert(sim_snp_certificate_table(&sim_chips[GENOA], &o, SNP_NOW, &s.a, &table, &err), "%s", err.text);
        cr_assert(snp_certificates_parse(table, &certs, &err), "%s", err.text);
        s.collateral = (struct collateral){0};
        snp_certificates_parts(&certs, vlek != 0 ? "VLEK" : "VCEK", &s.a, &s.evidence.vek, &s.evidence.vek_chain);
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
        {0x000, 2 ^ 1, "version: expected 2 to 5, found 1"},
        {0x000, 2 ^ 0, "version: expected 2 to 5, found 0"},
        {0x000, 2 ^ 6, "version: expected 2 to 5, found 6"},
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
    static const char order[] = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
    static const char most[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
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

/* ---- roots and chains --------------------------------------------------------------- */

Test(snp, the_trust_domains_do_not_know_each_other, .init = open_usual, .fini = end)
{
    s.what.roots = roots_production();
    EXPECT_REFUSED(E_ROOT, "none of the 3 trust anchors of this program's trust domain (production)");
}

Test(snp, a_root_of_the_right_name_is_not_the_root, .init = open_usual, .fini = end)
{
    struct sim_party ark = snp_party(&s, "ARK-Milan"), ask = snp_party(&s, "SEV-Milan");
    const struct cert_spec spec = {.subject_name = ark.cert.subject,
                                   .not_before = ark.cert.not_before,
                                   .not_after = ark.cert.not_after,
                                   .key_usage = KU_CERT_SIGN | KU_CRL_SIGN,
                                   .basic_constraints = true,
                                   .is_ca = true,
                                   .path_len = -1,
                                   .rsa_pss = true};
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);
    struct slice forged;
    struct err err;

    /* The attacker's own key, and the same key: only the certificate itself is the anchor. */
    for (int own = 0; own < 2; own++) {
        const struct key *k = own != 0 ? &ark.key : &ask.key;

        cr_assert(cert_issue(&spec, key_spki(k, &s.a), NULL, k, &s.a, &forged, &err), "%s", err.text);
        b.len = 0;
        buf_put(&b, forged);
        buf_put(&b, ask.cert.der);
        s.collateral.vek_chain = buf_bytes(&b);
        EXPECT_REFUSED(E_ROOT, "ARK: it is none");
    }
    sim_party_wipe(&ark);
    sim_party_wipe(&ask);
}

static void use_chain(const char *ask, const char *ark)
{
    struct sim_party parties[2] = {snp_party(&s, ask), snp_party(&s, ark)};
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);

    for (size_t i = 0; i < 2; i++) {
        buf_put(&b, parties[i].cert.der);
        sim_party_wipe(&parties[i]);
    }
    s.collateral.vek_chain = arena_copy(&s.a, buf_bytes(&b));
}

Test(snp, swapped_certificates_are_refused)
{
    open_usual();
    use_chain("SEV-Genoa", "ARK-Genoa"); /* another product's chain */
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    use_chain("SEV-Milan", "ARK-Genoa");
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    use_chain("SEV-VLEK-Milan", "ARK-Milan");
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    end();
    for (unsigned vlek = 0; vlek < 2; vlek++) { /* the other kind of key, with its own sound chain */
        const struct sim_snp_options other = {.vlek = vlek == 0};

        snp_scene_open(&s, &sim_chips[MILAN], vlek != 0 ? &of_cloud : &plain, &sim_chips[MILAN], &other);
        EXPECT_REFUSED(E_VEK_CHAIN, vlek != 0 ? "ASVK: expected the common name" : "ASK: expected the common name");
        end();
    }
}

Test(snp, a_chain_that_is_not_whole_is_refused, .init = open_usual, .fini = end)
{
    struct sim_party ask = snp_party(&s, "SEV-Milan"), ark = snp_party(&s, "ARK-Milan"),
                     other = snp_party(&s, "SEV-Genoa");
    const struct slice vek = s.collateral.vek, chain = s.collateral.vek_chain;
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);

    s.collateral = (struct collateral){0};
    EXPECT_REFUSED(E_COLLATERAL_MISSING, "neither the evidence nor the collateral has the VCEK");
    s.collateral.vek = vek;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ARK, which is self-issued, found 0");
    s.collateral.vek_chain = ark.cert.der;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ASK or ASVK, found 0");
    s.collateral.vek_chain = ask.cert.der;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ARK");
    s.collateral = (struct collateral){.vek_chain = chain};
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one certificate of a VEK");
    buf_put(&b, ask.cert.der);
    buf_put(&b, ark.cert.der);
    buf_put(&b, other.cert.der);
    s.collateral = (struct collateral){.vek = vek, .vek_chain = buf_bytes(&b)};
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ASK or ASVK, found 2");
    s.collateral = (struct collateral){.vek = buf_bytes(&b), .vek_chain = chain};
    EXPECT_REFUSED(E_VEK_CHAIN, "VEK: expected one certificate, found 3");
    for (size_t i = 0; i < 3; i++)
        sim_party_wipe((struct sim_party *[]){&ask, &ark, &other}[i]);
}

Test(snp, certificates_that_cannot_be_read_are_refused, .init = open_usual, .fini = end)
{
    const struct slice vek = s.collateral.vek, chain = s.collateral.vek_chain;
    scoped(buf_wipe) struct buf b = buf_max(1 << 17);

    for (size_t len = 1; len < vek.len; len++) {
        s.collateral.vek = slice_of(vek.ptr, len);
        EXPECT_REFUSED(E_COLLATERAL_FORMAT, "");
    }
    buf_put(&b, vek);
    buf_u8(&b, 0);
    s.collateral.vek = buf_bytes(&b);
    EXPECT_REFUSED(E_COLLATERAL_FORMAT, "expected certificates in PEM or DER");
    s.collateral.vek = vek;
    for (size_t len = 1; len < chain.len - 1; len += 7) {
        s.collateral.vek_chain = slice_of(chain.ptr, len);
        cr_expect_neq(snp_judge(&s), E_NONE);
    }
    buf_zero(&b, 1 << 16);
    s.collateral.vek_chain = buf_bytes(&b);
    EXPECT_REFUSED(E_COLLATERAL_FORMAT, "more than the 65536 allowed");
}

Test(snp, the_vek_has_its_name_use_key_and_algorithm)
{
    scoped(key_wipe) struct key p256 = {0};
    struct err err;

    pki_init();
    cr_assert(key_generate(KEY_P256, &p256, &err));
    {
        const struct {
            struct snp_reissue how;
            const char *fragment;
        } rows[] = {
            {{.common_name = "SEV-VLEK"}, "VCEK: expected the common name \"SEV-VCEK\", found \"SEV-VLEK\""},
            {{.common_name = "VCEK"}, "expected the common name \"SEV-VCEK\""},
            {{.key = &p256}, "VEK: expected a key on P-384"},
            {{.pkcs1 = true}, "RSASSA-PSS with SHA-384"},
            {{.is_ca = true}, "authority's certificate"},
            {{.issuer = "ARK-Milan"}, "issued by"},
            {{.issuer = "SEV-VLEK-Milan"}, "issued by"},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            open_usual();
            snp_reissue_vek(&s, &sim_chips[MILAN], &rows[i].how);
            EXPECT_REFUSED(E_VEK_CHAIN, rows[i].fragment);
            end();
        }
    }
}

/* ---- extensions --------------------------------------------------------------------- */

Test(snp, each_extension_has_to_be_there_and_well_formed)
{
    static const uint8_t minus_one[] = {2, 1, 0xff}, large[] = {2, 2, 1, 0}, text[] = {0x16, 1, 'x'},
                         two[] = {2, 1, 4, 2, 1, 4}, short_id[63] = {1};
    static const struct {
        struct snp_reissue how;
        const char *fragment;
    } rows[] = {
        {{.drop = "2"}, "product name: expected an IA5String"},
        {{.replace = "2", .value = {minus_one, 3}}, "product name: expected an IA5String"},
        {{.drop = "3.1"}, "boot loader SPL"},
        {{.drop = "3.2"}, "TEE SPL"},
        {{.drop = "3.3"}, "SNP SPL"},
        {{.drop = "3.8"}, "microcode SPL"},
        {{.replace = "3.1", .value = {minus_one, sizeof minus_one}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {large, sizeof large}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {text, sizeof text}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {two, sizeof two}}, "boot loader SPL"},
        {{.drop = "4"}, "expected the extension hardware id"},
        {{.replace = "4", .value = {short_id, sizeof short_id}}, "hardware id: expected 64 octets"},
        {{.replace = "5", .value = {text, sizeof text}}, "expected the extension hardware id and not the other's"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_usual();
        snp_reissue_vek(&s, &sim_chips[MILAN], &rows[i].how);
        EXPECT_REFUSED(E_VEK_CHAIN, rows[i].fragment);
        end();
    }
}

Test(snp, a_vlek_has_the_clouds_name_and_no_chip)
{
    static const uint8_t id[64] = {1};

    for (int i = 0; i < 2; i++) {
        const struct snp_reissue how = i == 0 ? (struct snp_reissue){.drop = "5"}
                                              : (struct snp_reissue){.replace = "4", .value = {id, sizeof id}};

        snp_scene_open(&s, &sim_chips[MILAN], &of_cloud, &sim_chips[MILAN], NULL);
        EXPECT_GENUINE();
        cr_expect_str_eq(s.v.claims.snp.csp_id, "CN=simulated-1.cloud.invalid");
        snp_reissue_vek(&s, &sim_chips[MILAN], &how);
        EXPECT_REFUSED(E_VEK_CHAIN, "VLEK: expected the extension CSP id");
        end();
    }
}

Test(snp, turin_needs_the_fmc)
{
    static const struct snp_reissue without = {.drop = "3.9"};

    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], NULL);
    snp_reissue_vek(&s, &sim_chips[TURIN], &without);
    EXPECT_REFUSED(E_VEK_CHAIN, "FMC SPL");
    end();
}

/* The key is of chip and TCB, so it is given to the other certificate: only what that says is wrong. */
static void expect_mismatch(size_t product, const struct sim_chip *other, const char *fragment)
{
    const struct sim_chip *chip = &sim_chips[product];
    scoped(key_wipe) struct key k = {0};
    struct err err;

    snp_scene_open(&s, chip, &plain, other, NULL);
    cr_assert(sim_vek_key(chip, false, &k, &err), "%s", err.text);
    snp_reissue_vek(&s, other, &(struct snp_reissue){.key = &k});
    EXPECT_REFUSED(E_VEK_MISMATCH, fragment);
    end();
}

Test(snp, a_certificate_for_another_tcb_or_chip_is_refused)
{
    static const char *const milan[8] = {"boot loader", "TEE", NULL, NULL, NULL, NULL, "SNP", "microcode"};
    static const char *const turin[8] = {"FMC", "boot loader", "TEE", "SNP", NULL, NULL, NULL, "microcode"};
    struct sim_chip other;

    for (size_t product = MILAN; product <= TURIN; product++)
        for (size_t i = 0; i < 8; i++) {
            const char *name = (product == TURIN ? turin : milan)[i];

            other = sim_chips[product];
            other.tcb[i] ^= 1;
            if (name != NULL)
                expect_mismatch(product, &other, name);
        }
    for (size_t product = MILAN; product <= TURIN; product++) {
        other = sim_chips[product];
        other.hwid[7] ^= 1;
        expect_mismatch(product, &other, "chip id: the certificate is another chip's");
    }
}

Test(snp, a_vek_of_another_tcb_is_refused_before_its_signature)
{
    struct sim_chip other = sim_chips[MILAN];

    other.tcb[7]--;
    snp_scene_open(&s, &sim_chips[MILAN], &plain, &other, NULL);
    EXPECT_REFUSED(E_VEK_MISMATCH, "microcode: the certificate is for 218, the report says 219");
    end();
}

Test(snp, turins_chip_id_is_zero_behind_its_eight_bytes)
{
    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], NULL);
    snp_resign(&s, &sim_chips[TURIN], 0x1a0 + 8, 1);
    EXPECT_REFUSED(E_VEK_MISMATCH, "chip id");
    end();
}

Test(snp, the_product_is_the_same_in_processor_certificate_and_chain)
{
    static const uint8_t genoa[] = {0x16, 5, 'G', 'e', 'n', 'o', 'a'}, rome[] = {0x16, 4, 'R', 'o', 'm', 'e'},
                         siena[] = {0x16, 8, 'S', 'i', 'e', 'n', 'a', '-', 'B', '0'};
    struct sim_guest guest = plain;
    struct sim_chip chip;

    guest.version = 3;
    chip = sim_chips[MILAN];
    chip.cpuid[1] = 0x11;
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_REFUSED(E_VEK_MISMATCH, "a processor of the product Genoa, the chain is for Milan");
    end();
    chip.cpuid[0] = 0x1a;
    chip.cpuid[1] = 0x50; /* a generation without roots */
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "CPU family 0x1a model 0x50");
    end();
    chip = sim_chips[GENOA];
    chip.cpuid[1] = 0xa0; /* Bergamo and Siena */
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_GENUINE();
    snp_reissue_vek(&s, &chip, &(struct snp_reissue){.replace = "2", .value = {siena, sizeof siena}});
    EXPECT_GENUINE();
    end();
    open_usual();
    snp_reissue_vek(&s, &sim_chips[MILAN], &(struct snp_reissue){.replace = "2", .value = {genoa, sizeof genoa}});
    EXPECT_REFUSED(E_VEK_MISMATCH, "product name: expected one of Milan, found \"Genoa\"");
    snp_reissue_vek(&s, &sim_chips[MILAN], &(struct snp_reissue){.replace = "2", .value = {rome, sizeof rome}});
    EXPECT_REFUSED(E_VEK_MISMATCH, "product name: expected one of Milan, found \"Rome\"");
    end();
}

/* ---- dates and revocation ----------------------------------------------------------- */

Test(snp, certificates_are_valid_from_their_first_to_their_last_second)
{
    static const struct sim_snp_options o = {.valid_from = SNP_NOW - 100, .valid_to = SNP_NOW + 100};
    static const struct {
        int64_t at;
        enum err_code code;
    } rows[] = {{SNP_NOW - 101, E_CERT_EXPIRED}, {SNP_NOW - 100, E_NONE}, {SNP_NOW + 100, E_NONE}, {SNP_NOW + 101, E_CERT_EXPIRED}};

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &o);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.what.now = rows[i].at;
        cr_expect_eq(snp_judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
    }
    end();
}

Test(snp, authorities_expire_too)
{
    static const struct sim_snp_options o = {.valid_from = 1, .valid_to = INT64_C(4000000000)};

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &o);
    s.what.now = INT64_C(2524608000); /* 2050 */
    EXPECT_REFUSED(E_CERT_EXPIRED, "CN=ARK-Milan");
    s.what.now = 1000000000; /* 2001 */
    EXPECT_REFUSED(E_CERT_EXPIRED, "CN=ARK-Milan");
    end();
}

Test(snp, a_revocation_list_counts_if_it_is_given)
{
    static const struct {
        struct sim_snp_options o;
        bool vlek;
        enum err_code code;
        const char *fragment;
    } rows[] = {
        {{.crl = true}, false, E_NONE, ""},
        {{.crl = true, .revoke_asvk = true}, false, E_NONE, ""},
        {{.crl = true, .revoke_ask = true}, false, E_CERT_REVOKED, "lists the ASK or ASVK"},
        {{.crl = true, .vlek = true, .revoke_ask = true}, true, E_NONE, ""},
        {{.crl = true, .vlek = true, .revoke_asvk = true}, true, E_CERT_REVOKED, "lists the ASK or ASVK"},
        {{.crl = true, .crl_to = SNP_NOW - 1}, false, E_CRL_EXPIRED, "AMD's revocation list: valid from"},
        {{.crl = true, .crl_from = SNP_NOW + 1}, false, E_CRL_EXPIRED, "AMD's revocation list: valid from"},
        {{.crl = true, .crl_from = SNP_NOW, .crl_to = SNP_NOW}, false, E_NONE, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snp_scene_open(&s, &sim_chips[MILAN], rows[i].vlek ? &of_cloud : &plain, &sim_chips[MILAN], &rows[i].o);
        EXPECT_REFUSED(rows[i].code, rows[i].code == E_NONE ? "" : rows[i].fragment);
        end();
    }
}

Test(snp, a_revocation_list_is_by_this_root_and_whole)
{
    static const struct sim_snp_options with_crl = {.crl = true};
    struct collateral genoa;
    struct slice crl;
    struct err err;

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &with_crl);
    crl = s.collateral.vek_crl;
    cr_expect_eq(snp_judge(&s), E_NONE);
    cr_expect_eq(s.v.not_after, SNP_NOW + 90 * SNP_DAY);
    cr_assert(sim_snp_collateral(&sim_chips[GENOA], &with_crl, SNP_NOW, &s.a, &genoa, &err), "%s", err.text);
    s.collateral.vek_crl = genoa.vek_crl;
    EXPECT_REFUSED(E_CRL, "expected it to be issued by");
    for (size_t len = 1; len < crl.len; len++) {
        s.collateral.vek_crl = slice_of(crl.ptr, len);
        cr_expect_eq(snp_judge(&s), E_CRL, "%zu: %s", len, s.v.reason.text);
    }
    s.collateral.vek_crl = slice_str(hex_text(&s.a, crl));
    EXPECT_GENUINE();
    s.collateral.vek_crl = slice_str(pem_text(&s.a, "X509 CRL", crl));
    EXPECT_GENUINE();
    end();
}
