/* SPDX-License-Identifier: Apache-2.0 */
/* A script knows, for each beginning of a command, which words may follow; and for each command its options.
 * What it does not know is an argument, and mostly a file. */
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

#include "base/scope.h"

typedef void each_topic(struct buf *b, const char *topic, void *ctx);

/* Was a command that begins with these words seen before this one? */
static bool seen_before(const struct command *upto, const char *words)
{
    for (const struct command *c = command_next(NULL); c != upto; c = command_next(c))
        if (command_begins(c, words))
            return true;
    return false;
}

/* Is this the first command that goes on behind these words? */
static bool is_first_below(const struct command *c, const char *topic)
{
    const size_t len = strlen(topic);

    for (const struct command *o = command_next(NULL); o != c; o = command_next(o))
        if (command_begins(o, topic) && o->words[len] != '\0')
            return false;
    return true;
}

/* Each beginning of a command once: "", "manifest", "manifest update". */
static void for_each_topic(struct buf *b, struct arena *a, each_topic *each, void *ctx)
{
    each(b, "", ctx);
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c))
        for (const char *space = strchr(c->words, ' '); space != NULL; space = strchr(space + 1, ' ')) {
            const char *topic = arena_strndup(a, slice_of(c->words, (size_t)(space - c->words)));

            if (is_first_below(c, topic))
                each(b, topic, ctx);
        }
}

/* The words that may follow a topic, each once. */
static void put_next_words(struct buf *b, const char *topic, struct arena *a)
{
    const size_t skip = topic[0] != '\0' ? strlen(topic) + 1 : 0;
    bool first = true;

    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
        const char *word = c->words + skip;
        size_t len;

        if (!command_begins(c, topic) || strlen(c->words) <= skip)
            continue;
        len = strcspn(word, " ");
        if (seen_before(c, arena_strndup(a, slice_of(c->words, skip + len))))
            continue;
        buf_printf(b, "%s%.*s", first ? "" : " ", (int)len, word);
        first = false;
    }
}

static void put_options(struct buf *b, const struct option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        buf_printf(b, " --%s", o->name);
        if (o->letter != 0)
            buf_printf(b, " -%c", o->letter);
    }
}

static void topic_case(struct buf *b, const char *topic, void *ctx)
{
    buf_printf(b, "    \"%s\") next=\"", topic);
    put_next_words(b, topic, ctx);
    buf_str(b, "\" ;;\n");
}

/* The two `case`s that bash and zsh share: words typed so far to next words, and to options. */
static void put_cases(struct buf *b, struct arena *a)
{
    buf_str(b, "    case \"$typed\" in\n");
    for_each_topic(b, a, topic_case, a);
    buf_str(b, "    esac\n    case \"$typed \" in\n");
    /* The longest first: a command may begin another one. */
    for (size_t words = 4; words-- > 0;)
        for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
            size_t spaces = 0;

            for (const char *l = c->words; *l != '\0'; l++)
                spaces += *l == ' ';
            if (spaces != words)
                continue;
            buf_printf(b, "    \"%s \"*) options=\"", c->words);
            put_options(b, c->options);
            buf_str(b, "\" ;;\n");
        }
    buf_str(b, "    esac\n    options+=\"");
    put_options(b, global_options);
    buf_str(b, "\"\n");
}

/* A shell function's name. */
static const char *identifier(struct arena *a)
{
    char *name = arena_strdup(a, program_name);

    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return name;
}

static void bash(struct buf *b, struct arena *a)
{
    const char *name = identifier(a);

    buf_printf(b,
               "# bash completion for %s: source it, or put it into /etc/bash_completion.d\n"
               "_%s()\n{\n"
               "    local cur=${COMP_WORDS[COMP_CWORD]} typed=\"\" next=\"\" options=\"\" word\n"
               "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
               "        [[ $word == -* ]] || typed+=${typed:+ }$word\n"
               "    done\n",
               program_name, name);
    put_cases(b, a);
    buf_printf(b,
               "    if [[ $cur == -* ]]; then\n"
               "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
               "    elif [[ -n $next ]]; then\n"
               "        COMPREPLY=($(compgen -W \"$next\" -- \"$cur\"))\n"
               "    else\n"
               "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
               "    fi\n"
               "}\n"
               "complete -o filenames -F _%s %s\n",
               name, program_name);
}

static void zsh(struct buf *b, struct arena *a)
{
    buf_printf(b,
               "#compdef %s\n"
               "# zsh completion for %s: put it into a folder of $fpath as _%s\n"
               "_%s()\n{\n"
               "    local cur=${words[CURRENT]} typed=\"\" next=\"\" options=\"\" word\n"
               "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
               "        [[ $word == -* ]] || typed+=${typed:+ }$word\n"
               "    done\n",
               program_name, program_name, program_name, identifier(a));
    put_cases(b, a);
    buf_printf(b,
               "    if [[ $cur == -* ]]; then\n"
               "        compadd -- ${=options}\n"
               "    elif [[ -n $next ]]; then\n"
               "        compadd -- ${=next}\n"
               "    else\n"
               "        _files\n"
               "    fi\n"
               "}\n"
               "compdef _%s %s\n",
               identifier(a), program_name);
}

static void put_quoted(struct buf *b, const char *text)
{
    buf_str(b, "'");
    for (; *text != '\0'; text++)
        if (*text == '\'' || *text == '\\')
            buf_printf(b, "\\%c", *text);
        else
            buf_u8(b, (uint8_t)*text);
    buf_str(b, "'");
}

static void fish_topic(struct buf *b, const char *topic, void *ctx)
{
    buf_printf(b, "complete -c %s -f -n \"test (__%s_typed) = '%s'\" -a '", program_name, identifier(ctx),
               topic);
    put_next_words(b, topic, ctx);
    buf_str(b, "'\n");
}

static void fish_options(struct buf *b, const struct command *c, const struct option *o, struct arena *a)
{
    for (; o != NULL && o->name != NULL; o++) {
        buf_printf(b, "complete -c %s", program_name);
        if (c != NULL)
            buf_printf(b, " -n \"string match -q -- '%s *' (__%s_typed)' '\"", c->words, identifier(a));
        buf_printf(b, " -l %s", o->name);
        if (o->letter != 0)
            buf_printf(b, " -s %c", o->letter);
        buf_str(b, o->value != NULL ? " -r -d " : " -d ");
        put_quoted(b, o->help);
        buf_str(b, "\n");
    }
}

static void fish(struct buf *b, struct arena *a)
{
    buf_printf(b,
               "# fish completion for %s: put it into ~/.config/fish/completions\n"
               "function __%s_typed\n"
               "    string join ' ' -- (string match -v -- '-*' (commandline -opc)[2..-1])\n"
               "end\n",
               program_name, identifier(a));
    for_each_topic(b, a, fish_topic, a);
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c))
        fish_options(b, c, c->options, a);
    fish_options(b, NULL, global_options, a);
}

bool completion_script(const char *shell, struct buf *out, struct err *err)
{
    static const struct {
        const char *name;
        void (*write)(struct buf *b, struct arena *a);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    scoped(arena_wipe) struct arena a = {0};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].write(out, &a);
            return true;
        }
    return err_set(err, E_USAGE, "completion: expected bash, zsh or fish, found %s", shell);
}
