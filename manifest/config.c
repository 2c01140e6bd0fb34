/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "manifest/decode.h"

static const char *const config_fields[] = {"SealMode",          "FeatureGates",     "UpdateThreshold",
                                            "RecoveryThreshold", "RotateRootSecret", NULL};

static bool decode_seal_mode(struct fields *f, enum manifest_seal_mode *out)
{
    static const struct {
        const char *name;
        enum manifest_seal_mode mode;
    } modes[] = {
        {"", MANIFEST_SEAL_PRODUCT_KEY},
        {"ProductKey", MANIFEST_SEAL_PRODUCT_KEY},
        {"UniqueKey", MANIFEST_SEAL_UNIQUE_KEY},
        {"Disabled", MANIFEST_SEAL_DISABLED},
    };
    const char *name = decode_text(f, "SealMode");

    for (size_t i = 0; fields_done(f) && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(name, modes[i].name) == 0) {
            *out = modes[i].mode;
            return true;
        }
    f->code = E_MANIFEST_CONFIG;
    return field_fault(f, "SealMode", "\"%s\" is none of ProductKey, UniqueKey, Disabled",
                       text_shown(f->arena, slice_str(name)));
}

static void note_what_rests(struct decoder *d, const struct manifest *m)
{
    if (m->num_feature_gates > 0)
        decode_unsupported(d, "$.Config.FeatureGates: this version has none of the features that it opens");
    if (m->update_threshold > 0)
        decode_warn(
            d, "$.Config.UpdateThreshold: without effect, there are no updates yet; see docs/known-gaps.md");
    if (m->rotate_root_secret)
        decode_warn(
            d, "$.Config.RotateRootSecret: without effect, there are no updates yet; see docs/known-gaps.md");
}

bool decode_config(struct decoder *d, const json_t *value, const char *path)
{
    struct fields f = decode_struct(d, value, path, config_fields);
    struct manifest *m = d->manifest;

    m->feature_gates = field_strs(&f, "FeatureGates", &m->num_feature_gates);
    m->update_threshold = field_uint(&f, "UpdateThreshold", UINT64_MAX);
    m->recovery_threshold = field_uint(&f, "RecoveryThreshold", UINT64_MAX);
    m->rotate_root_secret = field_bool(&f, "RotateRootSecret");
    if (!fields_done(&f) || !decode_seal_mode(&f, &m->seal_mode))
        return false;
    note_what_rests(d, m);
    return true;
}

/* ---- checks ------------------------------------------------------------------------------------- */

/* MarbleRun's way of counting: the first action decides. */
static bool grants_updates(const struct role *r)
{
    return r != NULL && strcmp(r->resource_type, "Manifest") == 0 && r->num_actions > 0 &&
           text_equal_fold(slice_str(r->actions[0]), slice_str("UpdateManifest"));
}

static bool is_updater(const struct manifest *m, const struct user *u)
{
    for (size_t i = 0; i < u->num_roles; i++)
        if (grants_updates(manifest_role(m, u->roles[i])))
            return true;
    return false;
}

static bool check_update_threshold(const struct manifest *m, struct err *err)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_users; i++)
        num += is_updater(m, &m->users[i]);
    if (m->update_threshold > num)
        return err_set(err, E_MANIFEST_CONFIG,
                       "$.Config.UpdateThreshold: %llu, but only %zu users may update the manifest",
                       (unsigned long long)m->update_threshold, num);
    return true;
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
    return check_update_threshold(m, err) && check_feature_gates(m, err) && check_recovery_threshold(m, err);
}
