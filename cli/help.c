/* SPDX-License-Identifier: Apache-2.0 */
/* cli/help.c: help for people at a terminal, from the table. */
#include <string.h>

#include "cli/command.h"

static void print_options(FILE *to, const struct option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        char left[64];

        (void)snprintf(left, sizeof left, "%c%c%s --%s%s%s", table->letter ? '-' : ' ',
                       table->letter ? table->letter : ' ', table->letter ? "," : " ", table->name,
                       table->value ? " " : "", table->value ? table->value : "");
        (void)fprintf(to, "  %-34s %s", left, table->help);
        if (table->fallback != NULL)
            (void)fprintf(to, " (default %s)", table->fallback);
        (void)fputc('\n', to);
    }
}

static void print_indented(FILE *to, const char *lines)
{
    while (*lines != '\0') {
        const size_t len = strcspn(lines, "\n");

        (void)fprintf(to, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

static void help_topic(FILE *to, const char *topic)
{
    (void)fprintf(to, "Usage: %s %s%sCOMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", program_name, topic,
                  topic[0] ? " " : "");
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c))
        if (command_begins(c, topic))
            (void)fprintf(to, "  %-38s %s\n", c->words, c->summary);
    (void)fprintf(to, "\nOptions of every command:\n");
    print_options(to, global_options);
    (void)fprintf(to, "\n%s COMMAND --help tells more.\n", program_name);
}

void cli_help(FILE *to, const struct command *c, const char *topic)
{
    if (c == NULL) {
        help_topic(to, topic);
        return;
    }
    (void)fprintf(to, "Usage: %s %s [OPTION...]%s%s\n\n%s\n", program_name, c->words,
                  c->arguments[0] ? " " : "", c->arguments, c->description);
    if (c->options != NULL) {
        (void)fprintf(to, "\nOptions:\n");
        print_options(to, c->options);
    }
    (void)fprintf(to, "\nOptions of every command:\n");
    print_options(to, global_options);
    (void)fprintf(to, "\nExamples:\n");
    print_indented(to, c->examples);
}
