/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/steps.h"

#include "base/clock.h"
#include "pki/cert.h"

void window_narrow(struct window *w, int64_t from, int64_t to)
{
    if (from > w->from)
        w->from = from;
    if (to < w->to)
        w->to = to;
}

struct appraising appraising_begin(const struct appraisal *in, struct arena *a, struct verdict *v)
{
    return (struct appraising){.in = in, .arena = a, .v = v, .window = {v->not_before, v->not_after}};
}

void appraising_end(struct appraising *x)
{
    x->v->not_before = x->window.from;
    x->v->not_after = x->window.to;
}

static struct check take_step(struct appraising *x, const struct step *step)
{
    struct check check = {.name = step->name, .outcome = CHECK_SKIPPED, .expected = step->expected};

    if (x->v->reason.code != E_NONE)
        return check;
    x->expected = step->expected;
    x->found = NULL;
    check.outcome = step->holds(x, &x->v->reason) ? CHECK_PASSED : CHECK_FAILED;
    check.code = check.outcome == CHECK_PASSED ? E_NONE : x->v->reason.code;
    check.expected = x->expected;
    check.found = check.outcome == CHECK_PASSED ? x->found : arena_strdup(x->arena, x->v->reason.text);
    return check;
}

bool steps_take(struct appraising *x, const struct step *steps, size_t num)
{
    struct verdict *v = x->v;
    struct check *checks = arena_array(x->arena, v->num_checks + num, sizeof *checks);

    if (v->num_checks > 0)
        memcpy(checks, v->checks, v->num_checks * sizeof *checks);
    for (size_t i = 0; i < num; i++)
        checks[v->num_checks + i] = take_step(x, &steps[i]);
    v->checks = checks;
    v->num_checks += num;
    return v->reason.code == E_NONE;
}

const char *time_text(struct arena *a, int64_t t)
{
    char *text = arena_alloc(a, RFC3339_LEN + 1);

    rfc3339_format(text, t);
    return text;
}

bool step_cert_in_time(struct appraising *x, const struct cert *c, struct err *err)
{
    window_narrow(&x->window, c->not_before, c->not_after);
    return cert_valid_at(c, x->in->now, err);
}
