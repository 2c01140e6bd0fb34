/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <string.h>

#include "cli/suggest.h"

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

bool command_begins(const struct command *c, const char *words)
{
    const size_t len = strlen(words);

    return strncmp(c->words, words, len) == 0 && (len == 0 || c->words[len] == '\0' || c->words[len] == ' ');
}

const struct command *command_next(const struct command *c)
{
    const struct command *const *group = command_groups;

    if (c == NULL)
        return *group != NULL && (*group)->words != NULL ? *group : NULL;
    if (c[1].words != NULL)
        return c + 1;
    for (; *group != NULL; group++)
        for (const struct command *in = *group; in->words != NULL; in++)
            if (in == c)
                return group[1];
    return NULL;
}

static const struct command *command_named(const char *words)
{
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c))
        if (strcmp(c->words, words) == 0)
            return c;
    return NULL;
}

static bool is_topic(const char *words)
{
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c))
        if (command_begins(c, words))
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

static bool no_option(struct parser *p, const char *word, struct slice key)
{
    const struct command *c = p->cli->command;
    const char *given = arena_strndup(&p->cli->arena, key), *near = suggest_option(c, given);

    return err_set(p->err, E_USAGE, "%s: no such option%s%s%s%s%s", word, c != NULL ? " of " : "",
                   c != NULL ? c->words : "", near != NULL ? " (did you mean --" : "",
                   near != NULL ? near : "", near != NULL ? "?)" : "");
}

static bool parse_long(struct parser *p, const char *word)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    const struct slice key = equals != NULL ? slice_of(name, (size_t)(equals - name)) : slice_str(name);
    const struct option *o = find_named(global_options, key);

    if (o == NULL && p->cli->command != NULL)
        o = find_named(p->cli->command->options, key);
    if (o == NULL)
        return no_option(p, word, key);
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

static bool no_command(struct parser *p, const char *words)
{
    const char *near = suggest_command(p->topic, words, &p->cli->arena);

    return err_set(p->err, E_USAGE, "%s: no such command%s%s%s", words, near != NULL ? " (did you mean " : "",
                   near != NULL ? near : "", near != NULL ? "?)" : "");
}

/* A word that is no option: the next of the command's words, or an argument. */
static bool parse_word(struct parser *p, const char *word)
{
    struct cli *cli = p->cli;
    const char *words = p->topic[0] != '\0' ? arena_printf(&cli->arena, "%s %s", p->topic, word) : word;

    if (cli->num_arguments == 0 && word[0] != '\0' && is_topic(words)) {
        p->topic = words;
        cli->command = command_named(words);
        return true;
    }
    if (cli->command == NULL)
        return no_command(p, words);
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
