/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lint.h"

#include <string.h>

#include "base/text.h"

enum { MOST = 200 };

struct findings {
    struct arena *arena;
    char **at;
    size_t num;
};

/* One finding about an entry of a section; `name` may be any text. */
static void found(struct findings *f, const char *section, const char *name, const char *rest)
{
    if (f->num < MOST)
        f->at[f->num++] = arena_printf(f->arena, "$.%s[\"%s\"]%s", section, name, rest);
}

static void packages(struct findings *f, const struct manifest *m)
{
    static const char *const old[] = {"OutOfDate", "OutOfDateConfigurationNeeded"};

    for (size_t i = 0; i < m->num_packages; i++) {
        const struct package *p = &m->packages[i];
        bool used = false;

        for (size_t k = 0; k < m->num_marbles; k++)
            used = used || m->marbles[k].package == p;
        if (!used)
            found(f, "Packages", p->name, ": no marble runs this package");
        for (size_t k = 0; k < p->policy.num_tcb_statuses; k++)
            for (size_t o = 0; o < 2; o++)
                if (text_equal_fold(slice_str(p->policy.tcb_statuses[k]), slice_str(old[o])))
                    found(f, "Packages", p->name,
                          ".AcceptedTCBStatuses: platforms with known, unpatched vulnerabilities are let in");
    }
}

static bool is_used(const struct manifest *m, const struct secret_spec *s)
{
    for (size_t i = 0; i < m->num_marbles; i++) {
        if (m->marbles[i].all_secrets)
            return true;
        for (size_t k = 0; k < m->marbles[i].num_secrets; k++)
            if (m->marbles[i].secrets[k].secret == s)
                return true;
    }
    return false;
}

static void secrets(struct findings *f, const struct manifest *m)
{
    for (size_t i = 0; i < m->num_secrets; i++)
        if (!is_used(m, &m->secrets[i]))
            found(f, "Secrets", m->secrets[i].name, ": no marble gets this secret");
}

static void tls(struct findings *f, const struct manifest *m)
{
    for (size_t i = 0; i < m->num_tls; i++)
        for (size_t k = 0; k < m->tls[i].num_incoming; k++)
            if (m->tls[i].incoming[k].disable_client_auth)
                found(f, "TLS", m->tls[i].name,
                      ".Incoming: DisableClientAuth: anybody can connect, not only marbles");
}

static void users(struct findings *f, const struct manifest *m)
{
    for (size_t i = 0; i < m->num_users; i++)
        if (m->users[i].num_roles == 0)
            found(f, "Users", m->users[i].name, ": has no role, so may do nothing");
}

static void mesh(struct findings *f, const struct manifest *m)
{
    size_t num;

    (void)manifest_updaters(m, f->arena, &num);
    if (m->num_recovery_keys == 0 && m->seal_mode != MANIFEST_SEAL_DISABLED && f->num < MOST)
        f->at[f->num++] =
            arena_strdup(f->arena, "$.RecoveryKeys: there are none: a coordinator that is moved to another "
                                   "machine or signed anew loses its state for good");
    if (m->seal_mode == MANIFEST_SEAL_DISABLED && f->num < MOST)
        f->at[f->num++] = arena_strdup(
            f->arena,
            "$.Config.SealMode: Disabled: the state is lost, and all secrets change, at each restart");
    if (num > 1 && manifest_update_threshold(m) == 1 && f->num < MOST)
        f->at[f->num++] = arena_printf(
            f->arena, "$.Config.UpdateThreshold: any one of %zu users can replace the manifest alone", num);
}

size_t manifest_lint(const struct manifest *m, struct arena *a, char ***findings)
{
    struct findings f = {a, arena_array(a, MOST, sizeof *f.at), 0};

    packages(&f, m);
    secrets(&f, m);
    tls(&f, m);
    users(&f, m);
    mesh(&f, m);
    *findings = f.at;
    return f.num;
}
