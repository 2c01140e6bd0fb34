/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

enum { MAX_DETAILS = 16, MAX_LISTED = 8 };

struct differ {
    struct arena *arena;
    struct plan *plan;
    size_t cap;
    struct plan_entry now; /* the changed entry at hand: details are added to it */
};

/* ---- details ---------------------------------------------------------------------------------- */

static void detail(struct differ *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void detail(struct differ *d, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (d->now.details == NULL)
        d->now.details = arena_array(d->arena, MAX_DETAILS, sizeof *d->now.details);
    if (d->now.num_details == MAX_DETAILS)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    d->now.details[d->now.num_details++] = arena_strdup(d->arena, text);
}

static const char *shown(struct differ *d, const char *s)
{
    return s == NULL || *s == '\0' ? "none" : text_shown(d->arena, slice_str(s));
}

static void compare_texts(struct differ *d, const char *name, const char *old, const char *next)
{
    if (strcmp(old == NULL ? "" : old, next == NULL ? "" : next) != 0)
        detail(d, "%s: %s -> %s", name, shown(d, old), shown(d, next));
}

static void compare_bools(struct differ *d, const char *name, bool old, bool next)
{
    if (old != next)
        detail(d, "%s: %s -> %s", name, old ? "true" : "false", next ? "true" : "false");
}

static void compare_numbers(struct differ *d, const char *name, uint64_t old, uint64_t next)
{
    if (old != next)
        detail(d, "%s: %llu -> %llu", name, (unsigned long long)old, (unsigned long long)next);
}

static const char *optional_text(struct differ *d, bool has, uint64_t v)
{
    return has ? arena_printf(d->arena, "%llu", (unsigned long long)v) : "";
}

static const char *list_text(struct differ *d, char *const *list, size_t num)
{
    const char *text = "";

    for (size_t i = 0; i < num && i < MAX_LISTED; i++)
        text = arena_printf(d->arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            text_shown(d->arena, slice_str(list[i])));
    return num > MAX_LISTED ? arena_printf(d->arena, "%s and %zu more", text, num - MAX_LISTED) : text;
}

static bool same_lists(char *const *x, size_t num_x, char *const *y, size_t num_y)
{
    for (size_t i = 0; num_x == num_y && i < num_x; i++)
        if (strcmp(x[i], y[i]) != 0)
            return false;
    return num_x == num_y;
}

static void compare_lists(struct differ *d, const char *name, char *const *old, size_t num_old,
                          char *const *next, size_t num_next)
{
    if (!same_lists(old, num_old, next, num_next))
        detail(d, "%s: %s -> %s", name, shown(d, list_text(d, old, num_old)),
               shown(d, list_text(d, next, num_next)));
}

static void compare_bytes(struct differ *d, const char *name, struct slice old, struct slice next)
{
    if (!slice_equal(old, next))
        detail(d, "%s: changed", name);
}

/* ---- entries ---------------------------------------------------------------------------------- */

/* What a package says beside MarbleRun's properties. */
static const char *others_text(struct differ *d, const struct package_policy *p)
{
    struct package_policy others = *p;

    others.debug = others.relay_proof = others.has_product_id = others.has_security_version = false;
    others.unique_id = others.signer_id = NULL;
    others.num_tcb_statuses = others.num_advisories = 0;
    return policy_json(&others, d->arena);
}

static void compare_packages(struct differ *d, const void *x, const void *y)
{
    const struct package_policy *old = &((const struct package *)x)->policy,
                                *next = &((const struct package *)y)->policy;

    compare_bools(d, "Debug", old->debug, next->debug);
    compare_texts(d, "UniqueID", old->unique_id, next->unique_id);
    compare_texts(d, "SignerID", old->signer_id, next->signer_id);
    compare_texts(d, "ProductID", optional_text(d, old->has_product_id, old->product_id),
                  optional_text(d, next->has_product_id, next->product_id));
    compare_texts(d, "SecurityVersion", optional_text(d, old->has_security_version, old->security_version),
                  optional_text(d, next->has_security_version, next->security_version));
    compare_lists(d, "AcceptedTCBStatuses", old->tcb_statuses, old->num_tcb_statuses, next->tcb_statuses,
                  next->num_tcb_statuses);
    compare_lists(d, "AcceptedAdvisories", old->advisories, old->num_advisories, next->advisories,
                  next->num_advisories);
    compare_bools(d, "RelayProof", old->relay_proof, next->relay_proof);
    compare_texts(d, "TEEs and TCB", others_text(d, old), others_text(d, next));
}

static const char *platforms_text(struct differ *d, const struct platform_rule *r)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_MANIFEST);

    platform_rule_put(&b, r);
    return arena_strndup(d->arena, buf_bytes(&b));
}

static void compare_infrastructures(struct differ *d, const void *x, const void *y)
{
    const struct infrastructure *old = x, *next = y;

    compare_bytes(d, "CPUSVN", old->cpusvn, next->cpusvn);
    compare_texts(d, "QESVN", optional_text(d, old->has_qesvn, old->qesvn),
                  optional_text(d, next->has_qesvn, next->qesvn));
    compare_texts(d, "PCESVN", optional_text(d, old->has_pcesvn, old->pcesvn),
                  optional_text(d, next->has_pcesvn, next->pcesvn));
    compare_bytes(d, "RootCA", old->root_ca, next->root_ca);
    compare_texts(d, "platforms", platforms_text(d, &old->platforms), platforms_text(d, &next->platforms));
}

/* Contents may hold what is not for everybody's eyes: only that they changed is told. */
static void compare_contents(struct differ *d, const char *what, const struct content *old, size_t num_old,
                             const struct content *next, size_t num_next)
{
    size_t i = 0, j = 0;

    while (i < num_old || j < num_next) {
        const int order = i == num_old ? 1 : j == num_next ? -1 : strcmp(old[i].name, next[j].name);
        const char *name = text_shown(d->arena, slice_str(order <= 0 ? old[i].name : next[j].name));

        if (order < 0)
            detail(d, "%s %s: removed", what, name);
        else if (order > 0)
            detail(d, "%s %s: added", what, name);
        else if (!slice_equal(old[i].source, next[j].source) || old[i].no_templates != next[j].no_templates)
            detail(d, "%s %s: changed", what, name);
        i += order <= 0;
        j += order >= 0;
    }
}

static void compare_names(struct differ *d, const struct marble_names *old, const struct marble_names *next)
{
    if (old->given != next->given)
        detail(d, "names of the certificate: %s",
               next->given ? "the request's -> the manifest's" : "the manifest's -> the request's");
    compare_lists(d, "DNSNames", old->dns, old->num_dns, next->dns, next->num_dns);
    compare_lists(d, "IPAddresses", old->ips, old->num_ips, next->ips, next->num_ips);
    compare_bools(d, "SPIFFE", old->spiffe, next->spiffe);
}

static void compare_marbles(struct differ *d, const void *x, const void *y)
{
    const struct marble *old = x, *next = y;

    compare_texts(d, "Package", old->package_name, next->package_name);
    compare_numbers(d, "MaxActivations", old->max_activations, next->max_activations);
    compare_bools(d, "DisableSecretBinding", old->disable_secret_binding, next->disable_secret_binding);
    compare_names(d, &old->names, &next->names);
    compare_lists(d, "Argv", old->argv, old->num_argv, next->argv, next->num_argv);
    compare_lists(d, "TLS", old->tls, old->num_tls, next->tls, next->num_tls);
    compare_contents(d, "File", old->files, old->num_files, next->files, next->num_files);
    compare_contents(d, "Env", old->env, old->num_env, next->env, next->num_env);
}

static void compare_users(struct differ *d, const void *x, const void *y)
{
    const struct user *old = x, *next = y;

    if (strcmp(old->certificate, next->certificate) != 0)
        detail(d, "Certificate: changed");
    compare_lists(d, "Roles", old->role_names, old->num_roles, next->role_names, next->num_roles);
}

static void compare_secrets(struct differ *d, const void *x, const void *y)
{
    const struct secret_spec *old = x, *next = y;

    compare_texts(d, "Type", secret_type_name(old->type), secret_type_name(next->type));
    compare_numbers(d, "Size", old->size, next->size);
    compare_bools(d, "Shared", old->shared, next->shared);
    compare_bools(d, "UserDefined", old->user_defined, next->user_defined);
    compare_numbers(d, "ValidFor", secret_valid_for(old), secret_valid_for(next));
}

static void compare_recovery_keys(struct differ *d, const void *x, const void *y)
{
    const struct recovery_key *old = x, *next = y;

    if (strcmp(old->pem, next->pem) != 0)
        detail(d, "key: changed");
}

static void compare_roles(struct differ *d, const void *x, const void *y)
{
    const struct role *old = x, *next = y;

    compare_texts(d, "ResourceType", old->resource_type, next->resource_type);
    compare_lists(d, "ResourceNames", old->resources, old->num_resources, next->resources,
                  next->num_resources);
    compare_lists(d, "Actions", old->actions, old->num_actions, next->actions, next->num_actions);
}

static bool same_ends(const struct tls_end *x, size_t num_x, const struct tls_end *y, size_t num_y)
{
    for (size_t i = 0; num_x == num_y && i < num_x; i++)
        if (strcmp(x[i].port, y[i].port) != 0 || strcmp(x[i].addr, y[i].addr) != 0 ||
            strcmp(x[i].cert, y[i].cert) != 0 || x[i].disable_client_auth != y[i].disable_client_auth)
            return false;
    return num_x == num_y;
}

static void compare_tls(struct differ *d, const void *x, const void *y)
{
    const struct tls_tag *old = x, *next = y;

    if (!same_ends(old->incoming, old->num_incoming, next->incoming, next->num_incoming))
        detail(d, "Incoming: changed");
    if (!same_ends(old->outgoing, old->num_outgoing, next->outgoing, next->num_outgoing))
        detail(d, "Outgoing: changed");
}

/* ---- sections --------------------------------------------------------------------------------- */

static void put_entry(struct differ *d, struct plan_entry e)
{
    if (d->plan->num_entries < d->cap)
        d->plan->entries[d->plan->num_entries++] = e;
}

static const char *name_at(const void *array, size_t i, size_t size)
{
    return *(const char *const *)(const void *)((const uint8_t *)array + i * size);
}

struct section {
    enum plan_section section;
    const void *old, *next;
    size_t num_old, num_next, size;
    void (*compare)(struct differ *d, const void *old, const void *next);
};

/* Both sides are sorted by name: one walk over them. */
static void walk(struct differ *d, const struct section *s)
{
    size_t i = 0, j = 0;

    while (i < s->num_old || j < s->num_next) {
        const char *old = i < s->num_old ? name_at(s->old, i, s->size) : NULL;
        const char *next = j < s->num_next ? name_at(s->next, j, s->size) : NULL;
        const int order = old == NULL ? 1 : next == NULL ? -1 : strcmp(old, next);

        d->now = (struct plan_entry){.section = s->section, .name = order <= 0 ? old : next};
        d->now.change = order < 0 ? PLAN_REMOVED : order > 0 ? PLAN_ADDED : PLAN_CHANGED;
        if (order == 0)
            s->compare(d, (const uint8_t *)s->old + i * s->size, (const uint8_t *)s->next + j * s->size);
        if (order != 0 || d->now.num_details > 0)
            put_entry(d, d->now);
        i += order <= 0;
        j += order >= 0;
    }
}

static void put_config(struct differ *d, const char *name)
{
    d->now.section = PLAN_CONFIG;
    d->now.change = PLAN_CHANGED;
    d->now.name = name;
    if (d->now.num_details > 0)
        put_entry(d, d->now);
    d->now = (struct plan_entry){0};
}

static void compare_configs(struct differ *d, const struct manifest *old, const struct manifest *next)
{
    d->now = (struct plan_entry){0};
    compare_lists(d, "FeatureGates", old->feature_gates, old->num_feature_gates, next->feature_gates,
                  next->num_feature_gates);
    put_config(d, "FeatureGates");
    compare_texts(d, "LeafLifetime", old->leaf_lifetime_text, next->leaf_lifetime_text);
    put_config(d, "LeafLifetime");
    compare_numbers(d, "RecoveryThreshold", old->recovery_threshold, next->recovery_threshold);
    put_config(d, "RecoveryThreshold");
    compare_bools(d, "RotateRootSecret", old->rotate_root_secret, next->rotate_root_secret);
    put_config(d, "RotateRootSecret");
    compare_texts(d, "SPIFFETrustDomain", old->spiffe_trust_domain, next->spiffe_trust_domain);
    put_config(d, "SPIFFETrustDomain");
    if (old->seal_mode != next->seal_mode)
        compare_texts(d, "SealMode", *old->seal_mode_name == '\0' ? "ProductKey" : old->seal_mode_name,
                      *next->seal_mode_name == '\0' ? "ProductKey" : next->seal_mode_name);
    put_config(d, "SealMode");
    compare_numbers(d, "UpdateThreshold", old->update_threshold, next->update_threshold);
    put_config(d, "UpdateThreshold");
}

void diff_manifests(const struct manifest *old, const struct package *effective, const struct manifest *next,
                    struct arena *a, struct plan *out)
{
#define SECTION(id, list, function)                                                                          \
    {id, old->list, next->list, old->num_##list, next->num_##list, sizeof *old->list, function}
    struct section sections[] = {
        SECTION(PLAN_PACKAGES, packages, compare_packages),
        SECTION(PLAN_INFRASTRUCTURES, infrastructures, compare_infrastructures),
        SECTION(PLAN_MARBLES, marbles, compare_marbles),
        SECTION(PLAN_USERS, users, compare_users),
        SECTION(PLAN_SECRETS, secrets, compare_secrets),
        SECTION(PLAN_RECOVERY_KEYS, recovery_keys, compare_recovery_keys),
        SECTION(PLAN_ROLES, roles, compare_roles),
        SECTION(PLAN_TLS, tls, compare_tls),
    };
#undef SECTION
    enum { NUM_CONFIG = 6 };
    struct differ d = {.arena = a, .plan = out, .cap = NUM_CONFIG};

    sections[PLAN_PACKAGES].old = effective;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        d.cap += sections[i].num_old + sections[i].num_next;
    out->entries = arena_array(a, d.cap, sizeof *out->entries);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        walk(&d, &sections[i]);
    compare_configs(&d, old, next);
}

static int by_section_and_name(const void *a, const void *b)
{
    const struct plan_entry *x = a, *y = b;

    return x->section != y->section ? (x->section < y->section ? -1 : 1) : strcmp(x->name, y->name);
}

const struct plan_entry *plan_find(const struct plan *p, enum plan_section section, const char *name)
{
    const struct plan_entry wanted = {.section = section, .name = name};

    return p->num_entries == 0
               ? NULL
               : bsearch(&wanted, p->entries, p->num_entries, sizeof wanted, by_section_and_name);
}
