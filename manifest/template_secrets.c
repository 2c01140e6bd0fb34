/* SPDX-License-Identifier: Apache-2.0 */
/* Which secrets a template can look at, without running it. Each expression is worth something abstract: a part
 * of the data that leads to secrets, or anything else. Where a part is used in a way that this does not follow,
 * the answer is: all. */
#include "manifest/template_tree.h"

enum part { ELSE, ROOT, PREVIOUS, SECRETS_NOW, SECRETS_BEFORE };

struct analysis {
    template_secret_seen *seen;
    void *ctx;
    enum part dot;
    enum part slots[TEMPLATE_MAX_SLOTS];
};

static enum part look(struct analysis *a, const struct node *n);

static void all(struct analysis *a) { a->seen(a->ctx, NULL, false); }

static bool is_map(enum part p) { return p == SECRETS_NOW || p == SECRETS_BEFORE; }

static enum part field_of(struct analysis *a, enum part of, const char *name)
{
    const bool secrets = strcmp(name, "Secrets") == 0;

    if (is_map(of))
        a->seen(a->ctx, name, of == SECRETS_BEFORE);
    if (of == ROOT)
        return secrets ? SECRETS_NOW : strcmp(name, "Previous") == 0 ? PREVIOUS : ELSE;
    return of == PREVIOUS && secrets ? SECRETS_BEFORE : ELSE;
}

/* A name with a NUL inside is no secret's. */
static enum part index_of(struct analysis *a, const struct node *call, enum part of)
{
    const struct node *name = call->args[1];
    char text[512];

    if (!is_map(of)) {
        if (of != ELSE)
            all(a);
        return ELSE;
    }
    if (name->kind != NODE_STRING || name->text.len >= sizeof text) {
        all(a);
        return ELSE;
    }
    memcpy(text, name->text.ptr, name->text.len);
    text[name->text.len] = '\0';
    a->seen(a->ctx, text, of == SECRETS_BEFORE);
    return ELSE;
}

static enum part call(struct analysis *a, const struct node *n)
{
    enum part first = ELSE;

    for (size_t i = 0; i < n->num_args; i++) {
        const enum part p = look(a, n->args[i]);

        if (i == 0)
            first = p;
        if (p != ELSE && (i > 0 || strcmp(n->function->name, "index") != 0))
            all(a);
    }
    return strcmp(n->function->name, "index") == 0 ? index_of(a, n, first) : ELSE;
}

static enum part look(struct analysis *a, const struct node *n)
{
    enum part p;

    switch (n->kind) {
    case NODE_DOT:
        return a->dot;
    case NODE_ROOT:
        return ROOT;
    case NODE_VARIABLE:
        return a->slots[n->slot];
    case NODE_FIELDS:
        p = look(a, n->args[0]);
        for (size_t i = 0; i < n->num_names; i++)
            p = field_of(a, p, n->names[i]);
        return p;
    case NODE_CALL:
        return call(a, n);
    default:
        return ELSE;
    }
}

/* A part that is assigned to a variable could come to a use that stands before it, in a loop. */
static void look_at_list(struct analysis *a, const struct piece *p)
{
    for (; p != NULL; p = p->next) {
        const enum part dot = a->dot;
        enum part part = p->node == NULL ? ELSE : look(a, p->node);

        if ((p->assigns && part != ELSE) || (is_map(part) && p->kind != PIECE_SET))
            all(a);
        if (p->kind == PIECE_RANGE)
            part = ELSE;
        for (size_t i = 0; i < p->num_slots && !p->assigns; i++)
            a->slots[p->slots[i]] = part;
        look_at_list(a, p->otherwise);
        if (p->kind == PIECE_WITH || p->kind == PIECE_RANGE)
            a->dot = part;
        look_at_list(a, p->body);
        a->dot = dot;
    }
}

void template_secrets(const struct template *t, template_secret_seen *seen, void *ctx)
{
    struct analysis a = {.seen = seen, .ctx = ctx, .dot = ROOT};

    look_at_list(&a, t->pieces);
}
