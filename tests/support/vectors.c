/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/vectors.h"

#include <dirent.h>
#include <stdlib.h>

#include "attestation/memo.h"
#include "attestation/policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/vector_reasons.h"

/* ---- a vector, read ----------------------------------------------------------------- */

struct vector {
    struct arena *a;
    const char *folder;
    json_t *expected;
    struct evidence evidence;
    struct collateral collateral;
    struct roots roots;
    struct slice anchor, nonce;
    struct memo *memo;
    struct buf wrong;
};

struct judged {
    bool ok;
    struct err err;
    struct verdict verdict;
    json_t *shown; /* claims */
};

static void note(struct vector *v, const char *what, const char *expected, const char *found)
{
    buf_printf(&v->wrong, "%s: expected %s, found %s\n", what, expected, found);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const json_t *policy_of(const struct vector *v) { return json_object_get(v->expected, "policy"); }

static bool read_json(struct arena *a, const char *path, json_t **out, struct err *err)
{
    struct slice text;

    return (file_read(path, LIMIT_FILE, a, &text, err) &&
            json_parse(text, JSON_NO_DUPLICATES, E_JSON_SYNTAX, out, err)) ||
           err_in(err, "%s", path);
}

/* Empty if the vector has no such input. */
static bool input(struct vector *v, const char *role, struct slice *out, struct err *err)
{
    const char *file = text_of(json_object_get(v->expected, "inputs"), role);

    *out = (struct slice){0};
    return file == NULL ||
           file_read(arena_printf(v->a, "%s/%s", v->folder, file), LIMIT_FILE, v->a, out, err);
}

static bool time_of(const json_t *object, const char *name, int64_t *out)
{
    const char *text = text_of(object, name);

    return text != NULL && rfc3339_parse(slice_str(text), out);
}

/* ---- inputs ------------------------------------------------------------------------- */

static bool first_der(struct arena *a, struct slice text, struct slice *out, struct err *err)
{
    struct pem_block block = {0};

    *out = text;
    if (text.len == 0 || text.ptr[0] != '-')
        return true;
    if (!pem_next(&text, a, &block, err))
        return false;
    *out = block.der;
    return true;
}

/* A root of the vector's own, for whichever verifier takes one of its kind. */
static bool use_roots(struct vector *v, struct err *err)
{
    static const char ark[] = "ARK-";
    struct slice pem, der, name;
    struct amd_root *amd = arena_alloc(v->a, sizeof *amd);
    struct slice *digest = arena_alloc(v->a, sizeof *digest);
    struct cert root;

    v->roots = *roots_production();
    if (!input(v, "trust_root", &pem, err) || pem.len == 0)
        return pem.len == 0;
    if (!first_der(v->a, pem, &der, err) || !cert_parse(der, v->a, &root, err))
        return false;
    v->roots = (struct roots){.amd = amd, .nitro = digest, .num_nitro = 1};
    sha256(amd->sha256, der);
    *digest = slice_of(amd->sha256, SHA256_LEN);
    if (spki_p256_xy(root.spki, &v->anchor, err))
        v->roots.intel = &v->anchor, v->roots.num_intel = 1;
    name = cert_common_name(&root);
    v->roots.num_amd = text_starts_with(name, ark);
    if (v->roots.num_amd == 1)
        amd->product = arena_strndup(v->a, slice_of(name.ptr + 4, name.len - 4));
    return true;
}

static bool read_collateral(struct vector *v, struct err *err)
{
    struct collateral *c = &v->collateral;
    const struct {
        const char *role;
        struct slice *out;
    } rows[] = {
        {"tcb_info", &c->tcb_info},
        {"tcb_issuer_chain", &c->tcb_issuer_chain},
        {"qe_identity", &c->qe_identity},
        {"qe_issuer_chain", &c->qe_issuer_chain},
        {"pck_crl", &c->pck_crl},
        {"root_ca_crl", &c->root_ca_crl},
        {"pck_crl_issuer_chain", &c->pck_crl_issuer_chain},
        {"pck_chain", &c->pck_chain},
        {"vek", &c->vek},
        {"vek_chain", &c->vek_chain},
        {"vek_crl", &c->vek_crl},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!input(v, rows[i].role, rows[i].out, err))
            return false;
    return true;
}

static bool read_evidence(struct vector *v, struct err *err)
{
    struct evidence *e = &v->evidence;
    const struct {
        const char *role;
        struct slice *out;
    } rows[] = {
        {"quote", &e->quote},
        {"report", &e->report},
        {"hcl_report", &e->hcl_report},
        {"document", &e->document},
        {"certificate", &e->certificate},
        {"tpm_quote_msg", &e->tpm_quote_msg},
        {"tpm_quote_sig", &e->tpm_quote_sig},
        {"tpm_pcrs", &e->tpm_pcrs},
        {"thim_json", &e->thim_json},
        {"uvm_endorsements", &e->uvm_endorsements},
        {"cce_policy", &e->cce_policy},
        {"runtime_data", &e->runtime_data},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!input(v, rows[i].role, rows[i].out, err))
            return false;
    if (e->quote.len == 0 && !input(v, "oe_report", &e->quote, err))
        return false;
    return first_der(v->a, e->certificate, &e->certificate, err);
}

static const struct {
    const char *verifier;
    enum evidence_kind kind;
    const char *main_input;
} verifiers[] = {
    {"dcap", EVIDENCE_DCAP, "quote"},      {"oe", EVIDENCE_DCAP, "oe_report"},
    {"snp", EVIDENCE_SNP, "report"},       {"azure_cvm", EVIDENCE_AZURE, "hcl_report"},
    {"nitro", EVIDENCE_NITRO, "document"}, {"ratls", EVIDENCE_CERTIFICATE, "certificate"},
    {"cca", EVIDENCE_UNKNOWN, NULL}, /* not supported */
};
enum { NUM_VERIFIERS = sizeof verifiers / sizeof verifiers[0] };

static size_t verifier_index(const struct vector *v)
{
    const char *name = text_of(v->expected, "verifier");

    for (size_t i = 0; name != NULL && i < NUM_VERIFIERS; i++)
        if (strcmp(verifiers[i].verifier, name) == 0)
            return i;
    return NUM_VERIFIERS;
}

/* ---- judging as the vector asks ----------------------------------------------------- */

static struct appraisal appraisal_of(struct vector *v, int64_t now)
{
    const json_t *policy = policy_of(v), *dids = json_object_get(policy, "trusted_uvm_dids");
    const char *framing = text_of(policy, "framing"), *nonce = text_of(policy, "tpm_nonce");
    const char **issuers = arena_array(v->a, json_array_size(dids) + 1, sizeof *issuers);
    struct appraisal what = {.evidence = &v->evidence,
                             .collateral = &v->collateral,
                             .roots = &v->roots,
                             .now = now,
                             .memo = v->memo};

    what.min_tcb_evaluation_data_number =
        (uint64_t)json_integer_value(json_object_get(policy, "min_tcb_eval_data_number"));
    if (framing != NULL)
        what.framings = strcmp(framing, "gramine-legacy") == 0 ? FRAMING_GRAMINE_LEGACY : FRAMINGS_USUAL;
    if (nonce != NULL && hex_decode(slice_str(nonce), v->a, &v->nonce))
        what.nonce = v->nonce;
    for (size_t i = 0; i < json_array_size(dids); i++)
        issuers[what.num_uvm_issuers++] = json_string_value(json_array_get(dids, i));
    what.uvm_issuers = json_is_array(dids) ? issuers : NULL;
    return what;
}

static const char *dumped(struct arena *a, const json_t *value)
{
    const size_t len = json_dumpb(value, NULL, 0, JSON_ENCODE_ANY | JSON_COMPACT); /* 0 of NULL */
    char *text = arena_alloc(a, len + 1);

    (void)json_dumpb(value, text, len, JSON_ENCODE_ANY | JSON_COMPACT);
    return len == 0 ? "nothing" : text;
}

static bool lists(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
            return true;
    return false;
}

/* What the vector's relying party demands. */
static bool apply_policy(struct vector *v, struct judged *j)
{
    const json_t *policy = policy_of(v), *accepted = json_object_get(policy, "accepted_tcb");
    const char *name, *status = text_of(j->shown, "tcb_status");
    json_t *want;

    json_object_foreach(json_object_get(policy, "require"), name, want)
    {
        json_t *got = json_object_get(j->shown, name);

        if (!json_equal(want, got))
            return err_set(&j->err, E_REPORT_DATA, "policy: %s: expected %s, found %s", name,
                           dumped(v->a, want), dumped(v->a, got));
    }
    if (accepted != NULL && (status == NULL || !lists(accepted, status)))
        return err_set(&j->err, E_TCB_STATUS, "policy: the TCB status is not accepted");
    if (json_is_false(json_object_get(policy, "allow_debug")) && j->verdict.claims.debug)
        return err_set(&j->err, E_DEBUG, "policy: debug is not allowed");
    return true;
}

static struct judged judge(struct vector *v, int64_t now)
{
    const struct appraisal what = appraisal_of(v, now);
    scoped(json_release) json_t *doc = NULL;
    struct judged j = {0};
    struct err err;

    appraise(&what, v->a, &j.verdict);
    if (!json_parse(slice_str(verdict_json(&j.verdict, v->a)), JSON_NO_DUPLICATES, E_JSON_SYNTAX, &doc, &err))
        note(v, "verdict as JSON", "valid JSON", err.text);
    j.shown = json_incref(json_object_get(doc, "claims"));
    j.err = j.verdict.reason;
    j.ok = j.verdict.genuine && apply_policy(v, &j);
    return j;
}

static void judged_release(struct judged *j) { json_decref(j->shown); }

/* ---- what must hold ----------------------------------------------------------------- */

static void check_fields(struct vector *v, const struct judged *j, const json_t *fields)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        json_t *got = json_object_get(j->shown, name);

        if (!json_equal(value, got))
            note(v, name, dumped(v->a, value), dumped(v->a, got));
    }
    json_object_foreach(j->shown, name, value) if (json_object_get(fields, name) == NULL)
        note(v, name, "no such claim", dumped(v->a, value));
}

static bool is_about_time(const struct err *err)
{
    return err->code == E_CERT_EXPIRED || err->code == E_CRL_EXPIRED || err->code == E_COLLATERAL_EXPIRED;
}

static void check_edge(struct vector *v, const char *which, int64_t at, bool ok)
{
    scoped(judged_release) struct judged j = judge(v, at);

    if (j.ok != ok)
        note(v, which, ok ? "ok" : "a refusal", j.ok ? "ok" : j.err.text);
    else if (!ok && !is_about_time(&j.err))
        note(v, which, "a refusal for its time", j.err.text);
}

static void check_window(struct vector *v, const struct judged *j, const json_t *window)
{
    char found[RFC3339_LEN + 1];
    int64_t from, to;

    if (window == NULL)
        return;
    if (!time_of(window, "not_before", &from) || !time_of(window, "not_after", &to)) {
        note(v, "window", "two times", "none that can be read");
        return;
    }
    rfc3339_format(found, j->verdict.not_before);
    if (j->verdict.not_before != from)
        note(v, "not_before", text_of(window, "not_before"), found);
    rfc3339_format(found, j->verdict.not_after);
    if (j->verdict.not_after != to)
        note(v, "not_after", text_of(window, "not_after"), found);
    check_edge(v, "a second before", from - 1, false);
    check_edge(v, "first second", from, true);
    check_edge(v, "last second", to, true);
    check_edge(v, "a second after", to + 1, false);
}

static void check_acceptance(struct vector *v, const struct judged *j, const json_t *accept)
{
    static char up_to_date[] = "UpToDate";
    static char *only_up_to_date[] = {up_to_date};
    const struct package_policy strict = {.tcb_statuses = only_up_to_date, .num_tcb_statuses = 1},
                                usual = {0};
    const struct {
        const char *name;
        const struct package_policy *policy;
    } rows[] = {{"strict", &strict}, {"marblerun_default", &usual}};

    for (size_t i = 0; accept != NULL && i < 2; i++) {
        const bool want = json_is_true(json_object_get(accept, rows[i].name));
        struct err err = {0};

        if (policy_match(rows[i].policy, &j->verdict, j->verdict.claims.bound, 0, &err) != want)
            note(v, rows[i].name, want ? "accepted" : "refused", want ? err.text : "accepted");
    }
}

static void check_again(struct vector *v, const struct judged *j, int64_t now)
{
    struct memo *memo = v->memo;
    const char *want = verdict_json(&j->verdict, v->a), *got;

    for (int with_memo = 0; with_memo < 2; with_memo++) {
        scoped(judged_release) struct judged again = {0};

        v->memo = with_memo ? memo : NULL;
        again = judge(v, now);
        got = verdict_json(&again.verdict, v->a);
        if (strcmp(want, got) != 0)
            note(v, with_memo ? "judged again" : "judged without memory", want, got);
    }
    v->memo = memo;
}

/* What a tool that gets only the bytes makes of them. */
static void check_recognised(struct vector *v)
{
    const size_t which = verifier_index(v);
    struct slice bytes;
    struct evidence e;
    struct err err;

    if (!input(v, verifiers[which].main_input, &bytes, &err) || !evidence_read(bytes, v->a, &e, &err))
        note(v, "recognised", evidence_kind_name(v->evidence.kind), err.text);
    else if (e.kind != v->evidence.kind)
        note(v, "recognised", evidence_kind_name(v->evidence.kind), evidence_kind_name(e.kind));
}

static void check_good(struct vector *v, const struct judged *j)
{
    if (!j->ok) {
        note(v, "verdict", "ok", arena_printf(v->a, "%s: %s", reason_of(j->err.code)->name, j->err.text));
        return;
    }
    check_recognised(v);
    check_fields(v, j, json_object_get(v->expected, "fields"));
    check_window(v, j, json_object_get(v->expected, "window"));
    check_acceptance(v, j, json_object_get(v->expected, "accept_under"));
}

static void check_bad(struct vector *v, const struct judged *j)
{
    const json_t *reason = json_object_get(v->expected, "reason");
    const char *ours = reason_of(j->err.code)->name;

    if (j->ok)
        note(v, "verdict", "a refusal", "ok");
    else if (!vector_reason_is(reason, ours))
        note(v, "reason", dumped(v->a, reason), arena_printf(v->a, "%s: %s", ours, j->err.text));
}

/* ---- one vector --------------------------------------------------------------------- */

static bool open_vector(struct vector *v, struct err *err)
{
    return read_json(v->a, arena_printf(v->a, "%s/expected.json", v->folder), &v->expected, err);
}

static void judge_vector(struct vector *v, struct vector_seen *seen)
{
    const size_t which = verifier_index(v);
    scoped(judged_release) struct judged j = {0};
    struct err err;
    int64_t now;

    if (!time_of(v->expected, "time", &now)) {
        note(v, "time", "a time", "none that can be read");
        return;
    }
    v->evidence.kind = verifiers[which].kind;
    if (!use_roots(v, &err) || !read_collateral(v, &err) || !read_evidence(v, &err)) {
        note(v, "inputs", "files that can be read", err.text);
        return;
    }
    v->evidence.kind = verifiers[which].kind;
    j = judge(v, now);
    seen->found = j.ok ? "ok" : reason_of(j.err.code)->name;
    seen->claims = dumped(v->a, j.shown);
    check_again(v, &j, now);
    if (strcmp(seen->expected, "ok") == 0)
        check_good(v, &j);
    else
        check_bad(v, &j);
}

static void fill(const struct vector *v, struct vector_seen *seen)
{
    const char *const names[] = {text_of(v->expected, "tee"), text_of(v->expected, "verifier"),
                                 text_of(v->expected, "verdict")};

    seen->tee = arena_strdup(v->a, names[0] == NULL ? "?" : names[0]);
    seen->verifier = arena_strdup(v->a, names[1] == NULL ? "?" : names[1]);
    seen->expected = arena_strdup(v->a, names[2] == NULL ? "?" : names[2]);
}

static struct vector_seen see(const char *folder, const char *id, struct memo *memo, struct arena *a)
{
    struct vector v = {
        .a = a, .folder = arena_printf(a, "%s/%s", folder, id), .memo = memo, .wrong = buf_max(MIB)};
    struct vector_seen seen = {
        .id = id, .tee = "?", .verifier = "?", .expected = "?", .found = "-", .claims = "{}"};
    struct err err;

    if (!open_vector(&v, &err)) {
        note(&v, "expected.json", "JSON", err.text);
    } else {
        fill(&v, &seen);
        if (verifier_index(&v) == NUM_VERIFIERS)
            note(&v, "verifier", "one that is known", seen.verifier);
        else if (verifiers[verifier_index(&v)].kind == EVIDENCE_UNKNOWN)
            seen.result = VECTOR_NOT_SUPPORTED;
        else
            judge_vector(&v, &seen);
    }
    seen.wrong = arena_strndup(a, buf_bytes(&v.wrong));
    if (v.wrong.len > 0 || v.wrong.bad)
        seen.result = VECTOR_MISMATCH;
    buf_wipe(&v.wrong);
    json_decref(v.expected);
    return seen;
}

/* ---- all of them -------------------------------------------------------------------- */

/* As the index has them; else each folder with an expected.json, by name. */
static bool list_index(const char *folder, struct arena *a, char ***ids, size_t *num, struct err *err)
{
    scoped(json_release) json_t *index = NULL;
    const json_t *list;

    if (!read_json(a, arena_printf(a, "%s/index.json", folder), &index, err))
        return false;
    list = json_object_get(index, "vectors");
    *ids = arena_array(a, json_array_size(list) + 1, sizeof **ids);
    for (*num = 0; *num < json_array_size(list); ++*num) {
        const char *id = text_of(json_array_get(list, *num), "id");

        if (id == NULL)
            return err_set(err, E_JSON_SYNTAX, "%s/index.json: vector %zu has no id", folder, *num);
        (*ids)[*num] = arena_strdup(a, id);
    }
    return true;
}

static bool list_folders(const char *folder, struct arena *a, char ***ids, size_t *num, struct err *err)
{
    struct dirent **entries;
    const int n = scandir(folder, &entries, NULL, alphasort);

    if (n < 0)
        return err_errno(err, E_FILE_MISSING, "the folder %s", folder);
    *ids = arena_array(a, (size_t)n + 1, sizeof **ids);
    *num = 0;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.' &&
            file_exists(arena_printf(a, "%s/%s/expected.json", folder, entries[i]->d_name)))
            (*ids)[(*num)++] = arena_strdup(a, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return *num > 0 || err_set(err, E_FILE_MISSING, "%s: no folder in it has an expected.json", folder);
}

bool vectors_run(const char *folder, struct arena *a, void (*seen)(void *ctx, const struct vector_seen *v),
                 void *ctx, struct err *err)
{
    struct memo *memo = memo_new(4096);
    char **ids = NULL;
    size_t num = 0;
    bool ok = list_index(folder, a, &ids, &num, err);

    if (!ok && err->code == E_FILE_MISSING)
        ok = list_folders(folder, a, &ids, &num, err);
    for (size_t i = 0; ok && i < num; i++) {
        struct arena scratch = {0};
        const struct vector_seen v = see(folder, ids[i], memo, &scratch);

        seen(ctx, &v);
        arena_wipe(&scratch);
    }
    memo_free(&memo);
    return ok;
}
