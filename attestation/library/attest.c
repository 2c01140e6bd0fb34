/* SPDX-License-Identifier: Apache-2.0 */
/* A request, judged; and the verdict, read. */
#include "attestation/library/inputs.h"

#include <stdlib.h>

#include "attestation/library/parts.h"
#include "base/json.h"
#include "base/limits.h"
#include "pki/hash.h"

struct mesh_attest_verdict {
    struct arena arena;
    struct verdict v;
    enum mesh_attest_outcome outcome;
    const char *json, *text;
    struct claim_text {
        struct claim_text *next;
        const char *name, *value;
    } *texts; /* of all claims, so that reading one changes nothing */
};

/* ---- the request ------------------------------------------------------------------------------------ */

/* A request with everything in the verifier's own types. */
struct question {
    struct mesh_attest_request in;
    struct evidence evidence;
    struct collateral collateral;
    struct roots roots;
    struct slice report_data; /* 64 bytes, or empty */
    struct err missing;       /* why collateral is not complete; E_NONE: it is */
};

static bool take_request(const struct mesh_attest_request *request, struct question *q, struct err *err)
{
    const size_t size = request->size;

    if (size < offsetof(struct mesh_attest_request, collateral) || size > sizeof q->in)
        return err_set(err, E_USAGE, "request: size: expected %zu at most, found %zu; the program was built for a later "
                                     "version of this library", sizeof q->in, size);
    memcpy(&q->in, request, size);
    return true;
}

static bool take_parts(struct question *q, struct err *err)
{
    for (size_t i = 0; i < q->in.num_parts; i++) {
        const struct mesh_attest_part *p = &q->in.parts[i];
        struct slice *to = p->name != NULL ? part_named(p->name, &q->evidence, &q->collateral) : NULL;

        if (to == NULL)
            return err_set(err, E_USAGE, "request: there is no part \"%.40s\"", p->name != NULL ? p->name : "");
        *to = bytes_in(p->bytes);
    }
    return true;
}

static bool take_report_data(struct question *q, struct arena *a, struct err *err)
{
    uint8_t *padded;

    if (q->in.report_data.len > 64)
        return err_set(err, E_USAGE, "request: report_data: expected 64 bytes at most, found %zu", q->in.report_data.len);
    if (q->in.report_data.len == 0)
        return true;
    padded = arena_alloc(a, 64);
    memcpy(padded, q->in.report_data.ptr, q->in.report_data.len);
    q->report_data = slice_of(padded, 64);
    return true;
}

static bool take_roots(struct question *q, struct arena *a, struct err *err)
{
    q->roots = *roots_production();
    return q->in.roots.len == 0 || roots_of_certificates(bytes_in(q->in.roots), a, &q->roots, err) ||
           err_in(err, "request: roots");
}

/* What there is, from the parts and the bundle; what is not there will be missed by the appraisal, or not. */
static void take_collateral(struct question *q, struct arena *a)
{
    const struct collateral_items none = {0}, *bundle = q->in.collateral != NULL ? &q->in.collateral->items : &none;
    struct collateral_items parts, all;
    struct collateral_needs needs;

    const char *missing;

    if (!collateral_needs_of(&q->evidence, UPDATE_STANDARD, a, &needs, &q->missing))
        return;
    parts = collateral_items_of(&needs, &q->collateral, NULL, INT64_MAX, a);
    all = collateral_merge(&parts, bundle, a);
    missing = collateral_fill(&needs, &all, &q->collateral);
    if (missing != NULL)
        (void)err_set(&q->missing, E_COLLATERAL_MISSING, "%s is needed to judge the evidence, and is not there", missing);
}

static bool ask(const struct mesh_attest_request *request, struct arena *a, struct question *q, struct err *err)
{
    if (!take_request(request, q, err) || !evidence_read(bytes_in(q->in.evidence), a, &q->evidence, err) ||
        !take_parts(q, err) || !take_report_data(q, a, err) || !take_roots(q, a, err))
        return false;
    take_collateral(q, a);
    return true;
}

/* ---- judging ---------------------------------------------------------------------------------------- */

static void appraise_question(const struct question *q, struct arena *a, struct verdict *v)
{
    const struct package_policy *p = q->in.policy != NULL ? &q->in.policy->policy : NULL;
    struct appraisal what = {
        .evidence = &q->evidence,
        .collateral = &q->collateral,
        .roots = &q->roots,
        .now = q->in.now,
        .nonce = bytes_in(q->in.nonce),
        .framings = q->in.framings,
        .memo = (struct memo *)(void *)q->in.memory,
    };

    if (p != NULL) {
        what.grace = policy_grace(p);
        what.uvm_issuers = (const char *const *)p->uvm.issuers;
        what.num_uvm_issuers = p->uvm.num_issuers;
    }
    appraise(&what, a, v);
}

/* Without a policy only report data is left to compare. */
static void match(const struct question *q, struct arena *a, struct verdict *v)
{
    const struct slice asked = q->report_data.len > 0 ? q->report_data : v->claims.bound;
    struct err err;
    bool ok;

    if (q->in.policy != NULL) {
        ok = policy_match(&q->in.policy->policy, v, asked, q->in.now, &err);
        verdict_note(v, "policy", "what the policy says", ok ? NULL : &err, a);
    } else if (q->report_data.len > 0) {
        ok = policy_match_report_data(v, asked, &err);
        verdict_note(v, "report_data", "the report data that was asked for", ok ? NULL : &err, a);
    }
}

static enum mesh_attest_outcome judge(const struct question *q, struct arena *a, struct verdict *v)
{
    appraise_question(q, a, v);
    if (q->missing.code != E_NONE && verdict_wants_collateral(v)) {
        v->reason = q->missing;
        return MESH_ATTEST_UNJUDGED;
    }
    if (v->genuine)
        match(q, a, v);
    return v->reason.code == E_NONE ? MESH_ATTEST_ACCEPTED : MESH_ATTEST_REJECTED;
}

/* ---- what is kept for reading ------------------------------------------------------------------------ */

static const char *value_text(const json_t *value, struct arena *a)
{
    char *dump;
    const char *copy;

    if (json_is_null(value))
        return NULL;
    if (json_is_string(value))
        return arena_strndup(a, slice_of(json_string_value(value), json_string_length(value)));
    dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (dump == NULL)
        abort();
    copy = arena_strdup(a, dump);
    free(dump);
    return copy;
}

static void keep_claims(struct mesh_attest_verdict *m, json_t *object, const char *prefix)
{
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value) {
        struct claim_text *t = arena_alloc(&m->arena, sizeof *t);

        t->name = arena_printf(&m->arena, "%s%s", prefix, name);
        t->value = value_text(value, &m->arena);
        t->next = m->texts;
        m->texts = t;
        if (json_is_object(value))
            keep_claims(m, value, arena_printf(&m->arena, "%s.", t->name));
    }
}

static void keep(struct mesh_attest_verdict *m)
{
    static const char *const words[] = {"accepted", "rejected", "unjudged"};
    scoped(json_release) json_t *json = NULL;
    struct err err;

    m->json = verdict_json_as(&m->v, words[m->outcome], &m->arena);
    m->text = arena_printf(&m->arena, "%s%s\n", verdict_text(&m->v, &m->arena), words[m->outcome]);
    if (m->v.genuine && json_parse(slice_str(m->json), JSON_NO_DUPLICATES, E_INTERNAL, &json, &err))
        keep_claims(m, json_object_get(json, "claims"), "");
}

struct mesh_attest_verdict *mesh_attest_appraise(const struct mesh_attest_request *request)
{
    struct mesh_attest_verdict *m = calloc(1, sizeof *m);
    struct question q = {0};

    if (m == NULL)
        abort();
    pki_init();
    if (ask(request, &m->arena, &q, &m->v.reason))
        m->outcome = judge(&q, &m->arena, &m->v);
    else
        m->outcome = MESH_ATTEST_UNJUDGED;
    keep(m);
    return m;
}

void mesh_attest_verdict_free(struct mesh_attest_verdict *verdict)
{
    if (verdict == NULL)
        return;
    arena_wipe(&verdict->arena);
    free(verdict);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

enum mesh_attest_outcome mesh_attest_outcome(const struct mesh_attest_verdict *verdict) { return verdict->outcome; }

const char *mesh_attest_reason(const struct mesh_attest_verdict *verdict)
{
    return reason_of(verdict->v.reason.code)->name;
}

const char *mesh_attest_message(const struct mesh_attest_verdict *verdict) { return verdict->v.reason.text; }
const char *mesh_attest_json(const struct mesh_attest_verdict *verdict) { return verdict->json; }
const char *mesh_attest_text(const struct mesh_attest_verdict *verdict) { return verdict->text; }

const char *mesh_attest_claim(const struct mesh_attest_verdict *verdict, const char *name)
{
    for (const struct claim_text *t = verdict->texts; t != NULL; t = t->next)
        if (strcmp(t->name, name) == 0)
            return t->value;
    return NULL;
}

int mesh_attest_window(const struct mesh_attest_verdict *verdict, int64_t *not_before, int64_t *not_after)
{
    if (!verdict->v.genuine)
        return 0;
    *not_before = verdict->v.not_before;
    *not_after = verdict->v.not_after;
    return 1;
}

int mesh_attest_check_at(const struct mesh_attest_verdict *verdict, size_t index, struct mesh_attest_check *check)
{
    const struct check *c;

    if (index >= verdict->v.num_checks)
        return 0;
    c = &verdict->v.checks[index];
    *check = (struct mesh_attest_check){
        .name = c->name,
        .outcome = (enum mesh_attest_step)c->outcome,
        .reason = c->outcome == CHECK_FAILED ? reason_of(c->code)->name : NULL,
        .expected = c->expected,
        .found = c->found,
    };
    return 1;
}
