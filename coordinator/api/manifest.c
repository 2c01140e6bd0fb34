/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

bool api_manifest_get(struct core *core, const struct mesh *mesh, struct exchange *ex, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(2 * LIMIT_HTTP_BODY);
    const char *fingerprint = hex_text(&ex->arena, slice_of(mesh->manifest.fingerprint, 32));

    (void)core;
    (void)err;
    buf_str(&b, "{");
    put_bytes_member(&b, "manifestSignatureRootECDSA", mesh->manifest_signature);
    buf_str(&b, ",");
    put_member(&b, "manifestFingerprint", slice_str(fingerprint));
    buf_str(&b, ",");
    put_bytes_member(&b, "manifest", mesh->manifest.raw);
    buf_str(&b, "}");
    reply_success(ex, buf_bytes(&b));
    return true;
}

static bool manifest_of(struct slice body, struct arena *a, struct slice *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;

    if (body.len == 0)
        return err_set(err, E_MANIFEST_BODY, "request body: empty, expected {\"manifest\": ...}");
    if (!json_parse(body, JSON_LAST_WINS, E_MANIFEST_BODY, &json, err))
        return err_in(err, "request body");
    struct fields f = fields_of(json, "$", JSON_FOLD, E_MANIFEST_BODY, a, err);

    field_need(&f, "manifest");
    const struct slice manifest = field_bytes(&f, "manifest", LIMIT_MANIFEST);

    if (!fields_done(&f))
        return err_in(err, "request body");
    *out = manifest;
    return true;
}

/* MarbleRun's clients look at RecoverySecrets alone; what there is to warn about stands beside it. */
static void reply_set(struct exchange *ex, const struct manifest *m)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);

    buf_str(&b, "{\"RecoverySecrets\":{}");
    for (size_t i = 0; i < m->num_warnings; i++) {
        buf_str(&b, i == 0 ? ",\"Warnings\":[" : ",");
        json_put_string(&b, slice_str(m->warnings[i]));
    }
    buf_str(&b, m->num_warnings == 0 ? "}" : "]}");
    reply_success(ex, buf_bytes(&b));
}

bool api_manifest_set(struct core *core, const struct mesh *mesh, struct exchange *ex, struct err *err)
{
    scoped(mesh_release) struct mesh *next = NULL;
    struct slice raw;

    (void)mesh;
    if (!manifest_of(ex->request.body, &ex->arena, &raw, err) ||
        !core_set_manifest(core, raw, clock_now(), &next, err))
        return false;
    log_info("manifest set", "fingerprint", hex_text(&ex->arena, slice_of(next->manifest.fingerprint, 32)));
    for (size_t i = 0; i < next->manifest.num_warnings; i++)
        log_warn("manifest", "warning", next->manifest.warnings[i]);
    reply_set(ex, &next->manifest);
    return true;
}
