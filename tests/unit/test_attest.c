/* SPDX-License-Identifier: Apache-2.0 */
/* libmeshattest as a caller sees it: attestation.h alone for what is tested, the simulated TEE for what is asked. */
#include <criterion/criterion.h>

#include "attestation/library/attestation.h"
#include "attestation/sim/sim.h"
#include "base/clock.h"
#include "pki/hash.h"

static struct arena arena;
static struct slice quote, roots;
static struct collateral collateral;
static int64_t now;
static struct mesh_attest_part parts[6];

static struct mesh_attest_bytes out(struct slice s) { return (struct mesh_attest_bytes){s.ptr, s.len}; }

static void begin(void)
{
    static const uint8_t report_data[64] = {1, 2};
    const struct sim_collateral_options o = {0};
    struct sim_identity id;
    struct err err;

    pki_init();
    now = clock_now();
    cr_assert(sim_measure("/proc/self/exe", &id, &err) &&
              sim_quote(&sim_platform_default, &id, report_data, &arena, &quote, &err) &&
              sim_collateral(&sim_platform_default, &o, now, &arena, &collateral, &err) &&
              sim_root_certificates(&arena, &roots, &err));
    parts[0] = (struct mesh_attest_part){"tcb_info", out(collateral.tcb_info)};
    parts[1] = (struct mesh_attest_part){"tcb_issuer_chain", out(collateral.tcb_issuer_chain)};
    parts[2] = (struct mesh_attest_part){"qe_identity", out(collateral.qe_identity)};
    parts[3] = (struct mesh_attest_part){"qe_issuer_chain", out(collateral.qe_issuer_chain)};
    parts[4] = (struct mesh_attest_part){"pck_crl", out(collateral.pck_crl)};
    parts[5] = (struct mesh_attest_part){"root_ca_crl", out(collateral.root_ca_crl)};
}

static void end(void) { arena_wipe(&arena); }

static struct mesh_attest_request request(void)
{
    return (struct mesh_attest_request){.size = sizeof(struct mesh_attest_request),
                                        .evidence = out(quote),
                                        .now = now,
                                        .parts = parts,
                                        .num_parts = 6,
                                        .roots = out(roots)};
}

/* Judges, compares outcome and reason, and gives the verdict back. */
static struct mesh_attest_verdict *expect(const struct mesh_attest_request *r, enum mesh_attest_outcome outcome,
                                          const char *reason)
{
    struct mesh_attest_verdict *v = mesh_attest_appraise(r);

    cr_expect(mesh_attest_outcome(v) == outcome && strcmp(mesh_attest_reason(v), reason) == 0, "%s: %s",
              mesh_attest_reason(v), mesh_attest_message(v));
    return v;
}

static void expect_only(const struct mesh_attest_request *r, enum mesh_attest_outcome outcome, const char *reason)
{
    mesh_attest_verdict_free(expect(r, outcome, reason));
}

TestSuite(attest, .init = begin, .fini = end);

Test(attest, a_verdict_says_all_that_there_is_to_say)
{
    const struct mesh_attest_request r = request();
    struct mesh_attest_verdict *v = expect(&r, MESH_ATTEST_ACCEPTED, "none");
    struct mesh_attest_check check;
    int64_t from, to;
    size_t n = 0;

    cr_expect_str_eq(mesh_attest_message(v), "");
    cr_expect_str_eq(mesh_attest_claim(v, "tee"), "sgx");
    cr_expect_str_eq(mesh_attest_claim(v, "tcb_status"), "UpToDate");
    cr_expect_str_eq(mesh_attest_claim(v, "quote_version"), "3");
    cr_expect_str_eq(mesh_attest_claim(v, "debug"), "false");
    cr_expect_str_eq(mesh_attest_claim(v, "advisory_ids"), "[]");
    cr_expect_null(mesh_attest_claim(v, "mrtd"));
    cr_expect(mesh_attest_window(v, &from, &to) == 1 && from <= now && now <= to);
    while (mesh_attest_check_at(v, n, &check)) {
        cr_expect(check.outcome == MESH_ATTEST_PASSED && check.reason == NULL && check.name != NULL);
        n++;
    }
    cr_expect(n > 20);
    cr_expect(strstr(mesh_attest_json(v), "{\"outcome\":\"accepted\"") == mesh_attest_json(v));
    cr_expect(strstr(mesh_attest_text(v), "genuine") != NULL);
    mesh_attest_verdict_free(v);
}

Test(attest, claims_of_what_is_not_genuine_are_not_given)
{
    struct mesh_attest_request r = request();
    struct mesh_attest_verdict *v;
    int64_t from, to;

    r.roots = (struct mesh_attest_bytes){0};
    v = expect(&r, MESH_ATTEST_REJECTED, "root");
    cr_expect_null(mesh_attest_claim(v, "mrenclave"));
    cr_expect(mesh_attest_window(v, &from, &to) == 0);
    mesh_attest_verdict_free(v);
}

Test(attest, report_data_and_policies_are_compared)
{
    static const uint8_t right[] = {1, 2}, wrong[] = {1, 3};
    const struct mesh_attest_bytes pinned = {"{\"UniqueID\": \"00\"}", 18}, usual = {"{}", 2};
    struct mesh_attest_policy *other = mesh_attest_policy_parse(pinned, NULL), *any = mesh_attest_policy_parse(usual, NULL);
    struct mesh_attest_request r = request();

    for (int i = 0; i < 2; i++) {
        r.report_data = (struct mesh_attest_bytes){right, sizeof right};
        expect_only(&r, MESH_ATTEST_ACCEPTED, "none");
        r.report_data = (struct mesh_attest_bytes){wrong, sizeof wrong};
        expect_only(&r, MESH_ATTEST_REJECTED, "report_data");
        r.policy = any;
    }
    r.report_data = (struct mesh_attest_bytes){0};
    r.policy = other;
    expect_only(&r, MESH_ATTEST_REJECTED, "unique_id");
    mesh_attest_policy_free(other);
    mesh_attest_policy_free(any);
}

Test(attest, what_is_missing_is_not_judged_and_what_is_spoilt_is_refused)
{
    struct mesh_attest_request r = request();

    for (size_t i = 0; i < 6; i++) {
        const struct mesh_attest_bytes whole = parts[i].bytes;

        parts[i].bytes = (struct mesh_attest_bytes){0};
        if (i % 2 == 0 || i == 5) /* an issuer chain belongs to its document */
            expect_only(&r, MESH_ATTEST_UNJUDGED, "collateral_missing");
        parts[i].bytes = (struct mesh_attest_bytes){whole.ptr, whole.len - 1};
        mesh_attest_verdict_free(mesh_attest_appraise(&r));
        parts[i].bytes = whole;
    }
    expect_only(&r, MESH_ATTEST_ACCEPTED, "none");
    r.now += INT64_C(400) * 24 * 60 * 60;
    expect_only(&r, MESH_ATTEST_REJECTED, "crl_expired");
}

Test(attest, faulty_requests_are_not_judged)
{
    static const uint8_t much[65];
    struct mesh_attest_part part = {"no_such_part", {much, 1}};
    struct mesh_attest_request r = request();

    r.size = sizeof r + 8;
    expect_only(&r, MESH_ATTEST_UNJUDGED, "usage");
    r.size = 0;
    expect_only(&r, MESH_ATTEST_UNJUDGED, "usage");
    r = request();
    r.parts = &part;
    r.num_parts = 1;
    expect_only(&r, MESH_ATTEST_UNJUDGED, "usage");
    part.name = NULL;
    expect_only(&r, MESH_ATTEST_UNJUDGED, "usage");
    r = request();
    r.report_data = (struct mesh_attest_bytes){much, sizeof much};
    expect_only(&r, MESH_ATTEST_UNJUDGED, "usage");
    r = request();
    r.roots = (struct mesh_attest_bytes){much, sizeof much};
    expect_only(&r, MESH_ATTEST_UNJUDGED, "cert_format");
    r = request();
    r.evidence = (struct mesh_attest_bytes){0};
    expect_only(&r, MESH_ATTEST_UNJUDGED, "evidence_missing");
    r.evidence = (struct mesh_attest_bytes){much, sizeof much};
    expect_only(&r, MESH_ATTEST_UNJUDGED, "evidence_format");
}

Test(attest, faulty_inputs_are_refused_with_a_reason)
{
    const struct mesh_attest_bytes faulty = {"{\"TDX\": 1}", 10}, nothing = {0};
    struct mesh_attest_error error;

    cr_expect(mesh_attest_policy_parse(faulty, &error) == NULL);
    cr_expect_str_eq(error.reason, "json_syntax");
    cr_expect(strstr(error.text, "$.TDX") != NULL, "%s", error.text);
    cr_expect(mesh_attest_collateral_parse(faulty, &error) == NULL);
    cr_expect_str_eq(error.reason, "collateral_format");
    cr_expect(mesh_attest_policy_parse(nothing, NULL) == NULL && mesh_attest_collateral_parse(nothing, NULL) == NULL);
    mesh_attest_policy_free(NULL);
    mesh_attest_collateral_free(NULL);
    mesh_attest_memory_free(NULL);
    mesh_attest_verdict_free(NULL);
}

Test(attest, a_memory_changes_no_verdict)
{
    struct mesh_attest_memory *memory = mesh_attest_memory_new(0);
    struct mesh_attest_request r = request();
    struct mesh_attest_verdict *without = expect(&r, MESH_ATTEST_ACCEPTED, "none");

    r.memory = memory;
    for (int i = 0; i < 3; i++) {
        struct mesh_attest_verdict *with = expect(&r, MESH_ATTEST_ACCEPTED, "none");

        cr_expect_str_eq(mesh_attest_json(with), mesh_attest_json(without));
        mesh_attest_verdict_free(with);
    }
    mesh_attest_verdict_free(without);
    mesh_attest_memory_free(memory);
}
