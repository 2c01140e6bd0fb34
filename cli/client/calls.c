/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client/calls.h"

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "pki/hash.h"

bool coordinator_ask(const struct coordinator *c, const struct api_request *request, struct arena *a,
                     bool *is_v1, json_t **data, struct err *err)
{
    const char *path = arena_printf(a, "/api/v2%s", request->path);

    *is_v1 = false;
    if (coordinator_call(c, request->method, path, request->body, a, data, err))
        return true;
    if (err->code != E_HTTP_METHOD || request->only_v2)
        return false;
    *is_v1 = true;
    return coordinator_call(c, request->method, request->path, request->body_v1, a, data, err);
}

/* ---- the manifest ---------------------------------------------------------------------------------- */

char *fingerprint_of(struct arena *a, struct slice manifest)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, manifest);
    return hex_text(a, slice_of(digest, sizeof digest));
}

bool fingerprint_match(const char *wanted, const char *found, struct err *err)
{
    return text_equal_fold(slice_str(wanted), slice_str(found)) ||
           err_set(err, E_MANIFEST_OTHER,
                   "expected the manifest with fingerprint %.64s, the coordinator runs %s", wanted, found);
}

bool manifest_signed_by(const struct coordinator *c, const struct signed_manifest *m, struct err *err)
{
    return spki_verify(c->root.spki, SIG_ECDSA_SHA256, m->text, m->signature, err) ||
           err_in(err, "the manifest's signature by the coordinator's root key");
}

bool coordinator_manifest(const struct coordinator *c, struct arena *a, struct signed_manifest *out,
                          struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/manifest"};
    struct signed_manifest m;
    struct fields f;
    bool is_v1;

    if (!coordinator_ask(c, &request, a, &is_v1, &data, err))
        return false;
    f = fields_of(data, "$", JSON_FOLD, E_COORDINATOR, a, err);
    if (is_v1 && !field_present(&f, "Manifest"))
        return err_set(err, E_STATE_WRONG, "the coordinator has no manifest yet");
    field_need(&f, "manifest");
    if (!is_v1)
        field_need(&f, "manifestSignatureRootECDSA");
    m.text = field_bytes(&f, "manifest", LIMIT_MANIFEST);
    m.signature = field_bytes(&f, "manifestSignatureRootECDSA", LIMIT_CERTIFICATE);
    if (!fields_done(&f))
        return err_in(err, "the coordinator's manifest");
    if (!c->any_peer && (!is_v1 || m.signature.len > 0) && !manifest_signed_by(c, &m, err))
        return err_in(err, "the coordinator at %s", c->address);
    *out = m;
    return true;
}

/* ---- log and status -------------------------------------------------------------------------------- */

/* Version 1 has one string, each line with its newline. */
static json_t *lines_of(struct arena *a, const char *text)
{
    json_t *lines = json_array();
    struct slice *pieces;
    const size_t num = text_split(a, slice_str(text), '\n', &pieces);

    for (size_t i = 0; i < num; i++)
        if (pieces[i].len > 0)
            (void)json_array_append_new(lines, json_stringn((const char *)pieces[i].ptr, pieces[i].len));
    return lines;
}

bool coordinator_update_log(const struct coordinator *c, struct arena *a, json_t **lines, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/update"};
    const json_t *list;
    const json_t *line;
    size_t i;
    bool is_v1;

    if (!coordinator_ask(c, &request, a, &is_v1, &data, err))
        return false;
    if (is_v1 && json_is_string(data)) {
        *lines = lines_of(a, json_string_value(data));
        return true;
    }
    list = json_object_get(data, "updateLog");
    json_array_foreach(list, i, line) if (!json_is_string(line)) list = NULL;
    if (!json_is_array(list))
        return err_set(err, E_COORDINATOR, "the coordinator's update log is not a list of strings");
    *lines = json_incref((json_t *)(uintptr_t)list);
    return true;
}

bool coordinator_status(const struct coordinator *c, struct arena *a, uint64_t *code, const char **message,
                        struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/status"};
    const char *name_code, *name_message;
    struct fields f;
    bool is_v1;

    if (!coordinator_ask(c, &request, a, &is_v1, &data, err))
        return false;
    name_code = is_v1 ? "StatusCode" : "code";
    name_message = is_v1 ? "StatusMessage" : "message";
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, a, err);
    field_need(&f, name_code);
    field_need(&f, name_message);
    *code = field_uint(&f, name_code, 99);
    *message = field_str(&f, name_message);
    return fields_done(&f) || err_in(err, "the coordinator's answer to status");
}
