/* SPDX-License-Identifier: Apache-2.0 */
/* cli/command.h: commands and their options as tables; what parsing, help, man pages and completions are made
 * from.
 */
#pragma once
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

struct option {
    const char *name;     /* "era-config" */
    char letter;          /* 0: none */
    const char *value;    /* "FILE"; NULL: a flag */
    const char *fallback; /* the default, shown in help; NULL: none */
    const char *help;
};

struct cli;

struct command {
    const char *words;     /* "manifest set" */
    const char *arguments; /* "MANIFEST IP:PORT" */
    size_t min_arguments, max_arguments;
    const struct option *options; /* of its own; ends with a nameless one; NULL: none */
    const char *summary;          /* one line */
    const char *description;      /* a paragraph or two */
    const char *examples;         /* lines, each indented by the printer */
    bool (*run)(struct cli *cli, struct err *err);
    int usage_status; /* exit status of a faulty command line; 0: 1 */
};

/* A command line, understood. */
struct cli {
    const struct command *command;
    struct arena arena; /* lives as long as the command */
    const char **arguments;
    size_t num_arguments;
    struct given {
        const struct option *option;
        const char *value; /* "" for a flag */
    } * given;
    size_t num_given;
    bool help;
    int exit_status; /* set by a command that has more to say than that it failed; 0: 1 if it failed */
};

extern const struct command *const command_groups[]; /* ends with NULL; each group ends with a wordless one */
extern const struct option global_options[];
extern const char program_name[]; /* "meshctl", "meshctl-sim" */

/* The next command of the table; NULL begins, and ends. In the table's order. */
const struct command *command_next(const struct command *c);

/* Does the command begin with these words ("": every one does)? */
bool command_begins(const struct command *c, const char *words);

/* Takes argv apart. Options may stand anywhere; "--" ends them. A word that makes a longer command of what stands
 * before it is one of its words, so "recover-with-signature public-key" is a command though its first word is one
 * too. E_USAGE, with the nearest name if there is one near. If only a part of a command was named, or --help was
 * given, cli->help is set, and cli->command is the command, if it is one. */
bool cli_parse(int argc, char **argv, struct cli *cli, const char **topic, struct err *err);

/* Help for a command, or for all commands that begin with `topic` ("": all). */
void cli_help(FILE *to, const struct command *command, const char *topic);

/* The value given for an option (the last counts), its fallback, or NULL. A flag gives "" or NULL. */
const char *cli_option(const struct cli *cli, const char *name);
static inline bool cli_flag(const struct cli *cli, const char *name) { return cli_option(cli, name) != NULL; }
