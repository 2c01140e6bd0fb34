/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "manifest/decode.h"

/* A marble: its package and its TLS tags. */
static bool check_marble(const struct manifest *m, const struct marble *marble, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    char *warning;

    if (marble->package == NULL)
        return err_set(err, E_MANIFEST_PACKAGE_UNKNOWN,
                       "marble \"%s\" names package \"%s\", which the manifest does not define",
                       text_shown(&scratch, slice_str(marble->type)),
                       text_shown(&scratch, slice_str(marble->package_name)));
    if (!policy_check(&marble->package->policy, &scratch, &warning, err))
        return err_in(err, "package \"%s\" of marble \"%s\"",
                      text_shown(&scratch, slice_str(marble->package->name)),
                      text_shown(&scratch, slice_str(marble->type)));
    for (size_t i = 0; i < marble->num_tls; i++)
        if (manifest_tls(m, marble->tls[i]) == NULL)
            return err_set(err, E_MANIFEST_TLS,
                           "marble \"%s\" has the TLS tag \"%s\", which the manifest does not define",
                           text_shown(&scratch, slice_str(marble->type)),
                           text_shown(&scratch, slice_str(marble->tls[i])));
    return true;
}

static bool check_marbles(const struct manifest *m, struct err *err)
{
    if (m->num_packages == 0)
        return err_set(err, E_MANIFEST_EMPTY, "$.Packages: expected at least one package, found none");
    if (m->num_marbles == 0)
        return err_set(err, E_MANIFEST_EMPTY, "$.Marbles: expected at least one marble, found none");
    for (size_t i = 0; i < m->num_marbles; i++)
        if (!check_marble(m, &m->marbles[i], err))
            return false;
    return true;
}

static bool check_supported(const struct manifest *m, struct err *err)
{
    if (m->unsupported != NULL)
        return err_set(err, E_UNSUPPORTED, "%s; see docs/known-gaps.md", m->unsupported);
    if (manifest_feature(m, "AzureHSMSealing"))
        return err_set(err, E_UNSUPPORTED,
                       "$.Config.FeatureGates: AzureHSMSealing: this version cannot seal with a key of "
                       "Azure's; see docs/known-gaps.md");
    return true;
}

/* The order is MarbleRun's: first what it calls the check, then users' certificates, then the dry run. */
bool manifest_check(const struct manifest *m, struct err *err)
{
    return check_marbles(m, err) && check_tls(m, err) && check_users(m, err) && check_roles(m, err) &&
           check_secrets(m, err) && check_config(m, err) && check_supported(m, err) &&
           check_certificates(m, err) && manifest_dry_run(m, NULL, NULL, err);
}
