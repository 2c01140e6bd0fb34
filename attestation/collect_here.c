/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the domain's TEEs this program runs in. */
#include <unistd.h>

#include "attestation/collect.h"
#include "base/buf.h"
#include "base/limits.h"

static char *const *remembered;

void collect_remember(void) { remembered = environ; }

const char *collect_variable(const char *name)
{
    const size_t len = strlen(name);

    for (char *const *v = remembered != NULL ? remembered : environ; v != NULL && *v != NULL; v++)
        if (strncmp(*v, name, len) == 0 && (*v)[len] == '=')
            return *v + len + 1;
    return NULL;
}

bool tee_here(const struct tee **out, struct err *err)
{
    scoped(buf_wipe) struct buf tried = buf_max(8 * KIB);
    const struct trust_domain *domain = trust_domain();
    struct err why;

    for (const struct tee *const *t = domain->tees; *t != NULL; t++) {
        if ((*t)->probe(&why)) {
            *out = *t;
            return true;
        }
        buf_printf(&tried, "; %s: %s", (*t)->name, why.text);
    }
    return err_set(err, E_NO_TEE, "none of the TEEs of the %s trust domain is here%.*s", domain->name,
                   (int)tried.len, (const char *)tried.ptr);
}

bool tee_seal_key(const struct tee *t, enum seal_policy policy, struct secret *out, struct err *err)
{
    if (t->seal_key != NULL)
        return t->seal_key(policy, out, err);
    return err_set(err, E_NO_SEAL_KEY, "%s: %s", t->name, t->why_no_seal_key);
}

static void put_finding(struct buf *b, const struct tee *t, const struct tee **used)
{
    struct err why;

    if (!t->probe(&why)) {
        buf_printf(b, "%s: not here: %s\n", t->name, why.text);
        return;
    }
    if (*used != NULL) {
        buf_printf(b, "%s: here, not used: %s comes first\n", t->name, (*used)->name);
        return;
    }
    *used = t;
    buf_printf(b, "%s: here, used; sealing key: %s\n", t->name,
               t->seal_key != NULL ? "yes" : t->why_no_seal_key);
}

char *tee_survey(struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(16 * KIB);
    const struct tee *used = NULL;

    for (const struct tee *const *t = trust_domain()->tees; *t != NULL; t++)
        put_finding(&b, *t, &used);
    return arena_strndup(a, buf_bytes(&b));
}
