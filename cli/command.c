/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <string.h>

static const struct option *find_named(const struct option *table, struct slice name)
{
    for (; table != NULL && table->name != NULL; table++)
        if (slice_equal(slice_str(table->name), name))
            return table;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
    for (; table != NULL && table->name != NULL; table++)
        if (table->letter == letter)
            return table;
    return NULL;
}

/* Does the command begin with these words? */
static bool begins(const struct command *c, const char *words)
{
    const size_t len = strlen(words);

    return strncmp(c->words, words, len) == 0 && (len == 0 || c->words[len] == '\0' || c->words[len] == ' ');
}

static const struct command *command_named(const char *words)
{
    for (const struct command *c = commands; c->words != NULL; c++)
        if (strcmp(c->words, words) == 0)
            return c;
    return NULL;
}

static bool is_topic(const char *words)
{
    for (const struct command *c = commands; c->words != NULL; c++)
        if (begins(c, words))
            return true;
    return false;
}

struct parser {
    struct cli *cli;
    char **argv;
    int argc, at;
    const char *topic; /* the command's words so far */
    struct err *err;
};

static void remember(struct cli *cli, const struct option *o, const char *value)
{
    cli->given[cli->num_given++] = (struct given){o, value};
}

/* The value of an option that stands in the next word. */
static bool take_value(struct parser *p, const struct option *o, const char *shown)
{
    if (p->at + 1 >= p->argc)
        return err_set(p->err, E_USAGE, "%s wants a value: %s", shown, o->value);
    remember(p->cli, o, p->argv[++p->at]);
    return true;
}

static bool parse_long(struct parser *p, const char *word)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    const struct slice key = equals != NULL ? slice_of(name, (size_t)(equals - name)) : slice_str(name);
    const struct option *o = find_named(global_options, key);

    if (o == NULL && p->cli->command != NULL)
        o = find_named(p->cli->command->options, key);
    if (o == NULL)
        return err_set(p->err, E_USAGE, "%s: no such option%s%s", word, p->cli->command != NULL ? " of " : "",
                       p->cli->command != NULL ? p->cli->command->words : "");
    if (o->value == NULL && equals != NULL)
        return err_set(p->err, E_USAGE, "--%s takes no value", o->name);
    if (o->value != NULL && equals == NULL)
        return take_value(p, o, word);
    remember(p->cli, o, equals != NULL ? equals + 1 : "");
    return true;
}

static bool parse_letters(struct parser *p, const char *word)
{
    for (const char *l = word + 1; *l != '\0'; l++) {
        const struct option *o = find_letter(global_options, *l);

        if (o == NULL && p->cli->command != NULL)
            o = find_letter(p->cli->command->options, *l);
        if (o == NULL)
            return err_set(p->err, E_USAGE, "-%c: no such option", *l);
        if (o->value == NULL) {
            remember(p->cli, o, "");
            continue;
        }
        if (l[1] == '\0')
            return take_value(p, o, word);
        remember(p->cli, o, l + 1);
        return true;
    }
    return true;
}

/* A word that is no option: the next of the command's words, or an argument. */
static bool parse_word(struct parser *p, const char *word)
{
    struct cli *cli = p->cli;

    if (cli->command == NULL) {
        const char *words = p->topic[0] != '\0' ? arena_printf(&cli->arena, "%s %s", p->topic, word) : word;

        if (!is_topic(words))
            return err_set(p->err, E_USAGE, "%s: no such command", words);
        p->topic = words;
        cli->command = command_named(words);
        return true;
    }
    cli->arguments[cli->num_arguments++] = word;
    return true;
}

static bool parse_words(struct parser *p)
{
    bool options = true;

    for (; p->at < p->argc; p->at++) {
        const char *word = p->argv[p->at];

        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && strncmp(word, "--", 2) == 0         ? !parse_long(p, word)
                 : options && word[0] == '-' && word[1] != '\0' ? !parse_letters(p, word)
                                                                : !parse_word(p, word))
            return false;
    }
    return true;
}

bool cli_parse(int argc, char **argv, struct cli *cli, const char **topic, struct err *err)
{
    struct parser p = {cli, argv, argc, 1, "", err};

    cli->arguments = arena_array(&cli->arena, (size_t)argc + 1, sizeof *cli->arguments);
    /* One word may hold several letters. */
    size_t most = 1;
    for (int i = 1; i < argc; i++)
        most += strlen(argv[i]) + 1;
    cli->given = arena_array(&cli->arena, most, sizeof *cli->given);
    if (!parse_words(&p))
        return false;
    *topic = p.topic;
    cli->help = cli->command == NULL || cli_flag(cli, "help");
    if (cli->help)
        return true;
    if (cli->num_arguments < cli->command->min_arguments || cli->num_arguments > cli->command->max_arguments)
        return err_set(err, E_USAGE, "%s %s%s", cli->command->words,
                       cli->command->max_arguments > 0 ? "wants: " : "takes no arguments",
                       cli->command->arguments);
    return true;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    const struct option *o;

    for (size_t i = cli->num_given; i-- > 0;)
        if (strcmp(cli->given[i].option->name, name) == 0)
            return cli->given[i].value;
    o = find_named(global_options, slice_str(name));
    if (o == NULL && cli->command != NULL)
        o = find_named(cli->command->options, slice_str(name));
    return o != NULL ? o->fallback : NULL;
}

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
    for (const struct command *c = commands; c->words != NULL; c++)
        if (begins(c, topic))
            (void)fprintf(to, "  %-26s %s\n", c->words, c->summary);
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
