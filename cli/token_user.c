/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/token.h"
#include "pki/cert.h"
#include "pki/hash.h"

bool token_wanted(struct cli *cli, bool *wanted, struct err *err)
{
    *wanted = cli_option(cli, "pkcs11-config") != NULL;
    if (*wanted && (cli_option(cli, "key") != NULL || cli_option(cli, "cert") != NULL))
        return err_set(err, E_USAGE, "--pkcs11-config and files (--cert, --key) exclude each other");
    for (size_t i = 0; !*wanted && i < cli->num_given; i++)
        if (text_starts_with(slice_str(cli->given[i].option->name), "pkcs11-"))
            return err_set(err, E_USAGE, "--%s needs --pkcs11-config FILE", cli->given[i].option->name);
    return true;
}

static struct token_name key_name(const struct cli *cli)
{
    return (struct token_name){cli_option(cli, "pkcs11-key-id"), cli_option(cli, "pkcs11-key-label")};
}

bool token_of_options(struct cli *cli, struct token **out, struct err *err)
{
    scoped(token_close) struct token *t = NULL;
    scoped(arena_wipe) struct arena a = {0}; /* wiped: the PIN */
    const char *path = cli_option(cli, "pkcs11-config");
    const struct token_name name = key_name(cli);
    struct token_config config;
    struct slice text;

    if (name.id == NULL && name.label == NULL)
        return err_set(err, E_USAGE, "--pkcs11-config needs --pkcs11-key-id ID or --pkcs11-key-label LABEL");
    if (!file_read(path, LIMIT_CERTIFICATE, &a, &text, err))
        return false;
    if (!token_config_parse(text, &a, &config, err) || !token_open(&config, &t, err) ||
        !token_use_key(t, name, err))
        return err_in(err, "--pkcs11-config %s", path);
    *out = t;
    t = NULL;
    return true;
}

static bool sign(void *ctx, enum tls_signature kind, struct slice digest, uint8_t *to, size_t cap,
                 size_t *len, struct err *err)
{
    return token_sign(ctx, kind, digest, to, cap, len, err);
}

static void release(void *ctx)
{
    struct token *t = ctx;

    token_close(&t);
}

/* The key signs, and the certificate says whether it was its own. */
static bool belongs_to(struct token *t, const struct cert *cert, struct err *err)
{
    const bool is_rsa = token_key_kind(t) == TOKEN_RSA;
    uint8_t message[32], digest[SHA256_LEN], signature[LIMIT_CERTIFICATE];
    struct err ignored;
    size_t len;

    random_bytes(message, sizeof message);
    sha256(digest, slice_of(message, sizeof message));
    if (!token_sign(t, is_rsa ? TLS_RSA_PKCS1 : TLS_ECDSA, slice_of(digest, sizeof digest), signature,
                    sizeof signature, &len, err))
        return false;
    return spki_verify(cert->spki, is_rsa ? SIG_RSA_PKCS1_SHA256 : SIG_ECDSA_SHA256,
                       slice_of(message, sizeof message), slice_of(signature, len), &ignored) ||
           err_set(err, E_KEY_FORMAT, "the private key in the PKCS#11 token is not that of the certificate");
}

bool token_identity(struct cli *cli, struct tls_identity **out, struct err *err)
{
    scoped(token_close) struct token *t = NULL;
    struct token_name name = {cli_option(cli, "pkcs11-cert-id"), cli_option(cli, "pkcs11-cert-label")};
    struct tls_signer signer = {sign, release, NULL};
    struct slice der;
    struct cert cert;

    if (!token_of_options(cli, &t, err))
        return false;
    if (name.id == NULL && name.label == NULL)
        name = key_name(cli);
    if (!token_certificate(t, name, &cli->arena, &der, err) || !cert_parse(der, &cli->arena, &cert, err))
        return err_in(err, "--pkcs11-config %s", cli_option(cli, "pkcs11-config"));
    if (!belongs_to(t, &cert, err))
        return err_in(err, "--pkcs11-config %s", cli_option(cli, "pkcs11-config"));
    signer.ctx = t;
    if (!tls_identity_elsewhere(&der, 1, &signer, out, err))
        return false;
    t = NULL; /* the identity's */
    return true;
}
