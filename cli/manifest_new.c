/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest_new.h"

#include <string.h>

#include "attestation/collect.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/cert.h"

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

static bool check_user(struct cli *cli, struct slice pem, struct err *err)
{
    struct cert *certs;
    size_t num;

    return cert_parse_pem(pem, &cli->arena, &certs, &num, err);
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
        if (!split_given(cli, g, &name, &text, err) ||
            (strcmp(option, "user") == 0 && !check_user(cli, text, err)))
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

bool manifest_new(struct cli *cli, struct buf *b, struct err *err)
{
    size_t users, keys;

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
