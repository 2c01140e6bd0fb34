/* SPDX-License-Identifier: Apache-2.0 */
/* cli/secret_commands.c: secret set and get. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/token.h"
#include "pki/pem.h"

/* ---- set -------------------------------------------------------------------------------------------- */

static bool ends_with_private_key(struct slice label)
{
    static const char words[] = "PRIVATE KEY";

    return label.len >= sizeof words - 1 &&
           memcmp(label.ptr + label.len - (sizeof words - 1), words, sizeof words - 1) == 0;
}

/* The first certificate and the first private key, which may be missing. */
static bool read_pem(struct slice text, struct arena *a, struct slice *cert, struct slice *key,
                     struct err *err)
{
    struct pem_block block;

    *cert = *key = (struct slice){0};
    do {
        if (!pem_next(&text, a, &block, err))
            return false;
        if (block.der.ptr == NULL)
            break;
        if (cert->ptr == NULL && slice_equal(block.label, slice_str("CERTIFICATE")))
            *cert = block.der;
        else if (key->ptr == NULL && text_starts_with(block.label, "ENCRYPTED"))
            return err_set(err, E_KEY_FORMAT,
                           "the private key is encrypted: decrypt it first (openssl pkey)");
        else if (key->ptr == NULL && ends_with_private_key(block.label))
            *key = block.der;
    } while (true);
    return cert->ptr != NULL ||
           err_set(err, E_CERT_FORMAT, "expected a PEM block \"CERTIFICATE\", found none");
}

static void put_bytes(struct buf *b, const char *name, struct slice bytes)
{
    json_put_name(b, name);
    if (bytes.ptr == NULL) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "\"");
    base64_put(b, bytes, BASE64_STD);
    buf_str(b, "\"");
}

/* {NAME: {"Key": null, "Cert": ..., "Private": ...}}, as MarbleRun's client sends it. */
static bool secrets_of_pem(const char *name, struct slice text, struct arena *a, struct buf *b,
                           struct err *err)
{
    struct slice cert, key;

    if (!read_pem(text, a, &cert, &key, err))
        return false;
    buf_str(b, "{");
    json_put_string(b, slice_str(name));
    buf_str(b, ":{");
    put_bytes(b, "Key", (struct slice){0});
    put_bytes(b, "Cert", cert);
    put_bytes(b, "Private", key);
    buf_str(b, "}}");
    return true;
}

/* The file's own bytes, once they are an object of objects: their meaning is the coordinator's to judge. */
static bool secrets_of_json(struct slice text, struct buf *b, struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    const char *name;
    json_t *secret;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_JSON_SYNTAX, &root, err)) {
        json_unquote(err);
        return false;
    }
    if (!json_is_object(root) || json_object_size(root) == 0)
        return err_set(
            err, E_JSON_SYNTAX,
            "expected an object {NAME: {\"Key\": BASE64}}, or of a certificate {NAME: {\"Cert\": BASE64, "
            "\"Private\": BASE64}}");
    json_object_foreach(root, name, secret) if (!json_is_object(secret)) return err_set(
        err, E_JSON_SYNTAX, "$.%s: expected an object with \"Key\", or with \"Cert\" and \"Private\"", name);
    buf_put(b, text);
    return true;
}

/* Which of them have a value already only who may read them could see: so it is asked about all. */
static bool confirm_replacing(struct cli *cli, struct slice secrets, struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    const char *name, *names = "";
    json_t *secret;

    if (!json_parse(secrets, JSON_NO_DUPLICATES, E_INTERNAL, &root, err))
        return false;
    json_object_foreach(root, name, secret)
    {
        names = arena_printf(&cli->arena, "%s%s%s", names, names[0] != '\0' ? ", " : "",
                             text_shown(&cli->arena, slice_str(name)));
    }
    return confirm(
        cli, arena_printf(&cli->arena, "The values that these secrets have now, if any, are lost: %s", names),
        UNASKED_GOES_ON, err);
}

static bool secret_set(struct cli *cli, struct err *err)
{
    scoped(target_release) struct target t = {0};
    scoped(json_release) json_t *data = NULL;
    scoped(buf_wipe) struct buf secrets = buf_max(LIMIT_HTTP_BODY), body = buf_max(LIMIT_HTTP_BODY);
    struct api_request request = {.method = "POST", .path = "/secrets"};
    const char *path = cli->arguments[0], *name = cli_option(cli, "from-pem");
    struct slice text;
    bool is_v1;

    if (!file_read(path, LIMIT_HTTP_BODY / 2, &cli->arena, &text, err) ||
        !(name != NULL ? secrets_of_pem(name, text, &cli->arena, &secrets, err)
                       : secrets_of_json(text, &secrets, err)))
        return err_in(err, "%s", path);
    buf_str(&body, "{\"secrets\":");
    buf_put(&body, buf_bytes(&secrets));
    buf_str(&body, "}");
    request.body = buf_bytes(&body);
    request.body_v1 = buf_bytes(&secrets);
    if (!target_as_user(cli, cli->arguments[1], &t, err) ||
        !confirm_replacing(cli, buf_bytes(&secrets), err) || !api_call(&t, &request, &is_v1, &data, err))
        return false;
    (void)printf("Secrets successfully set\n");
    return true;
}

/* ---- get -------------------------------------------------------------------------------------------- */

/* A name as a value of a query (RFC 3986 2.3). */
static void put_escaped(struct buf *b, const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (isalnum((unsigned char)*c) || strchr("-._~", *c) != NULL)
            buf_u8(b, (uint8_t)*c);
        else
            buf_printf(b, "%%%02X", (unsigned char)*c);
}

static const char *query_path(struct cli *cli)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_LINE);

    for (size_t i = 0; i + 1 < cli->num_arguments; i++) {
        buf_str(&b, i == 0 ? "/secrets?s=" : "&s=");
        put_escaped(&b, cli->arguments[i]);
    }
    return buf_ok(&b) ? arena_strndup(&cli->arena, buf_bytes(&b)) : NULL;
}

static void put_line(struct buf *b, const char *label, const char *value)
{
    buf_printf(b, "    %-13s %s\n", label, value);
}

static void put_certificate(struct buf *b, struct fields *f)
{
    const struct slice cert = field_bytes(f, "Cert", LIMIT_CERTIFICATE);

    if (cert.len > 0)
        buf_printf(b, "    %-13s\n%s", "Certificate:", pem_text(f->arena, "CERTIFICATE", cert));
    else
        put_line(b, "Certificate:", "not set");
}

/* The bytes as the coordinator sends them, in base64. */
static void put_value(struct buf *b, struct fields *f, const char *label, const char *member)
{
    const char *value = field_str(f, member);

    put_line(b, label, value != NULL ? value : "not set");
}

static bool put_secret(struct buf *b, const char *name, const json_t *secret, struct arena *a,
                       struct err *err)
{
    struct fields f = fields_of(secret, arena_printf(a, "$.%s", name), JSON_FOLD, E_COORDINATOR, a, err);
    const char *type = field_str(&f, "Type");

    type = type != NULL ? type : "";
    buf_printf(b, "%s:\n", name);
    put_line(b, "Type:", type);
    put_line(b, "UserDefined:", field_bool(&f, "UserDefined") ? "true" : "false");
    if (strcmp(type, "plain") == 0) {
        put_value(b, &f, "Data:", "Private");
        return fields_done(&f);
    }
    put_line(b, "Size:", arena_printf(a, "%llu", (unsigned long long)field_uint(&f, "Size", UINT32_MAX)));
    if (strcmp(type, "symmetric-key") == 0) {
        put_value(b, &f, "Key:", "Private");
        return fields_done(&f);
    }
    put_line(
        b, "Valid For:", arena_printf(a, "%llu", (unsigned long long)field_uint(&f, "ValidFor", UINT32_MAX)));
    put_certificate(b, &f);
    put_value(b, &f, "Public Key:", "Public");
    put_value(b, &f, "Private Key:", "Private");
    return fields_done(&f);
}

static bool print_table(struct cli *cli, const json_t *secrets, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);
    const json_t *secret;
    const char *name;

    json_object_foreach((json_t *)(uintptr_t)secrets, name,
                        secret) if (!put_secret(&b, name, secret, &cli->arena,
                                                err)) return err_in(err, "the coordinator's secrets");
    return print_or_save(cli, buf_bytes(&b), err);
}

static bool secret_get(struct cli *cli, struct err *err)
{
    scoped(target_release) struct target t = {0};
    scoped(json_release) json_t *data = NULL;
    struct api_request request = {.method = "GET", .path = query_path(cli)};
    const json_t *secrets;
    bool is_v1;

    if (request.path == NULL)
        return err_set(err, E_USAGE,
                       "the names of the secrets have more than %d bytes: ask for fewer at a time",
                       LIMIT_HTTP_LINE);
    if (!target_as_user(cli, cli->arguments[cli->num_arguments - 1], &t, err) ||
        !api_call(&t, &request, &is_v1, &data, err))
        return false;
    secrets = is_v1 ? data : json_object_get(data, "secrets");
    if (!json_is_object(secrets))
        return err_set(err, E_COORDINATOR, "the coordinator's answer to secrets has none");
    if (cli_flag(cli, "json") || cli_option(cli, "output") != NULL)
        return print_or_save_json(cli, secrets, err);
    return print_table(cli, secrets, err);
}

static const struct option set_options[] = {
    {"cert", 'c', "FILE", NULL, "the user's certificate, as the manifest has it (PEM)"},
    {"key", 'k', "FILE", NULL, "the private key of that certificate (PEM)"},
    TOKEN_USER_OPTIONS,
    {"from-pem", 0, "NAME", NULL,
     "the file is PEM: its first certificate and private key become this secret"},
    {"yes", 'y', NULL, NULL, "do not ask before values are replaced"},
    {0},
};
static const struct option get_options[] = {
    {"cert", 'c', "FILE", NULL, "the user's certificate, as the manifest has it (PEM)"},
    {"key", 'k', "FILE", NULL, "the private key of that certificate (PEM)"},
    TOKEN_USER_OPTIONS,
    {"output", 'o', "FILE", NULL, "write the secrets here as JSON (0600) instead of to standard output"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};

const struct command secret_commands[] = {
    {"secret set", "FILE IP:PORT", 2, 2, set_options, "give values to user-defined secrets",
     "Uploads secrets as a user who may write them. The file is JSON: {NAME: {\"Key\": BASE64}}, for "
     "certificates\n"
     "{NAME: {\"Cert\": BASE64, \"Private\": BASE64}} (DER); or PEM with --from-pem. All are set, or none.",
     "meshctl secret set secrets.json localhost:4433 --cert admin.crt --key admin.key\n"
     "meshctl secret set server.pem localhost:4433 --from-pem server_cert -c admin.crt -k admin.key",
     secret_set, 0},
    {"secret get", "NAME... IP:PORT", 2, 1000, get_options, "print secrets",
     "Prints secrets as a user who may read them: the values themselves, so mind who looks on.",
     "meshctl secret get api_key server_cert localhost:4433 -c admin.crt -k admin.key\n"
     "meshctl secret get api_key localhost:4433 -c admin.crt -k admin.key -o secrets.json",
     secret_get, 0},
    {0},
};
