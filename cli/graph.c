/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/graph.h"

#include <string.h>

#include "base/scope.h"
#include "base/text.h"

/* ---- who calls whom -------------------------------------------------------------------------------------
 */

/* A marble is called by the name that begins its address: "backend", "backend.ns.svc". */
static bool is_named(const char *addr, const char *type)
{
    const size_t len = strlen(type);

    return strncmp(addr, type, len) == 0 && (addr[len] == '\0' || addr[len] == '.');
}

static bool listens(const struct manifest *m, const struct marble *marble, const char *port)
{
    for (size_t i = 0; i < marble->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(m, marble->tls[i]);

        for (size_t k = 0; tag != NULL && k < tag->num_incoming; k++)
            if (strcmp(tag->incoming[k].port, port) == 0)
                return true;
    }
    return false;
}

static const struct marble *called(const struct manifest *m, const struct tls_end *end)
{
    for (size_t i = 0; i < m->num_marbles; i++)
        if (is_named(end->addr, m->marbles[i].type) && listens(m, &m->marbles[i], end->port))
            return &m->marbles[i];
    return NULL;
}

typedef void on_call(struct buf *b, struct arena *a, const struct marble *from, const struct tls_end *end,
                     const struct marble *to);

static void each_call(const struct manifest *m, const struct marble *from, struct buf *b, struct arena *a,
                      on_call *on)
{
    for (size_t i = 0; i < from->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(m, from->tls[i]);

        for (size_t k = 0; tag != NULL && k < tag->num_outgoing; k++)
            on(b, a, from, &tag->outgoing[k], called(m, &tag->outgoing[k]));
    }
}

/* ---- text -------------------------------------------------------------------------------------------------
 */

static void text_call(struct buf *b, struct arena *a, const struct marble *from, const struct tls_end *end,
                      const struct marble *to)
{
    (void)from;
    buf_printf(b, "        calls %s:%s%s\n", text_shown(a, slice_str(end->addr)),
               text_shown(a, slice_str(end->port)), to != NULL ? "" : " (no marble of this manifest)");
}

static void text_marble(const struct manifest *m, const struct marble *marble, struct buf *b, struct arena *a)
{
    buf_printf(b, "    marble %s", text_shown(a, slice_str(marble->type)));
    if (marble->max_activations > 0)
        buf_printf(b, " (%llu activations at most)", (unsigned long long)marble->max_activations);
    buf_str(b, "\n");
    for (size_t i = 0; i < marble->num_secrets; i++)
        buf_printf(b, "        gets %s\n", text_shown(a, slice_str(marble->secrets[i].secret->name)));
    if (marble->all_secrets)
        buf_str(b, "        may get any secret: a template makes names while it runs\n");
    for (size_t i = 0; i < marble->num_files; i++)
        buf_printf(b, "        file %s\n", text_shown(a, slice_str(marble->files[i].name)));
    for (size_t i = 0; i < marble->num_env; i++)
        buf_printf(b, "        variable %s\n", text_shown(a, slice_str(marble->env[i].name)));
    each_call(m, marble, b, a, text_call);
}

static void text_user(const struct user *u, struct buf *b, struct arena *a)
{
    buf_printf(b, "user %s\n", text_shown(a, slice_str(u->name)));
    for (size_t i = 0; i < u->num_roles; i++) {
        const struct role *r = u->roles[i];

        buf_printf(b, "    role %s", text_shown(a, slice_str(u->role_names[i])));
        for (size_t k = 0; r != NULL && k < r->num_actions; k++)
            buf_printf(b, "%s%s", k == 0 ? ": " : ", ", text_shown(a, slice_str(r->actions[k])));
        for (size_t k = 0; r != NULL && k < r->num_resources; k++)
            buf_printf(b, "%s%s", k == 0 ? " of " : ", ", text_shown(a, slice_str(r->resources[k])));
        buf_str(b, "\n");
    }
}

void graph_text(const struct manifest *m, struct buf *b)
{
    scoped(arena_wipe) struct arena a = {0};

    for (size_t i = 0; i < m->num_packages; i++) {
        buf_printf(b, "package %s\n", text_shown(&a, slice_str(m->packages[i].name)));
        for (size_t k = 0; k < m->num_marbles; k++)
            if (m->marbles[k].package == &m->packages[i])
                text_marble(m, &m->marbles[k], b, &a);
    }
    for (size_t i = 0; i < m->num_secrets; i++)
        buf_printf(b, "secret %s: %s%s%s\n", text_shown(&a, slice_str(m->secrets[i].name)),
                   secret_type_name(m->secrets[i].type), m->secrets[i].shared ? ", shared" : "",
                   m->secrets[i].user_defined ? ", set by a user" : "");
    for (size_t i = 0; i < m->num_users; i++)
        text_user(&m->users[i], b, &a);
    for (size_t i = 0; i < m->num_recovery_keys; i++)
        buf_printf(b, "recovery key %s\n", text_shown(&a, slice_str(m->recovery_keys[i].name)));
}

/* ---- Graphviz
 * ----------------------------------------------------------------------------------------------- */

/* A quoted identifier: the kind keeps names of different kinds apart. */
static void put_id(struct buf *b, const char *kind, const char *name)
{
    buf_printf(b, "\"%s ", kind);
    for (; *name != '\0'; name++)
        if (*name == '"' || *name == '\\')
            buf_printf(b, "\\%c", *name);
        else
            buf_u8(b, (unsigned char)*name < ' ' ? '?' : (uint8_t)*name);
    buf_str(b, "\"");
}

static void put_node(struct buf *b, const char *kind, const char *name, const char *look)
{
    buf_str(b, "    ");
    put_id(b, kind, name);
    buf_printf(b, " [%s]\n", look);
}

static void put_edge(struct buf *b, const char *from_kind, const char *from, const char *to_kind,
                     const char *to, const char *label)
{
    buf_str(b, "    ");
    put_id(b, from_kind, from);
    buf_str(b, " -> ");
    put_id(b, to_kind, to);
    buf_printf(b, " [label=\"%s\"]\n", label);
}

static void dot_call(struct buf *b, struct arena *a, const struct marble *from, const struct tls_end *end,
                     const struct marble *to)
{
    const char *outside = arena_printf(a, "%s:%s", end->addr, end->port);

    if (to == NULL)
        put_node(b, "outside", outside, "shape=plaintext");
    put_edge(b, "marble", from->type, to != NULL ? "marble" : "outside", to != NULL ? to->type : outside,
             "calls");
}

static void dot_marble(const struct manifest *m, const struct marble *marble, struct buf *b, struct arena *a)
{
    put_node(b, "marble", marble->type, "shape=ellipse");
    if (marble->package != NULL)
        put_edge(b, "package", marble->package->name, "marble", marble->type, "runs as");
    for (size_t i = 0; i < marble->num_secrets; i++)
        put_edge(b, "secret", marble->secrets[i].secret->name, "marble", marble->type, "goes to");
    each_call(m, marble, b, a, dot_call);
}

static void dot_role(const struct manifest *m, const struct role *r, struct buf *b)
{
    const char *kind = strcmp(r->resource_type, "Secrets") == 0 ? "secret" : "package";

    put_node(b, "role", r->name, "shape=hexagon");
    for (size_t i = 0; i < r->num_resources; i++)
        if (strcmp(kind, "secret") == 0 ? manifest_secret(m, r->resources[i]) != NULL
                                        : manifest_package(m, r->resources[i]) != NULL)
            put_edge(b, "role", r->name, kind, r->resources[i], r->num_actions > 0 ? "may change" : "");
}

void graph_dot(const struct manifest *m, struct buf *b)
{
    scoped(arena_wipe) struct arena a = {0};

    buf_str(b, "digraph mesh {\n    rankdir=LR\n    node [fontname=\"sans-serif\"]\n    edge "
               "[fontname=\"sans-serif\", "
               "fontsize=10]\n");
    for (size_t i = 0; i < m->num_packages; i++)
        put_node(b, "package", m->packages[i].name, "shape=box3d");
    for (size_t i = 0; i < m->num_secrets; i++)
        put_node(b, "secret", m->secrets[i].name,
                 m->secrets[i].user_defined ? "shape=note, style=dashed" : "shape=note");
    for (size_t i = 0; i < m->num_marbles; i++)
        dot_marble(m, &m->marbles[i], b, &a);
    for (size_t i = 0; i < m->num_roles; i++)
        dot_role(m, &m->roles[i], b);
    for (size_t i = 0; i < m->num_users; i++) {
        put_node(b, "user", m->users[i].name, "shape=house");
        for (size_t k = 0; k < m->users[i].num_roles; k++)
            put_edge(b, "user", m->users[i].name, "role", m->users[i].role_names[k], "is");
    }
    buf_str(b, "}\n");
}
