/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of updates. */
#include "base/text.h"
#include "manifest/decode.h"
#include "manifest/plan.h"

enum update_kind update_kind_of(const struct manifest *m)
{
    return m->num_infrastructures + m->num_marbles + m->num_users + m->num_recovery_keys + m->num_roles +
                       m->num_secrets + m->num_tls ==
                   0
               ? UPDATE_PACKAGES
               : UPDATE_FULL;
}

/* ---- package updates -------------------------------------------------------------------------- */

static bool given(const char *s) { return s != NULL && *s != '\0'; }

/* What of a package a package update may not touch; NULL: nothing is given. */
static const char *fixed_member(const struct package_policy *p)
{
    return p->debug                ? "Debug"
           : given(p->unique_id)   ? "UniqueID"
           : given(p->signer_id)   ? "SignerID"
           : p->has_product_id     ? "ProductID"
           : p->relay_proof        ? "RelayProof"
                                   : NULL;
}

static bool raise_version(struct package *in_force, const struct package_policy *wanted, struct err *err)
{
    const char *fixed = fixed_member(wanted);

    if (fixed != NULL)
        return err_set(err, E_UPDATE_PACKAGE, "%s cannot be changed by a package update, only SecurityVersion",
                       fixed);
    if (!wanted->has_security_version)
        return err_set(err, E_UPDATE_PACKAGE, "SecurityVersion is missing");
    if (in_force->policy.has_security_version &&
        wanted->security_version < in_force->policy.security_version)
        return err_set(err, E_UPDATE_DOWNGRADE,
                       "update manifest tries to downgrade SecurityVersion of the original manifest: %llu is in "
                       "force, found %llu",
                       (unsigned long long)in_force->policy.security_version,
                       (unsigned long long)wanted->security_version);
    in_force->policy.has_security_version = true;
    in_force->policy.security_version = wanted->security_version;
    return true;
}

bool packages_update(const struct package *effective, size_t num, const struct manifest *upload,
                     struct arena *a, struct package **out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct package *result = arena_array(a, num, sizeof *result);

    if (upload->num_packages == 0)
        return err_set(err, E_UPDATE_PACKAGE, "$.Packages: expected at least one package, found none");
    if (num > 0)
        memcpy(result, effective, num * sizeof *result);
    for (size_t i = 0; i < upload->num_packages; i++) {
        const struct package *wanted = &upload->packages[i];
        const struct package *known = package_find(effective, num, wanted->name);
        const char *path = path_entry(&scratch, "$.Packages", wanted->name);

        if (known == NULL)
            return err_set(err, E_UPDATE_PACKAGE, "%s: the manifest in force has no such package", path);
        if (!raise_version(&result[known - effective], &wanted->policy, err))
            return err_in(err, "%s", path);
    }
    *out = result;
    return true;
}

/* ---- full updates ----------------------------------------------------------------------------- */

static bool same_definition(const struct secret_spec *x, const struct secret_spec *y)
{
    return x->type == y->type && x->size == y->size && x->shared == y->shared &&
           x->user_defined == y->user_defined && secret_valid_for(x) == secret_valid_for(y);
}

enum secret_fate secret_fate_of(const struct secret_spec *old, const struct secret_spec *next,
                                bool rotate_root_secret)
{
    if (next == NULL)
        return SECRET_REMOVED;
    if (old == NULL || !same_definition(old, next))
        return SECRET_NEW;
    if (next->user_defined || (next->type == SECRET_SYMMETRIC_KEY && !rotate_root_secret))
        return SECRET_KEPT;
    return SECRET_REGENERATED;
}

bool recovery_changes(const struct manifest *old, const struct manifest *next)
{
    if (old->num_recovery_keys != next->num_recovery_keys ||
        manifest_recovery_threshold(old) != manifest_recovery_threshold(next))
        return true;
    for (size_t i = 0; i < old->num_recovery_keys; i++)
        if (strcmp(old->recovery_keys[i].name, next->recovery_keys[i].name) != 0 ||
            strcmp(old->recovery_keys[i].pem, next->recovery_keys[i].pem) != 0)
            return true;
    return false;
}
