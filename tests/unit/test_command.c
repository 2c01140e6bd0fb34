/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/scope.h"

/* A small tool of its own. */
static bool run(struct cli *cli, struct err *err) { return cli != NULL && err != NULL; }
static const struct option own[] = {
    {"output", 'o', "FILE", "out.txt", "where"}, {"quiet", 'q', NULL, NULL, "say less"}, {0}};
const struct option global_options[] = {{"help", 'h', NULL, NULL, "help"},
                                        {"insecure", 'i', NULL, NULL, "trust"},
                                        {"era-config", 0, "FILE", NULL, "policy"},
                                        {0}};
const char program_name[] = "tool";
static const struct command table[] = {
    {"manifest set", "FILE ADDRESS", 2, 2, own, "set", "Sets it.", "tool manifest set a b", run, 0},
    {"manifest get", "ADDRESS", 1, 1, NULL, "get", "Gets it.", "tool manifest get b", run, 0},
    {"version", "", 0, 0, NULL, "version", "Prints it.", "tool version", run, 0},
    {0},
};
const struct command *const command_groups[] = {table, NULL};

static void release(struct cli *cli) { arena_wipe(&cli->arena); }

static bool parse(struct cli *cli, const char *line, const char **topic, struct err *err)
{
    static char copy[200];
    static char *argv[20];
    int argc = 0;

    (void)strcpy(copy, line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return cli_parse(argc, argv, cli, topic, err);
}

Test(command, options_may_stand_anywhere)
{
    static const char *const lines[] = {
        "tool manifest set a b -o x -i",       "tool -i manifest set -o x a b",
        "tool manifest -i set a --output x b", "tool manifest set a --output=x b --insecure",
        "tool manifest set -ix a b",           "tool manifest set -iox a -- b",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        scoped(release) struct cli cli = {0};
        struct err err = {0};
        const char *topic;
        const bool ok = parse(&cli, lines[i], &topic, &err);

        if (i == 4) { /* -x is no option */
            cr_expect_not(ok);
            cr_expect_str_eq(err.text, "-x: no such option");
            continue;
        }
        cr_assert(ok, "%s: %s", lines[i], err.text);
        cr_expect_eq(cli.command, &table[0]);
        cr_expect_str_eq(cli.arguments[0], "a");
        cr_expect_str_eq(cli.arguments[1], "b");
        cr_expect_str_eq(cli_option(&cli, "output"), "x");
        cr_expect(cli_flag(&cli, "insecure"));
        cr_expect_not(cli_flag(&cli, "quiet"));
        cr_expect_null(cli_option(&cli, "era-config"));
    }
}

Test(command, the_last_value_counts_and_defaults_hold)
{
    scoped(release) struct cli cli = {0}, other = {0};
    struct err err;
    const char *topic;

    cr_assert(parse(&cli, "tool manifest set a b -o x -o y", &topic, &err));
    cr_expect_str_eq(cli_option(&cli, "output"), "y");
    cr_assert(parse(&other, "tool manifest set a b", &topic, &err));
    cr_expect_str_eq(cli_option(&other, "output"), "out.txt");
}

Test(command, a_double_dash_ends_the_options)
{
    scoped(release) struct cli cli = {0};
    struct err err;
    const char *topic;

    cr_assert(parse(&cli, "tool manifest set -- -o -i", &topic, &err));
    cr_expect_str_eq(cli.arguments[0], "-o");
    cr_expect_str_eq(cli.arguments[1], "-i");
}

Test(command, mistakes_are_named)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"tool manifst", "manifst: no such command (did you mean manifest?)"},
        {"tool manifest sett a b", "manifest sett: no such command (did you mean manifest set?)"},
        {"tool manifest set a", "manifest set wants: FILE ADDRESS"},
        {"tool manifest set a b c", "manifest set wants: FILE ADDRESS"},
        {"tool manifest get a --output x", "--output: no such option of manifest get"},
        {"tool manifest set a b -o", "-o wants a value: FILE"},
        {"tool manifest set a b --output", "--output wants a value: FILE"},
        {"tool manifest set a b --quiet=1", "--quiet takes no value"},
        {"tool --outputt manifest", "--outputt: no such option"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(release) struct cli cli = {0};
        struct err err = {0};
        const char *topic;

        cr_expect_not(parse(&cli, rows[i].line, &topic, &err), "%s", rows[i].line);
        cr_expect_eq(err.code, E_USAGE);
        cr_expect_str_eq(err.text, rows[i].text);
    }
}

Test(command, help_is_there_on_every_level)
{
    static const struct {
        const char *line, *topic;
        int command;
        const char *says;
    } rows[] = {
        {"tool", "", -1, "manifest set"},
        {"tool --help", "", -1, "version"},
        {"tool manifest", "manifest", -1, "get"},
        {"tool manifest -h", "manifest", -1, "set"},
        {"tool manifest set --help", "manifest set", 0, "--output FILE"},
        {"tool version -h", "version", 2, "Prints it."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(release) struct cli cli = {0};
        struct err err = {0};
        const char *topic;
        char text[8192] = "";
        FILE *out = fmemopen(text, sizeof text - 1, "w");

        cr_assert(parse(&cli, rows[i].line, &topic, &err), "%s: %s", rows[i].line, err.text);
        cr_expect(cli.help);
        cr_expect_str_eq(topic, rows[i].topic);
        cr_expect_eq(cli.command, rows[i].command < 0 ? NULL : &table[rows[i].command]);
        cli_help(out, cli.command, topic);
        (void)fclose(out);
        cr_expect(strstr(text, "Usage: tool") != NULL && strstr(text, rows[i].says) != NULL, "%s:\n%s",
                  rows[i].line, text);
    }
}
