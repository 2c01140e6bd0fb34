/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "manifest/template_functions.h"

static bool run_pieces(struct run *run, const struct piece *p, enum piece_kind *jump);

/* ---- expressions ------------------------------------------------------------------------------ */

static bool spend(struct run *run, size_t steps)
{
    if (*run->steps_left < steps)
        return err_set(run->err, E_TEMPLATE_SIZE, "the template takes more steps than are allowed");
    *run->steps_left -= steps;
    return true;
}

static bool call(struct run *run, const struct node *n, struct value *out)
{
    enum { BYTES_PER_STEP = 64 }; /* work on long text is work */
    struct value args[TEMPLATE_MAX_ARGS];

    if (n->function->lazy != NULL)
        return n->function->lazy(run, n, out);
    for (size_t i = 0; i < n->num_args; i++)
        if (!template_evaluate(run, n->args[i], &args[i]) || !spend(run, args[i].bytes.len / BYTES_PER_STEP))
            return false;
    return n->function->apply(run, n, args, out);
}

static bool fields(struct run *run, const struct node *n, struct value *out)
{
    struct value v;

    if (!template_evaluate(run, n->args[0], &v))
        return false;
    for (size_t i = 0; i < n->num_names; i++)
        if (!value_field(run, n, &v, n->names[i], &v))
            return false;
    *out = v;
    return true;
}

/* Recursion is as deep as pipelines and parentheses: the parser bounds both. */
bool template_evaluate(struct run *run, const struct node *n, struct value *out)
{
    switch (n->kind) {
    case NODE_DOT:
        *out = run->dot;
        return true;
    case NODE_ROOT:
        *out = (struct value){.kind = VALUE_ROOT};
        return true;
    case NODE_VARIABLE:
        *out = run->slots[n->slot];
        return true;
    case NODE_FIELDS:
        return fields(run, n, out);
    case NODE_STRING:
        *out = value_text(n->text);
        return true;
    case NODE_NUMBER:
        *out = value_number((uint64_t)n->number, n->number < 0);
        return true;
    case NODE_BOOL:
        *out = value_bool(n->number != 0);
        return true;
    case NODE_NIL:
        *out = (struct value){.kind = VALUE_NIL};
        return true;
    case NODE_CALL:
        return call(run, n, out);
    }
    return false;
}

/* What a variable or the dot holds must outlive the action that made it. */
static bool keep(struct run *run, struct value *v)
{
    const size_t len = v->kind == VALUE_TEXT ? v->bytes.len : 0;

    run->num_kept += len;
    if (run->num_kept > LIMIT_TEMPLATE_OUTPUT)
        return err_set(run->err, E_TEMPLATE_SIZE, "variables have held more than the %d bytes allowed",
                       LIMIT_TEMPLATE_OUTPUT);
    if (v->kind == VALUE_TEXT)
        v->bytes = arena_copy(run->kept, v->bytes);
    if (v->missing != NULL)
        v->missing = arena_strdup(run->kept, v->missing);
    return true;
}

static bool evaluate_and_keep(struct run *run, const struct piece *p, struct value *out)
{
    const bool good = template_evaluate(run, p->node, out) &&
                      ((p->num_slots == 0 && p->kind != PIECE_WITH) || keep(run, out));

    arena_wipe(run->arena);
    return good;
}

/* ---- statements ------------------------------------------------------------------------------- */

static bool print(struct run *run, const struct piece *p)
{
    struct value v;
    const bool good = template_evaluate(run, p->node, &v) && value_print(run, p->node, &v, run->out);

    arena_wipe(run->arena);
    return good;
}

static void set(struct run *run, const struct piece *p, size_t i, struct value v)
{
    if (i < p->num_slots)
        run->slots[p->slots[i]] = v;
}

static bool run_condition(struct run *run, const struct piece *p, enum piece_kind *jump)
{
    const struct value dot = run->dot;
    struct value v;
    bool good;

    if (!evaluate_and_keep(run, p, &v))
        return false;
    set(run, p, 0, v);
    if (!value_is_true(&v))
        return run_pieces(run, p->otherwise, jump);
    if (p->kind == PIECE_WITH)
        run->dot = v;
    good = run_pieces(run, p->body, jump);
    run->dot = dot;
    return good;
}

/* One turn: with one variable it is the element, with two they are key and element. */
static bool turn(struct run *run, const struct piece *p, struct value key, struct value element, bool *more)
{
    enum piece_kind jump = PIECE_TEXT;

    if (!spend(run, 1))
        return false;
    set(run, p, 0, p->num_slots == 2 ? key : element);
    set(run, p, 1, element);
    run->dot = element;
    if (!run_pieces(run, p->body, &jump))
        return false;
    *more = jump != PIECE_BREAK;
    return true;
}

static bool turns(struct run *run, const struct piece *p, const struct value *v, size_t num)
{
    bool more = true;

    for (size_t i = 0; i < num && more; i++) {
        struct value key = value_number(i, false), element = key;

        if (v->kind == VALUE_SECRETS) {
            key = value_text(slice_str(v->set->values[i].spec->name));
            element = (struct value){.kind = VALUE_SECRET, .secret = &v->set->values[i]};
        } else if (v->kind != VALUE_NUMBER) {
            element = value_number(v->bytes.ptr[i], false);
        }
        if (!turn(run, p, key, element, &more))
            return false;
    }
    return true;
}

static bool run_range(struct run *run, const struct piece *p, enum piece_kind *jump)
{
    const struct value dot = run->dot;
    struct value v;
    size_t num = 0;
    bool good;

    if (!evaluate_and_keep(run, p, &v))
        return false;
    if (v.kind == VALUE_SECRETS)
        num = v.set == NULL ? 0 : v.set->num;
    else if (v.kind == VALUE_PUBLIC || v.kind == VALUE_PRIVATE)
        num = v.bytes.len;
    else if (v.kind == VALUE_NUMBER && p->num_slots < 2)
        num = v.negative ? 0 : (size_t)v.number;
    else if (v.kind != VALUE_MISSING && v.kind != VALUE_NIL)
        return template_fault(run, p->node, "range goes over .Secrets, keys and numbers, not over %s%s",
                              value_kind_name(v.kind),
                              v.kind == VALUE_NUMBER ? " with two variables" : "");
    if (num == 0)
        return run_pieces(run, p->otherwise, jump);
    good = turns(run, p, &v, num);
    run->dot = dot;
    return good;
}

static bool run_piece(struct run *run, const struct piece *p, enum piece_kind *jump)
{
    struct value v;

    switch (p->kind) {
    case PIECE_TEXT:
        buf_put(run->out, p->text);
        return true;
    case PIECE_PRINT:
        return print(run, p);
    case PIECE_SET:
        if (!evaluate_and_keep(run, p, &v))
            return false;
        set(run, p, 0, v);
        return true;
    case PIECE_IF:
    case PIECE_WITH:
        return run_condition(run, p, jump);
    case PIECE_RANGE:
        return run_range(run, p, jump);
    case PIECE_BREAK:
    case PIECE_CONTINUE:
        *jump = p->kind;
        return true;
    }
    return false;
}

/* *jump becomes PIECE_BREAK or PIECE_CONTINUE when a range has to know. */
static bool run_pieces(struct run *run, const struct piece *p, enum piece_kind *jump)
{
    for (; p != NULL && *jump == PIECE_TEXT; p = p->next) {
        if (!spend(run, 1) || !run_piece(run, p, jump))
            return false;
        if (!buf_ok(run->out))
            return err_set(run->err, E_TEMPLATE_SIZE,
                           "the expanded template has more than the %d bytes allowed", LIMIT_TEMPLATE_OUTPUT);
    }
    return true;
}

bool template_run(const struct template *t, const struct template_data *data, struct arena *a,
                  struct slice *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0}, variables = {0};
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_TEMPLATE_OUTPUT);
    size_t steps = LIMIT_TEMPLATE_STEPS;
    struct run run = {.template = t, .data = data, .dot = {.kind = VALUE_ROOT}, .out = &b, .err = err};
    enum piece_kind jump = PIECE_TEXT;

    run.arena = &scratch;
    run.kept = &variables;
    run.steps_left = data != NULL && data->steps_left != NULL ? data->steps_left : &steps;
    if (!run_pieces(&run, t->pieces, &jump))
        return false;
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
