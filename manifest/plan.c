/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/plan.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"
#include "manifest/diff.h"

const char *plan_section_name(enum plan_section s)
{
    static const char *const names[NUM_PLAN_SECTIONS] = {
        [PLAN_PACKAGES] = "Packages", [PLAN_INFRASTRUCTURES] = "Infrastructures",
        [PLAN_MARBLES] = "Marbles",   [PLAN_USERS] = "Users",
        [PLAN_SECRETS] = "Secrets",   [PLAN_RECOVERY_KEYS] = "RecoveryKeys",
        [PLAN_ROLES] = "Roles",       [PLAN_TLS] = "TLS",
        [PLAN_CONFIG] = "Config",
    };

    return names[s];
}

/* ---- secrets ---------------------------------------------------------------------------------- */

static void add_secret(struct plan *p, const struct secret_spec *old, const struct secret_spec *next,
                       bool rotate)
{
    const enum secret_fate fate = secret_fate_of(old, next, rotate);

    if (fate != SECRET_KEPT)
        p->secrets[p->num_secrets++] = (struct plan_secret){
            .name = next != NULL ? next->name : old->name,
            .fate = fate,
            .redefined = fate == SECRET_NEW && old != NULL,
        };
}

static void plan_secrets(const struct manifest *old, const struct manifest *next, struct arena *a,
                         struct plan *p)
{
    size_t i = 0, j = 0;

    p->secrets = arena_array(a, old->num_secrets + next->num_secrets, sizeof *p->secrets);
    while (i < old->num_secrets || j < next->num_secrets) {
        const struct secret_spec *x = i < old->num_secrets ? &old->secrets[i] : NULL;
        const struct secret_spec *y = j < next->num_secrets ? &next->secrets[j] : NULL;
        const int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);

        add_secret(p, order <= 0 ? x : NULL, order >= 0 ? y : NULL, next->rotate_root_secret);
        i += order <= 0;
        j += order >= 0;
    }
}

/* A package update makes shared certificates anew, because their issuer is new. */
static void plan_shared_certificates(const struct manifest *m, struct arena *a, struct plan *p)
{
    p->secrets = arena_array(a, m->num_secrets, sizeof *p->secrets);
    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_spec *s = &m->secrets[i];

        if (s->shared && !s->user_defined && s->type != SECRET_SYMMETRIC_KEY && s->type != SECRET_PLAIN)
            p->secrets[p->num_secrets++] = (struct plan_secret){.name = s->name, .fate = SECRET_REGENERATED};
    }
}

static bool secret_changes(const struct plan *p, const char *name)
{
    return find_named(name, p->secrets, p->num_secrets, sizeof *p->secrets) != NULL;
}

/* ---- marbles ---------------------------------------------------------------------------------- */

static bool needs_restart(const struct plan *p, const struct marble *m)
{
    if (plan_find(p, PLAN_MARBLES, m->type) != NULL || plan_find(p, PLAN_PACKAGES, m->package_name) != NULL ||
        (m->all_secrets && p->num_secrets > 0))
        return true;
    for (size_t i = 0; i < m->num_tls; i++)
        if (plan_find(p, PLAN_TLS, m->tls[i]) != NULL)
            return true;
    for (size_t i = 0; i < m->num_secrets; i++)
        if (secret_changes(p, m->secrets[i].secret->name))
            return true;
    return false;
}

static void plan_restarts(const struct manifest *old, const struct manifest *next, struct arena *a,
                          struct plan *p)
{
    p->restart = arena_array(a, next->num_marbles, sizeof *p->restart);
    for (size_t i = 0; i < next->num_marbles; i++)
        if (manifest_marble(old, next->marbles[i].type) != NULL && needs_restart(p, &next->marbles[i]))
            p->restart[p->num_restart++] = arena_strdup(a, next->marbles[i].type);
}

/* ---- the plan --------------------------------------------------------------------------------- */

static bool plan_packages(const struct manifest *current, const struct package *effective,
                          const struct manifest *upload, struct arena *a, struct plan *p, struct err *err)
{
    struct manifest after = *current;

    if (!packages_update(effective, current->num_packages, upload, a, &after.packages, err))
        return false;
    diff_manifests(current, effective, &after, a, p);
    plan_shared_certificates(current, a, p);
    plan_restarts(current, &after, a, p);
    return true;
}

static void plan_full(const struct manifest *current, const struct package *effective,
                      const struct manifest *upload, struct arena *a, struct plan *p)
{
    diff_manifests(current, effective, upload, a, p);
    plan_secrets(current, upload, a, p);
    p->rotates_root_secret = upload->rotate_root_secret;
    p->changes_recovery = recovery_changes(current, upload);
    p->acknowledge = manifest_updaters(current, a, &p->num_acknowledge);
    p->needed = manifest_update_threshold(current);
    plan_restarts(current, upload, a, p);
}

bool plan_update(const struct manifest *current, const struct package *effective,
                 const struct manifest *upload, struct arena *a, struct plan *out, struct err *err)
{
    struct plan p = {.kind = update_kind_of(upload), .rotates_intermediate = true};

    if (p.kind == UPDATE_FULL)
        plan_full(current, effective, upload, a, &p);
    else if (!plan_packages(current, effective, upload, a, &p, err))
        return false;
    *out = p;
    return true;
}

/* ---- written ---------------------------------------------------------------------------------- */

static const char *const change_names[] = {
    [PLAN_ADDED] = "added", [PLAN_REMOVED] = "removed", [PLAN_CHANGED] = "changed"};
static const char *const fate_names[] = {[SECRET_KEPT] = "kept",
                                         [SECRET_NEW] = "new",
                                         [SECRET_REGENERATED] = "regenerated",
                                         [SECRET_REMOVED] = "removed"};
static const char change_marks[] = {[PLAN_ADDED] = '+', [PLAN_REMOVED] = '-', [PLAN_CHANGED] = '~'};

static void tell_entries(struct buf *b, struct arena *a, const struct plan *p)
{
    for (size_t i = 0; i < p->num_entries; i++) {
        const struct plan_entry *e = &p->entries[i];

        if (i == 0 || p->entries[i - 1].section != e->section)
            buf_printf(b, "%s:\n", plan_section_name(e->section));
        buf_printf(b, "  %c %s\n", change_marks[e->change], text_shown(a, slice_str(e->name)));
        for (size_t j = 0; j < e->num_details; j++)
            buf_printf(b, "      %s\n", e->details[j]);
    }
    if (p->num_entries == 0)
        buf_str(b, "Nothing in the manifest changes.\n");
}

static void tell_secrets(struct buf *b, struct arena *a, const struct plan *p)
{
    for (size_t i = 0; i < p->num_secrets; i++)
        buf_printf(b, "  secret %s: %s%s\n", text_shown(a, slice_str(p->secrets[i].name)),
                   fate_names[p->secrets[i].fate],
                   p->secrets[i].redefined ? ", the value of the old definition is lost" : "");
}

static void tell_acknowledgments(struct buf *b, struct arena *a, const struct plan *p)
{
    if (p->kind == UPDATE_PACKAGES)
        return;
    buf_printf(b, "  acknowledgments needed: %zu of", p->needed);
    for (size_t i = 0; i < p->num_acknowledge; i++)
        buf_printf(b, "%s %s", i == 0 ? "" : ",", text_shown(a, slice_str(p->acknowledge[i]->name)));
    buf_str(b, p->num_acknowledge == 0 ? " nobody: no user may update this manifest\n" : "\n");
}

char *plan_text(const struct plan *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    buf_printf(&b, "%s update\n", p->kind == UPDATE_FULL ? "Full" : "Package");
    tell_entries(&b, a, p);
    buf_str(&b, "Consequences:\n");
    buf_str(&b, "  intermediate and marble root certificate: new; marbles that run now and marbles that "
                "start later do not trust each other until the former are restarted\n");
    if (p->rotates_root_secret)
        buf_str(&b, "  root secret: new; private symmetric keys change, .Previous has the old ones\n");
    if (p->changes_recovery)
        buf_str(&b, "  recovery secrets: new; the old ones become useless\n");
    tell_secrets(&b, a, p);
    for (size_t i = 0; i < p->num_restart; i++)
        buf_printf(&b, "  restart %s: what it gets changes\n", text_shown(a, slice_str(p->restart[i])));
    tell_acknowledgments(&b, a, p);
    return arena_strndup(a, buf_bytes(&b));
}

static void put_strings(struct buf *b, const char *name, char *const *list, size_t num)
{
    buf_printf(b, "\"%s\":[", name);
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "" : ",");
        json_put_string(b, slice_str(list[i]));
    }
    buf_str(b, "]");
}

static void put_entries(struct buf *b, const struct plan *p)
{
    buf_str(b, "\"entries\":[");
    for (size_t i = 0; i < p->num_entries; i++) {
        const struct plan_entry *e = &p->entries[i];

        buf_printf(b, "%s{\"section\":\"%s\",\"name\":", i == 0 ? "" : ",", plan_section_name(e->section));
        json_put_string(b, slice_str(e->name));
        buf_printf(b, ",\"change\":\"%s\",", change_names[e->change]);
        put_strings(b, "details", e->details, e->num_details);
        buf_str(b, "}");
    }
    buf_str(b, "],\"secrets\":[");
    for (size_t i = 0; i < p->num_secrets; i++) {
        buf_str(b, i == 0 ? "{\"name\":" : ",{\"name\":");
        json_put_string(b, slice_str(p->secrets[i].name));
        buf_printf(b, ",\"fate\":\"%s\",\"redefined\":%s}", fate_names[p->secrets[i].fate],
                   p->secrets[i].redefined ? "true" : "false");
    }
    buf_str(b, "]");
}

char *plan_json(const struct plan *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    buf_printf(&b, "{\"kind\":\"%s\",", p->kind == UPDATE_FULL ? "full" : "package");
    put_entries(&b, p);
    buf_printf(&b, ",\"rotatesIntermediate\":%s,\"rotatesRootSecret\":%s,\"changesRecovery\":%s,",
               p->rotates_intermediate ? "true" : "false", p->rotates_root_secret ? "true" : "false",
               p->changes_recovery ? "true" : "false");
    put_strings(&b, "restart", p->restart, p->num_restart);
    buf_printf(&b, ",\"neededAcknowledgments\":%zu,\"acknowledge\":[", p->needed);
    for (size_t i = 0; i < p->num_acknowledge; i++) {
        buf_str(&b, i == 0 ? "" : ",");
        json_put_string(&b, slice_str(p->acknowledge[i]->name));
    }
    buf_str(&b, "]}");
    return arena_strndup(a, buf_bytes(&b));
}
