/* SPDX-License-Identifier: Apache-2.0 */
/* cli/main.c: meshctl, the operator's tool. The table of commands is its table of contents. */
#include <signal.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/stdio.h"
#include "cli/commands.h"
#include "net/tls.h"
#include "pki/hash.h"

const char program_name[] = PROGRAM_NAME;

static void release(struct cli *cli) { arena_wipe(&cli->arena); }

static int fail(const struct cli *cli, const struct err *err)
{
    const struct reason *reason = reason_of(err->code);
    const bool colour = wants_colour(stderr);

    (void)fflush(stdout);
    (void)fprintf(stderr, "%sError:%s %s [%s]\n", colour ? "\033[31m" : "", colour ? "\033[0m" : "",
                  err->text, reason->name);
    if (cli_flag(cli, "verbose"))
        (void)fprintf(stderr, "Cause: %s\n", reason->cause);
    if (err->code == E_USAGE)
        (void)fprintf(stderr, "Run %s --help for the commands, or any command with --help.\n", program_name);
    else
        (void)fprintf(stderr, "Next: %s\n", reason->remedy);
    return EXIT_FAILURE;
}

static int failed(const struct cli *cli, const struct err *err)
{
    const int status = fail(cli, err);

    if (err->code == E_USAGE && cli->command != NULL && cli->command->usage_status != 0)
        return cli->command->usage_status;
    return cli->exit_status != 0 ? cli->exit_status : status;
}

int main(int argc, char **argv)
{
    scoped(release) struct cli cli = {0};
    struct err err = {0};
    const char *topic = "";

    (void)stdio_hold();
    (void)signal(SIGPIPE, SIG_IGN);
    secret_init();
    json_init();
    pki_init();
    net_init();
    if (!cli_parse(argc, argv, &cli, &topic, &err))
        return failed(&cli, &err);
    if (cli.help) {
        cli_help(stdout, cli.command, topic);
        return flush_output(&err) ? EXIT_SUCCESS : fail(&cli, &err);
    }
    return cli.command->run(&cli, &err) && flush_output(&err) ? EXIT_SUCCESS : failed(&cli, &err);
}
