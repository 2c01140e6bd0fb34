/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest_new.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/pem.h"

/* JSON's strings are YAML's too. */
static void put_name(struct buf *b, const char *indent, const char *name)
{
    buf_str(b, indent);
    json_put_string(b, slice_str(name));
    buf_str(b, ":\n");
}

static bool put_package(struct cli *cli, struct buf *b, struct err *err)
{
    const char *program = cli_option(cli, "program");
    struct package_policy p = {0};

    if (program != NULL && !trust_domain()->package_info(program, &cli->arena, &p, err))
        return err_in(err, "--program %s", program);
    buf_str(b, "# What may run: programs, by what was measured of them. `meshctl package-info FILE` prints "
               "it.\nPackages:\n");
    put_name(b, "  ", cli_option(cli, "package"));
    buf_printf(b,
               "    # This one build of the program. Or SignerID, ProductID and SecurityVersion: all builds "
               "of its signer\n"
               "    # from this version on.\n"
               "    UniqueID: \"%s\"\n",
               program != NULL ? p.unique_id
                               : "0000000000000000000000000000000000000000000000000000000000000000");
    if (p.debug)
        buf_str(b, "    Debug: true  # it can be looked into: not for production\n");
    return true;
}

static void put_marble(struct cli *cli, struct buf *b)
{
    buf_str(b, "\n# Which services there are, and what each gets when it has proved what it is.\nMarbles:\n");
    put_name(b, "  ", cli_option(cli, "marble"));
    buf_str(b, "    Package: ");
    json_put_string(b, slice_str(cli_option(cli, "package")));
    buf_str(b,
            "\n    Parameters:\n      Env:\n        # Templates: {{ hex .Secrets.NAME }}, {{ pem "
            ".MarbleRun.RootCA.Cert }}, ...\n"
            "        API_KEY: \"{{ hex .Secrets.api_key }}\"\n"
            "      # Files:\n      #   /etc/app/config.json: '{\"key\": \"{{ base64 .Secrets.api_key }}\"}'\n"
            "      # Argv: [app, --verbose]\n"
            "\n# What the coordinator makes up itself and gives to whom a template names it for.\n"
            "Secrets:\n  api_key:\n    Type: symmetric-key\n    Size: 256\n"
            "    Shared: true  # the same for all marbles; false: another one for each\n");
}

/* "NAME=FILE": the name, and the file's text. */
static bool split_given(struct cli *cli, const struct given *g, char **name, struct slice *text,
                        struct err *err)
{
    const char *equals = strchr(g->value, '=');

    if (equals == NULL || equals == g->value)
        return err_set(err, E_USAGE, "--%s: expected NAME=FILE, found %s", g->option->name, g->value);
    *name = arena_strndup(&cli->arena, slice_of(g->value, (size_t)(equals - g->value)));
    return file_read(equals + 1, LIMIT_CERTIFICATE, &cli->arena, text, err);
}

/* A user's certificates, or an owner's public key, written anew: their file may hold the private key as well,
 * and everybody may read a manifest. */
static bool take_given(struct cli *cli, const struct given *g, struct slice *pem, struct err *err)
{
    struct arena *a = &cli->arena;
    struct cert *certs;
    struct slice spki;
    enum key_type type;
    const char *text = "";
    size_t num;

    if (strcmp(g->option->name, "user") == 0) {
        if (!cert_parse_pem(*pem, a, &certs, &num, err))
            return false;
        for (size_t i = 0; i < num; i++)
            text = arena_printf(a, "%s%s", text, pem_text(a, "CERTIFICATE", certs[i].der));
    } else {
        if (!spki_from_pem(*pem, a, &spki, &type, err))
            return false;
        if (type != KEY_RSA)
            return err_set(err, E_KEY_FORMAT, "expected an RSA key");
        text = pem_text(a, "PUBLIC KEY", spki);
    }
    *pem = slice_str(text);
    return true;
}

/* An entry for each time that the option was given. */
static bool put_given(struct cli *cli, struct buf *b, const char *option, const char *heading, size_t *num,
                      struct err *err)
{
    *num = 0;
    for (size_t i = 0; i < cli->num_given; i++) {
        const struct given *g = &cli->given[i];
        struct slice text;
        char *name = NULL;

        if (strcmp(g->option->name, option) != 0)
            continue;
        if (!split_given(cli, g, &name, &text, err) || !take_given(cli, g, &text, err))
            return err_in(err, "--%s %s", option, g->value);
        if ((*num)++ == 0)
            buf_str(b, heading);
        if (strcmp(option, "user") == 0) {
            put_name(b, "  ", name);
            buf_str(b, "    Roles: [admin]\n    Certificate: ");
        } else {
            buf_str(b, "  ");
            json_put_string(b, slice_str(name));
            buf_str(b, ": ");
        }
        json_put_string(b, text);
        buf_str(b, "\n");
    }
    return true;
}

/* ---- answers on a terminal: each becomes the option that it could have been -------------------------------
 */

enum { MOST_ANSWERS = 64, LINE_MAX_LEN = 4096 };

static const struct option *option_named(const struct cli *cli, const char *name)
{
    const struct option *o = cli->command->options;

    while (strcmp(o->name, name) != 0)
        o++;
    return o;
}

/* The line that was typed, without its end; NULL: nothing, or there will be no more. */
static const char *ask(struct cli *cli, const char *question, const char *fallback)
{
    char line[LINE_MAX_LEN];

    (void)fprintf(stderr, fallback != NULL ? "%s [%s]: " : "%s: ", question, fallback);
    if (fgets(line, sizeof line, stdin) == NULL) {
        (void)fputc('\n', stderr);
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line[0] != '\0' ? arena_strdup(&cli->arena, line) : NULL;
}

static bool is_usable(struct cli *cli, const struct given *g, struct err *err)
{
    struct package_policy policy;
    struct slice text;
    char *name;

    if (strcmp(g->option->name, "program") == 0)
        return trust_domain()->package_info(g->value, &cli->arena, &policy, err);
    if (strcmp(g->option->name, "user") != 0 && strcmp(g->option->name, "recovery-key") != 0)
        return true;
    return split_given(cli, g, &name, &text, err) && take_given(cli, g, &text, err);
}

/* Until the answer can be used, or there is none. */
static bool ask_option(struct cli *cli, const char *option, const char *question)
{
    struct given *g = &cli->given[cli->num_given];
    struct err err;

    g->option = option_named(cli, option);
    while ((g->value = ask(cli, question, g->option->fallback)) != NULL) {
        if (is_usable(cli, g, &err)) {
            cli->num_given++;
            return true;
        }
        (void)fprintf(stderr, "%s: %s [%s]\n", text_shown(&cli->arena, slice_str(g->value)), err.text,
                      reason_of(err.code)->name);
    }
    return false;
}

static bool asks(const struct cli *cli)
{
    static const char *const answered[] = {"program", "package", "marble", "user", "recovery-key", "yes"};

    for (size_t i = 0; i < cli->num_given; i++)
        for (size_t k = 0; k < sizeof answered / sizeof answered[0]; k++)
            if (strcmp(cli->given[i].option->name, answered[k]) == 0)
                return false;
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

static void ask_all(struct cli *cli)
{
    struct given *room = arena_array(&cli->arena, cli->num_given + MOST_ANSWERS, sizeof *room);
    size_t most;

    memcpy(room, cli->given, cli->num_given * sizeof *room);
    cli->given = room;
    most = cli->num_given + MOST_ANSWERS - 1;
    (void)ask_option(cli, "program",
                     "The program that the first service runs (a file; nothing: to be filled in later)");
    (void)ask_option(cli, "package", "Name of its package");
    (void)ask_option(cli, "marble", "Type of the service");
    while (
        cli->num_given < most / 2 &&
        ask_option(cli, "user", "Who may update the manifest, NAME=CERTIFICATE.pem (nothing: nobody else)"))
        continue;
    while (cli->num_given < most &&
           ask_option(cli, "recovery-key",
                      "Who can recover the state, NAME=PUBLIC-KEY.pem (nothing: nobody else)"))
        continue;
}

bool manifest_new(struct cli *cli, struct buf *b, struct err *err)
{
    size_t users, keys;

    if (asks(cli))
        ask_all(cli);

    buf_str(
        b,
        "# A manifest: what belongs to this mesh. Check it with `meshctl manifest check FILE`, set it with\n"
        "# `meshctl manifest set FILE HOST:PORT`.\n\n");
    if (!put_package(cli, b, err))
        return false;
    put_marble(cli, b);
    if (!put_given(cli, b, "user", "\n# Who may do what, by client certificate.\nUsers:\n", &users, err))
        return false;
    if (users > 0)
        buf_str(b, "Roles:\n  admin:\n    ResourceType: Manifest\n    Actions: [UpdateManifest]\n");
    else
        buf_str(b, "\n# Nobody can change this manifest any more once it is set: --user NAME=CERTIFICATE "
                   "adds a user.\n");
    if (!put_given(
            cli, b, "recovery-key",
            "\n# Who can bring the state back on another machine, all of them together.\nRecoveryKeys:\n",
            &keys, err))
        return false;
    if (keys == 0)
        buf_str(b, "\n# Without recovery keys the state is lost with the machine: --recovery-key "
                   "NAME=PUBLIC-KEY adds one.\n");
    return true;
}
