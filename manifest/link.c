/* SPDX-License-Identifier: Apache-2.0 */
/* What names in a manifest refer to, and what is worth a warning once that is known. */
#include <stdlib.h>

#include "manifest/decode.h"

static void link_packages(struct manifest *m)
{
    for (size_t i = 0; i < m->num_marbles; i++)
        m->marbles[i].package = manifest_package(m, m->marbles[i].package_name);
}

static void link_roles(struct manifest *m, struct arena *a)
{
    for (size_t i = 0; i < m->num_users; i++) {
        struct user *u = &m->users[i];

        u->roles = arena_array(a, u->num_roles, sizeof *u->roles);
        for (size_t j = 0; j < u->num_roles; j++)
            u->roles[j] = manifest_role(m, u->role_names[j]);
    }
}

/* ---- which secrets a marble can use --------------------------------------------------------------- */

/* One mark for each secret of the manifest; `epoch` says whose it is, so that nothing is ever cleared. */
struct use_mark {
    size_t epoch;
    bool current, previous;
};

struct uses {
    const struct manifest *manifest;
    struct use_mark *marks;
    struct marble *marble;
    size_t epoch;
    size_t *found; /* the marked ones, in no order */
    size_t num_found;
};

static void mark_use(void *ctx, const char *name, bool previous)
{
    struct uses *u = ctx;
    const struct secret_spec *s = name == NULL ? NULL : manifest_secret(u->manifest, name);
    struct use_mark *mark;

    if (name == NULL)
        u->marble->all_secrets = true;
    if (s == NULL)
        return;
    mark = &u->marks[s - u->manifest->secrets];
    if (mark->epoch != u->epoch) {
        *mark = (struct use_mark){.epoch = u->epoch};
        u->found[u->num_found++] = (size_t)(s - u->manifest->secrets);
    }
    mark->current |= !previous;
    mark->previous |= previous;
}

static void mark_templates(struct uses *u, const struct content *list, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (list[i].template != NULL)
            template_secrets(list[i].template, mark_use, u);
}

static void mark_tags(struct uses *u)
{
    for (size_t i = 0; i < u->marble->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(u->manifest, u->marble->tls[i]);

        for (size_t j = 0; tag != NULL && j < tag->num_incoming; j++)
            if (*tag->incoming[j].cert != '\0')
                mark_use(u, tag->incoming[j].cert, false);
    }
}

static int by_number(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return x < y ? -1 : x > y;
}

static void link_secrets(struct manifest *m, struct arena *a)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct uses u = {.manifest = m, .marks = arena_array(&scratch, m->num_secrets, sizeof *u.marks)};

    u.found = arena_array(&scratch, m->num_secrets, sizeof *u.found);
    for (size_t i = 0; i < m->num_marbles; i++) {
        u.marble = &m->marbles[i];
        u.epoch = i + 1;
        u.num_found = 0;
        mark_templates(&u, u.marble->files, u.marble->num_files);
        mark_templates(&u, u.marble->env, u.marble->num_env);
        mark_tags(&u);
        qsort(u.found, u.num_found, sizeof *u.found, by_number);
        u.marble->num_secrets = u.num_found;
        u.marble->secrets = arena_array(a, u.num_found, sizeof *u.marble->secrets);
        for (size_t j = 0; j < u.num_found; j++) {
            const struct use_mark *mark = &u.marks[u.found[j]];

            u.marble->secrets[j] =
                (struct secret_use){&m->secrets[u.found[j]], mark->current, mark->previous};
        }
    }
}

/* ---- warnings ------------------------------------------------------------------------------------- */

/* MarbleRun overlooks what is incomplete with Debug, with a warning, and does not look at packages of no
 * marble. What is wrong without Debug is for manifest_check(). */
static void warn_of_incomplete_packages(struct decoder *d)
{
    const struct manifest *m = d->manifest;
    bool *used = arena_array(d->arena, m->num_packages, sizeof *used);

    for (size_t i = 0; i < m->num_marbles; i++)
        if (m->marbles[i].package != NULL)
            used[m->marbles[i].package - m->packages] = true;
    for (size_t i = 0; i < m->num_packages; i++) {
        char *warning = NULL;
        struct err ignored;

        if (used[i] && policy_check(&m->packages[i].policy, d->arena, &warning, &ignored) && warning != NULL)
            decode_warn(d, "%s: %s", path_entry(d->arena, "$.Packages", m->packages[i].name), warning);
    }
}

static void warn_of_unused_tls(struct decoder *d)
{
    const struct manifest *m = d->manifest;
    bool *used = arena_array(d->arena, m->num_tls, sizeof *used);

    for (size_t i = 0; i < m->num_marbles; i++)
        for (size_t j = 0; j < m->marbles[i].num_tls; j++) {
            const struct tls_tag *tag = manifest_tls(m, m->marbles[i].tls[j]);

            if (tag != NULL)
                used[tag - m->tls] = true;
        }
    for (size_t i = 0; i < m->num_tls; i++)
        if (!used[i])
            decode_warn(d, "%s: no marble has this tag", path_entry(d->arena, "$.TLS", m->tls[i].name));
}

/* One array of all rules, as they are matched. */
static void link_platforms(struct manifest *m, struct arena *a)
{
    m->platform_rules = arena_array(a, m->num_infrastructures, sizeof *m->platform_rules);
    for (size_t i = 0; i < m->num_infrastructures; i++)
        m->platform_rules[i] = m->infrastructures[i].platforms;
}

void link_manifest(struct decoder *d)
{
    link_packages(d->manifest);
    link_roles(d->manifest, d->arena);
    link_secrets(d->manifest, d->arena);
    link_platforms(d->manifest, d->arena);
    warn_of_incomplete_packages(d);
    warn_of_unused_tls(d);
}
