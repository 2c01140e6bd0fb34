/* SPDX-License-Identifier: Apache-2.0 */
/* What the production domain finds and gets where the kernel offers what tests/support/tee_shim.c offers. The
 * evidence is the simulated TEE's, so it can be judged: under the simulated roots. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "attestation/sim/snp.h"
#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

#define TSM "sys/kernel/config/tsm/report"

static struct arena a;
static uint8_t wanted[64];

static void folder(const char *name)
{
    char *path = peer_path(&a, name);

    for (char *end = path + strlen(peer_path(&a, "")); (end = strchr(end, '/')) != NULL; end++) {
        *end = '\0';
        (void)mkdir(path, 0700);
        *end = '/';
    }
    cr_assert(mkdir(path, 0700) == 0, "%s", path);
}

static void file(const char *name, const char *contents)
{
    const char *slash = strrchr(name, '/');

    if (slash != NULL &&
        access(peer_path(&a, arena_strndup(&a, slice_of(name, (size_t)(slash - name)))), F_OK) != 0)
        folder(arena_strndup(&a, slice_of(name, (size_t)(slash - name))));
    peer_write(name, slice_str(contents));
}

static void begin(void)
{
    cr_assert(getenv("LD_PRELOAD") != NULL, "run it with ctest, which preloads the shim");
    json_init();
    secret_init();
    pki_init();
    peer_begin();
    memset(wanted, 0x5a, 32);
    cr_assert_eq(setenv("MESH_FAKE_ROOT", peer_path(&a, ""), 1), 0);
    cr_assert_eq(unsetenv("UVM_SECURITY_CONTEXT_DIR"), 0);
}

static void end(void)
{
    peer_end();
    arena_wipe(&a);
}

static void provider(const char *name)
{
    folder(TSM);
    file("provider", name);
}

static const struct tee *found(const char *name)
{
    const struct tee *tee = NULL;
    struct err err;

    cr_assert(tee_here(&tee, &err), "%s", err.text);
    cr_assert_str_eq(tee->name, name);
    return tee;
}

static struct verdict judged(struct slice bytes, const struct collateral *collateral)
{
    struct evidence e;
    struct verdict v;
    struct err err;
    struct appraisal what = {
        .evidence = &e, .collateral = collateral, .roots = sim_roots(), .now = (int64_t)time(NULL)};

    cr_assert(evidence_decode(bytes, &e, &err), "%s", err.text);
    appraise(&what, &a, &v);
    cr_assert(v.genuine, "%s", v.reason.text);
    cr_expect(slice_equal(v.claims.bound, slice_of(wanted, 64)));
    return v;
}

static struct slice collected(const struct tee *tee)
{
    struct slice out = {0};
    struct err err;

    cr_assert(tee->evidence(wanted, &a, &out, &err), "%s: %s", tee->name, err.text);
    return out;
}

static void expect_no_evidence(const struct tee *tee, const char *text)
{
    struct slice out = {0};
    struct err err;

    cr_assert_not(tee->evidence(wanted, &a, &out, &err));
    cr_expect_eq(err.code, E_EVIDENCE_UNAVAILABLE, "%s", reason_of(err.code)->name);
    cr_expect(strstr(err.text, text) != NULL, "expected \"%s\", found \"%s\"", text, err.text);
    cr_expect_null(out.ptr);
}

static struct collateral none(void) { return (struct collateral){0}; }

static struct collateral of_intel(bool tdx)
{
    const struct sim_collateral_options o = {.tdx = tdx};
    struct collateral c = {0};
    struct err err;

    cr_assert(sim_collateral(&sim_platform_default, &o, (int64_t)time(NULL), &a, &c, &err), "%s", err.text);
    return c;
}

static struct collateral of_amd(void)
{
    const struct sim_snp_options o = {0};
    struct collateral c = {0};
    struct err err;

    cr_assert(sim_snp_collateral(&sim_chips[0], &o, (int64_t)time(NULL), &a, &c, &err), "%s", err.text);
    return c;
}

/* ---- Occlum ------------------------------------------------------------------------- */

Test(occlum, gives_a_quote_over_the_report_data, .init = begin, .fini = end)
{
    const struct collateral c = of_intel(false);
    struct verdict v;

    file("dev/sgx", "");
    v = judged(collected(found("sgx-occlum")), &c);
    cr_expect_eq(v.claims.tee, TEE_SGX);
}

Test(occlum, what_gives_no_quote_is_named, .init = begin, .fini = end)
{
    file("dev/sgx", "");
    file("other", "");
    expect_no_evidence(found("sgx-occlum"),
                       "/dev/sgx: 8192 bytes that are not about the report data asked for");
    file("failing", "");
    expect_no_evidence(found("sgx-occlum"), "/dev/sgx: asking for the size of a quote: Input/output error");
}

static void expect_seal_keys(const struct tee *tee)
{
    struct secret product = {0}, again = {0}, unique = {0};
    struct err err;

    cr_assert(tee_seal_key(tee, SEAL_PRODUCT, &product, &err), "%s", err.text);
    cr_assert(tee_seal_key(tee, SEAL_PRODUCT, &again, &err), "%s", err.text);
    cr_assert(tee_seal_key(tee, SEAL_UNIQUE, &unique, &err), "%s", err.text);
    cr_expect_eq(product.len, 32);
    cr_expect_not(slice_is_zero(secret_bytes(&product)));
    cr_expect(secret_equal(secret_bytes(&product), secret_bytes(&again)));
    cr_expect_not(secret_equal(secret_bytes(&product), secret_bytes(&unique)));
    secret_wipe(&product);
    secret_wipe(&again);
    secret_wipe(&unique);
}

static void expect_no_seal_key(const struct tee *tee, const char *text)
{
    struct secret key = {0};
    struct err err;

    cr_assert_not(tee_seal_key(tee, SEAL_PRODUCT, &key, &err));
    cr_expect_eq(err.code, E_NO_SEAL_KEY, "%s: %s", reason_of(err.code)->name, err.text);
    cr_expect(strstr(err.text, text) != NULL, "expected \"%s\", found \"%s\"", text, err.text);
    cr_expect_null(key.ptr);
}

Test(occlum, gives_sealing_keys, .init = begin, .fini = end)
{
    file("dev/sgx", "");
    expect_seal_keys(found("sgx-occlum"));
}

/* ---- SEV-SNP ------------------------------------------------------------------------ */

Test(sev_guest, gives_a_report_with_the_hosts_certificates, .init = begin, .fini = end)
{
    const struct collateral nothing = none();
    struct verdict v;

    file("dev/sev-guest", "");
    v = judged(collected(found("snp-sev-guest")), &nothing);
    cr_expect_str_eq(v.claims.snp.product, "Milan");
    file("many-certificates", "");
    (void)judged(collected(found("snp-sev-guest")), &nothing);
}

Test(sev_guest, gives_a_report_where_the_host_or_the_kernel_has_no_certificates, .init = begin, .fini = end)
{
    const struct collateral c = of_amd();

    file("dev/sev-guest", "");
    file("no-certificates", "");
    (void)judged(collected(found("snp-sev-guest")), &c);
    file("old-kernel", "");
    (void)judged(collected(found("snp-sev-guest")), &c);
}

Test(sev_guest, what_gives_no_report_is_named, .init = begin, .fini = end)
{
    file("dev/sev-guest", "");
    file("other", "");
    expect_no_evidence(found("snp-sev-guest"),
                       "/dev/sev-guest: 1184 bytes that are not about the report data");
    file("failing", "");
    expect_no_evidence(found("snp-sev-guest"),
                       "/dev/sev-guest: asking for a report: firmware status 0x0, host status 0x0");
    expect_no_seal_key(found("snp-sev-guest"), "/dev/sev-guest: asking for a derived key");
}

Test(sev_guest, gives_sealing_keys, .init = begin, .fini = end)
{
    file("dev/sev-guest", "");
    expect_seal_keys(found("snp-sev-guest"));
}

/* ---- configfs-tsm ------------------------------------------------------------------- */

static size_t num_entries(void)
{
    DIR *d = opendir(peer_path(&a, TSM));
    const struct dirent *e;
    size_t n = 0;

    cr_assert_not_null(d);
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

Test(tsm, gives_a_report_of_snp_with_the_auxiliary_blob, .init = begin, .fini = end)
{
    const struct collateral nothing = none();
    struct verdict v;

    provider("sev_guest\n");
    v = judged(collected(found("snp-tsm")), &nothing);
    cr_expect_eq(v.claims.tee, TEE_SNP);
    cr_expect_eq(v.claims.snp.vmpl, 0);
    cr_expect_eq(num_entries(), 0);
}

Test(tsm, asks_at_the_lowest_level_that_is_ours, .init = begin, .fini = end)
{
    const struct collateral nothing = none();
    struct verdict v;

    provider("sev_guest\n");
    file("privlevel_floor", "2\n");
    v = judged(collected(found("snp-tsm")), &nothing);
    cr_expect_eq(v.claims.snp.vmpl, 2);
}

Test(tsm, gives_a_quote_of_tdx, .init = begin, .fini = end)
{
    const struct collateral c = of_intel(true);
    struct verdict v;

    provider("tdx_guest\n");
    v = judged(collected(found("tdx-tsm")), &c);
    cr_expect_eq(v.claims.tee, TEE_TDX);
    cr_expect_eq(num_entries(), 0);
    expect_no_seal_key(found("tdx-tsm"), "tdx-tsm: a TDX guest gets no key of its own from the hardware");
}

Test(tsm, asks_again_when_others_write_or_the_provider_is_busy, .init = begin, .fini = end)
{
    const struct collateral nothing = none();

    provider("sev_guest\n");
    file("conflicts", "2\n");
    file("busy", "2\n");
    (void)judged(collected(found("snp-tsm")), &nothing);
    file("conflicts", "99\n");
    expect_no_evidence(
        found("snp-tsm"),
        "5 times in vain: /sys/kernel/config/tsm/report: something else writes the same entry");
    file("conflicts", "0\n");
    file("busy", "99\n");
    expect_no_evidence(found("snp-tsm"), "/outblob: Device or resource busy");
    cr_expect_eq(num_entries(), 0);
}

Test(tsm, a_report_about_something_else_is_refused, .init = begin, .fini = end)
{
    provider("sev_guest\n");
    file("other", "");
    expect_no_evidence(found("snp-tsm"),
                       "/sys/kernel/config/tsm/report: 1184 bytes that are not about the report data");
}

Test(tsm, seals_with_the_chips_key_where_the_device_is_there, .init = begin, .fini = end)
{
    provider("sev_guest\n");
    expect_no_seal_key(found("snp-tsm"), "opening /dev/sev-guest: No such file or directory");
    file("dev/sev-guest", "");
    expect_seal_keys(found("snp-tsm"));
}

Test(tsm, a_tdx_device_without_it_is_a_clear_refusal, .init = begin, .fini = end)
{
    const struct tee *tee;
    struct err err;

    file("dev/tdx_guest", "");
    cr_assert_not(tee_here(&tee, &err));
    cr_expect_eq(err.code, E_NO_TEE);
    cr_expect(strstr(tee_survey(&a),
                     "tdx-tsm: not here: /dev/tdx_guest is there and /sys/kernel/config/tsm/report is not: "
                     "quotes come "
                     "from there; use Linux 6.7 or later and mount configfs on /sys/kernel/config\n") != NULL,
              "%s", tee_survey(&a));
}

/* ---- Nitro -------------------------------------------------------------------------- */

Test(nsm, gives_a_document_with_the_report_data_as_user_data, .init = begin, .fini = end)
{
    const struct collateral nothing = none();
    struct verdict v;

    file("dev/nsm", "");
    v = judged(collected(found("nitro")), &nothing);
    cr_expect_eq(v.claims.tee, TEE_NITRO);
    expect_no_seal_key(found("nitro"), "nitro: a Nitro enclave gets no key of its own from the hardware");
}

Test(nsm, what_gives_no_document_is_named, .init = begin, .fini = end)
{
    file("dev/nsm", "");
    file("refusing", "");
    expect_no_evidence(found("nitro"), "/dev/nsm answered the error \"InternalError\"");
    file("failing", "");
    expect_no_evidence(found("nitro"), "/dev/nsm: asking for a document: Input/output error");
}

/* ---- a container group of Azure ----------------------------------------------------- */

static void base64_file(const char *name, struct slice contents)
{
    file(name, arena_printf(&a, "%s\n", base64_text(&a, contents, BASE64_STD)));
}

static void security_context(void)
{
    const struct sim_uvm u = {0};
    struct slice endorsement, thim;
    struct err err;

    cr_assert(sim_uvm_endorsement(&u, &a, &endorsement, &err), "%s", err.text);
    cr_assert(sim_thim_json(&sim_chips[0], (int64_t)time(NULL), &a, &thim, &err), "%s", err.text);
    base64_file("context/security-policy-base64", slice_str("package policy\n"));
    base64_file("context/reference-info-base64", endorsement);
    base64_file("context/host-amd-cert-base64", thim);
    cr_assert_eq(setenv("UVM_SECURITY_CONTEXT_DIR", peer_path(&a, "context"), 1), 0);
}

Test(aci, sends_along_what_azure_puts_beside_the_container, .init = begin, .fini = end)
{
    struct evidence e;
    struct err err;

    file("dev/sev-guest", "");
    security_context();
    cr_assert(evidence_decode(collected(found("snp-aci")), &e, &err), "%s", err.text);
    cr_expect_eq(e.kind, EVIDENCE_SNP);
    cr_expect(slice_equal(e.cce_policy, slice_str("package policy\n")));
    cr_expect(e.uvm_endorsements.len > 0 && e.thim_json.len > 0 && e.report.len == 1184);
    expect_no_seal_key(found("snp-aci"), "a key of the chip would be bound to the utility VM");
}

Test(aci, is_not_there_without_its_folder_or_the_device, .init = begin, .fini = end)
{
    security_context();
    cr_expect(strstr(tee_survey(&a),
                     "/context is there, and no /dev/sev-guest, so this is no SEV-SNP guest\n") != NULL,
              "%s", tee_survey(&a));
    cr_assert_eq(setenv("UVM_SECURITY_CONTEXT_DIR", "/nowhere", 1), 0);
    cr_expect(strstr(tee_survey(&a),
                     "snp-aci: not here: UVM_SECURITY_CONTEXT_DIR: /nowhere does not exist\n") != NULL);
}

Test(aci, a_file_that_is_missing_or_no_base64_is_named, .init = begin, .fini = end)
{
    file("dev/sev-guest", "");
    security_context();
    file("context/reference-info-base64", "***");
    expect_no_evidence(found("snp-aci"), "/context/reference-info-base64: expected base64");
    cr_assert_eq(unlink(peer_path(&a, "context/security-policy-base64")), 0);
    expect_no_evidence(found("snp-aci"), "opening ");
}

/* ---- which one ---------------------------------------------------------------------- */

Test(probing, has_an_order, .init = begin, .fini = end)
{
    file("dev/sev-guest", "");
    (void)found("snp-sev-guest");
    provider("sev_guest\n");
    (void)found("snp-tsm");
    security_context();
    (void)found("snp-aci");
    file("dev/nsm", "");
    (void)found("nitro");
    file("dev/sgx", "");
    (void)found("sgx-occlum");
    file("dev/attestation/attestation_type", "dcap");
    (void)found("sgx-gramine");
}

Test(probing, says_what_was_found_and_why_the_others_were_rejected, .init = begin, .fini = end)
{
    file("dev/sev-guest", "");
    provider("sev_guest\n");
    cr_expect_str_eq(
        tee_survey(&a),
        "sgx-gramine: not here: /dev/attestation/attestation_type does not exist, so this is not Gramine "
        "with SGX\n"
        "sgx-occlum: not here: the system calls itself Linux, not Occlum\n"
        "nitro: not here: no /dev/nsm, so this is no AWS Nitro enclave\n"
        "snp-aci: not here: UVM_SECURITY_CONTEXT_DIR is not set, so this is no confidential container group\n"
        "tdx-tsm: not here: /sys/kernel/config/tsm/report: the provider is \"sev_guest\", not \"tdx_guest\"\n"
        "snp-tsm: here, used; sealing key: yes\n"
        "snp-sev-guest: here, not used: snp-tsm comes first\n"
        "azure-vtpm: not here: no /dev/tpmrm0, so this is no Azure confidential VM\n");
}

Test(probing, a_device_that_may_not_be_used_is_told_from_one_that_is_not_there, .init = begin, .fini = end)
{
    folder("dev/nsm");
    cr_expect(strstr(tee_survey(&a), "nitro: not here: opening /dev/nsm: Is a directory\n") != NULL, "%s",
              tee_survey(&a));
}
