/* SPDX-License-Identifier: Apache-2.0 */
/* cli/recover_commands.c: recover, and its companions for keys that never leave where they are. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "pki/key.h"
#include "pki/pem.h"

enum {
    SECRET_FILE_MAX = 16 * 1024, /* an RSA ciphertext has 512 bytes, in base64 700 */
    SHARE_LEN = 33,
};

/* ---- secrets in files --------------------------------------------------------------------------------- */

/* A key of 16 or 32 bytes, or a share of 33 is no ciphertext: RSA's have 128 bytes at least. */
static bool is_plain(struct slice secret)
{
    return secret.len == 16 || secret.len == 32 || secret.len == SHARE_LEN;
}

/* The file's bytes; or what they decode to, if they are the base64 that recovery data has. */
static bool read_secret(const char *path, struct arena *a, struct slice *out, struct err *err)
{
    struct slice text, decoded;

    if (!file_read(path, SECRET_FILE_MAX, a, &text, err))
        return false;
    *out = text;
    if (is_plain(text))
        return true;
    if (base64_decode(text, BASE64_STD, a, &decoded) && decoded.len > 0)
        *out = decoded;
    return text.len > 0 || err_set(err, E_RECOVERY_FILE, "%s is empty", path);
}

static bool read_key(struct cli *cli, struct key *out, struct err *err)
{
    const char *path = cli_option(cli, "key");
    struct slice text;

    if (path == NULL)
        return err_set(err, E_USAGE,
                       "%s needs --key FILE: the private RSA key of the manifest's recovery key, in PEM",
                       cli->command->words);
    if (!file_read(path, LIMIT_CERTIFICATE, &cli->arena, &text, err))
        return false;
    if (!key_from_pem(text, out, err))
        return err_in(err, "--key %s", path);
    return key_type_of(out) == KEY_RSA || err_set(err, E_KEY_FORMAT, "--key %s: expected an RSA key", path);
}

/* The secret that the recovery data has, opened if it is encrypted, and signed. */
static bool open_secret(struct cli *cli, struct slice *secret, struct slice *signature, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret plain = {0};
    const char *path = cli->arguments[0];

    if (!read_secret(path, &cli->arena, secret, err) || !read_key(cli, &key, err))
        return false;
    if (!is_plain(*secret)) {
        if (!key_decrypt(&key, *secret, &plain, err))
            return err_in(err, "%s does not open with the key in %s", path, cli_option(cli, "key"));
        *secret = arena_copy(&cli->arena, secret_bytes(&plain));
    }
    if (!is_plain(*secret))
        return err_set(err, E_RECOVERY_FILE, "%s: expected a secret of 16, 32 or %d bytes, found %zu", path,
                       SHARE_LEN, secret->len);
    return key_sign_as(&key, SIG_RSA_PKCS1_SHA256, *secret, &cli->arena, signature, err);
}

/* ---- recover ------------------------------------------------------------------------------------------ */

/* The cache is left alone: in recovery the coordinator has a certificate for the time being, and afterwards
 * the one of before again. */
static bool post_secret(struct cli *cli, struct slice secret, struct slice signature, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct arena *a = &cli->arena;
    const char *body =
        arena_printf(a, "{\"recoverySecret\":\"%s\",\"recoverySecretSignature\":\"%s\"}",
                     base64_text(a, secret, BASE64_STD), base64_text(a, signature, BASE64_STD));
    const struct api_request request = {
        .method = "POST", .path = "/recover", .body = slice_str(body), .only_v2 = true};
    uint64_t remaining;
    struct target t;
    struct fields f;
    bool is_v1;

    if (!target_attest(cli, cli->arguments[1], &t, err) || !api_call(&t, &request, &is_v1, &data, err))
        return false;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, a, err);
    field_need(&f, "remaining");
    remaining = field_uint(&f, "remaining", UINT32_MAX);
    if (!fields_done(&f))
        return err_in(err, "the coordinator's answer to recover");
    if (cli_flag(cli, "json"))
        (void)printf("{\"recovered\":%s,\"remaining\":%llu}\n", remaining == 0 ? "true" : "false",
                     (unsigned long long)remaining);
    else if (remaining == 0)
        (void)printf("Recovery successful\n");
    else
        (void)printf("Secret was processed successfully. Upload the next secret. Remaining secrets: %llu\n",
                     (unsigned long long)remaining);
    return true;
}

static bool recover(struct cli *cli, struct err *err)
{
    struct slice secret, signature;

    return open_secret(cli, &secret, &signature, err) && post_secret(cli, secret, signature, err);
}

static const char *needed(struct cli *cli, const char *option, struct err *err)
{
    const char *value = cli_option(cli, option);

    if (value == NULL)
        (void)err_set(err, E_USAGE, "%s needs --%s FILE", cli->command->words, option);
    return value;
}

/* As they are: whether the secret has to be decrypted is the coordinator's to see. */
static bool recover_with_signature(struct cli *cli, struct err *err)
{
    const char *path = needed(cli, "signature", err);
    struct slice secret, signature;

    return path != NULL && read_secret(cli->arguments[0], &cli->arena, &secret, err) &&
           file_read(path, SECRET_FILE_MAX, &cli->arena, &signature, err) &&
           post_secret(cli, secret, signature, err);
}

/* ---- companions ---------------------------------------------------------------------------------------- */

static bool save_or_print(struct cli *cli, const char *path, struct slice text, struct err *err)
{
    if (path == NULL)
        return print_or_save(cli, text, err);
    if (!save_new(path, text, err))
        return false;
    (void)printf("Written to %s\n", path);
    return true;
}

static bool public_key(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/recover/public-key", .only_v2 = true};
    struct slice spki;
    struct target t;
    struct fields f;
    bool is_v1;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !api_call(&t, &request, &is_v1, &data, err))
        return false;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, &cli->arena, err);
    field_need(&f, "ephemeralPublicKey");
    spki = field_bytes(&f, "ephemeralPublicKey", LIMIT_CERTIFICATE);
    if (!fields_done(&f))
        return err_in(err, "the coordinator's answer to recover/public-key");
    return save_or_print(cli, cli_option(cli, "output"), slice_str(pem_text(&cli->arena, "PUBLIC KEY", spki)),
                         err);
}

static bool encrypt_secret(struct cli *cli, struct err *err)
{
    const char *to = needed(cli, "coordinator-pub-key", err),
               *output = to != NULL ? needed(cli, "output", err) : NULL;
    struct slice secret, signature, text, spki, encrypted;
    enum key_type type;

    if (output == NULL || !open_secret(cli, &secret, &signature, err) ||
        !file_read(to, LIMIT_CERTIFICATE, &cli->arena, &text, err))
        return false;
    if (!spki_from_pem(text, &cli->arena, &spki, &type, err) ||
        !spki_encrypt(spki, secret, &cli->arena, &encrypted, err))
        return err_in(err, "--coordinator-pub-key %s", to);
    return save_or_print(cli, output, encrypted, err);
}

static bool sign_secret(struct cli *cli, struct err *err)
{
    const char *output = needed(cli, "output", err);
    struct slice secret, signature;

    return output != NULL && open_secret(cli, &secret, &signature, err) &&
           save_or_print(cli, output, signature, err);
}

/* ---- the table ------------------------------------------------------------------------------------------
 */

static const struct option recover_options[] = {
    {"key", 'k', "FILE", NULL, "the private RSA key that opens and signs the secret (PEM)"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};
static const struct option signature_options[] = {
    {"signature", 's', "FILE", NULL, "the signature over the secret, as sign-secret writes it"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};
static const struct option public_options[] = {
    {"output", 'o', "FILE", NULL, "write here, where nothing is yet, instead of to standard output"}, {0}};
static const struct option encrypt_options[] = {
    {"key", 'k', "FILE", NULL, "the private RSA key that opens the secret (PEM)"},
    {"coordinator-pub-key", 0, "FILE", NULL, "the coordinator's key, as public-key writes it"},
    {"output", 'o', "FILE", NULL, "write here, where nothing is yet"},
    {0},
};
static const struct option sign_options[] = {
    {"key", 'k', "FILE", NULL, "the private RSA key that opens and signs the secret (PEM)"},
    {"output", 'o', "FILE", NULL, "write here, where nothing is yet"},
    {0},
};

const struct command recover_commands[] = {
    {"recover", "SECRET IP:PORT", 2, 2, recover_options,
     "bring a coordinator back that cannot unseal its state",
     "Opens a secret of the recovery data with the private key, signs it, verifies the coordinator's "
     "evidence and\n"
     "sends both. The file holds one secret, decoded or in base64; one of 16, 32 or 33 bytes is not "
     "encrypted.\n"
     "If the manifest has several recovery keys each owner does this; it says how many are still missing.",
     "jq -r .RecoverySecrets.alice recovery.json >secret\nmeshctl recover secret localhost:4433 --key "
     "alice.key",
     recover, 0},
    {"recover-with-signature", "SECRET IP:PORT", 2, 2, signature_options,
     "the same with a signature made elsewhere",
     "Verifies the coordinator's evidence and sends a secret and its signature as they are: for keys that "
     "stay in\n"
     "another place. The secret is plain, or encrypted for the coordinator by encrypt-secret.",
     "meshctl recover-with-signature encrypted localhost:4433 --signature signature", recover_with_signature,
     0},
    {"recover-with-signature public-key", "IP:PORT", 1, 1, public_options,
     "print the key that secrets are encrypted to",
     "Verifies the coordinator's evidence and prints the public key that it made for this recovery, as PEM.",
     "meshctl recover-with-signature public-key localhost:4433 -o coordinator.pem", public_key, 0},
    {"recover-with-signature encrypt-secret", "SECRET", 1, 1, encrypt_options,
     "encrypt a secret for the coordinator",
     "Opens a secret of the recovery data with the private key and encrypts it for the coordinator. Offline.",
     "meshctl recover-with-signature encrypt-secret secret --key alice.key \\\n"
     "    --coordinator-pub-key coordinator.pem --output encrypted",
     encrypt_secret, 0},
    {"recover-with-signature sign-secret", "SECRET", 1, 1, sign_options, "sign a secret",
     "Opens a secret of the recovery data with the private key and signs it. Offline.",
     "meshctl recover-with-signature sign-secret secret --key alice.key --output signature", sign_secret, 0},
    {0},
};
