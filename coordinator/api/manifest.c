/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
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
    scoped(buf_wipe) struct buf b = buf_max(2 * LIMIT_HTTP_BODY);
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

/* MarbleRun's clients look at RecoverySecrets alone; what there is to warn about stands beside it. */
static void put_result(struct buf *b, const struct set_result *r)
{
    buf_str(b, "{");
    put_recovery_secrets(b, "RecoverySecrets", &r->recovery_secrets);
    if (r->num_warnings > 0)
        put_strings_member(b, "Warnings", (const char *const *)r->warnings, r->num_warnings);
    buf_str(b, "}");
}

bool api_manifest_set(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);
    struct set_result result = {0};
    struct slice raw;

    if (!body_manifest(c->ex, &raw, err) ||
        !core_set_manifest(c->core, &c->who, raw, &c->ex->arena, &result, err))
        return false;
    put_result(&b, &result);
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_v1_manifest_set(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);
    struct set_result result = {0};

    if (!core_set_manifest(c->core, &c->who, c->ex->request.body, &c->ex->arena, &result, err))
        return false;
    put_result(&b, &result);
    reply_success(c->ex, result.recovery_secrets.num > 0 ? buf_bytes(&b) : slice_str("null"));
    return true;
}
