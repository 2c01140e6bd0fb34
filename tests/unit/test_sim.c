/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and collateral of the simulated TEE, and what the verifier says to them as they are and changed.
 */
#include <criterion/criterion.h>

#include "attestation/sim/pki.h"
#include "attestation/sim/sim.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

static struct arena a;
static int64_t now;
static struct slice quote;
static struct collateral collateral;
static const struct sim_collateral_options all_is_well;
static const struct sim_identity identity = {
    .mr_enclave = {0xee, 1, 2, 3},
    .mr_signer = {0x77, 4, 5, 6},
    .product_id = 0x1234,
    .security_version = 0x5678,
};
static const uint8_t report_data[64] = {0x5a, 1, 2, 3, [63] = 0xa5};

static void begin(void)
{
    struct err err;

    pki_init();
    now = civil_to_time((struct civil){2026, 6, 1, 12, 0, 0});
    cr_assert(sim_quote(&sim_platform_default, &identity, report_data, &a, &quote, &err), "%s", err.text);
    cr_assert(sim_collateral(&sim_platform_default, &all_is_well, now, &a, &collateral, &err), "%s",
              err.text);
}

static void end(void) { arena_wipe(&a); }

static void judge(struct slice evidence, const struct collateral *c, const struct roots *roots, int64_t at,
                  struct arena *where, struct verdict *v)
{
    const struct evidence e = {.kind = EVIDENCE_DCAP, .quote = evidence};
    const struct appraisal what = {.evidence = &e, .collateral = c, .roots = roots, .now = at};

    appraise(&what, where, v);
}

static void expect_genuine(struct slice evidence, const struct collateral *c, int64_t at, struct verdict *v)
{
    judge(evidence, c, sim_roots(), at, &a, v);
    cr_assert(v->genuine, "[%s] %s", reason_of(v->reason.code)->name, v->reason.text);
}

static void expect_refused(struct slice evidence, const struct collateral *c, const struct roots *roots,
                           int64_t at, enum err_code code, const char *text)
{
    struct verdict v;

    judge(evidence, c, roots, at, &a, &v);
    cr_assert_not(v.genuine, "not refused: %s", text);
    cr_expect_eq(v.reason.code, code, "expected %s, got %s: %s", reason_of(code)->name,
                 reason_of(v.reason.code)->name, v.reason.text);
    cr_expect(strstr(v.reason.text, text) != NULL, "\"%s\" does not contain \"%s\"", v.reason.text, text);
}

static void expect_bytes(struct slice got, const void *want, size_t len, const char *name)
{
    cr_expect(slice_equal(got, slice_of(want, len)), "%s is %s", name, hex_text(&a, got));
}

/* ---- as it is -------------------------------------------------------------------------------- */

Test(sim, evidence_is_genuine_and_says_what_was_put_in, .init = begin, .fini = end)
{
    static const uint8_t zeros[64];
    static const uint8_t attributes[16] = {0x05, 0, 0, 0, 0, 0, 0, 0, 0xe7};
    const struct sim_platform *p = &sim_platform_default;
    struct verdict v;
    const struct claims *c = &v.claims;

    expect_genuine(quote, &collateral, now, &v);
    cr_expect(c->tee == TEE_SGX && c->simulated && !c->debug && c->dcap.quote_version == 3);
    expect_bytes(c->report_data, report_data, 64, "report data");
    expect_bytes(c->sgx.mr_enclave, identity.mr_enclave, 32, "UniqueID");
    expect_bytes(c->sgx.mr_signer, identity.mr_signer, 32, "SignerID");
    cr_expect_eq(c->sgx.isv_prod_id, 0x1234);
    cr_expect_eq(c->sgx.isv_svn, 0x5678);
    expect_bytes(c->sgx.cpu_svn, p->components, 16, "CPUSVN");
    expect_bytes(c->sgx.misc_select, zeros, 4, "MISCSELECT");
    expect_bytes(c->sgx.attributes, attributes, 16, "ATTRIBUTES");
    expect_bytes(c->sgx.isv_ext_prod_id, zeros, 16, "ISVEXTPRODID");
    expect_bytes(c->sgx.isv_family_id, zeros, 16, "ISVFAMILYID");
    expect_bytes(c->sgx.config_id, zeros, 64, "CONFIGID");
    cr_expect_eq(c->sgx.config_svn, 0);
    expect_bytes(v.claims.dcap.fmspc, p->fmspc, 6, "FMSPC");
    expect_bytes(v.claims.dcap.pce_id, p->pce_id, 2, "PCEID");
    expect_bytes(v.claims.dcap.ppid, p->ppid, 16, "PPID");
    cr_expect_eq(v.claims.dcap.pck_serial.len, 20);
    cr_expect_str_eq(v.claims.dcap.pck_ca, "platform");
    cr_expect_eq(v.claims.dcap.qe_isv_svn, 8);
    cr_expect(v.claims.dcap.tcb_status == TCB_UP_TO_DATE && v.claims.dcap.num_advisories == 0 && v.claims.dcap.tcb_evaluation_data_number == 20);
    cr_expect_eq(v.not_before, now - 24 * 3600);
    cr_expect_eq(v.not_after, now + 29 * 24 * 3600);
}

Test(sim, a_debug_enclave_says_so, .init = begin, .fini = end)
{
    struct sim_identity debug = identity;
    struct slice q;
    struct verdict v;
    struct err err;

    debug.debug = true;
    cr_assert(sim_quote(&sim_platform_default, &debug, report_data, &a, &q, &err), "%s", err.text);
    expect_genuine(q, &collateral, now, &v);
    cr_expect(v.claims.debug);
}

Test(sim, quotes_and_collateral_made_apart_go_together, .init = begin, .fini = end)
{
    struct collateral later;
    struct slice again;
    struct verdict v;
    struct err err;

    cr_assert(sim_quote(&sim_platform_default, &identity, report_data, &a, &again, &err), "%s", err.text);
    cr_assert(sim_collateral(&sim_platform_default, &all_is_well, now + 365 * 24 * 3600, &a, &later, &err),
              "%s", err.text);
    cr_expect_not(slice_equal(quote, again), "ECDSA signatures of two makings differ");
    expect_genuine(again, &collateral, now, &v);
    expect_genuine(quote, &later, now + 365 * 24 * 3600, &v);
}

Test(sim, every_other_form_of_platform_works, .init = begin, .fini = end)
{
    struct sim_platform p = sim_platform_default;
    struct collateral c;
    struct slice q;
    struct verdict v;
    struct err err;

    for (int round = 0; round < 3; round++) {
        memset(p.components, round == 0 ? 0 : round == 1 ? 0xff : 0x80, sizeof p.components);
        memset(p.fmspc, round, sizeof p.fmspc);
        p.pce_id[0] = (uint8_t)round;
        p.pce_svn = (uint16_t)(round * 0x7fff);
        p.qe_isv_svn = (uint16_t)(round + 1);
        cr_assert(sim_quote(&p, &identity, report_data, &a, &q, &err), "%s", err.text);
        cr_assert(sim_collateral(&p, &all_is_well, now, &a, &c, &err), "%s", err.text);
        expect_genuine(q, &c, now, &v);
        expect_bytes(v.claims.dcap.fmspc, p.fmspc, 6, "FMSPC");
        cr_expect_eq(v.claims.dcap.tcb_status, TCB_UP_TO_DATE);
    }
}

/* ---- roots ----------------------------------------------------------------------------------- */

Test(sim, production_roots_refuse_simulated_evidence_and_the_reverse, .init = begin, .fini = end)
{
    const struct roots *production = roots_production();

    cr_assert_eq(production->num_intel, 1);
    cr_expect_not(production->simulated);
    cr_expect(sim_roots()->simulated);
    cr_expect_not(slice_equal(production->intel[0], sim_roots()->intel[0]));
    expect_refused(quote, &collateral, production, now, E_ROOT, "root");
}

/* A root of the same names with a key of its own: what a forger of simulated evidence has, and what
 * production-rooted evidence is to a simulated verifier. */
Test(sim, another_root_of_the_same_name_is_refused, .init = begin, .fini = end)
{
    uint8_t other[64];
    const struct slice anchor = slice_of(other, sizeof other);
    const struct roots roots = {.intel = &anchor, .num_intel = 1, .simulated = true};

    memcpy(other, sim_roots()->intel[0].ptr, sizeof other);
    other[63] ^= 1;
    expect_refused(quote, &collateral, &roots, now, E_ROOT, "root");
}

/* ---- every part that is signed ---------------------------------------------------------------- */

static bool is_one_of(enum err_code code, const enum err_code codes[4])
{
    for (size_t i = 0; i < 4 && codes[i] != E_NONE; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* Each byte of a part, changed by itself. */
static void flip_each(uint8_t *bytes, size_t from, size_t to, size_t step, struct slice evidence,
                      const struct collateral *c, const char *name, const enum err_code codes[4])
{
    for (size_t i = from; i < to; i += step) {
        scoped(arena_wipe) struct arena scratch = {0};
        struct verdict v;

        bytes[i] ^= 0x01;
        judge(evidence, c, sim_roots(), now, &scratch, &v);
        bytes[i] ^= 0x01;
        cr_expect_not(v.genuine, "%s: changed at %zu and still genuine", name, i - from);
        cr_expect(is_one_of(v.reason.code, codes), "%s: changed at %zu: [%s] %s", name, i - from,
                  reason_of(v.reason.code)->name, v.reason.text);
    }
}

Test(sim, a_changed_byte_anywhere_in_the_quote_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *name;
        size_t from, to;
        enum err_code codes[4];
    } parts[] = {
        {"version and key type", 0, 4, {E_EVIDENCE_FORMAT}},
        {"reserved", 4, 8, {E_EVIDENCE_FORMAT, E_QUOTE_SIGNATURE}},
        {"QE and PCE SVN", 8, 12, {E_QUOTE_SIGNATURE}},
        {"vendor", 12, 28, {E_EVIDENCE_FORMAT}},
        {"user data", 28, 48, {E_QUOTE_SIGNATURE}},
        {"report", 48, 432, {E_QUOTE_SIGNATURE}},
        {"length", 432, 436, {E_EVIDENCE_FORMAT}},
        {"signature", 436, 500, {E_QUOTE_SIGNATURE}},
        {"attestation key", 500, 564, {E_QE_REPORT_DATA}},
        {"QE report", 564, 948, {E_QE_REPORT_SIGNATURE}},
        {"QE report signature", 948, 1012, {E_QE_REPORT_SIGNATURE}},
        {"length of the authentication data", 1012, 1014, {E_EVIDENCE_FORMAT}},
        {"authentication data", 1014, 1046, {E_QE_REPORT_DATA}},
        {"kind and length of the certificates", 1046, 1052, {E_EVIDENCE_FORMAT}},
    };
    uint8_t *bytes = memcpy(arena_alloc(&a, quote.len), quote.ptr, quote.len);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        flip_each(bytes, parts[i].from, parts[i].to, 1, slice_of(bytes, quote.len), &collateral,
                  parts[i].name, parts[i].codes);
}

/* The quote with these certificates in the place of its own. */
static struct slice with_chain(const struct slice *ders, size_t num)
{
    scoped(buf_wipe) struct buf chain = buf_max(LIMIT_EVIDENCE), q = buf_max(LIMIT_EVIDENCE);

    for (size_t i = 0; i < num; i++)
        pem_put(&chain, "CERTIFICATE", ders[i]);
    buf_put(&q, slice_of(quote.ptr, 432));
    buf_u32le(&q, (uint32_t)(1052 - 436 + chain.len));
    buf_put(&q, slice_of(quote.ptr + 436, 1048 - 436));
    buf_u32le(&q, (uint32_t)chain.len);
    buf_put(&q, buf_bytes(&chain));
    return arena_copy(&a, buf_bytes(&q));
}

static void chain_of(struct slice pem, struct slice ders[3], size_t num)
{
    for (size_t i = 0; i < num; i++) {
        struct pem_block block;
        struct err err;

        cr_assert(pem_next(&pem, &a, &block, &err) && block.der.ptr != NULL, "certificate %zu", i);
        ders[i] = block.der;
    }
}

Test(sim, a_changed_byte_anywhere_in_the_pck_chain_is_refused, .init = begin, .fini = end)
{
    static const enum err_code codes[4] = {E_EVIDENCE_FORMAT, E_PCK_CHAIN, E_ROOT};
    struct slice ders[3];
    struct verdict v;

    chain_of(slice_of(quote.ptr + 1052, quote.len - 1052), ders, 3);
    expect_genuine(with_chain(ders, 3), &collateral, now, &v);
    for (size_t which = 0; which < 3; which++) {
        const struct slice whole = ders[which];
        uint8_t *bytes = memcpy(arena_alloc(&a, whole.len), whole.ptr, whole.len);

        ders[which] = slice_of(bytes, whole.len);
        for (size_t i = 0; i < whole.len; i++) {
            scoped(arena_wipe) struct arena scratch = {0};

            bytes[i] ^= 0x01;
            judge(with_chain(ders, 3), &collateral, sim_roots(), now, &scratch, &v);
            bytes[i] ^= 0x01;
            cr_expect_not(v.genuine, "certificate %zu, byte %zu", which, i);
            cr_expect(is_one_of(v.reason.code, codes), "certificate %zu, byte %zu: [%s] %s", which, i,
                      reason_of(v.reason.code)->name, v.reason.text);
        }
        ders[which] = whole;
    }
}

Test(sim, a_changed_byte_anywhere_in_the_collateral_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *name;
        size_t member;
        enum err_code codes[4];
    } parts[] = {
        {"TCB info", offsetof(struct collateral, tcb_info), {E_COLLATERAL_SIGNATURE, E_COLLATERAL_FORMAT}},
        {"QE identity",
         offsetof(struct collateral, qe_identity),
         {E_COLLATERAL_SIGNATURE, E_COLLATERAL_FORMAT}},
        {"PCK CRL", offsetof(struct collateral, pck_crl), {E_CRL, E_CRL_EXPIRED}},
        {"root CA CRL", offsetof(struct collateral, root_ca_crl), {E_CRL, E_CRL_EXPIRED}},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct collateral c = collateral;
        struct slice *part = (struct slice *)((char *)&c + parts[i].member);
        uint8_t *bytes = memcpy(arena_alloc(&a, part->len), part->ptr, part->len);

        *part = slice_of(bytes, part->len);
        flip_each(bytes, 0, part->len, 1, quote, &c, parts[i].name, parts[i].codes);
    }
}

Test(sim, a_changed_byte_in_the_chain_of_the_tcb_signer_is_refused, .init = begin, .fini = end)
{
    static const enum err_code codes[4] = {E_COLLATERAL_FORMAT, E_COLLATERAL_SIGNATURE, E_ROOT,
                                           E_COLLATERAL_EXPIRED};
    struct slice ders[3];

    chain_of(collateral.tcb_issuer_chain, ders, 2);
    for (size_t which = 0; which < 2; which++) {
        const struct slice whole = ders[which];
        uint8_t *bytes = memcpy(arena_alloc(&a, whole.len), whole.ptr, whole.len);

        ders[which] = slice_of(bytes, whole.len);
        for (size_t i = 0; i < whole.len; i += 3) {
            scoped(arena_wipe) struct arena scratch = {0};
            scoped(buf_wipe) struct buf pem = buf_max(LIMIT_COLLATERAL_CHAIN);
            struct collateral c = collateral;
            struct verdict v;

            bytes[i] ^= 0x01;
            pem_put(&pem, "CERTIFICATE", ders[0]);
            pem_put(&pem, "CERTIFICATE", ders[1]);
            bytes[i] ^= 0x01;
            c.tcb_issuer_chain = buf_bytes(&pem);
            judge(quote, &c, sim_roots(), now, &scratch, &v);
            cr_expect_not(v.genuine, "certificate %zu, byte %zu", which, i);
            cr_expect(is_one_of(v.reason.code, codes), "certificate %zu, byte %zu: [%s] %s", which, i,
                      reason_of(v.reason.code)->name, v.reason.text);
        }
        ders[which] = whole;
    }
}

Test(sim, every_truncation_of_a_quote_is_refused, .init = begin, .fini = end)
{
    for (size_t len = 0; len < quote.len; len++) {
        scoped(arena_wipe) struct arena scratch = {0};
        uint8_t *exact = memcpy(malloc(len + 1), quote.ptr, len);
        struct verdict v;

        judge(slice_of(exact, len), &collateral, sim_roots(), now, &scratch, &v);
        cr_expect(!v.genuine && v.reason.code == E_EVIDENCE_FORMAT, "%zu bytes: %s", len, v.reason.text);
        free(exact);
    }
}

/* ---- parts that are right, and do not belong together ------------------------------------------- */

Test(sim, what_is_of_another_platform_is_refused, .init = begin, .fini = end)
{
    struct sim_platform other = sim_platform_default;
    struct slice ders[3], foreign;
    struct collateral c;
    struct err err;

    other.fmspc[5] = 0x42;
    cr_assert(sim_collateral(&other, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_refused(quote, &c, sim_roots(), now, E_COLLATERAL_MISMATCH, "FMSPC");
    other = sim_platform_default;
    other.pce_id[1] = 1;
    cr_assert(sim_collateral(&other, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_refused(quote, &c, sim_roots(), now, E_COLLATERAL_MISMATCH, "PCEID");

    /* the PCK certificate of another machine of the same kind: its key did not sign this QE report */
    other = sim_platform_default;
    other.ppid[15] ^= 1;
    cr_assert(sim_quote(&other, &identity, report_data, &a, &foreign, &err), "%s", err.text);
    chain_of(slice_of(foreign.ptr + 1052, foreign.len - 1052), ders, 3);
    expect_refused(with_chain(ders, 3), &collateral, sim_roots(), now, E_QE_REPORT_SIGNATURE, "");
}

Test(sim, lists_and_documents_in_each_others_place_are_refused, .init = begin, .fini = end)
{
    struct collateral c = collateral;

    c.root_ca_crl = collateral.pck_crl;
    expect_refused(quote, &c, sim_roots(), now, E_CRL, "root CA CRL");
    c = collateral;
    c.pck_crl = collateral.root_ca_crl;
    expect_refused(quote, &c, sim_roots(), now, E_CRL, "PCK CRL");
    c = collateral;
    c.pck_crl = (struct slice){0};
    expect_refused(quote, &c, sim_roots(), now, E_CRL, "PCK CRL");
    c = collateral;
    c.tcb_info = collateral.qe_identity;
    expect_refused(quote, &c, sim_roots(), now, E_COLLATERAL_FORMAT, "tcbInfo");
}

/* ---- revoked, out of date, expired --------------------------------------------------------------- */

Test(sim, what_is_revoked_is_refused, .init = begin, .fini = end)
{
    static const struct {
        struct sim_collateral_options options;
        const char *text;
    } cases[] = {
        {{.revoke_pck = true}, "PCK certificate: its serial number"},
        {{.revoke_platform_ca = true}, "intermediate certificate: its serial number"},
        {{.revoke_tcb_signing = true}, "TCB signing certificate: its serial number"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct collateral c;
        struct err err;

        cr_assert(sim_collateral(&sim_platform_default, &cases[i].options, now, &a, &c, &err), "%s",
                  err.text);
        expect_refused(quote, &c, sim_roots(), now, E_CERT_REVOKED, cases[i].text);
    }
}

Test(sim, statuses_and_advisories_reach_the_policy, .init = begin, .fini = end)
{
    static const char *const two[] = {"INTEL-SA-00001", "INTEL-SA-00615", NULL};
    static char out_of_date[] = "OutOfDate", hardening[] = "SWHardeningNeeded", one[] = "INTEL-SA-00001",
                other[] = "intel-sa-00615", revoked[] = "Revoked";
    static const struct {
        const char *platform, *qe;
        const char *const *advisories;
        char *accepted[2], *accepted_advisories[2];
        enum tcb_status status;
        enum err_code code; /* of the appraisal (TCB_REVOKED) or of the policy */
    } cases[] = {
        {NULL, NULL, NULL, {0}, {0}, TCB_UP_TO_DATE, E_NONE},
        {"UpToDate", NULL, two, {0}, {one}, TCB_UP_TO_DATE, E_NONE},
        {"SWHardeningNeeded", NULL, two, {0}, {0}, TCB_SW_HARDENING_NEEDED, E_NONE},
        {"SWHardeningNeeded", NULL, two, {0}, {one}, TCB_SW_HARDENING_NEEDED, E_ADVISORY},
        {"SWHardeningNeeded", NULL, two, {0}, {one, other}, TCB_SW_HARDENING_NEEDED, E_NONE},
        {"SWHardeningNeeded", NULL, NULL, {out_of_date}, {0}, TCB_SW_HARDENING_NEEDED, E_TCB_STATUS},
        {"ConfigurationNeeded", NULL, NULL, {0}, {0}, TCB_CONFIGURATION_NEEDED, E_TCB_STATUS},
        {"ConfigurationAndSWHardeningNeeded",
         NULL,
         NULL,
         {0},
         {0},
         TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
         E_TCB_STATUS},
        {"OutOfDate", NULL, NULL, {0}, {0}, TCB_OUT_OF_DATE, E_TCB_STATUS},
        {"OutOfDate", NULL, NULL, {hardening, out_of_date}, {0}, TCB_OUT_OF_DATE, E_NONE},
        {NULL, "OutOfDate", NULL, {0}, {0}, TCB_OUT_OF_DATE, E_TCB_STATUS},
        {"ConfigurationNeeded",
         "OutOfDate",
         NULL,
         {0},
         {0},
         TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
         E_TCB_STATUS},
        {"OutOfDateConfigurationNeeded",
         NULL,
         NULL,
         {0},
         {0},
         TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
         E_TCB_STATUS},
        {"Revoked", NULL, NULL, {revoked}, {0}, TCB_REVOKED, E_TCB_REVOKED},
        {NULL, "Revoked", NULL, {revoked}, {0}, TCB_REVOKED, E_TCB_REVOKED},
        {"SomethingNew", NULL, NULL, {0}, {0}, TCB_UP_TO_DATE, E_TCB_STATUS_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sim_collateral_options o = {
            .tcb_status = cases[i].platform, .qe_status = cases[i].qe, .advisories = cases[i].advisories};
        const struct package_policy p = {
            .tcb_statuses = (char **)cases[i].accepted,
            .num_tcb_statuses = (size_t)(cases[i].accepted[0] != NULL) + (cases[i].accepted[1] != NULL),
            .advisories = (char **)cases[i].accepted_advisories,
            .num_advisories =
                (size_t)(cases[i].accepted_advisories[0] != NULL) + (cases[i].accepted_advisories[1] != NULL),
        };
        struct collateral c;
        struct verdict v;
        struct err err = {0};

        cr_assert(sim_collateral(&sim_platform_default, &o, now, &a, &c, &err), "%s", err.text);
        judge(quote, &c, sim_roots(), now, &a, &v);
        cr_expect_eq(policy_match(&p, &v, slice_of(report_data, 64), now, &err), cases[i].code == E_NONE,
                     "case %zu: %s", i, err.text);
        cr_expect_eq(err.code, cases[i].code, "case %zu: [%s] %s", i, reason_of(err.code)->name, err.text);
        cr_expect_eq(v.claims.dcap.tcb_status, cases[i].status, "case %zu", i);
        if (v.genuine)
            cr_expect_eq(v.claims.dcap.num_advisories, cases[i].advisories == NULL ? 0 : 2, "case %zu", i);
    }
}

Test(sim, older_platforms_are_out_of_date_and_still_older_ones_not_supported, .init = begin, .fini = end)
{
    struct sim_platform newer = sim_platform_default, newest;
    struct collateral c;
    struct verdict v;
    struct err err;

    newer.components[0]++, newer.pce_svn++;
    newest = newer;
    newest.components[0]++;
    cr_assert(sim_collateral(&newer, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_genuine(quote, &c, now, &v);
    cr_expect_eq(v.claims.dcap.tcb_status, TCB_OUT_OF_DATE);
    cr_assert(sim_collateral(&newest, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_refused(quote, &c, sim_roots(), now, E_TCB_NOT_SUPPORTED, "platform: components");
    newer = sim_platform_default;
    newer.qe_isv_svn++;
    cr_assert(sim_collateral(&newer, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_genuine(quote, &c, now, &v);
    cr_expect_eq(v.claims.dcap.qe_tcb_status, TCB_OUT_OF_DATE);
    newer.qe_isv_svn++;
    cr_assert(sim_collateral(&newer, &all_is_well, now, &a, &c, &err), "%s", err.text);
    expect_refused(quote, &c, sim_roots(), now, E_TCB_NOT_SUPPORTED, "quoting enclave: ISVSVN 8");
}

Test(sim, collateral_is_refused_outside_of_its_time, .init = begin, .fini = end)
{
    const int64_t from = now - 24 * 3600, to = now + 29 * 24 * 3600;
    const struct sim_collateral_options long_lists = {.valid_from = now - 1000000000,
                                                      .valid_to = now + 700000000};
    struct collateral lists, mixed = collateral;
    struct verdict v;
    struct err err;

    expect_genuine(quote, &collateral, from, &v);
    expect_genuine(quote, &collateral, to, &v);
    expect_refused(quote, &collateral, sim_roots(), from - 1, E_CRL_EXPIRED, "root CA CRL");
    expect_refused(quote, &collateral, sim_roots(), to + 1, E_CRL_EXPIRED, "root CA CRL");
    cr_assert(sim_collateral(&sim_platform_default, &long_lists, now, &a, &lists, &err), "%s", err.text);
    mixed.root_ca_crl = lists.root_ca_crl;
    expect_refused(quote, &mixed, sim_roots(), to + 1, E_CRL_EXPIRED, "PCK CRL");
    mixed.pck_crl = lists.pck_crl;
    expect_refused(quote, &mixed, sim_roots(), from - 1, E_COLLATERAL_EXPIRED, "tcbInfo");
    expect_refused(quote, &mixed, sim_roots(), to + 1, E_COLLATERAL_EXPIRED, "tcbInfo");
    mixed.tcb_info = lists.tcb_info;
    expect_refused(quote, &mixed, sim_roots(), to + 1, E_COLLATERAL_EXPIRED, "enclaveIdentity");
    mixed.qe_identity = lists.qe_identity;
    expect_genuine(quote, &mixed, to + 1, &v);
}

Test(sim, certificates_are_refused_before_2020_and_after_2049, .init = begin, .fini = end)
{
    static const struct civil times[] = {{2019, 12, 31, 23, 59, 59}, {2050, 1, 1, 0, 0, 0}};

    for (size_t i = 0; i < 2; i++) {
        const int64_t then = civil_to_time(times[i]);
        struct collateral c;
        struct err err;

        cr_assert(sim_collateral(&sim_platform_default, &all_is_well, then, &a, &c, &err), "%s", err.text);
        expect_refused(quote, &c, sim_roots(), then, E_CERT_EXPIRED, "");
    }
}

Test(sim, certificates_say_that_they_are_not_intels, .init = begin, .fini = end)
{
    struct slice ders[3];

    chain_of(slice_of(quote.ptr + 1052, quote.len - 1052), ders, 3);
    for (size_t i = 0; i < 3; i++) {
        struct cert c;
        struct err err;

        cr_assert(cert_parse(ders[i], &a, &c, &err), "%s", err.text);
        cr_expect(strstr(name_text(&a, c.subject), "marblemesh simulated TEE, not Intel") != NULL, "%s",
                  name_text(&a, c.subject));
    }
}
