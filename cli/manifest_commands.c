/* SPDX-License-Identifier: Apache-2.0 */
/* cli/manifest_commands.c: set, get, verify and sign for a manifest. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "pki/hash.h"

static char *fingerprint_of(struct arena *a, struct slice manifest)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, manifest);
    return hex_text(a, slice_of(digest, sizeof digest));
}

static bool is_object(struct slice text)
{
    size_t i = 0;

    while (i < text.len && strchr(" \t\r\n", text.ptr[i]) != NULL)
        i++;
    return i < text.len && text.ptr[i] == '{';
}

/* The manifest's bytes as they are uploaded and hashed: those of the file. */
static bool read_manifest(struct cli *cli, const char *path, struct slice *out, struct err *err)
{
    struct json_t *json = NULL;

    if (!file_read(path, LIMIT_MANIFEST, &cli->arena, out, err))
        return false;
    if (!json_parse(*out, JSON_LAST_WINS, E_JSON_SYNTAX, &json, err))
        return err_in(err, "%s%s", path,
                      is_object(*out) ? "" : ": a manifest is a JSON object (YAML has to be converted first)");
    json_decref(json);
    return true;
}

/* MarbleRun's form of the recovery data: {"RecoverySecrets": {name: base64}}. */
static bool hand_out_recovery_data(struct cli *cli, const json_t *data, struct err *err)
{
    const json_t *secrets = json_object_get(data, "RecoverySecrets");
    const char *path = cli_option(cli, "recoverydata");
    char *text;
    bool ok;

    if (json_object_size(secrets) == 0)
        return true;
    text = json_dumps(data, JSON_COMPACT);
    ok = path != NULL ? file_save(path, slice_str(text), 0600, err) : printf("%s\n", text) > 0;
    wipe(text, strlen(text));
    free(text);
    return ok;
}

bool cmd_manifest_set(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct arena *a = &cli->arena;
    struct slice manifest;
    struct target t;
    const char *body;
    size_t i;
    json_t *warning;

    if (!read_manifest(cli, cli->arguments[0], &manifest, err) ||
        !target_attest(cli, cli->arguments[1], &t, err))
        return false;
    (void)printf("Setting the manifest with fingerprint %s\n", fingerprint_of(a, manifest));
    body = arena_printf(a, "{\"manifest\":\"%s\"}", base64_text(a, manifest, BASE64_STD));
    if (!target_call(&t, "POST", "/api/v2/manifest", slice_str(body), &data, err))
        return false;
    json_array_foreach(json_object_get(data, "Warnings"), i, warning)(void)
        fprintf(stderr, "Warning: %s\n", json_string_value(warning));
    (void)printf("Manifest successfully set\n");
    return hand_out_recovery_data(cli, data, err) && target_keep(&t, err);
}

/* The coordinator's manifest and its fingerprint, which is computed here and not believed. */
static bool fetch_manifest(const struct target *t, struct slice *manifest, char **fingerprint,
                           struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct fields f;

    if (!target_call(t, "GET", "/api/v2/manifest", (struct slice){0}, &data, err))
        return false;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, &t->cli->arena, err);
    field_need(&f, "manifest");
    *manifest = field_bytes(&f, "manifest", LIMIT_MANIFEST);
    if (!fields_done(&f))
        return err_in(err, "the coordinator's answer to /api/v2/manifest");
    *fingerprint = fingerprint_of(&t->cli->arena, *manifest);
    return true;
}

bool cmd_manifest_get(struct cli *cli, struct err *err)
{
    struct slice manifest;
    char *fingerprint;
    struct target t;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !fetch_manifest(&t, &manifest, &fingerprint, err))
        return false;
    if (cli_flag(cli, "keep-cert") && !target_keep(&t, err))
        return false;
    if (cli_flag(cli, "signature"))
        manifest =
            slice_str(arena_printf(&cli->arena, "{\n\"ManifestSignature\": \"%s\",\n\"Manifest\": %s\n}\n",
                                   fingerprint, arena_strndup(&cli->arena, manifest)));
    return print_or_save(cli, manifest, err);
}

static bool is_fingerprint(const char *text)
{
    uint8_t digest[SHA256_LEN];

    return hex_decode_exact(slice_str(text), digest, sizeof digest);
}

bool cmd_manifest_verify(struct cli *cli, struct err *err)
{
    const char *wanted = cli->arguments[0];
    struct slice manifest;
    char *found;
    struct target t;

    if (!is_fingerprint(wanted)) {
        if (!read_manifest(cli, wanted, &manifest, err))
            return false;
        wanted = fingerprint_of(&cli->arena, manifest);
    }
    if (!target_attest(cli, cli->arguments[1], &t, err) || !fetch_manifest(&t, &manifest, &found, err))
        return false;
    if (!text_equal_fold(slice_str(wanted), slice_str(found)))
        return err_set(err, E_MANIFEST_OTHER,
                       "expected the manifest with fingerprint %s, the coordinator runs %s", wanted, found);
    (void)printf("OK\n");
    return target_keep(&t, err);
}

bool cmd_manifest_signature(struct cli *cli, struct err *err)
{
    struct slice manifest;

    if (!read_manifest(cli, cli->arguments[0], &manifest, err))
        return false;
    (void)printf("%s\n", fingerprint_of(&cli->arena, manifest));
    return true;
}
