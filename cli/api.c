/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/token.h"

bool api_call(const struct target *t, const struct api_request *request, bool *is_v1, json_t **data,
              struct err *err)
{
    scoped(progress_end) struct progress p = progress_begin("Waiting for %s", t->coordinator.address);

    return coordinator_ask(&t->coordinator, request, &t->cli->arena, is_v1, data, err);
}

/* ---- who asks -------------------------------------------------------------------------------------- */

/* A certificate and its key, from two files. E_KEY_FORMAT if they do not belong together. */
static bool read_identity(struct arena *a, const char *cert_path, const char *key_path,
                          struct tls_identity **out, struct err *err)
{
    struct named_pem cert = {.name = arena_printf(a, "--cert %s", cert_path)},
                     key = {.name = arena_printf(a, "--key %s", key_path)};

    return file_read(cert_path, LIMIT_CHAIN * LIMIT_CERTIFICATE, a, &cert.text, err) &&
           file_read(key_path, LIMIT_CERTIFICATE, a, &key.text, err) && user_identity(cert, key, a, out, err);
}

bool target_as_user(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    const char *cert = cli_option(cli, "cert"), *key = cli_option(cli, "key");
    scoped(tls_identity_release) struct tls_identity *identity = NULL;
    bool in_token;

    if (!token_wanted(cli, &in_token, err))
        return false;
    if (!in_token && (cert == NULL || key == NULL))
        return err_set(err, E_USAGE,
                       "%s needs a user of the manifest: --cert FILE and --key FILE, both in PEM, or "
                       "--pkcs11-config FILE",
                       cli->command->words);
    if (!(in_token ? token_identity(cli, &identity, err)
                   : read_identity(&cli->arena, cert, key, &identity, err)) ||
        !target_cached(cli, address, out, err))
        return false;
    out->coordinator.user = identity;
    identity = NULL;
    return true;
}

void target_release(struct target *t) { tls_identity_release(&t->coordinator.user); }

/* ---- what the coordinator has ---------------------------------------------------------------------- */

struct slice manifest_body(struct arena *a, struct slice manifest)
{
    return slice_str(arena_printf(a, "{\"manifest\":\"%s\"}", base64_text(a, manifest, BASE64_STD)));
}

bool fetch_manifest(const struct target *t, struct slice *manifest, struct err *err)
{
    scoped(progress_end) struct progress p =
        progress_begin("Fetching the manifest of %s", t->coordinator.address);
    struct signed_manifest m;

    if (!coordinator_manifest(&t->coordinator, &t->cli->arena, &m, err))
        return false;
    *manifest = m.text;
    return true;
}

bool fetch_update_log(const struct target *t, json_t **lines, struct err *err)
{
    scoped(progress_end) struct progress p =
        progress_begin("Fetching the update log of %s", t->coordinator.address);

    return coordinator_update_log(&t->coordinator, &t->cli->arena, lines, err);
}

bool fetch_status(const struct target *t, uint64_t *code, const char **message, struct err *err)
{
    scoped(progress_end) struct progress p = progress_begin("Waiting for %s", t->coordinator.address);

    return coordinator_status(&t->coordinator, &t->cli->arena, code, message, err);
}
