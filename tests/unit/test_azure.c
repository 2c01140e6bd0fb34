/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine evidence of Azure confidential VMs and mutations of it, with what an independent verifier says of each. They
 * are data of others and no part of the project; test_azure_sim speaks for the verifier where they are not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "attestation/attestation.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static const char *folder;

struct vector {
    struct arena a;
    const char *id;
    json_t *expected;
    struct evidence evidence;
    struct collateral collateral;
    struct slice nonce;
};

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static struct slice read_at(struct arena *a, const char *path)
{
    struct slice s = {0};
    struct err err;

    cr_assert(file_read(path, LIMIT_FILE, a, &s, &err), "%s", err.text);
    return s;
}

static struct slice input(struct vector *v, const char *role)
{
    const char *file = text_of(json_object_get(v->expected, "inputs"), role);

    return file == NULL ? (struct slice){0} : read_at(&v->a, arena_printf(&v->a, "%s/%s/%s", folder, v->id, file));
}

static json_t *read_json(struct arena *a, const char *path)
{
    json_t *v = NULL;
    struct err err;

    cr_assert(json_parse(read_at(a, path), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err), "%s: %s", path, err.text);
    return v;
}

static void vector_open(struct vector *v, const char *id)
{
    const char *nonce;

    *v = (struct vector){.id = id};
    v->expected = read_json(&v->a, arena_printf(&v->a, "%s/%s/expected.json", folder, id));
    v->evidence = (struct evidence){.kind = EVIDENCE_AZURE,
                                    .hcl_report = input(v, "hcl_report"),
                                    .quote = input(v, "quote"),
                                    .tpm_quote_msg = input(v, "tpm_quote_msg"),
                                    .tpm_quote_sig = input(v, "tpm_quote_sig"),
                                    .tpm_pcrs = input(v, "tpm_pcrs"),
                                    .vek = input(v, "vek"),
                                    .vek_chain = input(v, "vek_chain")};
    v->collateral = (struct collateral){.tcb_info = input(v, "tcb_info"),
                                        .tcb_issuer_chain = input(v, "tcb_issuer_chain"),
                                        .qe_identity = input(v, "qe_identity"),
                                        .qe_issuer_chain = input(v, "qe_issuer_chain"),
                                        .pck_crl = input(v, "pck_crl"),
                                        .root_ca_crl = input(v, "root_ca_crl")};
    nonce = text_of(json_object_get(v->expected, "policy"), "tpm_nonce");
    cr_assert(nonce == NULL || hex_decode(slice_str(nonce), &v->a, &v->nonce));
}

static void vector_close(struct vector *v)
{
    json_decref(v->expected);
    arena_wipe(&v->a);
}

static int64_t time_of(const json_t *object, const char *name)
{
    int64_t t = 0;

    cr_assert(text_of(object, name) != NULL && rfc3339_parse(slice_str(text_of(object, name)), &t), "%s", name);
    return t;
}

static struct verdict judge(struct vector *v, int64_t now)
{
    const struct appraisal what = {.evidence = &v->evidence,
                                   .collateral = &v->collateral,
                                   .roots = roots_production(),
                                   .now = now,
                                   .nonce = v->nonce};
    struct verdict verdict;

    appraise(&what, &v->a, &verdict);
    return verdict;
}

static void expect_claims(struct vector *v, const struct verdict *verdict)
{
    const json_t *fields = json_object_get(v->expected, "fields"), *claims;
    json_t *got = NULL, *want;
    const char *name;
    struct err err;

    cr_assert(json_parse(slice_str(verdict_json(verdict, &v->a)), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &got, &err), "%s",
              err.text);
    claims = json_object_get(got, "claims");
    cr_expect_eq(json_object_size(claims), json_object_size(fields), "%s: %zu claims", v->id, json_object_size(claims));
    json_object_foreach((json_t *)(uintptr_t)fields, name, want)
    {
        const json_t *found = json_object_get(claims, name);

        cr_expect(json_equal(want, found), "%s: %s: expected %s, found %s", v->id, name,
                  json_dumps(want, JSON_ENCODE_ANY), found == NULL ? "nothing" : json_dumps(found, JSON_ENCODE_ANY));
    }
    json_decref(got);
}

static void expect_window(struct vector *v, const struct verdict *verdict)
{
    const json_t *window = json_object_get(v->expected, "window");
    const int64_t from = time_of(window, "not_before"), to = time_of(window, "not_after");

    cr_expect_eq(verdict->not_before, from, "%s", v->id);
    cr_expect_eq(verdict->not_after, to, "%s", v->id);
    cr_expect(judge(v, from).genuine && judge(v, to).genuine, "%s: inside of its window", v->id);
    cr_expect_not(judge(v, from - 1).genuine, "%s: before its window", v->id);
    cr_expect_not(judge(v, to + 1).genuine, "%s: after its window", v->id);
}

static const struct {
    const char *theirs;
    enum err_code ours;
} reasons[] = {
    {"format", E_EVIDENCE_FORMAT}, {"report_data", E_REPORT_DATA}, {"vmpl", E_VMPL},
    {"tpm_sig", E_TPM_SIGNATURE},  {"nonce", E_NONCE},             {"pcr_digest", E_PCR_DIGEST},
    {"td_mismatch", E_TD_MISMATCH}, {"quote_sig", E_QUOTE_SIGNATURE},
};

static bool means(const char *theirs, enum err_code code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reasons[i].theirs, theirs) == 0)
            return reasons[i].ours == code;
    return false;
}

static bool is_expected_reason(const json_t *reason, enum err_code code)
{
    for (size_t i = 0; i < json_array_size(reason); i++)
        if (means(json_string_value(json_array_get(reason, i)), code))
            return true;
    return json_is_string(reason) && means(json_string_value(reason), code);
}

static void check_vector(const char *id)
{
    struct vector v;
    struct verdict verdict;

    vector_open(&v, id);
    verdict = judge(&v, time_of(v.expected, "time"));
    if (strcmp(text_of(v.expected, "verdict"), "ok") == 0) {
        cr_expect(verdict.genuine, "%s: %s", id, verdict.reason.text);
        if (verdict.genuine) {
            expect_claims(&v, &verdict);
            expect_window(&v, &verdict);
        }
    } else {
        cr_expect_not(verdict.genuine, "%s", id);
        cr_expect(is_expected_reason(json_object_get(v.expected, "reason"), verdict.reason.code), "%s: %s: %s", id,
                  reason_of(verdict.reason.code)->name, verdict.reason.text);
    }
    vector_close(&v);
}

static bool is_ours(const json_t *entry) { return strcmp(text_of(entry, "verifier"), "azure_cvm") == 0; }

Test(azure, genuine_evidence_and_mutations_of_it_are_judged_as_expected, .timeout = 300)
{
    struct arena a = {0};
    const json_t *list;
    json_t *index;
    size_t num = 0;

    pki_init();
    folder = vectors_folder(&a);
    if (folder == NULL)
        cr_skip_test("the genuine evidence is not here");
    index = read_json(&a, arena_printf(&a, "%s/index.json", folder));
    list = json_is_array(index) ? index : json_object_get(index, "vectors");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_ours(json_array_get(list, i))) {
            check_vector(text_of(json_array_get(list, i), "id"));
            num++;
        }
    printf("genuine evidence of Azure: %zu vectors\n", num);
    cr_expect_gt(num, 0);
    json_decref(index);
    arena_wipe(&a);
}
