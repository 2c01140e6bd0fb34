/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/text.h"
#include "manifest/decode.h"

static const char *const config_fields[] = {
    "SealMode",         "FeatureGates",      "UpdateThreshold", "RecoveryThreshold",
    "RotateRootSecret", "SPIFFETrustDomain", "LeafLifetime",    NULL};

static const struct {
    const char *name;
    enum manifest_seal_mode mode;
} seal_modes[] = {
    {"", MANIFEST_SEAL_PRODUCT_KEY},
    {"ProductKey", MANIFEST_SEAL_PRODUCT_KEY},
    {"UniqueKey", MANIFEST_SEAL_UNIQUE_KEY},
    {"Disabled", MANIFEST_SEAL_DISABLED},
};

static bool find_seal_mode(const char *name, enum manifest_seal_mode *out)
{
    for (size_t i = 0; i < sizeof seal_modes / sizeof seal_modes[0]; i++)
        if (strcmp(name, seal_modes[i].name) == 0) {
            *out = seal_modes[i].mode;
            return true;
        }
    return false;
}

enum { DEFAULT_LEAF_LIFETIME = 24 * 3600, LEAST_LEAF_LIFETIME = 10, MOST_LEAF_LIFETIME = 8760 * 3600 };

static bool find_leaf_lifetime(const char *text, int64_t *out)
{
    int64_t ms;

    if (*text == '\0')
        return true;
    if (!duration_decode(slice_str(text), &ms) || ms < LEAST_LEAF_LIFETIME * INT64_C(1000) ||
        ms > MOST_LEAF_LIFETIME * INT64_C(1000))
        return false;
    *out = ms / 1000;
    return true;
}

bool decode_config(struct decoder *d, struct fields *above)
{
    const json_t *value = field_struct(above, "Config");
    struct fields f = decode_struct(d, value, field_path(above, "Config"), config_fields);
    struct manifest *m = d->manifest;

    if (!fields_done(above))
        return false;
    m->feature_gates = field_strs(&f, "FeatureGates", &m->num_feature_gates);
    m->update_threshold = field_uint(&f, "UpdateThreshold", UINT64_MAX);
    m->recovery_threshold = field_uint(&f, "RecoveryThreshold", UINT64_MAX);
    m->rotate_root_secret = field_bool(&f, "RotateRootSecret");
    m->spiffe_trust_domain = decode_text(&f, "SPIFFETrustDomain");
    m->leaf_lifetime_text = decode_text(&f, "LeafLifetime");
    m->leaf_lifetime = DEFAULT_LEAF_LIFETIME;
    (void)find_leaf_lifetime(m->leaf_lifetime_text, &m->leaf_lifetime);
    m->seal_mode_name = decode_text(&f, "SealMode");
    (void)find_seal_mode(m->seal_mode_name, &m->seal_mode);
    return fields_done(&f);
}

bool manifest_feature(const struct manifest *m, const char *gate)
{
    for (size_t i = 0; i < m->num_feature_gates; i++)
        if (text_equal_fold(slice_str(m->feature_gates[i]), slice_str(gate)))
            return true;
    return false;
}

/* ---- checks ------------------------------------------------------------------------------------- */

/* MarbleRun's way of counting: the first action decides. */
static bool grants_updates(const struct role *r)
{
    return r != NULL && strcmp(r->resource_type, "Manifest") == 0 && r->num_actions > 0 &&
           text_equal_fold(slice_str(r->actions[0]), slice_str("UpdateManifest"));
}

static bool is_updater(const struct user *u)
{
    for (size_t i = 0; i < u->num_roles; i++)
        if (grants_updates(u->roles[i]))
            return true;
    return false;
}

static bool check_update_threshold(const struct manifest *m, struct err *err)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_users; i++)
        num += is_updater(&m->users[i]);
    if (m->update_threshold > num)
        return err_set(err, E_MANIFEST_CONFIG,
                       "$.Config.UpdateThreshold: %llu, but only %zu users may update the manifest",
                       (unsigned long long)m->update_threshold, num);
    return true;
}

static bool check_seal_mode(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    enum manifest_seal_mode ignored;

    return find_seal_mode(m->seal_mode_name, &ignored) ||
           err_set(err, E_MANIFEST_CONFIG,
                   "$.Config.SealMode: \"%s\" is none of ProductKey, UniqueKey, Disabled",
                   text_shown(&scratch, slice_str(m->seal_mode_name)));
}

static bool check_leaf_lifetime(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    int64_t ignored;

    return find_leaf_lifetime(m->leaf_lifetime_text, &ignored) ||
           err_set(
               err, E_MANIFEST_CONFIG,
               "$.Config.LeafLifetime: expected a duration as Go writes them from 10s to 8760h, found \"%s\"",
               text_shown(&scratch, slice_str(m->leaf_lifetime_text)));
}

static bool check_feature_gates(const struct manifest *m, struct err *err)
{
    static const char *const names[] = {"SignQuoteEndpoint", "MonotonicCounter", "AzureHSMSealing"};
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_feature_gates; i++) {
        const struct slice gate = slice_str(m->feature_gates[i]);
        bool found = false;

        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++)
            found |= text_equal_fold(gate, slice_str(names[j]));
        if (!found)
            return err_set(err, E_MANIFEST_CONFIG,
                           "$.Config.FeatureGates: \"%s\" is none of SignQuoteEndpoint, MonotonicCounter, "
                           "AzureHSMSealing",
                           text_shown(&scratch, gate));
    }
    return true;
}

static bool check_recovery_threshold(const struct manifest *m, struct err *err)
{
    const uint64_t t = m->recovery_threshold;

    if (t == 1 || t > m->num_recovery_keys)
        return err_set(
            err, E_MANIFEST_CONFIG,
            "$.Config.RecoveryThreshold: %llu; expected 0, or 2 up to the number of recovery keys (%zu)",
            (unsigned long long)t, m->num_recovery_keys);
    return true;
}

bool check_config(const struct manifest *m, struct err *err)
{
    return check_update_threshold(m, err) && check_seal_mode(m, err) && check_feature_gates(m, err) &&
           check_recovery_threshold(m, err) && check_leaf_lifetime(m, err);
}
