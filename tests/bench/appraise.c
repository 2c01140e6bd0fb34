/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraisal costs, of each kind of evidence, cold (nothing remembered) and warm (the same platform
 * was seen before), beside the plain cost of the signature verifications that it makes, in the same run.
 *
 * The linker puts this program between the verifier and pki/verify.c (--wrap), so the signatures of an
 * appraisal are written down as they are verified, and verified again by themselves for the reference. The
 * evidence of warm appraisals is always another (new report data, a new signature), as that of services is
 * that start one after the other on one machine. One thread, CPU time; the best of three rounds counts,
 * because noise only adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attestation/collateral.h"
#include "attestation/memo.h"
#include "attestation/sim/azure.h"
#include "attestation/sim/nitro.h"
#include "attestation/sim/snp.h"
#include "base/clock.h"
#include "base/json.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "tests/bench/timing.h"

enum { ROUND_MS = 200, MAX_SIGNATURES = 32, FRESH = 64 };

/* ---- signatures, written down -------------------------------------------------------------------------- */

struct signature {
    bool raw; /* p256_verify_raw() */
    struct slice key, message, signature;
    enum signature_alg alg;
};

static struct {
    bool is_on;
    struct arena arena;
    struct signature at[MAX_SIGNATURES];
    size_t num;
} book;

static void write_down(bool raw, struct slice key, enum signature_alg alg, struct slice message,
                       struct slice signature)
{
    struct arena *a = &book.arena;

    if (!book.is_on)
        return;
    if (book.num == MAX_SIGNATURES)
        abort();
    book.at[book.num++] =
        (struct signature){raw, arena_copy(a, key), arena_copy(a, message), arena_copy(a, signature), alg};
}

bool __real_spki_verify(struct slice spki, enum signature_alg alg, struct slice message,
                        struct slice signature, struct err *err);
bool __wrap_spki_verify(struct slice spki, enum signature_alg alg, struct slice message,
                        struct slice signature, struct err *err);
bool __wrap_spki_verify(struct slice spki, enum signature_alg alg, struct slice message,
                        struct slice signature, struct err *err)
{
    write_down(false, spki, alg, message, signature);
    return __real_spki_verify(spki, alg, message, signature, err);
}

bool __real_p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err);
bool __wrap_p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err);
bool __wrap_p256_verify_raw(struct slice xy, struct slice message, struct slice signature, struct err *err)
{
    write_down(true, xy, SIG_ECDSA_SHA256, message, signature);
    return __real_p256_verify_raw(xy, message, signature, err);
}

static void verify_all(void)
{
    struct err err;

    for (size_t i = 0; i < book.num; i++) {
        const struct signature *s = &book.at[i];

        must(s->raw ? __real_p256_verify_raw(s->key, s->message, s->signature, &err)
                    : __real_spki_verify(s->key, s->alg, s->message, s->signature, &err),
             &err);
    }
}

static void begin_book(void)
{
    arena_wipe(&book.arena);
    book.num = 0;
    book.is_on = true;
}

static size_t end_book(void)
{
    book.is_on = false;
    return book.num;
}

/* ---- evidence ------------------------------------------------------------------------------- */

/* Evidence of one kind, of one platform, many times; and what it is judged with. */
struct scene {
    struct evidence fresh[FRESH];
    struct collateral collateral;
};

static struct arena arena; /* of everything, to the end */
static int64_t now;

static void decode(struct slice bytes, struct evidence *out)
{
    struct err err;

    must(evidence_decode(bytes, out, &err), &err);
}

static void quote_of(bool tdx, bool td15, const uint8_t report_data[64], struct slice *out)
{
    static const struct sim_quote_options as_usual = {0};
    struct sim_td td = sim_td_default;
    struct sim_identity id;
    struct err err;

    td.is_td15 = td15;
    memcpy(td.tee_tcb_svn2, td.tee_tcb_svn, sizeof td.tee_tcb_svn2);
    must(sim_measure("/proc/self/exe", &id, &err) &&
             (tdx ? sim_td_quote(&sim_platform_default, &td, report_data, &as_usual, &arena, out, &err)
                  : sim_quote(&sim_platform_default, &id, report_data, &arena, out, &err)),
         &err);
}

static void intel_collateral(bool tdx, struct collateral *out)
{
    const struct sim_collateral_options o = {.tdx = tdx};
    struct err err;

    must(sim_collateral(&sim_platform_default, &o, now, &arena, out, &err), &err);
}

static void make_quote(bool tdx, bool td15, struct scene *s, const uint8_t report_data[64],
                       struct evidence *out)
{
    struct slice quote;

    quote_of(tdx, td15, report_data, &quote);
    decode(quote, out);
    if (s->collateral.tcb_info.len == 0)
        intel_collateral(tdx, &s->collateral);
}

static void sgx(struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    make_quote(false, false, s, report_data, out);
}
static void tdx_v4(struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    make_quote(true, false, s, report_data, out);
}
static void tdx_v5(struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    make_quote(true, true, s, report_data, out);
}

static void make_report(bool vlek, struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    const struct sim_snp_options o = {.vlek = vlek};
    const struct sim_guest guest = {.vlek = vlek};
    struct err err;

    out->kind = EVIDENCE_SNP;
    must(sim_snp_report(&sim_chips[1], &guest, report_data, &arena, &out->report, &err), &err);
    if (s->collateral.vek.len == 0)
        must(sim_snp_collateral(&sim_chips[1], &o, now, &arena, &s->collateral, &err), &err);
}

static void snp_vcek(struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    make_report(false, s, report_data, out);
}
static void snp_vlek(struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    make_report(true, s, report_data, out);
}

static const struct tee *tee_named(const char *name)
{
    const struct tee *const *tee = trust_domain()->tees;

    while (strcmp((*tee)->name, name) != 0)
        tee++;
    return *tee;
}

static void of_tee(const char *name, struct scene *s, const uint8_t report_data[64], struct evidence *out)
{
    struct slice bytes;
    struct err err;

    must(tee_named(name)->evidence(report_data, &arena, &bytes, &err), &err);
    decode(bytes, out);
    if (s->collateral.vek.len == 0 && s->collateral.tcb_info.len == 0)
        must(trust_domain()->collateral(out, now, &arena, &s->collateral, &err), &err);
}

static void aci(struct scene *s, const uint8_t rd[64], struct evidence *out)
{
    of_tee("snp-aci-simulated", s, rd, out);
    if (s->fresh[0].uvm_endorsements.len > 0) { /* of one image: they do not change from group to group */
        out->uvm_endorsements = s->fresh[0].uvm_endorsements;
        out->thim_json = s->fresh[0].thim_json;
    }
}
static void azure_snp(struct scene *s, const uint8_t rd[64], struct evidence *out)
{
    of_tee("az-snp-simulated", s, rd, out);
    if (s->fresh[0].hcl_report.len > 0)
        out->hcl_report = s->fresh[0].hcl_report; /* made at boot */
}
static void azure_tdx(struct scene *s, const uint8_t rd[64], struct evidence *out)
{
    of_tee("az-tdx-simulated", s, rd, out);
    if (s->fresh[0].hcl_report.len > 0)
        out->hcl_report = s->fresh[0].hcl_report, out->quote = s->fresh[0].quote;
}
static void nitro(struct scene *s, const uint8_t rd[64], struct evidence *out)
{
    of_tee("nitro-simulated", s, rd, out);
}

/* A quote in the certificate of a service, as Open Enclave and EGo have it: bound to its key. */
static void certificate(struct scene *s, const uint8_t rd[64], struct evidence *out)
{
    static const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x14, 0x0a, 0x01, 0x01}; /* 1.2.840.113556.10.1.1 */
    const struct name_part name[] = {{OID_COMMON_NAME, "a service"}};
    scoped(key_wipe) struct key key = {0};
    struct extension extension = {.oid = slice_of(oid, sizeof oid)};
    struct cert_spec spec = {
        .subject = name, .num_subject = 1, .path_len = -1, .extra = &extension, .num_extra = 1};
    uint8_t report_data[64] = {0};
    struct slice spki, quote;
    struct err err;

    (void)rd;
    must(key_generate(KEY_P256, &key, &err), &err);
    spki = key_spki(&key, &arena);
    sha256(report_data, spki);
    quote_of(false, false, report_data, &quote);
    extension.value = evidence_wrap_oe(&arena, quote);
    spec.not_before = now - 60;
    spec.not_after = now + 60;
    out->kind = EVIDENCE_CERTIFICATE;
    must(cert_issue(&spec, spki, NULL, &key, &arena, &out->certificate, &err), &err);
    if (s->collateral.tcb_info.len == 0)
        intel_collateral(false, &s->collateral);
}

static const struct kind {
    const char *name;
    void (*make)(struct scene *s, const uint8_t report_data[64], struct evidence *out);
} kinds[] = {
    {"SGX", sgx},
    {"TDX, quote version 4", tdx_v4},
    {"TDX, quote version 5", tdx_v5},
    {"SNP, VCEK", snp_vcek},
    {"SNP, VLEK", snp_vlek},
    {"ACI with UVM endorsement", aci},
    {"Azure, SNP", azure_snp},
    {"Azure, TDX", azure_tdx},
    {"Nitro", nitro},
    {"certificate with SGX", certificate},
};

/* ---- measuring ------------------------------------------------------------------------------ */

static struct scene *scene;
static struct memo *memo;
static unsigned turn;

static void appraise_once(void)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct appraisal what = {.evidence = &scene->fresh[turn++ % FRESH],
                                   .collateral = &scene->collateral,
                                   .roots = sim_roots(),
                                   .now = now,
                                   .memo = memo};
    struct verdict v;

    appraise(&what, &a, &v);
    must(v.genuine, &v.reason);
}

struct found {
    size_t num; /* signatures verified */
    double signatures, appraisal;
};

static struct found measure_appraisal(void)
{
    struct found f;

    begin_book();
    appraise_once();
    f.num = end_book();
    f.signatures = f.num > 0 ? measure(verify_all, ROUND_MS) : 0;
    f.appraisal = measure(appraise_once, ROUND_MS);
    return f;
}

static void print(const char *name, const char *how, const struct found *f)
{
    (void)printf("%-26s  %-4s  %8.1f us  %6.0f /s  %2zu signatures %8.1f us  %5.2f x\n", name, how,
                 f->appraisal, 1e6 / f->appraisal, f->num, f->signatures,
                 f->signatures > 0 ? f->appraisal / f->signatures : 0);
}

static void run(const struct kind *k)
{
    uint8_t report_data[64] = {0};
    struct found cold, warm;

    scene = calloc(1, sizeof *scene);
    if (scene == NULL)
        abort();
    for (uint8_t i = 0; i < FRESH; i++) {
        report_data[0] = i;
        k->make(scene, report_data, &scene->fresh[i]);
    }
    now = clock_now(); /* documents of Nitro bear the time at which they were made */
    memo = NULL;
    cold = measure_appraisal();
    memo = memo_new(4096);
    /* The simulated quoting enclave has its certificate made anew each time. */
    for (int i = 0; i < FRESH; i++)
        appraise_once();
    warm = measure_appraisal();
    print(k->name, "cold", &cold);
    print("", "warm", &warm);
    memo_free(&memo);
    free(scene);
}

int main(int argc, char **argv)
{
    pki_init();
    json_init();
    now = clock_now();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (argc < 2 || strstr(kinds[i].name, argv[1]) != NULL)
            run(&kinds[i]);
    arena_wipe(&book.arena);
    arena_wipe(&arena);
    return 0;
}
