/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "pki/key.h"

bool api_call(const struct target *t, const struct api_request *request, bool *is_v1, json_t **data,
              struct err *err)
{
    const char *path = arena_printf(&t->cli->arena, "/api/v2%s", request->path);

    *is_v1 = false;
    if (target_call(t, request->method, path, request->body, data, err))
        return true;
    if (err->code != E_HTTP_METHOD || request->only_v2)
        return false;
    *is_v1 = true;
    return target_call(t, request->method, request->path, request->body_v1, data, err);
}

/* ---- who asks ----------------------------------------------------------------------------------- */

/* A certificate and its key, from two files. E_KEY_FORMAT if they do not belong together. */
static bool read_identity(struct arena *a, const char *cert_path, const char *key_path,
                          struct tls_identity **out, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct slice text, *ders;
    struct cert *chain;
    size_t num;

    if (!file_read(cert_path, LIMIT_CHAIN * LIMIT_CERTIFICATE, a, &text, err))
        return false;
    if (!cert_parse_pem(text, a, &chain, &num, err))
        return err_in(err, "--cert %s", cert_path);
    if (!file_read(key_path, LIMIT_CERTIFICATE, a, &text, err))
        return false;
    if (!key_from_pem(text, &key, err))
        return err_in(err, "--key %s", key_path);
    if (!slice_equal(key_spki(&key, a), chain[0].spki))
        return err_set(err, E_KEY_FORMAT, "--key %s is not the private key of the certificate in --cert %s",
                       key_path, cert_path);
    ders = arena_array(a, num, sizeof *ders);
    for (size_t i = 0; i < num; i++)
        ders[i] = chain[i].der;
    key_to_pkcs8(&key, &pkcs8);
    return tls_identity_new(ders, num, secret_bytes(&pkcs8), out, err) || err_in(err, "--cert %s", cert_path);
}

bool target_as_user(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    const char *cert = cli_option(cli, "cert"), *key = cli_option(cli, "key");
    scoped(tls_identity_release) struct tls_identity *identity = NULL;

    if (cert == NULL || key == NULL)
        return err_set(err, E_USAGE,
                       "%s needs a user of the manifest: --cert FILE and --key FILE, both in PEM",
                       cli->command->words);
    if (!read_identity(&cli->arena, cert, key, &identity, err) || !target_cached(cli, address, out, err))
        return false;
    out->identity = identity;
    identity = NULL;
    return true;
}

void target_release(struct target *t) { tls_identity_release(&t->identity); }

/* ---- what the coordinator has --------------------------------------------------------------------- */

struct slice manifest_body(struct arena *a, struct slice manifest)
{
    return slice_str(arena_printf(a, "{\"manifest\":\"%s\"}", base64_text(a, manifest, BASE64_STD)));
}

bool fetch_manifest(const struct target *t, struct slice *manifest, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/manifest"};
    struct fields f;
    bool is_v1;

    if (!api_call(t, &request, &is_v1, &data, err))
        return false;
    f = fields_of(data, "$", JSON_FOLD, E_COORDINATOR, &t->cli->arena, err);
    if (is_v1 && !field_present(&f, "Manifest"))
        return err_set(err, E_STATE_WRONG, "the coordinator has no manifest yet");
    field_need(&f, "manifest");
    *manifest = field_bytes(&f, "manifest", LIMIT_MANIFEST);
    return fields_done(&f) || err_in(err, "the coordinator's manifest");
}

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

bool fetch_update_log(const struct target *t, json_t **lines, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/update"};
    const json_t *list;
    const json_t *line;
    size_t i;
    bool is_v1;

    if (!api_call(t, &request, &is_v1, &data, err))
        return false;
    if (is_v1 && json_is_string(data)) {
        *lines = lines_of(&t->cli->arena, json_string_value(data));
        return true;
    }
    list = json_object_get(data, "updateLog");
    json_array_foreach(list, i, line) if (!json_is_string(line)) list = NULL;
    if (!json_is_array(list))
        return err_set(err, E_COORDINATOR, "the coordinator's update log is not a list of strings");
    *lines = json_incref((json_t *)(uintptr_t)list);
    return true;
}

bool fetch_status(const struct target *t, uint64_t *code, const char **message, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/status"};
    const char *name_code, *name_message;
    struct fields f;
    bool is_v1;

    if (!api_call(t, &request, &is_v1, &data, err))
        return false;
    name_code = is_v1 ? "StatusCode" : "code";
    name_message = is_v1 ? "StatusMessage" : "message";
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, &t->cli->arena, err);
    field_need(&f, name_code);
    field_need(&f, name_message);
    *code = field_uint(&f, name_code, 99);
    *message = field_str(&f, name_message);
    return fields_done(&f) || err_in(err, "the coordinator's answer to status");
}
