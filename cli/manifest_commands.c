/* SPDX-License-Identifier: Apache-2.0 */
/* cli/manifest_commands.c: manifest set, get, log, signature and verify. */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/effective.h"
#include "cli/manifest_file.h"
#include "cli/recovery_data.h"
#include "pki/hash.h"

enum { STATE_RECOVERY = 1 };

/* ---- set -------------------------------------------------------------------------------------------- */

/* In recovery a new manifest takes the place of a state that could still be recovered. */
static bool confirm_set(struct cli *cli, const struct target *t, struct err *err)
{
    const char *message;
    uint64_t code;

    if (!fetch_status(t, &code, &message, err))
        return false;
    return code != STATE_RECOVERY ||
           confirm(cli,
                   "The coordinator waits for recovery: a new manifest destroys its present state for good",
                   UNASKED_IS_REFUSED, err);
}

static bool manifest_set(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct manifest_file file;
    struct api_request request = {.method = "POST", .path = "/manifest"};
    struct target t;
    size_t i;
    json_t *warning;
    bool is_v1;

    if (!manifest_file_read(cli->arguments[0], &cli->arena, &file, err) ||
        !target_attest(cli, cli->arguments[1], &t, err) || !confirm_set(cli, &t, err))
        return false;
    (void)printf("Setting the manifest with fingerprint %s\n", fingerprint_of(&cli->arena, file.json));
    request.body = manifest_body(&cli->arena, file.json);
    request.body_v1 = file.json;
    if (!api_call(&t, &request, &is_v1, &data, err))
        return false;
    json_array_foreach(json_object_get(data, "Warnings"), i, warning)(void)
        fprintf(stderr, "Warning: %s\n", json_string_value(warning));
    (void)printf("Manifest successfully set\n");
    return hand_out_recovery_data(cli, json_object_get(data, "RecoverySecrets"), err) && target_keep(&t, err);
}

/* ---- get, log --------------------------------------------------------------------------------------- */

static bool show_update(struct cli *cli, const struct target *t, struct slice *manifest, struct err *err)
{
    scoped(json_release) json_t *lines = NULL;

    return fetch_update_log(t, &lines, err) && effective_text(*manifest, lines, &cli->arena, manifest, err);
}

/* The fingerprint is that of the bytes, computed here and not believed. */
static bool manifest_get(struct cli *cli, struct err *err)
{
    struct slice manifest;
    char *fingerprint;
    struct target t;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !fetch_manifest(&t, &manifest, err))
        return false;
    fingerprint = fingerprint_of(&cli->arena, manifest);
    if ((cli_flag(cli, "keep-cert") && !target_keep(&t, err)) ||
        (cli_flag(cli, "display-update") && !show_update(cli, &t, &manifest, err)))
        return false;
    if (cli_flag(cli, "signature"))
        manifest =
            slice_str(arena_printf(&cli->arena, "{\n\"ManifestSignature\": \"%s\",\n\"Manifest\": %s\n}\n",
                                   fingerprint, arena_strndup(&cli->arena, manifest)));
    return print_or_save(cli, manifest, err);
}

/* Each line is JSON; one that is not stays a string. */
static bool print_log_json(struct cli *cli, const json_t *lines, struct err *err)
{
    scoped(json_release) json_t *list = json_array();
    json_t *line;
    size_t i;

    json_array_foreach(lines, i, line)
    {
        json_t *entry = json_loads(json_string_value(line), 0, NULL);

        (void)json_array_append_new(list, entry != NULL ? entry : json_incref(line));
    }
    return print_or_save_json(cli, list, err);
}

static bool manifest_log(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *lines = NULL;
    scoped(buf_wipe) struct buf b = buf_max(SIZE_MAX);
    struct target t;
    json_t *line;
    size_t i;

    if (!target_cached(cli, cli->arguments[0], &t, err) || !fetch_update_log(&t, &lines, err))
        return false;
    if (cli_flag(cli, "json"))
        return print_log_json(cli, lines, err);
    if (cli_option(cli, "output") == NULL)
        buf_str(&b, "Update log:\n");
    json_array_foreach(lines, i, line)
    {
        buf_str(&b, json_string_value(line));
        buf_str(&b, "\n");
    }
    return print_or_save(cli, buf_bytes(&b), err);
}

/* ---- fingerprints ------------------------------------------------------------------------------------ */

static bool is_fingerprint(const char *text)
{
    uint8_t digest[SHA256_LEN];

    return hex_decode_exact(slice_str(text), digest, sizeof digest);
}

static bool manifest_verify(struct cli *cli, struct err *err)
{
    const char *wanted = cli->arguments[0], *found;
    struct manifest_file file;
    struct slice manifest;
    struct target t;

    if (!is_fingerprint(wanted)) {
        if (!manifest_file_read(wanted, &cli->arena, &file, err))
            return false;
        wanted = fingerprint_of(&cli->arena, file.json);
    }
    if (!target_attest(cli, cli->arguments[1], &t, err) || !fetch_manifest(&t, &manifest, err))
        return false;
    found = fingerprint_of(&cli->arena, manifest);
    if (!text_equal_fold(slice_str(wanted), slice_str(found)))
        return err_set(err, E_MANIFEST_OTHER,
                       "expected the manifest with fingerprint %s, the coordinator runs %s", wanted, found);
    if (cli_flag(cli, "json"))
        (void)printf("{\"verified\":true,\"fingerprint\":\"%s\"}\n", found);
    else
        (void)printf("OK\n");
    return target_keep(&t, err);
}

static bool manifest_signature(struct cli *cli, struct err *err)
{
    struct manifest_file file;

    if (!manifest_file_read(cli->arguments[0], &cli->arena, &file, err))
        return false;
    (void)printf(cli_flag(cli, "json") ? "{\"fingerprint\":\"%s\"}\n" : "%s\n",
                 fingerprint_of(&cli->arena, file.json));
    return true;
}

/* ---- the table ---------------------------------------------------------------------------------------- */

static const struct option set_options[] = {
    {"recoverydata", 'r', "FILE", NULL, "write the recovery data here (0600) instead of to standard output"},
    {"yes", 'y', NULL, NULL, "do not ask before a state that waits for recovery is replaced"},
    {0},
};
static const struct option get_options[] = {
    {"signature", 's', NULL, NULL, "wrap the manifest with its fingerprint"},
    {"display-update", 'u', NULL, NULL, "with the security versions that package updates have raised"},
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {"keep-cert", 0, NULL, NULL, "cache the coordinator's certificate"},
    {0},
};
static const struct option log_options[] = {
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {"json", 0, NULL, NULL, "print one JSON array"},
    {0},
};
static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};

const struct command manifest_commands[] = {
    {"manifest set", "MANIFEST IP:PORT", 2, 2, set_options, "verify the coordinator and give it a manifest",
     "Verifies the coordinator's evidence, uploads the manifest, prints its fingerprint and caches the\n"
     "coordinator's certificate. JSON is uploaded as it is, YAML is converted. If the manifest names "
     "recovery\n"
     "keys, the recovery data is handed out, once.",
     "meshctl manifest set manifest.json localhost:4433\n"
     "meshctl manifest set manifest.yaml localhost:4433 --recoverydata recovery.json",
     manifest_set, 0},
    {"manifest get", "IP:PORT", 1, 1, get_options, "verify the coordinator and print its manifest",
     "Verifies the coordinator's evidence and prints the manifest in force, byte for byte as it was set.",
     "meshctl manifest get localhost:4433\nmeshctl manifest get localhost:4433 -s -u -o manifest.json",
     manifest_get, 0},
    {"manifest log", "IP:PORT", 1, 1, log_options, "print what was changed, and by whom",
     "Prints the coordinator's update log: one JSON object a line, the oldest first.",
     "meshctl manifest log localhost:4433", manifest_log, 0},
    {"manifest verify", "MANIFEST|FINGERPRINT IP:PORT", 2, 2, json_options,
     "verify the coordinator and that it runs this manifest",
     "Verifies the coordinator's evidence and compares its manifest's fingerprint with that of a file, or "
     "with\n"
     "64 hexadecimal digits. Prints OK and caches the coordinator's certificate.",
     "meshctl manifest verify manifest.json localhost:4433", manifest_verify, 0},
    {"manifest signature", "MANIFEST", 1, 1, json_options, "print a manifest's fingerprint",
     "Prints the SHA-256 of the manifest's bytes; of YAML, of the JSON that is uploaded. Offline.",
     "meshctl manifest signature manifest.json", manifest_signature, 0},
    {0},
};
