/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/api/body.h"
#include "coordinator/api/recovery_secrets.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"
#include "pki/hash.h"

struct names {
    const char *signature, *fingerprint, *manifest;
};

/* Before there is a manifest, all of it is null or empty: what REST v1 answers then. */
static bool reply_manifest(struct api_call *c, const struct names *names)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    const struct mesh *mesh = c->mesh;
    const bool is_set = mesh->state == MESH_ACCEPTING_MARBLES;
    const struct slice none = {0};
    const char *fingerprint =
        is_set ? hex_text(&c->ex->arena, slice_of(mesh->manifest->fingerprint, SHA256_LEN)) : "";

    buf_str(&b, "{");
    put_bytes_member(&b, names->signature, is_set ? mesh->manifest_signature : none);
    put_member(&b, names->fingerprint, slice_str(fingerprint));
    put_bytes_member(&b, names->manifest, is_set ? mesh->manifest->raw : none);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_manifest_get(struct api_call *c, struct err *err)
{
    static const struct names names = {"manifestSignatureRootECDSA", "manifestFingerprint", "manifest"};

    (void)err;
    return reply_manifest(c, &names);
}

bool api_v1_manifest_get(struct api_call *c, struct err *err)
{
    static const struct names names = {"ManifestSignatureRootECDSA", "ManifestSignature", "Manifest"};

    (void)err;
    return reply_manifest(c, &names);
}

/* ---- setting it ------------------------------------------------------------------------------ */

static bool set(struct api_call *c, struct slice raw, struct recovery_secrets *secrets, struct err *err)
{
    if (!core_set_manifest(c->core, raw, c->now, &c->ex->arena, secrets, err))
        return false;
    api_note(c, (struct event){.kind = EVENT_MANIFEST_SET, .fingerprint = api_fingerprint(c, raw)});
    return true;
}

/* MarbleRun's clients look at RecoverySecrets alone; what there is to warn about stands beside it. */
static void put_warnings(struct api_call *c, struct buf *b)
{
    scoped(mesh_release) struct mesh *now = core_mesh(c->core);
    const struct manifest *m = now->manifest;

    for (size_t i = 0; i < m->num_warnings; i++)
        log_warn("manifest", "warning", m->warnings[i]);
    if (m->num_warnings > 0)
        put_strings_member(b, "Warnings", (const char *const *)m->warnings, m->num_warnings);
}

bool api_manifest_set(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    struct recovery_secrets secrets = {0};
    struct slice raw;

    if (!body_manifest(c->ex, &raw, err) || !set(c, raw, &secrets, err))
        return false;
    buf_str(&b, "{");
    put_recovery_secrets(&b, "RecoverySecrets", &secrets);
    put_warnings(c, &b);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_v1_manifest_set(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    struct recovery_secrets secrets = {0};

    if (!set(c, c->ex->request.body, &secrets, err))
        return false;
    buf_str(&b, "{");
    put_recovery_secrets(&b, "RecoverySecrets", &secrets);
    buf_str(&b, "}");
    reply_success(c->ex, secrets.num > 0 ? buf_bytes(&b) : slice_str("null"));
    return true;
}
