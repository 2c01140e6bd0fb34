/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine SNP reports, container groups of Azure and Nitro documents, and mutations of them, with what an independent
 * verifier says of each. The vectors are data of others and no part of the project: MARBLEMESH_VECTORS names their
 * folder. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "attestation/attestation.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static const char *folder;

struct vector {
    struct arena a;
    char *id;
    json_t *expected;
    struct evidence evidence;
    struct collateral collateral;
};

static struct slice read_at(struct arena *a, const char *path)
{
    struct slice s = {0};
    struct err err;

    cr_assert(file_read(path, LIMIT_FILE, a, &s, &err), "%s", err.text);
    return s;
}

static json_t *read_json(struct arena *a, const char *path)
{
    struct err err;
    json_t *v = NULL;

    cr_assert(json_parse(read_at(a, path), JSON_LAST_WINS, E_JSON_SYNTAX, &v, &err), "%s: %s", path, err.text);
    return v;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static struct slice input(struct vector *v, const char *role)
{
    const char *file = text_of(json_object_get(v->expected, "inputs"), role);

    return file == NULL ? (struct slice){0} : read_at(&v->a, arena_printf(&v->a, "%s/%s/%s", folder, v->id, file));
}

static int64_t time_of(const json_t *object, const char *name)
{
    int64_t t = 0;

    cr_assert(rfc3339_parse(slice_str(text_of(object, name)), &t));
    return t;
}

static void open_vector(struct vector *v, const char *id)
{
    *v = (struct vector){0};
    v->id = arena_strdup(&v->a, id);
    v->expected = read_json(&v->a, arena_printf(&v->a, "%s/%s/expected.json", folder, id));
    v->evidence = (struct evidence){
        .kind = strcmp(text_of(v->expected, "verifier"), "nitro") == 0 ? EVIDENCE_NITRO : EVIDENCE_SNP,
        .report = input(v, "report"),
        .document = input(v, "document"),
        .thim_json = input(v, "thim_json"),
        .uvm_endorsements = input(v, "uvm_endorsements"),
        .cce_policy = input(v, "cce_policy"),
        .runtime_data = input(v, "runtime_data"),
    };
    v->collateral = (struct collateral){.vek = input(v, "vek"), .vek_chain = input(v, "vek_chain")};
}

static void close_vector(struct vector *v)
{
    json_decref(v->expected);
    arena_wipe(&v->a);
}

static struct verdict judge(struct vector *v, int64_t now)
{
    const struct appraisal what = {
        .evidence = &v->evidence, .collateral = &v->collateral, .roots = roots_production(), .now = now};
    struct verdict out;

    appraise(&what, &v->a, &out);
    return out;
}

static json_t *claims_of(struct vector *v, const struct verdict *verdict)
{
    json_t *whole = NULL, *claims;
    struct err err;

    cr_assert(json_parse(slice_str(verdict_json(verdict, &v->a)), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &whole, &err),
              "%s", err.text);
    claims = json_incref(json_object_get(whole, "claims"));
    json_decref(whole);
    return claims;
}

/* ---- reasons ------------------------------------------------------------------------ */

static bool stands_for(const char *theirs, enum err_code ours)
{
    static const struct {
        const char *theirs;
        enum err_code ours[3];
    } reasons[] = {
        {"format", {E_EVIDENCE_FORMAT, E_COLLATERAL_FORMAT, E_EVIDENCE_MISSING}},
        {"root", {E_ROOT}},
        {"vek_chain", {E_VEK_CHAIN}},
        {"vek_mismatch", {E_VEK_MISMATCH}},
        {"report_sig", {E_REPORT_SIGNATURE}},
        {"cert_expired", {E_CERT_EXPIRED}},
        {"host_data", {E_HOST_DATA}},
        {"uvm", {E_UVM}},
        {"report_data", {E_REPORT_DATA}},
        {"chain", {E_NITRO_CHAIN}},
        {"doc_sig", {E_DOCUMENT_SIGNATURE}},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        for (size_t k = 0; k < 3; k++)
            if (strcmp(reasons[i].theirs, theirs) == 0 && ours != E_NONE && reasons[i].ours[k] == ours)
                return true;
    return false;
}

static bool is_expected(const json_t *reason, enum err_code code)
{
    for (size_t i = 0; i < json_array_size(reason); i++)
        if (stands_for(json_string_value(json_array_get(reason, i)), code))
            return true;
    return json_is_string(reason) && stands_for(json_string_value(reason), code);
}

/* ---- one vector --------------------------------------------------------------------- */

/* What a vector requires of the claims is for a policy: here it is compared. */
static bool meets(const json_t *claims, const json_t *require)
{
    const char *name;
    json_t *want;

    json_object_foreach((json_t *)(uintptr_t)require, name, want)
    {
        if (!json_equal(want, json_object_get(claims, name)))
            return false;
    }
    return true;
}

static void check_fields(const struct vector *v, const json_t *claims, const json_t *fields)
{
    const char *name;
    json_t *want;

    json_object_foreach((json_t *)(uintptr_t)fields, name, want)
    {
        char *w = json_dumps(want, JSON_ENCODE_ANY), *g = json_dumps(json_object_get(claims, name), JSON_ENCODE_ANY);

        cr_expect(json_equal(want, json_object_get(claims, name)), "%s: %s: expected %s, found %s", v->id, name, w,
                  g == NULL ? "nothing" : g);
        free(w);
        free(g);
    }
    json_object_foreach((json_t *)(uintptr_t)claims, name, want)
        cr_expect_not_null(json_object_get(fields, name), "%s: %s is no field", v->id, name);
}

static void check_window(struct vector *v, const struct verdict *verdict)
{
    const json_t *window = json_object_get(v->expected, "window");
    const int64_t from = time_of(window, "not_before"), to = time_of(window, "not_after");

    cr_expect_eq(verdict->not_before, from, "%s", v->id);
    cr_expect_eq(verdict->not_after, to, "%s", v->id);
    cr_expect(judge(v, from).genuine && judge(v, to).genuine, "%s", v->id);
    cr_expect_eq(judge(v, from - 1).reason.code, E_CERT_EXPIRED, "%s", v->id);
    cr_expect_eq(judge(v, to + 1).reason.code, E_CERT_EXPIRED, "%s", v->id);
}

static void check_vector(const char *id, size_t num[2])
{
    struct vector v;
    struct verdict verdict;
    json_t *claims, *require;
    bool ok;

    open_vector(&v, id);
    verdict = judge(&v, time_of(v.expected, "time"));
    claims = claims_of(&v, &verdict);
    require = json_object_get(json_object_get(v.expected, "policy"), "require");
    ok = verdict.genuine && meets(claims, require);
    if (strcmp(text_of(v.expected, "verdict"), "ok") == 0) {
        num[0]++;
        cr_expect(ok, "%s: %s: %s", id, reason_of(verdict.reason.code)->name, verdict.reason.text);
        check_fields(&v, claims, json_object_get(v.expected, "fields"));
        check_window(&v, &verdict);
    } else {
        num[1]++;
        cr_expect(!ok, "%s: accepted", id);
        cr_expect(verdict.genuine ? strcmp(text_of(v.expected, "reason"), "policy") == 0
                                  : is_expected(json_object_get(v.expected, "reason"), verdict.reason.code),
                  "%s: refused for %s: %s", id, reason_of(verdict.reason.code)->name, verdict.reason.text);
    }
    json_decref(claims);
    close_vector(&v);
}

Test(amd_vectors, evidence_is_judged_as_an_independent_verifier_judges_it, .timeout = 280)
{
    struct arena a = {0};
    size_t num[2] = {0}, i;
    json_t *index, *entry;

    pki_init();
    folder = vectors_folder(&a);
    if (folder == NULL) {
        fprintf(stderr, "vectors: the genuine vectors were NOT present: nothing was checked here\n");
        return;
    }
    index = read_json(&a, arena_printf(&a, "%s/index.json", folder));
    json_array_foreach(json_object_get(index, "vectors"), i, entry)
    {
        const char *verifier = text_of(entry, "verifier");

        if (strcmp(verifier, "snp") == 0 || strcmp(verifier, "nitro") == 0)
            check_vector(text_of(entry, "id"), num);
    }
    fprintf(stderr, "vectors: SNP and Nitro: %zu genuine, %zu to be refused\n", num[0], num[1]);
    cr_assert(num[0] > 0 && num[1] > 0);
    json_decref(index);
    arena_wipe(&a);
}
