/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence out of a real TPM in software (swtpm), set up as Azure's, through tpm2-tss; and out of a metadata
 * service that the test is itself. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attestation/collect_azure.h"
#include "attestation/collect_imds.h"
#include "attestation/collect_tpm.h"
#include "attestation/sim/azure.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static struct arena a;
static uint8_t wanted[64];

static void run(const char *command)
{
    char *said;

    cr_assert(peer_run(&a, &said, "%s", command), "%s: %s", command, said);
}

static void begin(void)
{
    json_init();
    secret_init();
    pki_init();
    peer_begin();
    memset(wanted, 0x5a, 32);
}

static void start(const char *options)
{
    begin();
    run(arena_printf(&a, TESTS_FOLDER "/support/azure_vtpm start . %s %s", MESHSIM, options));
}
static void begin_snp(void) { start(""); }
static void begin_tdx(void) { start("--tdx"); }

static void end(void)
{
    if (access(peer_path(&a, "pid"), F_OK) == 0)
        run(TESTS_FOLDER "/support/azure_vtpm stop .");
    peer_end();
    arena_wipe(&a);
}

static const char *tcti(void) { return arena_printf(&a, "swtpm:path=%s", peer_path(&a, "tpm")); }

static void expect_refusal(bool ok, const struct err *err, enum err_code code, const char *text)
{
    cr_assert_not(ok, "not refused: %s", text);
    cr_expect_eq(err->code, code, "%s: %s", reason_of(err->code)->name, err->text);
    cr_expect(strstr(err->text, text) != NULL, "expected \"%s\", found \"%s\"", text, err->text);
}

static struct verdict judged(const struct evidence *e, struct slice nonce)
{
    struct collateral c = {0};
    const struct sim_collateral_options intel = {.tdx = true};
    const struct sim_snp_options amd = {0};
    const int64_t now = (int64_t)time(NULL);
    const struct appraisal what = {
        .evidence = e, .collateral = &c, .roots = sim_roots(), .now = now, .nonce = nonce};
    struct verdict v;
    struct err err;

    cr_assert(e->quote.len > 0 ? sim_collateral(&sim_platform_default, &intel, now, &a, &c, &err)
                               : sim_snp_collateral(sim_chip_here, &amd, now, &a, &c, &err),
              "%s", err.text);
    appraise(&what, &a, &v);
    cr_expect(v.genuine, "%s", v.reason.text);
    return v;
}

/* ---- the TPM ------------------------------------------------------------------------ */

Test(azure_vtpm, a_quote_over_the_report_data_holds, .init = begin_snp, .fini = end, .timeout = 60)
{
    struct hcl_report h;
    struct evidence e = {0};
    struct verdict v;
    struct err err;

    cr_assert(azure_vtpm_evidence(tcti(), wanted, &a, &e, &h, &err), "%s", err.text);
    cr_expect_eq(h.hardware, HCL_SNP);
    v = judged(&e, slice_of(wanted, 32));
    cr_expect_str_eq(v.claims.tee_name, "az-snp-vtpm");
    cr_expect(slice_equal(v.claims.bound, slice_of(wanted, 64)));
    cr_expect_eq(v.claims.vtpm.pcr_selection, 0xffffff);
    for (size_t i = 0; i < TPM_NUM_PCRS; i++)
        cr_expect_eq(v.claims.vtpm.pcrs[i].len, 32, "PCR %zu", i);
}

Test(azure_vtpm, all_64_bytes_are_bound_where_all_are_used, .init = begin_snp, .fini = end, .timeout = 60)
{
    struct hcl_report h;
    struct evidence e = {0};
    struct err err;

    wanted[63] = 1;
    cr_assert(azure_vtpm_evidence(tcti(), wanted, &a, &e, &h, &err), "%s", err.text);
    cr_expect(slice_equal(judged(&e, slice_of(wanted, 64)).claims.bound, slice_of(wanted, 64)));
}

Test(azure_vtpm, what_is_extended_shows, .init = begin_snp, .fini = end, .timeout = 60)
{
    struct hcl_report h;
    struct evidence before = {0}, after = {0};
    struct err err;

    cr_assert(azure_vtpm_evidence(tcti(), wanted, &a, &before, &h, &err), "%s", err.text);
    run(arena_printf(&a, "TPM2TOOLS_TCTI=%s tpm2_pcrextend 14:sha256=%064d", tcti(), 7));
    cr_assert(azure_vtpm_evidence(tcti(), wanted, &a, &after, &h, &err), "%s", err.text);
    cr_expect_not(slice_equal(before.tpm_pcrs, after.tpm_pcrs));
    cr_expect_not(slice_equal(judged(&before, (struct slice){0}).claims.vtpm.pcrs[14],
                              judged(&after, (struct slice){0}).claims.vtpm.pcrs[14]));
}

Test(azure_vtpm, is_found_by_its_report, .init = begin_snp, .fini = end, .timeout = 60)
{
    const struct azure_place p = {tcti(), "127.0.0.1:1"};
    struct err err;

    cr_expect(azure_probe(&p, &err), "%s", err.text);
    run(arena_printf(&a, "TPM2TOOLS_TCTI=%s tpm2_nvundefine 0x01400001 -C o", tcti()));
    expect_refusal(azure_probe(&p, &err), &err, E_NO_TEE,
                   "not an Azure confidential VM: the TPM has nothing at 0x01400001 (response code 0x");
}

Test(azure_vtpm, a_tpm_without_the_attestation_key_is_refused, .init = begin_snp, .fini = end, .timeout = 60)
{
    struct hcl_report h;
    struct evidence e;
    struct err err;

    run(arena_printf(&a, "TPM2TOOLS_TCTI=%s tpm2_evictcontrol -C o -c 0x81000003", tcti()));
    expect_refusal(azure_vtpm_evidence(tcti(), wanted, &a, &e, &h, &err), &err, E_EVIDENCE_UNAVAILABLE,
                   "the TPM has nothing at 0x81000003 (response code 0x");
}

/* Whoever has the TPM can put a key of his own there, but not into what the hardware signed. */
Test(azure_vtpm, another_key_at_the_handle_is_found_out, .init = begin_snp, .fini = end, .timeout = 60)
{
    const struct sim_snp_options amd = {0};
    const int64_t now = (int64_t)time(NULL);
    struct collateral c = {0};
    struct evidence e = {0};
    struct appraisal what = {.evidence = &e, .collateral = &c, .roots = sim_roots(), .now = now};
    struct hcl_report h;
    struct verdict v;
    struct err err;

    run(arena_printf(
        &a,
        "export TPM2TOOLS_TCTI=%s; tpm2_evictcontrol -C o -c 0x81000003 && tpm2_createprimary -C o -G "
        "rsa2048:rsassa-sha256:null -g sha384 -c other.ctx -a 'fixedtpm|fixedparent|"
        "sensitivedataorigin|userwithauth|restricted|sign' && tpm2_evictcontrol -C o -c other.ctx "
        "0x81000003",
        tcti()));
    cr_assert(azure_vtpm_evidence(tcti(), wanted, &a, &e, &h, &err), "%s", err.text);
    cr_assert(sim_snp_collateral(sim_chip_here, &amd, now, &a, &c, &err), "%s", err.text);
    appraise(&what, &a, &v);
    cr_expect_not(v.genuine);
    cr_expect_eq(v.reason.code, E_TPM_SIGNATURE, "%s", v.reason.text);
}

Test(azure_vtpm, nobody_at_the_other_end_is_a_refusal, .init = begin, .fini = end, .timeout = 60)
{
    const struct azure_place p = {tcti(), "127.0.0.1:1"};
    struct tpm *t = NULL;
    struct err err;

    expect_refusal(tpm_open(p.tcti, &t, &err), &err, E_EVIDENCE_UNAVAILABLE,
                   "TPM: connecting: response code 0x");
    cr_expect_null(t);
    expect_refusal(azure_probe(&p, &err), &err, E_NO_TEE, "not an Azure confidential VM: ");
}

/* ---- the metadata service ----------------------------------------------------------- */

/* Answers one connection with what it is given, and keeps what it was asked. */
struct service {
    int listener;
    char address[32];
    const char *answer;
    pthread_t thread;
    char asked[8192];
};

static bool is_whole(const char *request)
{
    const char *body = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "content-length:");

    return body != NULL && (length == NULL || strlen(body + 4) >= strtoul(length + 15, NULL, 10));
}

static void *serve(void *ctx)
{
    struct service *s = ctx;
    const int c = accept(s->listener, NULL, NULL);
    size_t n = 0;
    ssize_t got = 1;

    while (c >= 0 && got > 0 && !is_whole(s->asked) && n < sizeof s->asked - 1) {
        got = read(c, s->asked + n, sizeof s->asked - 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    if (c >= 0) {
        (void)!write(c, s->answer, strlen(s->answer));
        (void)close(c);
    }
    return NULL;
}

static void service_begin(struct service *s, const char *status, const char *body)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    memset(s, 0, sizeof *s);
    s->answer =
        arena_printf(&a, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     status, strlen(body), body);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(s->listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(s->listener, 1) == 0);
    cr_assert_eq(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%u", ntohs(at.sin_port));
    cr_assert_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void service_end(struct service *s)
{
    (void)pthread_join(s->thread, NULL);
    (void)close(s->listener);
}

static struct sim_td td_of(struct slice report)
{
    struct sim_td td = sim_td_default;
    struct td_local_report r;
    struct err err;

    cr_assert(td_local_report_parse(report, &r, &err), "%s", err.text);
    memcpy(td.mr_td, r.claims.mr_td.ptr, 48);
    return td;
}

static struct slice quote_of(struct slice report)
{
    static const struct sim_quote_options o = {0};
    const struct sim_td td = td_of(report);
    struct td_local_report r;
    struct slice quote;
    struct err err;

    cr_assert(td_local_report_parse(report, &r, &err) &&
                  sim_td_quote(&sim_platform_default, &td, r.report_data.ptr, &o, &a, &quote, &err),
              "%s", err.text);
    return quote;
}

Test(azure_vtpm, a_td_quote_comes_from_the_metadata_service, .init = begin_tdx, .fini = end, .timeout = 60)
{
    const struct slice report = peer_read(&a, "report"),
                       td_report = slice_of(report.ptr + 32, TD_LOCAL_REPORT_LEN);
    struct azure_place p = {tcti(), NULL};
    struct evidence e = {0};
    struct service s;
    struct err err;

    service_begin(
        &s, "200 OK",
        arena_printf(&a, "{\"quote\":\"%s\"}", base64_text(&a, quote_of(td_report), BASE64_URL_BARE)));
    p.metadata_address = s.address;
    cr_assert(azure_evidence(&p, wanted, &a, &e, &err), "%s", err.text);
    service_end(&s);
    cr_expect_eq(strncmp(s.asked, "POST /acc/tdquote HTTP/1.1\r\n", 28), 0, "%s", s.asked);
    cr_expect(strcasestr(s.asked, "metadata: true") != NULL);
    cr_expect(strstr(s.asked, arena_printf(&a, "{\"report\":\"%s\"}",
                                           base64_text(&a, td_report, BASE64_URL_BARE))) != NULL);
    cr_expect_str_eq(judged(&e, slice_of(wanted, 32)).claims.tee_name, "az-tdx-vtpm");
}

Test(azure_vtpm, certificates_of_the_chip_come_from_the_metadata_service, .init = begin_snp, .fini = end,
     .timeout = 60)
{
    struct azure_place p = {tcti(), NULL};
    struct evidence e = {0};
    struct slice json;
    struct service s;
    struct err err;

    cr_assert(sim_thim_json(sim_chip_here, (int64_t)time(NULL), &a, &json, &err), "%s", err.text);
    service_begin(&s, "200 OK", arena_strndup(&a, json));
    p.metadata_address = s.address;
    cr_assert(azure_evidence(&p, wanted, &a, &e, &err), "%s", err.text);
    service_end(&s);
    cr_expect_eq(strncmp(s.asked, "GET /metadata/THIM/amd/certification HTTP/1.1\r\n", 47), 0, "%s", s.asked);
    cr_expect(slice_equal(e.thim_json, json));
    p.metadata_address = "127.0.0.1:1"; /* without it evidence is still evidence */
    cr_assert(azure_evidence(&p, wanted, &a, &e, &err), "%s", err.text);
    cr_expect_eq(e.thim_json.len, 0);
    (void)judged(&e, slice_of(wanted, 32));
}

Test(imds, an_answer_that_is_no_quote_is_refused, .init = begin, .fini = end, .timeout = 60)
{
    static const struct {
        const char *status, *body, *text;
    } cases[] = {
        {"503 Busy", "try later", "/acc/tdquote answered 503: try later"},
        {"200 OK", "{", "for a TD quote: "},
        {"200 OK", "{}", "$.quote"},
        {"200 OK", "{\"quote\":1}", "$.quote"},
        {"200 OK", "{\"quote\":\"\"}", "$.quote: expected base64url"},
        {"200 OK", "{\"quote\":\"%\"}", "$.quote: expected base64url"},
    };
    struct slice quote = {0};
    struct service s;
    struct err err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        service_begin(&s, cases[i].status, cases[i].body);
        expect_refusal(imds_td_quote(s.address, slice_str("x"), &a, &quote, &err), &err,
                       E_EVIDENCE_UNAVAILABLE, cases[i].text);
        service_end(&s);
    }
    expect_refusal(imds_td_quote("127.0.0.1:1", slice_str("x"), &a, &quote, &err), &err,
                   E_EVIDENCE_UNAVAILABLE, "asking Azure's metadata service at 127.0.0.1:1 for a TD quote: ");
    cr_expect_null(quote.ptr);
}
